import assert from "node:assert/strict";
import { parseWanted, zonesOfLastRun } from "../components/scripts/dns-input.mjs";

const owner = "rekindle:rekindle/dev tunnel=home";
const zone = { id: "1", domain: "home.example", hostnames: ["git.home.example"] };
const right = { owner, adopt: ["old.cfargotunnel.com"], zones: [zone] };

describe("parseWanted", () => {
    it("takes what the program writes", () => {
        assert.deepEqual(parseWanted(JSON.stringify(right)), right);
    });

    for (const [value, complaint] of [
        [[], "FILE is [] and should be an object"],
        [{ ...right, adopt: undefined }, "adopt is missing and should be a list"],
        [{ ...right, adopt: [5] }, "adopt[0] is 5 and should be a text"],
        [{ ...right, zones: {} }, "zones is {} and should be a list"],
        [{ ...right, zones: [null] }, "zones[0] is null and should be an object"],
        [
            { ...right, zones: [zone, { ...zone, id: "" }] },
            'zones[1].id is "" and should be a text',
        ],
        [
            { ...right, zones: [{ ...zone, domain: undefined }] },
            "zones[0].domain is missing and should be a text",
        ],
        [
            { ...right, zones: [{ ...zone, hostnames: "git" }] },
            'zones[0].hostnames is "git" and should be a list',
        ],
        // Such a mark would make every record without a comment ours.
        [
            { ...right, owner: "" },
            'owner is "" and should be the mark of a tunnel, as in rekindle:PROJECT/STACK tunnel=NAME',
        ],
    ] as const) {
        it(`says that ${complaint}`, () => {
            assert.throws(() => parseWanted(JSON.stringify(value)), { message: complaint });
        });
    }

    it("says that it is not JSON", () => {
        assert.throws(() => parseWanted("{"), /^Error: FILE is not JSON: /);
        assert.throws(() => parseWanted(""), /^Error: FILE is not JSON: /);
    });
});

describe("zonesOfLastRun", () => {
    const zones = [{ id: "1", domain: "home.example" }];
    const summary = JSON.stringify({ mode: "prune", result: "ok", zones });

    it("reads them from the last line", () => {
        assert.deepEqual(zonesOfLastRun(summary), zones);
        assert.deepEqual(zonesOfLastRun(`a warning\n${summary}\n`), zones);
    });

    it("knows of none where there was no run, or one of an older script", () => {
        for (const output of [
            undefined,
            "",
            "{",
            "null",
            '{"zones":[{"id":1}]}',
            '{"mode":"prune"}',
        ]) {
            assert.deepEqual(zonesOfLastRun(output), [], output);
        }
    });
});
