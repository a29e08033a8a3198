import { coldStart, homeOf } from "../cold-start";
import type { Home } from "../cold-start/home";
import { pathOf } from "../cold-start/words";
import { apiHostOf, checkConfig } from "../config/check";
import { alertingOf } from "../config/alerting";
import { node, raw, required } from "./right-config";

export const digest = `@sha256:${"0".repeat(64)}`;
type Changes = Readonly<Record<string, unknown>>;
/** A home as its owner would write it down, what is wrong or right about it, and the circles that it runs in. */
export type Case = readonly [what: string, changes: Changes, paths: readonly string[]];
export type RightCase = readonly [what: string, changes: Changes];

/** The home of a right configuration with some keys changed, read as the program reads it. */
export function homeWith(changes: Changes): Home {
    const checked = checkConfig(raw(changes));
    if ("problems" in checked) {
        throw new Error(JSON.stringify(checked.problems));
    }
    const { values } = checked;
    const apiHost = apiHostOf(values.kubeconfig);
    return homeOf({ ...values, alerting: alertingOf(values), apiHost });
}

export function pathsOf(changes: Changes): string[] {
    const { world, circles } = coldStart(homeWith(changes));
    return circles.map(({ hops }) => pathOf(world, hops));
}

export const route = (hostname: string, service: string) => ({ hostname, service });
export const git = route("git.home.example", "http://git.git.svc.cluster.local:3000");
export const images = (names: Partial<typeof required.images>) => ({
    images: { ...required.images, ...names },
});
export const forge = {
    name: "git",
    hostnames: ["git.home.example"],
    image: "docker.io/gitea/gitea:1",
};
export const agent = { ...node, name: "pi2", address: "192.168.1.12", role: "agent" };
const alerting = {
    grafanaAuth: "admin:admin",
    telegram: { chatId: "-100123" },
    telegramToken: `123456:${"a".repeat(35)}`,
    alerts: { runbooks: "https://example.org/runbooks" },
};
export const grafanaAt = (url: string) => ({
    ...alerting,
    grafana: { url, datasourceUid: "prometheus" },
});
export const kubeconfigAt = (server: string) =>
    `apiVersion: v1\nkind: Config\nclusters: [{ cluster: { server: "${server}" } }]`;
