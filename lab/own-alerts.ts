import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContactPoint, Route, Rule } from "./grafana/store";
import { askGrafana } from "./house-grafana";
import { runRoot } from "./paths";

/** What somebody had made in this Grafana by hand before Rekindle came: it must stay as it is, to the byte. */
const folder = { uid: "own", title: "Mine" };
const contactPoint = { name: "me", type: "email", settings: { addresses: "me@home.example" } };
const policy = {
    receiver: "me",
    group_by: ["alertname"],
    group_wait: "45s",
    routes: [{ receiver: "grafana-default-email", object_matchers: [["quiet", "=", "yes"]] }],
};
const nothing = { from: 0, to: 0 };
const rule = {
    ...{ uid: "own-backup", title: "Backup is old", condition: "B", for: "10m", labels: {} },
    data: [
        {
            ...{ refId: "A", datasourceUid: "prometheus", relativeTimeRange: { from: 600, to: 0 } },
            model: { refId: "A", expr: "vector(0)", instant: true },
        },
        {
            ...{ refId: "B", datasourceUid: "__expr__", relativeTimeRange: nothing },
            model: {
                ...{ refId: "B", type: "threshold", expression: "A" },
                conditions: [{ evaluator: { type: "gt", params: [86_400] } }],
            },
        },
    ],
};

const provisioning = "/api/v1/provisioning";
/** How it was when it had just been made. */
const madeFile = join(runRoot, "own-alerts.json");

/** Makes it in a new Grafana, as a person does in its pages. */
export async function ensureOwnAlerts(): Promise<void> {
    if (existsSync(madeFile)) {
        return;
    }
    const byHand = async (method: string, path: string, body: object) =>
        askGrafana(path, method, body, { "x-disable-provenance": "disabled" });
    await byHand("POST", "/api/folders", folder);
    await byHand("POST", `${provisioning}/contact-points`, contactPoint);
    await byHand("PUT", `${provisioning}/policies`, policy);
    const group = `${provisioning}/folder/${folder.uid}/rule-groups/backup`;
    await byHand("PUT", group, { interval: 60, rules: [rule] });
    writeFileSync(madeFile, await ownAlerts());
}

/** All of it as Grafana gives it out now, and as it did at the beginning. */
export async function compareOwnAlerts(): Promise<{ now: string; made: string }> {
    return { now: await ownAlerts(), made: readFileSync(madeFile, "utf8") };
}

async function ownAlerts(): Promise<string> {
    const points = await askGrafana<ContactPoint[]>(`${provisioning}/contact-points`);
    const rules = await askGrafana<Rule[]>(`${provisioning}/alert-rules`);
    return JSON.stringify({
        policy: await askGrafana<Route>(`${provisioning}/policies`),
        points: points.filter(({ name }) => ["me", "grafana-default-email"].includes(name)),
        rules: rules.filter(({ folderUID }) => folderUID === folder.uid),
    });
}
