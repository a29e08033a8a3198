import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { shellWord } from "../components/shell-word";

describe("shellWord", () => {
    const texts = [
        ...["/mnt/external", "/media/pi/My Passport", "/mnt/Größe", "/mnt/a (1)", "/mnt/~ =a:b"],
        ...["$(id)", "`id`", "it's", "''", "a\\b", '"', "a\nb", "*", "!", ""],
    ];
    for (const shell of ["sh", "bash"]) {
        it(`is read by ${shell} as the text that it was made of`, () => {
            for (const text of texts) {
                const command = `printf '%s|' ${shellWord(text)} x=${shellWord(text)}`;
                const read = execFileSync(shell, ["-c", command], { encoding: "utf8" });
                assert.equal(read, `${text}|x=${text}|`);
            }
        });
    }

    it("leaves a text as it is that needs no quotes", () => {
        assert.equal(shellWord("/mnt/a-b_C.9"), "/mnt/a-b_C.9");
    });
});
