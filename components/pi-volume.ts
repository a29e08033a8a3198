import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { piVolumeScript } from "./pi-volume-script";
import { shellWord } from "./shell-word";

export interface PiVolumeArgs {
    /** The node's name, as kubectl shows it; k3s is well again when this node is Ready. */
    name: string;
    /** Servers have the datastore and the API. */
    role: "server" | "agent";
    /** IP address or hostname. */
    address: string;
    /** SSH port. @default 22 */
    port?: number;
    /** Login name; may use sudo without a password. @default "pi" */
    user?: string;
    /** Private key in OpenSSH's format. */
    privateKey: pulumi.Input<string>;
    /** The Pi's ed25519 host key, e.g. `ssh-ed25519 AAAA…`. Any other host is refused. */
    hostKey: string;
    volume: VolumeArgs;
    /** Leaves the Pi as it is and does not connect to it, on destroy neither. @default false */
    away?: boolean;
    /**
     * Kept on the Pi by an `apply` that came to its end; another text makes it run again (`repairs` says when).
     * @default none: nobody asked the Pi, and what the state has stays
     */
    repair?: string;
    /**
     * Lets another `drive`, or a smaller `size`, take the data out of the image that there is, by way of the card, which must have the
     * room. Without it the Pi refuses both. @default false
     */
    confirmed?: boolean;
}

export interface VolumeArgs {
    /** Mount point of the external drive, e.g. `/mnt/external` or `/media/pi/My Passport`. */
    drive: string;
    /** Size of the image, in MiB, GiB or TiB, e.g. `20GiB`. It grows when this does, and shrinks only when `confirmed`. */
    size: string;
    /**
     * What a destroy does: brings the data back to the card, which must have the room, or keeps it on the drive.
     * @default "restore"
     */
    onDestroy?: "restore" | "keep";
    /**
     * An image on the drive that this card did not make may be the only good copy: it is refused, or adopted as it is.
     * @default "refuse"
     */
    onExistingImage?: "refuse" | "adopt";
    /**
     * Folders that fill the card beside k3s's data and live in the image too: `/var/lib/kubelet` (emptyDir volumes) and
     * `/var/log/pods`. @default none
     */
    bind?: readonly ("kubelet" | "pod-logs")[];
    /** Has k3s collect images and evict pods earlier, as a small file system needs it. @default false */
    k3sSettings?: boolean;
    /** `zeros` writes the whole image once, for drives that cannot reserve blocks otherwise (exFAT, NTFS, ext3). @default "fallocate" */
    reserve?: "fallocate" | "zeros";
}

/** k3s's data of one Pi in an ext4 image on its external drive, whose every block is reserved. */
export class PiVolume extends pulumi.ComponentResource {
    /** The one step that stops k3s. */
    readonly switched: pulumi.CustomResource;
    /** The first in and the last out: its deletion restores. */
    readonly guardian: pulumi.Resource;
    readonly role: "server" | "agent";

    /** @param before the volume that switches before this one: k3s is down on one Pi at a time, restoring included */
    constructor(
        name: string,
        args: PiVolumeArgs,
        before?: PiVolume,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        const privateKey = pulumi.secret(args.privateKey);
        // `repair` is news of one run, and no input of the component: where nobody asked there is no change.
        const { repair, confirmed = false, ...rest } = args;
        const lasting = { ...rest, ...(confirmed ? { confirmed } : {}), privateKey };
        super("rekindle:index:PiVolume", name, lasting, opts);
        const { address: host, port = 22, user = "pi", hostKey, away = false } = args;
        this.role = args.role;
        const always = {
            connection: { host, port, user, privateKey, hostKey },
            stdin: piVolumeScript(),
            // A stock sshd takes no environment.
            addPreviousOutputInEnv: false,
        };
        // Without a command nothing connects; what the state holds of an earlier one goes too.
        const command = (
            step: string,
            commands: { create: string; delete?: string },
            dependsOn: pulumi.Resource[],
            mended?: { stdin?: string; ignoreChanges?: string[] },
        ) =>
            new remote.Command(
                `${name}-${step}`,
                {
                    ...{ ...always, ...(away ? {} : commands) },
                    ...(mended?.stdin === undefined ? {} : { stdin: mended.stdin }),
                },
                { parent: this, dependsOn, ignoreChanges: mended?.ignoreChanges },
            );
        const apply = (until: string) => ({ create: applyCommand(args, until) });

        // First in the state, so that a destroy after a failure half-way restores too. It comes without `triggers`: they
        // replace, and the deletion of the old one would undo what the new one made.
        this.guardian = command(
            "guardian",
            {
                // Does nothing, but reads its input: the provider fails when the other side closes before all is written.
                create: "cat >/dev/null",
                ...(args.volume.onDestroy === "keep" ? {} : { delete: restoreCommand(args) }),
            },
            before ? [before.guardian] : [],
        );
        const prepared = command("prepare", apply("prepared"), [this.guardian]);
        // Not `create`, whose change a preview must always show; and where nobody asked, no change at all.
        const mended =
            repair === undefined
                ? { ignoreChanges: ["stdin"] }
                : { stdin: repairLine(repair) + always.stdin };
        const after = [prepared, ...(before ? [before.switched] : [])];
        this.switched = command("switch", apply("switched"), after, mended);
        command("finalize", apply("finalized"), [this.switched], mended);
        this.registerOutputs({});
    }
}

/** Agents first, servers last, where there are any: the API is away for seconds, once, when all else is done. */
export function switchOrder<T extends { readonly role: "server" | "agent" }>(
    nodes: readonly T[],
): T[] {
    return [
        ...nodes.filter(({ role }) => role === "agent"),
        ...nodes.filter(({ role }) => role === "server"),
    ];
}

/** Idempotent: a later size or a lost connection runs it again. The script itself comes on standard input. */
export function applyCommand(
    { name, volume, confirmed = false }: PiVolumeArgs,
    until: string,
): string {
    const { drive, size, onExistingImage = "refuse", bind = [], k3sSettings, reserve } = volume;
    const flags = [
        ...[`--node=${name}`, `--drive=${shellWord(drive)}`, `--size=${scriptSize(size)}`],
        ...[`--existing=${onExistingImage}`, `--until=${until}`],
        ...(bind.length > 0 ? [`--bind=${[...bind].sort().join(",")}`] : []),
        ...(k3sSettings === true ? ["--k3s-settings=fit"] : []),
        ...(reserve === "zeros" ? ["--reserve=zeros"] : []),
        ...(confirmed ? ["--confirmed"] : []),
    ];
    return `sudo -n bash -s -- apply ${flags.join(" ")}`;
}

/** Adds an argument to those of the command line, from the first line of standard input. */
function repairLine(repair: string): string {
    return repair === "" ? "" : `set -- "$@" --repair=${repair}\n`;
}

function restoreCommand({ name }: PiVolumeArgs): string {
    return `sudo -n bash -s -- restore --node=${name}`;
}

/** The script knows M and G, in powers of 1024. */
function scriptSize(size: string): string {
    const [, count = "", unit = ""] = /^(\d+)([MGT])iB$/.exec(size) ?? [];
    return unit === "T" ? `${Number(count) * 1024}G` : `${count}${unit}`;
}
