import assert from "node:assert/strict";
import { Failure, persist, usualTiming } from "../../components/scripts/cloudflare-api.mjs";
import { run } from "../../components/scripts/dns.mjs";
import { certificateFor } from "../../lab/ca";
import { startApi } from "../../lab/cloudflare/api";
import { zone } from "../../lab/facts";
import { tokens } from "../cloudflare-calls";
import { done, names, startAnswering, startDnsWorld, want, type DnsWorld } from "../dns-world";

describe("dns.mjs when Cloudflare fails", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld();
    });
    afterEach(() => world.close());

    describe("a token that Cloudflare does not take", () => {
        for (const mode of ["ensure", "prune"] as const) {
            it(`is tried once in ${mode}`, async () => {
                await world.api.faults.set({ target: "cloudflare-api", kind: "401" });
                assert.deepEqual(await world.outcome(mode, want(names(2))), {
                    ...done,
                    result: "denied",
                    requests: 1,
                });
                assert.match(
                    world.said.join(),
                    /^Zone home\.example: GET .* was answered 401: 10000 .*Check the API token/,
                );
            });
        }

        it("for one zone does not hold up the others", async () => {
            const other = {
                id: "f".repeat(32),
                domain: "other.example",
                hostnames: ["a.other.example"],
            };
            const zones = [other, { ...zone, hostnames: names(1) }];
            assert.deepEqual(await world.outcome("prune", want([], { zones })), {
                ...{ ...done, result: "denied", requests: 3, created: 1 },
            });
        });
    });

    describe("an API that fails while there is a route", () => {
        for (const [name, more] of [
            ["503", { kind: "503" }],
            ["slow", { kind: "slow", delay: 5 }],
            ["down", { kind: "down" }],
        ] as const) {
            it(`(${name}) is asked again for a limited time only`, async () => {
                await world.api.faults.set({ target: "cloudflare-api", ...more });
                // Long enough for some attempts on a busy machine.
                const timing = { ...world.settings.timing, request: 20, patience: 300 };
                const settings = { ...world.settings, timing };
                const modes = ["ensure", "prune"] as const;
                const runs = modes.map((mode) => run(mode, want(names(1)), settings));
                for (const { result, requests } of await Promise.all(runs)) {
                    assert.equal(result, "unavailable");
                    assert.ok(requests > 1, String(requests));
                }
                assert.match(world.said[0] ?? "", /There is a route/);
            });
        }

        it("has in ensure no more than its patience, however slowly all goes well", async () => {
            await world.close();
            world = await startDnsWorld([{ ...zone, recordQuota: 500 }]);
            await world.api.faults.set({ target: "cloudflare-api", kind: "slow", delay: 0.04 });
            // Four answers, each of them well in time.
            const timing = { ...world.settings.timing, patience: 60 };
            const slow = await world.outcome("ensure", want(names(450)), { timing });
            assert.equal(slow.result, "unavailable");
            assert.match(world.said[0] ?? "", /no answer in time/);
            assert.equal((await world.outcome("prune", want(names(450)), { timing })).result, "ok");
        });

        it("is asked again until it works", async () => {
            await world.api.faults.set({ target: "cloudflare-api", kind: "503" });
            world.onceSaid(() => void world.api.faults.clear());
            const timing = { ...usualTiming, pause: 1 };
            const { result, created } = await world.outcome("ensure", want(names(1)), { timing });
            assert.deepEqual({ result, created }, { result: "ok", created: 1 });
        });

        it("is not asked again when it wants to be left alone for longer than there is patience", async () => {
            await world.api.faults.set({ target: "cloudflare-api", kind: "429" });
            const { result, requests } = await world.outcome(
                "prune",
                want(names(1)),
                world.impatient,
            );
            assert.deepEqual({ result, requests }, { result: "unavailable", requests: 1 });
        });

        it("is given the time that it asks for", async () => {
            const times: number[] = [];
            const server = await startAnswering((_request, response) => {
                if (times.push(Date.now()) === 1) {
                    response.writeHead(429, { "retry-after": "0.1" });
                }
                response.end(JSON.stringify({ success: times.length > 1, result: [] }));
            });
            const { result } = await world.outcome("prune", want([]), {
                baseUrl: server.url,
                timing: { ...usualTiming, pause: 1 },
            });
            server.close();
            const [first = 0, second = 0] = times;
            assert.deepEqual({ result, requests: times.length }, { result: "ok", requests: 2 });
            assert.ok(second - first >= 95, `${String(second - first)} ms`);
        });

        it("is not believed when its answer is not its own", async () => {
            const server = await startAnswering((_request, response) =>
                response.end("<html>log in</html>"),
            );
            const settings = { ...world.impatient, baseUrl: server.url };
            const { result } = await world.outcome("ensure", want(names(1)), settings);
            server.close();
            assert.equal(result, "unavailable");
        });
    });

    describe("no route: neither the API nor the edge", () => {
        beforeEach(async () => {
            await world.api.faults.set({ target: "cloudflare-api", kind: "down" });
            await world.closeEdge();
        });
        // With less patience than the shortest pause, any other failure would end the run.
        const timing = { ...usualTiming, noRoute: 1, pause: 20_000, patience: 10_000 };

        it("is waited for without limit in ensure", async () => {
            world.onceSaid(() => void world.api.faults.clear());
            const { result, created } = await world.outcome("ensure", want(names(1)), {
                timing,
            });
            assert.deepEqual({ result, created }, { result: "ok", created: 1 });
            assert.match(
                world.said.join(),
                /ECONNREFUSED.*cannot be reached either: check router, uplink and DNS\.$/,
            );
        });

        it("uses up no patience with the API", async () => {
            const fail = (kind: "503" | "down") =>
                world.api.faults.set({ target: "cloudflare-api", kind });
            await fail("503");
            // A failing API, no route for longer than there is patience, a failing API again, and then all is well.
            world.onceSaid(() => {
                void fail("down");
                world.onceSaid(() => {
                    setTimeout(() => void fail("503"), 1100);
                    world.onceSaid(() => void world.api.faults.clear());
                });
            });
            const waiting = { ...timing, pause: 1, longestPause: 4, patience: 1000 };
            const { result } = await world.outcome("ensure", want(names(1)), { timing: waiting });
            assert.equal(result, "ok");
            assert.deepEqual(
                world.said.map((line) => /503|ECONNREFUSED/.exec(line)?.[0]),
                ["503", "ECONNREFUSED", "503"],
            );
        });

        it("ends a strict run at once", async () => {
            // With the usual patience: asking again would outlast the test.
            const settings = { timing: usualTiming };
            const { result } = await world.outcome("prune", want(names(1)), settings);
            assert.equal(result, "unavailable");
        });
    });

    it("takes a wrong clock for a missing route, though the edge answers", async () => {
        const timing = { ...usualTiming, noRoute: 1, pause: 20_000, patience: 10_000 };
        const attemptsOf = async (failOpen: boolean) => {
            let attempts = 0;
            const work = () => {
                attempts += 1;
                return attempts < 4
                    ? Promise.reject(new Failure("clock", "Not yet valid."))
                    : Promise.resolve("ok" as const);
            };
            const result = await persist(work, { ...world.settings, timing }, failOpen);
            return [result, attempts];
        };
        assert.deepEqual(await attemptsOf(true), ["ok", 4]);
        assert.deepEqual(await attemptsOf(false), ["unavailable", 1]);
    });

    it("does not take an untrusted certificate for a missing route", async () => {
        const tls = await certificateFor(["127.0.0.1"], { issuer: "untrusted" });
        const intruder = await startApi({ tokens, zones: [zone], port: 0, tls });
        try {
            // A busy machine needs its time for a handshake.
            const timing = { ...world.impatient.timing, request: 10_000, patience: 2_000 };
            const { result } = await world.outcome("ensure", want(names(1)), {
                ...{ ...world.impatient, timing, baseUrl: intruder.url, edge: "127.0.0.1:9" },
            });
            assert.equal(result, "unavailable");
            assert.deepEqual(intruder.requests, []);
            assert.match(
                world.said[0] ?? "",
                /the certificate is not Cloudflare's \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
            );
        } finally {
            await intruder.close();
        }
    });
});
