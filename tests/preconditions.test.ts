import assert from "node:assert/strict";
import { assertPreconditions, missing, type Facts } from "../lab/preconditions";

const fine: Facts = {
    platform: "linux",
    root: true,
    loopControl: true,
    ext4: true,
    namespaces: true,
    cgroups: true,
    freeBytes: 100e9,
    compiled: false,
    missingPackages: [],
    apt: true,
};

describe("preconditions", () => {
    it("find nothing on a machine that has all", () => {
        assert.deepEqual(missing(fine), []);
    });

    it("accept missing programs where apt-get can install them", () => {
        assert.deepEqual(missing({ ...fine, missingPackages: ["debootstrap"] }), []);
    });

    for (const [name, facts, expected] of [
        ["another system", { platform: "darwin" }, /^Linux/],
        ["an ordinary user", { root: false }, /^root/],
        ["no loop devices", { loopControl: false }, /loop devices/],
        ["no ext4", { ext4: false }, /ext4/],
        ["no namespaces", { namespaces: false }, /namespaces/],
        ["no cgroups", { cgroups: false }, /cgroup/],
        ["a full disk", { freeBytes: 1e9 }, /21 GB of free disk \(1\.0 GB are free\)/],
        ["no apt-get", { apt: false, missingPackages: ["iproute2"] }, /^iproute2$/],
    ] as const) {
        it(`tell of ${name}: which, why, how to get it`, () => {
            const [found, ...others] = missing({ ...fine, ...facts });
            assert.match(found?.what ?? "", expected);
            assert.notEqual(found?.why, "");
            assert.notEqual(found?.how, "");
            assert.deepEqual(others, []);
        });
    }

    it("ask for less room once Kubernetes is in the cache", () => {
        assert.deepEqual(missing({ ...fine, compiled: true, freeBytes: 12e9 }), []);
        assert.equal(missing({ ...fine, freeBytes: 12e9 }).length, 1);
    });

    it("say no more than that it takes Linux where there is none", () => {
        const elsewhere = { platform: "darwin", ext4: false, loopControl: false, cgroups: false };
        assert.deepEqual(
            missing({ ...fine, ...elsewhere }).map(({ what }) => what),
            ["Linux"],
        );
    });

    it("are told all at once, and say that nothing was changed", () => {
        assert.throws(
            () => {
                assertPreconditions({ ...fine, root: false, loopControl: false });
            },
            (error: Error) =>
                error.message.includes("nothing was changed") &&
                error.message.includes("sudo") &&
                error.message.includes("modprobe loop"),
        );
    });
});
