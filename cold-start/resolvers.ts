import { addressOf } from "../config/addresses";
import type { Home } from "./home";
import type { Hosts } from "./hosts";
import { ids } from "./machines";
import type { Draft } from "./world";

/** Name resolution of the Pis: one resolver that answers is enough, and every Pi must have one. */
export function addResolvers(draft: Draft, hosts: Hosts, { pis, resolvers }: Home): void {
    const common = pis.length === 0 || pis.some((pi) => pi.resolvers === undefined);
    const isUnknown = common && resolvers.length === 0;
    const unknown = isUnknown ? "whom the Pis ask (rekindle:resolvers)" : undefined;
    draft.thing(ids.dns, "dns", isUnknown ? "unknown" : "house", unknown);
    if (common) {
        ask(draft, hosts, ids.dns, resolvers, "resolvers");
    }
    for (const { name, index, resolvers: own } of pis) {
        if (own !== undefined) {
            const id = draft.thing(`dns:${name}`, `dns of ${name}`, "house");
            const key = `nodes[${index}].resolvers`;
            draft.need(ids.dns, id, `pods of ${name} need their images`, key);
            ask(draft, hosts, id, own, key);
        }
    }
}

function ask(draft: Draft, hosts: Hosts, id: string, resolvers: readonly string[], key: string) {
    const all = resolvers.flatMap((resolver) => {
        const address = addressOf(resolver);
        return address?.at === "host" ? [hosts.answering(address.host)] : [];
    });
    if (all.length > 0) {
        const why = all.length === 1 ? "the Pis ask it alone" : "the Pis ask one of these";
        draft.need(id, [...new Set(all)], why, key, { enough: 1 });
    }
}
