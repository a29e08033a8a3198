import type { Values } from "../../values";
import { ApiError, type ClusterClient } from "./client";
import { annotationsOf } from "./inputs";
import { collectionPath, field, kindOf, textField } from "./kinds";
import { handOver } from "./ownership";

/** The object as it is in the cluster. @throws ApiError when it is not there */
export async function read(client: ClusterClient, type: string, object: Values): Promise<Values> {
    const path = collectionPath(kindOf(type), object);
    return client.request("GET", `${path}/${textField(object, "metadata", "name")}`);
}

/** Server-side apply. @throws ApiError, e.g. when another owner changed a field */
export async function apply(
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
export function checkpoint(live: Values, manager: string): Values {
    const metadata = { ...(field(live, "metadata") as Values) };
    delete metadata["managedFields"];
    return { ...live, metadata, __fieldManager: manager };
}

/** What a dry run says about the status is not what it will be: to the program it is unknown. */
export function withoutStatus(object: Values): Values {
    const planned = { ...object };
    delete planned["status"];
    return planned;
}

/** Errors of a dry run that say nothing about the update: its namespace is still to be made, or it replaces the one there. */
export function isNoPreview(error: unknown): boolean {
    return (
        error instanceof ApiError &&
        (error.reason === "AlreadyExists" ||
            error.reason === "Forbidden" ||
            (error.reason === "NotFound" && error.about === "namespaces"))
    );
}

/** An error of the API server, with what to do about it where that is known. */
export function explain(error: unknown): string {
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
