import type { Path } from "../../diff";
import { isObject, type Value, type Values } from "../../values";

export interface Kind {
    /** Its name in API paths. */
    readonly plural: string;
    readonly namespaced: boolean;
    /** Fields whose change needs a new object, besides name and namespace (pulumi-kubernetes, `provider/diff.go`). */
    readonly replaceOn: readonly Path[];
}

const data: readonly Path[] = [["data"], ["binaryData"]];

/** The kinds that Rekindle's program makes, by Pulumi's type. */
export const kinds: Readonly<Record<string, Kind>> = {
    "kubernetes:core/v1:Namespace": { plural: "namespaces", namespaced: false, replaceOn: [] },
    "kubernetes:core/v1:ConfigMap": { plural: "configmaps", namespaced: true, replaceOn: data },
    "kubernetes:core/v1:Secret": {
        plural: "secrets",
        namespaced: true,
        replaceOn: [["data"], ["stringData"], ["type"]],
    },
    "kubernetes:core/v1:Service": {
        plural: "services",
        namespaced: true,
        replaceOn: [["spec", "clusterIP"]],
    },
    "kubernetes:core/v1:ServiceAccount": {
        plural: "serviceaccounts",
        namespaced: true,
        replaceOn: [],
    },
    "kubernetes:apps/v1:Deployment": {
        plural: "deployments",
        namespaced: true,
        replaceOn: [["spec", "selector"]],
    },
    "kubernetes:batch/v1:CronJob": { plural: "cronjobs", namespaced: true, replaceOn: [] },
    "kubernetes:policy/v1:PodDisruptionBudget": {
        plural: "poddisruptionbudgets",
        namespaced: true,
        replaceOn: [],
    },
    "kubernetes:scheduling.k8s.io/v1:PriorityClass": {
        plural: "priorityclasses",
        namespaced: false,
        replaceOn: [],
    },
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": {
        plural: "networkpolicies",
        namespaced: true,
        replaceOn: [],
    },
};

/** The kind behind a type that the registry has let through. */
export function kindOf(type: string): Kind {
    const kind = kinds[type];
    if (!kind) {
        throw new Error(`there are no rules for the kind ${type}.`);
    }
    return kind;
}

/** A field deep in an object; undefined when any part of the way is missing. */
export function field(object: Value | undefined, ...path: Path): Value | undefined {
    return path.reduce<Value | undefined>(
        (at, part) => (isObject(at) ? at[part] : Array.isArray(at) ? at[Number(part)] : undefined),
        object,
    );
}

export function textField(object: Value | undefined, ...path: Path): string {
    const value = field(object, ...path);
    return typeof value === "string" ? value : "";
}

export function numberField(object: Value | undefined, ...path: Path): number {
    const value = field(object, ...path);
    return typeof value === "number" ? value : 0;
}

/** The objects in a list, an array field, or nothing. */
export function items(value: Value | undefined): Values[] {
    return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The API path of all objects of a kind in the namespace of `object`, or of the cluster. */
export function collectionPath({ plural, namespaced }: Kind, object: Values): string {
    const version = textField(object, "apiVersion");
    const root = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
    const namespace = textField(object, "metadata", "namespace");
    return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}

/** The resource id that Pulumi gives an object: `NAMESPACE/NAME`, or `NAME` for one of the cluster. */
export function objectId(object: Values): string {
    const name = textField(object, "metadata", "name");
    const namespace = textField(object, "metadata", "namespace");
    return namespace === "" ? name : `${namespace}/${name}`;
}
