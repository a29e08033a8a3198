// Asks Pis how their volumes are: pi-volume.sh status over SSH, all at once. A process of its own, so that the program can wait
// for the answer before it registers anything. Nothing secret is on its command line.
//
// Standard input: JSON { script, privateKey, nodes: [{ name, address, port, user, hostKey, drive }] }
// Standard output: JSON { NAME: { status } or { error: "why it was not asked" } }

import { text } from "node:stream/consumers";
import ssh2 from "ssh2";

/** @typedef {{ name: string, address: string, port: number, user: string, hostKey: string, drive: string }} Node */

/** Milliseconds until a Pi counts as away: TCP, SSH and the login together. */
const reachable = 5_000;
/** Milliseconds for the status itself; a card that is dying reads slowly. */
const patient = 20_000;

/**
 * @param {Node} node
 * @param {string} script
 * @param {string} privateKey
 * @returns {Promise<unknown>} what the Pi says of its volume
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
                client.exec(`sudo -n bash -s -- status --drive=${node.drive}`, (error, channel) => {
                    if (error) {
                        reject(error);
                        return;
                    }
                    const output = Promise.all([text(channel), text(channel.stderr)]);
                    channel.end(script);
                    output.then(([out, complaint]) => {
                        try {
                            resolve(JSON.parse(out));
                        } catch {
                            reject(new Error(complaint.trim() || "its status is no JSON"));
                        }
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

const { script, privateKey, nodes } = JSON.parse(await text(process.stdin));
const answers = await Promise.all(
    nodes.map(async (/** @type {Node} */ node) => {
        try {
            return [node.name, { status: await ask(node, script, privateKey) }];
        } catch (error) {
            return [node.name, { error: error instanceof Error ? error.message : String(error) }];
        }
    }),
);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)), () => process.exit());
