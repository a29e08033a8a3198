import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { everyThird } from "../kills/sample";
import { until } from "../wait";
import type { Cases } from "./cases";
import type { Host } from "./host";
import { look, pv, script, told, type Seen } from "./volume";

/** A command whose every write is tried with the medium full that it writes to. */
export interface Journey {
    readonly name: string;
    readonly command: string;
    /** Makes the state that it begins in. */
    readonly begin: () => Promise<unknown>;
    /** What a full medium has none of. @default "bytes" */
    readonly kind?: "bytes" | "inodes";
    /** Whose writes: the job's, or those of the caller, which starts it. @default "job" */
    readonly scope?: "job" | "caller";
    /** Whether the image holds another cluster's data than the card. @default false */
    readonly another?: boolean;
}

const notes = "/dev/shm/full";
/** Seconds within which k3s runs again: with the medium still full, but for its inodes. */
const patience = 30;
const here = (name: string) => readFileSync(join(__dirname, "host", name), "utf8");
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

/** Puts what fills media onto a host. Once after each boot. */
export async function prepareToFill(host: Host): Promise<void> {
    // As small as on a Pi with little memory: to fill gigabytes takes its time.
    await host.must(`mkdir -p ${notes}; mount -o remount,size=64M /run`);
    for (const name of ["full.sh", "versions.pl"]) {
        await host.exec(`cat >${notes}/${name}`, here(name));
    }
    // What ext4 keeps for itself, even from root: without it the last byte is the last one.
    for (const path of [host.root, host.drive]) {
        await host.outside(
            `echo 0 >/sys/fs/ext4/$(basename $(findmnt -rno SOURCE --mountpoint ${path}))/reserved_clusters`,
        );
    }
}

export async function ballast(host: Host): Promise<void> {
    await host.must(`bash ${notes}/full.sh ballast`);
}

/**
 * Runs a command again and again, until each of its writes, or every third in `npm test`, has found its medium full: from the first write
 * on that has not yet, the medium is full, until the run ends or comes to one that has. So one run tries all writes up to the first that fails,
 * and the next run, which begins there, shows that the same command ends what was begun.
 * @throws with everything that was not as it must be
 */
export async function fillAtEachWrite(host: Host, cases: Cases, journey: Journey): Promise<void> {
    const { name, command, begin, kind = "bytes", scope = "job" } = journey;
    const text = script().replace(
        /^main "\$@" <\/dev\/null$/m,
        () => `${here("at-writes.sh")}main "$@" </dev/null`,
    );
    const note = async (mode: "record" | "fill") =>
        host.must(
            `cd ${notes} && rm -f covered versions && touch covered versions && echo ${mode} >mode && echo ${kind} >kind && echo ${scope} >scope`,
        );

    await begin();
    await note("record");
    await host.must(`perl ${notes}/versions.pl`);
    const whole = await pv(host, command, text);
    assert.equal(whole.code, 0, whole.output);
    await host.must(`perl ${notes}/versions.pl`);
    const versions = versionsOf(await host.must(`cat ${notes}/versions`));
    const writes = lines(await host.must(`cat ${notes}/covered`));

    await begin();
    await note("fill");
    const tried = everyThird(writes);
    // What counts as covered is not tried.
    const others = writes.filter((one) => !tried.includes(one)).map((one) => `${one}\n`);
    await host.exec(`cat >>${notes}/covered`, others.join(""));
    const wrong: string[] = [];
    let newest = await look(host);
    let fromTheBegin = true;
    let ended = 0;
    for (let all = false; !all;) {
        await host.must(`rm -f ${notes}/left ${notes}/last`);
        const result = await pv(host, command, text);
        const [left, at] = lines(
            await host.must(
                `test -e ${notes}/left && echo yes || echo no; cat ${notes}/last 2>/dev/null || true`,
            ),
        );
        if (result.code === 0) {
            await host.must(`bash ${notes}/full.sh empty`);
            all = fromTheBegin && left === "no";
            if (!all) {
                await begin();
                newest = await look(host);
                fromTheBegin = true;
            }
            continue;
        }
        const write = short(at ?? "no write");
        const { seen, faults } = await lookWhileFull(host, newest, journey, versions, result);
        await host.must(`bash ${notes}/full.sh empty`);
        cases.add({
            name: `${name}: ${write}`,
            told: `${result.code} ${told(result)}`,
            after: `k3s ${seen.k3s} on the ${seen.truth}`,
            rerun: "0 in the end",
        });
        wrong.push(...faults.map((fault) => `${write}: ${fault}\n${result.output}`));
        assert.ok(at !== undefined && ++ended < 100, wrong.join("\n\n"));
        fromTheBegin = false;
        if (seen.truth !== newest.truth) {
            // What follows the switch is another way then: it is tried from the beginning.
            const rerun = await pv(host, command);
            if (rerun.code !== 0) {
                wrong.push(`${write}: the rerun ended with ${rerun.code}: ${rerun.output}`);
            }
            await begin();
            fromTheBegin = true;
        }
        newest = await look(host);
    }
    const covered = new Set(lines(await host.must(`cat ${notes}/covered`)));
    wrong.push(...writes.filter((one) => !covered.has(one)).map((one) => `never tried: ${one}`));
    console.log(`      ${name}: ${tried.length} of ${covered.size} writes, without ${kind}`);
    assert.ok(wrong.length === 0, wrong.join("\n\n"));
}

/** A write as at-writes.sh notes it, for people: the program, the file, and the medium. */
function short(write: string): string {
    const [medium = "", path = "", ...command] = (write.split(" < ")[0] ?? "").split(" ");
    return `${command[0] ?? ""} ${path} (${medium} full)`;
}

function versionsOf(text: string): Map<string, Set<string>> {
    const versions = new Map<string, Set<string>>();
    for (const line of lines(text)) {
        const [path = "", content = ""] = line.split("\t");
        versions.set(path, (versions.get(path) ?? new Set()).add(content));
    }
    return versions;
}

/** What is so after a run that a full medium ended, and what of it must not be. */
async function lookWhileFull(
    host: Host,
    newest: Seen,
    { another = false, kind }: Journey,
    versions: ReadonlyMap<string, ReadonlySet<string>>,
    { code, output }: { code: number | undefined; output: string },
): Promise<{ seen: Seen; faults: string[] }> {
    const faults: string[] = [];
    let seen = newest;
    const now = versionsOf(
        await host.must(
            `rm -f ${notes}/now; perl ${notes}/versions.pl ${notes}/now; cat ${notes}/now`,
        ),
    );
    if (kind === "inodes") {
        // Neither k3s nor this stand-in starts without an inode for its pods.
        await host.must(`bash ${notes}/full.sh empty`);
    }
    await until("k3s to run again", patience, async () => {
        seen = await look(host);
        return seen.k3s === "active" || undefined;
    }).catch(() => faults.push(`k3s is ${seen.k3s} ${patience} s later`));
    const other = another && seen.truth !== newest.truth;
    const rules: readonly [boolean, string][] = [
        [await fstabHolds(host), "fstab and the mounts disagree"],
        [seen.fresh === 1, "k3s began with an empty folder"],
        [
            other || seen.counter >= newest.counter,
            `the counter went back from ${newest.counter} to ${seen.counter}`,
        ],
        [
            code === 10 || code === (seen.truth === "image" ? 30 : 20),
            `it ended with ${code}, and the truth is on the ${seen.truth}`,
        ],
        [/^(refused|failed): /m.test(output), "no sentence says what happened"],
        // A tool's own words stand above the sentence.
        [/\/(etc|var|run|mnt)\b/.test(output), "nothing names a place"],
    ];
    faults.push(...rules.filter(([ok]) => !ok).map(([, what]) => what));
    if (!now.has("/etc/fstab")) {
        faults.push("/etc/fstab is gone");
    }
    for (const [path, [content = ""]] of now) {
        if (path.endsWith(".pi-volume")) {
            faults.push(`${path} was left`);
        } else if (versions.get(path)?.has(content) !== true) {
            faults.push(`${path} is neither as before nor as after: ${content}`);
        }
    }
    return { seen, faults };
}

/** Whether what fstab has of this script's is mounted, and nothing of it besides. */
async function fstabHolds(host: Host): Promise<boolean> {
    const places = ["/var/lib/rancher", "/var/lib/kubelet", "/var/log/pods"];
    const lines = "awk '/# pi-volume$/ { print $2 }' /etc/fstab | sort";
    const mounts = places.map((place) => `! mountpoint -q ${place} || echo ${place}`).join("; ");
    return (await host.must(lines)) === (await host.must(`{ ${mounts}; } | sort`));
}
