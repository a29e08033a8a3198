import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../paths";

export const providerNames = ["kubernetes", "command", "cloudflare", "grafana"] as const;
export type ProviderName = (typeof providerNames)[number];

/**
 * Returns the version of an SDK that package.json pins. A provider's plugin has its SDK's version, the CLI that of `@pulumi/pulumi`.
 * @throws when package.json does not pin it
 */
export function pinnedVersion(name: ProviderName | "pulumi"): string {
    const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
        dependencies: Readonly<Record<string, string>>;
    };
    const scope = name === "grafana" ? "@pulumiverse" : "@pulumi";
    const version = dependencies[`${scope}/${name}`];
    if (version === undefined) {
        throw new Error(`package.json does not pin ${scope}/${name}.`);
    }
    return version;
}
