import assert from "node:assert/strict";
import { wrongZones } from "../components/scripts/dns-zone-ids.mjs";
import { status } from "../components/scripts/dns-status.mjs";
import { seeded } from "./dns-records";
import { owner, startDnsWorld, target, want, type DnsWorld } from "./dns-world";

const zones = ["a.example", "b.example"].map((domain, index) => ({
    ...{ id: String(index + 1).repeat(32), domain, recordQuota: 200 },
}));
/** The id of each pasted under the other's domain. */
const swapped = want([], {
    zones: zones.map(({ domain }, index) => ({
        ...{ domain, id: zones[1 - index]?.id ?? "" },
        hostnames: [`git.${domain}`],
    })),
});

describe("a zone's id under the wrong domain", () => {
    let world: DnsWorld;
    beforeEach(async () => {
        world = await startDnsWorld(zones);
    });
    afterEach(() => world.close());
    const seed = (index: number, more: object = {}) => {
        const { id = "", domain = "" } = zones[index] ?? {};
        const record = { zone_id: id, name: `www.${domain}`, type: "TXT", content: "x" };
        world.api.store.setZoneRecords(id, [seeded({ ...record, ...more })]);
    };
    const requests = () => world.api.requests.map(({ method }) => method);

    for (const mode of ["ensure", "prune"] as const) {
        it(`is told by both keys in ${mode}, and nothing is written`, async () => {
            seed(0);
            seed(1);
            const { result, created } = await world.outcome(mode, swapped);
            assert.deepEqual({ result, created }, { result: "conflict", created: 0 });
            assert.deepEqual(
                world.said.sort(),
                [0, 1].map((at) => {
                    const [own, other] = [zones[at]?.domain, zones[1 - at]?.domain];
                    return (
                        `rekindle:zones[${at}].id does not belong to rekindle:zones[${at}].domain, ${own}: ` +
                        `its id is that of another zone, which holds www.${other}. ` +
                        `Nothing was changed in that zone. Copy the id from the overview page of ${own} in Cloudflare's dashboard.`
                    );
                }),
            );
            assert.deepEqual(requests(), ["GET", "GET"]);
        });
    }

    it("is found before the first pod starts, also for zones without any record", async () => {
        assert.deepEqual(
            await wrongZones(swapped.zones, world.settings),
            [0, 1].map((at) => {
                const [own, other] = [zones[at]?.domain, zones[1 - at]?.domain];
                return (
                    `rekindle:zones[${at}].id does not belong to rekindle:zones[${at}].domain, ${own}: ` +
                    `it is the id of ${other}, which is rekindle:zones[${1 - at}].domain. ` +
                    `Nothing was changed in that zone. Copy the id from the overview page of ${own} in Cloudflare's dashboard.`
                );
            }),
        );
        assert.deepEqual(requests(), ["GET", "GET"]);
    });

    it("is no mistake of whoever cannot be asked, nor for a domain below its zone", async () => {
        const right = zones.map((zone) => ({ ...zone, hostnames: [] }));
        const below = [{ ...right[0], id: zones[0]?.id ?? "", domain: "home.a.example" }];
        assert.deepEqual(await wrongZones([...right, ...below], world.settings), []);
        await world.api.faults.set({ target: "cloudflare-api", kind: "503" });
        assert.deepEqual(await wrongZones(swapped.zones, world.settings), []);
        await world.api.faults.set({ target: "cloudflare-api", kind: "down" });
        assert.deepEqual(await wrongZones(swapped.zones, world.settings), []);
    });

    it("is no mistake of a domain below its zone, also where that holds nothing in it yet", async () => {
        const id = zones[0]?.id ?? "";
        const record = { zone_id: id, type: "TXT", content: "x" };
        const names = ["www.a.example", "_dmarc.a.example"];
        world.api.store.setZoneRecords(
            id,
            names.map((name) => seeded({ ...record, name })),
        );
        const of = (domain: string) =>
            want([], { zones: [{ id, domain, hostnames: [`git.${domain}`] }] });
        const lab = await world.outcome("prune", of("lab.a.example"));
        assert.deepEqual([lab.result, lab.created], ["ok", 1], world.said.join("\n"));
        world.api.store.setZoneRecords(
            id,
            names.map((name) => seeded({ ...record, name })),
        );
        const other = await world.outcome("prune", of("lab.b.example"));
        assert.deepEqual([other.result, other.created], ["conflict", 0]);
    });

    it("is shown by `dns status`", async () => {
        seed(0);
        const { result, text } = await status(swapped, world.settings);
        assert.notEqual(result, "ok");
        assert.match(
            text,
            /unknown +zone b\.example +its id is that of another zone, which holds www\.a/,
        );
    });

    it("does not keep `destroy` from deleting what an earlier version left there", async () => {
        const stray = { name: "git.a.example.b.example", type: "CNAME", content: target };
        seed(1, { ...stray, comment: owner });
        assert.equal((await world.outcome("destroy", swapped)).deleted, 1);
    });
});
