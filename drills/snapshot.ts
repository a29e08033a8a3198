import type { Check } from "./record";
import type { DnsRecord, House } from "./house";

/** What a drill may not change. */
export interface Snapshot {
    /** Kind, namespace, name and uid of each object. */
    readonly objects: readonly string[];
    readonly records: readonly DnsRecord[];
    /** The id of the stack's tunnel. */
    readonly tunnel: string | undefined;
}

export type Remade = "stack" | "dns-token";
/** Lines of objects that are other ones then: kind, namespace, name. */
const others: Readonly<Record<Remade, RegExp>> = {
    stack: /^(Namespace <none>|\S+) tunnel-cloudflared-/,
    "dns-token": /^Secret tunnel-\S+ tunnel-dns-token-/,
};

const kinds = "nodes,namespaces,deployments,daemonsets,services,configmaps,secrets";
const columns = "custom-columns=A:.kind,B:.metadata.namespace,C:.metadata.name,D:.metadata.uid";

export async function snapshot(house: House): Promise<Snapshot> {
    const lines = await house.kube("get", kinds, "-A", "--no-headers", "-o", columns);
    const alive = (await house.tunnels()).find(
        ({ name, deleted }) => name === house.tunnelName && !deleted,
    );
    return {
        // As wide as the widest name of that moment.
        objects: lines.split("\n").map((line) => line.replaceAll(/ +/g, " ").trim()),
        records: await house.records(),
        tunnel: alive?.id,
    };
}

/**
 * What differs, as checks. Pure.
 * @param remade what was made anew in between: of the whole stack also the tunnel, and with it the records' targets
 */
export function compare(before: Snapshot, after: Snapshot, remade: Remade | undefined): Check[] {
    const recreated = remade === "stack";
    const other = remade === undefined ? /^$/ : others[remade];
    // What is the same to the id was not made anew: a record of somebody else who points to the tunnel, say.
    const whole = [before, after].map(({ records }) =>
        records.map((record) => JSON.stringify(record)),
    );
    const isRemade = (record: DnsRecord) =>
        recreated && !whole.every((list) => list.includes(JSON.stringify(record)));
    const lists = ({ objects, records, tunnel }: Snapshot): Lists => ({
        objects: objects.filter((line) => !other.test(line)).sort(),
        records: records
            .map((record) => JSON.stringify(isRemade(record) ? withoutIds(record, tunnel) : record))
            .sort(),
    });
    const [had, has] = [lists(before), lists(after)];
    const tunnels = recreated
        ? {
              name: "another tunnel",
              ok: after.tunnel !== before.tunnel && after.tunnel !== undefined,
          }
        : { name: "the same tunnel", ok: after.tunnel === before.tunnel };
    return [
        listCheck("the same objects", had.objects, has.objects),
        listCheck("the same records", had.records, has.records),
        { ...tunnels, detail: after.tunnel ?? "none" },
    ];
}

interface Lists {
    readonly objects: readonly string[];
    readonly records: readonly string[];
}

/** A record of ours is another one after it was made anew; one of somebody else keeps everything. */
function withoutIds(record: DnsRecord, tunnel: string | undefined): object {
    if (tunnel === undefined || !record.content.startsWith(tunnel)) {
        return record;
    }
    const { name, type, comment } = record;
    return { name, type, comment, content: "the tunnel" };
}

function listCheck(name: string, had: readonly string[], has: readonly string[]): Check {
    const gone = had.filter((line) => !has.includes(line));
    const added = has.filter((line) => !had.includes(line));
    const detail = [...gone.map((line) => `gone: ${line}`), ...added.map((line) => `new: ${line}`)];
    return {
        name,
        ok: detail.length === 0,
        detail: detail.length === 0 ? `${has.length}, as before` : detail.slice(0, 5).join("; "),
    };
}
