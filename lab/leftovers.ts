import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { namespaceFile } from "./network";
import { cacheRoot, runRoot } from "./paths";

/** What the lab has on this machine, read from the machine itself and not from any record of the lab's. */
export interface Traces {
    readonly processes: readonly number[];
    readonly mounts: readonly string[];
    readonly loops: readonly string[];
    readonly cgroups: readonly string[];
    readonly namespace: boolean;
    readonly files: readonly string[];
}

/** In the environment of every process that the lab starts, so that those of a killed lab are found. */
export const mark = "REKINDLE_LAB";

export function traces(): Traces {
    const loops = loopDevices();
    return {
        processes: labProcesses(new Set(loops)),
        // The longest first: what is mounted inside another mount goes before it.
        mounts: mountsBelow(readFileSync("/proc/self/mounts", "utf8"), cacheRoot),
        loops,
        cgroups: labCgroups(),
        namespace: existsSync(namespaceFile),
        files: [runRoot].filter((path) => existsSync(path)),
    };
}

/** One line per thing that is left, for people. */
export function describe(left: Traces): string[] {
    return [
        ...left.processes.map((pid) => `process ${pid}: ${commandOf(pid)}`),
        ...left.mounts.map((path) => `mount ${path}`),
        ...left.loops.map((device) => `loop device ${device}`),
        ...left.cgroups.map((path) => `cgroup ${path}`),
        ...(left.namespace ? [`network namespace ${namespaceFile}`] : []),
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

/** Loop devices whose backing file lies in the cache, also when that file is deleted. */
function loopDevices(): string[] {
    return readdirSync("/sys/block")
        .filter((name) => name.startsWith("loop"))
        .filter((name) => read(`/sys/block/${name}/loop/backing_file`).startsWith(`${cacheRoot}/`))
        .map((name) => `/dev/${name}`);
}

/** Processes that carry the lab's mark, live in its network namespace, or have one of its cards as their root. */
function labProcesses(loops: ReadonlySet<string>): number[] {
    const namespace = existsSync(namespaceFile) ? statSync(namespaceFile).ino : undefined;
    const ancestors = new Set(lineage(process.pid));
    return readdirSync("/proc")
        .map(Number)
        .filter((pid) => Number.isInteger(pid) && pid > 1 && !ancestors.has(pid))
        .filter(
            (pid) =>
                read(`/proc/${pid}/environ`).split("\0").includes(`${mark}=${cacheRoot}`) ||
                (namespace !== undefined && link(`/proc/${pid}/ns/net`) === `net:[${namespace}]`) ||
                loops.has(rootDevice(read(`/proc/${pid}/mountinfo`))),
        );
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

function labCgroups(): string[] {
    return subfolders("/sys/fs/cgroup").flatMap((tree) =>
        subfolders(tree).filter((path) => /\/rekindle-[^/]+$/.test(path)),
    );
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
