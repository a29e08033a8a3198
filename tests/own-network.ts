import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../lab/shell";

const namespaces = ["--user", "--map-root-user", "--net", "--mount"];

/**
 * Runs a program of the tests in a network of its own, which has nothing but loopback, without root.
 * @param files their texts stand in for those of /etc, by name: hosts, resolv.conf
 * @param args a TypeScript file and its arguments
 * @returns what it printed; undefined, with the reason on stdout, where this machine lets nobody make such a network
 */
export async function runInOwnNetwork(
    files: Readonly<Record<string, string>>,
    args: readonly string[],
): Promise<string | undefined> {
    const possible = await run("unshare", [...namespaces, "true"]).then(
        () => true,
        () => false,
    );
    if (!possible) {
        console.log("        this machine lets nobody make a network namespace: not tried");
        return undefined;
    }
    const dir = mkdtempSync(join(tmpdir(), "rekindle-network-"));
    try {
        const mounts = Object.entries(files).map(([name, text]) => {
            writeFileSync(join(dir, name), text);
            return `mount --bind ${join(dir, name)} /etc/${name} &&`;
        });
        const script = `ip link set lo up && ${mounts.join(" ")} exec "$@"`;
        const node = [process.execPath, "--import", "tsx", ...args];
        return await run("unshare", [...namespaces, "sh", "-c", script, "sh", ...node]);
    } finally {
        rmSync(dir, { recursive: true });
    }
}
