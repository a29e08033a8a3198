import { revokeOlder, rotate } from "./secrets";
import type { Shown } from "./verbs";

export const tokenNames = {
    "dns-token": "dnsToken",
    "cloudflare-token": "cloudflareToken",
} as const;
export const secretNames = { "tunnel-secret": "tunnelSecret", ...tokenNames } as const;

/** Gives the stack a new secret, which the next `up` puts in use. */
export function rotateSecret(name: keyof typeof secretNames): Shown {
    rotate(secretNames[name]);
    const older = name in tokenNames ? ` The older one is accepted until \`revoke ${name}\`.` : "";
    const text = `There is a new ${name}: \`npm run up\` puts it in use.${older}`;
    return { text, value: { rotated: name } };
}

/** Has the Cloudflare stand-in refuse all but the newest value. @throws when there is no older one */
export function revokeToken(name: keyof typeof tokenNames): Shown {
    revokeOlder(tokenNames[name]);
    const text = `Older values of the ${name} are refused from now on.`;
    return { text, value: { revoked: name } };
}
