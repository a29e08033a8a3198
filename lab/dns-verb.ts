import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseEngine } from "./engine-choice";
import { runRoot } from "./paths";
import { asOperator } from "./stack";
import { stackName, stackPlace } from "./stack-place";

/**
 * `npm run dns` on the lab's stack: how its records are, or puts them right. The script asks `pulumi`, which is whichever
 * engine the lab runs.
 */
export async function dnsVerb(mode: string): Promise<void> {
    const { file, args } = chooseEngine(stackPlace().stateFolder);
    const bin = join(runRoot, "bin");
    mkdirSync(bin, { recursive: true });
    if (file !== "pulumi") {
        const words = [file, ...args].map((word) => `'${word}'`).join(" ");
        writeFileSync(join(bin, "pulumi"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
    }
    const script = ["components/scripts/stack-dns.mjs", mode, "--stack", stackName];
    process.exitCode = await asOperator("node", script, bin);
}
