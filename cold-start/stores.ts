import { addressOf } from "../config/addresses";
import type { Home } from "./home";
import type { Hosts } from "./hosts";
import { ids } from "./machines";
import type { Draft } from "./world";

/** What `pulumi up` reads before it can do anything. */
const stores = [
    { name: "state", label: "state backend", key: "stateUrl", why: "it is Pulumi's memory" },
    { name: "git", label: "git remote", key: "gitUrl", why: "this program is kept there" },
    { name: "secrets", label: "secret store", key: "secretsUrl", why: "it unlocks the secrets" },
] as const;
export type Store = (typeof stores)[number]["name"];
export const storeId = (store: Store) => `store:${store}`;

/** State, git remote and secret store, and what they need where they are in the house. */
export function addStores(draft: Draft, hosts: Hosts, home: Home): void {
    for (const { name, label, key, why } of stores) {
        const id = storeId(name);
        const address = home[key] === "" ? undefined : addressOf(home[key]);
        if (address?.at === "host") {
            const lies = hosts.answering(address.host);
            const place = draft.things.get(lies)?.place ?? "unknown";
            draft.thing(id, label, place);
            draft.need(id, lies, `it lies at ${address.host}`, key);
            if (isInside(hosts.spot(address.host).is)) {
                const lost = "a destroyed house has it only when it is rebuilt";
                draft.need(lies, ids.up, lost, key, { when: "rebuild" });
            }
        } else if (address?.at === "here" || address?.at === "cloud") {
            draft.thing(id, label, "outside");
        } else {
            const unknown = address
                ? "where it is: its URL does not tell"
                : `where it is (rekindle:${key})`;
            draft.thing(id, label, "unknown", unknown);
        }
        draft.need(ids.up, id, why, key, { when: "rebuild" });
    }
}

/** In the house, and reached without the tunnel, which says for itself that it has to be rebuilt. */
const isInside = (is: string) => ["service", "stranger", "cluster", "pi"].includes(is);
