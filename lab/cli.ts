import { Command } from "commander";
import { join } from "node:path";
import { mark } from "./leftovers";
import { cacheRoot, dotLab } from "./paths";

// Every process that this one starts carries it: `down` finds them after a kill. Tests call `down` themselves, and it must not
// end what their own process needs, such as the service that compiles the next test file.
if (process.argv[2]?.startsWith("test") !== true) {
    process.env[mark] = cacheRoot;
}

const cli = new Command("rekindle")
    .description(
        "Rekindle's lab: the whole house on this machine, and the program that rebuilds it.",
    )
    .enablePositionalOptions()
    .showHelpAfterError();

const configFile = [
    "--config-file <file>",
    "the stack's configuration instead of Pulumi.dev.yaml",
] as const;
interface WithConfigFile {
    readonly configFile?: string;
}

// Each command loads its own part: `test unit` need not pay for what only `start` uses.
cli.command("start")
    .description(
        "install what is missing, boot the lab, converge the dev stack on it, check it from outside",
    )
    .option(...configFile)
    .action(async ({ configFile }: WithConfigFile) => {
        await reported("start", async () => (await import("./start.js")).start(configFile));
    });
for (const command of ["up", "preview", "destroy"] as const) {
    const stack = cli
        .command(command)
        .description(`${command} of the dev stack in the running lab`)
        .option(...configFile)
        .action(async (options: WithConfigFile & { readonly markdown?: boolean }) => {
            await reported(command, async () =>
                (await import("./stack-command.js")).stackCommand(command, options),
            );
        });
    if (command === "preview") {
        stack.option("--markdown", "only what the change means to the house, for a pull request");
    }
}
cli.command("pulumi")
    .description(
        "run any Pulumi command on the lab's stack: refresh, stack history, state, import, cancel",
    )
    .argument("[args...]", "of `pulumi`; the stack and its configuration are given already")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => {
        process.exitCode = await (await import("./pulumi-command.js")).pulumiCommand(args);
    });
cli.command("down")
    .description("stop the lab and remove all that it made on this machine, except the cache")
    .action(async () => {
        await reported("down", async () => (await import("./down-command.js")).downCommand());
    });
cli.command("drill")
    .description("break the house and measure how it comes back: one drill by its name, or all")
    .argument(
        "<name>",
        "cold, seed, wan, cloudflare, registry, credential, drive, card, reimage, recreate or all",
    )
    .option("--stack <name>", "a real home's instead of the lab's: cold and recreate only")
    .action(async (name: string, { stack }: { readonly stack?: string }) => {
        await reported("drill", async () =>
            (await import("../drills/command.js")).drillCommand(name, stack),
        );
    });
cli.command("drill-report")
    .description("make the page of all drills anew from their records")
    .action(async () => {
        const { writeReport } = await import("../drills/report.js");
        console.log(writeReport(join(dotLab, "drills")));
    });
cli.command("test")
    .description("run the tests: all, the quick ones, one group, or some files of a group")
    .argument(
        "[group]",
        "all, quick (no root, under 2 minutes), or one group: docs/tests.md",
        "all",
    )
    .argument("[files...]", "files of that group, by number or name: `lab 3`, `volume copy grow`")
    .action(async (group: string, files: string[]) => {
        finish(await (await import("../tests/run.js")).runTests(group, files));
    });
cli.command("test-power")
    .description("cut the power of a VM at each boundary of the script that moves k3s's data")
    .argument(
        "[cases]",
        "only those whose name begins with this: drive, apply, restore, grow, random, or more of a name",
        "",
    )
    .option("--seed <number>", "of the random moments, to repeat a run's", Number)
    .action(async (cases: string, { seed }: { readonly seed?: number }) => {
        finish(await (await import("../tests/power/power.js")).runPowerTests(cases, seed));
    });
cli.command("test-kills")
    .description("kill what changes things at every point, and see whether the next run ends well")
    .argument(
        "[what]",
        "volume (pi-volume.sh), lab (its runs there), one drill's name, or all drills",
        "all",
    )
    .action(async (what: string) => {
        finish(await (await import("../tests/kills/kills.js")).runKillTests(what));
    });

/** The exit code follows the outcome. */
function finish(ok: boolean): void {
    process.exitCode = ok ? 0 : 1;
}

/** Leaves a report also when a command could not even begin: an earlier one's must not be taken for its. */
async function reported(command: string, action: () => Promise<boolean>): Promise<void> {
    const begun = Date.now();
    try {
        finish(await action());
    } catch (error) {
        const { writeReport } = await import("./report.js");
        const detail = error instanceof Error ? error.message : String(error);
        const seconds = (Date.now() - begun) / 1000;
        try {
            writeReport({
                command,
                seconds,
                errors: [detail],
                checks: [{ name: command, ok: false, detail }],
            });
        } catch {
            // Somebody else's folder, say: the error itself says what is wrong.
        }
        throw error;
    }
}

async function main(): Promise<void> {
    if (process.argv[2] === "lab") {
        cli.addCommand((await import("./verbs.js")).labVerbs());
    } else {
        cli.command("lab").description("play with the running house (`npm run -s lab -- --help`)");
    }
    await cli.parseAsync();
}

main().catch((error: unknown) => {
    // An expected failure is one message for people; a stack trace is asked for.
    const asked = process.env["REKINDLE_DEBUG"] !== undefined;
    console.error(error instanceof Error && !asked ? `\n${error.message}` : error);
    process.exitCode = 1;
});
