import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labCa } from "./ca";
import { prepareBase, prepareCard } from "./card";
import { ensureCluster } from "./cluster";
import { ensureDemo } from "./demo";
import { pis } from "./facts";
import { goBuild, type GoProgram } from "./go";
import { makeImages, type Images } from "./images";
import { startInternet } from "./internet-client";
import { ensureMonitoring } from "./monitoring";
import { ensureNetwork, isNetworkUp } from "./network";
import { runRoot } from "./paths";
import { ensurePi } from "./pi";
import { installHostPackages } from "./preconditions";
import { runSteps, type Progress, type Timing } from "./progress";
import { ensureEngine } from "./pulumi/engine";
import { labSecrets } from "./secrets";
import { bundleStandIns } from "./stand-ins";

const k3s: GoProgram = {
    name: "k3s",
    package: "./kubernetes",
    // Upstream's release scripts set this; nodes show it as their version.
    variables: { "k8s.io/component-base/version.gitVersion": "v1.33.13" },
};
const coredns: GoProgram = { name: "coredns", package: "./coredns" };
const connector: GoProgram = { name: "connector", package: "./connector" };

/** What the other commands need to know of a running house. */
export interface House {
    readonly k3s: string;
    readonly images: Images;
}

interface Made {
    base: string;
    k3s: string;
    coredns: string;
    connector: string;
    images: Images;
    card: string;
}

const houseFile = join(runRoot, "house.json");

/** Whether there is a house, with its Pis on or off. */
export function isHouseRunning(): boolean {
    return existsSync(houseFile) && isNetworkUp();
}

/** @throws when the lab is not running */
export function runningHouse(): House {
    if (!isHouseRunning()) {
        throw new Error("The lab is not running: run `npm start` first.");
    }
    return JSON.parse(readFileSync(houseFile, "utf8")) as House;
}

/** Builds what is not built yet and boots what is not running yet, side by side where it can. */
export async function ensureHouse(): Promise<{ house: House; timings: Timing[] }> {
    const made: Partial<Made> = {};
    // A step starts only after those that fill what it takes.
    const need = <K extends keyof Made>(key: K): Made[K] => {
        const value = made[key];
        if (value === undefined) {
            throw new Error(`A step of the lab ran before "${key}" was made.`);
        }
        return value;
    };
    const compiled = (
        id: "connector" | "coredns" | "k3s",
        program: GoProgram,
        after: readonly string[],
    ) => ({
        ...{ id, after },
        run: async (progress: Progress) => {
            made[id] = await goBuild(program, progress);
        },
    });
    const timings = await runSteps([
        {
            id: "packages",
            title: "Host packages",
            seconds: 20,
            run: installHostPackages,
        },
        {
            id: "base",
            title: "Debian for the Pis",
            seconds: 60,
            after: ["packages"],
            run: async (progress) => {
                made.base = await prepareBase(progress);
            },
        },
        // The order of the Go builds, which go one after the other: the Pis boot while Pulumi is compiled.
        {
            ...compiled("connector", connector, ["packages"]),
            title: "Connector (stand-in for cloudflared), compiled",
            seconds: 40,
        },
        {
            ...compiled("coredns", coredns, ["connector"]),
            title: "CoreDNS, compiled from its Go module",
            seconds: 60,
        },
        {
            ...compiled("k3s", k3s, ["coredns"]),
            id: "kubernetes",
            title: "Kubernetes 1.33, compiled from its Go modules",
            seconds: 400,
        },
        {
            id: "pulumi",
            title: "Pulumi: CLI, Kubernetes provider, stand-in providers",
            seconds: 480,
            after: ["kubernetes"],
            run: async (progress) => {
                await ensureEngine(progress);
            },
        },
        {
            id: "images",
            title: "Container images",
            seconds: 4,
            after: ["base", "coredns", "connector"],
            run: async (progress) => {
                const { certFile } = await labCa();
                const parts = {
                    base: need("base"),
                    coredns: need("coredns"),
                    connector: need("connector"),
                };
                made.images = await makeImages({ ...parts, ca: certFile }, progress);
            },
        },
        {
            id: "card",
            title: "SD card image",
            seconds: 6,
            after: ["images", "kubernetes"],
            run: async (progress) => {
                made.card = await card(need("base"), need("k3s"), need("images"), progress);
            },
        },
        {
            id: "internet",
            title: "The internet outside the house (stand-ins: Cloudflare, Telegram, DNS)",
            seconds: 3,
            after: ["packages"],
            run: async () => {
                labSecrets();
                await ensureNetwork();
                await startInternet();
            },
        },
        {
            id: "pis",
            title: `${pis.length} Pis boot`,
            seconds: 10,
            after: ["card", "internet"],
            run: async (progress) => {
                const { pause } = need("images");
                const image = need("card");
                await Promise.all(
                    pis.map(async (pi) =>
                        ensurePi(pi, image, pause, (text) => {
                            progress(`${pi.name}: ${text}`);
                        }),
                    ),
                );
            },
        },
        {
            id: "cluster",
            title: "Kubernetes starts: nodes Ready, cluster DNS answers",
            seconds: 15,
            after: ["pis"],
            run: async (progress) => ensureCluster(need("k3s"), progress),
        },
        {
            id: "demo",
            title: "The house's own services: git, and a counter on each Pi",
            seconds: 4,
            after: ["cluster"],
            run: async (progress) => ensureDemo(need("k3s"), need("images").busybox, progress),
        },
        {
            id: "monitoring",
            title: "What watches the house: Prometheus, and stand-ins for Grafana and kube-state-metrics",
            seconds: 6,
            after: ["cluster"],
            run: async (progress) => ensureMonitoring(need("k3s"), need("images").node, progress),
        },
    ]);
    const house: House = { k3s: need("k3s"), images: need("images") };
    writeFileSync(houseFile, JSON.stringify(house, null, 2));
    return { house, timings };
}

/** Compiles beforehand what takes longest, so that a start finds it made. */
export async function compileCluster(): Promise<void> {
    for (const program of [k3s, coredns]) {
        await goBuild(program, () => undefined);
    }
    await ensureEngine(() => undefined);
}

async function card(
    base: string,
    binary: string,
    images: Images,
    progress: Progress,
): Promise<string> {
    const manifest = readFileSync(join(__dirname, "kubernetes/manifests/coredns.yaml"), "utf8");
    const manifests = { "coredns.yaml": manifest.replace("COREDNS", images.coredns) };
    const standIns = await bundleStandIns();
    const { certFile: ca } = await labCa();
    const parts = { base, k3s: binary, images: images.archive, ca, manifests, standIns };
    return prepareCard(parts, progress);
}
