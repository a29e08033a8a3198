import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { alerts } from "../components/alerts";
import { alertHome } from "./alert-home";

const folder = join(__dirname, "..", "docs", "runbooks");
const index = "README.md";
const pages = readdirSync(folder)
    .filter((file) => file !== index)
    .map((file) => file.replace(/\.md$/, ""));
const list = alerts(alertHome);
/** What the dead man's switch tells. */
const silences = ["HouseSilent", "AlertingSilent", "SiteSilent"];

describe("docs/runbooks", () => {
    it("has a page for each alert and each silence, and no other", () => {
        const wanted = [...list.map(({ name }) => name), ...silences];
        assert.deepEqual([...pages].sort(), wanted.sort());
    });

    it("lists each alert with its severity, its wait and what it says", () => {
        const text = readFileSync(join(folder, index), "utf8");
        const rows = [
            ...text.matchAll(/^\| \[(\w+)\]\(\1\.md\) +\| (\w+) +\| (.+?) +\| (.+?) +\|$/gm),
        ];
        assert.deepEqual(
            rows.map(([, name, severity, wait, summary]) => ({ name, severity, wait, summary })),
            list.map(({ name, severity, for: wait, summary }) => ({
                ...{ name, severity, summary },
                wait:
                    wait === 0
                        ? "at once"
                        : wait % 3600 === 0
                          ? `${wait / 3600} h`
                          : `${wait / 60} min`,
            })),
        );
    });

    for (const page of pages) {
        it(`${page} says what it means, how to look, how to mend, in short`, () => {
            const text = readFileSync(join(folder, `${page}.md`), "utf8");
            assert.match(
                text,
                new RegExp(`^# ${page}\\n\\n\\S.+\\n\\n## Look\\n\\n- .+[^]*\\n\\n## Mend\\n\\n- `),
            );
            assert.ok(text.split("\n").length <= 30);
            for (const [, other = ""] of text.matchAll(/\]\((\w+)\.md\)/g)) {
                assert.ok(pages.includes(other), `it links to ${other}`);
            }
        });
    }
});
