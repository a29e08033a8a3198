import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PiVolumeArgs } from "./pi-volume";
import { piVolumeScript } from "./pi-volume-script";
import { shellWord } from "./shell-word";

/** What `pi-volume.sh status` says of a Pi, as far as a run decides by it. */
export interface VolumeStatus {
    /** What the last `apply --repair=` was told that came to its end; empty before the first. */
    readonly repaired: string;
    /** What `apply` repairs: lost blocks, a guard that is gone, a dead mount, a Pi that was reimaged. */
    readonly problems: readonly string[];
    /** What only a larger image, or less data in it, repairs. */
    readonly warnings: readonly string[];
    /**
     * What `apply` would refuse until a person acts, such as a foreign mount below the image.
     * @default none, as an older script has it
     */
    readonly blocked?: readonly string[];
}

/** `reached` where the Pi let us in, and only its answer is none. */
export type Answer =
    { readonly status: VolumeStatus } | { readonly error: string; readonly reached?: boolean };
type Asked = Omit<PiVolumeArgs, "privateKey" | "repair">;

/**
 * For each Pi that answers: what its `apply` shall be told, so that it runs again when there is something to repair, and only then.
 * Asked in each `up`. A preview stays off the network, unless REKINDLE_DRIFT=1 asks it to look.
 * @param privateKey in plain: it goes to one process of this program's own, through a pipe
 * @returns by the node's name; nothing for a Pi that is away or did not answer, which is left as the state has it
 */
export function repairs(
    nodes: readonly Asked[],
    privateKey: string | undefined,
): Record<string, string> {
    const here = nodes.filter(({ away = false }) => !away);
    if ((pulumi.runtime.isDryRun() && process.env["REKINDLE_DRIFT"] !== "1") || here.length === 0) {
        return {};
    }
    const now = new Date().toISOString();
    return Object.fromEntries(
        Object.entries(ask(here, privateKey ?? "")).flatMap(([name, answer]) => {
            for (const line of said(name, answer)) {
                void pulumi.log[line.level](line.text);
            }
            return "error" in answer ? [] : [[name, repair(answer.status, now)]];
        }),
    );
}

/** A text that differs from the last one if and only if there is something to repair. */
export function repair({ problems, repaired }: VolumeStatus, now: string): string {
    return problems.length === 0 ? repaired : now;
}

/** What people are told of one Pi. */
export function said(name: string, answer: Answer): { level: "info" | "warn"; text: string }[] {
    if ("error" in answer) {
        const text =
            answer.reached === true
                ? `${name} does not tell how its volume is: ${answer.error}.`
                : `${name} was not asked how its volume is: ${answer.error}. If it is to stay off, say away: true.`;
        return [{ level: "warn", text }];
    }
    const { problems, warnings, blocked = [] } = answer.status;
    const lines = (texts: readonly string[], level: "info" | "warn", ending: string) =>
        texts.map((text) => ({ level, text: `${name}: ${text}. ${ending}` }));
    return [
        ...lines(problems, "info", "`up` runs apply there."),
        ...lines(blocked, "warn", "`up` does not repair that: fix it there by hand."),
        ...lines(warnings, "warn", "Ask for a larger volume.size, or free some."),
    ];
}

function ask(nodes: readonly Asked[], privateKey: string): Record<string, Answer> {
    const input = JSON.stringify({
        script: piVolumeScript(),
        privateKey,
        nodes: nodes.map(({ name, address, port = 22, user = "pi", hostKey, volume }) => ({
            ...{ name, address, port, user, hostKey, command: statusCommand(volume.drive) },
        })),
    });
    const file = join(__dirname, "scripts", "pi-volume-status.mjs");
    const { stdout, stderr } = spawnSync(process.execPath, [file], {
        input,
        encoding: "utf8",
        timeout: 60_000,
    });
    try {
        return JSON.parse(stdout) as Record<string, Answer>;
    } catch {
        const error = stderr.trim().split("\n").at(-1) ?? "it ended without an answer";
        return Object.fromEntries(nodes.map(({ name }) => [name, { error }]));
    }
}

/**
 * Returns what asks a Pi: in English, and with the usual folders first in PATH. A login shell's own files set locale and PATH of such
 * a command too, and quotes mean the same to bash, dash, fish and csh.
 */
export function statusCommand(drive: string): string {
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const ask = `sudo -n bash -s -- status --drive=${shellWord(drive)}`;
    return `/usr/bin/env LC_ALL=C "PATH=${path}:$PATH" ${ask}`;
}
