import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { mistake } from "../components/mistake";

describe("what a user did wrong", () => {
    const text =
        "rekindle:clusterDns is wrong.\n  pulumi config set rekindle:clusterDns 10.43.0.10";

    it("is said in its own words, whatever the SDK writes before them", () => {
        const error = mistake(text);
        error.message = `error serializing property "stdin": ${error.message}`;
        assert.equal(error.message, text);
        assert.equal(String(error), `Error: ${text}`);
    });

    it("is what Pulumi shows without a stack, and takes no time to show", () => {
        const error = mistake(text);
        assert.ok(pulumi.RunError.isInstance(error));
        assert.equal(error.stack, undefined);
    });

    it("is shown beside the resource that it is about, without a stack too", async () => {
        await pulumi.runtime.setMocks({
            newResource: ({ name }) => ({ id: name, state: {} }),
            call: () => ({}),
        });
        const tunnel = new pulumi.ComponentResource("rekindle:index:Test", "tunnel");
        const error = mistake(text, tunnel);
        assert.ok(pulumi.ResourceError.isInstance(error));
        assert.deepEqual([error.message, error.stack], [text, undefined]);
    });
});
