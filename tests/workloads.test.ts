import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { watchWorkloads } from "../cold-start";
import { digest, forge, homeWith, images, route } from "./cold-start-homes";

const behind = "git.home.example/me/blog:1";
const pod = (image: unknown, list = "containers") => ({
    containers: [{ name: "other", image: "docker.io/library/node:24" }],
    [list]: [{ name: "web", image }],
});
const template = (image: unknown, list?: string) => ({ spec: pod(image, list) });

interface Registered {
    readonly type?: string;
    readonly name?: string;
    readonly custom?: boolean;
    readonly changes?: Readonly<Record<string, unknown>>;
}

/** Hands an object to the watch as the engine does; the message that refuses it, or nothing. */
async function refusal(
    props: pulumi.Inputs,
    { type = "apps/v1:Deployment", name = "blog", custom = true, changes = {} }: Registered = {},
): Promise<string | undefined> {
    const shown: string[] = [];
    const watch = watchWorkloads(homeWith(changes), (message) => shown.push(message));
    try {
        const answer = await watch({ type: `kubernetes:${type}`, name, custom, props, opts: {} });
        assert.equal(answer, undefined, "the object was changed");
        assert.deepEqual(shown, []);
        return undefined;
    } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error), String(error));
        assert.match(error.message, new RegExp(`^Rekindle refused "${name}"; an error above says`));
        assert.equal(shown.length, 1);
        return shown[0];
    }
}

const blog = (image: unknown, metadata: pulumi.Inputs = {}) => ({
    metadata,
    spec: { template: template(image) },
});

describe("watchWorkloads", () => {
    const kinds: Readonly<Record<string, readonly [type: string, props: pulumi.Inputs]>> = {
        Pod: ["core/v1:Pod", { spec: pod(behind) }],
        Deployment: ["apps/v1:Deployment", blog(behind)],
        StatefulSet: ["apps/v1:StatefulSet", blog(behind)],
        DaemonSet: ["apps/v1:DaemonSet", blog(behind)],
        ReplicaSet: ["apps/v1:ReplicaSet", blog(behind)],
        ReplicationController: ["core/v1:ReplicationController", blog(behind)],
        PodTemplate: ["core/v1:PodTemplate", { template: template(behind) }],
        Job: ["batch/v1:Job", blog(behind)],
        CronJob: ["batch/v1:CronJob", { spec: { jobTemplate: blog(behind) } }],
        "an init container": ["core/v1:Pod", { spec: pod(behind, "initContainers") }],
        "an ephemeral container": ["core/v1:Pod", { spec: pod(behind, "ephemeralContainers") }],
        "an image volume": [
            "core/v1:Pod",
            { spec: { containers: [], volumes: [{ name: "a", image: { reference: behind } }] } },
        ],
        "a kind of somebody's own": ["argoproj.io/v1alpha1:Rollout", blog(behind)],
        "a patch": ["apps/v1:DeploymentPatch", blog(behind)],
        "a list": ["core/v1:PodList", { items: [{ spec: pod(behind) }] }],
    };
    for (const [kind, [type, props]] of Object.entries(kinds)) {
        it(`refuses an undeclared image behind the tunnel: ${kind}`, async () => {
            const refused = await refusal(props, { type });
            assert.match(
                refused ?? "",
                /^kubernetes:\S+ "blog" runs git\.home\.example\/me\/blog, which is pulled through the tunnel\.\n\n {2}blog → image git\.home\.example\/me\/blog → git → tunnel\n/,
            );
        });
    }

    it("says what to do, with the service's own name in it", async () => {
        const refused = (await refusal(blog(behind))) ?? "";
        assert.match(refused, /Nobody declared who needs blog: if git or tunnel does, neither/);
        assert.match(
            refused,
            /2\. declare it.*\{ name: blog, image: git\.home\.example\/me\/blog, needs: \[\] \}/,
        );
    });

    it("names a component's child as the child, and the resource as Pulumi does", async () => {
        const name = "manifests:media/blog";
        const refused = await refusal(blog(behind, { name: "blog", namespace: "media" }), { name });
        assert.match(refused ?? "", /^kubernetes:apps\/v1:Deployment "manifests:media\/blog" runs/);
        assert.match(refused ?? "", /Nobody declared who needs blog:/);
    });

    it("leaves a component to its children, which have names of their own", async () => {
        const objs = [{ kind: "Deployment", ...blog(behind) }];
        const type = "yaml/v2:ConfigGroup";
        assert.equal(await refusal({ objs }, { type, custom: false }), undefined);
    });

    it("leaves other providers' resources alone", async () => {
        const watch = watchWorkloads(homeWith({}));
        const args = { name: "blog", custom: true, opts: {}, props: blog(behind) };
        assert.equal(await watch({ ...args, type: "docker:index/container:Container" }), undefined);
    });

    for (const [what, services] of [
        ["by its name", [{ name: "blog", needs: [] }]],
        ["by its namespace and name", [{ name: "media/blog", needs: [] }]],
        ["by its image", [{ name: "website", image: "git.home.example/me/blog:2" }]],
        ["by its label", [{ name: "journal" }]],
        ["by its resource's name", [{ name: "weblog" }]],
    ] as const) {
        it(`takes it from a service that is declared ${what}`, async () => {
            const labels = { "app.kubernetes.io/name": "journal" };
            const metadata = { name: "blog", namespace: "media", labels };
            const changes = { services };
            assert.equal(
                await refusal(blog(behind, metadata), { name: "weblog", changes }),
                undefined,
            );
        });
    }

    it("prefers the service that is declared with the namespace", async () => {
        const metadata = { name: "blog", namespace: "media" };
        const services = [{ name: "blog" }, { ...forge, name: "media/blog" }];
        const refused = await refusal(blog(behind, metadata), { changes: { services } });
        assert.match(refused ?? "", /media\/blog → image git\.home\.example\/me\/blog/);
    });

    it("refuses a declared service that runs another image than it declares, where that makes a dependency cycle", async () => {
        const changes = { services: [{ ...forge, name: "blog" }] };
        const refused = await refusal(blog(behind), { changes });
        assert.match(refused ?? "", /blog → image git\.home\.example\/me\/blog → blog/);
    });

    it("takes it where the registry fails open", async () => {
        const changes = { services: [{ ...forge, optional: true }] };
        assert.equal(await refusal(blog(behind), { changes }), undefined);
    });

    for (const image of ["node:24", "git.home.example.org/a:1", "registry.lan:5000/me/blog:1"]) {
        it(`takes an image from elsewhere: ${image}`, async () => {
            assert.equal(await refusal(blog(image)), undefined);
        });
    }

    it("takes the tunnel's own images, which the proof has judged", async () => {
        const node = `git.home.example/dns${digest}`;
        const changes = { ...images({ node }), services: [{ ...forge, optional: true }] };
        assert.equal(await refusal(blog(node), { changes }), undefined);
    });

    it("knows a registry behind a wildcard", async () => {
        const routes = [route("*.home.example", "http://traefik.kube-system.svc")];
        assert.ok(
            (await refusal(blog("a.b.home.example/blog"), { changes: { routes } })) !== undefined,
        );
    });

    it("takes nothing for an image but what Kubernetes would pull", async () => {
        const data = { image: behind, reference: behind, "image.reference": behind };
        assert.equal(await refusal({ data, image: behind }, { type: "core/v1:Secret" }), undefined);
    });

    const secretOf = (value: unknown) => ({
        [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
        value,
    });
    const forms: Readonly<Record<string, pulumi.Inputs>> = {
        "an output": blog(pulumi.output(behind)),
        "a secret output": blog(pulumi.secret(behind)),
        "a promise": blog(Promise.resolve(behind)),
        "a secret of the engine's": blog(secretOf(behind)),
        "within a secret of the engine's": { spec: secretOf({ template: template(behind) }) },
        "within an output": { spec: pulumi.output({ template: template(behind) }) },
        "beside something unknown": blog(behind, { labels: { a: pulumi.unknown } }),
    };
    for (const [form, props] of Object.entries(forms)) {
        it(`sees an image that is ${form}`, async () => {
            assert.match((await refusal(props)) ?? "", /"blog" runs git\.home\.example\/me\/blog,/);
        });
    }

    it("names an object whose own name is unknown after its resource", async () => {
        const refused = await refusal(blog(behind, { name: pulumi.unknown }));
        assert.match(refused ?? "", /Nobody declared who needs blog:/);
    });

    it("finds a service by a name that is a secret or an output", async () => {
        const changes = { services: [{ name: "media/blog", needs: [] }] };
        const metadata = { name: secretOf("blog"), namespace: pulumi.output("media") };
        assert.equal(await refusal(blog(behind, metadata), { name: "b", changes }), undefined);
    });

    for (const [what, image] of [
        ["unknown", pulumi.unknown],
        ["an unknown output", pulumi.output(pulumi.unknown)],
        ["missing", undefined],
        ["null", null],
    ] as const) {
        it(`takes an image that is ${what}`, async () => {
            assert.equal(await refusal(blog(image)), undefined);
        });
    }
});
