import * as z from "zod";
import { piVolumeScript } from "../components/pi-volume-script";
import { object } from "../config/schema";
import { pis } from "./facts";
import { table, type Check } from "./report";
import { ssh } from "./ssh";
import { stackConfig } from "./stack-config";

/** What `pi-volume.sh status` prints, as far as it is shown here. */
const statusSchema = z.object({
    ok: z.boolean(),
    phase: z.string(),
    image: z.object({ bytes: z.number(), heldPercent: z.number() }),
    usedPercent: z.number(),
    movedBytes: z.number(),
    downtimeSeconds: z.number(),
    problems: z.array(z.string()),
});
type Status = z.output<typeof statusSchema>;

/** A check for each Pi's volume, and a table of them for people; none when the configuration has no nodes. */
export async function checkVolumes(): Promise<{ checks: Check[]; shown: string }> {
    const read = await Promise.all(
        wanted().map(async ({ name, volume: { drive } }) => ({
            name,
            status: await status(name, drive),
        })),
    );
    const checks = read.map(({ name, status }) => ({
        name: `volume ${name}`,
        ok: status.ok && status.phase === "finalized" && status.image.heldPercent === 100,
        detail:
            status.problems[0] ??
            `${status.phase}, ${status.image.heldPercent} % of its blocks reserved`,
    }));
    const rows = read.map(({ name, status }) => [
        name,
        gib(status.image.bytes),
        `${status.image.heldPercent} %`,
        `${status.usedPercent} %`,
        gib(status.movedBytes),
        `${status.downtimeSeconds.toFixed(1)} s`,
        status.problems.length === 0 ? "whole" : `${status.problems.length} broken`,
    ]);
    const head = ["volume", "size", "reserved", "used", "moved", "without k3s", "guards"];
    return { checks, shown: rows.length === 0 ? "" : table(head, rows) };
}

async function status(name: string, drive: string): Promise<Status> {
    const pi = pis.find((one) => one.name === name);
    if (pi === undefined) {
        throw new Error(
            `There is no Pi named "${name}" in the lab: nodes in Pulumi.dev.yaml must be its own.`,
        );
    }
    const command = ["sudo", "-n", "bash", "-s", "--", "status", `--drive=${drive}`];
    return statusSchema.parse(JSON.parse(await ssh(pi, command, { input: piVolumeScript() })));
}

/** The nodes that the last `up` had, and was not told to leave alone. */
function wanted() {
    const { nodes } = object.pick({ nodes: true }).parse(stackConfig());
    return nodes.filter(({ away }) => !away);
}

function gib(bytes: number): string {
    return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
