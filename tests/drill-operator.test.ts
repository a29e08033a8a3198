import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { confirmed, operatorAt } from "../drills/operator";

const never = new AbortController().signal;
const drills = [{ name: "cold" }, { name: "recreate" }];

/** A terminal, or a pipe, and who sits there. */
function seated(isTTY: boolean) {
    const input = new PassThrough();
    const output = Object.assign(new PassThrough(), { isTTY });
    let interrupted = 0;
    const operator = operatorAt(input, output, () => {
        interrupted += 1;
    });
    return {
        ...{ input, operator },
        interrupted: () => interrupted,
        shown: () => String(output.read() ?? ""),
    };
}

describe("whoever stands in front of the Pis", () => {
    it("begins a drill with the stack's name, which the question says", async () => {
        const { input, operator, shown } = seated(false);
        const begun = confirmed(operator, drills, "home", never);
        input.write(" home \n");
        await begun;
        assert.match(shown(), /^cold and recreate on home: .* Type home to begin: /);
        operator.close();
    });

    for (const typed of ["", "y", "Home", "home2", "lab home"]) {
        it(`breaks nothing with ${JSON.stringify(typed)}`, async () => {
            const { input, operator } = seated(false);
            const begun = confirmed(operator, drills, "home", never);
            input.write(`${typed}\n`);
            await assert.rejects(begun, { message: `"${typed}" is not home: nothing was broken.` });
            operator.close();
        });
    }

    it("breaks nothing where there is nobody: standard input has ended", async () => {
        const { input, operator } = seated(false);
        const begun = confirmed(operator, drills, "home", never);
        input.end();
        await assert.rejects(begun, /Nobody answers here: .*Nothing was broken/);
        await assert.rejects(operator.ask("Pull the plug", never), /Nobody answers here/);
    });

    it("interrupts with Ctrl+C also while nothing is asked, and the question that stands is given up", async () => {
        const { input, operator, interrupted } = seated(true);
        input.write("\x03");
        await new Promise(setImmediate);
        assert.equal(interrupted(), 1);
        const interrupt = new AbortController();
        const asked = operator.ask("Pull the plug", interrupt.signal);
        interrupt.abort(new Error("It was interrupted."));
        await assert.rejects(asked, { message: "It was interrupted." });
        // The terminal is still there.
        const again = operator.ask("And again?", never);
        input.write("yes\r");
        assert.equal(await again, "yes");
        operator.close();
    });
});
