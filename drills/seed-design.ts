import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { askCloudflare } from "../lab/ask-cloudflare";
import { accountId, zone } from "../lab/facts";
import { runningHouse } from "../lab/house";
import { internetClient } from "../lab/internet-client";
import { kubectl } from "../lab/kubectl";
import { seed } from "../lab/seed-leftovers";
import { promiseUndo } from "../lab/undo";
import type { House } from "./house";

/** The image that the seed's init container runs, from a registry behind its own tunnel. */
export const seedImage = `${seed.hostname}/dns:1.manifest`;
export const seedUrl = `https://${seed.hostname}/`;

/**
 * Runs the services of the seed's design beside the house: its registry, and with `tunnel` the tunnel that needs an image of it.
 * @throws when that tunnel, with its image served through itself, does not come up while all is well
 */
export async function applySeedDesign(house: House, tunnel: boolean): Promise<void> {
    promiseUndo({ kind: "seed" });
    const { k3s, images } = runningHouse();
    const documents = readFileSync(join(__dirname, "seed-design.yaml"), "utf8")
        .replaceAll("BUSYBOX", images.busybox)
        .replaceAll("CONNECTOR", images.cloudflared)
        .replaceAll("IMAGE", seedImage)
        .split("---\n");
    const design = documents.filter((text) => tunnel || !text.includes("name: cloudflared"));
    const apply = async (input: string) => kubectl(k3s, ["apply", "-f", "-"], { input });
    const rollout = async (name: string) =>
        house.kube(
            ...["-n", seed.namespace, "rollout", "status", `deployment/${name}`],
            ...["--timeout=120s", "--request-timeout=0"],
        );
    const withoutImage = design.map((text) =>
        text.replace(/ +initContainers:\n(?: {16}.*\n)+/, ""),
    );
    if (tunnel) {
        withoutImage.push(stringify(await tokenSecret()));
    }
    // By hand at first, as its author had it: the tunnel stands before anything in it needs an image of the house.
    await apply(withoutImage.join("---\n"));
    await rollout("registry");
    if (!tunnel) {
        return;
    }
    await rollout("cloudflared");
    await answers(house);
    await apply(design.join("---\n"));
    await rollout("cloudflared");
    await answers(house);
}

/** Empties every Pi's cache of the image that the house itself serves. */
export async function coolCache(house: House): Promise<void> {
    const remove = `ctr --address /run/k3s/containerd/containerd.sock --namespace k8s.io images list -q | grep '^${seed.hostname}/' | xargs -r ctr --address /run/k3s/containerd/containerd.sock --namespace k8s.io images rm`;
    await Promise.all(house.pis.map(async (pi) => house.ssh(pi, `${remove}\ntrue`)));
}

/** Its tunnel and record; the record is one of somebody else for the stack. */
async function tokenSecret(): Promise<object> {
    const secret = randomBytes(32).toString("base64");
    const { id } = await askCloudflare<{ id: string }>("POST", "/cfd_tunnel", {
        ...{ name: seed.tunnel, config_src: "local", tunnel_secret: secret },
    });
    await internetClient().addRecord({
        ...{ zoneId: zone.id, type: "CNAME", name: seed.hostname, proxied: true },
        content: `${id}.cfargotunnel.com`,
    });
    const token = Buffer.from(JSON.stringify({ a: accountId, t: id, s: secret })).toString(
        "base64",
    );
    return {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "token", namespace: seed.namespace },
        stringData: { token },
    };
}

async function answers(house: House): Promise<void> {
    const end = Date.now() + 60_000;
    while ((await house.visit(seedUrl)) !== 200) {
        if (Date.now() > end) {
            throw new Error(
                `${seedUrl} does not answer while the house is well: see \`npm run -s lab -- kubectl -n ${seed.namespace} get pods\`.`,
            );
        }
        await delay(500);
    }
}
