import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The parts of the script in their order: each is one idea, and the last one calls `main`. */
const parts = [
    "head",
    "constants",
    "facts",
    "preflight",
    "image",
    "copy",
    "k3s",
    "guards",
    "bind",
    "settings",
    "apply",
    "restore",
    "status",
    "job",
    "main",
] as const;

/**
 * The whole script that moves k3s's data onto a drive, as it is sent to `bash -s` on a Pi.
 * `components/scripts/pi-volume/main.sh` says how to call it.
 */
export function piVolumeScript(): string {
    script ??= parts
        .map((part) => readFileSync(join(__dirname, "scripts", "pi-volume", `${part}.sh`), "utf8"))
        .map((text) => text.replace("# shellcheck shell=bash\n", ""))
        .join("\n");
    return script;
}

let script: string | undefined;
