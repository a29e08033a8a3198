import type { ComponentChild } from "preact";
import type { DrillRecord } from "../record";
import { minute, verdictWords } from "./words";

/** A table with its caption; wider than the screen it scrolls by itself, also by keyboard. */
export function table(
    caption: string,
    head: readonly string[],
    rows: readonly (readonly ComponentChild[])[],
): ComponentChild {
    return (
        <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
            <table>
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        {head.map((title) => (
                            <th scope="col">{title}</th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map(([first, ...others]) => (
                        <tr>
                            <th scope="row">{first}</th>
                            {others.map((cell) => (
                                <td>{cell}</td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

const signs = { passed: "✓", failed: "✗", interrupted: "‖", refused: "–" } as const;

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
