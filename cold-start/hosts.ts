import { isIP } from "node:net";
import { imageHost, imageName } from "../config/addresses";
import type { Home, Service } from "./home";
import type { Placed } from "./route-paths";
import { backendsOf, type Backend } from "./backends";
import { ids, piId } from "./machines";
import type { Place } from "./needs";
import { atlas, type Atlas, type Spot } from "./places";
import type { Draft } from "./world";

/** Where something lies that is found at such a spot. */
const places: Readonly<Record<Spot["is"], Place>> = {
    ...{ hostname: "cluster", service: "cluster", stranger: "cluster", cluster: "cluster" },
    ...{ pi: "house", loopback: "house", lan: "house" },
    ...{ unrouted: "unknown", outside: "outside" },
};
const coreDns = "docker.io/rancher/mirrored-coredns-coredns";

/** Adds what answers at a host, where an image comes from, and what these need in turn, each when it is first met. */
export class Hosts {
    readonly spot: (host: string) => Spot;
    private readonly clusterDns: readonly string[];
    /** Names that no other thing is called by. */
    private readonly taken: Set<string>;
    private readonly map: Atlas;

    constructor(
        private readonly draft: Draft,
        home: Home,
    ) {
        this.map = atlas(home);
        ({ spot: this.spot } = this.map);
        this.clusterDns = home.clusterDns;
        this.taken = new Set([...Object.values(ids), ...home.services.map(({ name }) => name)]);
    }

    /** @returns the id of what answers at a host */
    answering(host: string, spot = this.spot(host)): string {
        const { draft } = this;
        const id = `at:${host}`;
        switch (spot.is) {
            case "hostname":
                return this.hostname(host, spot.routes);
            case "service":
                return spot.service.id;
            case "stranger":
                return this.stranger(spot.name, spot.namespace);
            case "cluster":
                return this.clusterAddress(host);
            case "pi":
                if (draft.isNew(id, host, "house", "whether that runs in k3s or beside it")) {
                    const { name, index } = spot.pi;
                    draft.need(id, piId(name), `${host} is this Pi`, `nodes[${index}]`);
                }
                return id;
            case "loopback":
                return draft.thing(id, host, "house", "what stands behind it on each Pi");
            case "lan":
                return draft.thing(id, host, "house", "what it needs");
            case "unrouted":
                return draft.thing(
                    id,
                    host,
                    "unknown",
                    "where it is: its zone is yours, and no route has it",
                );
            case "outside":
                if (draft.isNew(id, host, "outside")) {
                    draft.need(id, ids.internet, "it is outside the house", "");
                }
                return id;
        }
    }

    /** @returns the id of an image, which is needed by whatever runs it */
    image(image: string, key: string): string {
        const { draft } = this;
        const id = `image:${image}`;
        const host = imageHost(image);
        if (draft.isNew(id, `image ${imageName(image)}`, places[this.spot(host).is])) {
            draft.need(id, this.registry(host, image), `it is pulled from ${host}`, key);
            if (isIP(host) === 0 && host !== "localhost") {
                draft.need(id, ids.dns, `the Pi that pulls it looks ${host} up`, key);
            }
        }
        return id;
    }

    /** An image that nobody told: wherever it is, its host has to be looked up. */
    untoldImage(of: string, key: string): string {
        const { draft } = this;
        const id = `image-of:${of}`;
        if (draft.isNew(id, `image of ${of}`, "unknown", "where it is pulled from")) {
            draft.need(id, ids.dns, "the Pi that pulls it looks its registry up", key);
        }
        return id;
    }

    /** What an image is pulled from: of a hostname with several services the one that answers pulls. */
    private registry(host: string, image: string): string {
        const spot = this.spot(host);
        if (spot.is !== "hostname" || spot.routes.every(({ route }) => route.path === undefined)) {
            return this.answering(host, spot);
        }
        const name = imageName(image).replace(/^[^/]*\//, "");
        const route = this.map.answering(host, `/v2/${name}/manifests/latest`);
        return route === undefined
            ? this.answering(host, spot)
            : this.hostname(host, [route], `route:${route.index}:${host}`);
    }

    /** A public hostname: the tunnel, and what is behind it. One with several services needs all of them. */
    private hostname(host: string, routes: readonly Placed[], id = `hostname:${host}`): string {
        const { draft } = this;
        const all = backendsOf(this.map, host, routes);
        const owners = all.flatMap(({ services }) => services);
        if (owners.length > 0 && owners.every(({ optional }) => optional === true)) {
            draft.failsOpen(id);
        }
        const key = `routes[${routes[0]?.index ?? 0}]`;
        if (draft.isNew(id, this.labelFor(host, all), "cluster")) {
            draft.need(id, ids.tunnel, `${host} is reached through the tunnel only`, key);
            draft.need(id, ids.edge, `${host} is looked up and answered there`, key);
            for (const { services, behind, spot, index } of all) {
                const found = services.map((service) => service.id);
                const other = behind === undefined ? [] : [this.answering(behind, spot)];
                for (const backend of found.length > 0 ? found : other) {
                    draft.need(id, backend, `it answers ${host}`, `routes[${index}].service`);
                }
            }
        }
        return id;
    }

    /** A hostname of several services is called by its own name. */
    private labelFor(host: string, all: readonly Backend[]): string {
        const names = new Set(
            all.map(({ services: [owner], spot, isNamed }) =>
                isNamed ? this.nameBehind(owner, spot, host) : host,
            ),
        );
        const [only = host, ...more] = names;
        return more.length === 0 ? only : host;
    }

    /** People call a hostname by the service behind it. */
    private nameBehind(owner: Service | undefined, spot: Spot | undefined, host: string): string {
        if (owner === undefined && spot?.is === "stranger") {
            const { label } = this.draft.things.get(this.stranger(spot.name, spot.namespace)) ?? {};
            return label ?? host;
        }
        return owner?.name ?? host;
    }

    /** A service of the cluster that is not declared. */
    private stranger(name: string, namespace: string): string {
        const { draft } = this;
        const id = `stranger:${name}.${namespace}`;
        // Two of one name in two namespaces, or one that is named like a part of the house.
        const isTaken = !draft.things.has(id) && this.taken.has(name);
        const label = isTaken ? `${name}.${namespace}` : name;
        this.taken.add(label);
        return this.undeclared(id, label, "what it needs: it is not under services");
    }

    private clusterAddress(host: string): string {
        const id = `at:${host}`;
        if (!this.clusterDns.includes(host)) {
            return this.undeclared(id, host, "which service has this address");
        }
        if (this.draft.isNew(id, "CoreDNS", "cluster")) {
            this.draft.need(id, ids.k3s, "it runs in the cluster", "");
            this.draft.need(id, this.image(coreDns, ""), "k3s runs it from that", "");
        }
        return id;
    }

    private undeclared(id: string, label: string, unknown: string): string {
        const { draft } = this;
        if (draft.isNew(id, label, "cluster", unknown)) {
            draft.need(id, ids.k3s, "it runs in the cluster", "");
            draft.need(id, this.untoldImage(label, "services"), "its pod runs it", "services");
        }
        return id;
    }
}
