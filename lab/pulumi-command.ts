import { isHouseRunning, runningHouse } from "./house";
import { showRecords } from "./dns-verb";
import { pulumi } from "./pulumi/run";
import { mergeOfflineConfig, mergeStackConfig } from "./stack";

/**
 * Runs `npm run -s pulumi -- ARGS`: any Pulumi command on the lab's stack. Without a running lab it runs on the stack as it last was,
 * in a network in which nothing answers.
 * @returns the exit code of `pulumi`; after a refresh, the first of those of `pulumi` and `dns status` that is not 0
 */
export async function pulumiCommand(args: readonly string[]): Promise<number> {
    const running = isHouseRunning();
    if (running) {
        mergeStackConfig(runningHouse().images);
    } else {
        mergeOfflineConfig();
    }
    const exit = await pulumi(args.length === 0 ? ["help"] : args);
    if (args[0] !== "refresh" || !running) {
        return exit;
    }
    console.log("\nA Command keeps the DNS records, and Pulumi cannot refresh it. `dns status`:\n");
    const records = await showRecords("status");
    return exit === 0 ? records : exit;
}
