import type { Proof } from "./proof";

/** Tells whether a step from one thing to another is part of a circle. */
export function circleEdges({ circles }: Proof): (from: string, to: string) => boolean {
    const edges = new Set(
        circles.flatMap(({ hops }) => hops.map(({ need, to }) => `${need.from}\n${to}`)),
    );
    return (from, to) => edges.has(`${from}\n${to}`);
}
