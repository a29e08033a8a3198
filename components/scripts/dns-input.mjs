// What dns.mjs is given to read, checked field by field: it decides what is deleted.

/** @import { Ownership } from "./dns-plan.mjs" */
/** @typedef {{ id: string, domain: string }} ZoneName */
/** @typedef {ZoneName & { hostnames: string[] }} Zone */
/** `former` are zones that an earlier run left records in.
 * @typedef {Ownership & { zones: Zone[], former?: ZoneName[] }} Wanted */

/**
 * Reads FILE.
 * @param {string} text
 * @returns {Omit<Wanted, "target" | "former" | "formerHealth">}
 * @throws with what is wrong, where in it, and what it should be
 */
export function parseWanted(text) {
    let value;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw new Error(`FILE is not JSON: ${/** @type {Error} */ (error).message}`, {
            cause: error,
        });
    }
    const { owner, adopt, health, zones } = objectAt(value, "FILE");
    // An empty mark would make every record without a comment ours.
    if (typeof owner !== "string" || !/^rekindle:.+ tunnel=.+$/.test(owner)) {
        throw wrong(
            "owner",
            owner,
            "the mark of a tunnel, as in rekindle:PROJECT/STACK tunnel=NAME",
        );
    }
    return {
        owner,
        adopt: textsAt(adopt, "adopt"),
        // What an older version left in the state has none.
        ...(health === undefined ? {} : { health: textAt(health, "health") }),
        zones: zonesAt(zones, "zones"),
    };
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {Zone[]}
 */
function zonesAt(value, where) {
    return listAt(value, where).map((each, index) => {
        const at = `${where}[${index}]`;
        const { id, domain, hostnames } = objectAt(each, at);
        return {
            id: textAt(id, `${at}.id`),
            domain: textAt(domain, `${at}.domain`),
            hostnames: textsAt(hostnames, `${at}.hostnames`),
        };
    });
}

/**
 * The zones that the run before named on its last line, as Pulumi hands it over in PULUMI_COMMAND_STDOUT.
 * @param {string | undefined} output
 * @returns {ZoneName[]} none if it is not such a line: it is Pulumi's to keep, and nobody could correct it
 */
export function zonesOfLastRun(output) {
    try {
        const { zones } = JSON.parse(output?.trim().split("\n").at(-1) ?? "");
        return listAt(zones, "zones").map((each) => {
            const { id, domain } = objectAt(each, "zone");
            return { id: textAt(id, "id"), domain: textAt(domain, "domain") };
        });
    } catch {
        return [];
    }
}

/**
 * The hostnames that the run before kept for the watchdog, and the health hostname that it had, as its last line says.
 * @param {string | undefined} output
 * @returns {{ health?: string, kept: Zone[] }} nothing if it is not such a line
 */
export function healthOfLastRun(output) {
    try {
        const { health, kept = [] } = JSON.parse(output?.trim().split("\n").at(-1) ?? "");
        return { ...(typeof health === "string" ? { health } : {}), kept: zonesAt(kept, "kept") };
    } catch {
        return { kept: [] };
    }
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {Record<string, unknown>}
 */
function objectAt(value, where) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw wrong(where, value, "an object");
    }
    return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {unknown[]}
 */
function listAt(value, where) {
    if (!Array.isArray(value)) {
        throw wrong(where, value, "a list");
    }
    return value;
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function textAt(value, where) {
    if (typeof value !== "string" || value === "") {
        throw wrong(where, value, "a text");
    }
    return value;
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function textsAt(value, where) {
    return listAt(value, where).map((each, index) => textAt(each, `${where}[${index}]`));
}

/**
 * @param {string} where
 * @param {unknown} value
 * @param {string} right
 */
function wrong(where, value, right) {
    const is = value === undefined ? "missing" : JSON.stringify(value);
    return new Error(`${where} is ${is} and should be ${right}`);
}
