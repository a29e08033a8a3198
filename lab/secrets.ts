import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { secretsFile } from "./paths";

/** What only this lab knows. Made anew by each lab, gone with it. */
export interface LabSecrets {
    /** The deploy's token at the Cloudflare stand-in: tunnels. */
    readonly cloudflareToken: string;
    /** The pods' token at the Cloudflare stand-in: DNS records only. */
    readonly dnsToken: string;
    /** 32 bytes in base64. */
    readonly tunnelSecret: string;
    /** Encrypts the stack's secrets, in its config and in its state. */
    readonly passphrase: string;
    /** k3s's join token. */
    readonly joinToken: string;
}

/** Reads the running lab's secrets, or makes them when it has none yet. */
export function labSecrets(): LabSecrets {
    if (existsSync(secretsFile)) {
        return JSON.parse(readFileSync(secretsFile, "utf8")) as LabSecrets;
    }
    const secrets: LabSecrets = {
        cloudflareToken: randomBytes(30).toString("base64url"),
        dnsToken: randomBytes(30).toString("base64url"),
        tunnelSecret: randomBytes(32).toString("base64"),
        passphrase: randomBytes(24).toString("base64url"),
        joinToken: randomBytes(24).toString("hex"),
    };
    mkdirSync(dirname(secretsFile), { recursive: true });
    writeFileSync(secretsFile, JSON.stringify(secrets, null, 2), { mode: 0o600 });
    return secrets;
}
