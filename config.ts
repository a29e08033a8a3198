import * as pulumi from "@pulumi/pulumi";
import { alertingOf, type Alerting, type AlertingKey } from "./config/alerting";
import { apiHostOf, checkConfig, ownKeys, report } from "./config/check";
import { warningsOf } from "./config/entries";
import type { Values } from "./config/schema";

export { zoneOf } from "./config/entries";

/** The values of this stack; secrets are Outputs, everything else is plain: also the SSH key, which the program itself uses. */
export type Config = Omit<Values, SecretKey | AlertingKey> &
    Record<SecretKey, pulumi.Output<string>> & {
        readonly alerting: Alerting | undefined;
        /** Host of the cluster's API, the one part of the kubeconfig that is no secret. */
        readonly apiHost: string | undefined;
    };
export type Zone = Values["zones"][number];
export type Route = Values["routes"][number];

/** The last three are empty where alerting is not configured. */
const secretKeys = [
    ...["kubeconfig", "cloudflareToken", "dnsToken", "tunnelSecret"],
    ...["grafanaAuth", "telegramToken", "heartbeatSecret"],
] as const;
type SecretKey = (typeof secretKeys)[number];

/**
 * Reads this stack's configuration; the only reader of `pulumi.Config`.
 * @throws pulumi.RunError that lists every mistake, each with key, entry, what is wrong and a right example.
 */
export function loadConfig(): Config {
    const { own, strays } = ownKeys(pulumi.runtime.allConfig(), pulumi.getProject());
    const checked = checkConfig(own);
    const problems = [...strays, ...("problems" in checked ? checked.problems : [])];
    if ("problems" in checked || problems.length > 0) {
        throw new pulumi.RunError(report(problems, pulumi.getStack()));
    }
    for (const warning of warningsOf(checked.values)) {
        void pulumi.log.warn(warning);
    }
    const { values } = checked;
    const secrets = secretKeys.map((key) => [key, pulumi.secret(values[key] ?? "")]);
    return {
        ...values,
        ...(Object.fromEntries(secrets) as Record<SecretKey, pulumi.Output<string>>),
        alerting: alertingOf(values),
        apiHost: apiHostOf(values.kubeconfig),
    };
}
