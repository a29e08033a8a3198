import { BlockList, isIP } from "node:net";

/** Addresses of whoever connects to them; Linux connects to itself for the unspecified ones too. */
const ownAddresses = new BlockList();
ownAddresses.addSubnet("127.0.0.0", 8, "ipv4");
ownAddresses.addSubnet("0.0.0.0", 8, "ipv4");
ownAddresses.addAddress("::1", "ipv6");
ownAddresses.addAddress("::", "ipv6");
/** Those of the kubelet's /etc/hosts, of resolvers (RFC 6761), and of Debian's and Red Hat's /etc/hosts. */
const ownName = /^((.+\.)?localhost|localhost[46]?(\.localdomain[46]?)?|ip6-(localhost|loopback))$/;

/** Tells whether a host means whoever connects to it, in any spelling that a URL has for it: 127.1, 0x7f000001, [::ffff:127.0.0.1]. */
export function isLoopback(host: string): boolean {
    const url = `http://${host}`;
    const spelt = URL.canParse(url) ? new URL(url).hostname : host;
    const address = spelt.replace(/^\[(.*)\]$/, "$1");
    const family = isIP(address);
    return family === 0
        ? ownName.test(host)
        : ownAddresses.check(address, family === 4 ? "ipv4" : "ipv6");
}
