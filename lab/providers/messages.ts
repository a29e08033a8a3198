import {
    CheckFailure,
    CheckResponse,
    DiffResponse,
    PropertyDiff,
} from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { formatPath, type Change } from "./diff";
import type { Values } from "./values";

/** Reads a set of properties from a message. */
export function fromStruct(struct: Struct | undefined): Values {
    return struct?.toJavaScript() ?? {};
}

/** Writes a set of properties for a message, without those that are undefined. */
export function toStruct(values: Values): Struct {
    return Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Record<string, never>);
}

export function checkResponse(inputs: Values): CheckResponse {
    return new CheckResponse().setInputs(toStruct(inputs));
}

export function checkFailure(reason: string): CheckResponse {
    return new CheckResponse().setFailuresList([new CheckFailure().setReason(reason)]);
}

const { Kind } = PropertyDiff;
const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

/** Answers a diff of inputs, place by place. */
export function diffResponse(changes: readonly Change[]): DiffResponse {
    const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
    const keys = (some: readonly Change[]) => [
        ...new Set(some.map(({ path }) => String(path[0] ?? ""))),
    ];
    const response = new DiffResponse()
        .setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME)
        .setDiffsList(keys(changes))
        .setReplacesList(keys(changes.filter(({ replace }) => replace === true)))
        .setHasdetaileddiff(true);
    for (const { path, kind, replace = false } of changes) {
        const difference = new PropertyDiff()
            .setKind(kinds[kind][replace ? 1 : 0])
            .setInputdiff(true);
        response.getDetaileddiffMap().set(formatPath(path), difference);
    }
    return response;
}
