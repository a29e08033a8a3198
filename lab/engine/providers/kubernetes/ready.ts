import { isObject, type Values } from "../../values";
import type { ClusterClient } from "./client";
import { follow } from "./follow";
import { collectionPath, field, items, kindOf, numberField, textField } from "./kinds";

/** Waits as pulumi-kubernetes does by kind, and returns why the object is not ready in time; empty when it is. */
export async function waitUntilReady(
    client: ClusterClient,
    type: string,
    object: Values,
    seconds: number,
    status: (text: string) => void,
): Promise<string[]> {
    const signal = AbortSignal.timeout(seconds * 1000);
    switch (type) {
        case "kubernetes:apps/v1:Deployment":
            return waitForRollout(client, object, signal, status);
        case "kubernetes:core/v1:Service":
            return waitForService(client, object, signal);
        default:
            return [];
    }
}

async function waitForRollout(
    client: ClusterClient,
    deployment: Values,
    signal: AbortSignal,
    status: (text: string) => void,
): Promise<string[]> {
    const path = collectionPath(kindOf("kubernetes:apps/v1:Deployment"), deployment);
    const name = textField(deployment, "metadata", "name");
    const generation = numberField(deployment, "metadata", "generation");
    const over = new AbortController();
    let latest = deployment;
    let pods: readonly Values[] = [];
    let told = "";
    const tell = () => {
        const text = [progress(latest), ...podProblems(pods, latest)].join("; ");
        if (text !== told) {
            told = text;
            status(text);
        }
    };
    const labels = field(deployment, "spec", "selector", "matchLabels");
    const watchingPods = follow(
        client,
        path.replace(/^\/apis\/apps\/v1(.*)deployments$/, "/api/v1$1pods"),
        { labelSelector: selectorText(isObject(labels) ? labels : {}) },
        AbortSignal.any([signal, over.signal]),
        (seen) => {
            pods = seen;
            tell();
            return false;
        },
    );
    try {
        const selector = { fieldSelector: `metadata.name=${name}` };
        const ready = follow(client, path, selector, signal, ([seen]) => {
            latest = seen ?? latest;
            tell();
            return isRolledOut(latest, generation);
        });
        // The pods' watch only ends by itself when it fails.
        const done = await Promise.race([ready, watchingPods.then(async () => ready)]);
        return done ? [] : rolloutErrors(latest, pods);
    } finally {
        over.abort();
        await watchingPods;
    }
}

/** Whether every pod of the wanted generation is there and has been available for minReadySeconds, and no older one is left. */
export function isRolledOut(deployment: Values, generation: number): boolean {
    const replicas = field(deployment, "spec", "replicas") ?? 1;
    const count = (key: string) => numberField(deployment, "status", key);
    return (
        count("observedGeneration") >= generation &&
        condition(deployment, "Available")?.["status"] === "True" &&
        condition(deployment, "Progressing")?.["reason"] === "NewReplicaSetAvailable" &&
        ["updatedReplicas", "availableReplicas", "replicas"].every((key) => count(key) === replicas)
    );
}

function progress(deployment: Values): string {
    const replicas = numberField(deployment, "spec", "replicas");
    const updated = numberField(deployment, "status", "updatedReplicas");
    const available = numberField(deployment, "status", "availableReplicas");
    return `${updated} of ${replicas} pods updated, ${available} available`;
}

/** In the words of pulumi-kubernetes. */
function rolloutErrors(deployment: Values, pods: readonly Values[]): string[] {
    const conditions = ["Available", "Progressing"].flatMap((type) => {
        const found = condition(deployment, type);
        return found?.["status"] === "False"
            ? [`[${textField(found, "reason")}] ${textField(found, "message")}`]
            : [];
    });
    const available = condition(deployment, "Available")?.["status"] === "True";
    return [
        `'${textField(deployment, "metadata", "name")}' timed out waiting to be Ready`,
        ...conditions,
        available
            ? "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"
            : "Minimum number of live Pods was not attained",
        ...podProblems(pods, deployment),
    ];
}

/** Why pods of the newest template are not ready: the image cannot be had, no node takes them, a container crashes. */
export function podProblems(pods: readonly Values[], deployment: Values): string[] {
    return pods
        .filter((pod) => isNewest(pod, pods) && pod["metadata"] !== undefined)
        .flatMap((pod) => {
            const waiting = ["initContainerStatuses", "containerStatuses"]
                .flatMap((key) => items(field(pod, "status", key)))
                .map((container) => field(container, "state", "waiting"))
                .filter((state) => textField(state, "message") !== "")
                .map((state) => `[${textField(state, "reason")}] ${textField(state, "message")}`);
            const scheduled = condition(pod, "PodScheduled");
            const unscheduled =
                scheduled?.["status"] === "False"
                    ? [`[${textField(scheduled, "reason")}] ${textField(scheduled, "message")}`]
                    : [];
            const problems = [...unscheduled, ...waiting];
            if (problems.length === 0) {
                return [];
            }
            const ready = textField(condition(pod, "Ready"), "message");
            const namespace = textField(deployment, "metadata", "namespace");
            const where = namespace === "default" ? "" : `${namespace}/`;
            const name = textField(pod, "metadata", "name");
            return [`[Pod ${where}${name}]: ${ready}${problems.join("")}`];
        });
}

/** Pods of an older template are on their way out; what they say is no longer of interest. */
function isNewest(pod: Values, pods: readonly Values[]): boolean {
    const hash = (one: Values) => textField(one, "metadata", "labels", "pod-template-hash");
    const made = (one: Values) => textField(one, "metadata", "creationTimestamp");
    const newest = [...pods].sort((a, b) => made(b).localeCompare(made(a)))[0];
    return newest !== undefined && hash(pod) === hash(newest);
}

/**
 * A Service with a selector is ready when none of the pods behind it is unready, one for a load balancer when it has an address,
 * any other at once. The real provider also lets the endpoints settle for ten seconds; that wait is left out.
 */
async function waitForService(
    client: ClusterClient,
    service: Values,
    signal: AbortSignal,
): Promise<string[]> {
    const name = textField(service, "metadata", "name");
    const type = textField(service, "spec", "type");
    const late = `'${name}' timed out waiting to be Ready`;
    if (type === "LoadBalancer") {
        const path = collectionPath(kindOf("kubernetes:core/v1:Service"), service);
        const selector = { fieldSelector: `metadata.name=${name}` };
        const given = await follow(
            client,
            path,
            selector,
            signal,
            ([seen]) => items(field(seen, "status", "loadBalancer", "ingress")).length > 0,
        );
        return given
            ? []
            : [
                  late,
                  "Service was not allocated an IP address; does your cloud provider support this?",
              ];
    }
    const selector = field(service, "spec", "selector");
    const followed = isObject(selector) && Object.keys(selector).length > 0;
    if (!followed || type === "ExternalName" || field(service, "spec", "clusterIP") === "None") {
        return [];
    }
    const namespace = textField(service, "metadata", "namespace");
    const ready = await follow(
        client,
        `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
        { labelSelector: `kubernetes.io/service-name=${name}` },
        signal,
        (slices) =>
            slices.length > 0 &&
            slices
                .flatMap((slice) => items(slice["endpoints"]))
                .every((endpoint) => field(endpoint, "conditions", "ready") !== false),
    );
    return ready
        ? []
        : [
              late,
              "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods",
          ];
}

function condition(object: Values, type: string): Values | undefined {
    return items(field(object, "status", "conditions")).find((one) => one["type"] === type);
}

function selectorText(labels: Values): string {
    return Object.entries(labels)
        .map(([key, value]) => `${key}=${typeof value === "string" ? value : ""}`)
        .join(",");
}
