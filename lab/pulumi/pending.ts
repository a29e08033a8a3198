import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isHouseRunning, runningHouse } from "../house";
import { kubectl } from "../kubectl";
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
        readonly type: string;
        readonly inputs?: {
            readonly metadata?: {
                readonly name?: string;
                readonly namespace?: string;
                readonly annotations?: Readonly<Record<string, string>>;
            };
        };
    };
}

/** Arguments of kubectl that name an object of the cluster. */
type ObjectName = readonly string[];

/**
 * Deletes the objects that a killed run was creating in the cluster: the state does not know them, and the next `up` makes its own.
 * Only those go that Pulumi named with random digits, so that nobody else can have made them, and that hold no data.
 * @returns whether anything was being created; `pulumi refresh --clear-pending-creates` then removes it from the state
 */
export async function deleteHalfMade(stateFolder: string): Promise<boolean> {
    const pending = creations(stateFolder);
    if (pending.length === 0 || !isHouseRunning()) {
        return false;
    }
    const { k3s } = runningHouse();
    for (const name of pending.flatMap(autoNamed)) {
        const deleted = await kubectl(k3s, ["delete", "--ignore-not-found", ...name]);
        if (deleted !== "") {
            console.error(`The killed run had made this without recording it: ${deleted}`);
        }
    }
    return true;
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

function autoNamed({ resource: { type, inputs } }: Operation): ObjectName[] {
    const [, group, version, kind] = /^kubernetes:([^/:]+)\/([^:]+):(\w+)$/.exec(type) ?? [];
    const { name, namespace, annotations } = inputs?.metadata ?? {};
    const isOwn = annotations?.["pulumi.com/autonamed"] === "true";
    if (group === undefined || kind === undefined || name === undefined || !isOwn) {
        return [];
    }
    if (/^PersistentVolume/.test(kind)) {
        return [];
    }
    const what = group === "core" ? kind : `${kind}.${version ?? ""}.${group}`;
    return [[what, name, ...(namespace === undefined ? [] : ["--namespace", namespace])]];
}
