import assert from "node:assert/strict";
import { checkConfig } from "../config/check";
import { raw } from "./right-config";

/** What `pulumi up` says of a route to a service: what is wrong, and what is right instead. */
function told(service: string): string {
    const checked = checkConfig(raw({ routes: [{ hostname: "git.home.example", service }] }));
    return "problems" in checked
        ? checked.problems
              .map(({ where, wrong, right }) => `${where}: ${wrong} → ${right}`)
              .join("\n")
        : "";
}

describe("a route's service", () => {
    for (const service of [
        ...[
            "http://git.git",
            "http://git.git:3000",
            "https://git.git.svc:8443",
            "HTTP://Git.Git.SVC",
        ],
        ...["tcp://db-0.db.apps.svc:5432", "http://git.git.svc.cluster.local:3000"],
        ...["http://git.git.svc.cluster.local.:3000", "http://10-42-0-7.git.pod:80"],
        ...[
            "tcp://[fd00::1]:22",
            "ssh://pi1.lan:22",
            "wss://a.b",
            "rdp://10.0.0.7",
            "smb://nas.lan",
        ],
        ...["http://192.168.1.50:8123", "http://[::ffff:192.168.1.5]:80", "http://my_nas.lan"],
        ...["http_status:404", "hello_world"],
    ]) {
        it(`is taken as ${service}`, () => {
            assert.equal(told(service), "");
        });
    }

    describe("by a name that no pod can look up", () => {
        for (const [service, wrong, right] of [
            ["http://homeassistant.local:8123", /mDNS/, "http://192.168.1.11:8123"],
            ["http://pi1.local.", /mDNS/, "http://192.168.1.11"],
            [
                "http://host.docker.internal:80",
                /only Docker or Podman knows/,
                "http://192.168.1.11:80",
            ],
            ["http://host.containers.internal", /only Docker or Podman/, "http://192.168.1.11"],
            [
                "http://git.git.svc.cluster:3000",
                /lacks \.local/,
                "http://git.git.svc.cluster.local:3000",
            ],
            [
                "http://git.svc:3000",
                /without its namespace/,
                "http://git.NAMESPACE.svc.cluster.local:3000",
            ],
            [
                "http://git.git.pod:80",
                /by its address alone/,
                "http://git.git.svc.cluster.local:80",
            ],
            ["http://web-0.git.pod.cluster.local", /names a pod/, "web-0.git.svc.cluster.local"],
            ["http://git.svc.cluster.local", /without its namespace/, "git.NAMESPACE.svc"],
            ["http://git.git.cluster.local", /lacks \.svc/, "http://git.git.svc.cluster.local"],
            [
                "http://git.cluster.local:1",
                /lacks \.svc/,
                "http://git.NAMESPACE.svc.cluster.local:1",
            ],
        ] as const) {
            it(`is refused, with what to write instead: ${service}`, () => {
                assert.match(told(service), wrong);
                assert.ok((told(service).split(" → ")[1] ?? "").includes(right), told(service));
            });
        }

        for (const service of ["http://nas.corp.local", "http://nas.lan", "http://local.git"]) {
            it(`is taken where some server may know it: ${service}`, () => {
                assert.equal(told(service), "");
            });
        }
    });

    it("is refused with its IPv6 address in brackets where they are missing", () => {
        assert.match(
            told("http://2001:db8::1"),
            /without brackets → service: http:\/\/\[2001:db8::1\]$/,
        );
    });

    describe("by a Service's name alone, which no connector finds,", () => {
        for (const [service, right] of [
            ["http://git:3000", "http://git.NAMESPACE.svc.cluster.local:3000"],
            ["ssh://pi1", "ssh://pi1.NAMESPACE.svc.cluster.local"],
        ] as const) {
            it(`is refused with the full name as the example: ${service}`, () => {
                assert.match(told(service), /finds no Service without its namespace → service: /);
                assert.ok(
                    told(service).includes(`service: ${right}, or the address`),
                    told(service),
                );
            });
        }

        for (const service of ["http://git.git.svc.:3000", "http://git.git.:3000"]) {
            it(`is refused where a dot at its end keeps it short: ${service}`, () => {
                assert.ok(told(service).endsWith(`→ service: ${service.replace(".:", ":")}`));
            });
        }
    });

    describe("that is the connector's own pod", () => {
        for (const host of [
            ...["localhost", "LOCALHOST", "localhost.", "ha.localhost", "localhost.localdomain"],
            ...["localhost6", "ip6-localhost", "127.0.0.1", "127.1.2.3", "127.1", "2130706433"],
            ...["0x7f000001", "0", "0.0.0.0", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"],
            ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0.0.0.0]"],
        ]) {
            it(`is refused with what to write instead: ${host}`, () => {
                assert.equal(
                    told(`http://${host}:8123`),
                    `rekindle:routes[0].service: "http://${host}:8123" means the connector's own pod, in which nothing else runs → ` +
                        "service: http://192.168.1.11:8123 (a Pi's address, for what runs on that Pi), or a Service: http://NAME.NAMESPACE.svc.cluster.local:8123",
                );
            });
        }

        for (const service of ["unix:/run/app.sock", "unix+tls:/run/app.sock", "unix:app.sock"]) {
            it(`is refused with what to write instead: ${service}`, () => {
                assert.match(
                    told(service),
                    /is a socket in the connector's own pod, which sees no file of the node → let the program listen on a port, and give that: service: http:\/\/192\.168/,
                );
            });
        }
    });

    describe("that no rule can have is refused, and the message names what is wrong with it:", () => {
        for (const [service, wrong, right] of [
            ["http://192.168.1.50:8123/", /ends with a slash/, "http://192.168.1.50:8123"],
            ["http://a.b/app", /has a path, and cloudflared cannot change/, "http://a.b"],
            ["http://a.b?x=1", /has a path/, "http://a.b"],
            ["http://a.b#x", /has a path/, "http://a.b"],
            ["ssh://pi@10.0.0.5", /has a login in it/, "ssh://10.0.0.5 (visitors log in"],
            ["http://münchen.lan", /letters that cloudflared does/, "http://xn--mnchen-3ya.lan"],
            ["nas.lan:80", /has no scheme/, "http://nas.lan:80"],
            ["192.168.1.5", /has no scheme/, "http://192.168.1.5"],
            ["http:a.b", /lacks the two slashes/, "http://a.b"],
            ["http:/a.b", /lacks the two slashes/, "http://a.b"],
            ["http://a.b:0", /no port from 1 to 65535/, "http://a.b:8080"],
            ["http://a.b:70000", /no port from 1 to 65535/, "http://a.b:8080"],
            ["http://a.b:", /no port from 1 to 65535/, "http://a.b:8080"],
            [
                "http://2001:db8::7:80",
                /without brackets/,
                "http://[2001:db8::7]:80, or http://[2001:",
            ],
            ["http://fd00::a", /without brackets/, "http://[fd00::a]"],
            ["http://[fe80::1]:80", /link-local/, "http://192.168.1.11:80"],
            ["http://[FE80::1%25eth0]", /link-local/, "http://192.168.1.11"],
            ["http://a b", /has a space in it/, "http://ab"],
            [" http://a.b ", /has a space in it/, "http://a.b"],
            ["http_status:99", /has no status from 100 to 599/, "http_status:404"],
            ["http_status:600", /has no status from 100 to 599/, "http_status:404"],
            ["hello-world", /is not spelt as/, "hello_world"],
            ["http://192.168.1", /is no address as cloudflared reads/, "http://192.168.0.1"],
            ["http://192.168.1.256", /has no IPv4 address|no DNS can have/, "http://"],
            ["http://[192.168.1.5]", /no IPv6 address in its brackets/, "http://[fd00::7]"],
            ["http://a..b", /a host that no DNS can have/, "http://git.git.svc.cluster"],
            ["http://", /a host that no DNS can have/, "http://git.git.svc.cluster"],
        ] as const) {
            it(service, () => {
                assert.match(told(service), wrong);
                assert.ok(told(service).includes(`→ service: ${right}`), told(service));
            });
        }

        for (const service of ["gopher://a.b", "ftp://a.b", "udp://a.b:53", "git.git/x"]) {
            it(service, () => {
                assert.match(told(service), /scheme.* → one of http:\/\/HOST:PORT, .*hello_world$/);
            });
        }

        for (const [service, wrong] of [
            ["bastion", /would let visitors reach every host/],
            ["socks-proxy", /would let visitors reach every host/],
            ["", /names no service/],
        ] as const) {
            it(`"${service}"`, () => {
                assert.match(told(service), wrong);
            });
        }
    });

    it("never shows a password that is part of it", () => {
        assert.match(told("http://me:hunter2@nas.lan/x"), /"http:\/\/…@nas\.lan\/x" has a login/);
        assert.doesNotMatch(told("http://me:hunter2@nas.lan/x"), /hunter2|me:/);
    });
});
