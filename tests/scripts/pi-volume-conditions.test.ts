import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { piVolumeScript } from "../../components/pi-volume-script";

/** A function of the script: its command lines, each with its indentation. */
type Functions = ReadonlyMap<string, readonly string[]>;

const program =
    /(^|[|&;({] *|\b(then|do|else|!|timed "[^"]*") +)(timeout (-\S+ +)*\S+ +)?(mkdir|touch|mv|cp|rm|rmdir|sync|chmod|chattr|mkfifo|mkfs\.ext4|fallocate|truncate|rsync|ln|tee|resize2fs|e2fsck|u?mount|systemd-run|systemctl (--no-block )?"?(daemon-reload|start|stop|restart|\$1))\b/;
const redirection = /(?<![<>=-])>>? ?"?[$/](?!dev\/)/;

/** The functions whose own write may fail, and be followed by another command all the same, where `set -e` is off. */
function unsafeInConditions(script: string): Set<string> {
    const functions = functionsOf(script);
    const writing = new Set<string>();
    const unsafe = new Set<string>();
    const calls = (line: string, names: ReadonlySet<string>) =>
        [...names].some((name) => new RegExp(`(^|[^\\w$./-])${name}(?![\\w=./-])`).test(line));
    for (let before = -1; before !== writing.size + unsafe.size;) {
        before = writing.size + unsafe.size;
        for (const [name, lines] of functions) {
            lines.forEach((line, at) => {
                const writes =
                    program.test(line.trim()) || redirection.test(line) || calls(line, writing);
                if (writes) {
                    writing.add(name);
                }
                if ((writes && !isLast(lines, at)) || calls(line, unsafe)) {
                    unsafe.add(name);
                }
            });
        }
    }
    return unsafe;
}

/** `fail` ends the run, wherever it is called. */
const ends = ["fail", "refuse", "say"];

function functionsOf(script: string): Functions {
    const functions = new Map<string, string[]>();
    const whole = script
        // What a here-document prints is no command.
        .replaceAll(/<<'?(\w+)'?\n[^]*?\n\1$/gm, "")
        .replaceAll(/\\\n */g, " ")
        .replaceAll(/(&&|\|\||\|)\n */g, "$1 ");
    let lines: string[] | undefined;
    for (const line of whole.split("\n")) {
        const name = /^(\w+)\(\) {$/.exec(line)?.[1];
        if (name !== undefined) {
            lines = [];
            if (!ends.includes(name)) {
                functions.set(name, lines);
            }
        } else if (line === "}") {
            lines = undefined;
        } else if (!/^ *(#|$)/.test(line)) {
            lines?.push(line);
        }
    }
    return functions;
}

/** Whether nothing of the function comes after a line of it, so that the line's status is the function's. */
function isLast(lines: readonly string[], at: number): boolean {
    let depth = indentation(lines[at]);
    let otherBranch = false;
    for (const line of lines.slice(at + 1)) {
        const here = indentation(line);
        if (here < depth && /^ *(else|elif|;;)/.test(line)) {
            [depth, otherBranch] = [here, true];
        } else if (here <= depth && /^ *(fi|esac)$/.test(line)) {
            [depth, otherBranch] = [here, false];
        } else if (!otherBranch || here < depth) {
            return false;
        }
    }
    return true;
}

const indentation = (line = "") => line.length - line.trimStart().length;

interface Remark {
    readonly code: number;
    readonly line: number;
    readonly column: number;
    readonly endColumn: number;
}

/** What ShellCheck finds called in a condition, and may not be: `line: function`. */
function calledInConditions(script: string): string[] | undefined {
    const { error, stdout } = spawnSync(
        "shellcheck",
        ["--enable=check-set-e-suppressed", "--include=SC2310,SC2311", "-f", "json", "-"],
        { input: script, encoding: "utf8" },
    );
    if (error) {
        return undefined;
    }
    const unsafe = unsafeInConditions(script);
    const lines = script.split("\n");
    const found = (JSON.parse(stdout) as Remark[]).map(({ line, column, endColumn }) => {
        const text = lines[line - 1] ?? "";
        return { name: text.slice(column - 1, endColumn - 1), text: text.trim() };
    });
    return [
        ...new Set(
            found
                .filter(({ name }) => unsafe.has(name))
                .map(({ name, text }) => `${name}: ${text}`),
        ),
    ];
}

describe("pi-volume.sh's functions that write", () => {
    // In `if`, `while`, `!`, `&&` and `||` bash switches `set -e` off for all that a function does. One that writes would go on after
    // a write that failed: so a full card once emptied /etc/fstab. ShellCheck tells all functions that are called so; those
    // that only look may be, and so may one whose single write gives the function's own status.
    it("are never called in a condition", function () {
        const found = calledInConditions(piVolumeScript());
        if (found === undefined) {
            assert.equal(process.env["CI"], undefined, "CI must have shellcheck");
            this.skip();
        }
        assert.deepEqual(found, []);
    });

    it("are told from those that only look, and are found in a condition", function () {
        const script = `#!/bin/bash
set -euo pipefail
shopt -s inherit_errexit
looks() {
    [[ -e /etc/fstab ]]
}
writes() {
    printf x >"$1"
    sync "$1"
}
through() {
    local file=$1
    writes "$file"
}
copies() {
    # The only command.
    cp "$1" "$2"
}
main() {
    ! looks || through /a
    through /a || true
    copies /a /b || exit 1
    if writes /a; then
        looks
    fi
}
main
`;
        assert.deepEqual([...unsafeInConditions(script)], ["writes", "through", "main"]);
        const found = calledInConditions(script);
        if (found === undefined) {
            this.skip();
        }
        assert.deepEqual(found, ["through: through /a || true", "writes: if writes /a; then"]);
    });
});
