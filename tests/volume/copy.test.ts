import assert from "node:assert/strict";
import { Cases } from "./cases";
import { Host } from "./host";
import { k3sBack, pv, pvMust, reset, script, status, told, wanted } from "./volume";

/** All that k3s's data may hold and that a plain copy loses or trips over. */
const odd = `
    set -e
    mkdir -p /var/lib/rancher/k3s/odd && cd /var/lib/rancher/k3s/odd
    echo one >one && ln one two && ln -s /nowhere dangling && ln -s one relative
    mkfifo pipe && mknod whiteout c 0 0
    socat UNIX-LISTEN:socket,fork /dev/null & pid=$!; until [ -S socket ]; do sleep 0.05; done; kill -KILL $pid
    cp /bin/true capable && setcap cap_net_raw+ep capable
    truncate -s 40M sparse && printf end >>sparse
    touch ./' space' ./-rf $'./new\\nline' $'./tab\\t' './*' "./quo'te" './ümlaut' ./"$(printf 'x%.0s' {1..200})"
    touch -d '2001-02-03 04:05:06.123456789' old && chown 1234:5678 old && chmod 4751 old
    mkdir -m 1777 sticky && mkdir lost+found && echo kept >lost+found/file
    # As a container does that removes a folder of its image and makes it anew: a whiteout, and an opaque folder.
    mkdir -p lower/gone lower/anew upper work && touch lower/gone/file lower/anew/file && mkdir -p /run/merged
    mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay /run/merged
    rm -r /run/merged/gone /run/merged/anew && mkdir /run/merged/anew && umount /run/merged
`;
const list = `
    set -e
    cd /var/lib/rancher/k3s/odd
    find . ! -type d -printf '%p %y %m %U %G %s %n %l %T@\\n' | sort
    find . -type d -printf '%p %m %U %G %T@\\n' | grep -v work | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
    [ one -ef two ] && echo linked
    getcap capable
    [ $(du -k sparse | cut -f1) -lt 64 ] && echo sparse
    mkdir -p /run/merged && mount -t overlay -o ro,lowerdir=upper:lower overlay /run/merged
    find /run/merged | sort; umount /run/merged
`;

describe("pi-volume.sh copies k3s's data as it is", () => {
    const host = new Host("pv-copy");
    const cases = new Cases();

    before(() => host.create());
    after(async () => {
        cases.print();
        await host.remove();
    });

    it("comes to each phase, and what is moved is what was there, both ways", async () => {
        await host.must(odd);
        const had = await host.must(list);
        assert.match(had, /linked\n.*cap_net_raw.*\nsparse\n\/run\/merged\n\/run\/merged\/anew$/);
        for (const phase of ["prepared", "switched", "finalized"]) {
            await pvMust(host, `apply ${wanted} --until=${phase}`);
            assert.equal((await status(host)).phase, phase === "switched" ? "running" : phase);
            await k3sBack(host);
        }
        assert.equal(await host.must(list), had);
        const { oldCopyBytes } = await status(host);
        assert.ok(oldCopyBytes < 8192, String(oldCopyBytes));
        await pvMust(host, "restore");
        assert.equal(await host.must(list), had);
        cases.add({
            name: "odd names and kinds of files",
            told: "done",
            after: "the same",
            rerun: "0",
        });
    });

    it("comes back to a card whose small inodes keep whole seconds only", async () => {
        await reset(host);
        await pvMust(host, `apply ${wanted}`);
        // What such a card would answer, and what it would make of the times.
        const coarse = script().replace(
            /^main "\$@" <\/dev\/null$/m,
            `keeps_nanoseconds() { false; }
eval "real_$(declare -f copy)"
copy() { real_copy "$@" && find "$2" -exec touch --no-dereference -d '2020-01-01 00:00:01.7' {} + && find "$1" -exec touch --no-dereference -d '2020-01-01 00:00:01.2' {} + ; }
main "$@" </dev/null`,
        );
        const { code, output } = await pv(host, "restore", coarse);
        assert.equal(code, 0, output);
        assert.equal((await k3sBack(host)).truth, "card");
    });

    it("a second apply is quick and changes nothing", async () => {
        await pvMust(host, `apply ${wanted}`);
        const { serviceState } = await status(host);
        const pid = await host.must("systemctl show -p MainPID --value k3s");
        const output = await pvMust(host, `apply ${wanted}`);
        assert.doesNotMatch(output, /\([\d.]+ s\)$/m, "a step was done again");
        assert.equal(await host.must("systemctl show -p MainPID --value k3s"), pid);
        assert.equal(serviceState, "active");
    });

    it("takes a page that changed within the second of the last pass", async () => {
        await reset(host);
        // In place, at the same size, in the same second as the pass before: only nanoseconds tell.
        const racing = script().replace(
            /^main "\$@" <\/dev\/null$/m,
            `eval "real_$(declare -f copy)"
copy() {
    [[ $* != *checksum* ]] || return 0
    real_copy "$@" || return
    [[ $* == *--dry-run* || -e /run/raced ]] || printf '%s' "$1" | grep -q pi-volume || {
        touch -d @1000000000.1 /var/lib/rancher/k3s/page; printf AAAA >/var/lib/rancher/k3s/page
        touch -d @1000000000.2 /var/lib/rancher/k3s/page; real_copy "$@"
        printf BBBB | dd of=/var/lib/rancher/k3s/page conv=notrunc status=none
        touch -d @1000000000.3 /var/lib/rancher/k3s/page; touch /run/raced
    }
}
main "$@" </dev/null`,
        );
        const { code, output } = await pv(host, `apply ${wanted}`, racing);
        assert.equal(code, 0, output);
        assert.equal(await host.must("cat /var/lib/rancher/k3s/page"), "BBBB");
        await host.must("rm /run/raced");
        cases.add({
            name: "page changed in the same second",
            told: "done",
            after: "new page",
            rerun: "-",
        });
    });

    for (const [code, taken] of [
        [23, "failed"],
        [24, "done"],
    ] as const) {
        it(`rsync ends with ${code} while k3s runs: ${taken}`, async () => {
            await reset(host);
            // Only the first pass: a file that went away is normal then, and only then.
            const broken = `#!/bin/sh\n/usr/bin/rsync.real "$@"; [ -e /run/once ] && exit 0; touch /run/once; exit ${code}\n`;
            await host.must(
                `mv /usr/bin/rsync /usr/bin/rsync.real; printf '%s' '${broken}' >/usr/bin/rsync; chmod +x /usr/bin/rsync`,
            );
            const result = await pv(host, `apply ${wanted}`);
            await host.must("mv /usr/bin/rsync.real /usr/bin/rsync; rm -f /run/once");
            assert.equal(result.code, code === 24 ? 0 : 20, result.output);
            if (code !== 24) {
                assert.match(told(result), new RegExp(`rsync .* ended with ${code}`));
                assert.equal((await k3sBack(host)).truth, "card");
            }
            cases.add({
                name: `rsync ${code}, hot`,
                told: told(result),
                after: code === 24 ? "on the image" : "on the card",
                rerun: "-",
            });
        });
    }

    // Files come and go (24) while k3s runs, and only then.
    it("rsync ends with 24 while k3s is stopped: back on the card", async () => {
        await reset(host);
        const broken = `#!/bin/sh\n/usr/bin/rsync.real "$@" || exit; systemctl is-active -q k3s || exit 24\n`;
        await host.must(
            `mv /usr/bin/rsync /usr/bin/rsync.real; printf '%s' '${broken}' >/usr/bin/rsync; chmod +x /usr/bin/rsync`,
        );
        const result = await pv(host, `apply ${wanted}`);
        await host.must("mv /usr/bin/rsync.real /usr/bin/rsync");
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /rsync .* ended with 24/);
        assert.equal((await k3sBack(host)).truth, "card");
        cases.add({
            name: "rsync 24, stopped",
            told: told(result),
            after: "on the card",
            rerun: "-",
        });
    });

    it("a copy that differs after all is not taken for good", async () => {
        await reset(host);
        const tampered = script().replace(
            /^main "\$@" <\/dev\/null$/m,
            `eval "real_$(declare -f copy)"
copy() { real_copy "$@" || return; [[ $* == *--dry-run* || -e $STOPPED && $* == *checksum* ]] || ! [[ -e $STOPPED ]] || echo torn >"$2/k3s/torn"; }
main "$@" </dev/null`,
        );
        const result = await pv(host, `apply ${wanted}`, tampered);
        assert.equal(result.code, 20, result.output);
        assert.match(told(result), /still differs from .*torn/);
        assert.equal((await k3sBack(host)).truth, "card");
        cases.add({ name: "copy differs", told: told(result), after: "on the card", rerun: "0" });
    });
});
