import * as pulumi from "@pulumi/pulumi";
import type * as z from "zod";
import { configKeys, object, separator, type ConfigKey, type Values } from "./config-schema";

/** One mistake: where it is, what is wrong there, and what a right value looks like. */
export interface Problem {
    /** Key and entry, e.g. `rekindle:routes[1].service`. */
    readonly where: string;
    readonly wrong: string;
    readonly right: string;
}

/** The values of this stack; secrets are Outputs, everything else is plain. */
export type Config = Omit<Values, SecretKey> & Record<SecretKey, pulumi.Output<string>>;
export type Zone = Values["zones"][number];
export type Route = Values["routes"][number];

type SecretKey = "kubeconfig" | "cloudflareToken" | "dnsToken" | "tunnelSecret";

/** Keys whose values Pulumi stores as JSON. */
const structured: readonly ConfigKey[] = ["zones", "routes", "tunnel", "images"];

/**
 * Checks raw configuration, as Pulumi hands it over (structures as JSON text), and returns the values or every mistake.
 * Pure: reads nothing but its argument, whose keys come without the `rekindle:` prefix.
 */
export function checkConfig(
    raw: Readonly<Record<string, string | undefined>>,
): { values: Values } | { problems: Problem[] } {
    const problems = Object.keys(raw)
        .filter((key) => !configKeys.some((known) => known === key))
        .map((key) => ({
            where: `rekindle:${key}`,
            wrong: "is not a key of this program",
            right: `one of ${configKeys.join(", ")}`,
        }));
    const values = Object.fromEntries(
        configKeys.map((key) => [key, structured.includes(key) ? fromJson(raw[key]) : raw[key]]),
    );
    const parsed = object.safeParse(values);
    problems.push(...(parsed.error?.issues ?? []).map(asProblem));
    // Told together with the mistakes of other keys, as long as these two can be read at all.
    const names = object.pick({ routes: true, zones: true }).safeParse(values);
    if (names.success) {
        problems.push(...checkHostnames(names.data));
    }
    return parsed.success && problems.length === 0 ? { values: parsed.data } : { problems };
}

/**
 * Reads this stack's configuration; the only reader of `pulumi.Config`.
 * @throws pulumi.RunError that lists every mistake, each with key, entry, what is wrong and a right example.
 */
export function loadConfig(): Config {
    const prefix = `${pulumi.getProject()}:`;
    const raw = Object.fromEntries(
        Object.entries(pulumi.runtime.allConfig())
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, value]) => [key.slice(prefix.length), value]),
    );
    const checked = checkConfig(raw);
    if ("problems" in checked) {
        throw new pulumi.RunError(report(checked.problems, pulumi.getStack()));
    }
    const { kubeconfig, cloudflareToken, dnsToken, tunnelSecret, ...plain } = checked.values;
    return {
        ...plain,
        kubeconfig: pulumi.secret(kubeconfig),
        cloudflareToken: pulumi.secret(cloudflareToken),
        dnsToken: pulumi.secret(dnsToken),
        tunnelSecret: pulumi.secret(tunnelSecret),
    };
}

/** All mistakes as one text for people. */
export function report(problems: readonly Problem[], stack: string): string {
    const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
    return [
        `${count} in the configuration of stack ${stack}; nothing was changed.`,
        ...problems.map((p) => `  ${p.where}: ${p.wrong}\n      right: ${p.right}`),
    ].join("\n");
}

function asProblem(issue: z.core.$ZodIssue): Problem {
    const where = issue.path.reduce<string>(
        (path, part) =>
            path +
            (typeof part === "number"
                ? `[${part}]`
                : path.endsWith(":")
                  ? String(part)
                  : `.${String(part)}`),
        "rekindle:",
    );
    const [wrong = issue.message, right = ""] = issue.message.split(separator);
    return { where, wrong, right };
}

/** Names that stand twice, or outside every zone: neither could ever be served. */
function checkHostnames({ routes, zones }: Pick<Values, "routes" | "zones">): Problem[] {
    const problems: Problem[] = [];
    const first = new Map<string, number>();
    routes.forEach(({ hostname: name }, index) => {
        const where = `rekindle:routes[${index}].hostname`;
        const before = first.get(name);
        if (before !== undefined) {
            problems.push({
                where,
                wrong: `"${name}" stands already in routes[${before}]`,
                right: "each hostname once",
            });
        }
        first.set(name, before ?? index);
        if (zoneOf(name, zones) === undefined) {
            problems.push({
                where,
                wrong: `"${name}" is in none of the zones ${zones.map((zone) => zone.domain).join(", ")}`,
                right: `hostname: git.${zones[0]?.domain ?? "home.example"}`,
            });
        }
    });
    return problems;
}

/** The zone that a hostname lies in: the longest domain that it equals or ends with, or undefined. */
export function zoneOf<T extends { domain: string }>(
    name: string,
    zones: readonly T[],
): T | undefined {
    return zones
        .filter(({ domain }) => name === domain || name.endsWith(`.${domain}`))
        .sort((a, b) => b.domain.length - a.domain.length)[0];
}

function fromJson(value: string | undefined): unknown {
    if (value === undefined) {
        return undefined;
    }
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}
