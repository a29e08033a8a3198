import { cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { display } from "./display";
import { eventLog } from "./event-log";
import { exportState } from "./export";
import { tellAll } from "./listener";
import { loadProject } from "./project";
import { runStack } from "./run";

interface Flags {
    stack: string;
    configFile?: string;
    eventLog?: string;
    yes?: boolean;
    skipPreview?: boolean;
    previewOnly?: boolean;
    parallel: number;
    diff?: boolean;
}

const cli = new Command("engine")
    .description(
        "Rekindle's bundled engine: a rehearsal stand-in for Pulumi's, with the flags of Pulumi's that the lab uses.",
    )
    .showHelpAfterError();

for (const verb of ["up", "preview", "destroy"] as const) {
    const command = cli
        .command(verb)
        .requiredOption("--stack <name>", "the stack")
        .option("--config-file <file>", "configuration instead of Pulumi.STACK.yaml")
        .option("--event-log <file>", "write what happens there, as JSON lines")
        .option("--parallel <n>", "how many steps at a time", positive, 4 * cpus().length)
        .option("--diff", "show changed values (always shown)")
        .addOption(new Option("--non-interactive", "never ask (it never does)"));
    if (verb !== "preview") {
        command
            .option("--yes", "do it")
            .option("--skip-preview", "do it without showing first what would happen");
    }
    if (verb === "destroy") {
        command.option("--preview-only", "only show what would be deleted");
    }
    command.action(async (flags: Flags) => {
        process.exitCode = (await act(verb, flags)) ? 0 : 1;
    });
}

cli.command("stack")
    .description("the stack itself")
    .command("export")
    .description("print the state, its secrets in plain")
    .requiredOption("--stack <name>", "the stack")
    .requiredOption("--show-secrets", "show them: this engine exports in no other way")
    .addOption(new Option("--non-interactive", "never ask (it never does)"))
    .action(({ stack }: { stack: string }) => {
        console.log(exportState(loadProject(process.cwd(), stack)));
    });

async function act(verb: "up" | "preview" | "destroy", flags: Flags): Promise<boolean> {
    const project = loadProject(process.cwd(), flags.stack, flags.configFile);
    const destroy = verb === "destroy";
    const run = async (preview: boolean) => {
        const listeners = [
            display(project, { destroy, preview }, (line) => {
                console.log(line);
            }),
            // As with Pulumi, the log of an update that shows a preview first is of the update.
            ...(flags.eventLog === undefined ? [] : [eventLog(flags.eventLog, preview)]),
        ];
        const { parallel } = flags;
        return runStack(project, { destroy, preview, parallel }, tellAll(listeners));
    };
    if (verb === "preview" || flags.previewOnly === true) {
        return run(true);
    }
    if (flags.skipPreview !== true && !(await run(true))) {
        return false;
    }
    if (flags.yes !== true) {
        console.error(`Nothing was changed: add --yes to carry this ${verb} out.`);
        return false;
    }
    return run(false);
}

function positive(text: string): number {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1) {
        throw new InvalidArgumentError("It must be a whole number of at least 1.");
    }
    return number;
}

cli.parseAsync().catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
});
