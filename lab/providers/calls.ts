import type { CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Change } from "./diff";
import { checkFailure, checkResponse, fromStruct } from "./messages";
import type { Old } from "./rules";
import { annotateSecrets, containsSecret, reveal } from "./secrets";
import type { Values } from "./values";

export interface About {
    getUrn(): string;
    getType(): string;
    getName(): string;
    getTimeout?(): number;
}

/** Returns what a call says about its resource. */
export function about(message: About) {
    return { urn: message.getUrn(), type: message.getType(), name: message.getName() };
}

/** Returns a resource as an earlier update left it. */
export function oldOf(id: string, inputs: Struct | undefined, outputs: Struct | undefined): Old {
    return { id, inputs: reveal(fromStruct(inputs)), outputs: reveal(fromStruct(outputs)) };
}

/** Answers a check with the completed inputs, or with what is wrong. */
export function checked(
    news: Struct | undefined,
    check: (inputs: Values) => Values,
): CheckResponse {
    const given = fromStruct(news);
    try {
        const inputs = annotateSecrets(check(reveal(given)), given);
        return checkResponse(inputs);
    } catch (error) {
        return checkFailure(error instanceof Error ? error.message : String(error));
    }
}

/** Lists the inputs that only became secret, or stopped being so. */
export function secrecyChanges(
    olds: Values = {},
    news: Values = {},
    changes: readonly Change[],
): readonly Change[] {
    return Object.keys(news)
        .filter(
            (key) =>
                olds[key] !== undefined &&
                containsSecret(news[key]) !== containsSecret(olds[key]) &&
                !changes.some(({ path }) => path[0] === key),
        )
        .map((key) => ({ path: [key], kind: "update" }));
}
