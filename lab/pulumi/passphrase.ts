import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

/** Encrypts and decrypts single values, as `pulumi config set --secret` does with a passphrase. */
export interface Crypter {
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

/** A new `encryptionsalt` for a passphrase: `v1:<salt>:<the word "pulumi", encrypted>`. */
export function newSalt(passphrase: string): string {
    const salt = `v1:${randomBytes(saltBytes).toString("base64")}`;
    return `${salt}:${passphraseCrypter(passphrase, salt).encrypt("pulumi")}`;
}

/** @param salt the stack's `encryptionsalt` */
export function passphraseCrypter(passphrase: string, salt: string): Crypter {
    const bytes = Buffer.from(salt.split(":")[1] ?? "", "base64");
    const key = pbkdf2Sync(passphrase, bytes, iterations, keyBytes, "sha256");
    return {
        encrypt(plaintext) {
            const nonce = randomBytes(nonceBytes);
            const cipher = createCipheriv("aes-256-gcm", key, nonce);
            const sealed = [cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()];
            return `v1:${nonce.toString("base64")}:${Buffer.concat(sealed).toString("base64")}`;
        },
        decrypt(ciphertext) {
            const [nonce = "", text = ""] = ciphertext.split(":").slice(1);
            const sealed = Buffer.from(text, "base64");
            const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
            decipher.setAuthTag(sealed.subarray(-tagBytes));
            const opened = [decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()];
            return Buffer.concat(opened).toString("utf8");
        },
    };
}
