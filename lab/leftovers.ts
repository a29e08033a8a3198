import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { pis } from "./facts";
import { builtRoot, cacheRoot, namespaceFile, runRoot } from "./paths";

/** Where the lab mounts: the tests' hosts lie beside it in the cache, and are theirs to remove. */
const folders = [runRoot, builtRoot];

/** What the lab has on this machine, read from the machine itself and not from any record of the lab's. */
export interface Traces {
    readonly processes: readonly number[];
    readonly mounts: readonly string[];
    readonly loops: readonly string[];
    readonly cgroups: readonly string[];
    readonly files: readonly string[];
}

/** In the environment of every process that the lab starts, so that those of a killed lab are found. */
export const mark = "REKINDLE_LAB";

export function traces(): Traces {
    const loops = loopDevices();
    const mountTable = readFileSync("/proc/self/mounts", "utf8");
    const mounts = folders.flatMap((folder) => mountsBelow(mountTable, folder));
    return {
        processes: labProcesses(new Set(loops), mounts.includes(namespaceFile)),
        mounts,
        loops,
        cgroups: labCgroups(),
        files: [runRoot].filter((path) => existsSync(path)),
    };
}

/** One line per thing that is left, for people. */
export function describe(left: Traces): string[] {
    return [
        ...left.processes.map((pid) => `process ${pid}: ${commandOf(pid)}`),
        ...left.mounts.map((path) =>
            path === namespaceFile ? `network namespace ${path}` : `mount ${path}`,
        ),
        ...left.loops.map((device) => `loop device ${device}`),
        ...left.cgroups.map((path) => `cgroup ${path}`),
        ...left.files.map((path) => `file ${path}`),
    ];
}

/** Mount points at or below a folder, from the text of /proc/self/mounts, the deepest first. */
export function mountsBelow(mounts: string, folder: string): string[] {
    return mounts
        .split("\n")
        .map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "))
        .filter((path) => path === folder || path.startsWith(`${folder}/`))
        .sort((a, b) => b.length - a.length);
}

/** Loop devices whose backing file is the lab's, also when that file is deleted. */
function loopDevices(): string[] {
    return readdirSync("/sys/block")
        .filter((name) => name.startsWith("loop"))
        .filter((name) => {
            const file = read(`/sys/block/${name}/loop/backing_file`);
            return folders.some((folder) => file.startsWith(`${folder}/`));
        })
        .map((name) => `/dev/${name}`);
}

/** Processes that carry the lab's mark, live in its network namespace, or have one of its cards as their root. */
function labProcesses(loops: ReadonlySet<string>, hasNamespace: boolean): number[] {
    const network = hasNamespace ? `net:[${statSync(namespaceFile).ino}]` : undefined;
    const own = lineage(process.pid);
    // A test run starts `down` as one of many: what else it started is its own to end.
    const family = own.filter(marked);
    return readdirSync("/proc")
        .map(Number)
        .filter((pid) => Number.isInteger(pid) && pid > 1 && !own.includes(pid))
        .filter(
            (pid) =>
                (marked(pid) && !lineage(pid).some((one) => family.includes(one))) ||
                link(`/proc/${pid}/ns/net`) === network ||
                loops.has(rootDevice(read(`/proc/${pid}/mountinfo`))),
        );
}

function marked(pid: number): boolean {
    return read(`/proc/${pid}/environ`).split("\0").includes(`${mark}=${cacheRoot}`);
}

/** The device that a process's root is mounted from, from the text of its mountinfo. */
export function rootDevice(mountinfo: string): string {
    const line = mountinfo.split("\n").find((text) => text.split(" ")[4] === "/");
    return line?.split(" - ")[1]?.split(" ")[1] ?? "";
}

/** A process and its ancestors: what runs `down` must not end itself. */
function lineage(pid: number): number[] {
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
    return parent > 1 ? [pid, ...lineage(parent)] : [pid];
}

/** In every hierarchy, at any depth: where a terminal lives in a cgroup of its own, its children's are below that. */
function labCgroups(path = "/sys/fs/cgroup"): string[] {
    const isOurs = pis.some((pi) => path.endsWith(`/rekindle-${pi.name}`));
    return isOurs ? [path] : subfolders(path).flatMap((child) => labCgroups(child));
}

export function subfolders(path: string): string[] {
    try {
        return readdirSync(path, { withFileTypes: true })
            .filter((entry) => entry.isDirectory())
            .map((entry) => join(path, entry.name));
    } catch {
        return [];
    }
}

function commandOf(pid: number): string {
    return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 80);
}

/** Processes come and go while they are looked at: one that is gone reads as empty. */
function read(path: string): string {
    try {
        return readFileSync(path, "utf8");
    } catch {
        return "";
    }
}

function link(path: string): string {
    try {
        return readlinkSync(path);
    } catch {
        return "";
    }
}
