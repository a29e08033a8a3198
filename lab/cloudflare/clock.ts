/** The stand-in internet's clock: the machine's, and as far ahead as somebody has turned it. */
export class Clock {
    #ahead = 0;

    /** Milliseconds. */
    get ahead(): number {
        return this.#ahead;
    }

    now(): number {
        return Date.now() + this.#ahead;
    }

    /** Turns it ahead to a time, in milliseconds; never back. */
    reach(time: number): void {
        this.#ahead = Math.max(this.#ahead, time - Date.now());
    }
}
