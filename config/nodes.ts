import { isIP } from "node:net";
import { check, choice, fields, flag, isHostname, list, text, whole } from "./fields";
import { resolvers } from "./surroundings";

const keyExample =
    "hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… (ssh-keyscan -t ed25519 ADDRESS)";
export const nodeExample =
    "{ name: pi1, address: 192.168.1.11, role: server, hostKey: ssh-ed25519 AAAA…, volume: { drive: /mnt/external, size: 20GiB } }";

/** One Pi: how it is reached, what it is in the cluster, and where its volume lies. */
export const node = fields(
    {
        name: text(
            /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
            "a node's name as kubectl shows it",
            "name: pi1",
        ),
        address: check(
            (value) => isIP(value) !== 0 || /^[a-z0-9-]+$/i.test(value) || isHostname(value, false),
            "an IP address or a hostname",
            "address: 192.168.1.11",
        ),
        port: whole(1, 65_535, "an SSH port", "port: 22").default(22),
        user: text(/^[a-z_][a-z0-9_-]{0,31}$/, "a login name with sudo", "user: pi").default("pi"),
        role: choice(["server", "agent"], "role: agent"),
        hostKey: check(isEd25519, "the Pi's own ed25519 host key", keyExample),
        away: flag("away: true").default(false),
        /** This Pi's own, where they are other than `rekindle:resolvers`. */
        resolvers: resolvers.optional(),
        volume: fields(
            {
                drive: text(
                    /^(\/[A-Za-z0-9._-]+)+$/,
                    "the absolute path where the external drive is mounted",
                    "drive: /mnt/external",
                ),
                size: text(/^[1-9]\d*[MGT]iB$/, "a size in MiB, GiB or TiB", "size: 20GiB"),
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
