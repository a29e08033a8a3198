import { askCloudflare } from "./ask-cloudflare";
import { runningHouse } from "./house";
import { internetClient } from "./internet-client";
import { kubectl } from "./kubectl";

/** What the drill `seed` makes beside the stack: a namespace, a tunnel and a hostname of its own. */
export const seed = {
    namespace: "drill-seed",
    tunnel: "drill-seed",
    hostname: "seed.home.example",
} as const;

/** Removes all of it; what is not there is no error. */
export async function removeSeed(): Promise<void> {
    const gone = ["delete", "namespace", seed.namespace, "--ignore-not-found", "--timeout=120s"];
    await kubectl(runningHouse().k3s, gone);
    const internet = internetClient();
    const records = (await internet.records()).filter(({ name }) => name === seed.hostname);
    for (const { id } of records) {
        await internet.removeRecord(id);
    }
    const tunnels = (await internet.tunnels()).filter(
        ({ name, deleted_at: deleted }) => name === seed.tunnel && deleted === null,
    );
    for (const { id } of tunnels) {
        await askCloudflare("DELETE", `/cfd_tunnel/${id}/connections`);
        await askCloudflare("DELETE", `/cfd_tunnel/${id}`);
    }
}
