import * as z from "zod";
import { addressOf } from "./addresses";
import { check, fields, hostname, list, text, wanted } from "./fields";

const serviceExample =
    "{ name: git, hostnames: [git.home.example], image: docker.io/gitea/gitea:1, needs: [] }";
const needsExample = "needs: [database, internet]";
/** Of letters that a terminal shows: what is wrong with it is told there. */
const word = /^[^\s\p{C}]+$/u;
const names = (example: string) =>
    list(text(word, "the name of a service, a Pi, a host, or what README lists", example), example);

const wantedOptional = wanted(
    "true (whoever needs it fails open) or a list of those needs that fail open",
    "optional: true",
);
/** Not a union, which would not tell which entry of the list is wrong. */
const optional = z
    .unknown()
    .default(false)
    .transform((input, { issues }): boolean | string[] => {
        if (typeof input === "boolean") {
            return input;
        }
        const entries = Array.isArray(input) ? (input as unknown[]) : [];
        const wrong = [
            ...(Array.isArray(input) ? [] : [{ path: [], value: input }]),
            ...entries.flatMap((value, index) =>
                typeof value === "string" && word.test(value) ? [] : [{ path: [index], value }],
            ),
        ];
        for (const { path, value } of wrong) {
            const message = wantedOptional({ input: value });
            issues.push({ code: "custom", input: value, path, message });
        }
        return entries.map(String);
    });

/** A place that Pulumi or git reads from; the empty text is one that nobody told. */
const place = (what: string, example: string) =>
    check(
        (value) => value === "" || (addressOf(value) !== undefined && !hasPassword(value)),
        what,
        example,
        true,
    ).default("");

/** Who answers name look-ups: of all Pis, or of one. */
export const resolvers = list(
    check(
        (value) => addressOf(value)?.at === "host",
        "the address or name of a resolver",
        "resolvers: [1.1.1.1, 9.9.9.9]",
    ),
    "resolvers: [1.1.1.1, 9.9.9.9]",
);

/** What the program cannot see by itself, and the house needs; all may be left out, and is unknown then. */
export const surroundingKeys = {
    services: list(
        fields(
            {
                name: text(
                    /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/,
                    "a service's name of letters, digits, dots, dashes and slashes",
                    "name: git",
                ),
                hostnames: list(
                    hostname("a hostname (*. may stand before it)", "git.home.example", true),
                    "hostnames: [git.home.example]",
                ).default([]),
                image: text(
                    /^[^\s/]+(\/[^\s/]+)*$/,
                    "the name of a container image",
                    "image: docker.io/gitea/gitea:1",
                ).optional(),
                needs: names(needsExample).optional(),
                optional,
            },
            serviceExample,
        ),
        `services: [${serviceExample}]`,
    ).default([]),
    resolvers: resolvers.default([]),
    stateUrl: place("where Pulumi's state is, without a password", "stateUrl: s3://my-bucket"),
    gitUrl: place(
        "where this program's git repository is, without a password",
        "gitUrl: https://github.com/me/home.git",
    ),
    secretsUrl: place(
        "where the stack's secrets are unlocked, without a password",
        "secretsUrl: passphrase",
    ),
};

export interface Service {
    readonly name: string;
    readonly hostnames: readonly string[];
    readonly image?: string | undefined;
    readonly needs?: readonly string[] | undefined;
    readonly optional: boolean | readonly string[];
}

function hasPassword(text: string): boolean {
    return URL.canParse(text) && new URL(text).password !== "";
}
