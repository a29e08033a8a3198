import { setTimeout as delay } from "node:timers/promises";
import type { Watch } from "./drill";
import { raiseCanary, type Canary } from "./canary";
import type { House, Pi } from "./house";
import { everyMs } from "./milestones";

/** A Pi that boots: it answers, its data is mounted, k3s runs, its node is Ready. */
export function bootWatches(house: House, pi: Pi): Watch[] {
    return [
        sshWatch(house, pi, 180),
        mountWatch(house, pi, 240),
        k3sWatch(house, pi, 300),
        nodeWatch(house, pi, 300),
    ];
}

/** A Pi answers over SSH. */
function sshWatch(house: House, pi: Pi, limit: number): Watch {
    return host(pi, "SSH", limit, async () => {
        await house.ssh(pi, "true");
        return true;
    });
}

/** k3s's data is mounted. One look waits on the Pi itself: a new connection for each would slow the boot that is timed. */
export function mountWatch(house: House, pi: Pi, limit: number): Watch {
    return host(pi, "mount", limit, waiting(house, pi, "findmnt -rn /var/lib/rancher"));
}

/** k3s's unit is active. */
export function k3sWatch(house: House, pi: Pi, limit: number): Watch {
    const unit = pi.role === "server" ? "k3s" : "k3s-agent";
    return host(pi, "k3s", limit, waiting(house, pi, `systemctl is-active ${unit}`));
}

/** Kubernetes has heard of the node since zero, and calls it Ready. */
export function nodeWatch(house: House, pi: Pi, limit: number): Watch {
    return host(pi, "node Ready", limit, async (zero) => {
        const lease = ["-n", "kube-node-lease", "get", "lease", pi.name];
        const renewed = await house.kube(...lease, "-o", "jsonpath={.spec.renewTime}");
        const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
        return (
            Date.parse(renewed) > zero &&
            (await house.kube("get", "node", pi.name, "-o", ready)) === "True"
        );
    });
}

/** The Kubernetes API is ready to serve. */
export function apiWatch(house: House, limit: number): Watch {
    return {
        ...{ name: "API", limit },
        look: async () => (await house.kube("get", "--raw", "/readyz")) === "ok",
    };
}

/** A connector has joined the tunnel since zero. */
export function tunnelWatch(house: House, limit: number): Watch {
    return {
        ...{ name: "tunnel", limit },
        look: async (zero) => {
            const opened = (await house.tunnels())
                .filter(({ name, deleted }) => name === house.tunnelName && !deleted)
                .flatMap(({ connections }) => connections)
                .filter((moment) => moment >= zero);
            return opened.length > 0 && Math.min(...opened);
        },
    };
}

/** A visitor from outside gets what the house serves. One comes at each look: a connection that hangs keeps no other waiting. */
export function publicWatch(house: House, limit: number): Watch {
    let served: number | undefined;
    const visitor = async () => {
        if ((await house.visit(`https://${house.hostnames[0] ?? ""}/`)) === 200) {
            served ??= Date.now();
        }
    };
    return {
        ...{ name: "first public 200", limit },
        look: async () => {
            // Nobody waits for one that is not served.
            await Promise.race([visitor().catch(() => undefined), delay(everyMs)]);
            return served ?? false;
        },
    };
}

/**
 * An alert outside the mute arrives in the chat.
 * @param ready whether the drill has done its part and the mute is in force: before that Grafana itself may be about to go
 */
export function canaryWatch(
    house: House,
    canary: Canary,
    limit: number,
    ready: () => Promise<boolean>,
): Watch {
    let raised = false;
    return {
        ...{ name: "canary delivered", limit },
        look: async (zero) => {
            if (!raised && (await ready())) {
                await raiseCanary(house, canary);
                raised = true;
            }
            return raised && (await house.heard(canary, zero));
        },
    };
}

function host(pi: Pi, name: string, limit: number, look: Watch["look"]): Watch {
    return { name, host: pi.name, limit, look };
}

function waiting(house: House, pi: Pi, condition: string): Watch["look"] {
    const script = `for i in $(seq 100); do ${condition} >/dev/null && exit 0; sleep 0.2; done; exit 1`;
    return async () => {
        await house.ssh(pi, script);
        return true;
    };
}
