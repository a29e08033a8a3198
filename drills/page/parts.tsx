import type { ComponentChild } from "preact";
import type { DrillRecord } from "../record";
import { minute, verdictWords } from "./words";

/**
 * A table with its caption. Wider than its place it scrolls by itself, also by keyboard; on a phone each row becomes
 * a card, for which a cell repeats its column's title. The roles are said because browsers forget those of a table
 * that is not laid out as one.
 */
export function table(
    caption: string,
    head: readonly string[],
    rows: readonly (readonly ComponentChild[])[],
): ComponentChild {
    return (
        <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
            <table role="table">
                <caption>{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {head.map((title) => (
                            <th scope="col" role="columnheader">
                                {title}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {rows.map(([first, ...others]) => (
                        <tr role="row">
                            <th scope="row" role="rowheader">
                                {first}
                            </th>
                            {others.map((cell, index) => (
                                <td role="cell" data-head={head[index + 1]}>
                                    <span>{cell}</span>
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

export const signs = { passed: "✓", failed: "✗", interrupted: "‖", refused: "–" } as const;

/** The verdict in words; sign and colour only repeat it. */
export function verdict(record: DrillRecord): ComponentChild {
    return (
        <span class={`verdict ${record.verdict}`}>
            <span aria-hidden="true">{signs[record.verdict]} </span>
            {verdictWords(record)}
        </span>
    );
}

export function when({ begun }: DrillRecord): ComponentChild {
    return <time datetime={begun}>{minute(begun)}</time>;
}
