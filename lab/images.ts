import { createHash } from "node:crypto";
import {
    copyFileSync,
    mkdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { arch } from "node:process";
import { join } from "node:path";
import { built } from "./cache";
import { project } from "./paths";
import type { Progress } from "./progress";
import { run } from "./shell";

/** Where the container images of the lab come from: files on this machine, no registry. */
export interface ImageParts {
    /** The Debian base tar: C libraries and a static busybox. */
    readonly base: string;
    readonly coredns: string;
    /** The connector stand-in's binary. */
    readonly connector: string;
    /** The lab CA's certificate, which the images trust as a real one trusts public CAs. */
    readonly ca: string;
}

/** Image references; `node` and `cloudflared` carry their digests. */
export interface Images {
    readonly archive: string;
    readonly busybox: string;
    readonly coredns: string;
    readonly pause: string;
    readonly node: string;
    readonly cloudflared: string;
}

interface Spec {
    readonly name: string;
    readonly tag: string;
    readonly entrypoint?: readonly string[];
    readonly command?: readonly string[];
    readonly env?: readonly string[];
    readonly user?: string;
    /** Puts the image's files below a folder. */
    fill(root: string): Promise<void>;
}

const nonroot = "65532:65532";
/** What the npm package's node binary is linked with, as Debian names the files. */
const nodeLibraries = ["libc", "libm", "libdl", "libpthread", "libstdc++", "libgcc_s", "libresolv"];

/** Makes all images as one OCI archive for `ctr images import`. Cached. */
export async function makeImages(parts: ImageParts, progress: Progress): Promise<Images> {
    const specs = imageSpecs(parts);
    const binaries = [parts.base, parts.coredns, parts.connector];
    const inputs = [readFileSync(__filename), readFileSync(parts.ca), nodeVersion(), ...binaries];
    const dir = await built("images", inputs, async (made) => {
        const layout = join(made, "layout");
        mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
        const refs: Record<string, string> = {};
        const manifests: object[] = [];
        for (const [index, spec] of specs.entries()) {
            progress(`image ${spec.name}`, index / specs.length);
            const manifest = await pack(spec, layout, join(made, "root"));
            const tagged = `localhost/${spec.name}:${spec.tag}`;
            refs[spec.name] = `${tagged}@${manifest.digest}`;
            // Twice in the index: the kubelet drops the tag of a reference that has a digest.
            for (const name of [tagged, `localhost/${spec.name}@${manifest.digest}`]) {
                manifests.push({ ...manifest, annotations: { "io.containerd.image.name": name } });
            }
        }
        writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
        writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
        await tar(layout, join(made, "images.tar"));
        writeFileSync(join(made, "refs.json"), JSON.stringify(refs));
        rmSync(layout, { recursive: true });
    });
    const refs = JSON.parse(readFileSync(join(dir, "refs.json"), "utf8")) as Record<string, string>;
    const ref = (name: string) => refs[name] ?? "";
    return {
        archive: join(dir, "images.tar"),
        busybox: ref("busy"),
        coredns: ref("rekindle-coredns"),
        pause: ref("rekindle-pause"),
        node: ref("rekindle-node"),
        cloudflared: ref("rekindle-connector"),
    };
}

function imageSpecs({ base, coredns, connector, ca }: ImageParts): Spec[] {
    const busybox = async (root: string) => {
        await unpack(base, root, ["./usr/bin/busybox"]);
        renameSync(join(root, "usr/bin"), join(root, "bin"));
        rmSync(join(root, "usr"), { recursive: true });
    };
    const trustLab = (root: string) => {
        mkdirSync(join(root, "etc/ssl/certs"), { recursive: true });
        copyFileSync(ca, join(root, "etc/ssl/certs/ca-certificates.crt"));
    };
    const binary = (file: string, root: string, name: string) => {
        mkdirSync(join(root, "usr/local/bin"), { recursive: true });
        copyFileSync(file, join(root, "usr/local/bin", name));
    };
    return [
        {
            name: "rekindle-pause",
            tag: "1",
            entrypoint: ["/bin/busybox", "sleep", "2147483647"],
            fill: busybox,
        },
        {
            name: "busy",
            tag: "1",
            command: ["/bin/sh"],
            env: ["PATH=/bin"],
            async fill(root) {
                await busybox(root);
                const applets = await run(join(root, "bin/busybox"), ["--list"]);
                for (const applet of applets.split("\n").filter((name) => name !== "busybox")) {
                    symlinkSync("busybox", join(root, "bin", applet));
                }
                mkdirSync(join(root, "tmp"));
            },
        },
        {
            name: "rekindle-coredns",
            tag: "1",
            entrypoint: ["/usr/local/bin/coredns"],
            async fill(root) {
                binary(coredns, root, "coredns");
                return Promise.resolve();
            },
        },
        {
            name: "rekindle-node",
            tag: nodeVersion(),
            entrypoint: ["/usr/local/bin/node"],
            env: ["PATH=/usr/local/bin", "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt"],
            user: nonroot,
            async fill(root) {
                await unpack(base, root, [
                    ...nodeLibraries.map((name) => `./usr/lib/*-linux-gnu/${name}.so.*`),
                    "./usr/lib/*-linux-gnu/ld-linux*",
                    "./usr/lib64",
                ]);
                for (const [link, target] of [
                    ["lib", "usr/lib"],
                    ["lib64", "usr/lib64"],
                ] as const) {
                    symlinkSync(target, join(root, link));
                }
                trustLab(root);
                binary(join(project, "node_modules/node/bin/node"), root, "node");
            },
        },
        {
            name: "rekindle-connector",
            tag: "1",
            // As the real image's.
            entrypoint: ["/usr/local/bin/cloudflared", "--no-autoupdate"],
            user: nonroot,
            async fill(root) {
                trustLab(root);
                binary(connector, root, "cloudflared");
                return Promise.resolve();
            },
        },
    ];
}

/** The version of the npm package `node`, which the image is made from. */
function nodeVersion(): string {
    const manifest = readFileSync(join(project, "node_modules/node/package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
}

async function unpack(base: string, root: string, members: readonly string[]): Promise<void> {
    await run("tar", ["--wildcards", "-xf", base, "-C", root, ...members]);
}

/** Writes one image's blobs (a layer, a config, a manifest) into an OCI layout. */
async function pack(spec: Spec, layout: string, root: string) {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
    await spec.fill(root);
    const file = join(layout, "layer.tar");
    await tar(root, file);
    rmSync(root, { recursive: true });
    const layer = putFile(layout, file);
    const config = putJson(layout, {
        architecture: arch === "x64" ? "amd64" : arch,
        os: "linux",
        config: {
            Entrypoint: spec.entrypoint,
            Cmd: spec.command,
            Env: spec.env ?? [],
            User: spec.user ?? "",
        },
        rootfs: { type: "layers", diff_ids: [layer.digest] },
    });
    const oci = "application/vnd.oci.image";
    const manifest = putJson(layout, {
        schemaVersion: 2,
        mediaType: `${oci}.manifest.v1+json`,
        config: { mediaType: `${oci}.config.v1+json`, ...config },
        layers: [{ mediaType: `${oci}.layer.v1.tar`, ...layer }],
    });
    return { mediaType: `${oci}.manifest.v1+json`, ...manifest };
}

/** The same files give the same bytes: a digest must not change with the day it was made on. */
async function tar(root: string, file: string): Promise<void> {
    const fixed = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    await run("tar", [...fixed, "--format=ustar", "-cf", file, "-C", root, "."]);
}

interface Blob {
    readonly digest: string;
    readonly size: number;
}

function putFile(layout: string, file: string): Blob {
    const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
    const size = statSync(file).size;
    renameSync(file, join(layout, "blobs/sha256", digest));
    return { digest: `sha256:${digest}`, size };
}

function putJson(layout: string, value: object): Blob {
    const file = join(layout, "part.json");
    writeFileSync(file, JSON.stringify(value));
    return putFile(layout, file);
}
