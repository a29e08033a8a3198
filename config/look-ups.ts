/**
 * How the tunnel's pods complete a name, beside their nameservers. A name of fewer dots than `ndots` is tried inside the cluster
 * first, so that `media.dev` is the Service in the namespace dev and no public host. Every public name that the pods ask for has two dots
 * or more (api.cloudflare.com, region1.v2.argotunnel.com, and cloudflared's others under argotunnel.com), so each is asked for once.
 */
export const podLookUps = {
    /** For NAME.NAMESPACE, and for NAME.NAMESPACE.svc; the pods' own namespace has no Service that a route could mean. */
    searches: ["svc.cluster.local", "cluster.local"],
    ndots: 2,
};

/** Lists the names that Go's resolver, which is cloudflared's, asks for in turn in such a pod (nameList in Go's net/dnsclient_unix.go). */
export function namesAsked(host: string): string[] {
    // Rooted: as it is.
    if (host.endsWith(".")) {
        return [host.slice(0, -1)];
    }
    const completed = podLookUps.searches.map((domain) => `${host}.${domain}`);
    const hasDots = host.split(".").length - 1 >= podLookUps.ndots;
    return hasDots ? [host, ...completed] : [...completed, host];
}
