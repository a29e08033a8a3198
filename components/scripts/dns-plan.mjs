// Whose record is whose: what dns.mjs changes in a zone, decided without doing it.

/** @typedef {"ensure" | "prune" | "destroy"} Mode */
/** @typedef {{ id: string, type: string, name: string, content: string, proxied?: boolean, comment?: string | null,
 *   meta?: { read_only?: boolean } }} DnsRecord */
/** `health` is the hostname that proves the tunnel; `formerHealth` are earlier ones that are known by name.
 * @typedef {{ owner: string, target: string, adopt: readonly string[], health?: string, formerHealth?: readonly string[] }} Ownership */
/** One entry of Cloudflare's batch call, the name it is about, and the record that is there now.
 * @typedef {{ kind: "deletes" | "patches" | "posts", name: string, body: object, record?: DnsRecord }} Change */
/** A wanted name and the records there that are not this stack's.
 * @typedef {{ name: string, records: DnsRecord[] }} Conflict */

const addressTypes = ["A", "AAAA", "CNAME"];
/** Health hostnames that this program names itself: the one that every home had first, and those of each tunnel. */
const usualHealth = /^tunnel-health[.-]/;

/**
 * Decides what to change in one zone.
 * @param {readonly DnsRecord[]} records all records of the zone
 * @param {Ownership & { domain: string, hostnames: readonly string[] }} wanted
 * @param {Mode} mode
 * @returns {{ changes: Change[], conflicts: Conflict[], kept?: string[] }} deletions come first, since a zone may be full. `kept` are
 *   our former health hostnames: the watchdog asks them until it has moved, and dns.mjs retire deletes them then
 */
export function plan(
    records,
    { owner, target, adopt, health, formerHealth, domain, hostnames },
    mode,
) {
    const fields = fieldsOf({ owner, target });
    const { isOurs, mayTake } = ownership({ owner, target, adopt });
    const isFormer = (/** @type {string} */ name) =>
        name !== health && (usualHealth.test(name) || formerHealth?.includes(name) === true);
    const kept = records
        .filter((record) => mode === "prune" && health !== undefined && isOurs(record))
        .map(nameOf)
        .filter((name) => isFormer(name) && !hostnames.includes(name));
    const names = new Set(mode === "destroy" ? [] : [...hostnames, ...kept]);
    /** @type {Change[]} */
    const changes = records
        .filter((record) => mode !== "ensure" && isOurs(record) && !names.has(nameOf(record)))
        .map((record) => ({
            kind: "deletes",
            name: nameOf(record),
            body: { id: record.id },
            record,
        }));
    /** @type {Map<string, DnsRecord[]>} */
    const inTheWay = new Map();
    /** @type {Map<string, DnsRecord>} */
    const delegated = new Map();
    for (const record of records) {
        // Name servers delegate a name, and then nothing else can be there. The zone's own are not in the way.
        const delegates = record.type === "NS" && nameOf(record) !== domain;
        if (delegates) {
            delegated.set(nameOf(record), record);
        }
        if (delegates || addressTypes.includes(record.type)) {
            inTheWay.set(nameOf(record), [...(inTheWay.get(nameOf(record)) ?? []), record]);
        }
    }
    const conflicts = [];
    for (const name of names) {
        const there = [...(inTheWay.get(name) ?? []), ...above(name, domain, delegated)];
        const others = there.filter((each) => !mayTake(each));
        const [record] = there;
        if (record === undefined) {
            changes.push(postOf(name, { owner, target }));
        } else if (others.length > 0) {
            conflicts.push({ name, records: others });
        } else if (!isSame(record.content, target) || !record.proxied || record.comment !== owner) {
            changes.push({
                kind: "patches",
                name,
                body: { id: record.id, ...fields },
                record,
            });
        }
    }
    return { changes, conflicts, ...(kept.length === 0 ? {} : { kept }) };
}

/**
 * The records that delegate a domain above a name: nobody asks this zone for what lies below.
 * @param {string} name
 * @param {string} domain of the zone
 * @param {ReadonlyMap<string, DnsRecord>} delegated
 */
function above(name, domain, delegated) {
    const labels = name.slice(0, -domain.length - 1).split(".");
    return delegated.size === 0
        ? []
        : labels.slice(1).flatMap((_, index) => {
              const parent = `${labels.slice(index + 1).join(".")}.${domain}`;
              return delegated.get(parent) ?? [];
          });
}

/**
 * The change that adds a name's record.
 * @param {string} name
 * @param {Pick<Ownership, "owner" | "target">} ownership
 * @returns {Change}
 */
export function postOf(name, ownership) {
    return { kind: "posts", name, body: { type: "CNAME", name, ...fieldsOf(ownership) } };
}

/** @param {Pick<Ownership, "owner" | "target">} ownership */
function fieldsOf({ owner, target }) {
    return { content: target, proxied: true, ttl: 1, comment: owner };
}

/**
 * Whose a record is.
 * @param {Ownership} ownership
 */
export function ownership({ owner, target, adopt }) {
    // Marked before this stack's tunnel was renamed: the mark differs, the target does not.
    const stack = owner.replace(/ tunnel=.*/, " tunnel=");
    const isOurs = (/** @type {DnsRecord} */ { type, content, comment }) =>
        type === "CNAME" &&
        (comment === owner || (isSame(content, target) && comment?.startsWith(stack) === true));
    // A hand-made record that points at this very tunnel is taken over; one with another stack's mark only by `adopt`.
    // A Worker's or Pages' own record goes only with its custom domain.
    const mayTake = (/** @type {DnsRecord} */ record) =>
        isOurs(record) ||
        (record.meta?.read_only !== true &&
            record.type === "CNAME" &&
            (adopt.some((content) => isSame(content, record.content)) ||
                (isSame(record.content, target) &&
                    record.comment?.startsWith("rekindle:") !== true)));
    return { isOurs, mayTake };
}

/**
 * The name as the program has it. Cloudflare gives names in punycode, and wildcards as they were written.
 * @param {DnsRecord} record
 */
export function nameOf({ name }) {
    return name.toLowerCase();
}

/**
 * @param {string} content
 * @param {string} other
 */
function isSame(content, other) {
    return content.toLowerCase().replace(/\.$/, "") === other.toLowerCase().replace(/\.$/, "");
}
