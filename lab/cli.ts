import { Command } from "commander";
import { CommandError } from "./shell";

const cli = new Command("rekindle")
    .description(
        "Rekindle's lab: the whole house on this machine, and the program that rebuilds it.",
    )
    .showHelpAfterError();

// Each verb loads its own part: `preview` need not pay for what only `start` uses.
cli.command("start")
    .description(
        "install what is missing, boot the lab, converge the dev stack on it, check it from outside",
    )
    .action(async () => finish((await import("./start.js")).start()));
for (const command of ["up", "preview", "destroy"] as const) {
    cli.command(command)
        .description(`${command} the dev stack in the running lab`)
        .action(async () => finish((await import("./stack-command.js")).stackCommand(command)));
}
cli.command("down")
    .description("stop the lab and remove all that it made on this machine, except the cache")
    .action(async () => finish((await import("./down-command.js")).downCommand()));
cli.command("test")
    .description(
        "run the tests: all of them, or only the unit tests, which need no root and no lab",
    )
    .argument("[group]", "unit, engine or lab", "all")
    .action(async (group: string) => finish((await import("../tests/run.js")).runTests(group)));
cli.addCommand(new Command("lab").description("play with the running house").action(() => {}));

/** The exit code follows the outcome; an expected failure is one message, not a stack trace. */
async function finish(outcome: Promise<boolean>): Promise<void> {
    process.exitCode = (await outcome) ? 0 : 1;
}

cli.parseAsync().catch((error: unknown) => {
    console.error(error instanceof CommandError || error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
