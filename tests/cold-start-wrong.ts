import {
    agent,
    digest,
    forge,
    git,
    grafanaAt,
    images,
    kubeconfigAt,
    route,
    type Case,
} from "./cold-start-homes";
import { node, sshKey } from "./right-config";

/** Each runs in a circle of another kind. */
export const wrongHomes: readonly Case[] = [
    [
        "the init container's image is served through the tunnel",
        images({ node: `git.home.example/dns${digest}` }),
        ["tunnel → image git.home.example/dns → git → tunnel"],
    ],
    [
        "the connector's image is served through the tunnel, under a declared service's name",
        {
            ...images({ cloudflared: `GIT.home.example:443/mirror/cloudflared:1${digest}` }),
            services: [{ ...forge, name: "forge" }],
        },
        ["tunnel → image GIT.home.example:443/mirror/cloudflared → forge → tunnel"],
    ],
    [
        "the registry of one path of a hostname serves its own image",
        {
            routes: [git, { ...git, path: "^/v2/", service: "http://registry.registry.svc:5000" }],
            services: [
                { ...forge, hostnames: [] },
                { name: "registry", image: "git.home.example/me/registry:1", needs: [] },
            ],
        },
        ["registry → image git.home.example/me/registry → registry"],
    ],
    [
        "a service needs a hostname of two services, one of which needs it",
        {
            routes: [git, { ...git, path: "^/v2/", service: "http://registry.registry.svc:5000" }],
            services: [
                { ...forge, hostnames: [] },
                { name: "registry", needs: ["auth"] },
                { name: "auth", needs: ["git.home.example"] },
            ],
        },
        ["registry → auth → git.home.example → registry"],
    ],
    [
        "the connector's image is served at a path that only Go's syntax can say",
        {
            routes: [
                git,
                {
                    ...{ ...git, path: "^/v2/", service: "http://registry.registry.svc:5000" },
                    path: "(?P<v>^/v2/)",
                },
            ],
            ...images({ cloudflared: `git.home.example/mirror/cloudflared:1${digest}` }),
        },
        ["tunnel → image git.home.example/mirror/cloudflared → registry → tunnel"],
    ],
    [
        "the registry is behind a wildcard",
        {
            routes: [route("*.home.example", "http://traefik.kube-system.svc")],
            ...images({ node: `registry.home.example/dns${digest}` }),
        },
        ["tunnel → image registry.home.example/dns → registry.home.example → tunnel"],
    ],
    [
        "a registry serves its own image",
        { services: [{ ...forge, image: "git.home.example/me/gitea:1" }] },
        ["git → image git.home.example/me/gitea → git"],
    ],
    [
        "a registry's database comes from the registry",
        {
            services: [
                { ...forge, needs: ["db"] },
                { name: "db", image: "git.home.example/me/postgres:16", needs: [] },
            ],
        },
        ["git → db → image git.home.example/me/postgres → git"],
    ],
    [
        "an internal registry serves its own image, without any tunnel",
        {
            services: [
                {
                    name: "registry",
                    hostnames: ["registry.lan"],
                    image: "registry.lan:5000/registry:2",
                },
            ],
        },
        ["registry → image registry.lan:5000/registry → registry"],
    ],
    [
        "a registry, which its route calls by service and namespace, serves its own image",
        {
            routes: [route("git.home.example", "http://gitea.forge:3000")],
            services: [{ name: "gitea", image: "git.home.example/me/gitea:1" }],
        },
        ["gitea → image git.home.example/me/gitea → gitea"],
    ],
    [
        "the tunnel needs a secret store by its URL",
        {
            routes: [git, route("vault.home.example", "http://vault.vault.svc:8200")],
            services: [{ name: "tunnel", needs: ["https://vault.home.example/v1"] }],
        },
        ["tunnel → vault → tunnel"],
    ],
    [
        "the drives are on a share that the cluster serves",
        {
            services: [
                { name: "k3s", needs: ["nas.lan:/srv/k3s"] },
                { name: "nfs", hostnames: ["nas.lan"] },
            ],
        },
        ["nfs → k3s → nfs"],
    ],
    [
        "two services need each other",
        {
            services: [
                { name: "vault", needs: ["sso"] },
                { name: "sso", needs: ["Vault"] },
            ],
        },
        ["vault → sso → vault"],
    ],
    ["a service needs itself", { services: [{ name: "ci", needs: ["ci"] }] }, ["ci → ci"]],
    [
        "the Pis ask the cluster's own DNS",
        { resolvers: ["10.43.0.10"] },
        ["dns → CoreDNS → image docker.io/rancher/mirrored-coredns-coredns → dns"],
    ],
    [
        "the Pis ask the cluster's own DNS, which is not at k3s's usual address",
        { clusterDns: "10.96.0.10", resolvers: ["10.96.0.10"] },
        ["dns → CoreDNS → image docker.io/rancher/mirrored-coredns-coredns → dns"],
    ],
    [
        "the Pis ask a service of a cluster with IPv6 alone, by its address",
        { clusterDns: ["fd00:43::a"], resolvers: ["fd00:43::53"] },
        ["dns → fd00:43::53 → image of fd00:43::53 → dns"],
    ],
    [
        "the Pis ask a service of a cluster whose Services lie beside the LAN",
        { clusterDns: "192.168.200.10", resolvers: ["192.168.200.53"] },
        ["dns → 192.168.200.53 → image of 192.168.200.53 → dns"],
    ],
    [
        "the Pis ask a service of the cluster, by its name",
        { resolvers: ["pihole"], services: [{ name: "pihole", image: "pihole/pihole:2026" }] },
        ["dns → pihole → image pihole/pihole → dns"],
    ],
    [
        "the Pis ask two services, and nobody outside",
        {
            resolvers: ["10.43.7.7", "adguard.dns.svc.cluster.local"],
            services: [{ name: "adguard" }],
        },
        ["dns → 10.43.7.7 → image of 10.43.7.7 → dns", "dns → adguard → image of adguard → dns"],
    ],
    [
        "one Pi alone asks a service of the cluster",
        {
            nodes: [node, { ...agent, resolvers: ["10.43.0.53"] }],
            sshPrivateKey: sshKey,
            resolvers: ["1.1.1.1"],
        },
        ["dns → dns of pi2 → 10.43.0.53 → image of 10.43.0.53 → dns"],
    ],
    [
        "the Pis ask a hostname behind the tunnel",
        {
            routes: [route("dns.home.example", "http://192.168.1.53")],
            resolvers: ["https://dns.home.example/dns-query"],
        },
        [
            "tunnel → image node → dns → dns.home.example → tunnel",
            "tunnel → image cloudflare/cloudflared → dns → dns.home.example → tunnel",
        ],
    ],
    [
        "Pulumi's state is behind the tunnel",
        {
            routes: [git, route("s3.home.example", "http://minio.store.svc:9000")],
            stateUrl: "s3://pulumi?endpoint=https://s3.home.example&region=home",
        },
        ["up → state backend → minio → tunnel → up"],
    ],
    [
        "Pulumi's state is in the cluster, without any tunnel",
        { services: [{ name: "minio" }], stateUrl: "s3://pulumi?endpoint=minio.store.svc:9000" },
        ["up → state backend → minio → up"],
    ],
    [
        "Pulumi's state is in one pod of a StatefulSet",
        { stateUrl: "s3://pulumi?endpoint=http://minio-0.minio.store.svc.cluster.local:9000" },
        ["up → state backend → minio → up"],
    ],
    [
        "Pulumi's state is on a Pi, by the router's name for it",
        {
            nodes: [node],
            sshPrivateKey: sshKey,
            stateUrl: "postgres://me@pi1.fritz.box:5432/pulumi",
        },
        ["up → state backend → pi1.fritz.box → up"],
    ],
    [
        "the git remote is on a Pi, whose address is written in another way",
        {
            nodes: [{ ...node, address: "fd00:0:0::B" }],
            sshPrivateKey: sshKey,
            gitUrl: "ssh://git@[fd00::b]/srv/home.git",
        },
        ["up → git remote → fd00::b → up"],
    ],
    [
        "Pulumi's state is on a Pi",
        { nodes: [node], sshPrivateKey: sshKey, stateUrl: "https://192.168.1.11:8443" },
        ["up → state backend → 192.168.1.11 → up"],
    ],
    [
        "the git remote is behind the tunnel",
        { services: [forge], gitUrl: "git@git.home.example:me/home.git" },
        ["up → git remote → git → tunnel → up"],
    ],
    [
        "the secret store is behind the tunnel",
        {
            routes: [git, route("vault.home.example", "http://vault.vault.svc:8200")],
            secretsUrl: "https://vault.home.example",
        },
        ["up → secret store → vault → tunnel → up"],
    ],
    [
        "Grafana is asked through the tunnel",
        {
            routes: [git, route("grafana.home.example", "http://grafana.monitoring.svc:3000")],
            ...grafanaAt("https://grafana.home.example"),
        },
        ["up → grafana → tunnel → up"],
    ],
    [
        "the cluster's API is asked through the tunnel",
        {
            routes: [route("k3s.home.example", "tcp://192.168.1.11:6443")],
            kubeconfig: kubeconfigAt("https://k3s.home.example:6443"),
        },
        ["up → k3s.home.example → tunnel → up"],
    ],
    [
        "a Pi is reached through the tunnel",
        {
            routes: [route("ssh.home.example", "ssh://192.168.1.11:22")],
            nodes: [{ ...node, address: "SSH.Home.Example" }],
            sshPrivateKey: sshKey,
        },
        ["up → ssh.home.example → tunnel → up"],
    ],
    [
        "Cloudflare's API is asked through the tunnel",
        {
            routes: [route("api.home.example", "http://proxy.net.svc")],
            cloudflareUrl: "https://api.home.example/client/v4",
        },
        ["up → Cloudflare's API → proxy → tunnel → up"],
    ],
    [
        "a route sends its requests to itself",
        { routes: [route("git.home.example", "https://git.home.example")] },
        ["git.home.example → git.home.example"],
    ],
    [
        "k3s's datastore runs in k3s",
        { services: [{ name: "k3s", needs: ["mysql"] }, { name: "mysql" }] },
        ["mysql → k3s → mysql"],
    ],
    [
        "k3s needs what it serves, and a path reads shorter than it is",
        { services: [forge, { name: "k3s", needs: ["git.home.example"] }] },
        ["git → k3s → git", "tunnel → k3s → git → tunnel", "up → k3s → git → tunnel → up"],
    ],
    [
        "the tunnel needs a secret store that is reached through it",
        {
            routes: [git, route("vault.home.example", "http://vault.vault.svc:8200")],
            services: [{ name: "tunnel", needs: ["vault.home.example"] }],
        },
        ["tunnel → vault → tunnel"],
    ],
    [
        "three circles in one house, the shortest first",
        {
            ...images({ node: `git.home.example/dns${digest}` }),
            services: [
                { ...forge, needs: ["db"] },
                { name: "db", needs: ["git"] },
            ],
            gitUrl: "https://git.home.example/me/home.git",
        },
        [
            "git → db → git",
            "tunnel → image git.home.example/dns → git → tunnel",
            "up → git remote → git → tunnel → up",
        ],
    ],
];
