import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { Server, utils } from "ssh2";
import { repair, repairs, said, statusCommand } from "../components/pi-volume-status";
import { node } from "./right-config";

const whole = { ok: true, repaired: "monday", problems: [], warnings: [] };

describe("a look at a Pi's volume", () => {
    it("asks for a new apply if and only if there is something that apply mends", () => {
        assert.equal(repair(whole, "tuesday"), "monday");
        assert.equal(repair({ ...whole, warnings: ["nearly full"] }, "tuesday"), "monday");
        assert.equal(repair({ ...whole, blocked: ["a NAS below"] }, "tuesday"), "monday");
        assert.equal(repair({ ...whole, problems: ["holes"] }, "tuesday"), "tuesday");
    });

    it("tells what up mends, what a person must mend, and which Pi did not answer", () => {
        assert.deepEqual(said("pi1", { status: whole }), []);
        const status = {
            ...{ ...whole, problems: ["holes"] },
            ...{ warnings: ["the image is nearly full"], blocked: ["a NAS is mounted below"] },
        };
        assert.deepEqual(
            said("pi1", { status }).map(({ level, text }) => `${level} ${text}`),
            [
                "info pi1: holes. `up` runs apply there.",
                "warn pi1: a NAS is mounted below. `up` does not repair that: fix it there by hand.",
                "warn pi1: the image is nearly full. Ask for a larger volume.size, or free some.",
            ],
        );
        const text = (error: { error: string; reached?: boolean }) => said("pi2", error)[0]?.text;
        assert.equal(
            text({ error: "connect ECONNREFUSED" }),
            "pi2 was not asked how its volume is: connect ECONNREFUSED. If it is to stay off, say away: true.",
        );
        assert.equal(
            text({ error: "bash is missing there", reached: true }),
            "pi2 does not tell how its volume is: bash is missing there.",
        );
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

    it("is asked in English, with the usual folders in PATH, and of any mount point", () => {
        const drive = "/media/pi/Größe $HOME";
        const command = statusCommand(drive);
        const print = `sh -c 'printf "%s|" "$LC_ALL" "$PATH" "$@"' sh`;
        for (const shell of ["/bin/sh", "/bin/bash"]) {
            for (const PATH of ["/opt/odd", ""]) {
                const env = { PATH, LC_ALL: "de_DE.UTF-8" };
                const asking = command.replace("sudo -n bash -s -- status", print);
                assert.notEqual(asking, command);
                const [language, path = "", ...args] = execFileSync(shell, ["-c", asking], {
                    ...{ encoding: "utf8", env },
                }).split("|");
                assert.equal(language, "C");
                assert.ok(path.startsWith("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"));
                assert.ok(path.endsWith(`:${PATH}`), path);
                assert.deepEqual(args, [`--drive=${drive}`, ""]);
            }
        }
    });

    it("is read over SSH from the pinned host only, and what went wrong is told for each Pi", async () => {
        const other = utils.generateKeyPairSync("ed25519");
        const { answers, asked } = await ask(
            [
                { name: "pi1", command: "one" },
                { name: "pi2", hostKey: other.public },
                { name: "pi3", port: 1 },
                { name: "pi4", command: "/mnt/Größe" },
            ],
            () => ({ stdout: JSON.stringify(whole) }),
        );
        assert.deepEqual(answers["pi1"], { status: whole });
        assert.match(answers["pi2"]?.error ?? "", /host|verif/i);
        assert.match(answers["pi3"]?.error ?? "", /ECONNREFUSED/);
        assert.equal(answers["pi3"]?.reached, undefined);
        const stdin = "the script";
        assert.deepEqual(
            asked.toSorted((a, b) => a.command.length - b.command.length),
            [
                { command: "one", stdin },
                { command: "/mnt/Größe", stdin },
            ],
        );
    });

    it("is found among what the login's shell says before and after it", async () => {
        const line = JSON.stringify(whole);
        const blocked = { ...whole, blocked: ["a NAS is mounted below"] };
        const said: Readonly<Record<string, readonly [stdout: string, status: object]>> = {
            alone: [line, whole],
            motd: [`Welcome to pi1!\n${line}\n`, whole],
            prompt: [`Welcome to pi1! ${line}\n`, whole],
            after: [`${line}\nlogout\n`, whole],
            both: [`{"ok":"hello"}\n{"ok":\n${line}\r\nbye {"ok": bye\n`, whole],
            colours: [`\x1b[32mraspberry ${line}\n\x1b[0m`, whole],
            blocked: [JSON.stringify(blocked), blocked],
        };
        const cases = Object.entries(said);
        const { answers } = await ask(
            cases.map(([name]) => ({ name, command: name })),
            (command) => ({ stdout: said[command]?.[0], stderr: "setlocale: de_DE.UTF-8\n" }),
        );
        for (const [name, [, expected]] of cases) {
            assert.deepEqual(answers[name], { status: expected }, name);
        }
    });

    it("is told to be none in words that say what to do, or in the Pi's own last ones", async () => {
        interface Said {
            readonly stdout?: string;
            readonly stderr?: string;
        }
        const password =
            'sudo asks pi for a password there: add the line "pi ALL=(ALL) NOPASSWD: ALL" with sudo visudo -f /etc/sudoers.d/rekindle';
        const bash = "bash is missing there: sudo apt-get install bash";
        const sudo = "sudo is missing there: apt-get install sudo, as root";
        const long = "x".repeat(500);
        const cases: readonly (readonly [Said, string])[] = [
            [{ stdout: "Welcome!\n", stderr: "sudo: a password is required\n" }, password],
            [{ stderr: "Hi\nsudo: interactive authentication is required\n" }, password],
            [{ stderr: "sudo: bash: command not found\n" }, bash],
            [{ stderr: "sudo: 'bash': command not found\n" }, bash],
            [{ stderr: "env: 'sudo': No such file or directory\n" }, sudo],
            [{ stderr: "sh: 1: sudo: not found\n" }, sudo],
            [
                { stderr: "-bash: neofetch: command not found\nrefused: only root can\nusage\n" },
                "refused: only root can",
            ],
            [
                { stderr: "-bash: neofetch: command not found\n" },
                "it answered nothing; it complains: -bash: neofetch: command not found",
            ],
            [
                { stdout: "Hi\nThis account is currently not available.\n\n" },
                'its answer is no JSON and ends with "This account is currently not available."',
            ],
            [
                { stdout: `Hi\n\x1b[1m${long}\n`, stderr: "sudo: you must have a tty\n" },
                `its answer is no JSON and ends with "?[1m${long.slice(0, 196)}"; it complains: sudo: you must have a tty`,
            ],
            [
                { stdout: '{"ok":true,"repaired":"","problems":["ho' },
                'its answer is no JSON and ends with "{"ok":true,"repaired":"","problems":["ho"',
            ],
            [{ stdout: '{"ok":true}' }, 'its answer is no JSON and ends with "{"ok":true}"'],
            [{}, "it answered nothing"],
        ];
        const { answers } = await ask(
            cases.map((_, index) => ({ name: `pi${index}`, command: String(index) })),
            (command) => cases[Number(command)]?.[0] ?? {},
        );
        cases.forEach(([said, error], index) => {
            const expected = { error, reached: true };
            assert.deepEqual(answers[`pi${index}`], expected, JSON.stringify(said));
        });
    });
});

/** A Pi as it is asked, by what differs from the others. */
interface Asked {
    readonly name: string;
    readonly command?: string;
    readonly hostKey?: string;
    readonly port?: number;
}
interface Output {
    readonly stdout?: string | undefined;
    readonly stderr?: string | undefined;
}

/** Has pi-volume-status.mjs ask Pis, all of which are one SSH server that answers each command as told. */
async function ask(nodes: readonly Asked[], answer: (command: string) => Output) {
    const host = utils.generateKeyPairSync("ed25519");
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
                    const { stdout = "", stderr = "" } = answer(command);
                    channel.stderr.write(stderr);
                    channel.write(stdout);
                    channel.exit(0);
                    channel.end();
                });
            });
        });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const pi = { address: "127.0.0.1", port, user: "pi", hostKey: host.public };
    const file = join(__dirname, "..", "components", "scripts", "pi-volume-status.mjs");
    const child = spawn(process.execPath, [file]);
    const all = nodes.map((each) => ({ ...pi, command: "", ...each }));
    child.stdin.end(JSON.stringify({ script: "the script", privateKey, nodes: all }));
    const answers = (await json(child.stdout)) as Record<
        string,
        { error?: string; reached?: boolean }
    >;
    server.close();
    return { answers, asked };
}
