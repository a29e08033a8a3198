import { join } from "node:path";
import { build } from "esbuild";
import { project } from "./paths";

/** The stand-ins that run in the house's pods, each of which is one file on the Pis' cards. */
const standIns = ["grafana", "kube-state"] as const;

/** Bundles their programs. The same sources give the same text. @returns by file name */
export async function bundleStandIns(): Promise<Record<string, string>> {
    const { outputFiles } = await build({
        entryPoints: Object.fromEntries(
            standIns.map((name) => [name, join(__dirname, name, "main.ts")]),
        ),
        ...{ bundle: true, platform: "node", target: "node24", format: "cjs", write: false },
        absWorkingDir: project,
        outExtension: { ".js": ".cjs" },
        outdir: project,
    });
    return Object.fromEntries(
        outputFiles.map(({ path, text }) => [path.slice(project.length + 1), text]),
    );
}
