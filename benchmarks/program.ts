// What one run of the program costs, as `pulumi preview` and `pulumi up` start it, beside Pulumi's default set-up for TypeScript.
// Run it as `npm run -s bench:program`; it takes two minutes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { parse } from "yaml";
import type { Goal, Registered } from "../lab/engine/goal";
import { tellAll } from "../lab/engine/listener";
import { serve } from "../lab/engine/monitor";
import { startProgram } from "../lab/engine/program";
import { makeUrn } from "../lab/engine/urn";
import { project as folder } from "../lab/paths";
import { node, raw, sshKey } from "../tests/right-config";

const rounds = 9;
const names = { stack: "bench", project: "rekindle" };
const secretKeys = ["kubeconfig", "cloudflareToken", "dnsToken", "tunnelSecret", "sshPrivateKey"];

interface Way {
    readonly label: string;
    readonly runtime: { readonly tsconfig: string; readonly nodeargs?: string };
    readonly config: Readonly<Record<string, string>>;
}

/** Configuration as Pulumi hands it to the program. */
function configOf(routes: number, nodes: number): Record<string, string> {
    const each = <T>(count: number, make: (index: number) => T) =>
        Array.from({ length: count }, (_, i) => make(i));
    const values = raw({
        routes: each(routes, (i) => ({
            hostname: `h${i}.home.example`,
            service: "http://git.git.svc:3000",
        })),
        nodes: each(nodes, (i) => ({ ...node, name: `pi${i}`, address: `192.168.1.${i + 1}` })),
        sshPrivateKey: sshKey,
    });
    return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [`${names.project}:${key}`, value ?? ""]),
    );
}

/** An engine that takes everything and does nothing, as the first preview's does. */
function emptyEngine(seen: string[]) {
    return {
        rootUrn: "",
        register: (goal: Goal): Promise<Registered> => {
            const urn = makeUrn({ ...names, ...goal });
            seen.push(urn);
            return Promise.resolve({ urn, id: "", outputs: goal.inputs });
        },
        registerOutputs: () => undefined,
    };
}

/** Seconds of one run of the program, and how many resources it registered. */
async function runOnce({ runtime, config }: Way): Promise<{ seconds: number; resources: number }> {
    const seen: string[] = [];
    const told: string[] = [];
    const tell = (message: unknown) => void told.push(String(message));
    const server = await serve({
        deployment: emptyEngine(seen),
        listener: tellAll([]),
        names,
        stopped: () => false,
        programError: tell,
        fail: tell,
    });
    const begun = performance.now();
    const program = startProgram(
        { ...{ folder, name: names.project, stack: names.stack }, ...runtime, config, secretKeys },
        { address: server.address, preview: true, parallel: 8, onLine: tell },
    );
    const exit = await program.exit;
    const seconds = (performance.now() - begun) / 1000;
    server.close();
    if (exit !== 0 || seen.length === 0) {
        throw new Error(`the program failed, the figures would mean nothing:\n${told.join("\n")}`);
    }
    return { seconds, resources: seen.length };
}

const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function main(): Promise<void> {
    const {
        runtime: { options: rekindle },
    } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as {
        runtime: { options: Way["runtime"] };
    };
    const ways: readonly Way[] = [
        {
            label: "Pulumi's default: ts-node checks types",
            runtime: { tsconfig: "tsconfig.json" },
            config: configOf(20, 3),
        },
        { label: "as Pulumi.yaml says", runtime: rekindle, config: configOf(20, 3) },
        {
            label: "... with 200 routes and 20 nodes more",
            runtime: rekindle,
            config: configOf(220, 23),
        },
    ];
    delete process.env["NODE_COMPILE_CACHE"];
    const seconds = ways.map((): number[] => []);
    let resources: number[] = [];
    // One round to warm the caches, then interleaved: what else the machine does meets all ways alike.
    for (let round = 0; round <= rounds; round += 1) {
        resources = [];
        for (const [index, way] of ways.entries()) {
            const cost = await runOnce(way);
            resources.push(cost.resources);
            if (round > 0) {
                seconds[index]?.push(cost.seconds);
            }
        }
    }
    const [checked = NaN, ours = NaN, more = NaN] = seconds.map(median);
    const table = new Table({
        head: ["run of the program", "resources", "median", "of the default"],
    });
    [checked, ours, more].forEach((time, index) => {
        table.push([
            ways[index]?.label,
            resources[index],
            `${time.toFixed(2)} s`,
            (time / checked).toFixed(2),
        ]);
    });
    console.log(table.toString());
    console.log(
        `${rounds} interleaved rounds, Node ${process.versions.node}; 200 routes and 20 nodes more: ${(more - ours).toFixed(2)} s more.`,
    );
}

void main();
