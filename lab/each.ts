/**
 * Does something with each in turn, also after one that failed.
 * @throws when some failed, with every reason
 */
export async function each<T>(
    items: readonly T[],
    action: (item: T) => Promise<void>,
): Promise<void> {
    const reasons: string[] = [];
    for (const item of items) {
        await action(item).catch((error: unknown) => {
            reasons.push(error instanceof Error ? error.message : String(error));
        });
    }
    if (reasons.length > 0) {
        throw new Error(reasons.join("\n"));
    }
}
