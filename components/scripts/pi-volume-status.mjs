// Asks Pis how their volumes are: pi-volume.sh status over SSH, all at once. A process of its own, so that the program can wait
// for the answer before it registers anything. Nothing secret is on its command line.
//
// Standard input: JSON { script, privateKey, nodes: [{ name, address, port, user, hostKey, command }] }
// Standard output: JSON { NAME: { status } or { error: "why it was not asked, or what it answered instead", reached } }

import { text } from "node:stream/consumers";
import ssh2 from "ssh2";

/** @typedef {{ name: string, address: string, port: number, user: string, hostKey: string, command: string }} Node */

/** Milliseconds until a Pi counts as away: TCP, SSH and the login together. */
const reachable = 5_000;
/** Milliseconds for the status itself; a card that is dying reads slowly. */
const patient = 20_000;

/**
 * @param {Node} node
 * @param {string} script
 * @param {string} privateKey
 * @returns {Promise<object>} what the Pi says of its volume, or instead of that
 */
async function ask(node, script, privateKey) {
    const client = new ssh2.Client();
    const pinned = node.hostKey.split(" ")[1];
    try {
        return await new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                reject(new Error(`no answer within ${(reachable + patient) / 1000} s`));
            }, reachable + patient);
            timer.unref();
            client.on("error", reject).on("ready", () => {
                client.exec(node.command, (error, channel) => {
                    if (error) {
                        reject(error);
                        return;
                    }
                    const output = Promise.all([text(channel), text(channel.stderr)]);
                    channel.end(script);
                    output.then(([out, complaint]) => {
                        const status = statusIn(out);
                        resolve(
                            status === undefined
                                ? { error: insteadOf(out, complaint, node.user), reached: true }
                                : { status },
                        );
                    }, reject);
                });
            });
            client.connect({
                ...{ host: node.address, port: node.port, username: node.user, privateKey },
                readyTimeout: reachable,
                algorithms: { serverHostKey: ["ssh-ed25519"] },
                hostVerifier: (/** @type {Buffer} */ key) => key.toString("base64") === pinned,
            });
        });
    } finally {
        client.end();
    }
}

/**
 * Finds the script's line of JSON by its beginning: a login shell may greet before it, even on the same line, and say goodbye after it.
 * @param {string} output
 */
function statusIn(output) {
    const starts = [...output.matchAll(/\{"ok":/g)].map(({ index }) => index);
    for (const start of starts.reverse()) {
        try {
            const status = JSON.parse(output.slice(start).split("\n", 1)[0] ?? "");
            if (isStatus(status)) {
                return status;
            }
        } catch {
            // Somebody else's, or cut short.
        }
    }
    return undefined;
}

/** @param {Record<string, unknown>} status */
function isStatus({ repaired, problems, warnings, blocked = [] }) {
    return typeof repaired === "string" && [problems, warnings, blocked].every(Array.isArray);
}

/** What people do about what a Pi says on standard error, by its words in English: of sudo and sudo-rs, env and shells. */
const remedies = [
    {
        says: /sudo.*: (a password|interactive authentication) is required/,
        tell: (/** @type {string} */ user) =>
            `sudo asks ${user} for a password there: add the line "${user} ALL=(ALL) NOPASSWD: ALL" with sudo visudo -f /etc/sudoers.d/rekindle`,
    },
    {
        says: /\bsudo['"]?: (command not found|not found|No such file)/,
        tell: () => "sudo is missing there: apt-get install sudo, as root",
    },
    {
        says: /\bbash['"]?: (command not found|not found|No such file)/,
        tell: () => "bash is missing there: sudo apt-get install bash",
    },
];

/**
 * @param {string} output
 * @param {string} complaint what came on standard error
 * @param {string} user
 * @returns {string} why there is no status, with what a person does about it or the Pi's own last words
 */
function insteadOf(output, complaint, user) {
    const known = remedies.find(({ says }) => says.test(complaint));
    if (known) {
        return known.tell(user);
    }
    const refusal = complaint.split("\n").find((line) => /^(refused|failed): /.test(line));
    if (refusal !== undefined) {
        return quotable(refusal);
    }
    const [last, worst] = [lastLine(output), lastLine(complaint)];
    return [
        last === "" ? "it answered nothing" : `its answer is no JSON and ends with "${last}"`,
        ...(worst === "" ? [] : [`it complains: ${worst}`]),
    ].join("; ");
}

/** @param {string} text */
function lastLine(text) {
    return quotable(text.trim().split("\n").at(-1) ?? "");
}

/**
 * What a terminal shows as it is, and not too much of it.
 * @param {string} text
 */
function quotable(text) {
    return text.trim().replaceAll(/\p{C}/gu, "?").slice(0, 200);
}

const { script, privateKey, nodes } = JSON.parse(await text(process.stdin));
const answers = await Promise.all(
    nodes.map(async (/** @type {Node} */ node) => {
        try {
            return [node.name, await ask(node, script, privateKey)];
        } catch (error) {
            return [node.name, { error: error instanceof Error ? error.message : String(error) }];
        }
    }),
);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)), () => process.exit());
