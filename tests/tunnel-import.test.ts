import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { refuseUntakeable, importProblem } from "../components/tunnel-import";

const id = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
const accountId = "a".repeat(32);

describe("tunnel.import of a tunnel that was made in the dashboard", () => {
    const asked: unknown[] = [];
    /** What a preview reports of a tunnel of which Cloudflare answers so. */
    const reported = async (answer: () => Record<string, unknown>) => {
        await pulumi.runtime.setMocks(
            {
                newResource: ({ name }) => ({ id: name, state: {} }),
                call: ({ inputs }) => {
                    asked.push(inputs);
                    return answer();
                },
            },
            "rekindle",
            "test",
            true,
        );
        const component = new pulumi.ComponentResource("rekindle:index:Test", "tunnel");
        try {
            await refuseUntakeable(accountId, id, component);
            return undefined;
        } catch (error) {
            assert.ok(error instanceof pulumi.RunError);
            return error.message;
        }
    };

    it("is refused in the preview, with the way to a new tunnel and its records", async () => {
        const said = await reported(() => ({ name: "old", configSrc: "cloudflare", id }));
        assert.ok(said !== undefined);
        assert.match(said, /\("old"\) was made in Cloudflare's dashboard/);
        assert.match(said, /a rekindle:tunnel\.name other than "old"/);
        assert.match(said, /pulumi config rm --path rekindle:tunnel\.import/);
        const adopt = `pulumi config set --path 'rekindle:tunnel.adopt[0]' ${id}.cfargotunnel.com`;
        assert.ok(said.includes(adopt), said);
        assert.deepEqual(asked, [{ accountId, tunnelId: id }]);
    });

    it("is the only one that is refused: what cannot be looked at is left to the import", async () => {
        assert.equal(await reported(() => ({ name: "old", configSrc: "local", id })), undefined);
        const offline = () => {
            throw new Error("offline");
        };
        assert.equal(await reported(offline), undefined);
        assert.equal(importProblem(id, { name: "old", configSrc: "local" }), undefined);
    });
});
