// What each alert is tried with: series that just make it fire and series that just do not, at the threshold itself. A file for each of
// components/alerts-*.ts.

import { monitoringCases } from "./cases-monitoring";
import { nodesCases } from "./cases-nodes";
import { storageCases } from "./cases-storage";
import { tunnelCases } from "./cases-tunnel";
import { workloadsCases } from "./cases-workloads";
import type { Case } from "./series";

/** All but PrometheusDown, which speaks when there is no Prometheus to test it with. */
export const cases: Readonly<Record<string, Case>> = {
    ...storageCases,
    ...nodesCases,
    ...tunnelCases,
    ...workloadsCases,
    ...monitoringCases,
};
