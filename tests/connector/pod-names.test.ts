import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lookUps } from "../../components/dns-pod";
import { goBuild } from "../../lab/go";
import { run } from "../../lab/shell";

/** resolv.conf as the kubelet writes it from a pod's dnsConfig. */
function resolvConf(nameserver: string): string {
    const { searches, options } = lookUps(nameserver).dnsConfig;
    return [
        `nameserver ${nameserver}`,
        `search ${searches.join(" ")}`,
        `options ${options.map(({ name, value }) => `${name}:${value}`).join(" ")}\n`,
    ].join("\n");
}

describe("a visit to a Service, through a connector in the tunnel's own pod,", function () {
    // Compiles the connector on a machine that has never done so.
    this.timeout(15 * 60_000);
    const dir = mkdtempSync(join(tmpdir(), "rekindle-names-"));
    after(() => {
        rmSync(dir, { recursive: true });
    });

    it("is answered for each form of the Service's name, and never by a public host of that name", async function () {
        const binary = await goBuild(
            { name: "connector", package: "./connector" },
            () => undefined,
        );
        const file = join(dir, "resolv.conf");
        writeFileSync(file, resolvConf("127.0.0.1"));
        const namespace = ["--user", "--map-root-user", "--net", "--mount"];
        const possible = await run("unshare", [...namespace, "true"]).then(
            () => true,
            () => false,
        );
        if (!possible) {
            console.log("        this machine lets nobody make a network namespace: not tried");
            this.skip();
        }
        const services = [
            "git.git",
            "git.git.svc",
            "git.git.svc.cluster.local",
            "media.dev",
            "nas.lan",
        ];
        const script = [
            'ip link set lo up && mount --bind "$1" /etc/resolv.conf && shift &&',
            'exec "$@"',
        ].join(" ");
        const node = [process.execPath, "--import", "tsx", join(__dirname, "pod-names.ts"), binary];
        const shell = ["sh", "-c", script, "sh", file, ...node, ...services];
        const printed = await run("unshare", [...namespace, ...shell]);
        assert.deepEqual(
            JSON.parse(printed),
            services.map(() => 200),
        );
    });
});
