import { spawn } from "node:child_process";
import { Argument, Command } from "commander";
import { alerts, clock, messages } from "./alert-verbs";
import { k3sUnit, pis } from "./facts";
import { showRecords } from "./dns-verb";
import { fault, faultHelp } from "./fault-verb";
import { runningHouse } from "./house";
import { internetClient } from "./internet-client";
import { kubectl, kubectlArgs } from "./kubectl";
import { piProcess } from "./pi";
import { drive, power } from "./power-verb";
import { table } from "./report";
import { revokeToken, rotateSecret, secretNames, tokenNames } from "./secret-verbs";
import { CommandError } from "./shell";
import { piNamed, ssh, sshArgs } from "./ssh";

/** What a verb shows: a text for people, or the value behind it for programs. */
export interface Shown {
    readonly text: string;
    readonly value: unknown;
    /** @default true */
    readonly ok?: boolean;
}

/** `npm run -s lab -- VERB`: everything that a person does with the running house. */
export function labVerbs(): Command {
    const lab = new Command("lab")
        .description("play with the running house")
        .enablePositionalOptions();
    const verb = (usage: string, description: string) =>
        lab.command(usage).description(description).option("--json", "for programs");
    verb("status", "which parts run").action(showing(status));
    verb("get <url>", "visit a page as the public does, through the edge").action(showing(get));
    verb("records", "DNS records that the Cloudflare stand-in holds").action(showing(records));
    verb("requests", "what the Cloudflare stand-in was asked").action(showing(requests));
    verb("messages", "what the Telegram stand-in took").action(showing(messages));
    verb("alerts", "what Grafana's stand-in sees as not right").action(showing(alerts));
    verb("clock", "turn the clock of Cloudflare's Workers ahead, by 15m, 6h")
        .argument("<by>")
        .action(showing(clock));
    verb("power", "switch a Pi on or off, or pull its plug")
        .addArgument(new Argument("<how>").choices(["on", "off", "cut"]))
        .argument("<pi>")
        .action(showing(power));
    verb(
        "drive",
        "pull the external drive of a Pi that is off; plug it in again, also while it is on",
    )
        .addArgument(new Argument("<how>").choices(["pull", "plug"]))
        .argument("<pi>")
        .action(showing(drive));
    verb("fault [target] [kind]", "break something outside the house; `fault clear` mends it")
        .option("--for <duration>", "mend it by itself after 60s, 5m, 1h")
        .option(
            "--host <name>",
            "of edge: the hostname that `access` or `challenge` is in front of",
        )
        .addHelpText("after", faultHelp())
        .action(showing(fault));
    verb("rotate", "a new secret for the stack, in use after the next `up`")
        .addArgument(new Argument("<name>").choices(Object.keys(secretNames)))
        .action(showing(rotateSecret));
    verb("revoke", "refuse a token's values from before its last `rotate`")
        .addArgument(new Argument("<name>").choices(Object.keys(tokenNames)))
        .action(showing(revokeToken));
    lab.command("dns")
        .description("`npm run dns` on the lab's stack: how its DNS records are, or put them right")
        .addArgument(new Argument("<mode>").choices(["status", "prune"]))
        .action(async (mode: "status" | "prune") => {
            runningHouse();
            process.exitCode = await showRecords(mode);
        });
    lab.command("exec <pi> <command...>")
        .description("run a command on a Pi over SSH: exec pi1 -- CMD")
        .passThroughOptions()
        .action(async (pi: string, command: string[]) =>
            passThrough(sshArgs(piNamed(pi), remoteWords(command))),
        );
    lab.command("kubectl <args...>")
        .description("kubectl on the lab's cluster: kubectl get pods -A")
        .allowUnknownOption()
        .passThroughOptions()
        .action(async (args: string[]) => passThrough(kubectlArgs(runningHouse().k3s, args)));
    return lab;
}

/** A verb's action: shows its answer as text, or with --json the value behind it. Arguments and options are commander's. */
function showing<Args extends unknown[]>(show: (...args: Args) => Shown | Promise<Shown>) {
    return async function (this: Command, ...args: Args): Promise<void> {
        runningHouse();
        const shown = await show(...args);
        const json = this.opts<{ json?: boolean }>().json === true;
        console.log(json ? JSON.stringify(shown.value, null, 2) : shown.text);
        process.exitCode = shown.ok === false ? 1 : 0;
    };
}

async function status(): Promise<Shown> {
    const server = pis.find((pi) => pi.role === "server");
    const hosts = await Promise.all(
        pis.map(async (pi) => {
            const power = piProcess(pi) === undefined ? "off" : "on";
            const state =
                power === "on"
                    ? await orError(ssh(pi, ["systemctl", "is-active", k3sUnit(pi)]))
                    : "-";
            return { name: pi.name, address: pi.address, role: pi.role, power, k3s: state };
        }),
    );
    const { k3s } = runningHouse();
    const nodes = await orError(
        kubectl(k3s, ["get", "nodes", "--no-headers", "--request-timeout=5s"]),
    );
    const outside = await internetClient().status();
    const text = [
        table(
            ["Pi", "address", "role", "power", "k3s"],
            hosts.map((host) => Object.values(host)),
        ),
        "",
        `Kubernetes (API on ${server?.name ?? "no server"}):`,
        nodes,
        "",
        "Stand-ins outside the house:",
        JSON.stringify(outside, null, 2),
    ].join("\n");
    return { text, value: { hosts, nodes: nodes.split("\n"), outside } };
}

async function get(url: string): Promise<Shown> {
    const answer = await internetClient().visit(url);
    if ("error" in answer) {
        return { text: `${url}: ${answer.error}`, value: answer, ok: false };
    }
    const text = `${answer.status} in ${answer.seconds.toFixed(2)} s\n\n${answer.body}`;
    return { text, value: answer, ok: answer.status < 400 };
}

async function records(): Promise<Shown> {
    const all = await internetClient().records();
    const rows = all.map((r) => [
        r.name,
        r.type,
        r.content,
        r.proxied ? "proxied" : "DNS only",
        r.comment ?? "",
    ]);
    return { text: table(["name", "type", "content", "", "comment"], rows), value: all };
}

async function requests(): Promise<Shown> {
    const all = await internetClient().requests();
    const rows = all.map((r) => [
        new Date(r.time).toISOString(),
        r.method,
        r.path,
        String(r.status),
        r.token ?? "",
    ]);
    return { text: table(["time", "method", "path", "status", "token of"], rows), value: all };
}

/** A part that is down is shown as such, not thrown. */
async function orError(answer: Promise<string>): Promise<string> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof CommandError) {
            return error.output.trim().split("\n").pop() ?? "no answer";
        }
        throw error;
    }
}

/** ssh joins its words with spaces for the remote shell: several words stay words, a single one is a shell's line. */
export function remoteWords(command: readonly string[]): string[] {
    const words = command[0] === "--" ? command.slice(1) : [...command];
    return words.length === 1 ? words : words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
}

/** Hands the terminal over to a program and takes its exit code. */
async function passThrough([file, args]: [string, string[]]): Promise<void> {
    const child = spawn(file, args, { stdio: "inherit" });
    process.exitCode = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            resolve(code ?? 1);
        });
    });
}
