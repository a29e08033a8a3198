import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { piVolumeScript } from "../../components/pi-volume-script";

describe("pi-volume.sh", () => {
    const file = join(__dirname, "..", "..", "components", "scripts", "pi-volume.sh");
    const whole = execFileSync(file, ["print"], { encoding: "utf8" });

    it("prints what the program sends, every part of it", () => {
        assert.equal(whole, piVolumeScript());
        const parts = readdirSync(join(dirname(file), "pi-volume"));
        for (const part of parts) {
            const text = readFileSync(join(dirname(file), "pi-volume", part), "utf8");
            assert.ok(whole.includes(text.replace("# shellcheck shell=bash\n", "")), part);
        }
    });

    it("has nothing for shellcheck to say", function () {
        this.timeout(60_000);
        const { error, stdout } = spawnSync("shellcheck", ["-"], {
            input: whole,
            encoding: "utf8",
        });
        if (error) {
            assert.equal(process.env["CI"], undefined, "CI must have shellcheck");
            console.log(
                "      skipped: shellcheck is not installed here (Debian's package shellcheck)",
            );
            this.skip();
        }
        assert.equal(stdout, "");
    });

    it("runs here with its arguments, and says what to do where its parts are missing", () => {
        const here = spawnSync(file, ["format"], { encoding: "utf8" });
        assert.equal(here.status, 10);
        assert.match(
            here.stderr,
            /^refused: format is not one of apply, plan, status, restore, abandon\n/,
        );
        const alone = spawnSync("bash", ["-s", "--", "status"], {
            input: readFileSync(file),
            encoding: "utf8",
            cwd: "/",
        });
        assert.equal(alone.status, 10);
        assert.match(alone.stderr, /without its parts: send what .* prints/);
    });
});
