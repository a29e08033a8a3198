import { isIP } from "node:net";
import { posix } from "node:path";
import { check, choice, fields, flag, flawless, isHostname, list, text, whole } from "./fields";
import type { Flaw } from "./fields";
import { resolvers } from "./surroundings";

const keyExample =
    "hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… (ssh-keyscan -t ed25519 ADDRESS)";
const driveExample = "drive: /mnt/external";
const sizeExample = "size: 20GiB";
export const nodeExample =
    "{ name: pi1, address: 192.168.1.11, role: server, hostKey: ssh-ed25519 AAAA…, volume: { drive: /mnt/external, size: 20GiB } }";

/** One Pi: how it is reached, what it is in the cluster, and where its volume lies. */
export const node = fields(
    {
        name: text(
            // A subdomain of RFC 1123, as Kubernetes has it: with dots where the Pi's hostname has some.
            /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
            "a node's name as kubectl shows it",
            "name: pi1",
        ),
        address: check(
            isReachable,
            "an IP address or a hostname alone (port and user are fields of their own, IPv6 comes without brackets)",
            "address: 192.168.1.11",
        ),
        port: whole(1, 65_535, "an SSH port", "port: 22").default(22),
        user: text(
            // The letters of POSIX (3.437), as many as useradd takes. systemd knows no login of digits only.
            /^(?!\d+$)[A-Za-z0-9_][A-Za-z0-9._-]{0,31}$/,
            "a login name with sudo (at most 32 letters, digits, dots, dashes and underscores)",
            "user: pi",
        ).default("pi"),
        role: choice(["server", "agent"], "role: agent"),
        hostKey: flawless(keyFlaw, "the Pi's own ed25519 host key", keyExample),
        away: flag("away: true").default(false),
        /** This Pi's own, where they are other than `rekindle:resolvers`. */
        resolvers: resolvers.optional(),
        volume: fields(
            {
                drive: flawless(
                    driveFlaw,
                    "the absolute path where the external drive is mounted",
                    driveExample,
                ),
                size: flawless(sizeFlaw, "a size in MiB, GiB or TiB", sizeExample),
                onDestroy: choice(["restore", "keep"], "onDestroy: restore").default("restore"),
                onExistingImage: choice(["refuse", "adopt"], "onExistingImage: adopt").default(
                    "refuse",
                ),
                bind: list(
                    choice(["kubelet", "pod-logs"], "bind: [kubelet, pod-logs]"),
                    "bind: [kubelet, pod-logs]",
                ).default([]),
                k3sSettings: flag("k3sSettings: true").default(false),
                reserve: choice(["fallocate", "zeros"], "reserve: zeros").default("fallocate"),
            },
            "volume: { drive: /mnt/external, size: 20GiB }",
        ),
    },
    nodeExample,
);

/** Tells whether SSH can find a host by this: an address, also with an interface (`fe80::1%eth0`), or a name of one label or more. */
function isReachable(value: string): boolean {
    const name = value.replace(/\.$/, "");
    // What ends in a number is an address (URL Standard), and a wrong one here: 192.168.1 means 192.168.0.1 to some.
    const isWrongAddress = /(^|\.)(\d+|0x[\da-f]*)$/i.test(name);
    return isIP(value) !== 0 || (!isWrongAddress && isHostname(name, false, 1));
}

/** Finds what pi-volume.sh refuses of a mount point too: what fstab, a unit of systemd or a shell would read as something else. */
function driveFlaw(path: string): Flaw | undefined {
    if (!path.startsWith("/")) {
        return { wrong: "is not the absolute path where the external drive is mounted" };
    }
    // No half of a character either, which is no UTF-8.
    const [odd] = /[\p{Cc}\p{Cs}"'\\$`%*?[\]{}<>|;#!&,]/u.exec(path) ?? [];
    if (odd !== undefined) {
        const called = /[\p{Cc}\p{Cs}]/u.test(odd) ? "a control character" : odd;
        return {
            wrong: `has ${called} in it, which fstab, systemd or a shell would misread: mount the drive at a path without it`,
        };
    }
    if (path.endsWith(" ")) {
        return {
            wrong: "ends with a space, which systemd drops: mount the drive at a path without it",
        };
    }
    const shortest = posix.normalize(path).replace(/\/$/, "");
    if (shortest === "") {
        return { wrong: "is the card's own root, not where the external drive is mounted" };
    }
    return path === shortest
        ? undefined
        : {
              wrong: "is not in its shortest form (no slash at its end, no //, /./ or /../ in it)",
              right: `drive: ${shortest}`,
          };
}

/** Finds what `bytes` in pi-volume/main.sh refuses of a size: it takes seven digits before M or G, and 64M at least. */
function sizeFlaw(size: string): Flaw | undefined {
    const [, count, unit] = /^([1-9]\d*)([MGT])iB$/.exec(size) ?? [];
    if (count === undefined) {
        return { wrong: "is not a whole number of MiB, GiB or TiB" };
    }
    if (unit === "M" && Number(count) < 64) {
        return { wrong: "is too small for k3s's data: at least 64MiB", right: "size: 64MiB" };
    }
    const gibibytes = unit === "T" ? 1024 : 1;
    return Number(count) * gibibytes > 9_999_999
        ? { wrong: "is too large: at most 9999999MiB, 9999999GiB or 9765TiB" }
        : undefined;
}

/** Finds what people paste instead of a public key line, and what of it is right. */
function keyFlaw(line: string): Flaw | undefined {
    if (isEd25519(line)) {
        return undefined;
    }
    const words = line.split(/\s+/);
    const place = words.indexOf("ssh-ed25519");
    const key = words.slice(place, place + 2).join(" ");
    if (place >= 0 && isEd25519(key)) {
        const before = words.slice(0, place).join(" ");
        return {
            wrong:
                before === ""
                    ? "has line breaks or more than one space in it: write type and key on one line"
                    : "is a line of known_hosts: leave out what stands before ssh-ed25519",
            right: `hostKey: ${key}`,
        };
    }
    if (isEd25519(`ssh-ed25519 ${line}`)) {
        return {
            wrong: "is the key without its type: write ssh-ed25519 before it",
            right: `hostKey: ssh-ed25519 ${line}`,
        };
    }
    const other = words.find((word) =>
        /^(ssh-(rsa|dss)|(sk-)?ecdsa-|sk-ssh-|rsa-sha2-)/.test(word),
    );
    if (other !== undefined) {
        return {
            wrong: `is a key of type ${other}, and only ed25519 is taken: use the line that \`ssh-keyscan -t ed25519 ADDRESS\` prints, from ssh-ed25519 on`,
        };
    }
    if (words.some((word) => word.startsWith("SHA256:") || word.startsWith("MD5:"))) {
        return {
            wrong: "is the fingerprint of a key, not the key itself: use the line that `ssh-keyscan -t ed25519 ADDRESS` prints, from ssh-ed25519 on",
        };
    }
    return { wrong: "is not the Pi's own ed25519 host key" };
}

/** Finds what is wrong with the private key, without showing any of it: nobody is there to type a passphrase. */
export function privateKeyFlaw(key: string): Flaw | undefined {
    const pattern =
        /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END OPENSSH PRIVATE KEY-----\n?$/;
    const [, body] = pattern.exec(key) ?? [];
    if (body !== undefined) {
        // PROTOCOL.key of OpenSSH: after its magic the length and name of the cipher.
        const [, cipher = "none"] =
            /^openssh-key-v1\0\0\0\0[^]([\w@.-]+)/.exec(
                Buffer.from(body, "base64").toString("latin1"),
            ) ?? [];
        return cipher === "none"
            ? undefined
            : {
                  wrong: "has a passphrase, which nobody is there to type",
                  right: "a key of its own: ssh-keygen -t ed25519 -N '' -f rekindle-key, then ssh-copy-id -i rekindle-key.pub for each Pi",
              };
    }
    if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
        return {
            wrong: "is a private key, and not as OpenSSH writes it",
            right: "ssh-keygen -p -f COPY, with an empty passphrase, writes a copy of it anew; its lines end without CR",
        };
    }
    return /^(ssh|ecdsa)-\S+ AAAA/.test(key)
        ? { wrong: "is the public key, and the private one is wanted" }
        : { wrong: "is not a private key in OpenSSH's format" };
}

/** A public key line of this type only: type, the key with its own type and 32 bytes in it (RFC 8709), perhaps a comment. */
function isEd25519(line: string): boolean {
    const [type, key = "", ...comment] = line.split(" ");
    const blob = base64Bytes(key);
    const start = Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0\x20", "latin1");
    return (
        type === "ssh-ed25519" &&
        blob?.length === start.length + 32 &&
        blob.subarray(0, start.length).equals(start) &&
        !/[\r\n]/.test(comment.join(" "))
    );
}

/** The bytes of strict base64; Buffer.from would skip what is none. */
export function base64Bytes(text: string): Buffer | undefined {
    const bytes = Buffer.from(text, "base64");
    return bytes.toString("base64") === text ? bytes : undefined;
}
