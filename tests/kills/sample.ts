/** Set by `npm run test:kills -- volume` and `-- lab`: every point is tried, not only a sample. */
export const everyPoint = "REKINDLE_EVERY_KILL_POINT";

/**
 * Picks what `npm test` tries of a long list of kill points, and says how many it leaves to `npm run test:kills`.
 * @param sample some of the points, one of each kind
 * @param command what `npm run test:kills` is told then @default volume
 */
export function sampled<T>(
    what: string,
    points: readonly T[],
    sample: readonly T[],
    command = "volume",
): readonly T[] {
    const missing = sample.filter((point) => !points.includes(point));
    if (missing.length > 0) {
        throw new Error(`${what}: no such kill point: ${missing.join(", ")}.`);
    }
    if (process.env[everyPoint] !== undefined) {
        return points;
    }
    const rest = points.length - sample.length;
    console.log(
        `      ${what}: ${rest} of ${points.length} are left to npm run test:kills -- ${command}`,
    );
    return points.filter((point) => sample.includes(point));
}

/** Picks every third of a list that is too long for `npm test`. @returns all of it for `npm run test:kills` */
export function everyThird<T>(all: readonly T[]): readonly T[] {
    return process.env[everyPoint] === undefined ? all.filter((_, at) => at % 3 === 0) : all;
}

/** How often something is killed at a random moment: fewer times in `npm test`. */
export function rounds(few: number, all: number): number {
    return process.env[everyPoint] === undefined ? few : all;
}

/**
 * Declares a test that only `npm run test:kills -- volume` runs, because another one of its kind is in `npm test`.
 * Prints its name when it is left out.
 */
export function rarely(name: string, test: () => Promise<void>): void {
    if (process.env[everyPoint] === undefined) {
        console.log(`      left to npm run test:kills -- volume: ${name}`);
    } else {
        it(name, test);
    }
}
