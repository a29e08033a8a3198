import type { Cycle, Hop } from "./cycles";
import { serviceId } from "./home";
import type { World } from "./needs";

/** What can be done about a step of a circle, by the configuration that the step follows from. */
const byKey: readonly (readonly [RegExp, readonly string[]])[] = [
    [
        /^stateUrl$/,
        [
            "keep the state outside the house: `pulumi login` with an object store or a folder of this computer, and that in rekindle:stateUrl",
            "keep a copy outside, `pulumi stack export --file FILE` after each `up`, and name its place in rekindle:stateUrl: a rebuild begins with `pulumi stack import`",
        ],
    ],
    [
        /^gitUrl$/,
        [
            "mirror the repository to a host outside the house, and name the mirror in rekindle:gitUrl",
            "deploy from a clone on this computer, and name its path in rekindle:gitUrl",
        ],
    ],
    [
        /^secretsUrl$/,
        [
            "unlock the stack's secrets with a passphrase that is kept outside the house: `pulumi stack change-secrets-provider passphrase`, and `passphrase` in rekindle:secretsUrl",
            "use a cloud's key service, such as awskms://… or gcpkms://…",
        ],
    ],
    [
        /^grafana\.url$/,
        [
            "give Grafana's address on the LAN in rekindle:grafana.url, such as http://192.168.1.11:30300",
        ],
    ],
    [/^kubeconfig$/, ["put the server's address on the LAN into the kubeconfig"]],
    [/^nodes\[\d+\]\.address$/, ["give the Pi's address on the LAN"]],
    [
        /^cloudflareUrl$/,
        ["leave rekindle:cloudflareUrl out: Cloudflare's own API is outside the house"],
    ],
    [
        /resolvers$/,
        [
            "list a second resolver outside the house under rekindle:resolvers, such as 9.9.9.9",
            "run the resolver outside the cluster, on the router say, and list its address",
        ],
    ],
];

/** Ways to break a circle, the likeliest first, three at most. */
export function waysOut(world: World, hops: Cycle): string[] {
    const ways = [
        ...hops.flatMap(({ need }) => byKey.find(([key]) => key.test(need.key))?.[1] ?? []),
        ...(hops.some(({ need }) => /resolvers$/.test(need.key)) ? [] : imageWays(world, hops)),
        ...hops.flatMap((hop) => declaredWays(world, hop)),
        ...hops.flatMap((hop) => routeWays(hop)),
    ];
    return [...new Set(ways)].slice(0, 3);
}

/** An image from a registry that is in the circle itself. */
function imageWays(world: World, hops: Cycle): string[] {
    const at = hops.findIndex(({ need }) => /^image:/.test(need.from));
    const pulled = hops[at];
    if (pulled === undefined) {
        return [];
    }
    const image = world.things.get(pulled.need.from)?.label ?? "";
    const runner = hops.at(at - 1)?.need.from ?? "";
    const name = world.things.get(runner)?.label ?? runner;
    const inline =
        runner === "tunnel"
            ? "run the script inline from a ConfigMap, on a public image (as this program does with docker.io/library/node)"
            : `run ${name} from a public image, or a public image with its own part inline in a ConfigMap`;
    return [
        inline,
        `serve ${image} also from an internal-only second registry that needs neither (registry.lan:5000, say), and name that`,
        `if its pod does start without it, mark it: ${openRegistry(world, pulled)}: whoever needs it fails open`,
    ];
}

/** A registry that is called by its hostname is no service yet, behind a wildcard say: it becomes one by that hostname. */
function openRegistry({ things }: World, { to }: Hop): string {
    const name = things.get(to)?.label ?? to;
    const isHostname =
        to === `hostname:${name}` || (to.startsWith("route:") && to.endsWith(`:${name}`));
    return isHostname && !things.has(serviceId(name))
        ? `{ name: ${name}, hostnames: [${name}], optional: true } under rekindle:services`
        : `optional: true on the service ${name} under rekindle:services`;
}

/** A need that somebody declared. */
function declaredWays(world: World, { need, to }: Hop): string[] {
    if (!/^services\[\d+\]\.(needs|optional)/.test(need.key)) {
        return [];
    }
    const from = world.things.get(need.from)?.label ?? need.from;
    const needed = need.called ?? world.things.get(to)?.label ?? to;
    return [
        `take ${needed} out of the needs of ${from}, if it is not needed to start (rekindle:${need.key})`,
        `if ${from} starts without ${needed}, say so: optional: [${needed}]`,
    ];
}

/** A route that sends requests to a public hostname again. */
function routeWays({ need, to }: Hop): string[] {
    return /^routes\[\d+\]\.service$/.test(need.key) && to.startsWith("hostname:")
        ? [
              `let rekindle:${need.key} name what answers in the cluster, such as http://git.git.svc.cluster.local:3000`,
          ]
        : [];
}
