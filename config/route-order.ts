/** What decides which route a request takes. */
export interface Matched {
    readonly hostname: string;
    readonly path?: string | undefined;
}

/**
 * Puts routes in the order in which cloudflared tries them, so that the first that fits is the one that people expect: concrete names
 * before wildcards, long wildcards before short ones; of one hostname the routes with a path first, as they are listed.
 */
export function inOrder<T extends Matched>(routes: readonly T[]): T[] {
    return [...routes].sort(
        (a, b) => compareHostnames(a.hostname, b.hostname) || withoutPath(a) - withoutPath(b),
    );
}

/** Concrete names before wildcards, long wildcards before short ones, otherwise by name: the order of a diff. */
function compareHostnames(a: string, b: string): number {
    const rank = (name: string) => (name.startsWith("*.") ? -name.split(".").length : -1000);
    return rank(a) - rank(b) || (a === b ? 0 : a < b ? -1 : 1);
}

const withoutPath = ({ path }: Matched) => (path === undefined ? 1 : 0);
