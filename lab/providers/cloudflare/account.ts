import { text, type Values } from "../values";

/** Returns the path of everything that belongs to the inputs' account. */
export function accountPath(inputs: Values): string {
    return `accounts/${text(inputs["accountId"])}`;
}

/**
 * Splits an import id into the account and what follows.
 * @param what the name of the second part, for people
 * @throws when it has another form
 */
export function importParts(id: string, what: string): readonly [string, string] {
    const [account = "", rest = ""] = id.split("/");
    if (account === "" || rest === "") {
        throw new Error(`the import id "${id}" does not have the form ACCOUNT/${what}.`);
    }
    return [account, rest];
}
