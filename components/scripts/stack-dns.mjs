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

/** @typedef {{ type: string, inputs?: any, outputs?: any }} Resource */

/** Pulumi's key of a wrapped value, and the value that marks a secret. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/**
 * The inputs and outputs of the commands that keep records, with their secrets.
 * @param {string} state what `pulumi stack export --show-secrets` printed
 * @returns {{ stdin: string, environment: Record<string, string>, lastOutput: string }[]}
 */
export function dnsCommands(state) {
    /** @type {Resource[]} */
    const resources = JSON.parse(state).deployment?.resources ?? [];
    return resources
        .map(({ type, inputs, outputs }) => ({
            type,
            inputs: open(inputs),
            outputs: open(outputs),
        }))
        .filter(
            ({ type, inputs }) =>
                type === "command:local:Command" && /dns\.mjs prune$/.test(inputs?.create),
        )
        .map(({ inputs: { stdin, environment }, outputs }) => ({
            stdin,
            environment,
            lastOutput: outputs?.stdout ?? "",
        }));
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
    const commands = dnsCommands(exported.stdout);
    if (commands.length === 0) {
        console.error("The stack keeps no records yet: no `pulumi up` has succeeded so far.");
        return exitCodes.usage;
    }
    const script = fileURLToPath(new URL("dns.mjs", import.meta.url));
    const codes = commands.map(({ stdin, environment, lastOutput }) => {
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
