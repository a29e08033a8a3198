import {
    hour,
    minute,
    target,
    withNode,
    type Alert,
    type AlertOptions,
    type KubeletLimits,
} from "./alert";

const volume = 'mountpoint="/var/lib/rancher"';
const card = 'mountpoint="/"';

/** k3s's settings for its kubelets: images go from 85 % used, pods from 95 %. */
const k3sKubelet: KubeletLimits = { collects: 15, evicts: 5 };

/** Each warning comes when the kubelet's own help did not help, each critical one while the kubelet has not evicted yet. */
export function storageAlerts({ drives, volumes, kubelet = k3sKubelet }: AlertOptions): Alert[] {
    const { collects, evicts } = kubelet;
    const all = { group: "storage", noData: "KeepLast" } as const;
    const external = `mountpoint=~"${drives.map(literal).join("|")}"`;
    return [
        {
            ...all,
            name: "K3sDataLow",
            severity: "critical",
            for: 5 * minute,
            expr: free(volume),
            comparison: "<",
            threshold: evicts + 3,
            summary: `{nodename}: k3s's volume has {value} % left; at ${evicts} % pods are evicted`,
        },
        {
            ...all,
            name: "K3sDataWarn",
            severity: "warning",
            for: 30 * minute,
            expr: free(volume),
            comparison: "<",
            threshold: collects - 3,
            summary:
                "{nodename}: k3s's volume has {value} % left although unused images were deleted",
        },
        {
            ...all,
            name: "K3sDataFilling",
            severity: "warning",
            for: hour,
            noData: "OK",
            expr:
                `(predict_linear(node_filesystem_avail_bytes{${volume}}[6h], 86400) < 0 ` +
                `and node_filesystem_avail_bytes{${volume}} / node_filesystem_size_bytes{${volume}} < 0.4) ${withNode}`,
            comparison: "any",
            summary: "{nodename}: k3s's volume is full within a day if it goes on like this",
        },
        {
            ...all,
            name: "K3sDataInodes",
            severity: "warning",
            for: 15 * minute,
            expr: free(volume, "files_free", "files"),
            comparison: "<",
            threshold: 10,
            summary: "{nodename}: k3s's volume has {value} % of its inodes left",
        },
        ...(volumes.length === 0
            ? []
            : [
                  {
                      ...{ ...all, severity: "critical", noData: "OK" },
                      name: "K3sDataNotMounted",
                      for: 5 * minute,
                      expr: `${machines(volumes)} unless on (${target}) node_filesystem_size_bytes{${volume},fstype="ext4"}`,
                      comparison: "any",
                      summary: "{nodename}: k3s's volume is not mounted, so k3s does not run there",
                  } satisfies Alert,
              ]),
        {
            ...all,
            name: "RootWarn",
            severity: "warning",
            for: 30 * minute,
            expr: free(card),
            comparison: "<",
            threshold: evicts + 10,
            summary: "{nodename}: the card has {value} % left",
        },
        {
            ...all,
            name: "RootLow",
            severity: "critical",
            for: 5 * minute,
            expr: free(card),
            comparison: "<",
            threshold: evicts + 3,
            summary: `{nodename}: the card has {value} % left; at ${evicts} % pods are evicted`,
        },
        ...(drives.length === 0
            ? []
            : (["warning", "critical"] as const).map((severity): Alert => {
                  const warning = severity === "warning";
                  return {
                      ...{ ...all, severity },
                      name: warning ? "DriveWarn" : "DriveLow",
                      for: (warning ? 30 : 5) * minute,
                      expr: free(external),
                      comparison: "<",
                      threshold: warning ? 15 : 7,
                      // A drive that is gone has no series; K3sDataNotMounted tells it.
                      noData: "OK",
                      summary: "{nodename}: the drive at {mountpoint} has {value} % left",
                  };
              })),
        {
            ...all,
            name: "ReadOnly",
            severity: "critical",
            for: minute,
            // Both have the same labels since node_exporter 1.7, and `or` would keep the first, which is 0.
            expr:
                `max by (${target}, mountpoint) (node_filesystem_readonly{${mounts(drives)}} or ` +
                `label_replace(node_filesystem_device_error{${mounts(drives)},device_error!="permission denied"}, "what", "error", "", "")) ${withNode}`,
            comparison: "==",
            threshold: 1,
            summary: "{nodename}: {mountpoint} can no longer be written or read",
        },
    ];
}

/** The node_exporters of some Pis: by host name in any case, by the label that alerting.md asks for, or by address. */
function machines(volumes: AlertOptions["volumes"]): string {
    const names = volumes.map(({ name }) => literal(name)).join("|");
    const addresses = volumes.map(({ address }) => literal(address)).join("|");
    return `(${[
        `nodename=~"(?i:${names})"`,
        `node=~"${names}"`,
        `instance=~"\\\\[?(?:${addresses})\\\\]?(?::[0-9]+)?"`,
    ]
        .map((labels) => `node_uname_info{${labels}}`)
        .join(" or ")})`;
}

const free = (mount: string, what = "avail_bytes", all = "size_bytes") =>
    `100 * node_filesystem_${what}{${mount}} / node_filesystem_${all}{${mount}} ${withNode}`;

function mounts(drives: readonly string[]): string {
    const external = drives.length === 0 ? ["/mnt/.+"] : drives.map(literal);
    return `mountpoint=~"${["/", "/boot.*", ...external, "/var/lib/rancher"].join("|")}"`;
}

/** A path as a regular expression inside a PromQL string; what else means something there no path of a drive has. */
function literal(path: string): string {
    return path.replaceAll(/[.+^()]/g, "\\\\$&");
}
