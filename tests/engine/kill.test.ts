import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startApi, type Api } from "../../lab/cloudflare/api";
import { accountId, zone } from "../../lab/facts";
import { deployToken, tokens } from "../cloudflare-calls";
import { destroy, House, points } from "./house";

for (const point of points) {
    describe(`the bundled engine, killed ${point}`, () => {
        let house: House;
        beforeEach(() => {
            house = new House();
        });
        afterEach(() => {
            house.remove();
        });

        // As idempotent as this project's own scripts: it may run twice and makes one thing.
        const keeps = (text: string) =>
            `new command.local.Command("a", { create: "printf '%s' ${text} > made", delete: "rm -f made" });`;
        const made = () => {
            const file = join(house.folder, "made");
            return existsSync(file) ? readFileSync(file, "utf8") : undefined;
        };

        it("while it creates a command: the next up converges", async () => {
            house.program(keeps("one"));
            await house.cutOff(`${point} create Command a`);
            await house.converges();
            assert.equal(made(), "one");
        });

        it("while it updates a command: the next up converges", async () => {
            house.program(keeps("one"));
            await house.converges();
            house.program(keeps("two"));
            await house.cutOff(`${point} update Command a`);
            await house.converges();
            assert.equal(made(), "two");
        });

        it("while it deletes a command: the next destroy converges", async () => {
            house.program(keeps("one"));
            await house.converges();
            await house.cutOff(`${point} delete Command a`, destroy);
            await house.converges(destroy);
            assert.equal(made(), undefined);
        });

        for (const half of ["create-replacement", "delete-replaced"]) {
            it(`while it replaces a command (${half}): the next up converges`, async () => {
                const replaced = (trigger: string) =>
                    `new command.local.Command("a", { create: "touch made-${trigger}", delete: "rm -f made-${trigger}", triggers: ["${trigger}"] });`;
                house.program(replaced("one"));
                await house.converges();
                house.program(replaced("two"));
                await house.cutOff(`${point} ${half} Command a`);
                await house.converges();
                assert.ok(existsSync(join(house.folder, "made-two")));
                assert.ok(!existsSync(join(house.folder, "made-one")));
            });
        }

        it("while it makes a provider and a component: the next up converges", async () => {
            house.program(
                `const parent = new pulumi.ComponentResource("rekindle:index:Thing", "thing");\n` +
                    `new command.Provider("own", {}, { parent });`,
            );
            await house.cutOff(`${point} create Thing thing`);
            await house.cutOff(`${point} create command own`);
            await house.converges();
        });
    });

    describe(`the bundled engine with a tunnel, killed ${point}`, () => {
        let house: House;
        let api: Api;
        beforeEach(async () => {
            house = new House();
            api = await startApi({ tokens, zones: [zone], port: 0 });
        });
        afterEach(async () => {
            house.remove();
            await api.close();
        });
        const tunnels = () => [...api.store.tunnels.values()].filter((t) => t.deleted_at === null);
        const wants = (byte: number, options = "") => {
            const secret = Buffer.alloc(32, byte).toString("base64");
            house.program(
                `const provider = new cloudflare.Provider("cf", { baseUrl: "${api.url}", apiToken: "${deployToken}" });\n` +
                    `new cloudflare.ZeroTrustTunnelCloudflared("t", { accountId: "${accountId}", name: "home", configSrc: "local", tunnelSecret: pulumi.secret("${secret}") }, { provider${options} });`,
            );
        };
        const type = "ZeroTrustTunnelCloudflared t";

        it("while it creates it: it is never made twice, and the error says how to adopt it", async () => {
            wants(1);
            await house.cutOff(`${point} create ${type}`);
            if (point === "after-call") {
                const [tunnel] = tunnels();
                // As often as somebody tries before reading.
                for (const attempt of [1, 2]) {
                    const { exit, errors } = await house.run();
                    assert.equal(exit, 1, `attempt ${attempt}`);
                    assert.match(errors, /The tunnel "home" exists with the id/);
                    assert.ok(
                        errors.includes(`rekindle:tunnel.import ${tunnel?.id ?? "?"}`),
                        errors,
                    );
                }
                const gone = await house.run(destroy);
                assert.match(gone.errors, /The tunnel "home" exists with the id/);
                const id = `${accountId}/${tunnel?.id ?? "?"}`;
                wants(1, `, import: "${id}", ignoreChanges: ["tunnelSecret"]`);
                assert.equal((await house.run()).exit, 0);
                assert.deepEqual(tunnels(), [tunnel]);
                wants(1);
            }
            await house.converges();
            assert.equal(tunnels().length, 1);
        });

        it("while it updates it: the next up converges", async () => {
            wants(1);
            await house.converges();
            wants(2);
            await house.cutOff(`${point} update ${type}`);
            await house.converges();
            const secret = Buffer.alloc(32, 2).toString("base64");
            assert.deepEqual(
                tunnels().map((tunnel) => tunnel.tunnel_secret),
                [secret],
            );
        });

        it("while it deletes it: the next destroy converges", async () => {
            wants(1);
            await house.converges();
            await house.cutOff(`${point} delete ${type}`, destroy);
            await house.converges(destroy);
            assert.deepEqual(tunnels(), []);
        });
    });
}
