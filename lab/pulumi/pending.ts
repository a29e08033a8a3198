import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isHouseRunning, runningHouse } from "../house";
import { kubectl } from "../kubectl";
import { CommandError } from "../shell";
import { projectName, stackName } from "../stack-place";

/** The part of a stack's checkpoint file that is read here. */
interface Checkpoint {
    readonly checkpoint?: {
        readonly latest?: { readonly pending_operations?: readonly Operation[] | null } | null;
    };
}

interface Operation {
    readonly type: string;
    readonly resource: {
        readonly urn: string;
        readonly type: string;
        readonly inputs?: { readonly metadata?: { name?: string; namespace?: string } };
    };
}

/** An object of the cluster that a killed run was creating. */
interface PendingObject {
    readonly urn: string;
    /** As Pulumi's Kubernetes provider has it: `NAMESPACE/NAME`, or `NAME`. */
    readonly id: string;
    /** Arguments of `kubectl get`. */
    readonly get: readonly string[];
}

/**
 * Returns the arguments of `pulumi refresh` that clear up what a killed run was creating: objects that are in the cluster go into the
 * state, so that the next `up` does not make them twice; the rest is forgotten, and made by that `up`.
 * @returns undefined when nothing is pending
 */
export async function pendingCreates(stateFolder: string): Promise<string[] | undefined> {
    const pending = creations(stateFolder);
    if (pending.length === 0 || !isHouseRunning()) {
        return undefined;
    }
    const found: PendingObject[] = [];
    for (const object of pending.flatMap(clusterObject)) {
        if (await isThere(object)) {
            found.push(object);
        }
    }
    const imports = found.flatMap(({ urn, id }) => [urn, id]);
    return [
        ...imports.map((value) => `--import-pending-creates=${value}`),
        "--clear-pending-creates",
    ];
}

function creations(stateFolder: string): Operation[] {
    const file = join(stateFolder, ".pulumi/stacks", projectName, `${stackName}.json`);
    if (!existsSync(file)) {
        return [];
    }
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as Checkpoint;
    const operations = checkpoint?.latest?.pending_operations ?? [];
    return operations.filter(({ type }) => type === "creating");
}

function clusterObject({ resource: { urn, type, inputs } }: Operation): PendingObject[] {
    const [, group, version, kind] = /^kubernetes:([^/:]+)\/([^:]+):(\w+)$/.exec(type) ?? [];
    const { name, namespace } = inputs?.metadata ?? {};
    if (group === undefined || kind === undefined || name === undefined) {
        return [];
    }
    const what = group === "core" ? kind : `${kind}.${version ?? ""}.${group}`;
    const within = namespace === undefined ? [] : ["--namespace", namespace];
    const id = namespace === undefined ? name : `${namespace}/${name}`;
    return [{ urn, id, get: [what, name, ...within] }];
}

async function isThere({ get }: PendingObject): Promise<boolean> {
    try {
        await kubectl(runningHouse().k3s, ["get", "--output=name", ...get]);
        return true;
    } catch (error) {
        if (error instanceof CommandError && error.output.includes("NotFound")) {
            return false;
        }
        throw error;
    }
}
