import assert from "node:assert/strict";
import { checkConfig, type Problem } from "../config/check";
import { node, raw, sshKey } from "./right-config";

type Fields = Readonly<Record<string, unknown>>;

function problemsOf(...nodes: readonly Fields[]): readonly Problem[] {
    const checked = checkConfig(raw({ nodes, sshPrivateKey: sshKey }));
    return "problems" in checked ? checked.problems : [];
}
const withField = (changes: Fields) => problemsOf({ ...node, ...changes });
const withVolume = (changes: Fields) => withField({ volume: { ...node.volume, ...changes } });
/** The one problem that there is. */
function only(problems: readonly Problem[]): Problem {
    const [problem, ...more] = problems;
    assert.ok(problem !== undefined && more.length === 0, JSON.stringify(problems));
    return problem;
}

const label = "a".repeat(63);
const key = node.hostKey.split(" ")[1] ?? "";

describe("rekindle:nodes", () => {
    for (const [field, values] of [
        ["name", ["pi1", "pi1.home.lan", "1.2", [label, label, label, "a".repeat(61)].join(".")]],
        ["user", ["pi", "john.doe", "Admin", "_svc", "2fast", "a-b_c.d", "u".repeat(32)]],
        [
            "address",
            [
                ...["192.168.1.11", "fd00::1", "fe80::1%eth0", "::ffff:192.168.1.1"],
                ...[
                    "pi1",
                    "my_pi",
                    "Pi1.local",
                    "my_pi.lan",
                    "pi1.local.",
                    "größe.local",
                    "pi.2nd",
                ],
            ],
        ],
        ["hostKey", [node.hostKey, `${node.hostKey} root@pi1`]],
    ] as const) {
        for (const value of values) {
            it(`takes the ${field} ${value.slice(0, 40)}`, () => {
                assert.deepEqual(withField({ [field]: value }), []);
            });
        }
    }

    for (const [field, values, says] of [
        [
            "name",
            [
                ...["Pi1", "pi_1", "pi1.", ".pi1", "a..b", "-a", "a-.b", "a b", "", "ä", 1],
                ...[`${label}a`, `a.${label}a`, [label, label, label, "a".repeat(62)].join(".")],
            ],
            /is not a node's name as kubectl shows it$/,
        ],
        [
            "user",
            [
                ...["-oProxyCommand=id", "samba$", "a b", "$(id)", "a;b", "1000", ".a", "", "a\n"],
                ...["a@b", "a:b", "a/b", "ä", "u".repeat(33)],
            ],
            /is not a login name with sudo \(at most 32 letters/,
        ],
        [
            "address",
            [
                ...[
                    "192.168.1",
                    "192.168.1.300",
                    "192.168.001.011",
                    "192.168.1.11:22",
                    "[fd00::1]",
                ],
                ...[
                    "pi@pi1",
                    "ssh://pi1",
                    "-pi1",
                    "pi1;id",
                    "fe80::1%eth0;id",
                    "a b",
                    "",
                    ".",
                    "1",
                ],
            ],
            /is not an IP address or a hostname alone \(port and user are fields/,
        ],
    ] as const) {
        for (const value of values) {
            it(`refuses the ${field} ${JSON.stringify(value).slice(0, 40)}`, () => {
                const { where, wrong } = only(withField({ [field]: value }));
                assert.equal(where, `rekindle:nodes[0].${field}`);
                assert.match(wrong, says);
            });
        }
    }

    it("may have agents only: servers need not be Pis", () => {
        const agent = { ...node, role: "agent" };
        assert.deepEqual(problemsOf(agent, { ...agent, name: "b", address: "192.168.1.12" }), []);
    });

    it("takes two spellings of an address for one", () => {
        for (const [first, second] of [
            ["fd00::1", "FD00:0::1"],
            ["pi1.local", "PI1.local."],
        ]) {
            const other = { ...node, name: "pi2", address: second };
            const { where, wrong } = only(problemsOf({ ...node, address: first }, other));
            assert.equal(where, "rekindle:nodes[1].address");
            assert.match(wrong, /stands already in nodes\[0\]$/);
        }
    });

    it("confirms the volume of a node whose name has dots", () => {
        const nodes = [{ ...node, name: "pi1.home.lan" }];
        const home = { nodes, sshPrivateKey: sshKey };
        assert.ok("values" in checkConfig(raw({ ...home, confirm: ["volume-pi1.home.lan"] })));
        assert.ok("problems" in checkConfig(raw({ ...home, confirm: ["volume-pi1xhome.lan"] })));
    });
});

describe("rekindle:nodes[].hostKey", () => {
    const keyscan = /`ssh-keyscan -t ed25519 ADDRESS` prints, from ssh-ed25519 on$/;
    const before = /is a line of known_hosts: leave out what stands before ssh-ed25519$/;
    const spaces = /has line breaks or more than one space in it: write type and key on one line$/;
    const right = `hostKey: ${node.hostKey}`;
    for (const [what, value, says, instead] of [
        ["a line of known_hosts", `192.168.1.11 ${node.hostKey}`, before, right],
        ["one with a port", `[pi1.local]:2222 ${node.hostKey}`, before, right],
        ["one with a hashed name", `|1|a=|b= ${node.hostKey} pi`, before, right],
        [
            "all that ssh-keyscan prints",
            `# pi1:22 SSH-2.0-OpenSSH_9.2\npi1 ${node.hostKey}\n`,
            before,
            right,
        ],
        ["a line break at its end", `${node.hostKey}\n`, spaces, right],
        ["a line that was wrapped", node.hostKey.replace(" ", "\n  "), spaces, right],
        ["the key without its type", key, /write ssh-ed25519 before it$/, right],
        ["an RSA key", "ssh-rsa AAAAB3NzaC1yc2E= pi", /is a key of type ssh-rsa, and only ed25519/],
        ["an ECDSA key with a name", "pi1 ecdsa-sha2-nistp256 AAAAE2Vj", keyscan],
        ["a key in hardware", "sk-ssh-ed25519@openssh.com AAAAG", keyscan],
        ["a fingerprint", "256 SHA256:abc pi1 (ED25519)", /is the fingerprint of a key, not/],
        ["half a key", node.hostKey.slice(0, -8), /is not the Pi's own ed25519 host key$/],
        ["nothing", "", /is not the Pi's own ed25519 host key$/],
        ["a number", 1, /is not the Pi's own ed25519 host key$/],
    ] as const) {
        it(`says what to do with ${what}`, () => {
            const problem = only(withField({ hostKey: value }));
            assert.equal(problem.where, "rekindle:nodes[0].hostKey");
            assert.match(problem.wrong, says);
            assert.match(problem.right, /^hostKey: ssh-ed25519 AAAA/);
            if (instead !== undefined) {
                assert.equal(problem.right, instead);
            }
        });
    }
});

describe("rekindle:nodes[].volume.drive", () => {
    for (const drive of [
        ...[
            "/mnt/external",
            "/media/pi/My Passport",
            "/mnt/Größe",
            "/mnt/データ",
            "/a",
            "/mnt/a..b",
        ],
        ...["/mnt/...", "/mnt/.hidden", "/mnt/a (1)", "/mnt/a:b=c@d+e^f~g", "/mnt/😀"],
    ]) {
        it(`takes ${drive}`, () => {
            assert.deepEqual(withVolume({ drive }), []);
        });
    }

    it("refuses a space at a drive's end, which systemd drops from its units", () => {
        assert.match(only(withVolume({ drive: "/mnt/a b " })).wrong, /ends with a space/);
    });

    it("refuses every character that fstab, systemd or a shell would misread, and names it", () => {
        for (const odd of "\"'\\$`%*?[]{}<>|;#!&,") {
            const { wrong } = only(withVolume({ drive: `/mnt/a${odd}b` }));
            assert.ok(wrong.includes(` has ${odd} in it, which fstab, systemd or a shell`), wrong);
        }
        for (const odd of ["\n", "\t", "\r", "\0", "\x1b", "\x7f", "\x9b", "\ud800"]) {
            const { wrong } = only(withVolume({ drive: `/mnt/a${odd}b` }));
            assert.match(wrong, /^"\P{Cc}+" has a control character in it/u);
        }
    });

    for (const [drive, right] of [
        ["/mnt/external/", "/mnt/external"],
        ["//mnt/external", "/mnt/external"],
        ["/mnt//My Passport//", "/mnt/My Passport"],
        ["/mnt/./a", "/mnt/a"],
        ["/mnt/a/.", "/mnt/a"],
        ["/mnt/../var", "/var"],
    ] as const) {
        it(`says that ${drive} is ${right}`, () => {
            const problem = only(withVolume({ drive }));
            assert.match(problem.wrong, /is not in its shortest form/);
            assert.equal(problem.right, `drive: ${right}`);
        });
    }

    it("refuses the root, and what is no absolute path", () => {
        for (const drive of ["/", "//", "/.", "/mnt/.."]) {
            assert.match(only(withVolume({ drive })).wrong, /is the card's own root/);
        }
        for (const drive of ["mnt", "", "~/usb", "./a", "UUID=1234", 1, null]) {
            assert.match(
                only(withVolume({ drive })).wrong,
                /is not the absolute path where the external drive is mounted$/,
            );
        }
    });
});

describe("rekindle:nodes[].volume.size", () => {
    for (const size of ["64MiB", "1GiB", "9999999MiB", "9999999GiB", "9765TiB"]) {
        it(`takes ${size}`, () => {
            assert.deepEqual(withVolume({ size }), []);
        });
    }
    for (const [sizes, says] of [
        [["1MiB", "63MiB"], /is too small for k3s's data: at least 64MiB$/],
        [
            ["10000000MiB", "10000000GiB", "9766TiB", `${"9".repeat(400)}TiB`],
            /is too large: at most 9999999MiB, 9999999GiB or 9765TiB$/,
        ],
        [
            ["20G", "20GB", "20 GiB", "0GiB", "007MiB", "1.5TiB", "-1GiB", "20gib", "20GiB\n", ""],
            /is not a whole number of MiB, GiB or TiB$/,
        ],
        [[20, null], /is not a size in MiB, GiB or TiB$/],
    ] as const) {
        for (const size of sizes) {
            it(`refuses ${JSON.stringify(size).slice(0, 40)}`, () => {
                const { where, wrong } = only(withVolume({ size }));
                assert.equal(where, "rekindle:nodes[0].volume.size");
                assert.match(wrong, says);
            });
        }
    }
});

describe("rekindle:sshPrivateKey", () => {
    const armour = (body: string, kind = "OPENSSH PRIVATE KEY") =>
        `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`;
    const made = (cipher: string) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(cipher.length);
        const parts = [Buffer.from("openssh-key-v1\0"), length, Buffer.from(cipher)];
        return armour(Buffer.concat([...parts, Buffer.alloc(60)]).toString("base64"));
    };
    const told = (key: string) => {
        const checked = checkConfig(raw({ nodes: [node], sshPrivateKey: key }));
        return "problems" in checked ? checked.problems : [];
    };

    it("is a key without a passphrase", () => {
        for (const key of [sshKey, made("none"), made("none").trim()]) {
            assert.deepEqual(told(key), []);
        }
    });

    for (const [what, key, says] of [
        ["one with a passphrase", made("aes256-ctr"), /^has a passphrase, which nobody is there/],
        ["one in PEM", armour("AAAA", "RSA PRIVATE KEY"), /^is a private key, and not as OpenSSH/],
        ["one of Windows", made("none").replaceAll("\n", "\r\n"), /not as OpenSSH writes it$/],
        ["the public one", node.hostKey, /^is the public key, and the private one is wanted$/],
        ["anything else", "~/.ssh/id_ed25519", /^is not a private key in OpenSSH's format$/],
    ] as const) {
        it(`refuses ${what}, and shows nothing of it`, () => {
            const problem = only(told(key));
            assert.equal(problem.where, "rekindle:sshPrivateKey");
            assert.match(problem.wrong, says);
            assert.ok(!JSON.stringify(problem).includes("AAAA"));
        });
    }
});
