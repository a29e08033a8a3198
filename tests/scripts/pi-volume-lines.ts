import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { piVolumeScript } from "../../components/pi-volume-script";

/**
 * Runs some lines in pi-volume.sh as its main would, for a Pi whose service is k3s.
 * @param turned the script, with its places in a folder of the test
 * @returns what they print
 * @throws when they end with anything but 0
 */
export function printedBy(lines: string, turned: (script: string) => string): string {
    const main = `set -euo pipefail; shopt -s inherit_errexit; export LC_ALL=C
constants; SERVICE=k3s DRIVE="" BIND=""
${lines}`;
    const input = turned(piVolumeScript()).replace(/^main "\$@" <\/dev\/null$/m, () => main);
    const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
}
