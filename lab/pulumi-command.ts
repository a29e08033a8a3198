import { isHouseRunning, runningHouse } from "./house";
import { pulumi } from "./pulumi/run";
import { mergeOfflineConfig, mergeStackConfig } from "./stack";

/**
 * Runs `npm run -s pulumi -- ARGS`: any Pulumi command on the lab's stack. Without a running lab it runs on the stack as it last was,
 * in a network in which nothing answers.
 * @returns the exit code of `pulumi`
 */
export async function pulumiCommand(args: readonly string[]): Promise<number> {
    if (isHouseRunning()) {
        mergeStackConfig(runningHouse().images);
    } else {
        mergeOfflineConfig();
    }
    return pulumi(args.length === 0 ? ["help"] : args);
}
