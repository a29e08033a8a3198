import {
    closeSync,
    mkdirSync,
    openSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Crypter } from "./passphrase";
import {
    isObject,
    isSecret,
    mapValues,
    secret,
    secretSignature,
    signatureKey,
    type Value,
    type Values,
} from "./values";

/** How long a step may take, in seconds; a missing one means the provider's own default. */
export interface Timeouts {
    readonly create?: number;
    readonly update?: number;
    readonly delete?: number;
}

/** What is kept about one resource. Inputs and outputs hold secrets marked; on disk those are encrypted. */
export interface ResourceState {
    readonly urn: string;
    readonly type: string;
    /** Whether a provider makes it; components and the stack only group others. */
    readonly custom: boolean;
    readonly id?: string;
    readonly parent?: string;
    /** `URN::ID` of the provider that made it. */
    readonly provider?: string;
    readonly inputs: Values;
    outputs: Values;
    readonly dependencies: readonly string[];
    readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
    readonly protect?: true;
    readonly retainOnDelete?: true;
    readonly deletedWith?: string;
    readonly customTimeouts?: Timeouts;
    /** The id it was imported under. */
    readonly importId?: string;
    /** Why it is not ready although it exists; it is updated at the next chance. */
    readonly initErrors?: readonly string[];
    /** It was replaced and waits for its deletion. */
    readonly delete?: true;
}

/** A step that had begun and not ended when the state was written. */
export interface PendingOperation {
    readonly op: string;
    readonly urn: string;
    /** `URN::ID` of the provider that does it. */
    readonly provider?: string;
    /** What a creation is to make: where it was cut off, that is how to find what it made. */
    readonly inputs?: Values;
}

export interface Snapshot {
    readonly resources: readonly ResourceState[];
    readonly pending: readonly PendingOperation[];
}

interface StateFile extends Snapshot {
    readonly engine: "rekindle-bundled";
    readonly salt: string;
}

/** The salt that a stack's state is encrypted under, or undefined when there is no state yet. */
export function stateSalt(file: string): string | undefined {
    return readState(file)?.salt;
}

/** The state as it was last written; empty when there is none. */
export function loadState(file: string, crypter: Crypter): Snapshot {
    const read = readState(file);
    const resources = (read?.resources ?? []).map((resource) => ({
        ...resource,
        inputs: mapValues(resource.inputs, (value) => decryptSecrets(value, crypter)),
        outputs: mapValues(resource.outputs, (value) => decryptSecrets(value, crypter)),
    }));
    const pending = (read?.pending ?? []).map((operation) =>
        withInputs(operation, (value) => decryptSecrets(value, crypter)),
    );
    return { resources, pending };
}

/** Writes the state so that a kill at any moment leaves either the old or the new one, whole. */
export function saveState(file: string, snapshot: Snapshot, crypter: Crypter): void {
    const written: StateFile = {
        engine: "rekindle-bundled",
        salt: crypter.salt,
        resources: snapshot.resources.map((resource) => ({
            ...resource,
            inputs: mapValues(resource.inputs, (value) => encryptSecrets(value, crypter)),
            outputs: mapValues(resource.outputs, (value) => encryptSecrets(value, crypter)),
        })),
        pending: snapshot.pending.map((operation) =>
            withInputs(operation, (value) => encryptSecrets(value, crypter)),
        ),
    };
    const partial = `${file}.partial`;
    writeFileSync(partial, `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(partial, file);
}

function withInputs(
    operation: PendingOperation,
    change: (value: Value) => Value,
): PendingOperation {
    const { inputs } = operation;
    return inputs === undefined ? operation : { ...operation, inputs: mapValues(inputs, change) };
}

/** Where a stack's state lies in a `file://` backend. */
export function stateFile(folder: string, project: string, stack: string): string {
    return join(folder, `rekindle-${project}-${stack}.json`);
}

/**
 * Keeps a second run of the same stack out while `action` runs.
 * @throws when another run that still lives holds the lock
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
    const lock = `${file}.lock`;
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
    try {
        takeLock(lock);
    } catch {
        const holder = Number(readFileSync(lock, "utf8"));
        if (isAlive(holder)) {
            throw new Error(
                `the stack is in use by another run (process ${holder}, lock file ${lock}): wait until it ends.`,
            );
        }
        rmSync(lock);
        takeLock(lock);
    }
    try {
        return await action();
    } finally {
        rmSync(lock, { force: true });
    }
}

function takeLock(lock: string): void {
    const descriptor = openSync(lock, "wx", 0o600);
    writeFileSync(descriptor, String(process.pid));
    closeSync(descriptor);
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}

function readState(file: string): StateFile | undefined {
    let text: string;
    try {
        text = readFileSync(file, "utf8");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        throw error;
    }
    return JSON.parse(text) as StateFile;
}

function encryptSecrets(value: Value, crypter: Crypter): Value {
    if (isSecret(value)) {
        const ciphertext = crypter.encrypt(JSON.stringify(value.value));
        return { [signatureKey]: secretSignature, ciphertext };
    }
    return descend(value, (item) => encryptSecrets(item, crypter));
}

function decryptSecrets(value: Value, crypter: Crypter): Value {
    if (isSecret(value) && typeof value["ciphertext"] === "string") {
        return secret(JSON.parse(crypter.decrypt(value["ciphertext"])) as Value);
    }
    return descend(value, (item) => decryptSecrets(item, crypter));
}

function descend(value: Value, change: (item: Value) => Value): Value {
    if (Array.isArray(value)) {
        return value.map(change);
    }
    return isObject(value) ? mapValues(value, change) : value;
}
