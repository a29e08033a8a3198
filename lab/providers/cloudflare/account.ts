import type { Old } from "../rules";
import { text, type Values } from "../values";

/** Returns the path of everything that belongs to the inputs' account. */
export function accountPath(inputs: Values): string {
    return `accounts/${text(inputs["accountId"])}`;
}

/**
 * Returns the account of a resource, and its name or id there.
 * @param id of an import ACCOUNT/NAME
 * @param what the name of the second part, for people
 * @throws when an import id has another form
 */
export function partsOf(
    id: string,
    old: Old | undefined,
    what: string,
): readonly [account: string, own: string] {
    if (old !== undefined) {
        return [text(old.inputs["accountId"]), id];
    }
    const [account = "", rest = ""] = id.split("/");
    if (account === "" || rest === "") {
        throw new Error(`the import id "${id}" does not have the form ACCOUNT/${what}.`);
    }
    return [account, rest];
}
