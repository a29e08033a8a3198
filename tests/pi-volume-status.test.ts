import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { Server, utils } from "ssh2";
import { repair, repairs, said } from "../components/pi-volume-status";
import { node } from "./right-config";

const whole = { repaired: "monday", problems: [], warnings: [] };

describe("a look at a Pi's volume", () => {
    it("asks for a new apply if and only if there is something that apply mends", () => {
        assert.equal(repair(whole, "tuesday"), "monday");
        assert.equal(repair({ ...whole, warnings: ["nearly full"] }, "tuesday"), "monday");
        assert.equal(repair({ ...whole, problems: ["holes"] }, "tuesday"), "tuesday");
    });

    it("tells what up mends, what a person must mend, and which Pi did not answer", () => {
        assert.deepEqual(said("pi1", { status: whole }), []);
        const status = { ...whole, problems: ["holes"], warnings: ["the image is nearly full"] };
        assert.deepEqual(
            said("pi1", { status }).map(({ level }) => level),
            ["info", "warn"],
        );
        const [away] = said("pi2", { error: "connect ECONNREFUSED" });
        assert.match(away?.text ?? "", /pi2 was not asked .*: connect ECONNREFUSED\. .*away: true/);
    });

    it("takes place in a preview only on request, and never for a Pi that is away", async () => {
        await pulumi.runtime.setMocks(
            { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
            ...(["rekindle", "test", true] as const),
        );
        assert.deepEqual(repairs([{ ...node, role: "agent" }], "key"), {});
        process.env["REKINDLE_DRIFT"] = "1";
        try {
            assert.deepEqual(repairs([{ ...node, role: "agent", away: true }], "key"), {});
        } finally {
            delete process.env["REKINDLE_DRIFT"];
        }
    });

    it("is read over SSH from the pinned host only, and what went wrong is told for each Pi", async () => {
        const host = utils.generateKeyPairSync("ed25519");
        const other = utils.generateKeyPairSync("ed25519");
        const { private: privateKey } = utils.generateKeyPairSync("ed25519");
        const asked: { command: string; stdin: string }[] = [];
        const server = new Server({ hostKeys: [host.private] }, (client) => {
            client.on("error", () => undefined);
            client.on("authentication", (request) => {
                request.accept();
            });
            client.on("session", (accept) => {
                accept().on("exec", (take, _, { command }) => {
                    const channel = take();
                    let stdin = "";
                    channel.on("data", (chunk: Buffer) => (stdin += chunk.toString()));
                    channel.on("end", () => {
                        asked.push({ command, stdin });
                        if (command.endsWith("/mnt/broken")) {
                            channel.stderr.write("sudo: a password is required\n");
                        } else {
                            channel.write(JSON.stringify(whole));
                        }
                        channel.exit(0);
                        channel.end();
                    });
                });
            });
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const pi = {
            address: "127.0.0.1",
            port,
            user: "pi",
            hostKey: host.public,
            drive: "/mnt/a",
        };
        const nodes = [
            { ...pi, name: "pi1" },
            { ...pi, name: "pi2", hostKey: other.public },
            { ...pi, name: "pi3", port: 1 },
            { ...pi, name: "pi4", drive: "/mnt/broken" },
        ];
        const child = spawn(process.execPath, [
            join(__dirname, "..", "components", "scripts", "pi-volume-status.mjs"),
        ]);
        child.stdin.end(JSON.stringify({ script: "the script", privateKey, nodes }));
        const answers = (await json(child.stdout)) as Record<string, { error?: string }>;
        server.close();
        assert.deepEqual(answers["pi1"], { status: whole });
        assert.match(answers["pi2"]?.error ?? "", /host|verif/i);
        assert.match(answers["pi3"]?.error ?? "", /ECONNREFUSED/);
        assert.deepEqual(answers["pi4"], { error: "sudo: a password is required" });
        const stdin = "the script";
        assert.deepEqual(
            asked.toSorted((a, b) => a.command.length - b.command.length),
            [
                { command: "sudo -n bash -s -- status --drive=/mnt/a", stdin },
                { command: "sudo -n bash -s -- status --drive=/mnt/broken", stdin },
            ],
        );
    });
});
