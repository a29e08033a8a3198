import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { counter, k3sBack, killedAt, pv, pvMust, reset, status, told, wanted } from "./volume";
import { Host } from "./host";

const early = [
    ...["after reserve", "after make_image", "before copy_hot", "after copy_hot"],
    ...["before stop_k3s", "after stop_k3s", "before copy_stopped", "after copy_stopped"],
    ...["after write_fsck_unit", "after unmount_staging", "before commit"],
];
const late = [
    ...["after commit", "before write_drop_ins", "after write_drop_ins", "before begin_mount"],
    ...["after begin_mount", "before start_k3s", "after start_k3s", "before finalize"],
    ...["before empty_card", "after empty_card", "after finalize"],
];
const restoring = [
    ...["before copy_hot", "after copy_hot", "after stop_k3s", "after copy_stopped"],
    ...["after hide_card", "before remove_drop_ins", "after remove_drop_ins"],
    ...["before uncommit", "after uncommit", "after unmount_target", "after remove_fsck_unit"],
    "before start_k3s",
];

describe("pi-volume.sh killed at a step's boundary", () => {
    const host = new Host("pv-kills");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    for (const point of sampled("apply before its commit", early, [
        ...["after copy_hot", "after stop_k3s", "before commit"],
    ])) {
        it(`apply, ${point}: k3s runs from the card, and the rerun finishes`, async () => {
            await reset(host);
            await killed(point, "apply", "card");
        });
    }

    for (const point of sampled("apply after its commit", late, [
        ...["after commit", "after begin_mount", "before empty_card"],
    ])) {
        it(`apply, ${point}: k3s runs from the image, and the rerun finishes`, async () => {
            await reset(host);
            await killed(point, "apply", "image");
        });
    }

    async function killed(point: string, verb: string, truth: "card" | "image"): Promise<void> {
        const command = verb === "apply" ? `apply ${wanted}` : verb;
        const had = await counter(host);
        const first = await pv(host, command, killedAt(point));
        assert.match(first.output, /the run was ended by/, "the kill point was never reached");
        assert.equal(first.code, truth === "card" ? 20 : 30, first.output);
        const seen = await k3sBack(host);
        assert.equal(seen.truth, truth);
        assert.ok(seen.counter >= had, `the counter went back from ${had} to ${seen.counter}`);
        const rerun = await pv(host, command);
        assert.equal(rerun.code, 0, rerun.output);
        const end = await k3sBack(host);
        assert.ok(end.counter >= seen.counter);
        const { phase } = await status(host);
        assert.equal(phase, verb === "apply" ? "finalized" : "prepared");
        cases.add({
            name: `${verb} killed ${point}`,
            told: told(first),
            after: `k3s ${seen.k3s} on the ${seen.truth}`,
            rerun: `${rerun.code}, ${phase}`,
        });
    }

    for (const point of sampled("restore", restoring, [...["before uncommit", "after uncommit"]])) {
        it(`restore, ${point}: k3s runs on, and the rerun finishes`, async () => {
            await pvMust(host, `apply ${wanted}`);
            const committed = restoring.indexOf(point) >= restoring.indexOf("after uncommit");
            await killed(point, "restore", committed ? "card" : "image");
        });
    }
});
