import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const project = join(__dirname, "..");

/** Starts Node in the project's folder, as Pulumi does it with the scripts. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv, input = "") {
    const child = spawn(process.execPath, args, { cwd: project, env });
    // A wrong call ends without reading its input, and is judged by its exit code.
    child.stdin.on("error", () => undefined).end(input);
    return child;
}

/** What a script printed, and how it ended. */
export async function finish(child: ReturnType<typeof start>) {
    const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close") as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
}
