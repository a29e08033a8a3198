import assert from "node:assert/strict";
import { addressOf, imageHost, imageName, plainHost } from "../config/addresses";
import { node, problemsOf, sshKey } from "./right-config";

describe("services in the configuration", () => {
    for (const [what, changes, expected] of [
        [
            "a need that is nothing, naming what was meant",
            { services: [{ name: "git" }, { name: "ci", needs: ["gti"] }] },
            'rekindle:services[1].needs[0]: nothing is named "gti" (did you mean "git"?)',
        ],
        [
            "an optional need that is nothing",
            { services: [{ name: "ci", optional: ["ghost-writer"] }] },
            'rekindle:services[0].optional[0]: nothing is named "ghost-writer"',
        ],
        [
            "a need that is nothing, with a port",
            { services: [{ name: "redis" }, { name: "ci", needs: ["redsi:6379"] }] },
            'rekindle:services[1].needs[0]: nothing is named "redsi:6379" (did you mean "redis"?)',
        ],
        [
            "a need that would move a terminal's cursor, without moving it",
            { services: [{ name: "ci", needs: ["db\u001b[2J"] }] },
            'rekindle:services[0].needs[0]: "db\\u001b[2J" is not the name of a service, a Pi, a host, or what README lists',
        ],
        [
            "a path for a need",
            { services: [{ name: "ci", needs: ["nas.lan/srv/ci"] }] },
            'rekindle:services[0].needs[0]: nothing is named "nas.lan/srv/ci"',
        ],
        [
            "an image as a need, which every service has",
            { services: [{ name: "ci", needs: ["image"] }] },
            'rekindle:services[0].needs[0]: nothing is named "image"',
        ],
        [
            "a hostname with a letter swapped",
            { services: [{ name: "git", hostnames: ["gti.home.example"] }] },
            'rekindle:services[0].hostnames[0]: "gti.home.example" is no hostname under routes (did you mean "git.home.example"?)',
        ],
        [
            "two services of one name",
            { services: [{ name: "git" }, { name: "Git" }] },
            'rekindle:services[1].name: "git" stands already in services[0].name',
        ],
        [
            "a hostname of two services",
            {
                services: ["git", "forge"].map((name) => ({
                    name,
                    hostnames: ["git.home.example"],
                })),
            },
            'rekindle:services[1].hostnames[0]: "git.home.example" stands already in services[0].hostnames[0]',
        ],
        [
            "a service that is called like a Pi",
            { services: [{ name: "pi1" }], nodes: [node], sshPrivateKey: sshKey },
            'rekindle:services[0].name: "pi1" is the name of something else that services need',
        ],
        [
            "a service that is called like what is outside",
            { services: [{ name: "internet" }] },
            'rekindle:services[0].name: "internet" is the name of something else that services need',
        ],
        [
            "an `optional` that is neither",
            { services: [{ name: "git", optional: "yes" }] },
            'rekindle:services[0].optional: "yes" is not true (whoever needs it fails open) or a list of those needs that fail open',
        ],
        [
            "a resolver that is none",
            { resolvers: ["/etc/resolv.conf"] },
            'rekindle:resolvers[0]: "/etc/resolv.conf" is not the address or name of a resolver',
        ],
        [
            "a password in a URL, without showing it",
            { stateUrl: "https://me:hunter2@state.example" },
            "rekindle:stateUrl: is not where Pulumi's state is, without a password",
        ],
        [
            "a URL that is none",
            { gitUrl: "my repository" },
            "rekindle:gitUrl: is not where this program's git repository is, without a password",
        ],
    ] as const) {
        it(`refuses ${what}`, () => {
            assert.deepEqual(problemsOf(changes), [expected]);
        });
    }

    it("takes a second name in the zone that no route has, and that is no slip", () => {
        const services = [{ name: "registry", hostnames: ["registry-inside.home.example"] }];
        assert.deepEqual(problemsOf({ services }), []);
    });

    it("takes hostnames of a wildcard, and those that a service is called by, for no slip", () => {
        const routes = ["*.apps.home.example", "b.apps.home.example", "ci.home.example"].map(
            (hostname) => ({ hostname, service: "http://traefik.kube-system.svc" }),
        );
        const services = [
            { name: "small", hostnames: ["a.apps.home.example"] },
            { name: "cd", hostnames: ["cd.home.example"] },
        ];
        assert.deepEqual(problemsOf({ routes, services }), []);
    });

    it("takes two services of one hostname whose routes have paths, each service once", () => {
        const routes = [
            { hostname: "git.home.example", path: "^/v2/", service: "http://proxy.proxy.svc" },
            { hostname: "git.home.example", service: "http://proxy.proxy.svc" },
        ];
        const named = (names: readonly string[]) =>
            names.map((name) => ({ name, hostnames: ["git.home.example"] }));
        assert.deepEqual(problemsOf({ routes, services: named(["git", "registry"]) }), []);
        const [first, ...twice] = problemsOf({
            routes,
            services: [{ name: "git", hostnames: ["git.home.example", "git.home.example"] }],
        });
        assert.match(first ?? "", /services\[0\]\.hostnames\[1\]: .* stands already in/);
        assert.deepEqual(twice, []);
    });

    it("takes hosts that are no names of ours as needs", () => {
        const needs = ["nas.lan", "192.168.1.5", "git.home.example", "internet", "smtp.example"];
        assert.deepEqual(problemsOf({ services: [{ name: "app", needs }] }), []);
    });
});

describe("addresses", () => {
    for (const [image, host, name] of [
        ["node", "docker.io", "node"],
        ["node:24", "docker.io", "node"],
        ["library/node@sha256:00", "docker.io", "library/node"],
        ["index.docker.io/library/node:24", "docker.io", "index.docker.io/library/node"],
        ["GIT.Home.Example:443/dns:1", "git.home.example", "GIT.Home.Example:443/dns"],
        ["git.home.example./dns", "git.home.example", "git.home.example./dns"],
        ["müll.home.example/a", "xn--mll-hoa.home.example", "müll.home.example/a"],
        ["localhost/a:1", "localhost", "localhost/a"],
        ["localhost:5000/a:1", "localhost", "localhost:5000/a"],
        ["[fd00::7]:5000/a/b:1@sha256:00", "fd00::7", "[fd00::7]:5000/a/b"],
        ["192.168.1.5:5000/a", "192.168.1.5", "192.168.1.5:5000/a"],
        ["Registry/a", "registry", "Registry/a"],
        ["git-home-example/dns", "docker.io", "git-home-example/dns"],
    ] as const) {
        it(`pulls ${image} from ${host}`, () => {
            assert.equal(imageHost(image), host);
            assert.equal(imageName(image), name);
        });
    }

    for (const [url, expected] of [
        ["https://Git.Home.Example:3000/a.git", "git.home.example"],
        ["git@git.home.example:a/b.git", "git.home.example"],
        ["ssh://git@git.home.example:2222/a", "git.home.example"],
        ["ssh://git@müll.home.example/a", "xn--mll-hoa.home.example"],
        ["git.home.example/a/b.git", "git.home.example"],
        ["GIT.home.example:a/b.git", "git.home.example"],
        ["git@[fd00::7]:a/b.git", "fd00::7"],
        ["192.168.1.1:53", "192.168.1.1"],
        [
            "s3://b?region=eu&endpoint=minio.home.example:9000&s3ForcePathStyle=true",
            "minio.home.example",
        ],
        ["s3://b?endpoint=https://minio.home.example/x", "minio.home.example"],
        ["azblob://b?domain=azurite.home.example&protocol=https", "azurite.home.example"],
        ["postgres://me@DB.home.example:5432/pulumi", "db.home.example"],
        ["https://[fd00::7]:8080", "fd00::7"],
        ["fd00::7", "fd00::7"],
        ["tls://1.1.1.1:853", "1.1.1.1"],
        ["pihole", "pihole"],
    ] as const) {
        it(`finds the host of ${url}`, () => {
            assert.deepEqual(addressOf(url), { at: "host", host: expected });
        });
    }

    it("knows what is here, in a cloud, or not told, and what is no address", () => {
        for (const here of [
            "file:///srv/state",
            "file://~",
            "~/state",
            "/srv",
            "./a",
            "C:\\state",
            "passphrase",
        ]) {
            assert.deepEqual(addressOf(here), { at: "here" }, here);
        }
        assert.deepEqual(addressOf("s3://bucket?region=eu"), { at: "cloud", name: "Amazon S3" });
        assert.deepEqual(addressOf("hashivault://key"), { at: "untold" });
        for (const none of ["", "a b", "https://", "-", "http://a b", '{"@0:":0}']) {
            assert.equal(addressOf(none), undefined, none);
        }
    });

    it("compares hosts as DNS does", () => {
        assert.equal(plainHost("MÜLL.Home.Example.:443"), "xn--mll-hoa.home.example");
        assert.equal(plainHost("[FD00::7]:53"), "fd00::7");
        assert.equal(plainHost("2606:4700::1111"), "2606:4700::1111");
        assert.equal(plainHost("A\u001b[31m.home.example"), "a?[31m.home.example");
    });
});
