// How long the cold-start proof of a home with 2,000 services takes, the first time in a process, as a preview pays for it.
// Run it as `npm run -s bench:cold-start`; it takes seconds.

import { execFileSync } from "node:child_process";
import Table from "cli-table3";
import { coldStart } from "../cold-start/proof";
import { homeWith } from "../tests/cold-start-homes";

const count = 2000;
const rounds = 9;

const names = Array.from({ length: count }, (_, index) => `svc${index}`);
/** Each has a hostname, an image of its own and two needs: of those before it, or in a ring of those after it. */
const services = (ring: boolean) =>
    names.map((name, index) => ({
        name,
        hostnames: [`${name}.home.example`],
        image: `registry.example.org/${name}:1`,
        needs: ring
            ? [names[(index + 1) % count]]
            : [index >> 1, index >> 2].filter((each) => each < index).map((each) => names[each]),
    }));

const homes = {
    "comes back": services(false),
    "one circle of three": services(false).map((service, index) =>
        index === 0 ? { ...service, needs: ["svc3"] } : service,
    ),
    "one circle of all": services(true),
    "registry behind the tunnel": services(false).map((service) => ({
        ...service,
        image: `svc0.home.example/${service.name}:1`,
    })),
};
const isHome = (name: string): name is keyof typeof homes => name in homes;

/** In a process of its own, so that nothing is warm. */
function proveOnce(name: keyof typeof homes): void {
    const routes = names.map((each) => ({
        hostname: `${each}.home.example`,
        service: `http://${each}.apps.svc.cluster.local:80`,
    }));
    const home = homeWith({ routes, services: homes[name], resolvers: ["1.1.1.1"] });
    const begun = performance.now();
    const { circles, world } = coldStart(home);
    const milliseconds = performance.now() - begun;
    console.log(
        JSON.stringify({ milliseconds, circles: circles.length, things: world.things.size }),
    );
}

function measured(name: string) {
    const runs = Array.from({ length: rounds }, () => {
        const args = ["--import", "tsx", __filename, name];
        return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as {
            milliseconds: number;
            circles: number;
            things: number;
        };
    });
    const times = runs.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    return { ...runs[0], median: times[Math.floor(rounds / 2)] ?? NaN, best: times[0] ?? NaN };
}

const [, , chosen] = process.argv;
if (chosen !== undefined && isHome(chosen)) {
    proveOnce(chosen);
} else {
    const table = new Table({ head: ["2,000 services", "things", "circles", "median", "best"] });
    for (const name of Object.keys(homes)) {
        const { things, circles, median, best } = measured(name);
        table.push([name, things, circles, `${median.toFixed(0)} ms`, `${best.toFixed(0)} ms`]);
    }
    console.log(table.toString());
    console.log(`${rounds} processes each, without a warm-up, Node ${process.versions.node}.`);
}
