import assert from "node:assert/strict";
import { sampled } from "../kills/sample";
import { Cases } from "./cases";
import { Host, until } from "./host";
import { digest, k3sBack, look, pv, pvMust, reset, status, told, wanted } from "./volume";

const config = "/etc/rancher/k3s/config.yaml";
const unit = "/run/systemd/system/k3s.service.d/place.conf";
const environment = "/etc/systemd/system/k3s.service.env";

/** A file, its text, and how to be without it again. */
interface Written {
    readonly make: string;
    readonly undo: string;
}

function written(file: string, text: string): Written {
    const reload = file === unit || file === environment ? "; systemctl daemon-reload" : "";
    return {
        make: `mkdir -p ${file.replace(/\/[^/]*$/, "")}; cat >${file} <<'TEXT'\n${text}\nTEXT\n${reload.slice(2)}`,
        undo: `rm ${file}${reload}`,
    };
}

const yaml = (text: string, file = config) => written(file, text);
const service = (text: string) => written(unit, `[Service]\n${text}`);
const start = (text: string) => service(`ExecStart=\nExecStart=${text}`);
const both = (one: Written, two: Written): Written => ({
    make: `${one.make}\n${two.make}`,
    undo: `${one.undo}; ${two.undo}`,
});
const k3s = "/usr/local/bin/k3s server";

/** How k3s may be told to keep its data in /srv/k3s, and how the refusal says where that stands. */
const elsewhere: readonly (readonly [string, Written, RegExp])[] = [
    ["--data-dir=", start(`${k3s} --data-dir=/srv/k3s`), /--data-dir, in k3s\.service/],
    ["--data-dir and its value", start(`${k3s} --debug --data-dir /srv/k3s`), /--data-dir, in/],
    ["-d", start(`${k3s} -d /srv/k3s --debug`), /--data-dir, in k3s\.service/],
    ["in quotes", start(`${k3s} "--data-dir=/srv/k3s"`), /--data-dir, in k3s\.service/],
    [
        "one word a line, as k3s's installer writes them",
        start("/usr/local/bin/k3s \\\n    server \\\n\t'--data-dir' \\\n\t'/srv/k3s' \\\n"),
        /--data-dir, in k3s\.service/,
    ],
    [
        "in a shell's command",
        start(`/bin/sh -c "exec k3s server --data-dir /srv/k3s"`),
        /--data-dir, in k3s\.service/,
    ],
    [
        "in a variable of the unit",
        service(`Environment="ARGS=--data-dir /srv/k3s"\nExecStart=\nExecStart=${k3s} $ARGS`),
        /--data-dir, in k3s\.service/,
    ],
    [
        "in a variable of the environment file",
        both(start(`${k3s} --data-dir=\${PLACE}`), written(environment, "PLACE=/srv/k3s")),
        /--data-dir, in k3s\.service/,
    ],
    ["Environment=", service("Environment=K3S_DATA_DIR=/srv/k3s"), /K3S_DATA_DIR, in the environ/],
    [
        "an environment file",
        written(environment, "# of the installer\nK3S_TOKEN=a\nK3S_DATA_DIR='/srv/k3s'"),
        /K3S_DATA_DIR, in the environment of k3s\.service/,
    ],
    [
        "K3S_CONFIG_FILE",
        both(
            yaml("data-dir: /srv/k3s", "/etc/k3s.yaml"),
            written(environment, "K3S_CONFIG_FILE=/etc/k3s.yaml"),
        ),
        /data-dir, in \/etc\/k3s\.yaml/,
    ],
    [
        "--config",
        both(yaml("data-dir: /srv/k3s", "/etc/k3s.yaml"), start(`${k3s} --config /etc/k3s.yaml`)),
        /data-dir, in \/etc\/k3s\.yaml/,
    ],
    ["config.yaml", yaml('"data-dir": "/srv/k3s" # moved'), /data-dir, in \S+\/config\.yaml\)/],
    [
        "config.yaml.d/*.yml, after a file that says otherwise",
        both(
            yaml("data-dir: /var/lib/rancher/k3s"),
            yaml("debug: true\ndata-dir: '/srv/k3s'", `${config}.d/10-data.yml`),
        ),
        /data-dir, in \S+\/config\.yaml\.d\/10-data\.yml\)/,
    ],
    ["JSON", yaml('{"debug": true, "data-dir": "/srv/k3s"}'), /data-dir, in \S+\/config\.yaml\)/],
    ["on the next line", yaml("data-dir:\n  /srv/k3s\ndebug: true"), /data-dir, in/],
    ["a list", yaml("data-dir:\n- /srv/k3s"), /data-dir, in/],
    ["a list in brackets", yaml("data-dir: [ /srv/k3s ]"), /data-dir, in/],
];

/** What looks like another place and is none. */
const here: readonly (readonly [string, Written])[] = [
    ["the default with a slash", yaml("data-dir: /var/lib/rancher/k3s/")],
    ["a comment", yaml("# data-dir: /srv/k3s\nnode-label:\n- data-dir=/srv/k3s")],
    ["ExecStartPre with -d", service("ExecStartPre=/usr/bin/test -d /mnt")],
    [
        "an argument that wins over the file",
        both(start(`${k3s} --data-dir /var/lib/rancher/k3s`), yaml("data-dir: /srv/k3s")),
    ],
    [
        "a later file that wins over an earlier one",
        both(
            yaml("data-dir: /srv/k3s"),
            yaml("data-dir: /var/lib/rancher/k3s", `${config}.d/9.yaml`),
        ),
    ],
];

/** What k3s's own k3s-killall.sh does, but for the network. */
const killall = `cat >/usr/local/bin/k3s-killall.sh <<'TEXT'
#!/bin/sh
pkill -KILL -f 'k3s/data/[^/]*/bin/containerd-shim'
sleep 0.3
for place in /run/k3s /var/lib/rancher/k3s /var/lib/kubelet/pods /var/lib/kubelet/plugins; do
    cut -d' ' -f2 /proc/self/mounts | grep "^$place" | sort -r | xargs -r -n 1 sh -c 'umount "$0" && rm -rf "$0"'
done
exit 0
TEXT
chmod +x /usr/local/bin/k3s-killall.sh`;
const stop = "systemctl stop k3s && k3s-killall.sh";

/** k3s's data in another place, how a refusal has to tell that, and what it must have found afterwards. */
interface Elsewhere {
    readonly name: string;
    /** k3s is stopped before, and started after it. */
    readonly make: string;
    readonly says: RegExp;
}

const link = (from: string, to: string) =>
    `mkdir -p $(dirname ${to}) ${from}; mv ${from} ${to}; ln -s ${to} ${from}`;

/** Another disk with what k3s has in one of its folders, mounted at a place, now and at boot. */
const disk = (place: string, part = "") =>
    [
        "truncate -s 150M /other.img; mkfs.ext4 -q /other.img",
        `mv /var/lib/rancher${part} /srv/was; mkdir -p ${place} /var/lib/rancher`,
        `echo '/other.img ${place} ext4 loop,nofail 0 0' >>/etc/fstab; systemctl daemon-reload`,
        `mount ${place}; cp -a /srv/was/. ${place}/; rm -r /srv/was`,
    ].join("; ");

const moved: readonly Elsewhere[] = [
    {
        name: "/var/lib/rancher is a symbolic link",
        make: link("/var/lib/rancher", "/srv/rancher"),
        says: /\/var\/lib\/rancher is a symbolic link, so k3s's data is in \/srv\/rancher\/k3s/,
    },
    {
        name: "/var/lib/rancher/k3s is a symbolic link",
        make: link("/var/lib/rancher/k3s", "/srv/k3s"),
        says: /rancher\/k3s is a symbolic link, so k3s's data is in \/srv\/k3s/,
    },
    {
        name: "its database is a symbolic link",
        make: link("/var/lib/rancher/k3s/server/db", "/srv/db"),
        says: /server\/db is a symbolic link to \/srv\/db, which would not move/,
    },
    {
        name: "its volumes are a symbolic link",
        make: link("/var/lib/rancher/k3s/storage", "/srv/storage"),
        says: /storage is a symbolic link to \/srv\/storage, which would not move/,
    },
    {
        name: "data-dir in config.yaml",
        make: `mkdir -p /srv; mv /var/lib/rancher/k3s /srv/k3s; ${yaml("data-dir: /srv/k3s").make}`,
        says: /k3s keeps its data in \/srv\/k3s/,
    },
    {
        name: "/var/lib/rancher is a symbolic link to the root of another disk",
        make: `${disk("/mnt/disk")}; rmdir /var/lib/rancher; ln -s /mnt/disk /var/lib/rancher`,
        says: /\/dev\/loop\d+ is mounted on \/var\/lib\/rancher, and k3s's data is on it/,
    },
    {
        name: "its volumes are a symbolic link to the root of another disk",
        make: `${disk("/mnt/disk", "/k3s/storage")}; ln -s /mnt/disk /var/lib/rancher/k3s/storage`,
        says: /storage is a symbolic link to \/mnt\/disk, which would not move/,
    },
    {
        name: "data-dir is the root of another disk",
        make: `${disk("/mnt/disk", "/k3s")}; ${yaml("data-dir: /mnt/disk").make}`,
        says: /k3s keeps its data in \/mnt\/disk \(/,
    },
    {
        name: "/var/lib/rancher is a mount of its own",
        make: disk("/var/lib/rancher"),
        says: /\/dev\/loop\d+ is mounted on \/var\/lib\/rancher, and k3s's data is on it/,
    },
];

/** The steps of a refusal that says how to bring the data there. */
function steps(sentence: string): string[] {
    const [, advice = ""] =
        /: (stop k3s .*), look at your pods, and run this again \(/.exec(sentence) ?? [];
    return advice.split("; ");
}

/** Does what a step says, to the letter where it is a command. */
async function follow(host: Host, step: string): Promise<void> {
    const [, command] = /^(?:stop|start) k3s(?: and its pods)? \((.*)\)$/.exec(step) ?? [];
    if (command?.endsWith("&& sudo reboot") === true) {
        await host.must(command.replace(/ && sudo reboot$/, ""));
        await host.powerOff();
        await host.powerOn();
    } else if (step === "start k3s") {
        await host.must("sudo systemctl start k3s");
    } else if (
        /^mount .* at another place instead, in \/etc\/fstab too, such as \/mnt\/old$/.test(step)
    ) {
        await host.must(
            'set -e; place=$(awk \'$1 == "/other.img" { print $2 }\' /etc/fstab); mkdir /mnt/old; sed -i "s#^/other.img $place #/other.img /mnt/old #" /etc/fstab; systemctl daemon-reload; umount $place; mount /mnt/old',
        );
    } else {
        assert.match(command ?? step, /^sudo /, `no command: ${step}`);
        await host.must(`set -eo pipefail; ${command ?? step}`);
    }
}

describe("pi-volume.sh and a k3s that keeps its data elsewhere", () => {
    const host = new Host("pv-place");
    const cases = new Cases();
    const volume = "cat /var/lib/rancher/k3s/storage/pvc-1/file";

    before(async () => {
        await host.create();
        await host.must(killall);
    });
    after(async () => {
        cases.print();
        await host.remove();
    });

    async function refuses(says: RegExp): Promise<string> {
        const before = await digest(host);
        const result = await pv(host, `apply ${wanted}`);
        assert.equal(result.code, 10, result.output);
        assert.match(result.output, says);
        assert.equal(await digest(host), before, "a refusal changed something");
        return told(result);
    }

    for (const [name, { make, undo }, says] of elsewhere) {
        it(`the next start would take another place, by ${name}: refused, nothing changed`, async () => {
            await host.must(make);
            try {
                const sentence = await refuses(
                    /k3s keeps its data in \/srv\/k3s from its next start on .* take that setting out/,
                );
                assert.match(sentence, says);
                cases.add({ name, told: sentence, after: "nothing changed", rerun: "10" });
            } finally {
                await host.must(undo);
            }
        });
    }

    for (const [name, { make, undo }] of here) {
        it(`the place is the usual one, with ${name}: accepted`, async () => {
            await host.must(make);
            try {
                assert.match(await pvMust(host, `plan ${wanted}`), /^copy .* while k3s runs$/m);
                cases.add({ name, told: "a plan", after: "-", rerun: "-" });
            } finally {
                await host.must(undo);
            }
        });
    }

    it("a Pi with a slash after the folder and -d in an ExecStartPre moves, and back", async () => {
        const harmless = here.slice(0, 3).reduce<Written>((all, [, one]) => both(all, one), {
            make: "true",
            undo: "true",
        });
        await host.must(`${harmless.make}\nsystemctl restart k3s`);
        await pvMust(host, `apply ${wanted}`);
        assert.equal((await k3sBack(host)).truth, "image");
        await reset(host);
        await host.must(harmless.undo.replace(`rm ${config}; rm ${config}`, `rm ${config}`));
    });

    it("k3s ran here, and its data is gone: refused, nothing changed; found again, it moves", async () => {
        await host.must(`${stop}; mv /var/lib/rancher/k3s /srv/lost`);
        const sentence = await refuses(/k3s ran on this Pi before .* holds no data: look for it/);
        await host.must("mv /srv/lost /var/lib/rancher/k3s; systemctl start k3s");
        await pvMust(host, `apply ${wanted}`);
        assert.equal((await k3sBack(host)).truth, "image");
        cases.add({ name: "data gone", told: sentence, after: "nothing changed", rerun: "0" });
    });

    const sample = [
        "/var/lib/rancher is a symbolic link",
        "data-dir in config.yaml",
        "its volumes are a symbolic link to the root of another disk",
        "/var/lib/rancher is a mount of its own",
    ];
    for (const { name, make, says } of sampled(
        "places that k3s's data is moved to by hand",
        moved,
        moved.filter((each) => sample.includes(each.name)),
    )) {
        describe(name, () => {
            before(async () => {
                await host.create();
                await host.must(
                    `${killall}; echo kept >/var/lib/rancher/k3s/storage/pvc-1/file; ${stop}; ${make}`,
                );
                await host.must("systemctl start k3s");
                await until("k3s to run", async () => (await look(host)).k3s === "active");
            });

            it("refused, nothing changed; what the refusal advises keeps all, and then it moves", async () => {
                const state = await host.must(
                    "cat /var/lib/rancher/k3s/server/db/state /srv/k3s/server/db/state /mnt/disk/server/db/state 2>/dev/null | head -c 10",
                );
                const had = Number(state);
                const sentence = await refuses(says);
                for (const step of steps(sentence)) {
                    await follow(host, step);
                }
                const before = await k3sBack(host);
                assert.ok(before.counter >= had, `${before.counter} after ${had}`);
                await pvMust(host, `apply ${wanted}`);
                const seen = await k3sBack(host);
                assert.equal(seen.truth, "image");
                assert.ok(
                    seen.counter >= before.counter,
                    `${seen.counter} after ${before.counter}`,
                );
                assert.equal(await host.must(volume), "kept");
                assert.equal((await status(host)).ok, true);
                cases.add({ name, told: sentence, after: "nothing changed", rerun: "advice: 0" });
            });
        });
    }
});
