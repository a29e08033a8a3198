import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { assertTakeable, importProblem } from "../components/tunnel-import";

const id = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
const accountId = "a".repeat(32);

describe("tunnel.import of a tunnel that was made in the dashboard", () => {
    const asked: unknown[] = [];
    /** A stack whose Cloudflare answers so. */
    const looked = async (answer: () => Record<string, unknown>) => {
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
        return assertTakeable(accountId, id, component);
    };

    it("is refused in the preview, with the way to a new tunnel and its records", async () => {
        const answer = { name: "old", configSrc: "cloudflare", id };
        await assert.rejects(
            looked(() => answer),
            (error: Error) => {
                assert.ok(pulumi.ResourceError.isInstance(error));
                assert.match(error.message, /\("old"\) was made in Cloudflare's dashboard/);
                assert.match(error.message, /a rekindle:tunnel\.name other than "old"/);
                assert.match(error.message, /pulumi config rm --path rekindle:tunnel\.import/);
                assert.ok(
                    error.message.includes(
                        `pulumi config set --path 'rekindle:tunnel.adopt[0]' ${id}.cfargotunnel.com`,
                    ),
                );
                return true;
            },
        );
        assert.deepEqual(asked, [{ accountId, tunnelId: id }]);
    });

    it("is the only one that is refused: what cannot be looked at is left to the import", async () => {
        await looked(() => ({ name: "old", configSrc: "local", id }));
        await looked(() => {
            throw new Error("offline");
        });
        assert.equal(importProblem(id, { name: "old", configSrc: "local" }), undefined);
    });
});
