import {
    agent,
    digest,
    forge,
    git,
    grafanaAt,
    images,
    route,
    type RightCase,
} from "./cold-start-homes";
import { node, required, sshKey } from "./right-config";

/** Each looks like one of the wrong ones, and comes back. */
export const rightHomes: readonly RightCase[] = [
    ["nothing but what is required", {}],
    [
        "a service whose image another service of the same hostname serves, at its own path",
        {
            routes: [git, { ...git, path: "^/v2/", service: "http://registry.registry.svc:5000" }],
            services: [
                { ...forge, hostnames: [], image: "git.home.example/me/gitea:1" },
                { name: "registry", image: "docker.io/library/registry:3", needs: [] },
            ],
        },
    ],
    [
        "the same, behind one proxy for all paths",
        {
            routes: [
                route("git.home.example", "http://traefik.kube-system.svc"),
                { ...route("git.home.example", "http://registry.registry.svc"), path: "^/v2/" },
            ],
            services: [
                { ...forge, image: "git.home.example/me/gitea:1" },
                { name: "registry", hostnames: ["git.home.example"], needs: [] },
            ],
        },
    ],
    [
        "the registry fails open",
        {
            ...images({ node: `git.home.example/dns${digest}` }),
            services: [{ ...forge, optional: true }],
        },
    ],
    [
        "a need that fails open, by a list",
        {
            services: [
                { name: "a", needs: ["b"], optional: ["b"] },
                { name: "b", needs: ["a"] },
            ],
        },
    ],
    [
        "a need that is listed as optional only",
        {
            services: [
                { name: "a", optional: ["b"] },
                { name: "b", needs: ["a"] },
            ],
        },
    ],
    [
        "a need that fails open, by another name of it",
        {
            services: [
                { ...forge, needs: ["wiki"] },
                { name: "wiki", needs: ["git.home.example"], optional: ["git"] },
            ],
        },
    ],
    [
        "an own image that fails open",
        { services: [{ ...forge, image: "git.home.example/me/gitea:1", optional: ["image"] }] },
    ],
    [
        "an image from a public registry of a similar name",
        images({ node: `git.home.example.org/dns${digest}` }),
    ],
    [
        "an image from a registry whose name only ends alike",
        images({ node: `evilgit.home.example.net/dns${digest}` }),
    ],
    [
        "an image of Docker Hub whose user is called like the registry",
        images({ node: `git-home-example/dns${digest}` }),
    ],
    [
        "Docker Hub's short names",
        images({
            node: `node${digest}`,
            cloudflared: `index.docker.io/cloudflare/cloudflared${digest}`,
        }),
    ],
    [
        "a registry with a port, in upper case, with a dot at its end",
        images({ node: `Registry.Example.ORG.:5000/dns:1${digest}` }),
    ],
    ["a registry in another script", images({ node: `münchen.example.org/dns${digest}` })],
    ["a registry by its address on the LAN", images({ node: `192.168.1.5:5000/dns${digest}` })],
    ["a registry on each Pi", images({ node: `localhost:5000/dns${digest}` })],
    [
        "a second, internal-only registry beside the public one",
        {
            ...images({ node: `registry.lan:5000/dns${digest}` }),
            services: [
                forge,
                { name: "registry", hostnames: ["registry.lan"], image: "registry:2", needs: [] },
            ],
        },
    ],
    [
        "a wildcard beside the registry's zone",
        {
            zones: [...required.zones, { domain: "apps.example", id: "2".repeat(32) }],
            routes: [route("*.apps.example", "http://traefik.kube-system.svc")],
            ...images({ node: `registry.home.example/dns${digest}` }),
        },
    ],
    [
        "a wildcard that does not cover its own domain",
        {
            routes: [route("*.home.example", "http://a.b.svc")],
            ...images({ node: `home.example/dns${digest}` }),
        },
    ],
    [
        "a service from the registry, which nobody needs",
        {
            services: [
                forge,
                { name: "blog", image: "git.home.example/me/blog:1", needs: ["git"] },
            ],
        },
    ],
    [
        "a chain of services",
        {
            services: [
                { name: "a", needs: ["b"] },
                { name: "b", needs: ["c"] },
                { name: "c", needs: ["tunnel", "dns", "internet"] },
            ],
        },
    ],
    [
        "a resolver on the LAN at what k3s gives Services elsewhere",
        { clusterDns: "10.96.0.10", resolvers: ["10.43.0.10"] },
    ],
    [
        "a resolver on the LAN, beside the range of the cluster's Services",
        {
            nodes: [node],
            sshPrivateKey: sshKey,
            ...{ clusterDns: "192.168.200.10", resolvers: ["192.168.1.53"] },
        },
    ],
    ["two resolvers, of which one is in the cluster", { resolvers: ["10.43.0.10", "9.9.9.9"] }],
    [
        "two resolvers, of which one is behind the tunnel",
        {
            routes: [route("dns.home.example", "http://192.168.1.53")],
            resolvers: ["dns.home.example", "2606:4700:4700::1111"],
        },
    ],
    ["a resolver on the router", { resolvers: ["192.168.1.1"] }],
    [
        "two databases of one name, told apart by their namespaces",
        {
            routes: [route("blog.home.example", "http://db.blog.svc")],
            services: [
                { name: "db", needs: ["blog.home.example"] },
                { name: "blog/db", needs: [] },
            ],
        },
    ],
    [
        "a namespace that another one's service begins with",
        {
            routes: [route("ci.home.example", "http://github-runner.git.svc")],
            services: [{ name: "git", needs: ["ci.home.example"] }],
        },
    ],
    [
        "a resolver in the cluster whose image needs no look-up",
        {
            resolvers: ["pihole"],
            services: [{ name: "pihole", image: "192.168.1.5:5000/pihole:1" }],
        },
    ],
    [
        "state, repository and secrets outside",
        {
            stateUrl: "s3://b?region=eu",
            gitUrl: "git@github.com:me/home.git",
            secretsUrl: "passphrase",
        },
    ],
    [
        "state on the NAS, the repository in a folder",
        { stateUrl: "s3://b?endpoint=nas.lan:9000", gitUrl: "/home/me/rekindle" },
    ],
    [
        "a service that needs the repository",
        {
            services: [forge, { name: "flux", needs: ["git"] }],
            gitUrl: "https://github.com/me/home",
        },
    ],
    [
        "Grafana on the LAN, in a cluster that has a route to it too",
        {
            nodes: [node],
            sshPrivateKey: sshKey,
            routes: [git, route("grafana.home.example", "http://grafana.monitoring.svc:3000")],
            ...grafanaAt("http://192.168.1.11:30300"),
        },
    ],
    ["Grafana in its maker's cloud", grafanaAt("https://me.grafana.net")],
    [
        "k3s's drives on a share of an agent's Pi",
        {
            nodes: [node, agent],
            sshPrivateKey: sshKey,
            services: [{ name: "k3s", needs: ["pi2"] }],
        },
    ],
    [
        "three servers and an agent that is away",
        {
            nodes: ["pi1", "pi2", "pi3"]
                .map((name, index) => ({ ...node, name, address: `192.168.1.${index + 1}` }))
                .concat([{ ...agent, name: "pi4", address: "192.168.1.9" }]),
            sshPrivateKey: sshKey,
        },
    ],
    [
        "a route that the connector answers by itself",
        {
            routes: [
                route("a.home.example", "hello_world"),
                route("b.home.example", "http_status:404"),
            ],
        },
    ],
];
