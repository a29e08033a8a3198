import { nameOf, typeOf, type Impact, type Step } from "./step";
import { volumeImpact } from "./volume";

type Kind = "make" | "change" | "remove";
type Rule = (step: Step, kind: Kind) => Impact;

const nothing = (why: string): Impact => ({ label: "nothing", why });
const restart = (why: string): Impact => ({ label: "restart", why });
const outage = (why: string): Impact => ({ label: "public outage", why });

/** By what becomes of it when it goes or is made anew; before that, nobody notices. */
const untilGone =
    (made: string, gone: Impact): Rule =>
    (_step, kind) =>
        kind === "remove" ? gone : nothing(made);
const harmless =
    (why: string): Rule =>
    () =>
        nothing(why);

const component = harmless("a heading of the program; its parts are listed by themselves");
const alerting = "alerts only: services are not touched";

/** What each type that the program registers comes to. A name in Pulumi.yaml's own words: type tokens as urns have them. */
const rules: Readonly<Record<string, Rule>> = {
    "pulumi:pulumi:Stack": harmless("the stack itself"),
    "rekindle:index:CloudflareTunnel": component,
    "rekindle:index:TelegramAlerting": component,
    "rekindle:index:DeadMansSwitch": component,
    "rekindle:index:PiVolume": volumeImpact,
    "command:remote:Command": remoteCommand,
    "command:local:Command": localCommand,
    "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": untilGone(
        "the tunnel keeps its id, and records go on pointing at it",
        outage(
            "the tunnel and its id go: nothing is reachable from outside until pods and records follow",
        ),
    ),
    "cloudflare:index/workersKvNamespace:WorkersKvNamespace": harmless(
        "the dead man's switch forgets its last heartbeat at most",
    ),
    "cloudflare:index/workersScript:WorkersScript": untilGone(
        alerting,
        nothing("nobody notices any more when the whole house falls silent"),
    ),
    "cloudflare:index/workersCronTrigger:WorkersCronTrigger": harmless(alerting),
    "cloudflare:index/workersScriptSubdomain:WorkersScriptSubdomain": harmless(alerting),
    "kubernetes:core/v1:Namespace": untilGone(
        "nothing runs in it yet",
        outage("the connectors in it end: nothing is reachable from outside"),
    ),
    "kubernetes:core/v1:ConfigMap": harmless("pods take it with the Deployment that names it"),
    "kubernetes:core/v1:Secret": harmless("pods take it with the Deployment that names it"),
    "kubernetes:scheduling.k8s.io/v1:PriorityClass": harmless("only for pods that start later"),
    "kubernetes:core/v1:Service": harmless(
        "where Prometheus finds the connectors; visitors come another way",
    ),
    "kubernetes:policy/v1:PodDisruptionBudget": harmless(
        "how many connectors a drained node may take",
    ),
    "kubernetes:apps/v1:Deployment": deployment,
    "kubernetes:batch/v1:CronJob": harmless("the next look after the DNS records"),
    "grafana:oss/folder:Folder": harmless(alerting),
    "grafana:alerting/messageTemplate:MessageTemplate": harmless(alerting),
    "grafana:alerting/contactPoint:ContactPoint": harmless(alerting),
    "grafana:alerting/notificationPolicy:NotificationPolicy": harmless(alerting),
    "grafana:alerting/ruleGroup:RuleGroup": harmless(alerting),
};

/** The types that have a rule of their own. */
export const knownTypes = Object.keys(rules);

/** What one step does to the house. A type that is not known is taken for the worst that such a step could be. Pure. */
export function impactOf(step: Step): Impact {
    const type = typeOf(step.urn);
    const kind = kindOf(step.op);
    if (step.op === "same") {
        return nothing("it stays as it is");
    }
    if (type.startsWith("pulumi:providers:")) {
        return nothing("how the program reaches an API");
    }
    const rule = Object.hasOwn(rules, type) ? rules[type] : undefined;
    if (rule !== undefined) {
        return looks.includes(step.op) ? nothing("looked at, not changed") : rule(step, kind);
    }
    const why = `no rule says what ${type} means to the house: the worst is assumed`;
    return {
        make: restart(why),
        change: outage(why),
        remove: { label: "data at risk", why } as const,
    }[kind];
}

/** Steps that only ask how something is. */
const looks = ["read", "refresh"];

function kindOf(op: string): Kind {
    return ["create", "import", ...looks].includes(op)
        ? "make"
        : op === "update"
          ? "change"
          : "remove";
}

/** Steps of a Pi's volume, by the end of their names. */
function remoteCommand({ urn }: Step, kind: Kind): Impact {
    const [, pi = "a Pi", part = ""] = /^volume-(.+)-(\w+)$/.exec(nameOf(urn)) ?? [];
    if (part === "guardian" && kind === "remove") {
        return restart(
            `${pi}: k3s stops while its data goes back to the card, unless it is kept on the drive`,
        );
    }
    if (part === "switch") {
        return kind === "remove"
            ? nothing(`${pi}: forgets the step; only the guardian undoes it`)
            : restart(
                  `${pi}: k3s stops for seconds when its data or its settings have to move; on a server the API with it`,
              );
    }
    return ["guardian", "prepare", "finalize"].includes(part)
        ? nothing(`${pi}: k3s goes on running`)
        : restart("a command on a Pi that no rule knows");
}

/** Commands on this computer; what changes something is their deletion. */
function localCommand({ urn }: Step, kind: Kind): Impact {
    const name = nameOf(urn);
    if (kind !== "remove") {
        return nothing(
            name.endsWith("-dns")
                ? "DNS records are added, repaired or pruned"
                : name.endsWith("-former-health")
                  ? "the record of a former health hostname goes, once nobody asks it any more"
                  : "a look or a test message, which changes nothing",
        );
    }
    if (name.endsWith("-connections")) {
        return outage("the connectors are cut off");
    }
    return name.endsWith("-dns") || name.endsWith("-leftovers")
        ? outage("our DNS records go: visitors find no address")
        : nothing("asked once, and is forgotten");
}

function deployment({ diffs }: Step, kind: Kind): Impact {
    if (kind === "make") {
        return nothing("the connectors start");
    }
    if (kind === "remove") {
        return outage("the connectors end: nothing is reachable from outside");
    }
    // Without paths nobody knows what changed.
    const pods =
        diffs.length === 0 ||
        diffs.some((path) => path === "spec" || path.startsWith("spec.template"));
    return pods
        ? restart("connectors restart one after the other, and one always serves")
        : nothing("their number, or what nobody outside sees");
}
