import { randomBytes, randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeKept } from "./kept-file";
import { secretsFile } from "./paths";

/** What only this lab knows. Made anew by each lab, gone with it. */
export interface LabSecrets {
    /** The deploy's token at the Cloudflare stand-in: tunnels. */
    readonly cloudflareToken: string;
    /** The pods' token at the Cloudflare stand-in: DNS records only. */
    readonly dnsToken: string;
    /** 32 bytes in base64. */
    readonly tunnelSecret: string;
    /** The bot's token at the Telegram stand-in. */
    readonly telegramToken: string;
    /** Proves a heartbeat to the Worker. */
    readonly heartbeatSecret: string;
    /** USER:PASSWORD of the Grafana stand-in's administrator. */
    readonly grafanaAuth: string;
    /** Encrypts the stack's secrets, in its config and in its state. */
    readonly passphrase: string;
    /** k3s's join token. */
    readonly joinToken: string;
    /** Tokens from before a rotation, which the Cloudflare stand-in still accepts. */
    readonly olderTokens: readonly { readonly name: TokenName; readonly value: string }[];
}
export type TokenName = "cloudflareToken" | "dnsToken";

/** Reads the running lab's secrets, or makes them when it has none yet. */
export function labSecrets(): LabSecrets {
    if (existsSync(secretsFile)) {
        return JSON.parse(readFileSync(secretsFile, "utf8")) as LabSecrets;
    }
    const secrets: LabSecrets = {
        cloudflareToken: newToken(),
        dnsToken: newToken(),
        tunnelSecret: newTunnelSecret(),
        telegramToken: newBotToken(),
        heartbeatSecret: randomBytes(32).toString("hex"),
        grafanaAuth: `admin:${randomBytes(18).toString("base64url")}`,
        passphrase: randomBytes(24).toString("base64url"),
        joinToken: randomBytes(24).toString("hex"),
        olderTokens: [],
    };
    save(secrets);
    return secrets;
}

/** A new value for the next `up`; the older token stays accepted until it is revoked, as one in Cloudflare's dashboard. */
export function rotate(name: TokenName | "tunnelSecret"): void {
    const secrets = labSecrets();
    if (name === "tunnelSecret") {
        save({ ...secrets, tunnelSecret: newTunnelSecret() });
        return;
    }
    const older = { name, value: secrets[name] };
    save({ ...secrets, [name]: newToken(), olderTokens: [...secrets.olderTokens, older] });
}

/** Only the newest value is accepted from here on. @throws when there is no older one */
export function revokeOlder(name: TokenName): void {
    const secrets = labSecrets();
    const kept = secrets.olderTokens.filter((older) => older.name !== name);
    if (kept.length === secrets.olderTokens.length) {
        throw new Error(
            `There is no older ${name} to revoke: \`lab -- rotate\` makes a new one first.`,
        );
    }
    save({ ...secrets, olderTokens: kept });
}

function save(secrets: LabSecrets): void {
    mkdirSync(dirname(secretsFile), { recursive: true });
    writeKept(secretsFile, secrets);
}

function newToken(): string {
    return randomBytes(30).toString("base64url");
}

function newTunnelSecret(): string {
    return randomBytes(32).toString("base64");
}

/** As @BotFather makes them: the bot's id, and a secret. */
function newBotToken(): string {
    return `${randomInt(1e9, 1e10)}:${randomBytes(26).toString("base64url").slice(0, 35)}`;
}
