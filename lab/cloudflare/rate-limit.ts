export interface RateLimitOptions {
    /** How many requests one token may make in a window. @default 1200 */
    readonly requests: number;
    /** The window's length, and how long a token that asked too often is refused, in seconds. @default 300 */
    readonly seconds: number;
}

/** Cloudflare's limit for its API (developers.cloudflare.com/fundamentals/api/reference/limits). */
export const cloudflareLimit: RateLimitOptions = { requests: 1200, seconds: 300 };

/** Counts the requests of each token in fixed windows. */
export class RateLimit {
    private readonly windows = new Map<string, { count: number; ends: number }>();

    constructor(private readonly limit: RateLimitOptions) {}

    /**
     * Counts one request.
     * @returns undefined when it is within the limit, otherwise the seconds to wait
     */
    take(token: string, now = Date.now()): number | undefined {
        const length = this.limit.seconds * 1000;
        let window = this.windows.get(token);
        if (!window || window.ends <= now) {
            window = { count: 0, ends: now + length };
            this.windows.set(token, window);
        }
        window.count += 1;
        if (window.count <= this.limit.requests) {
            return undefined;
        }
        if (window.count === this.limit.requests + 1) {
            // The block is as long as a window, counted from the request that was one too many.
            window.ends = now + length;
        }
        return Math.ceil((window.ends - now) / 1000);
    }
}
