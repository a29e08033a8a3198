import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
    chmodSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    statSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeImages } from "../lab/oci";
import { run } from "../lab/shell";

interface Descriptor {
    readonly digest: string;
    readonly size: number;
    readonly annotations?: Record<string, string>;
}

describe("writeImages", () => {
    let dir: string;

    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "rekindle-oci-"));
    });
    afterEach(() => {
        rmSync(dir, { recursive: true });
    });

    /** Writes one image whose only file has this mode and time of change. */
    async function writeOne(name: string, mode = 0o755, changed = 0): Promise<string> {
        const out = join(dir, name);
        mkdirSync(out);
        const { hello } = await writeImages(
            [
                {
                    name: "hello",
                    tag: "2",
                    entrypoint: ["/bin/hello"],
                    env: ["A=b"],
                    user: "65532:65532",
                    async fill(root) {
                        mkdirSync(join(root, "bin"), { mode });
                        writeFileSync(join(root, "bin/hello"), "hi");
                        chmodSync(join(root, "bin/hello"), mode);
                        utimesSync(join(root, "bin/hello"), changed, changed);
                        return Promise.resolve();
                    },
                },
            ],
            out,
            () => undefined,
        );
        assert.ok(hello !== undefined);
        return hello;
    }

    async function unpacked(name: string): Promise<string> {
        const into = join(dir, `${name}-layout`);
        mkdirSync(into);
        await run("tar", ["-xf", join(dir, name, "images.tar"), "-C", into]);
        return into;
    }

    const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
    const blobFile = (layout: string, { digest }: Descriptor) =>
        join(layout, "blobs", digest.replace(":", "/"));

    it("gives the same digest whatever the clock and the umask", async () => {
        assert.equal(await writeOne("old", 0o755, 1), await writeOne("new", 0o700, 2e9));
    });

    it("names an image by its tag and by its digest, as the kubelet asks for either", async () => {
        const ref = await writeOne("named");
        const { manifests } = readJson(join(await unpacked("named"), "index.json")) as {
            manifests: Descriptor[];
        };
        const [tagged, digest] = ref.split("@");
        assert.equal(tagged, "localhost/hello:2");
        assert.deepEqual(
            manifests.map((manifest) => manifest.annotations?.["io.containerd.image.name"]),
            ["localhost/hello:2", `localhost/hello@${digest ?? ""}`],
        );
        assert.deepEqual(
            manifests.map((manifest) => manifest.digest),
            [digest, digest],
        );
    });

    it("describes each blob by its true size and digest, and runs as it was told", async () => {
        await writeOne("whole");
        const layout = await unpacked("whole");
        const { manifests } = readJson(join(layout, "index.json")) as { manifests: [Descriptor] };
        const manifest = readJson(blobFile(layout, manifests[0])) as {
            config: Descriptor;
            layers: [Descriptor];
        };
        for (const blob of [manifests[0], manifest.config, manifest.layers[0]]) {
            const file = blobFile(layout, blob);
            const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
            assert.equal(`sha256:${sum}`, blob.digest);
            assert.equal(statSync(file).size, blob.size);
        }
        const { config, rootfs } = readJson(blobFile(layout, manifest.config)) as {
            config: object;
            rootfs: object;
        };
        assert.deepEqual(config, {
            Entrypoint: ["/bin/hello"],
            Env: ["A=b"],
            User: "65532:65532",
        });
        // An uncompressed layer: containerd unpacks it only when its diff id is its own digest.
        assert.deepEqual(rootfs, { type: "layers", diff_ids: [manifest.layers[0].digest] });
    });

    it("makes every file readable for a user that is not root", async () => {
        await writeOne("private", 0o700);
        const layout = await unpacked("private");
        const { manifests } = readJson(join(layout, "index.json")) as { manifests: [Descriptor] };
        const { layers } = readJson(blobFile(layout, manifests[0])) as { layers: [Descriptor] };
        const listed = await run("tar", ["-tvf", blobFile(layout, layers[0])]);
        const modes = listed.split("\n").map((line) => line.slice(0, 10));
        assert.deepEqual(modes, ["drwxr-xr-x", "drwxr-xr-x", "-rwxr-xr-x"]);
    });
});
