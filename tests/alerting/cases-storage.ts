import { exporter, onNode, scrapedTwice, slope, steady, uname, type Case } from "./series";

function fileSystem(
    mount: string,
    percent: number,
    [part, all]: readonly [string, string] = ["avail_bytes", "size_bytes"],
) {
    const labels = `{${exporter},mountpoint="${mount}",fstype="ext4",device="/dev/x"}`;
    return {
        ...uname,
        [`node_filesystem_${part}${labels}`]: steady(percent),
        [`node_filesystem_${all}${labels}`]: steady(100),
    };
}

function free(
    mount: string,
    threshold: number,
    text: (value: string) => string,
    parts?: [string, string],
): Case {
    return {
        firing: fileSystem(mount, threshold - 0.1, parts),
        alsoFiring: [{ ...fileSystem(mount, threshold - 0.1, parts), ...scrapedTwice }],
        labels: { ...onNode, job: "node", mountpoint: mount, fstype: "ext4", device: "/dev/x" },
        summary: `pi1: ${text((threshold - 0.1).toFixed(1))}`,
        quiet: [fileSystem(mount, threshold, parts), fileSystem(mount, threshold + 1, parts)],
    };
}

const volume = "/var/lib/rancher";
const filling = (from: number, step: number) => ({
    ...uname,
    [`node_filesystem_avail_bytes{${exporter},mountpoint="${volume}"}`]: slope(from, step),
    [`node_filesystem_size_bytes{${exporter},mountpoint="${volume}"}`]: steady(100_000),
});
const readOnly = (kind: string, mount: string, value: number) => ({
    ...uname,
    [`node_filesystem_${kind}{${exporter},mountpoint="${mount}",fstype="ext4"}`]: steady(value),
});

export const storageCases: Record<string, Case> = {
    K3sDataLow: free(volume, 8, (v) => `k3s's volume has ${v} % left; at 5 % pods are evicted`),
    K3sDataWarn: free(
        volume,
        12,
        (v) => `k3s's volume has ${v} % left although unused images were deleted`,
    ),
    K3sDataFilling: {
        // 50,400 a day.
        firing: filling(39_000, -35),
        labels: { ...onNode, job: "node", mountpoint: volume },
        summary: "pi1: k3s's volume is full within a day if it goes on like this",
        quiet: [
            filling(45_000, -35),
            filling(20_000, 0),
            filling(39_000, -1),
            // Half a byte, and it stays.
            filling(0.5, 0),
        ],
        after: 1,
    },
    K3sDataInodes: free(volume, 10, (v) => `k3s's volume has ${v} % of its inodes left`, [
        "files_free",
        "files",
    ]),
    K3sDataNotMounted: {
        firing: uname,
        labels: { ...onNode, job: "node" },
        summary: "pi1: k3s's volume is not mounted, so k3s does not run there",
        quiet: [
            fileSystem(volume, 50),
            // A NAS, a desktop, an agent without a volume.
            { 'node_uname_info{instance="10.0.0.9:9100",job="node",nodename="nas"}': steady(1) },
        ],
    },
    RootWarn: free("/", 15, (v) => `the card has ${v} % left`),
    RootLow: free("/", 8, (v) => `the card has ${v} % left; at 5 % pods are evicted`),
    DriveWarn: free("/mnt/external", 15, (v) => `the drive at /mnt/external has ${v} % left`),
    DriveLow: free("/mnt/external", 7, (v) => `the drive at /mnt/external has ${v} % left`),
    ReadOnly: {
        firing: readOnly("readonly", volume, 1),
        alsoFiring: [
            { ...readOnly("readonly", volume, 1), ...scrapedTwice },
            // As node_exporter 1.7 and later export it.
            { ...readOnly("readonly", volume, 0), ...readOnly("device_error", volume, 1) },
            {
                ...readOnly("readonly", volume, 0),
                [`node_filesystem_device_error{${exporter},mountpoint="${volume}",device_error="input/output error"}`]:
                    steady(1),
            },
        ],
        labels: { ...onNode, mountpoint: volume },
        summary: "pi1: /var/lib/rancher can no longer be written or read",
        // No exporter gives 2: it holds the comparison.
        quiet: [
            readOnly("readonly", "/", 0),
            readOnly("device_error", "/", 2),
            readOnly("readonly", "/snap/core", 1),
            {
                ...uname,
                [`node_filesystem_device_error{${exporter},mountpoint="/",device_error="permission denied"}`]:
                    steady(1),
            },
        ],
    },
};
