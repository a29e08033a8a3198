import assert from "node:assert/strict";
import { describe as describeTraces, mountsBelow, rootDevice } from "../lab/leftovers";
import { namespaceFile } from "../lab/paths";

describe("leftovers", () => {
    it("lists mounts of the cache alone, what is mounted inside another first", () => {
        const mounts = [
            "/dev/vda / ext4 rw 0 0",
            "/dev/loop0 /c/rekindle/lab/pi1/root ext4 rw 0 0",
            "/dev/loop1 /c/rekindle/lab/pi1/root/mnt ext4 rw 0 0",
            "/dev/loop2 /c/rekindle-of-another/x ext4 rw 0 0",
            "/dev/loop3 /c/rekindle/with\\040space ext4 rw 0 0",
        ].join("\n");
        assert.deepEqual(mountsBelow(mounts, "/c/rekindle"), [
            "/c/rekindle/lab/pi1/root/mnt",
            "/c/rekindle/lab/pi1/root",
            "/c/rekindle/with space",
        ]);
    });

    it("reads which device a process has as its root", () => {
        const mountinfo = [
            "501 500 7:1 / / rw,relatime shared:1 master:2 - ext4 /dev/loop1 rw",
            "502 501 0:5 / /dev rw - tmpfs tmpfs rw",
        ].join("\n");
        assert.equal(rootDevice(mountinfo), "/dev/loop1");
        assert.equal(rootDevice(""), "");
    });

    it("tells each thing that is left in a line of its own", () => {
        const left = describeTraces({
            processes: [],
            mounts: ["/c/root", namespaceFile],
            loops: ["/dev/loop1"],
            cgroups: ["/sys/fs/cgroup/cpu/rekindle-pi1"],
            files: ["/c/lab"],
        });
        assert.deepEqual(left, [
            "mount /c/root",
            `network namespace ${namespaceFile}`,
            "loop device /dev/loop1",
            "cgroup /sys/fs/cgroup/cpu/rekindle-pi1",
            "file /c/lab",
        ]);
    });
});
