import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The whole script that moves k3s's data onto a drive, as it is sent to `bash -s` on a Pi: what `pi-volume.sh print` prints.
 * `components/scripts/pi-volume/main.sh` says how to call it.
 */
export function piVolumeScript(): string {
    script ??= joined();
    return script;
}

let script: string | undefined;

function joined(): string {
    const scripts = join(__dirname, "scripts");
    const [, order = ""] =
        /^parts="(.*)"$/m.exec(readFileSync(join(scripts, "pi-volume.sh"), "utf8")) ?? [];
    return order
        .split(" ")
        .map((part) => readFileSync(join(scripts, "pi-volume", `${part}.sh`), "utf8"))
        .map((text) => text.replace("# shellcheck shell=bash\n", ""))
        .join("");
}
