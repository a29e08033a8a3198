/** Splits a stream's chunks into lines and passes on those that are not empty. */
export function lineReader(take: (line: string) => void): {
    add(chunk: string): void;
    end(): void;
} {
    let rest = "";
    const pass = (lines: readonly string[]): void => {
        lines.filter((line) => line !== "").forEach(take);
    };
    return {
        add(chunk) {
            const lines = (rest + chunk).split("\n");
            rest = lines.pop() ?? "";
            pass(lines);
        },
        end() {
            pass([rest]);
            rest = "";
        },
    };
}
