import { imageHost, imageName } from "../config/addresses";
import type { Home, Service } from "./home";
import type { Need } from "./needs";
import { atlas } from "./places";
import { coldStart } from "./proof";
import { labelOf, report } from "./words";

/** What a workload is called. */
export interface WorkloadNames {
    /** For people. */
    readonly shown: string;
    /** By which a service could be declared, the most exact one first. */
    readonly all: readonly string[];
}

/** What is wrong with a workload's image; undefined where nothing is. */
export type ImageCheck = (image: string, names: WorkloadNames) => string | undefined;

/** Finds images that are pulled through the tunnel by workloads that the proof has not seen. */
export function imageCheck(home: Home): ImageCheck {
    const { spot } = atlas(home);
    // Those of the tunnel itself are part of the proof.
    const own = new Set(Object.values(home.images).map(imageName));
    const byName = new Map(home.services.map((each) => [each.name.toLowerCase(), each]));
    const byImage = new Map(
        home.services.map((each) => [each.image === undefined ? "" : imageName(each.image), each]),
    );
    return (image, names) => {
        if (spot(imageHost(image)).is !== "hostname" || own.has(imageName(image))) {
            return undefined;
        }
        if (byImage.has(imageName(image))) {
            return undefined;
        }
        const service = names.all.map((name) => byName.get(name.toLowerCase())).find(Boolean);
        return service ? withImage(home, service, image) : stranger(home, names.shown, image);
    };
}

/** The proof once more, with an image that a declared service runs instead of the one it declares. */
function withImage(home: Home, service: Service, image: string): string | undefined {
    const services = home.services.map((each) => (each === service ? { ...each, image } : each));
    const proof = coldStart({ ...home, services });
    return proof.circles.length === 0 ? undefined : report(proof);
}

/** Nobody declared it, so the tunnel or its registry may be waiting for it. */
function stranger(home: Home, name: string, image: string): string | undefined {
    const id = "service:undeclared";
    const service = { id, name: "undeclared", hostnames: [], image, optional: false };
    const { world } = coldStart({ ...home, services: [...home.services, service] });
    const path = pathToTunnel(world.needs, id);
    if (path === undefined) {
        return undefined;
    }
    const labels = [name, ...path.slice(1).map((id) => labelOf(world, id))];
    const shown = labels.filter((label, index) => index === 0 || label !== labels[index - 1]);
    return [
        `  ${shown.join(" → ")}`,
        `    Nobody declared who needs ${name}: if ${shown.slice(2).join(" or ")} does, neither comes back after a power cut.`,
        "    Ways out, any one of them:",
        "      1. run it from a public image, or from an internal-only second registry (registry.lan:5000, say)",
        `      2. declare it, and say which services need it: rekindle:services with { name: ${name}, image: ${imageName(image)}, needs: [] }`,
        "      3. if whoever pulls from that registry starts without it, declare the registry's service with optional: true",
    ].join("\n");
}

/** The shortest way over needs that do not fail open; undefined where there is none. */
function pathToTunnel(needs: readonly Need[], from: string): string[] | undefined {
    const before = new Map<string, string>([[from, ""]]);
    for (const at of before.keys()) {
        const required = needs.filter((need) => need.from === at && !need.optional);
        for (const to of required.filter(({ when }) => when === "power-on").flatMap((n) => n.to)) {
            before.set(to, before.get(to) ?? at);
        }
    }
    const path: string[] = [];
    for (let at = "tunnel"; before.has(at); at = before.get(at) ?? "") {
        path.unshift(at);
    }
    return path.length === 0 ? undefined : path;
}
