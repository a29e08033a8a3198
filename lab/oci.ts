import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { arch } from "node:process";
import { join } from "node:path";
import { run } from "./shell";

/** A container image of one layer. */
export interface ImageSpec {
    /** Its repository, without a registry: images are named `localhost/NAME:TAG`. */
    readonly name: string;
    readonly tag: string;
    /** @default none */
    readonly entrypoint?: readonly string[];
    /** @default none */
    readonly command?: readonly string[];
    /** `NAME=value` each. @default none */
    readonly env?: readonly string[];
    /** `uid:gid`. @default root */
    readonly user?: string;
    /** Puts the image's files below an empty folder. */
    fill(root: string): Promise<void>;
}

interface Blob {
    readonly digest: string;
    readonly size: number;
}

const oci = "application/vnd.oci.image";

/**
 * Writes images as one OCI archive for `ctr images import`, without a container engine.
 * The same files give the same digests, on any day and under any umask.
 * @param dir an empty folder; holds only `images.tar` afterwards
 * @returns by name, `localhost/NAME:TAG@sha256:…`
 */
export async function writeImages(
    specs: readonly ImageSpec[],
    dir: string,
    onImage: (name: string, index: number) => void,
): Promise<Record<string, string>> {
    const layout = join(dir, "layout");
    mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
    const refs: Record<string, string> = {};
    const manifests: object[] = [];
    for (const [index, spec] of specs.entries()) {
        onImage(spec.name, index);
        const manifest = await pack(spec, layout, join(dir, "root"));
        const tagged = `localhost/${spec.name}:${spec.tag}`;
        refs[spec.name] = `${tagged}@${manifest.digest}`;
        // Twice in the index: the kubelet drops the tag of a reference that has a digest.
        for (const name of [tagged, `localhost/${spec.name}@${manifest.digest}`]) {
            manifests.push({ ...manifest, annotations: { "io.containerd.image.name": name } });
        }
    }
    writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await tar(layout, join(dir, "images.tar"));
    rmSync(layout, { recursive: true });
    return refs;
}

/** Writes one image's blobs (a layer, a config, a manifest) into an OCI layout. */
async function pack(spec: ImageSpec, layout: string, root: string) {
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
    const manifest = putJson(layout, {
        schemaVersion: 2,
        mediaType: `${oci}.manifest.v1+json`,
        config: { mediaType: `${oci}.config.v1+json`, ...config },
        layers: [{ mediaType: `${oci}.layer.v1.tar`, ...layer }],
    });
    return { mediaType: `${oci}.manifest.v1+json`, ...manifest };
}

/** A digest must not change with the day or the umask, and a user that is not root must be able to read every file. */
async function tar(root: string, file: string): Promise<void> {
    const fixed = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    const readable = "--mode=u+rwX,go+rX,go-w";
    await run("tar", [...fixed, readable, "--format=ustar", "-cf", file, "-C", root, "."]);
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
