import { isIP } from "node:net";
import { domainToASCII } from "node:url";

/** Where a URL leads: to a host, to this computer, to a cloud by its name, or to a place that the URL does not tell. */
export type Address =
    | { readonly at: "host"; readonly host: string }
    | { readonly at: "here" }
    | { readonly at: "cloud"; readonly name: string }
    | { readonly at: "untold" };

/** Schemes of Pulumi's backends and secrets providers that name no host. */
const clouds: Readonly<Record<string, string>> = {
    s3: "Amazon S3",
    gs: "Google Cloud Storage",
    azblob: "Azure Blob Storage",
    awskms: "AWS KMS",
    gcpkms: "Google Cloud KMS",
    azurekeyvault: "Azure Key Vault",
};

/** A host as DNS compares it: lower case and punycode, an address as short as it can be, without port, brackets and the dot at its end. */
export function plainHost(text: string): string {
    // The short way for nearly all of them, of which a home can have thousands: no port, no address, nothing to change.
    if (/^[a-z0-9._-]*[a-z]$/.test(text)) {
        return text;
    }
    const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
    if (bracketed !== undefined || isIP(text) !== 0) {
        return plainAddress(bracketed ?? text);
    }
    const host = text.replace(/:\d+$/, "").replace(/\.$/, "").toLowerCase();
    // What is no name in any script goes to terminals all the same, in the reasons of a circle.
    return /^[\x21-\x7e]*$/.test(host) ? host : domainToASCII(host) || host.replace(/\p{C}/gu, "?");
}

/** An IPv6 address has many spellings, of which URL keeps the shortest; one with an interface is no URL's. */
function plainAddress(address: string): string {
    const url = `http://[${address}]`;
    return isIP(address) === 6 && URL.canParse(url)
        ? new URL(url).hostname.slice(1, -1)
        : address.toLowerCase();
}

/** The host that an image is pulled from, by the rules of Docker's short names. */
export function imageHost(image: string): string {
    const [first = "", ...rest] = image.split("/");
    const isHost =
        rest.length > 0 &&
        (/[.:]/.test(first) || first === "localhost" || !/^[a-z0-9_-]+$/.test(first));
    const host = isHost ? plainHost(first) : "docker.io";
    return /^(index|registry-1)\.docker\.io$/.test(host) ? "docker.io" : host;
}

/** An image without tag and digest, as people speak of it. */
export function imageName(image: string): string {
    return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

/**
 * Where a state backend, git remote, secret store or resolver lies: a URL of any scheme, `git@host:path` with or without a user,
 * a path, a bare host with or without a port or path, or `passphrase`. Undefined for what is none of them.
 */
export function addressOf(text: string): Address | undefined {
    // The short way for most of them.
    const plain = /^(?:https?|tcp|ssh):\/\/([a-z0-9.-]*[a-z])(?::\d+)?$/.exec(text)?.[1];
    if (plain !== undefined) {
        return hostAddress(plain);
    }
    if (text === "passphrase" || /^(file:|\.{0,2}\/|~|[a-z]:\\)/i.test(text)) {
        return { at: "here" };
    }
    if (/\s/.test(text) || text === "") {
        return undefined;
    }
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
    if (scheme !== undefined) {
        return URL.canParse(text) ? schemed(scheme, new URL(text)) : undefined;
    }
    if (isIP(text) !== 0) {
        return hostAddress(text);
    }
    const scp = /^(?:[\w.+-]+@)?(\[[^\]]+\]|[^:/]+):/.exec(text)?.[1];
    return hostAddress(scp ?? text.split("/")[0] ?? "");
}

/** The host that a need means: of a URL or an NFS export (`nas.lan:/srv`) that of it, else the name as it is, without a port. */
export function neededHost(need: string): string {
    const address = need.includes(":/") ? addressOf(need) : undefined;
    return address?.at === "host" ? address.host : plainHost(need);
}

function schemed(scheme: string, url: URL): Address | undefined {
    // What S3 calls an endpoint is a domain to Azure's blobs.
    const key = scheme === "azblob" ? "domain" : "endpoint";
    const endpoint = url.searchParams.get(key);
    if (endpoint !== null && endpoint !== "") {
        const host =
            endpoint.includes("://") && URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
        return hostAddress(host.split("/")[0] ?? "");
    }
    const cloud = clouds[scheme];
    if (cloud !== undefined) {
        return { at: "cloud", name: cloud };
    }
    // Vault's address is in the environment of whoever runs Pulumi.
    return scheme === "hashivault" ? { at: "untold" } : hostAddress(webHost(url));
}

/** URL knows only the web's schemes to have names in other scripts: those of ssh, say, stay percent-encoded. */
function webHost({ protocol, href, host }: URL): string {
    const web = `https:${href.slice(protocol.length)}`;
    return host.includes("%") && URL.canParse(web) ? new URL(web).host : host;
}

function hostAddress(text: string): Address | undefined {
    const host = plainHost(text);
    const isName = host.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(host);
    return isName || isIP(host) !== 0 ? { at: "host", host } : undefined;
}
