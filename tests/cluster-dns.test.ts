import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { readClusterDns } from "../components/cluster-api";
import { compareClusterDns, judged } from "../components/cluster-dns";
import { checkConfig } from "../config/check";
import { podNameservers } from "../config/cluster-dns";
import { labCa } from "../lab/ca";
import { tlsOptions } from "../lab/cloudflare/certificates";
import { Faults } from "../lab/cloudflare/faults";
import { startAnswering } from "./dns-world";
import { problemsOf, raw } from "./right-config";

const service = (...clusterIPs: string[]) => ({ spec: { clusterIP: clusterIPs[0], clusterIPs } });
const named = "/api/v1/namespaces/kube-system/services/kube-dns";
/** Answers as a cluster whose DNS has these addresses. */
const clusterWith =
    (...addresses: string[]): RequestListener =>
    (request, response) => {
        const isIt = request.url === named;
        response.writeHead(isIt ? 200 : 404).end(JSON.stringify(isIt ? service(...addresses) : {}));
    };
const kubeconfig = (server: string, user: object = { token: "t" }, cluster: object = {}) =>
    JSON.stringify({
        ...{ apiVersion: "v1", kind: "Config", "current-context": "home" },
        contexts: [{ name: "home", context: { cluster: "pi", user: "me" } }],
        clusters: [
            { name: "other", cluster: { server: "http://127.0.0.1:1" } },
            { name: "pi", cluster: { server, ...cluster } },
        ],
        users: [{ name: "me", user }],
    });

describe("rekindle:clusterDns", () => {
    const read = (clusterDns: unknown) => {
        const checked = checkConfig(raw({ clusterDns }));
        return "values" in checked
            ? checked.values.clusterDns
            : checked.problems.map((p) => p.wrong);
    };

    it("is k3s's own unless told, and takes one address or one of each family, as k3s writes them", () => {
        assert.deepEqual(read(undefined), ["10.43.0.10"]);
        assert.deepEqual(read("10.96.0.10"), ["10.96.0.10"]);
        assert.deepEqual(read("10.96.0.10,2001:CAFE:43:0::a"), ["10.96.0.10", "2001:cafe:43::a"]);
        assert.deepEqual(read(["fd00:43::a", "10.43.0.10"]), ["fd00:43::a", "10.43.0.10"]);
    });

    for (const [value, complaint] of [
        ["10.43.0.0/16", "is a range: the DNS service has one address in it"],
        ["10.43.0.10:53", "is not an IP address, without port and brackets"],
        ["[fd00:43::a]", "is not an IP address, without port and brackets"],
        ["kube-dns.kube-system", "is not an IP address"],
        ["127.0.0.53", "is the pod itself"],
        ["::1", "is the pod itself"],
        ["", "names no address"],
        [[], "names no address"],
        [[10], "is not an IP address"],
        [{ ip: "10.43.0.10" }, "is not an IP address"],
        ["10.43.0.10,10.96.0.10", "has 2 IPv4 addresses, and one of each family is possible"],
    ] as const) {
        it(`cannot be ${JSON.stringify(value)}`, () => {
            const problems = problemsOf({ clusterDns: value });
            assert.ok(problems.length > 0);
            for (const problem of problems) {
                assert.match(problem, /^rekindle:clusterDns: /);
            }
            assert.ok(problems.join("\n").includes(complaint), problems.join("\n"));
        });
    }
});

describe("the nameservers of the tunnel's pods", () => {
    it("are three, the cluster's first, all of families that the pods have", () => {
        const all = [["10.43.0.10"], ["fd00:43::a"], ["10.43.0.10", "fd00:43::a"]].map(
            podNameservers,
        );
        assert.deepEqual(all, [
            ["10.43.0.10", "1.1.1.1", "9.9.9.9"],
            ["fd00:43::a", "2606:4700:4700::1111", "2620:fe::fe"],
            ["10.43.0.10", "1.1.1.1", "2620:fe::fe"],
        ]);
    });
});

describe("reading where a cluster's DNS answers", () => {
    const asked = async (answer: RequestListener, user?: object) => {
        const server = await startAnswering(answer);
        try {
            return await readClusterDns(kubeconfig(server.url, user), 1000);
        } finally {
            server.close();
        }
    };

    it("finds both addresses of a dual stack, and a lone IPv6 one", async () => {
        const both = ["10.43.0.10", "2001:cafe:43::a"];
        assert.deepEqual(await asked(clusterWith(...both)), { addresses: both });
        assert.deepEqual(await asked(clusterWith("fd00:43::a")), { addresses: ["fd00:43::a"] });
    });

    it("finds a DNS service of another name by its label", async () => {
        const found = await asked((request, response) => {
            const isList = request.url?.includes("?labelSelector=k8s-app%3Dkube-dns") === true;
            const body = isList ? { items: [service("10.96.0.10")] } : {};
            response.writeHead(isList ? 200 : 404).end(JSON.stringify(body));
        });
        assert.deepEqual(found, { addresses: ["10.96.0.10"] });
    });

    it("is not misled by other Services with that label: of metrics, and of a node-local cache", async () => {
        const of = (name: string, port: number, address: string) => ({
            metadata: { name },
            spec: { clusterIPs: [address], ports: [{ port }] },
        });
        const items = [
            of("kube-dns-upstream", 53, "10.43.7.7"),
            of("rke2-coredns-metrics", 9153, "10.43.8.8"),
            of("rke2-coredns-peers", 53, "None"),
            of("rke2-coredns-rke2-coredns", 53, "10.43.0.10"),
        ];
        const found = await asked((request, response) => {
            const isList = request.url?.includes("?labelSelector=") === true;
            response.writeHead(isList ? 200 : 404).end(JSON.stringify(isList ? { items } : {}));
        });
        assert.deepEqual(found, { addresses: ["10.43.0.10"] });
    });

    it("names the line of a kubeconfig that cannot be read, and shows nothing of it", async () => {
        for (const user of [
            "token: SECRET: x",
            'token: "SECRET',
            "token: @SECRET",
            "token: *SECRET",
            "\ttoken: SECRET",
            "token: SECRET\n  token: SECRET",
        ]) {
            const text = `kind: Config\nclusters:\n- cluster: { server: "https://x" }\nusers:\n- user:\n  ${user}\n`;
            const found = await readClusterDns(text, 1000);
            assert.match(JSON.stringify(found), /^\{"unknown":"the kubeconfig is no YAML: /, user);
            assert.doesNotMatch(JSON.stringify(found), /SECRET/, user);
        }
    });

    it("shows its token, its password or nothing, as the kubeconfig says", async () => {
        const shown: (string | undefined)[] = [];
        const answer: RequestListener = (request, response) => {
            shown.push(request.headers.authorization);
            clusterWith("10.43.0.10")(request, response);
        };
        await asked(answer, { token: "secret" });
        await asked(answer, { username: "me", password: "pw" });
        await asked(answer, {});
        const basic = `Basic ${Buffer.from("me:pw").toString("base64")}`;
        assert.deepEqual(shown, ["Bearer secret", basic, undefined]);
    });

    it("checks the cluster's certificate", async () => {
        const { certFile } = await labCa();
        const tls = await tlsOptions(() => ["kube.test"], new Faults(), "cloudflare-api");
        const server = createServer(tls, clusterWith("10.43.0.10"));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const ca = readFileSync(certFile).toString("base64");
        const own = { "tls-server-name": "kube.test", "certificate-authority-data": ca };
        try {
            const trusted = await readClusterDns(kubeconfig(url, {}, own), 2000);
            assert.deepEqual(trusted, { addresses: ["10.43.0.10"] });
            const stranger = { "tls-server-name": "kube.test" };
            const strange = await readClusterDns(kubeconfig(url, {}, stranger), 2000);
            assert.ok("unknown" in strange, JSON.stringify(strange));
            const open = { ...own, "certificate-authority-data": undefined };
            const insecure = { ...open, "insecure-skip-tls-verify": true };
            const blind = await readClusterDns(kubeconfig(url, {}, insecure), 2000);
            assert.deepEqual(blind, { addresses: ["10.43.0.10"] });
        } finally {
            server.close();
        }
    });

    it("distinguishes a cluster that is off from one that will never say", async () => {
        const off = await readClusterDns(kubeconfig("http://127.0.0.1:1"), 1000);
        assert.ok("unreachable" in off, JSON.stringify(off));
        const silent = await asked(() => undefined);
        assert.ok("unreachable" in silent, JSON.stringify(silent));
        const starting = await asked((_request, response) => response.writeHead(503).end());
        assert.deepEqual(starting, { unreachable: "its API answers 503" });
        const forbidden = await asked((_request, response) => response.writeHead(403).end("{}"));
        assert.deepEqual(forbidden, { unknown: "its API answers 403 to this kubeconfig's user" });
        const none = await asked(clusterWith("None"));
        assert.ok("unknown" in none);
        const exec = await readClusterDns(kubeconfig("http://127.0.0.1:1", { exec: {} }), 1000);
        assert.match(JSON.stringify(exec), /unknown.*uses exec, which only kubectl understands/);
        for (const text of ["", "{", "a: [b", "kind: Config"]) {
            assert.ok("unknown" in (await readClusterDns(text, 1000)), text);
        }
    });
});

describe("`up` and `preview` with a cluster whose DNS is elsewhere", () => {
    it("say which address is right, how to set it, and that nothing was changed", () => {
        const { wrong = "" } = judged(["10.43.0.10"], { addresses: ["10.96.0.10"] }, false);
        assert.match(
            wrong,
            /^rekindle:clusterDns is 10\.43\.0\.10, and this cluster's DNS answers at 10\.96\.0\.10\. Nothing of the tunnel was changed\./,
        );
        assert.match(wrong, /pulumi config set rekindle:clusterDns 10\.96\.0\.10$/);
        const six = judged(["10.43.0.10"], { addresses: ["2001:cafe:43:0::a"] }, true);
        assert.match(six.wrong ?? "", /set rekindle:clusterDns 2001:cafe:43::a$/);
    });

    it("take one address of a dual stack, either order of both, and a node-local cache", () => {
        const both = { addresses: ["10.43.0.10", "fd00:43::a"] };
        const right = [["10.43.0.10"], ["fd00:43::a"], ["fd00:43::a", "10.43.0.10"]];
        for (const configured of right) {
            assert.deepEqual(judged(configured, both, false), {});
        }
        assert.match(
            judged(["10.43.0.10", "fd00::a"], both, false).wrong ?? "",
            /clusterDns is fd00::a, .* answers at 10\.43\.0\.10,fd00:43::a/,
        );
        // No Service has it, so that nobody can say whether it answers.
        const { wrong, warning = "" } = judged(["169.254.20.10"], both, false);
        assert.equal(wrong, undefined);
        assert.match(
            warning,
            /169\.254\.20\.10.* could not be compared .*10\.43\.0\.10,fd00:43::a works/,
        );
    });

    it("warn when nobody can say, and a preview says nothing of a cluster that is off", () => {
        const off = { unreachable: "connect ECONNREFUSED" };
        assert.deepEqual(judged(["10.43.0.10"], off, true), {});
        assert.match(
            judged(["10.43.0.10"], off, false).warning ?? "",
            /was not compared .*ECONNREFUSED/,
        );
        for (const isPreview of [true, false]) {
            const { warning = "" } = judged(["10.43.0.10"], { unknown: "403" }, isPreview);
            assert.match(
                warning,
                /could not be compared.*: 403\..*kubectl -n kube-system get service/,
            );
        }
    });

    it("wait, in a run, for an API and a DNS service that come soon, and for nothing else", async () => {
        let looks = 0;
        const server = await startAnswering((request, response) => {
            looks += 1;
            if (looks < 3) {
                response.writeHead(503).end();
            } else if (looks < 7) {
                response.writeHead(404).end("{}");
            } else {
                clusterWith("10.96.0.10")(request, response);
            }
        });
        const quick = { times: 6, pause: 1 };
        try {
            const compared = compareClusterDns(
                ["10.43.0.10"],
                kubeconfig(server.url),
                false,
                quick,
            );
            await assert.rejects(compared, /answers at 10\.96\.0\.10/);
            // Two without an API, two without a service, each asked for by name and by label, and one more.
            assert.equal(looks, 7);
        } finally {
            server.close();
        }
        const exec = kubeconfig("http://127.0.0.1:1", { exec: {} });
        const never = { times: 2, pause: 600_000 };
        const warning = await compareClusterDns(["10.43.0.10"], exec, false, never);
        assert.match(warning ?? "", /could not be compared.*exec/);
    });

    for (const isPreview of [true, false]) {
        it(`stop, in a ${isPreview ? "preview" : "run"}, and go on where the address is right`, async () => {
            const server = await startAnswering(clusterWith("10.96.0.10"));
            try {
                const text = kubeconfig(server.url);
                assert.equal(await compareClusterDns(["10.96.0.10"], text, isPreview), undefined);
                await assert.rejects(
                    compareClusterDns(["10.43.0.10"], text, isPreview),
                    (error) => {
                        assert.ok(pulumi.RunError.isInstance(error), String(error));
                        return /answers at 10\.96\.0\.10/.test(error.message);
                    },
                );
            } finally {
                server.close();
            }
        });
    }
});
