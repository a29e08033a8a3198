import assert from "node:assert/strict";
import { join } from "node:path";
import { lookUps } from "../../components/dns-pod";
import { goBuild } from "../../lab/go";
import { runInOwnNetwork } from "../own-network";

/** resolv.conf as the kubelet writes it from a pod's dnsConfig. */
function resolvConf(nameserver: string): string {
    const { searches, options } = lookUps([nameserver]).dnsConfig;
    return [
        `nameserver ${nameserver}`,
        `search ${searches.join(" ")}`,
        `options ${options.map(({ name, value }) => `${name}:${value}`).join(" ")}\n`,
    ].join("\n");
}

describe("a visit to a Service, through a connector in the tunnel's own pod,", function () {
    // Compiles the connector on a machine that has never done so.
    this.timeout(15 * 60_000);

    it("is answered for each form of the Service's name, and never by a public host of that name", async function () {
        const binary = await goBuild(
            { name: "connector", package: "./connector" },
            () => undefined,
        );
        const services = [
            "git.git",
            "git.git.svc",
            "git.git.svc.cluster.local",
            "media.dev",
            "nas.lan",
        ];
        const printed = await runInOwnNetwork({ "resolv.conf": resolvConf("127.0.0.1") }, [
            join(__dirname, "pod-names.ts"),
            ...[binary, ...services],
        ]);
        if (printed === undefined) {
            this.skip();
        }
        assert.deepEqual(
            JSON.parse(printed),
            services.map(() => 200),
        );
    });
});
