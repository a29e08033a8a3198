import { isObject, type Value, type Values } from "../../values";
import { field, items } from "./kinds";

/** Under this name the real provider creates objects; the first update hands its fields to the resource's own manager. */
export const creator = "pulumi-kubernetes";

/**
 * The JSON patch that makes what was created client-side owned by `manager`, as the real provider does before the first
 * server-side apply; undefined when there is nothing to hand over. Without it, removed fields would stay.
 */
export function handOver(live: Values, manager: string): Value | undefined {
    const entries = items(field(live, "metadata", "managedFields"));
    const isOld = (entry: Values) =>
        entry["manager"] === creator &&
        entry["operation"] === "Update" &&
        entry["subresource"] === undefined;
    const old = entries.filter(isOld);
    if (old.length === 0) {
        return undefined;
    }
    const isOwn = (entry: Values) => entry["manager"] === manager && entry["operation"] === "Apply";
    const merged = [...entries.filter(isOwn), ...old].reduce<Values>(
        (sum, entry) => ({
            ...entry,
            fieldsV1: merge(sum["fieldsV1"] ?? {}, entry["fieldsV1"] ?? {}),
        }),
        {},
    );
    const others = entries.filter((entry) => !isOld(entry) && !isOwn(entry));
    const own = { ...merged, manager, operation: "Apply" };
    return [
        { op: "replace", path: "/metadata/managedFields", value: [...others, own] },
        {
            // Refused when somebody changed the object in between.
            op: "replace",
            path: "/metadata/resourceVersion",
            value: field(live, "metadata", "resourceVersion") ?? "",
        },
    ];
}

function merge(a: Value, b: Value): Value {
    if (!isObject(a) || !isObject(b)) {
        return b;
    }
    const shared = Object.entries(b).map(([key, value]) => {
        const before = a[key];
        return [key, before === undefined || value === undefined ? value : merge(before, value)];
    });
    return { ...a, ...(Object.fromEntries(shared) as Values) };
}
