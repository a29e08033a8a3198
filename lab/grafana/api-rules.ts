import type { FastifyInstance, FastifyRequest } from "fastify";
import { assertOwned, found, newUid, provenanceOf, provisioning } from "./api-answers";
import { goDuration, secondsOf } from "./durations";
import { groupKey, type GrafanaStore, type Provenance, type Rule } from "./store";
import { checkInterval, checkRule, Refusal } from "./validate";

export function rules(
    app: FastifyInstance,
    store: GrafanaStore,
    datasources: readonly string[],
): void {
    type ByUid = FastifyRequest<{ Params: { uid: string } }>;
    type ByGroup = FastifyRequest<{ Params: { folder: string; group: string } }>;
    const group = `${provisioning}/folder/:folder/rule-groups/:group`;
    const path = `${provisioning}/alert-rules`;
    const find = (uid: string) =>
        found(
            store.all.rules.find((rule) => rule.uid === uid),
            "rule not found",
        );
    const view = (folder: string, name: string) => {
        const own = store.all.rules.filter(
            (rule) => rule.folderUID === folder && rule.ruleGroup === name,
        );
        const interval = store.all.intervals[groupKey(folder, name)];
        found(own[0], "rule group not found");
        return { title: name, folderUid: folder, interval, rules: own };
    };
    /** @param all the rules as they would be afterwards */
    const assertAllowed = (rule: Rule, all: readonly Rule[]) => {
        const { uid, title, folderUID, ruleGroup, provenance } = rule;
        checkRule(rule, store, datasources);
        const other = store.all.rules.find((one) => one.uid === uid);
        assertOwned(other?.provenance, provenance);
        if (other && (other.folderUID !== folderUID || other.ruleGroup !== ruleGroup)) {
            throw new Refusal(409, `rule UID ${uid} is in use in another group`);
        }
        const isTaken = all.some(
            (one) => one !== rule && one.folderUID === folderUID && one.title === title,
        );
        if (isTaken) {
            throw new Refusal(
                400,
                `conflicting alert rule found [title: '${title}']: rule title under the same organisation and folder should be unique`,
            );
        }
    };
    app.get(path, () => store.all.rules);
    app.get(`${path}/:uid`, ({ params }: ByUid) => find(params.uid));
    app.put(`${path}/:uid`, (request: ByUid) => {
        const { folderUID, ruleGroup } = find(request.params.uid);
        const wanted = { ...(request.body as Partial<Rule>), uid: request.params.uid };
        const rule = completed(wanted, folderUID, ruleGroup, provenanceOf(request));
        const all = store.all.rules.map((one) => (one.uid === rule.uid ? rule : one));
        assertAllowed(rule, all);
        store.change((kept) => {
            kept.rules = all;
        });
        return rule;
    });
    app.delete(`${path}/:uid`, ({ params: { uid } }: ByUid, reply) => {
        store.change((kept) => {
            kept.rules = kept.rules.filter((rule) => rule.uid !== uid);
        });
        return reply.code(204).send();
    });
    app.get(group, ({ params }: ByGroup) => view(params.folder, params.group));
    app.put(group, (request: ByGroup) => {
        const { folder, group: name } = request.params;
        const body = request.body as { interval: number; rules: readonly Partial<Rule>[] };
        checkInterval(body.interval);
        const provenance = provenanceOf(request);
        const made = body.rules.map((rule) => completed(rule, folder, name, provenance));
        const others = store.all.rules.filter(
            (rule) => rule.folderUID !== folder || rule.ruleGroup !== name,
        );
        const all = [...others, ...made];
        for (const rule of made) {
            assertAllowed(rule, all);
        }
        store.change((kept) => {
            kept.rules = all;
            kept.intervals[groupKey(folder, name)] = body.interval;
        });
        return view(folder, name);
    });
}

function completed(
    rule: Partial<Rule>,
    folderUID: string,
    ruleGroup: string,
    provenance: Provenance,
): Rule {
    const duration = (text = "0s") => {
        const seconds = secondsOf(text);
        return seconds === undefined ? text : goDuration(seconds);
    };
    return {
        ...{ uid: newUid(), title: "", condition: "", data: [], labels: {}, annotations: {} },
        ...{ noDataState: "NoData", execErrState: "Error", isPaused: false },
        ...rule,
        ...{ orgID: 1, folderUID, ruleGroup, provenance },
        ...{ for: duration(rule.for), keep_firing_for: duration(rule.keep_firing_for) },
    };
}
