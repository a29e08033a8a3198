import { down } from "./down";
import { duration } from "./progress";
import { checkTable, writeReport } from "./report";
import { clearProject, keepStack } from "./stack-place";

/** `npm run down`: the lab goes; what stays is the report, and the cache with the stack as it last was. */
export async function downCommand(): Promise<boolean> {
    const begun = Date.now();
    console.log("Removing the lab from this machine.");
    keepStack();
    const left = await down((text) => {
        console.log(`  ${text}`);
    });
    clearProject();
    const seconds = (Date.now() - begun) / 1000;
    const checks = [
        {
            name: "nothing left",
            ok: left.length === 0,
            detail: left.join("; ") || "no process, mount, loop device, cgroup, namespace or file",
        },
    ];
    console.log(
        `\n${checkTable(checks)}\n\nDone after ${duration(seconds)}. The cache stays; \`npm start\` boots the lab again.`,
    );
    return writeReport({ command: "down", seconds, checks });
}
