import type { Ask, DnsRecord, Tunnel } from "./house";

interface Page<T> {
    readonly result: readonly T[];
    readonly result_info?: { readonly total_pages?: number };
}
interface ListedTunnel {
    readonly id: string;
    readonly name: string;
    readonly deleted_at: string | null;
    readonly connections?: readonly { readonly opened_at: string }[];
}

/** All tunnels of this name, also those that are deleted. */
export async function listTunnels(
    ask: Ask,
    accountId: string,
    name: string,
): Promise<readonly Tunnel[]> {
    const query = new URLSearchParams({ name }).toString();
    const listed = await all<ListedTunnel>(ask, `/accounts/${accountId}/cfd_tunnel?${query}`);
    return listed.map(({ id, name, deleted_at: deleted, connections = [] }) => ({
        ...{ id, name, deleted: deleted !== null },
        connections: connections.map(({ opened_at: opened }) => Date.parse(opened)),
    }));
}

/** Every record of these zones, whoever made it. */
export async function listRecords(
    ask: Ask,
    zones: readonly { readonly id: string }[],
): Promise<readonly DnsRecord[]> {
    const listed = await Promise.all(
        zones.map(async ({ id }) => all<DnsRecord>(ask, `/zones/${id}/dns_records?per_page=100`)),
    );
    return listed.flat().map(({ id, name, type, content, comment = null }) => ({
        id,
        name,
        type,
        content,
        comment,
    }));
}

async function all<T>(ask: Ask, path: string): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; ; page++) {
        const { result, result_info: info } = await ask<Page<T>>("GET", `${path}&page=${page}`);
        found.push(...result);
        if (result.length === 0 || page >= (info?.total_pages ?? 1)) {
            return found;
        }
    }
}
