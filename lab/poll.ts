import { randomUUID } from "node:crypto";
import { visit, type VisitorOptions } from "./visitor";

export interface PollRequest {
    readonly url: string;
    /** From the start of one visit to the start of the next, in milliseconds. @default 200 */
    readonly everyMs?: number | undefined;
    /** It ends by itself after this long. @default 600 */
    readonly maxSeconds?: number | undefined;
    /** The status that counts as well. @default 200 */
    readonly expect?: number | undefined;
}

export interface Poll {
    readonly url: string;
    /** How many visits ended with each status, or with which error. */
    readonly counts: Record<string, number>;
    /** The first visits that did not go well, at most 100. */
    readonly failures: { readonly time: string; readonly outcome: string }[];
    ended: boolean;
}

const keptFailures = 100;
const maxPolls = 20;

/** Visitors who come again and again, all along, so that an outage cannot go unseen. */
export class Polls {
    private readonly all = new Map<string, Poll>();

    constructor(private readonly options: VisitorOptions) {}

    /** @throws when too many are running */
    start(request: PollRequest): string {
        const running = [...this.all.values()].filter(({ ended }) => !ended);
        if (running.length >= maxPolls) {
            throw new Error(`${maxPolls} polls are running: stop one of them first.`);
        }
        const id = randomUUID();
        const poll: Poll = { url: request.url, counts: {}, failures: [], ended: false };
        this.all.set(id, poll);
        void this.run(poll, request);
        return id;
    }

    /** Ends a poll and forgets it. @throws when there is no such poll */
    stop(id: string): Poll {
        const poll = this.all.get(id);
        if (!poll) {
            throw new Error(`There is no poll ${id}.`);
        }
        poll.ended = true;
        this.all.delete(id);
        return poll;
    }

    stopAll(): void {
        [...this.all.keys()].forEach((id) => this.stop(id));
    }

    private async run(poll: Poll, request: PollRequest): Promise<void> {
        const { url, everyMs = 200, maxSeconds = 600, expect = 200 } = request;
        const end = Date.now() + maxSeconds * 1000;
        while (Date.now() < end && !poll.ended) {
            const time = new Date();
            const result = await visit({ url, timeoutMs: 5000 }, this.options);
            const outcome = "status" in result ? String(result.status) : result.error;
            poll.counts[outcome] = (poll.counts[outcome] ?? 0) + 1;
            if (outcome !== String(expect) && poll.failures.length < keptFailures) {
                poll.failures.push({ time: time.toISOString(), outcome });
            }
            const rest = time.getTime() + everyMs - Date.now();
            await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 0)));
        }
        poll.ended = true;
    }
}
