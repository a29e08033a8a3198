import {
    cpSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheRoot, dotLab, reportFile, secretsFile } from "./paths";
import { labSecrets } from "./secrets";

/** The project that Pulumi.yaml names, and the stack of it that the lab converges. */
export const projectName = "rekindle";
export const stackName = "dev";

/** Where a stack's configuration and state are, and what decrypts both. */
export interface StackPlace {
    readonly configFile: string;
    /** What the lab knew when it wrote that file: see merge-config.ts. */
    readonly factsFile: string;
    readonly stateFolder: string;
    readonly passphrase: string;
}

/**
 * A home's state lies outside the house and outlives it. So does the lab's: `down` puts it here, for previews while there is
 * no lab, and the next house begins without it.
 */
const lastStack = join(cacheRoot, "last-stack");
const passphraseFile = join(lastStack, "passphrase");

const placeIn = (folder: string, passphrase: string): StackPlace => ({
    configFile: join(folder, `Pulumi.${stackName}.yaml`),
    factsFile: join(folder, "facts.json"),
    stateFolder: join(folder, "state"),
    passphrase,
});

/** @throws when no lab has ever converged the stack here */
export function stackPlace(): StackPlace {
    if (existsSync(secretsFile)) {
        return placeIn(dotLab, labSecrets().passphrase);
    }
    // Without the facts it is an older version's, which kept none.
    if (existsSync(passphraseFile) && existsSync(join(lastStack, "facts.json"))) {
        return placeIn(lastStack, readFileSync(passphraseFile, "utf8"));
    }
    throw new Error("The lab has not run here yet, so there is no stack: run `npm start` first.");
}

/** Puts the stack of the house that is about to go where previews find it. */
export function keepStack(): void {
    if (!existsSync(secretsFile)) {
        return;
    }
    const { configFile, factsFile, stateFolder, passphrase } = stackPlace();
    if (![configFile, factsFile, stateFolder].every((each) => existsSync(each))) {
        return;
    }
    rmSync(lastStack, { recursive: true, force: true });
    mkdirSync(lastStack, { recursive: true, mode: 0o700 });
    const kept = placeIn(lastStack, passphrase);
    cpSync(configFile, kept.configFile);
    cpSync(factsFile, kept.factsFile);
    cpSync(stateFolder, kept.stateFolder, { recursive: true });
    // Last: with it the copy is whole.
    writeFileSync(passphraseFile, passphrase, { mode: 0o600 });
}

/** Removes what a house that is gone has left in the project; results (report, drills) are kept. */
export function clearProject(): void {
    const kept = [reportFile, join(dotLab, "drills")];
    for (const name of existsSync(dotLab) ? readdirSync(dotLab) : []) {
        if (!kept.includes(join(dotLab, name))) {
            rmSync(join(dotLab, name), { recursive: true });
        }
    }
}

/** Before a new house: no earlier one's state is its own. */
export function forgetStack(): void {
    clearProject();
    rmSync(lastStack, { recursive: true, force: true });
}
