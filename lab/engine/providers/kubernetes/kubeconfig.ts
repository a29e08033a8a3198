import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

/** A kubeconfig, as far as rules need it; connections are made by the Kubernetes client library. */
export interface Kubeconfig {
    /** The file, or its text when it was given as such. */
    readonly source: { readonly file: string } | { readonly text: string };
    /** The namespace of its current context. @default "default" */
    readonly namespace: string;
    /** What tells its cluster from others: address and certificate authority. */
    readonly cluster: string;
}

interface KubeconfigFile {
    readonly "current-context"?: string;
    readonly contexts?: readonly {
        name: string;
        context: { cluster: string; namespace?: string };
    }[];
    readonly clusters?: readonly { name: string; cluster: unknown }[];
}

/** @param given its text, or the path of a file. @default the file that KUBECONFIG names, then ~/.kube/config */
export function readKubeconfig(given: string | undefined): Kubeconfig {
    const place = given ?? process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
    const isFile = existsSync(place);
    const text = isFile ? readFileSync(place, "utf8") : (given ?? "");
    const read = (parse(text) ?? {}) as KubeconfigFile | string;
    const file = typeof read === "string" ? {} : read;
    const current = file.contexts?.find(({ name }) => name === file["current-context"]);
    const cluster = file.clusters?.find(({ name }) => name === current?.context.cluster);
    return {
        source: isFile ? { file: place } : { text },
        namespace: current?.context.namespace ?? "default",
        cluster: JSON.stringify(cluster?.cluster ?? null),
    };
}
