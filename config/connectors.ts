import * as z from "zod";
import { choice, fields, flawless, list, separator, wanted, whole, type Flaw } from "./fields";
import { isLabelName, isLabelValue } from "./labels";

const tolerationExample = "{ key: CriticalAddonsOnly, operator: Exists }";
const selectorExample = "nodeSelector: { kubernetes.io/hostname: pi2 }";
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

/** By Kubernetes' own rules for a toleration (ValidateTolerations in pkg/apis/core/validation). */
const toleration = fields(
    {
        key: flawless(keyFlaw, "a taint's key", "key: dedicated").optional(),
        operator: choice(["Exists", "Equal"], "operator: Exists").optional(),
        value: labelValue("value", "dedicated").optional(),
        effect: choice(effects, "effect: NoSchedule").optional(),
        tolerationSeconds: whole(
            0,
            2 ** 31 - 1,
            "a number of seconds",
            "tolerationSeconds: 300",
        ).optional(),
    },
    tolerationExample,
).check(({ value: { key, operator, value, effect, tolerationSeconds }, issues }) => {
    const wrong = (field: string, what: string, right: string) => {
        issues.push({
            code: "custom",
            input: field,
            path: [field],
            message: `${what}${separator}${right}`,
        });
    };
    if (key === undefined && operator !== "Exists") {
        wrong("key", "is missing; only operator: Exists does without it", tolerationExample);
    }
    if (operator === "Exists" && value !== undefined && value !== "") {
        wrong("value", "has no meaning beside operator: Exists", "operator: Equal, or no value");
    }
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
        wrong(
            "tolerationSeconds",
            "has a meaning beside effect: NoExecute only",
            "effect: NoExecute",
        );
    }
});

/** How the connectors reach Cloudflare's edge, and on which nodes they and the DNS job run; the names of cloudflared 2026.8.2. */
export const connectorKeys = {
    protocol: choice(["auto", "http2", "quic"], "protocol: http2").optional(),
    region: z
        .enum(["us", ""], {
            error: wanted(
                "a region of cloudflared's, which has no other than us",
                "region: us, or no region for the nearest of all",
            ),
        })
        .optional(),
    logLevel: choice(["debug", "info", "warn", "error", "fatal"], "logLevel: info").optional(),
    tolerations: list(toleration, `tolerations: [${tolerationExample}]`).optional(),
    nodeSelector: z
        .record(z.string(), labelValue("", "ssd"), {
            error: wanted("a map of a node's labels", selectorExample),
        })
        .check(({ value, issues }) => {
            for (const [name, selected] of Object.entries(value)) {
                const message = selectorProblem(name, selected);
                if (message !== undefined) {
                    issues.push({ code: "custom", input: name, path: [name], message });
                }
            }
        })
        .optional(),
};

function keyFlaw(key: string): Flaw | undefined {
    const [, name, value, effect] = /^([^=:]+)(?:=([^:]*))?(?::(\w+))?$/.exec(key) ?? [];
    if (isLabelName(key)) {
        return undefined;
    }
    const operator = value === undefined ? "operator: Exists" : `value: "${value}"`;
    return {
        wrong: "is not a taint's key",
        ...(name !== undefined && isLabelName(name) && (value ?? effect) !== undefined
            ? {
                  right: `{ key: ${name}, ${operator}${effect === undefined ? "" : `, effect: ${effect}`} }`,
              }
            : {}),
    };
}

/** A text, also where it reads like true or a number: YAML needs quotes there, and Kubernetes takes nothing else. */
function labelValue(field: string, usual: string) {
    const of = field === "" ? "" : `${field}: `;
    const example = `${of}${usual}`;
    return z
        .string({
            error: ({ input }) =>
                typeof input === "boolean" || typeof input === "number"
                    ? `${input} is not a text: it needs quotes${separator}${of}"${input}"`
                    : wanted("a label's value", example)({ input }),
        })
        .refine(isLabelValue, {
            error: wanted("a label's value (63 letters, digits, - _ .)", example),
        });
}

function selectorProblem(name: string, value: string): string | undefined {
    if (!isLabelName(name)) {
        return `is not a label's name${separator}${selectorExample}`;
    }
    const is32Bit = /(^|\/)arch$/.test(name) && !["amd64", "arm64"].includes(value);
    return is32Bit
        ? `selects ${value}, for which neither image is made: no pod would start${separator}arm64 or amd64`
        : undefined;
}
