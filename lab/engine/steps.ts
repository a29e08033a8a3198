import { isDefaultProvider } from "./urn";
import type { Journal } from "./journal";
import type { Counts, Listener, Op, Step } from "./listener";
import type { Values } from "./values";

/** Runs steps, a bounded number at a time; tells about each and counts it. After one has failed no other begins. */
export class StepRunner {
    readonly counts: Counts = {};
    #free: number;
    readonly #waiting: (() => void)[] = [];
    #running = 0;
    #stopped = false;
    #failed = false;
    readonly #idle: (() => void)[] = [];
    /** Resolves when a step has failed, or the run was told to stop. */
    readonly halted: Promise<void>;
    #halt: () => void = () => undefined;

    constructor(
        private readonly journal: Journal,
        private readonly listener: Listener,
        readonly preview: boolean,
        parallel: number,
    ) {
        this.#free = parallel;
        this.halted = new Promise((resolve) => {
            this.#halt = resolve;
        });
    }

    get stopped(): boolean {
        return this.#stopped;
    }

    stop(): void {
        this.#stopped = true;
        this.#halt();
    }

    /** Reports what went wrong and lets nothing new begin. */
    fail(error: unknown, urn?: string): void {
        if (error instanceof Refused) {
            this.listener.diagnostic("error", error.message, urn);
        } else if (!(error instanceof Stopped)) {
            const message = error instanceof Error ? error.message : String(error);
            this.listener.diagnostic(
                "error",
                this.preview ? `Preview failed: ${message}` : message,
                urn,
            );
            this.#failed = true;
        }
        this.stop();
    }

    /** Whether it was a step that failed, and not the program or what it asked for. */
    get failed(): boolean {
        return this.#failed;
    }

    /** Runs `work` (the planning and the steps of one resource) when one of the places is free. */
    async inTurn<T>(urn: string, work: () => Promise<T>): Promise<T> {
        if (this.#free === 0) {
            await new Promise<void>((resolve) => this.#waiting.push(resolve));
        } else {
            this.#free -= 1;
        }
        this.#running += 1;
        try {
            if (this.#stopped) {
                throw new Stopped();
            }
            return await work();
        } catch (error) {
            this.fail(error, urn);
            throw error;
        } finally {
            this.#running -= 1;
            const next = this.#waiting.shift();
            if (next) {
                next();
            } else {
                this.#free += 1;
            }
            if (this.#running === 0) {
                this.#idle.splice(0).forEach((tell) => {
                    tell();
                });
            }
        }
    }

    /** Resolves when no step runs. */
    async idle(): Promise<void> {
        while (this.#running > 0) {
            await new Promise<void>((resolve) => this.#idle.push(resolve));
        }
    }

    /**
     * One step: told, done, counted.
     * @param ends false for components, whose end is told when they register their outputs
     * @param creates what is about to be made, kept until it is in the state
     */
    async perform(
        step: Step,
        action: () => Promise<void>,
        ends = true,
        creates?: { readonly inputs: Values },
    ): Promise<void> {
        this.listener.began(step);
        const { op, urn, provider } = step;
        const pending = { op, urn, ...(provider === undefined ? {} : { provider }), ...creates };
        const changes = !["same", "replace"].includes(step.op);
        try {
            if (changes) {
                this.journal.begin(pending);
            }
            await action();
            if (!this.preview) {
                this.journal.settle(urn);
            }
        } catch (error) {
            if (!this.preview) {
                this.listener.failed(step);
            }
            throw error;
        } finally {
            if (changes) {
                this.journal.end(pending);
            }
        }
        if (isCounted(step.op) && !isDefaultProvider(step.urn)) {
            this.counts[step.op] = (this.counts[step.op] ?? 0) + 1;
        }
        if (ends || this.preview) {
            this.listener.ended(step);
        }
    }
}

/** A replacement's halves are not counted, only the whole. */
function isCounted(op: Op): boolean {
    return op !== "create-replacement" && op !== "delete-replaced";
}

/** What the program asks for cannot be: told before any step of it, as it is. */
export class Refused extends Error {}

/** Thrown to work that comes after a failure; the failure itself has been reported. */
export class Stopped extends Error {
    constructor() {
        super("the run was stopped");
    }
}
