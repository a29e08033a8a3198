import {
    copyFileSync,
    mkdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { built } from "./cache";
import { writeImages, type ImageSpec } from "./oci";
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

const ociWriter = join(__dirname, "oci.ts");
const nonroot = "65532:65532";
/** What the npm package's node binary is linked with, as Debian names the files. */
const nodeLibraries = ["libc", "libm", "libdl", "libpthread", "libstdc++", "libgcc_s", "libresolv"];

/** Makes all images as one OCI archive for `ctr images import`. Cached. */
export async function makeImages(parts: ImageParts, progress: Progress): Promise<Images> {
    const specs = imageSpecs(parts);
    const binaries = [parts.base, parts.coredns, parts.connector];
    const inputs = [
        readFileSync(__filename),
        readFileSync(ociWriter),
        readFileSync(parts.ca),
        nodeVersion(),
        ...binaries,
    ];
    const dir = await built("images", inputs, async (made) => {
        const refs = await writeImages(specs, made, (name, index) => {
            progress(`image ${name}`, index / specs.length);
        });
        writeFileSync(join(made, "refs.json"), JSON.stringify(refs));
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

function imageSpecs({ base, coredns, connector, ca }: ImageParts): ImageSpec[] {
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
            // Ends when told to, as the real one: a first process that ignores SIGTERM holds a Pi's shutdown for 90 s.
            entrypoint: [
                "/bin/busybox",
                "sh",
                "-c",
                "trap 'exit 0' TERM; busybox sleep 2147483647 & wait",
            ],
            env: ["PATH=/bin"],
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
