import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readHome } from "../cold-start/read-home";
import { project } from "../lab/paths";
import { passphraseCrypter } from "../lab/pulumi/passphrase";
import { projectName, stackName, stackPlace } from "../lab/stack-place";
import { needsItself } from "./readable";

/** What of the lab's state, configuration, secrets and program is not on this machine: one sentence each. */
export function unreadable(): string[] {
    const { configFile, stateFolder, passphrase } = stackPlace();
    return [
        ...tried(`the state in ${stateFolder}`, state),
        ...tried(`a secret in ${configFile}`, () => {
            const { encryptionsalt, config } = parse(readFileSync(configFile, "utf8")) as {
                encryptionsalt: string;
                config: Record<string, { secure: string }>;
            };
            const kubeconfig = config["rekindle:kubeconfig"]?.secure ?? "";
            passphraseCrypter(passphrase, encryptionsalt).decrypt(kubeconfig);
        }),
        ...needsItself(readHome(configFile)),
        ...tried(`the program in ${project}`, () => {
            readFileSync(join(project, "index.ts"));
            readFileSync(join(project, "node_modules/@pulumi/pulumi/package.json"));
        }),
    ];
}

/** Returns the stack's state. @throws when it cannot be read */
export function state(): unknown {
    const { stateFolder } = stackPlace();
    const file = join(stateFolder, ".pulumi/stacks", projectName, `${stackName}.json`);
    return JSON.parse(readFileSync(file, "utf8"));
}

function tried(what: string, read: () => unknown): string[] {
    try {
        read();
        return [];
    } catch (error) {
        return [`${what} cannot be read: ${(error as Error).message}`];
    }
}
