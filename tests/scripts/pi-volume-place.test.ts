import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printedBy } from "./pi-volume-lines";

describe("pi-volume.sh and where k3s's data is", () => {
    let folder: string;
    beforeEach(() => {
        folder = realpathSync(mkdtempSync(join(tmpdir(), "pv-place-")));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs some lines as main would, with k3s's data in a folder of the test. */
    const lines = (text: string) =>
        printedBy(`without_mounts() { (cd "$1" && "\${@:2}"); }\n${text}`, (script) =>
            script.replace("TARGET=/var/lib/rancher ", `TARGET=${folder}/rancher `),
        );

    it("k3s closes a file while it is looked at: what its next start would take is found all the same", () => {
        const found = lines(`
k3s_processes() { echo $$; }
configured() { printf '/srv/k3s\\tdata-dir, in config.yaml\\n'; }
find() { command find "$@"; return 1; }
places`);
        assert.match(found, /^\/srv\/k3s\tdata-dir, in config\.yaml$/m);
    });

    it("links in a pod's volume are the pod's own: nobody is advised to move what they lead to here", () => {
        const volume = join(folder, "rancher/k3s/storage/pvc-1");
        mkdirSync(volume, { recursive: true });
        symlinkSync("/etc", join(volume, "config"));
        symlinkSync("/dev/null", join(volume, "log"));
        assert.equal(lines("against_links_inside"), "");
        symlinkSync("/etc", join(folder, "rancher/k3s/storage/pvc-2"));
        assert.match(
            lines("against_links_inside"),
            /^\S+\/storage\/pvc-2 is a symbolic link to \/etc/,
        );
    });

    it("a link to a file: the advice brings the file itself there", () => {
        mkdirSync(join(folder, "rancher/k3s/server"), { recursive: true });
        writeFileSync(join(folder, "own"), "secret");
        const link = join(folder, "rancher/k3s/server/token");
        symlinkSync(join(folder, "own"), link);
        const [, steps = ""] =
            /\); (sudo .*); start k3s \(/.exec(lines("against_links_inside")) ?? [];
        lines(`sudo() { "$@"; }; ${steps}`);
        assert.equal(lines(`[[ ! -L ${link} ]] && cat ${link} ${folder}/own`), "secretsecret");
    });

    it("a copy that fails is the end of what is advised for a link: it stays as it is", () => {
        mkdirSync(join(folder, "rancher/k3s"), { recursive: true });
        mkdirSync(join(folder, "db"));
        const link = join(folder, "rancher/k3s/db");
        symlinkSync(join(folder, "db"), link);
        const [, steps = ""] =
            /\); (sudo .*); start k3s \(/.exec(lines("against_links_inside")) ?? [];
        assert.match(steps, /rsync/);
        lines(`sudo() { [[ $1 != rsync ]] && "$@"; }; { ${steps}; } || true`);
        assert.equal(lines(`readlink ${link}; ls ${folder}`), `${folder}/db\ndb\nrancher\n`);
    });

    it("without k3s-killall.sh, as Ansible's roles leave a Pi: no step needs it", () => {
        const steps = (path: string) =>
            lines(`SERVICE=k3s-node; PATH=$PATH:${path}; how_to_stop; echo; how_to_start`);
        assert.equal(
            steps(folder),
            "sudo systemctl disable k3s-node && sudo reboot\nstart k3s (sudo systemctl enable --now k3s-node)",
        );
        writeFileSync(join(folder, "k3s-killall.sh"), "", { mode: 0o755 });
        assert.equal(
            steps(folder),
            "sudo systemctl stop k3s-node && sudo k3s-killall.sh\nstart k3s",
        );
    });

    it("a configuration of an editor on Windows: its first line is read too", () => {
        writeFileSync(join(folder, "config.yaml"), "\uFEFFdata-dir: /srv/k3s\r\ndebug: true\r\n");
        assert.equal(lines(`yaml_value ${folder}/config.yaml data-dir d`), "/srv/k3s");
    });
});
