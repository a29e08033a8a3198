import { ApiError } from "./envelope";

/** A token of the stand-in, with the permissions that a real one would be given in the dashboard. */
export interface ApiToken {
    /** What the record of requests calls it; the value is never shown. */
    readonly name: string;
    readonly value: string;
    /** Account, Cloudflare Tunnel: Edit. @default false */
    readonly tunnels?: boolean;
    /** Account, Workers Scripts: Edit and Workers KV Storage: Edit. @default false */
    readonly workers?: boolean;
    /** Ids of the zones where it has Zone, DNS: Edit. @default none */
    readonly dnsZones?: readonly string[];
}

/**
 * Finds the token that a request carries.
 * @throws ApiError 400 code 6003 for a header that is none, 403 code 9109 for a token that does not exist
 */
export function authenticate(header: string | undefined, tokens: readonly ApiToken[]): ApiToken {
    const value = /^Bearer ([0-9A-Za-z_-]{40,80})$/.exec(header ?? "")?.[1];
    if (value === undefined) {
        throw new ApiError(400, 6003, "Invalid request headers");
    }
    const token = tokens.find((each) => each.value === value);
    if (!token) {
        throw new ApiError(403, 9109, "Invalid access token");
    }
    return token;
}

/** The answer to a token that exists but may not do this. */
export function notPermitted(): ApiError {
    return new ApiError(403, 10000, "Authentication error");
}
