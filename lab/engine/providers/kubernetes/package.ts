import { randomBytes } from "node:crypto";
import { differences, touches } from "../../diff";
import { containsUnknown, unknown, type Values } from "../../values";
import {
    PartialFailure,
    type ExistingRequest,
    type Package,
    type Provider,
    type ResourceRequest,
} from "../provider";
import { ApiError, ClusterClient } from "./client";
import { follow } from "./follow";
import { completeInputs, isAutonamed } from "./inputs";
import { collectionPath, kindOf, kinds, objectId, textField } from "./kinds";
import { readKubeconfig } from "./kubeconfig";
import { apply, checkpoint, explain, isNoPreview, read, withoutStatus } from "./objects";
import { creator } from "./ownership";
import { waitUntilReady } from "./ready";

const configKeys = [
    "kubeconfig",
    "clusterIdentifier",
    "enableServerSideApply",
    "namespace",
    "version",
];

/** As the real provider advises. */
const deleteUnreachable =
    ". If the cluster is gone for good, run this again with PULUMI_K8S_DELETE_UNREACHABLE=true: its objects are then only taken out of the state";

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

    async delete({
        type,
        oldInputs,
        timeout = defaultTimeout,
        status,
    }: Pick<ExistingRequest, "type" | "oldInputs" | "timeout" | "status">) {
        if (await this.#isGone()) {
            status("the cluster is unreachable: only taken out of the state");
            return;
        }
        const client = await this.#reached(deleteUnreachable);
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

    async afterCutOff({ type, inputs, status }: Omit<ResourceRequest, "preview">) {
        if (await this.#isGone()) {
            return undefined;
        }
        const client = await this.#reached();
        const { plural } = kindOf(type);
        const name = textField(inputs, "metadata", "name");
        const path = collectionPath(kindOf(type), inputs);
        const there = await client.request("GET", `${path}/${name}`).catch((error: unknown) => {
            if (error instanceof ApiError && error.status === 404) {
                return undefined;
            }
            throw error;
        });
        if (there === undefined) {
            return undefined;
        }
        const id = objectId(inputs);
        // Nobody else comes upon a name with these random digits.
        if (isAutonamed(inputs)) {
            status(`removing ${id}, which the run before made and did not get to note`);
            await this.delete({ type, oldInputs: inputs, status });
            return undefined;
        }
        const namespace = textField(inputs, "metadata", "namespace");
        const place = namespace === "" ? "" : ` --namespace ${namespace}`;
        return `${id} is in the cluster and not in the state: the run before may have made it and not got to note it. If it is not somebody else's, \`kubectl delete ${plural} ${name}${place}\` removes it; then run this again.`;
    }

    /** Previews ask the API server when it is there, as the real provider does, and are made from the state when it is not. */
    async #cannotDryRun(inputs: Values): Promise<boolean> {
        return (
            containsUnknown(inputs) ||
            this.#client === undefined ||
            (await this.#client.unreachable()) !== undefined
        );
    }

    /** Whether the person says that a cluster that cannot be reached is gone for good. */
    async #isGone(): Promise<boolean> {
        const said = process.env["PULUMI_K8S_DELETE_UNREACHABLE"] === "true";
        return said && (await this.#client?.unreachable()) !== undefined;
    }

    /** @param remedy said when the cluster cannot be reached */
    async #reached(remedy = ""): Promise<ClusterClient> {
        const reason = this.#client
            ? await this.#client.unreachable()
            : "its kubeconfig is not known";
        if (!this.#client || reason !== undefined) {
            throw new Error(
                `configured Kubernetes cluster is unreachable: ${reason ?? ""}${remedy}`,
            );
        }
        return this.#client;
    }
}

function asText(value: Values[string]): string | undefined {
    return typeof value === "string" ? value : undefined;
}
