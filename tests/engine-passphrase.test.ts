import assert from "node:assert/strict";
import { newSalt, passphraseCrypter } from "../lab/engine/passphrase";
import { programConfig } from "../lab/engine/project";

describe("the engine's passphrase scheme", function () {
    // A million rounds are a third of a second, and many on a busy machine.
    this.timeout(60_000);

    // Made by Pulumi itself: the salt in its own tests of the passphrase manager (pkg/secrets/passphrase), for "password".
    const pulumisSalt = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==";

    it("opens what Pulumi encrypted", () => {
        assert.equal(passphraseCrypter("password", pulumisSalt).salt, pulumisSalt);
    });

    it("reads back what it wrote, each time encrypted anew", () => {
        const crypter = passphraseCrypter("correct horse", newSalt("correct horse"));
        const [one, other] = [crypter.encrypt("tell-nobody ✓"), crypter.encrypt("tell-nobody ✓")];
        assert.notEqual(one, other);
        assert.match(one, /^v1:[A-Za-z0-9+/]{16}:[A-Za-z0-9+/=]+$/);
        assert.equal(crypter.decrypt(one), "tell-nobody ✓");
        assert.equal(crypter.decrypt(other), "tell-nobody ✓");
    });

    it("says that the passphrase is wrong, and where it comes from", () => {
        assert.throws(
            () => passphraseCrypter("password1", pulumisSalt),
            /incorrect passphrase: PULUMI_CONFIG_PASSPHRASE .* is not the one/,
        );
    });

    it("says that a salt or a value is damaged", () => {
        assert.throws(() => passphraseCrypter("password", "v1:abc"), /not of the form v1:SALT/);
        const crypter = passphraseCrypter("password", pulumisSalt);
        const sealed = crypter.encrypt("x");
        assert.throws(() => crypter.decrypt(sealed.replace("v1:", "v1:A")), /cannot be decrypted/);
        assert.throws(() => crypter.decrypt("plain"), /not of the form v1:NONCE/);
    });
});

describe("programConfig", () => {
    const crypter = { decrypt: (text: string) => `opened ${text}` };

    it("gives the program texts, structures as JSON, and names the keys with a secret anywhere in them", () => {
        const stored = {
            "p:name": "home",
            "p:replicas": 2,
            "p:token": { secure: "one" },
            "p:nodes": [{ name: "pi1", key: { secure: "two" } }],
        };
        assert.deepEqual(programConfig(stored, crypter), {
            config: {
                "p:name": "home",
                "p:replicas": "2",
                "p:token": "opened one",
                "p:nodes": '[{"name":"pi1","key":"opened two"}]',
            },
            secretKeys: ["p:token", "p:nodes"],
        });
    });

    it("names the key whose value cannot be decrypted", () => {
        const broken = {
            decrypt: () => {
                throw new Error("it is damaged");
            },
        };
        assert.throws(
            () => programConfig({ "p:token": { secure: "one" } }, broken),
            /^Error: config key p:token: it is damaged\. Set it anew\.$/,
        );
    });
});
