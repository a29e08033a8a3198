import { asOperator } from "./pulumi/operator";
import { stackName } from "./stack-place";

/**
 * Runs `npm run dns` on the lab's stack: shows how its records are, or repairs them.
 * @returns its exit code: 0 when all is right, 2 when a record is not
 */
export async function showRecords(mode: "status" | "prune"): Promise<number> {
    const script = ["components/scripts/stack-dns.mjs", mode, "--stack", stackName];
    return asOperator("node", script, { stdio: ["ignore", "inherit", "inherit"] });
}
