import { table } from "../../lab/report";

/** One case as a person would tell it. */
export interface Case {
    readonly name: string;
    readonly told: string;
    readonly after: string;
    readonly rerun: string;
}

/** Collects what a suite saw; `print` shows it as a table when the suite has ended. */
export class Cases {
    private readonly rows: Case[] = [];

    add(row: Case): void {
        this.rows.push(row);
    }

    print(): void {
        const head = ["case", "what the user sees", "state after", "rerun"];
        const rows = this.rows.map(({ name, told, after, rerun }) => [
            name,
            short(told),
            after,
            short(rerun),
        ]);
        console.log(`\n${table(head, rows)}\n`);
    }
}

function short(text: string): string {
    return text.length > 110 ? `${text.slice(0, 107)}...` : text;
}
