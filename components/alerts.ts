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
        drives: [...new Set(nodes.map(({ volume }) => volume.drive))].sort(),
        replicas: tunnel.replicas,
        // As pi-volume.sh's --k3s-settings=fit has them.
        ...(nodes.some(({ volume }) => volume.k3sSettings)
            ? { kubelet: { collects: 25, evicts: 10 } }
            : {}),
        thresholds: alerting?.alerts.thresholds ?? {},
    };
}

/**
 * The list for one home, checked before anything is registered.
 * @throws pulumi.RunError that lists every mistake
 */
export function checkedAlerts(options: AlertOptions, runbooks: string): Alert[] {
    // What is compared for equality is a state: no home has another.
    const names = alerts({ ...options, thresholds: {} })
        .filter(({ threshold, comparison }) => threshold !== undefined && comparison !== "==")
        .map(({ name }) => name);
    const strange = Object.keys(options.thresholds).filter((name) => !names.includes(name));
    const list = alerts(options);
    const problems =
        strange.length > 0
            ? strange.map(
                  (name) =>
                      `rekindle:alerts.thresholds: there is no alert named "${name}" whose threshold can be set; there are ${names.join(", ")}.`,
              )
            : alertProblems(list, runbooks);
    if (problems.length > 0) {
        throw new pulumi.RunError(`${problems.join("\n")}\nNothing was changed.`);
    }
    return list;
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
    ].map((alert) => {
        const threshold = options.thresholds[alert.name];
        return threshold === undefined ? alert : { ...alert, threshold };
    });
}
