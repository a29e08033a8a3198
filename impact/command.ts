// `pulumi preview --json | npm run -s impact [-- --markdown]`: what a preview of a real home does to it.

import { text } from "node:stream/consumers";
import { Command } from "commander";
import { table } from "../lab/report";
import { readPreview } from "./preview";
import { closing, head, judged, markdown, rows } from "./summary";

new Command("impact")
    .description(
        "what the steps of a preview do to the house, from `pulumi preview --json` on standard input",
    )
    .option("--markdown", "for a pull request")
    .action(async ({ markdown: wanted }: { readonly markdown?: boolean }) => {
        const all = judged(readPreview(await text(process.stdin)));
        console.log(
            wanted === true ? markdown(all) : `${table(head, rows(all))}\n\n${closing(all)}`,
        );
        process.exitCode = all.some(({ label }) => label === "data at risk") ? 1 : 0;
    })
    .parseAsync()
    .catch((error: unknown) => {
        console.error((error as Error).message);
        process.exitCode = 1;
    });
