import { Resolver } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { Agent, request } from "undici";

export interface VisitRequest {
    readonly url: string;
    /** @default GET */
    readonly method?: string | undefined;
    readonly headers?: Record<string, string> | undefined;
    /** @default none */
    readonly body?: string | undefined;
    /** For the whole visit, in milliseconds. @default 10000 */
    readonly timeoutMs?: number | undefined;
}

/** What a visitor got: an answer, or none and why. */
export type Visit =
    | {
          readonly status: number;
          readonly headers: Readonly<Record<string, string | string[] | undefined>>;
          /** The first megabyte. */
          readonly body: string;
          readonly seconds: number;
      }
    | { readonly error: string; readonly seconds: number };

export interface VisitorOptions {
    /** The resolver to ask, `address` or `address:port`. */
    readonly resolver: string;
    /** The certificate authority to trust, as PEM text. */
    readonly ca: string;
}

const maxBody = 1024 * 1024;

/** Visits a URL as a stranger would: look the name up, connect, check the certificate, ask. Each time on a new connection. */
export async function visit(visitRequest: VisitRequest, options: VisitorOptions): Promise<Visit> {
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    const {
        url,
        method = "GET",
        headers = {},
        body: sent = null,
        timeoutMs = 10_000,
    } = visitRequest;
    const agent = new Agent({ connect: { ca: options.ca, lookup: lookupAt(options.resolver) } });
    try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await request(url, {
            ...{ method, headers, body: sent },
            ...{ signal, dispatcher: agent },
        });
        let body = Buffer.alloc(0);
        for await (const chunk of answer.body) {
            body = Buffer.concat([body, chunk as Buffer]);
            if (body.length >= maxBody) {
                break;
            }
        }
        return {
            status: answer.statusCode,
            headers: answer.headers,
            body: body.subarray(0, maxBody).toString("utf8"),
            seconds: seconds(),
        };
    } catch (error) {
        return { error: explain(error, new URL(url).hostname, timeoutMs), seconds: seconds() };
    } finally {
        await agent.destroy();
    }
}

/** Looks names up at one resolver only, whatever the machine's own is. */
export function lookupAt(server: string): LookupFunction {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([server]);
    return (hostname, options, callback) => {
        resolver.resolve4(hostname).then(
            (addresses) => {
                const found = addresses.map((address) => ({ address, family: 4 }));
                if (options.all === true) {
                    callback(null, found);
                } else {
                    callback(null, addresses[0] ?? "", 4);
                }
            },
            (error: unknown) => {
                callback(error as NodeJS.ErrnoException, []);
            },
        );
    };
}

function explain(error: unknown, hostname: string, timeoutMs: number): string {
    const { code, message, name } = error as NodeJS.ErrnoException;
    if (name === "TimeoutError") {
        return `no answer within ${timeoutMs / 1000} s`;
    }
    if (code === "ENOTFOUND") {
        return `${hostname} does not exist in DNS`;
    }
    return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
