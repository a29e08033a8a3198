import type { AlertOptions } from "../components/alert";

/** What the list of alerts depends on, of a home with one Pi, one kind of drive and two connectors. */
export const alertHome: AlertOptions = {
    volumes: [{ name: "pi1", address: "10.0.0.11" }],
    drives: ["/mnt/external"],
    replicas: 2,
    thresholds: {},
};
