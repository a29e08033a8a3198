import assert from "node:assert/strict";
import { secretsIn } from "./lab/secret-forms";

describe("the search for secrets", () => {
    const secret = "kX9/+a b?0123456789\nabcdefZ==";
    const secrets = { mine: secret };
    const base64 = (text: string) => Buffer.from(text).toString("base64");

    for (const [form, text] of [
        ["as it is", secret],
        ["as JSON", JSON.stringify({ key: secret })],
        ["URL-encoded", `https://x/?key=${encodeURIComponent(secret)}`],
        ["in hexadecimal digits", Buffer.from(secret).toString("hex")],
        ["in base64", base64(secret)],
        ["in base64 of a text around it, 1 byte in", base64(`a${secret}bc`)],
        ["in base64 of a text around it, 2 bytes in", base64(`ab${secret}b`)],
        ["in base64 of a text around it, 3 bytes in", base64(`abc${secret}`)],
        ["in base64url", Buffer.from(secret).toString("base64url")],
    ] as const) {
        it(`finds one ${form}`, () => {
            assert.deepEqual(secretsIn(`before ${text} after`, secrets), ["mine"]);
        });
    }

    it("finds none where none is", () => {
        assert.deepEqual(secretsIn(base64(secret.slice(4)), secrets), []);
    });
});
