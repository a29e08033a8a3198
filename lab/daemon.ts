import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { project } from "./paths";

/**
 * Starts a program of the lab that goes on without this process, and waits for its first message.
 * @returns that message
 * @throws with the end of its log when it ends before
 */
export async function startDaemon(
    [file, args]: readonly [string, readonly string[]],
    logFile: string,
): Promise<unknown> {
    const log = openSync(logFile, "a", 0o600);
    const child = spawn(file, args, {
        ...{ cwd: project, detached: true, stdio: ["ignore", log, log, "ipc"] },
    });
    const message = await new Promise<unknown>((resolve, reject) => {
        child.once("message", resolve);
        child.once("error", reject);
        child.once("exit", () => {
            const tail = readFileSync(logFile, "utf8").trim().split("\n").slice(-15).join("\n");
            reject(
                new Error(
                    `\`${args.at(-1) ?? file}\` did not start; ${logFile} ends with:\n${tail}`,
                ),
            );
        });
    });
    child.disconnect();
    child.unref();
    return message;
}
