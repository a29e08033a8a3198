import { access } from "./access";
import { certificatesFlaw } from "./certificates";
import { duration } from "./durations";
import { fields, flag, flawless, isHostname, refused, text, whole, type Flaw } from "./fields";
import { isIP } from "node:net";

const caExample = "caPool: |  # and below it, indented, the text of the certificate";

const oneService = "one route for each hostname that visitors may reach";
const everyHost = "it would let visitors reach every host of the home";

/** Every field of cloudflared's OriginRequestConfig (config/configuration.go, 2026.8.2), each taken or refused with its reason. */
export const originRequest = fields(
    {
        connectTimeout: duration("connectTimeout", "30s"),
        tlsTimeout: duration("tlsTimeout", "10s"),
        tcpKeepAlive: duration("tcpKeepAlive", "30s", true),
        noHappyEyeballs: flag("noHappyEyeballs: true").optional(),
        keepAliveConnections: whole(
            0,
            10_000,
            "a number of connections",
            "keepAliveConnections: 100",
        ).optional(),
        keepAliveTimeout: duration("keepAliveTimeout", "90s"),
        httpHostHeader: text(
            // Go sends no other letters, and YAML takes no control characters.
            /^(?:(?![/?#@])[!-~])+$/,
            "a host header, without a scheme and a path",
            "httpHostHeader: git.internal",
        ).optional(),
        originServerName: flawless(
            serverNameFlaw,
            "a TLS server name",
            "originServerName: git.internal",
        ).optional(),
        matchSNItoHost: flag("matchSNItoHost: true").optional(),
        caPool: flawless(certificatesFlaw, "certificates in PEM's form", caExample).optional(),
        noTLSVerify: flag("noTLSVerify: true").optional(),
        disableChunkedEncoding: flag("disableChunkedEncoding: true").optional(),
        http2Origin: flag("http2Origin: true").optional(),
        access: access.optional(),
        bastionMode: refused(everyHost, oneService, false),
        proxyType: refused(everyHost, oneService, ""),
        proxyAddress: refused("cloudflared does not use it any more", "leave it out"),
        proxyPort: refused("cloudflared does not use it any more", "leave it out"),
        ipRules: refused("it is for a SOCKS proxy, which no route can be", "leave it out"),
    },
    "originRequest: { noTLSVerify: true }",
);

/** Names whose certificates Go can check; *.NAME is that of a wildcard certificate, letter by letter (VerifyHostname in crypto/x509). */
function serverNameFlaw(name: string): Flaw | undefined {
    const isName = isHostname(name, true, 1) && /^[\x21-\x7e]+$/.test(name);
    return isName || isIP(name) !== 0
        ? undefined
        : {
              wrong: "is not a TLS server name: the one in the service's certificate, without scheme and port",
          };
}
