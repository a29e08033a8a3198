import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

/** Encrypts and decrypts single values, as `pulumi config set --secret` does with a passphrase. */
export interface Crypter {
    /** The salt it was made from, as `encryptionsalt` holds it. */
    readonly salt: string;
    encrypt(plaintext: string): string;
    /** @throws when the value is damaged or was encrypted under another passphrase */
    decrypt(ciphertext: string): string;
}

// Pulumi's own numbers (sdk/go/common/resource/config/crypt.go): Pulumi must read the same file.
const iterations = 1_000_000;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const saltBytes = 8;
/** What the salt carries encrypted, so that a wrong passphrase is noticed. */
const proof = "pulumi";

/** A new `encryptionsalt` for a passphrase: `v1:<salt>:<the word "pulumi", encrypted>`. */
export function newSalt(passphrase: string): string {
    const salt = randomBytes(saltBytes);
    return `v1:${salt.toString("base64")}:${encrypt(deriveKey(passphrase, salt), proof)}`;
}

/**
 * The crypter of a stack.
 * @param salt the stack's `encryptionsalt`
 * @throws when the salt cannot be read or the passphrase is not the one it was made with
 */
export function passphraseCrypter(passphrase: string, salt: string): Crypter {
    const [, bytes, sealed] = /^v1:([^:]+):(.+)$/.exec(salt) ?? [];
    if (bytes === undefined || sealed === undefined) {
        throw new Error(
            "encryptionsalt is not of the form v1:SALT:CIPHERTEXT: restore it, or remove it together with every `secure:` value and set those anew.",
        );
    }
    const key = deriveKey(passphrase, Buffer.from(bytes, "base64"));
    const crypter = {
        salt,
        encrypt: (plaintext: string) => encrypt(key, plaintext),
        decrypt: (ciphertext: string) => decrypt(key, ciphertext),
    };
    let opened: string | undefined;
    try {
        opened = crypter.decrypt(sealed);
    } catch {
        // Told below: at this place the only likely cause is the passphrase.
    }
    if (opened !== proof) {
        throw new Error(
            "incorrect passphrase: PULUMI_CONFIG_PASSPHRASE (or the file PULUMI_CONFIG_PASSPHRASE_FILE names) is not the one this stack was encrypted with.",
        );
    }
    return crypter;
}

/** Each takes a third of a second, and the configuration and the state of a stack usually share their salt. */
const derived = new Map<string, Buffer>();

function deriveKey(passphrase: string, salt: Buffer): Buffer {
    const name = `${salt.toString("base64")} ${passphrase}`;
    const key = derived.get(name) ?? pbkdf2Sync(passphrase, salt, iterations, keyBytes, "sha256");
    derived.set(name, key);
    return key;
}

function encrypt(key: Buffer, plaintext: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
    const text = Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64");
    return `v1:${nonce.toString("base64")}:${text}`;
}

function decrypt(key: Buffer, ciphertext: string): string {
    const [, nonce, text] = /^v1:([^:]+):([^:]+)$/.exec(ciphertext) ?? [];
    if (nonce === undefined || text === undefined) {
        throw new Error("an encrypted value is not of the form v1:NONCE:CIPHERTEXT");
    }
    const sealed = Buffer.from(text, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    try {
        return Buffer.concat([
            decipher.update(sealed.subarray(0, -tagBytes)),
            decipher.final(),
        ]).toString("utf8");
    } catch {
        throw new Error(
            "an encrypted value cannot be decrypted: it is damaged, or was encrypted with another passphrase",
        );
    }
}
