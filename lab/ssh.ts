import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pis, sshUser, type Pi } from "./facts";
import { knownHostsFile, sshKeyFile } from "./paths";
import { CommandError, inNamespace, run, type RunOptions } from "./shell";

let made: Promise<unknown> | undefined;

/** The public half of the operator's key; made when the lab has none yet. */
export async function authorizedKey(): Promise<string> {
    // All Pis ask at once.
    made ??= makeKey();
    await made;
    return readFileSync(`${sshKeyFile}.pub`, "utf8");
}

async function makeKey(): Promise<void> {
    // The public half is written last: without it, the private one is of a killed start.
    if (!existsSync(`${sshKeyFile}.pub`)) {
        mkdirSync(dirname(sshKeyFile), { recursive: true });
        rmSync(sshKeyFile, { force: true });
        const options = ["-q", "-t", "ed25519", "-N", "", "-C", "rekindle-lab"];
        await run("ssh-keygen", [...options, "-f", sshKeyFile]);
    }
}

/** Writes the known_hosts file: host keys are known beforehand and checked strictly. */
export function trustHostKey(pi: Pi, publicKey: string): void {
    const [type = "", key = ""] = publicKey.split(" ");
    const known = existsSync(knownHostsFile)
        ? readFileSync(knownHostsFile, "utf8").split("\n")
        : [];
    const others = known.filter((line) => line !== "" && !line.startsWith(`${pi.address} `));
    mkdirSync(dirname(knownHostsFile), { recursive: true });
    writeFileSync(knownHostsFile, [...others, `${pi.address} ${type} ${key}`, ""].join("\n"));
}

/** The host key that `trustHostKey` wrote. @throws when there is none */
export function trustedHostKey(pi: Pi): string {
    const lines = readFileSync(knownHostsFile, "utf8").split("\n");
    const line = lines.find((known) => known.startsWith(`${pi.address} `));
    if (line === undefined) {
        throw new Error(
            `${knownHostsFile} has no host key of ${pi.name}: run \`npm run down\`, then \`npm start\`.`,
        );
    }
    return line.slice(pi.address.length + 1);
}

/** Arguments of the ssh program that run `command` on a Pi. */
export function sshArgs(pi: Pi, command: readonly string[]): [string, string[]] {
    return inNamespace("ssh", [
        ...[
            "-i",
            sshKeyFile,
            "-o",
            `UserKnownHostsFile=${knownHostsFile}`,
            "-o",
            "StrictHostKeyChecking=yes",
        ],
        ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR"],
        ...[`${sshUser}@${pi.address}`, "--", ...command],
    ]);
}

/** Runs a command on a Pi, as the program would, and returns what it printed. */
export async function ssh(
    pi: Pi,
    command: readonly string[],
    options: RunOptions = {},
): Promise<string> {
    const [file, args] = sshArgs(pi, command);
    return run(file, args, options);
}

/** A boot takes 5 s on idle cores, and was seen to take 24 s beside two other labs. */
const bootSeconds = 120;

/**
 * Waits until a Pi answers over SSH.
 * @param check throws when waiting is of no more use
 * @throws with ssh's own words when the Pi does not answer within two minutes
 */
export async function waitForSsh(pi: Pi, check: () => void): Promise<void> {
    const end = Date.now() + bootSeconds * 1000;
    for (;;) {
        try {
            await ssh(pi, ["true"]);
            return;
        } catch (error) {
            if (!(error instanceof CommandError)) {
                throw error;
            }
            if (Date.now() > end) {
                throw new Error(
                    `${pi.name} (${pi.address}) did not answer over SSH within ${bootSeconds} s: ` +
                        `${error.output.trim()}. Cut its power (\`npm run -s lab -- power cut ${pi.name}\`) ` +
                        "and start again.",
                    { cause: error },
                );
            }
            check();
            await delay(300);
        }
    }
}

/** @throws when there is no such Pi */
export function piNamed(name: string): Pi {
    const pi = pis.find((one) => one.name === name);
    if (!pi) {
        throw new Error(
            `There is no Pi named "${name}": use ${pis.map((one) => one.name).join(", ")}.`,
        );
    }
    return pi;
}
