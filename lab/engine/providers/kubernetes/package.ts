import { randomBytes } from "node:crypto";
import { differences, touches } from "../../diff";
import { containsUnknown, unknown, type Values } from "../../values";
import { PartialFailure, type Package, type Provider, type ResourceRequest } from "../provider";
import { ApiError, ClusterClient } from "./client";
import { follow } from "./follow";
import { annotationsOf, completeInputs, isAutonamed } from "./inputs";
import { collectionPath, field, kindOf, kinds, objectId, textField } from "./kinds";
import { readKubeconfig } from "./kubeconfig";
import { creator, handOver } from "./ownership";
import { waitUntilReady } from "./ready";

const configKeys = [
    "kubeconfig",
    "clusterIdentifier",
    "enableServerSideApply",
    "namespace",
    "version",
];

/** Seconds that the real provider waits for any object unless it is told otherwise. */
const defaultTimeout = 600;

/** pulumi-kubernetes 4.34.2, for the kinds in `kinds.ts`, with server-side apply. */
export const kubernetesPackage: Package = {
    name: "kubernetes",
    types: Object.keys(kinds),
    checkConfig(inputs) {
        const strange = Object.keys(inputs).find((key) => !configKeys.includes(key));
        const apply = inputs["enableServerSideApply"];
        if (strange !== undefined || !["true", true, undefined].includes(apply as string)) {
            throw new Error(
                `the kubernetes provider's ${strange ?? "enableServerSideApply: false"} is not handled by the bundled engine; it handles ${configKeys.join(", ")}.`,
            );
        }
        return inputs;
    },
    replaces(oldInputs, inputs) {
        const identifiers = [oldInputs["clusterIdentifier"], inputs["clusterIdentifier"]];
        if (identifiers[1] !== undefined && identifiers[0] === identifiers[1]) {
            return [];
        }
        if (identifiers.every((one) => one !== undefined)) {
            return ["clusterIdentifier"];
        }
        return clusterOf(oldInputs) === clusterOf(inputs) ? [] : ["kubeconfig"];
    },
    configure: (inputs) => new KubernetesProvider(inputs),
};

/** What tells one cluster from another when nobody gave it an identifier: how it is reached. */
function clusterOf({ kubeconfig }: Values): string {
    if (kubeconfig === unknown) {
        return unknown;
    }
    return readKubeconfig(asText(kubeconfig)).cluster;
}

class KubernetesProvider implements Provider {
    readonly #client: ClusterClient | undefined;
    readonly #namespace: string;

    constructor({ kubeconfig, namespace }: Values) {
        const read = kubeconfig === unknown ? undefined : readKubeconfig(asText(kubeconfig));
        this.#client = read && new ClusterClient(read);
        this.#namespace = asText(namespace) ?? read?.namespace ?? "default";
    }

    check({ type, name, inputs, oldInputs }: Parameters<Provider["check"]>[0]) {
        const kind = kindOf(type);
        const complete = completeInputs(kind, name, inputs, oldInputs, this.#namespace);
        return { inputs: complete, ...(kind.plural === "secrets" ? { secrets: ["data"] } : {}) };
    }

    diff({ type, inputs, oldInputs }: Parameters<Provider["diff"]>[0]) {
        const patterns = [
            ["metadata", "name"],
            ["metadata", "namespace"],
            ...kindOf(type).replaceOn,
        ];
        const changes = differences(oldInputs, inputs).map((change) => ({
            ...change,
            replace: patterns.some((pattern) => touches(pattern, change.path)),
        }));
        // Under a name of its own the new object can exist beside the old one.
        const sameName = objectId(inputs) === objectId(oldInputs);
        return { changes, deleteBeforeReplace: !isAutonamed(inputs) && sameName };
    }

    async create(request: ResourceRequest) {
        const { urn, type, inputs, preview, timeout, status } = request;
        if (preview && (await this.#cannotDryRun(inputs))) {
            return { id: "", outputs: inputs };
        }
        const client = await this.#reached();
        const path = collectionPath(kindOf(type), inputs);
        const query = { fieldManager: creator, ...(preview ? { dryRun: "All" } : {}) };
        let made: Values;
        try {
            made = await client.request("POST", path, { query, body: inputs });
        } catch (error) {
            if (preview && isNoPreview(error)) {
                return { id: "", outputs: inputs };
            }
            throw new Error(
                `resource "${urn}" was not successfully created by the Kubernetes API server: ${explain(error)}`,
            );
        }
        const manager = `${creator}-${randomBytes(4).toString("hex")}`;
        if (preview) {
            return { id: "", outputs: withoutStatus(checkpoint(made, manager)) };
        }
        const seconds = timeout ?? defaultTimeout;
        const [first, ...more] = await waitUntilReady(client, type, made, seconds, status);
        const outputs = checkpoint(await read(client, type, made), manager);
        if (first !== undefined) {
            throw new PartialFailure(objectId(made), outputs, [
                `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${first}`,
                ...more,
            ]);
        }
        return { id: objectId(made), outputs };
    }

    async update(request: Parameters<Provider["update"]>[0]) {
        const { type, inputs, oldInputs, oldOutputs, preview, timeout, status, id } = request;
        if (preview && (await this.#cannotDryRun(inputs))) {
            return inputs;
        }
        const client = await this.#reached();
        const manager = textField(oldOutputs, "__fieldManager");
        let live = await read(client, type, oldInputs);
        const failure = (reasons: readonly string[]) => {
            const [first = "", ...more] = reasons;
            return new PartialFailure(id, checkpoint(live, manager), [
                `the Kubernetes API server reported that "${id}" failed to fully initialize or become live: ${first}`,
                ...more,
            ]);
        };
        let applied: Values;
        try {
            applied = await apply(client, type, { inputs, live, manager, preview });
        } catch (error) {
            throw failure([explain(error)]);
        }
        if (preview) {
            return withoutStatus(checkpoint(applied, manager));
        }
        const seconds = timeout ?? defaultTimeout;
        const reasons = await waitUntilReady(client, type, applied, seconds, status);
        live = await read(client, type, applied);
        if (reasons.length > 0) {
            throw failure(reasons);
        }
        return checkpoint(live, manager);
    }

    async delete({ type, oldInputs, timeout = defaultTimeout }: Parameters<Provider["delete"]>[0]) {
        const client = await this.#reached();
        const path = collectionPath(kindOf(type), oldInputs);
        const name = textField(oldInputs, "metadata", "name");
        try {
            const query = { propagationPolicy: "Foreground" };
            await client.request("DELETE", `${path}/${name}`, { query });
        } catch (error) {
            if (error instanceof ApiError && error.status === 404) {
                return;
            }
            throw error;
        }
        const gone = await follow(
            client,
            path,
            { fieldSelector: `metadata.name=${name}` },
            AbortSignal.timeout(timeout * 1000),
            (left) => left.length === 0,
        );
        if (!gone) {
            throw new Error(
                `'${objectId(oldInputs)}' is still being deleted after ${timeout} s: a finalizer may hold it; look at its metadata.finalizers and events.`,
            );
        }
    }

    /** Previews ask the API server when it is there, as the real provider does, and are made from the state when it is not. */
    async #cannotDryRun(inputs: Values): Promise<boolean> {
        return (
            containsUnknown(inputs) ||
            this.#client === undefined ||
            (await this.#client.unreachable()) !== undefined
        );
    }

    async #reached(): Promise<ClusterClient> {
        const reason = this.#client
            ? await this.#client.unreachable()
            : "its kubeconfig is not known";
        if (!this.#client || reason !== undefined) {
            throw new Error(`configured Kubernetes cluster is unreachable: ${reason ?? ""}`);
        }
        return this.#client;
    }
}

async function read(client: ClusterClient, type: string, object: Values): Promise<Values> {
    const path = collectionPath(kindOf(type), object);
    return client.request("GET", `${path}/${textField(object, "metadata", "name")}`);
}

async function apply(
    client: ClusterClient,
    type: string,
    wanted: {
        readonly inputs: Values;
        readonly live: Values;
        readonly manager: string;
        readonly preview: boolean;
    },
): Promise<Values> {
    const { inputs, live, manager, preview } = wanted;
    const path = `${collectionPath(kindOf(type), inputs)}/${textField(inputs, "metadata", "name")}`;
    const patch = handOver(live, manager);
    if (patch !== undefined && !preview) {
        const contentType = "application/json-patch+json";
        await client.request("PATCH", path, { body: patch, contentType });
    }
    // A preview changes no owners, so it has to overrule the one that the next update takes over from.
    const forced = annotationsOf(inputs)["pulumi.com/patchForce"] === "true";
    const force = forced || (preview && patch !== undefined) ? "true" : "false";
    const dryRun = preview ? { dryRun: "All" } : {};
    return client.request("PATCH", path, {
        query: { fieldManager: manager, force, ...dryRun },
        body: inputs,
        contentType: "application/apply-patch+yaml",
    });
}

/** What is kept about an object: all of it but the list of owners, and under which name this resource owns its fields. */
function checkpoint(live: Values, manager: string): Values {
    const metadata = { ...(field(live, "metadata") as Values) };
    delete metadata["managedFields"];
    return { ...live, metadata, __fieldManager: manager };
}

/** What a dry run says about the status is not what it will be: to the program it is unknown. */
function withoutStatus(object: Values): Values {
    const planned = { ...object };
    delete planned["status"];
    return planned;
}

/** Errors of a dry run that say nothing about the update: its namespace is still to be made, or it replaces the one there. */
function isNoPreview(error: unknown): boolean {
    return (
        error instanceof ApiError &&
        (error.reason === "AlreadyExists" ||
            error.reason === "Forbidden" ||
            (error.reason === "NotFound" && error.about === "namespaces"))
    );
}

function explain(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof ApiError ? error.reason : "";
    if (reason === "AlreadyExists") {
        return `${message}\n\nThe resource already exists in the cluster. This can happen when:\n\n  - it was renamed in the program: give it an alias\n  - something else made it: delete that, or choose another name`;
    }
    if (reason === "Conflict") {
        return `${message}\nSomething else has changed these fields by hand: set them back, or take them over with the annotation pulumi.com/patchForce: "true".`;
    }
    return message;
}

function asText(value: Values[string]): string | undefined {
    return typeof value === "string" ? value : undefined;
}
