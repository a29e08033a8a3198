import { join } from "node:path";
import { build } from "esbuild";

/** Returns a program of this folder in one executable file, for the Node on PATH. */
export async function bundleScript(name: string): Promise<string> {
    const { outputFiles } = await build({
        entryPoints: [join(__dirname, `${name}.ts`)],
        bundle: true,
        platform: "node",
        target: "node22",
        format: "cjs",
        write: false,
        banner: { js: "#!/usr/bin/env node" },
    });
    return outputFiles[0]?.text ?? "";
}
