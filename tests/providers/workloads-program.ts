/** A program of the kind of index.ts, with one workload: workloads.test.ts says which, and runs it on Pulumi's engine. */
import "../../proven-config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const { image = "", way = "", folder = "", file = "", chart = "" } = process.env;

// Without a cluster: what would be created is written to a folder.
const provider = new k8s.Provider("rendered", { renderYamlToDirectory: folder });
const opts = { provider };

function blog(image: pulumi.Input<string>) {
    const labels = { app: "blog" };
    return {
        apiVersion: "apps/v1" as const,
        kind: "Deployment" as const,
        metadata: { name: "blog", namespace: "default" },
        spec: {
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
        },
    };
}

/** The workload, in each way that a program can register one. */
const ways: Readonly<Record<string, () => unknown>> = {
    resource: () => new k8s.apps.v1.Deployment("way", blog(image), opts),
    text: () => new k8s.yaml.v2.ConfigGroup("way", { yaml: JSON.stringify(blog(image)) }, opts),
    file: () => new k8s.yaml.v2.ConfigFile("way", { file }, opts),
    chart: () => {
        const args = { chart, name: "blog", values: { image } };
        return new k8s.helm.v4.Chart("way", args, opts);
    },
    // A preview does not know the id of what is not made yet.
    later: () => {
        const data = { image };
        const { id } = new k8s.core.v1.ConfigMap("known", { data }, opts);
        const known = id.apply(() => image);
        return new k8s.apps.v1.Deployment("way", blog(known), opts);
    },
};
ways[way]?.();
