import type { FastifyInstance, FastifyRequest } from "fastify";
import { accepted, assertOwned, found, newUid, provenanceOf, provisioning } from "./api-answers";
import type { ContactPoint, GrafanaStore, Route } from "./store";
import { checkContactPoint, checkPolicy, Refusal, usedReceivers } from "./validate";

/** Settings that are never given out again. */
const secretSettings = ["bottoken", "authorization_credentials", "password"];

export function templates(app: FastifyInstance, store: GrafanaStore): void {
    type ByName = FastifyRequest<{ Params: { name: string } }>;
    const path = `${provisioning}/templates/:name`;
    const find = (name: string) =>
        found(
            store.all.templates.find((one) => one.name === name),
            "template not found",
        );
    app.get(path, ({ params }: ByName) => find(params.name));
    app.put(path, (request: ByName, reply) => {
        const { name } = request.params;
        const { template } = request.body as { template: string };
        if (template.split("{{").length !== template.split("}}").length) {
            throw new Refusal(400, "invalid template: an action is not closed");
        }
        const provenance = provenanceOf(request);
        assertOwned(store.all.templates.find((one) => one.name === name)?.provenance, provenance);
        store.change((kept) => {
            kept.templates = [
                ...kept.templates.filter((one) => one.name !== name),
                { name, template, provenance },
            ];
        });
        return accepted(reply, find(name));
    });
    app.delete(path, ({ params: { name } }: ByName, reply) => {
        find(name);
        store.change((kept) => {
            kept.templates = kept.templates.filter((one) => one.name !== name);
        });
        return reply.code(204).send();
    });
}

export function contactPoints(app: FastifyInstance, store: GrafanaStore): void {
    type ByUid = FastifyRequest<{ Params: { uid: string } }>;
    const path = `${provisioning}/contact-points`;
    const find = (uid: string) =>
        found(
            store.all.contactPoints.find((one) => one.uid === uid),
            "contact point not found",
        );
    const read = (request: FastifyRequest, uid: string): ContactPoint => {
        const body = request.body as Omit<
            ContactPoint,
            "uid" | "provenance" | "disableResolveMessage"
        > & {
            disableResolveMessage?: boolean;
        };
        const point = {
            ...{ uid, name: body.name, type: body.type, settings: body.settings },
            disableResolveMessage: body.disableResolveMessage ?? false,
            provenance: provenanceOf(request),
        };
        checkContactPoint(point);
        return point;
    };
    app.get<{ Querystring: { name?: string } }>(path, ({ query }) =>
        store.all.contactPoints
            .filter(({ name }) => query.name === undefined || name === query.name)
            .map(redacted),
    );
    app.post(path, (request, reply) => {
        const point = read(request, newUid());
        store.change((kept) => kept.contactPoints.push(point));
        return accepted(reply, redacted(point));
    });
    app.put(`${path}/:uid`, (request: ByUid, reply) => {
        const before = find(request.params.uid);
        const point = read(request, before.uid);
        assertOwned(before.provenance, point.provenance);
        store.change((kept) => {
            kept.contactPoints = kept.contactPoints.map((one) =>
                one.uid === point.uid ? point : one,
            );
        });
        return accepted(reply, { message: "contactpoint updated" });
    });
    app.delete(`${path}/:uid`, ({ params: { uid } }: ByUid, reply) => {
        const { name } = find(uid);
        const others = store.all.contactPoints.filter((one) => one.uid !== uid);
        if (!others.some((one) => one.name === name) && usedReceivers(store).has(name)) {
            throw new Refusal(409, `contact point '${name}' is currently used by a rule or policy`);
        }
        store.change((kept) => {
            kept.contactPoints = others;
        });
        return accepted(reply, { message: "contactpoint deleted" });
    });
}

export function policies(app: FastifyInstance, store: GrafanaStore): void {
    const path = `${provisioning}/policies`;
    app.get(path, () => store.all.policy);
    app.put(path, (request, reply) => {
        const policy = { ...(request.body as Route), provenance: provenanceOf(request) };
        checkPolicy(policy, store);
        store.change((kept) => {
            kept.policy = policy;
        });
        return accepted(reply, { message: "policies updated" });
    });
    app.delete(path, (_request, reply) => {
        store.resetPolicy();
        return accepted(reply, { message: "policies reset" });
    });
}

function redacted(point: ContactPoint): ContactPoint {
    const settings = Object.entries(point.settings).map(([key, value]) => [
        key,
        secretSettings.includes(key) ? "[REDACTED]" : value,
    ]);
    return { ...point, settings: Object.fromEntries(settings) as ContactPoint["settings"] };
}
