import { asOperator } from "./pulumi/operator";
import { stackName } from "./stack-place";

/** Runs `npm run dns` on the lab's stack: shows how its records are, or repairs them. */
export async function dnsVerb(mode: string): Promise<void> {
    const script = ["components/scripts/stack-dns.mjs", mode, "--stack", stackName];
    process.exitCode = await asOperator("node", script, {
        stdio: ["ignore", "inherit", "inherit"],
    });
}
