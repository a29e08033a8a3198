// `npm run -s cold-start`: whether a home comes back, read from its stack's file alone: no network, no secret, no lab.

import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { asMarkdown } from "./mermaid";
import { asSvg } from "./picture";
import { coldStart } from "./proof";
import { readHome } from "./read-home";
import { asText } from "./table";

interface Options {
    readonly stack: string;
    readonly configFile?: string;
    readonly markdown?: boolean;
    readonly svg?: string;
}

const cli = new Command("cold-start")
    .description(
        "whether a home comes back by itself after a power cut, in which order, and what could keep it from that",
    )
    .option("--stack <name>", "the stack, whose file is Pulumi.NAME.yaml", "dev")
    .option("--config-file <file>", "another file instead")
    .option("--markdown", "for a pull request: Markdown with a Mermaid picture")
    .option("--svg <file>", "write the picture there too")
    .showHelpAfterError()
    .action(({ stack, configFile, markdown, svg }: Options) => {
        const home = readHome(configFile ?? `Pulumi.${stack}.yaml`);
        const begun = performance.now();
        const proof = coldStart(home);
        const milliseconds = performance.now() - begun;
        console.log(
            markdown === true ? asMarkdown(proof, milliseconds) : asText(proof, milliseconds),
        );
        if (svg !== undefined) {
            writeFileSync(svg, asSvg(proof));
        }
        process.exitCode = proof.circles.length === 0 ? 0 : 1;
    });

try {
    cli.parse();
} catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
}
