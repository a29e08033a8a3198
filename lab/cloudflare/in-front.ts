import type { ServerResponse } from "node:http";
import { frontOf } from "../../components/scripts/watchdog.mjs";

/** What a zone's owner can put in front of a hostname, so that the tunnel is not asked. */
export type Front = "access" | "challenge";

/** Answers as Cloudflare Access does to whoever has not logged in, or as a challenge does to whoever is no browser. */
export function answerInFront(response: ServerResponse, front: Front, host: string): void {
    const server = "cloudflare";
    if (front === "access") {
        const login = `https://lab.cloudflareaccess.com/cdn-cgi/access/login/${host}?redirect_url=%2F`;
        response.writeHead(302, { server, location: login, "cache-control": "no-store" });
        response.end();
        return;
    }
    response.writeHead(403, {
        ...{ server, "content-type": "text/html; charset=UTF-8" },
        ...{ "cf-mitigated": "challenge", "cache-control": "no-store" },
    });
    response.end("<!DOCTYPE html><title>Just a moment...</title>\n");
}

/** Says what answered instead of the tunnel, if it is something that Cloudflare puts in front; undefined for all other answers. */
export function seenInFront(
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
    const text = (name: string) => {
        const value = headers[name];
        return typeof value === "string" ? value : null;
    };
    const front = frontOf(status, { get: text });
    return front.startsWith("an answer")
        ? undefined
        : `cannot be judged: something in front answers, ${front}`;
}
