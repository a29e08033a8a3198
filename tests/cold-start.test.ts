import assert from "node:assert/strict";
import { coldStart } from "../cold-start";
import { optionals, weak } from "../cold-start/table";
import { unknowns } from "../cold-start/view";
import { report } from "../cold-start/words";
import { digest, forge, git, homeWith, images, pathsOf, route } from "./cold-start-homes";
import { rightHomes } from "./cold-start-right";
import { wrongHomes } from "./cold-start-wrong";
import { node, sshKey } from "./right-config";

const proofOf = (changes: Readonly<Record<string, unknown>>) => coldStart(homeWith(changes));
const seed = images({ node: `git.home.example/dns${digest}` });

describe("the cold-start proof", () => {
    for (const [what, changes, paths] of wrongHomes) {
        it(`refuses a home in which ${what}`, () => {
            assert.deepEqual(pathsOf(changes), paths);
        });
    }

    for (const [what, changes] of rightHomes) {
        it(`takes a home with ${what}`, () => {
            assert.deepEqual(pathsOf(changes), []);
        });
    }

    it("tells a circle in words: the path, why each step is there and by which key, and three ways out", () => {
        assert.equal(
            report(proofOf(seed)),
            `This house would not come back by itself after a power cut: what it needs runs in a circle. Nothing was changed.

  tunnel → image git.home.example/dns → git → tunnel
      tunnel needs image git.home.example/dns: its init container runs it (rekindle:images.node)
      image git.home.example/dns needs git: it is pulled from git.home.example (rekindle:images.node)
      git needs tunnel: git.home.example is reached through the tunnel only (rekindle:routes[0])
    Ways out, any one of them:
      1. run the script inline from a ConfigMap, on a public image (as this program does with docker.io/library/node)
      2. serve image git.home.example/dns also from an internal-only second registry that needs neither (registry.lan:5000, say), and name that
      3. if its pod does start without it, mark it: optional: true on the service git under rekindle:services: whoever needs it fails open`,
        );
    });

    it("has a way out for every circle of every wrong home", () => {
        for (const [what, changes, paths] of wrongHomes) {
            const ways = report(proofOf(changes)).match(/^ {6}1\. .+$/gm) ?? [];
            assert.equal(ways.length, paths.length, what);
        }
    });

    it("fits the ways out to the circle", () => {
        const told = report(proofOf({ stateUrl: "https://git.home.example" }));
        assert.match(told, /^This house could not be rebuilt if it were lost: /);
        assert.match(told, /1\. keep the state outside the house: `pulumi login`/);
        assert.match(report(proofOf({ resolvers: ["10.43.0.10"] })), /second resolver outside/);
    });

    it("tells ways out that work: by the name that the configuration has, and for a registry that is none of its services", () => {
        const needs = ["https://vault.home.example"];
        const routes = [git, route("vault.home.example", "http://vault.vault.svc")];
        const stuck = { routes, services: [{ name: "tunnel", needs }] };
        assert.match(
            report(proofOf(stuck)),
            /say so: optional: \[https:\/\/vault\.home\.example\]/,
        );
        const services = [{ name: "tunnel", needs, optional: needs }];
        assert.deepEqual(pathsOf({ routes, services }), []);

        const wildcard = {
            routes: [route("*.home.example", "http://traefik.kube-system.svc")],
            ...images({ node: `registry.home.example/dns${digest}` }),
        };
        const registry = "registry.home.example";
        assert.match(
            report(proofOf(wildcard)),
            /\{ name: registry\.home\.example, hostnames: \[registry\.home\.example\], optional: true \} under/,
        );
        const declared = { name: registry, hostnames: [registry], optional: true };
        assert.deepEqual(pathsOf({ ...wildcard, services: [declared] }), []);
    });

    it("lists what fails open instead of hiding it", () => {
        const listed = optionals(
            proofOf({ ...seed, services: [{ ...forge, optional: true }] }).world,
        );
        assert.ok(listed.includes("image git.home.example/dns without git (rekindle:images.node)"));
    });

    it("says unknown of all that nobody declared, and never that it is safe", () => {
        assert.deepEqual(unknowns(proofOf({})), [
            "dns: whom the Pis ask (rekindle:resolvers)",
            "k3s: which Pis it runs on (rekindle:nodes)",
            "git: what it needs: it is not under services",
            "image of git: where it is pulled from",
            "state backend: where it is (rekindle:stateUrl)",
            "git remote: where it is (rekindle:gitUrl)",
            "secret store: where it is (rekindle:secretsUrl)",
        ]);
    });

    it("takes a router's or a tailnet's names for the house's own, not for something outside", () => {
        for (const host of ["fritz.box", "nas.fritz.box", "nas.tail1234.ts.net", "nas.corp"]) {
            const { things } = proofOf({ services: [{ name: "app", needs: [host] }] }).world;
            assert.equal(things.get(`at:${host}`)?.place, "house", host);
        }
    });

    it("does not know where k3s's servers are when all Pis are agents", () => {
        const nodes = [{ ...node, role: "agent" }];
        assert.ok(
            unknowns(proofOf({ nodes, sshPrivateKey: sshKey })).includes(
                "k3s: where its servers are (rekindle:nodes has agents only)",
            ),
        );
    });

    it("knows a Pi whose name has dots by that name, and by the first of its words where there is one such Pi", () => {
        const pis = (...names: string[]) => ({
            nodes: names.map((name, index) => ({ ...node, name, address: `192.168.1.${index}` })),
            sshPrivateKey: sshKey,
        });
        const needs = ["pi1.garage.lan", "pi1.local"];
        const services = [{ name: "app", needs }];
        const needed = (...names: string[]) => {
            const { world } = proofOf({ ...pis(...names), services });
            const all = world.needs.flatMap(({ from, to }) => to.map((each) => [from, each]));
            return [
                all.some(([from, to]) => from === "service:app" && to === "node:pi1.garage.lan"),
                all.some(([from, to]) => from === "at:pi1.local" && to === "pi:pi1.garage.lan"),
            ];
        };
        assert.deepEqual(needed("pi1.garage.lan", "pi2"), [true, true]);
        assert.deepEqual(needed("pi1.garage.lan", "pi1.kitchen.lan"), [true, false]);
        assert.deepEqual(needed("pi1.kitchen.lan", "pi1.garage.lan"), [true, false]);
    });

    it("knows no resolver of a Pi whose list is empty", () => {
        const nodes = [{ ...node, resolvers: [] }];
        const told = unknowns(proofOf({ nodes, sshPrivateKey: sshKey }));
        assert.equal(told[0], "dns: whom the Pis ask (rekindle:resolvers)");
    });

    it("does not take a need for outside that may be a service and its namespace", () => {
        const services = [{ name: "ldap" }, { name: "sso", needs: ["ldap.auth", "quay.io"] }];
        const told = unknowns(proofOf({ services })).filter((each) =>
            /^(ldap\.auth|quay)/.test(each),
        );
        assert.deepEqual(told, ["ldap.auth: whether it is ldap in the cluster, or a host outside"]);
    });

    it("has nothing unknown in a home that declares everything", () => {
        const told = {
            services: [{ ...forge, needs: [] }],
            resolvers: ["1.1.1.1"],
            ...{ stateUrl: "gs://state", gitUrl: "/home/me/rekindle", secretsUrl: "passphrase" },
        };
        const proof = proofOf({ ...told, nodes: [node], sshPrivateKey: sshKey });
        assert.deepEqual(unknowns(proof), []);
    });

    it("starts things after what they need, and side by side what does not need each other", () => {
        const { steps } = proofOf({
            services: [{ name: "a", needs: ["b"] }, { name: "b" }, { name: "c" }],
        }).order;
        const [a = 0, b = 0, c = 0] = ["a", "b", "c"].map((name) => steps.get(`service:${name}`));
        assert.deepEqual([a - b, c - b], [1, 0]);
    });

    it("names what alone takes all hostnames down: one server of one, none of three", () => {
        const servers = ["pi1", "pi2", "pi3"].map((name, index) => ({
            ...node,
            ...{ name, address: `192.168.1.${index + 1}` },
        }));
        const routes = [git, route("wiki.home.example", "http://wiki.wiki.svc")];
        const weakOf = (nodes: unknown) => weak(proofOf({ routes, nodes, sshPrivateKey: sshKey }));
        const always = ["k3s", "internet", "tunnel", "Cloudflare's edge", "dns", "docker.io"];
        const one = weakOf([node]);
        const three = weakOf(servers);
        for (const name of always) {
            assert.ok(one.includes(name) && three.includes(name), name);
        }
        assert.ok(one.includes("pi1") && one.includes("drive of pi1"));
        assert.deepEqual(
            three.filter((name) => /pi\d|git|wiki/.test(name)),
            [],
        );
    });
});
