import { missed, awaitMilestones } from "./milestones";
import { newCanary, removeCanary } from "./canary";
import type { Drill } from "./drill";
import type { House } from "./house";
import { checkMute } from "./check-mute";
import { mute, muteAgain, unmute, type Mute } from "./mute";
import { lostData, writeData, type Sums } from "./data";
import { answering } from "./hostnames";
import { assertReadable, refuse, Refused } from "./readable";
import { firstPublic, type Check, type DrillRecord, type Milestone } from "./record";
import { compare, snapshot, type Snapshot } from "./snapshot";
import { canaryWatch } from "./watches";

/** What people see while a drill runs. */
export type Say = (line: string) => void;

/**
 * Runs one drill from its checks beforehand to a house that is as it was, and returns what came of it. Never throws for what the house
 * does: that is what the record is for.
 * @param signal interrupts it; what was broken is undone all the same
 */
export async function runDrill<H extends House>(
    drill: Drill<H>,
    house: H,
    say: Say,
    signal: AbortSignal,
): Promise<DrillRecord> {
    const begun = Date.now();
    const run = new Run(drill, house, say, signal);
    const problems: string[] = [];
    let verdict: DrillRecord["verdict"] = "passed";
    try {
        await run.whole();
    } catch (error) {
        verdict = signal.aborted ? "interrupted" : error instanceof Refused ? "refused" : "failed";
        problems.push(signal.aborted ? "It was interrupted." : (error as Error).message);
    }
    problems.push(...(await run.cleanUp()));
    problems.push(...missed(run.milestones));
    problems.push(...run.checks.filter(({ ok }) => !ok).map((one) => `${one.name}: ${one.detail}`));
    const record = run.record(begun);
    return {
        ...record,
        seconds: Math.round((Date.now() - begun) / 100) / 10,
        // Ctrl+C ends what the drill has started as well: what failed by that is no fault of the house.
        verdict:
            verdict !== "passed" || problems.length === 0
                ? verdict
                : signal.aborted
                  ? "interrupted"
                  : "failed",
        problems,
    };
}

class Run<H extends House> {
    milestones: Milestone[] = [];
    readonly checks: Check[] = [];
    #zero = Date.now();
    #mute: Mute | undefined;
    readonly #canary;
    #more: Partial<DrillRecord> = {};

    constructor(
        private readonly drill: Drill<H>,
        private house: H,
        private readonly say: Say,
        private readonly signal: AbortSignal,
    ) {
        this.#canary = newCanary(drill.scope, Date.now());
    }

    async whole(): Promise<void> {
        const { drill, say } = this;
        await assertReadable(this.house);
        refuse("it would not come back whole", (await drill.refuses?.(this.house)) ?? []);
        await this.#lookBeforehand();
        const { house } = this;
        await removeCanary(house);
        const before = await snapshot(house);
        await house.begin();
        say(
            "checks beforehand: state, configuration, secrets and program are readable without the cluster",
        );
        const sums = await writeData(house);
        this.#mute = await mute(house, drill);
        say(`muted until ${new Date(this.#mute.ends).toISOString()}`);
        await drill.prepare?.(house);
        this.signal.throwIfAborted();
        say("breaking");
        this.checks.push(...(await drill.break(house)));
        await this.#comeBack();
        this.checks.push(...((await drill.verify?.(house)) ?? []));
        this.#more = (await drill.measure?.(house, this.milestones, this.#zero)) ?? {};
        await this.#restore(before, sums);
    }

    /** What answers nobody before the drill is not asked of it afterwards. */
    async #lookBeforehand(): Promise<void> {
        const timed = this.drill.milestones(this.house).some(({ name }) => name === firstPublic);
        const { house, notes } = await answering(this.house, timed);
        this.house = house;
        this.checks.push(...notes);
    }

    /** From second 0 on: what was broken is mended while every milestone is looked for. */
    async #comeBack(): Promise<void> {
        const { drill, house, signal } = this;
        let isMended = false;
        this.#zero = Date.now();
        this.say(`0.0 s ${drill.zero}`);
        const watches = [
            ...drill.milestones(house),
            ...(house.grafana === undefined
                ? []
                : [
                      canaryWatch(
                          house,
                          this.#canary,
                          300,
                          async () => isMended && this.#muteAgain(),
                      ),
                  ]),
        ];
        const given = new AbortController();
        const reached = awaitMilestones(
            watches,
            this.#zero,
            (one) => {
                this.#told(one);
            },
            AbortSignal.any([signal, given.signal]),
        );
        const mended = drill.mend(house).then(
            () => {
                isMended = true;
            },
            (error: unknown) => {
                // Nothing will come back by waiting.
                given.abort(error);
                throw error;
            },
        );
        // Both have ended before anything is undone.
        const [milestones, end] = await Promise.allSettled([reached, mended]);
        if (milestones.status === "fulfilled") {
            this.milestones = milestones.value;
        }
        for (const one of [end, milestones]) {
            if (one.status === "rejected") {
                throw one.reason;
            }
        }
        if (this.#mute !== undefined) {
            this.checks.push(
                ...(await checkMute(this.house, this.#mute, this.#canary, this.#zero)),
            );
        }
    }

    async #muteAgain(): Promise<boolean> {
        this.#mute &&= await muteAgain(this.house, this.drill, this.#mute);
        return true;
    }

    /** What came before an interruption is kept, too. */
    #told(milestone: Milestone): void {
        const { name, host, at, limit } = milestone;
        this.milestones.push(milestone);
        const what = host === undefined ? name : `${host} ${name}`;
        this.say(at === null ? `${what}: not within ${limit} s` : `${at.toFixed(1)} s ${what}`);
    }

    async #restore(before: Snapshot, sums: Sums): Promise<void> {
        const { drill, house, say } = this;
        say("restoring");
        await drill.restore?.(house);
        const lost = await lostData(house, sums);
        await house.undo();
        await removeCanary(house);
        this.checks.push({
            name: "data intact",
            ok: lost.length === 0,
            detail:
                lost.join("; ") ||
                "every write that was synced is there, and checksums are as before",
        });
        const up = await house.pulumi("up");
        this.checks.push({
            name: "the next up has 0 changes",
            ok: up.ok && up.changes === 0,
            detail: up.ok ? `${up.changes} changes` : lastLines(up.output),
        });
        this.checks.push(...compare(before, await snapshot(house), drill.remakes));
    }

    /** Whatever happened: alerts are heard again, and nothing of the drill's is left. */
    async cleanUp(): Promise<string[]> {
        const { drill, house } = this;
        const problems: string[] = [];
        const attempt = async (what: string, action: () => Promise<void>) => {
            try {
                await action();
            } catch (error) {
                problems.push(`${what}: ${(error as Error).message}`);
            }
        };
        await attempt("What the drill broke could not be undone", async () => house.undo());
        await attempt("The canary could not be removed", async () => removeCanary(house));
        const mute = this.#mute;
        if (mute !== undefined) {
            const until = new Date(mute.ends).toISOString();
            await attempt(
                `The mute could not be lifted, and ends by itself at ${until}`,
                async () => unmute(house, mute, drill.scope),
            );
        }
        return problems;
    }

    record(begun: number): DrillRecord {
        const { drill, house } = this;
        return {
            ...{ version: 1, drill: drill.name, where: house.where, stack: house.stack },
            ...{ begun: new Date(begun).toISOString(), zero: drill.zero },
            ...{ seconds: 0, verdict: "passed", problems: [] },
            ...{ milestones: this.milestones, checks: this.checks },
            rested: house.rested,
            ...this.#more,
        };
    }
}

function lastLines(output: string): string {
    return output.trim().split("\n").slice(-5).join(" ");
}
