import { pis } from "./facts";
import { askGrafana } from "./house-grafana";
import { runningHouse } from "./house";
import { kubectl } from "./kubectl";
import { ssh } from "./ssh";

/** What every drill makes in the house, by name: pods that the floor is measured with, files with checksums, rules that always fire. */
export const drillNames = {
    floorNamespace: "drill-floor",
    dataFolder: "/var/lib/rancher/k3s/storage/rekindle-drill",
    ruleUid: "rekindle-drill",
    ruleFolder: { uid: "rekindle-drill", title: "Rekindle drill" },
} as const;

/** Removes all of it after a drill that did not come to its end; what is not there is no error. */
export async function removeDrillLeftovers(): Promise<void> {
    const { floorNamespace, dataFolder, ruleUid, ruleFolder } = drillNames;
    const gone = ["delete", "namespace", floorNamespace, "--ignore-not-found", "--timeout=120s"];
    await kubectl(runningHouse().k3s, gone);
    await Promise.all(pis.map(async (pi) => ssh(pi, ["sudo", "-n", "rm", "-rf", dataFolder])));
    const path = "/api/v1/provisioning/alert-rules";
    const rules = await askGrafana<readonly { readonly uid: string }[]>(path);
    for (const { uid } of rules.filter((rule) => rule.uid.startsWith(ruleUid))) {
        await askGrafana(`${path}/${uid}`, "DELETE");
    }
    const folder = `/api/folders/${ruleFolder.uid}`;
    if ((await askGrafana<object>(folder).catch(() => undefined)) !== undefined) {
        await askGrafana(folder, "DELETE");
    }
}
