import assert from "node:assert/strict";
import { domainToASCII } from "node:url";
import fc from "fast-check";
import { checkConfig } from "../config/check";
import { configKeys } from "../config/schema";
import {
    changedAt,
    oneOf,
    placesIn,
    rightConfig,
    valueAt,
    type Path,
    type Raw,
} from "./config-arbitraries";
import { required, raw } from "./right-config";

/** What anyone may rely on who gets values: written down a second time, without the schema. */
function assertSound(written: Raw, values: ReturnType<typeof valuesOf>): void {
    const domains = values.zones.map(({ domain }) => domain);
    const names = values.routes.map(({ hostname }) => hostname);
    assert.equal(new Set(names).size, names.length, "a hostname stands twice");
    assert.equal(new Set(domains).size, domains.length, "a zone stands twice");
    for (const name of [...names, ...domains]) {
        assert.match(name, /^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])$/);
        assert.ok(!name.includes("..") && name.length <= 253, name);
        assert.ok(name.split(".").every((part) => part.length <= 63 && !part.startsWith("-")));
    }
    for (const name of names) {
        assert.ok(
            domains.some((domain) => name === domain || name.endsWith(`.${domain}`)),
            name,
        );
    }
    for (const { service } of values.routes) {
        assert.match(
            service,
            /^((https?|tcp|ssh|rdp|smb|wss?):\/\/[^/@\s]+|http_status:\d{3}|hello_world)$/i,
        );
    }
    for (const token of [values.cloudflareToken, values.dnsToken]) {
        assert.match(token, /^[\w-]{40,80}$/);
    }
    assert.ok(Buffer.from(values.tunnelSecret, "base64").length >= 32);
    for (const image of Object.values(values.images)) {
        assert.match(image, /@sha256:[0-9a-f]{64}$/);
    }
    assert.equal(new Set(values.nodes.map(({ name }) => name)).size, values.nodes.length);
    for (const { name, user, volume } of values.nodes) {
        assert.match(`${name}.${user}`, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.\w[\w.-]*$/);
        assert.match(volume.drive, /^(\/[^/\n"'\\$`%*?[\]{}<>|;#!&,]+)+$/);
        assert.match(volume.size, /^\d+[MGT]iB$/);
    }
    // Nothing that somebody wrote is dropped in silence.
    for (const path of placesIn(written)) {
        assert.notEqual(valueAt(values, path), undefined, `${path.join(".")} got lost`);
    }
}

function valuesOf(config: Raw) {
    const checked = checkConfig(raw(config));
    assert.ok("values" in checked, "problems" in checked ? JSON.stringify(checked.problems) : "");
    return checked.values;
}

function wheresOf(config: Readonly<Record<string, string | undefined>>): string[] {
    const checked = checkConfig(config);
    assert.ok("problems" in checked, "was taken");
    for (const { where, wrong, right } of checked.problems) {
        assert.ok(
            where.startsWith("rekindle:") && wrong !== "" && right !== "",
            `${where}: ${wrong}`,
        );
    }
    return checked.problems.map(({ where }) => where);
}

const asWhere = (path: Path) =>
    `rekindle:${path
        .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
        .join("")
        .slice(1)}`;
const anyString = fc.string({ unit: "binary" });
const notText = [0, 1.5, true, null, [], {}];
const runs = { numRuns: 400 };

describe("checkConfig, given thousands of generated configurations", () => {
    it("takes every right one, and loses nothing of it", () => {
        fc.assert(
            fc.property(rightConfig, (config) => {
                const values = valuesOf(config);
                assertSound(config, values);
                const names = (config["routes"] as { hostname: string }[]).map(({ hostname }) =>
                    hostname.startsWith("*.")
                        ? `*.${domainToASCII(hostname.slice(2))}`
                        : domainToASCII(hostname),
                );
                assert.deepEqual(
                    values.routes.map(({ hostname }) => hostname),
                    names,
                );
            }),
            runs,
        );
    });

    it("never crashes, never takes what is unsound, whatever text stands under a key", () => {
        const key = fc.oneof(fc.constantFrom(...configKeys, "__proto__", "constructor"), anyString);
        const text = fc.oneof(
            anyString,
            fc.json(),
            fc.constantFrom("", "{", "null", '{"__proto__":{"domain":"x"}}'),
        );
        fc.assert(
            fc.property(
                fc.uniqueArray(fc.tuple(key, text), { selector: ([name]) => name }),
                (pairs) => {
                    // Own keys, as __proto__ would be one in what Pulumi hands over.
                    const all = [...Object.entries(raw()), ...pairs];
                    const config = Object.fromEntries(all) as Record<string, string>;
                    const checked = checkConfig(config);
                    if ("problems" in checked) {
                        wheresOf(config);
                    } else {
                        assertSound({}, checked.values);
                        assert.ok(
                            pairs.every(([name]) => configKeys.some((known) => known === name)),
                        );
                    }
                },
            ),
            runs,
        );
    });

    it("never takes what is unsound, whatever JSON stands at a place of a right one", () => {
        fc.assert(
            fc.property(rightConfig, fc.nat(), fc.jsonValue(), (config, pick, value) => {
                const places = placesIn(config);
                const path = places[pick % places.length] ?? [];
                const changed = changedAt(config, path, { to: value });
                const checked = checkConfig(raw(changed));
                if ("values" in checked) {
                    assertSound(changed, checked.values);
                } else {
                    assert.ok(checked.problems.length > 0);
                }
            }),
            runs,
        );
    });

    it("names the place of a value of the wrong type", () => {
        fc.assert(
            fc.property(rightConfig, fc.nat(), fc.nat(), (config, pick, choice) => {
                const leaves = placesIn(config).filter(
                    (path) => path.length > 1 && typeof valueAt(config, path) === "string",
                );
                const path = leaves[pick % leaves.length] ?? [];
                const changed = changedAt(config, path, { to: notText[choice % notText.length] });
                assert.ok(wheresOf(raw(changed)).includes(asWhere(path)));
            }),
            runs,
        );
    });

    it("names the place of a field that is misspelt, and the one that was meant", () => {
        fc.assert(
            fc.property(rightConfig, fc.nat(), (config, pick) => {
                const named = placesIn(config).filter((path) => typeof path.at(-1) === "string");
                const path = named[pick % named.length] ?? [];
                const name = String(path.at(-1));
                const misspelt = changedAt(config, path, { name: `${name}s` });
                const checked = checkConfig(raw({ ...emptied(config), ...misspelt }));
                assert.ok("problems" in checked, `${name}s was taken`);
                const found = checked.problems.find(({ wrong }) =>
                    wrong.includes(`(did you mean "${name}"?)`),
                );
                const where =
                    path.length === 1 ? asWhere([`${name}s`]) : asWhere(path.slice(0, -1));
                assert.equal(found?.where, where, JSON.stringify(checked.problems));
            }),
            runs,
        );
    });

    it("names a name that stands twice, however it is written", () => {
        fc.assert(
            fc.property(rightConfig, fc.nat(), (config, pick) => {
                const routes = config["routes"] as { hostname: string; path?: string }[];
                // Beside a route with a path, one without is another.
                const plain = routes.filter(({ path }) => path === undefined);
                fc.pre(plain.length > 0);
                const name = plain[pick % plain.length]?.hostname ?? "";
                const hostname = name.toUpperCase();
                // The upper case of ß is SS, which is another name.
                fc.pre(hostname.toLowerCase() === name.toLowerCase());
                const again = {
                    ...config,
                    routes: [...routes, { hostname, service: "http://a.a" }],
                };
                assert.deepEqual(wheresOf(raw(again)), [
                    `rekindle:routes[${routes.length}].hostname`,
                ]);
            }),
            runs,
        );
    });

    it("never shows a secret in a message", () => {
        const secrets = [
            "kubeconfig",
            "cloudflareToken",
            "dnsToken",
            "tunnelSecret",
            "sshPrivateKey",
        ];
        const text = fc.string({
            unit: oneOf('qQ7§ \n"\\{'),
            minLength: 6,
            maxLength: 30,
        });
        fc.assert(
            fc.property(fc.constantFrom(...secrets), text, (key, secret) => {
                const checked = checkConfig({ ...raw(), [key]: secret });
                assert.ok("problems" in checked);
                const told = JSON.stringify(checked.problems);
                assert.ok(
                    !told.includes(secret) && !told.includes(JSON.stringify(secret).slice(1, -1)),
                    told,
                );
            }),
            runs,
        );
    });
});

/** Leaves a key out that `required` would otherwise fill in. */
function emptied(config: Raw): Raw {
    return Object.fromEntries(
        [...Object.keys(required), ...Object.keys(config)].map((key) => [key, undefined]),
    );
}
