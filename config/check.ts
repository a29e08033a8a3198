import { distance } from "fastest-levenshtein";
import type * as z from "zod";
import { addressOf } from "./addresses";
import { missingAlertingKeys } from "./alerting";
import { checkEntries } from "./entries";
import { didYouMean, isEmptyMap, separator } from "./fields";
import { configKeys, object, type ConfigKey, type Values } from "./schema";
import { checkServices } from "./services";

/** One mistake: where it is, what is wrong there, and what a right value looks like. */
export interface Problem {
    /** Key and entry, e.g. `rekindle:routes[1].service`. */
    readonly where: string;
    readonly wrong: string;
    readonly right: string;
}

/** Keys whose values Pulumi stores as JSON. */
const structured: readonly ConfigKey[] = [
    ...["zones", "routes", "tunnel", "images", "nodes", "confirm"],
    ...["grafana", "telegram", "heartbeat", "alerts"],
    ...["services", "resolvers", "clusterDns"],
] as const;

/**
 * Checks raw configuration, as Pulumi hands it over (structures as JSON text), and returns the values or every mistake.
 * Pure: reads nothing but its argument, whose keys come without the `rekindle:` prefix.
 */
export function checkConfig(
    raw: Readonly<Record<string, string | undefined>>,
): { values: Values } | { problems: Problem[] } {
    const problems = unknownKeys(raw);
    const entries: [string, unknown][] = configKeys
        .filter((key) => raw[key] !== undefined)
        .map((key) => [key, unpacked(key, raw[key])]);
    const values = Object.fromEntries(entries.filter(([, value]) => !isEmptyMap(value)));
    const parsed = object.safeParse(values);
    problems.push(...(parsed.error?.issues ?? []).map(asProblem));
    const read = readable(values);
    problems.push(
        ...checkEntries(read),
        ...checkServices(read),
        ...missingKey(values),
        ...missingAlertingKeys(values),
    );
    return parsed.success && problems.length === 0 ? { values: parsed.data } : { problems };
}

/** One problem for each key that this program does not have. */
export function unknownKeys(values: Readonly<Record<string, unknown>>): Problem[] {
    return Object.keys(values)
        .filter((key) => !configKeys.some((known) => known === key))
        .map((key) => ({
            where: `rekindle:${key}`,
            wrong: `is not a key of this program${didYouMean(key, configKeys)}`,
            right: `one of ${configKeys.join(", ")}`,
        }));
}

/** The value of a key, of which `pulumi config set` without `--path` keeps a structure as JSON text. */
export function unpacked(key: string, value: unknown): unknown {
    const isPacked = typeof value === "string" && structured.some((each) => each === key);
    return isPacked ? fromJson(value) : value;
}

/** The host of a kubeconfig's cluster; undefined when it has several, or is written in a way that only kubectl reads. */
export function apiHostOf(kubeconfig: string): string | undefined {
    const urls = kubeconfig.matchAll(/\bserver["']?: *["']?(https?:\/\/[^\s"',}]+)/g);
    const [host, ...others] = new Set([...urls].map(([, url = ""]) => hostOf(url)));
    return others.length === 0 ? host : undefined;
}

function hostOf(url: string): string | undefined {
    const address = addressOf(url);
    return address?.at === "host" ? address.host : undefined;
}

/**
 * The project's own keys without their prefix, and those of a project that was probably meant to be this one; keys of other
 * namespaces, such as `cloudflare:`, are none of this program's.
 */
export function ownKeys(
    all: Readonly<Record<string, string>>,
    project: string,
): { own: Record<string, string>; strays: Problem[] } {
    const entries = Object.entries(all).map(([key, value]) => {
        const [namespace = "", ...rest] = key.split(":");
        return { namespace, name: rest.join(":"), value };
    });
    const own = entries.filter(({ namespace }) => namespace === project);
    const strays = entries.filter(
        ({ namespace }) => namespace !== project && distance(namespace, project) <= 2,
    );
    return {
        own: Object.fromEntries(own.map(({ name, value }) => [name, value])),
        strays: strays.map(({ namespace, name }) => ({
            where: `${namespace}:${name}`,
            wrong: `is a key of "${namespace}", and this project is "${project}"`,
            right: `${project}:${name}`,
        })),
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

export function asProblem(issue: z.core.$ZodIssue): Problem {
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

/** The keys that can be read by themselves: their mistakes with each other are told together with those of the others. */
function readable(values: Readonly<Record<string, unknown>>): Partial<Values> {
    const keys = ["zones", "routes", "tunnel", "nodes", "confirm", "services"] as const;
    return Object.fromEntries(
        keys.flatMap((key) => {
            const read = object.shape[key].safeParse(values[key]);
            return read.success ? [[key, read.data]] : [];
        }),
    );
}

/** Pis that are not away are reached with a key. */
function missingKey({ nodes, sshPrivateKey }: Readonly<Record<string, unknown>>): Problem[] {
    const read = object.shape.nodes.safeParse(nodes);
    const reached = read.data?.some(({ away }) => !away) === true;
    return reached && sshPrivateKey === undefined
        ? [
              {
                  where: "rekindle:sshPrivateKey",
                  wrong: "is missing; the Pis under nodes are reached with it",
                  right: "pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519",
              },
          ]
        : [];
}

function fromJson(value: string): unknown {
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}
