// dns.mjs for people at the machine that deploys, with what the last `pulumi up` left in the stack's state. It needs no
// cluster. Secrets go from Pulumi through a pipe into the script's environment, and never to the screen.
//
//   npm run -s dns -- status [--stack NAME]     how the records are; changes nothing
//   npm run -s dns -- prune [--stack NAME]      puts them right now, as `pulumi up` does when something changed
//
// Exit codes: as in dns.mjs.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { exitCodes } from "./cloudflare-api.mjs";

/** @typedef {{ type: string, delete?: boolean, inputs?: any, outputs?: any }} Resource */

/** Pulumi's key of a wrapped value, and the value that marks a secret. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/**
 * What dns.mjs needs to know of each tunnel in a stack. After an `up` that failed at the records, the pods have the newest
 * hostnames already, and the command that keeps the records still has the older ones or is not there at all: so the
 * hostnames come from the pods' ConfigMap, and the environment from the command that was there before the pods.
 * @param {string} state what `pulumi stack export --show-secrets` printed
 * @returns {{ stdin: string, environment: Record<string, string>, lastOutput: string }[]}
 */
export function tunnels(state) {
    /** @type {Resource[]} */
    const resources = JSON.parse(state).deployment?.resources ?? [];
    const opened = resources
        // Replaced ones wait for their deletion.
        .filter((resource) => !resource.delete)
        .map(({ type, inputs, outputs }) => ({
            type,
            inputs: open(inputs),
            outputs: open(outputs),
        }));
    const commands = opened.filter(({ type }) => type === "command:local:Command");
    const hosts = opened
        .filter(({ type }) => type === "kubernetes:core/v1:ConfigMap")
        .flatMap(({ inputs }) => inputs?.data?.["hosts.json"] ?? []);
    const ownerOf = (/** @type {string} */ text) => JSON.parse(text).owner;
    return commands
        .filter(({ inputs }) => /dns\.mjs remember$/.test(inputs?.create))
        .map(({ inputs: { stdin, environment }, outputs }) => {
            const own = (/** @type {string} */ text) => ownerOf(text) === ownerOf(stdin);
            const keeper = commands.find(
                ({ inputs }) => /dns\.mjs prune$/.test(inputs?.create) && own(inputs.stdin),
            );
            return {
                stdin: hosts.find(own) ?? stdin,
                environment,
                lastOutput: (keeper ?? { outputs }).outputs?.stdout ?? "",
            };
        });
}

/**
 * Takes secrets out of Pulumi's wrapping, at whatever depth.
 * @param {any} value
 * @returns {any}
 */
function open(value) {
    if (typeof value !== "object" || value === null) {
        return value;
    }
    if (value[signature] === secret) {
        return JSON.parse(value.plaintext);
    }
    return Array.isArray(value)
        ? value.map(open)
        : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, open(each)]));
}

/**
 * @param {string[]} argv
 * @returns {number} exit code
 */
function main([mode, ...forPulumi]) {
    if (mode !== "status" && mode !== "prune") {
        console.error(`There is no mode "${mode ?? ""}": npm run -s dns -- status, or prune.`);
        return exitCodes.usage;
    }
    // A question for the passphrase would go into the pipe, where nobody sees it.
    const args = ["stack", "export", "--show-secrets", "--non-interactive", ...forPulumi];
    const exported = spawnSync("pulumi", args, {
        ...{ encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 28 },
    });
    if (exported.status !== 0) {
        const why = exported.error?.message ?? "see above";
        console.error(
            `The stack's state could not be read with \`pulumi stack export\` (${why}). Is pulumi installed and logged in, ` +
                "a stack selected (or named: --stack NAME), and PULUMI_CONFIG_PASSPHRASE set?",
        );
        return exitCodes.usage;
    }
    const found = tunnels(exported.stdout);
    if (found.length === 0) {
        console.error("The stack has no tunnel: run `pulumi up` first.");
        return exitCodes.usage;
    }
    const script = fileURLToPath(new URL("dns.mjs", import.meta.url));
    const codes = found.map(({ stdin, environment, lastOutput }) => {
        const { status } = spawnSync(process.execPath, [script, mode], {
            env: { ...process.env, ...environment, PULUMI_COMMAND_STDOUT: lastOutput },
            input: stdin,
            stdio: ["pipe", "inherit", "inherit"],
        });
        return status ?? exitCodes.bug;
    });
    return Math.max(...codes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    process.exit(main(process.argv.slice(2)));
}
