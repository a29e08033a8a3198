import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config";
import type { Alert, AlertOptions } from "./alert";
import { nodeAlerts } from "./alerts-nodes";
import { storageAlerts } from "./alerts-storage";
import { tunnelAlerts } from "./alerts-tunnel";
import { alertProblems } from "./alert-problems";
import { monitoringAlerts } from "./alerts-monitoring";
import { controlPlaneAlerts, workloadAlerts } from "./alerts-workloads";

/** What the list depends on, from a home's configuration. */
export function alertOptions({
    nodes,
    tunnel,
    alerting,
}: Pick<Config, "nodes" | "tunnel" | "alerting">): AlertOptions {
    return {
        // A Pi that is away is no alarm.
        volumes: nodes.filter(({ away }) => !away).map(({ name, address }) => ({ name, address })),
        drives: [...new Set(nodes.map(({ volume }) => volume.drive))].sort(),
        replicas: tunnel.replicas,
        // As pi-volume.sh's --k3s-settings=fit has them.
        ...(nodes.some(({ volume }) => volume.k3sSettings)
            ? { kubelet: { collects: 25, evicts: 10 } }
            : {}),
        thresholds: alerting?.alerts.thresholds ?? {},
        off: alerting?.alerts.off ?? [],
    };
}

/**
 * The list for one home, checked before anything is registered.
 * @throws pulumi.RunError that lists every mistake
 */
export function checkedAlerts(options: AlertOptions, runbooks: string): Alert[] {
    const whole = alerts({ ...options, thresholds: {}, off: [] });
    // What is compared for equality is a state: no home has another.
    const settable = whole
        .filter(({ threshold, comparison }) => threshold !== undefined && comparison !== "==")
        .map(({ name }) => name);
    // Without the heartbeat the dead man's switch would speak for ever.
    const optional = whole
        .filter(({ severity }) => severity !== "heartbeat")
        .map(({ name }) => name);
    const list = alerts(options);
    const strange = [
        ...strangers(
            "thresholds",
            Object.keys(options.thresholds),
            settable,
            " whose threshold can be set",
        ),
        ...strangers("off", options.off ?? [], optional, " that can be left out"),
    ];
    const problems = strange.length > 0 ? strange : alertProblems(list, runbooks);
    if (problems.length > 0) {
        throw new pulumi.RunError(`${problems.join("\n")}\nNothing was changed.`);
    }
    return list;
}

/** Names that stand under a key and that no such alert has, each with those that there are. */
function strangers(
    key: string,
    names: readonly string[],
    known: readonly string[],
    which: string,
): string[] {
    return names
        .filter((name) => !known.includes(name))
        .map(
            (name) =>
                `rekindle:alerts.${key}: there is no alert named "${name}"${which}; there are ${known.join(", ")}.`,
        );
}

/**
 * Everything that is worth a message, as one list for one home. Grafana's rule groups, the Prometheus rule file and the
 * routes are made from it, and docs/runbooks has a page of each alert's name.
 */
export function alerts(options: AlertOptions): Alert[] {
    return [
        ...storageAlerts(options),
        ...nodeAlerts(),
        ...tunnelAlerts(options),
        ...workloadAlerts(),
        ...controlPlaneAlerts(),
        ...monitoringAlerts(),
    ]
        .filter(({ name }) => options.off?.includes(name) !== true)
        .map((alert) => {
            const threshold = options.thresholds[alert.name];
            return threshold === undefined ? alert : { ...alert, threshold };
        });
}
