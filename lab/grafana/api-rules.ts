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
    app.get(path, () => store.all.rules);
    app.get(`${path}/:uid`, ({ params }: ByUid) => find(params.uid));
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
        for (const rule of made) {
            checkRule(rule, store, datasources);
            const other = store.all.rules.find(({ uid }) => uid === rule.uid);
            assertOwned(other?.provenance, provenance);
            const elsewhere =
                other !== undefined && (other.folderUID !== folder || other.ruleGroup !== name);
            if (elsewhere) {
                throw new Refusal(409, `rule UID ${rule.uid} is in use in another group`);
            }
            const others = store.all.rules.filter(
                (one) => one.folderUID === folder && one.ruleGroup !== name,
            );
            if ([...others, ...made].some((one) => one.title === rule.title && one !== rule)) {
                throw new Refusal(
                    400,
                    `conflicting alert rule found [title: '${rule.title}']: rule title under the same organisation and folder should be unique`,
                );
            }
        }
        store.change((kept) => {
            kept.rules = [
                ...kept.rules.filter(
                    (rule) => rule.folderUID !== folder || rule.ruleGroup !== name,
                ),
                ...made,
            ];
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
