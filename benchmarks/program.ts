// What one run of the program costs, as `pulumi preview` and `pulumi up` start it, beside Pulumi's default set-up for TypeScript.
// Run it as `npm run -s bench:program`; it takes about two minutes.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import type { Goal, Registered } from "../lab/engine/goal";
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
    /** The tsconfig that ts-node reads; with noCheck in it, types are not checked. */
    readonly tsconfig: string;
    /** Folder of Node's compile cache; empty for none. */
    readonly cache: string;
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
async function runOnce({
    tsconfig,
    cache,
    config,
}: Way): Promise<{ seconds: number; resources: number }> {
    const seen: string[] = [];
    const told: string[] = [];
    const tell = (message: unknown) => void told.push(String(message));
    const ignore = () => undefined;
    const server = await serve({
        deployment: emptyEngine(seen),
        listener: {
            began: ignore,
            ended: ignore,
            failed: ignore,
            status: ignore,
            diagnostic: ignore,
            finished: ignore,
        },
        names,
        stopped: () => false,
        programError: tell,
        fail: tell,
    });
    process.env["NODE_COMPILE_CACHE"] = cache;
    const begun = performance.now();
    const program = startProgram(
        { ...{ folder, name: names.project, stack: names.stack }, tsconfig, config, secretKeys },
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
    const cache = mkdtempSync(join(tmpdir(), "rekindle-bench-"));
    const small = configOf(20, 3);
    const ways: readonly Way[] = [
        {
            label: "Pulumi's default: ts-node checks types",
            tsconfig: "tsconfig.json",
            cache: "",
            config: small,
        },
        {
            label: "as Pulumi.yaml says",
            tsconfig: "tsconfig.pulumi.json",
            cache: "",
            config: small,
        },
        {
            label: "… with NODE_COMPILE_CACHE",
            tsconfig: "tsconfig.pulumi.json",
            cache,
            config: small,
        },
        {
            label: "… and 200 routes and 20 nodes more",
            tsconfig: "tsconfig.pulumi.json",
            cache,
            config: configOf(220, 23),
        },
    ];
    try {
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
        const medians = seconds.map(median);
        const table = new Table({
            head: ["run of the program", "resources", "median", "of the default"],
        });
        ways.forEach(({ label }, index) => {
            const time = medians[index] ?? NaN;
            table.push([
                label,
                resources[index],
                `${time.toFixed(2)} s`,
                (time / (medians[0] ?? NaN)).toFixed(2),
            ]);
        });
        console.log(table.toString());
        console.log(
            `${rounds} interleaved rounds, Node ${process.versions.node}; 200 routes and 20 nodes more: ${((medians[3] ?? NaN) - (medians[2] ?? NaN)).toFixed(2)} s more.`,
        );
    } finally {
        rmSync(cache, { recursive: true });
    }
}

void main();
