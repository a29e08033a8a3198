import { drillNames } from "../lab/drill-leftovers";
import type { Watch } from "./drill";
import type { House } from "./house";
import type { DrillRecord, Milestone } from "./record";

const namespace = drillNames.floorNamespace;
const connectors = "app.kubernetes.io/name=cloudflared";

interface Pod {
    readonly spec: { readonly initContainers?: readonly { readonly image: string }[] };
    readonly status: {
        readonly conditions?: readonly {
            readonly type: string;
            readonly status: string;
            readonly lastTransitionTime: string;
        }[];
        readonly containerStatuses?: readonly {
            readonly restartCount: number;
            readonly state?: { readonly running?: { readonly startedAt: string } };
        }[];
    };
}

/**
 * A pod on each Pi that needs nothing but its image, which is there: no house can answer sooner than the first of them is Ready. The image
 * is the one that the tunnel's init container has; the program in it only waits.
 */
export async function runBare(house: House): Promise<void> {
    await removeBare(house);
    const [connector] = await pods(house, "-A", "-l", connectors);
    const image = connector?.spec.initContainers?.[0]?.image ?? "";
    await house.kube("create", "namespace", namespace);
    const waits = "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 60_000)";
    for (const pi of house.pis) {
        // Set here, not by the scheduler: it is not a part of the floor.
        const overrides = {
            spec: {
                nodeName: pi.name,
                terminationGracePeriodSeconds: 1,
                automountServiceAccountToken: false,
            },
        };
        await house.kube(
            ...["run", `bare-${pi.name}`, "-n", namespace, `--image=${image}`],
            ...["--image-pull-policy=IfNotPresent", `--overrides=${JSON.stringify(overrides)}`],
            ...["--command", "--", "node", "-e", waits],
        );
    }
    const wait = ["wait", "pods", "--all", "-n", namespace, "--for=condition=Ready"];
    await house.kube(...wait, "--timeout=60s", "--request-timeout=0");
}

export async function removeBare(house: House): Promise<void> {
    await house.kube(
        ...["delete", "namespace", namespace, "--ignore-not-found"],
        ...["--timeout=120s", "--request-timeout=0"],
    );
}

/** When the first of them is Ready, to the second: the kubelet tells no more. */
export function bareWatch(house: House, limit: number): Watch {
    return {
        ...{ name: "bare pod Ready", limit },
        look: async (zero) => {
            const ready = (await pods(house, "-n", namespace)).flatMap((pod) => readyAt(pod, zero));
            return ready.length > 0 && Math.min(...ready);
        },
    };
}

/**
 * What no design could be faster than: the first bare pod, and then the connector's own start, from its container's to its first
 * connection.
 */
export async function bareFloor(
    house: House,
    milestones: readonly Milestone[],
    zero: number,
): Promise<Pick<DrillRecord, "floor">> {
    const at = (name: string) => milestones.find((one) => one.name === name)?.at ?? NaN;
    const started = (await pods(house, "-A", "-l", connectors))
        .map(startedAt)
        .filter((moment) => moment >= zero);
    const [bare, tunnel] = [at("bare pod Ready"), at("tunnel")];
    const connector = tunnel - (Math.min(...started) - zero) / 1000;
    if (!Number.isFinite(bare + connector)) {
        return {};
    }
    return {
        floor: {
            parts: [
                { name: "a bare pod with a cached image is Ready", seconds: bare },
                { name: "the connector's own start", seconds: Math.max(round(connector), 0) },
            ],
        },
    };
}

async function pods(house: House, ...where: string[]): Promise<readonly Pod[]> {
    const list = await house.kube("get", "pods", ...where, "-o", "json");
    return (JSON.parse(list) as { items: Pod[] }).items;
}

/** Of a pod whose container was started again since zero; its state before that is what the API server still remembers. */
function readyAt(pod: Pod, zero: number): number[] {
    const ready = pod.status.conditions?.find(({ type }) => type === "Ready");
    const again = (pod.status.containerStatuses?.[0]?.restartCount ?? 0) > 0;
    // The kubelet's times are cut to seconds.
    return again && startedAt(pod) >= zero - 1000 && ready?.status === "True"
        ? [Date.parse(ready.lastTransitionTime)]
        : [];
}

function startedAt({ status }: Pod): number {
    return Date.parse(status.containerStatuses?.[0]?.state?.running?.startedAt ?? "");
}

function round(seconds: number): number {
    return Math.round(seconds * 10) / 10;
}
