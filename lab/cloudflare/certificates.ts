import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type TlsOptions } from "node:tls";
import { certificateFor, type CertificateOptions } from "../ca";
import type { Faults, FaultTarget } from "./faults";

/**
 * TLS options of a server for `names` (wildcards cover one label), which obeys the target's certificate faults.
 * A visitor of any other name gets no handshake, as with a name that Universal SSL does not cover.
 */
export async function tlsOptions(
    names: readonly string[],
    faults: Faults,
    target: FaultTarget,
): Promise<TlsOptions> {
    const [good, untrusted, early] = await Promise.all([
        context(names, {}),
        context(names, { issuer: "untrusted" }),
        context(names, { valid: "not-yet" }),
    ]);
    const current = () => {
        const kind = faults.kind(target);
        return kind === "bad-cert" ? untrusted : kind === "not-yet-valid-cert" ? early : good;
    };
    return {
        // A resumed session would skip the certificate, and with it the fault.
        secureOptions: constants.SSL_OP_NO_TICKET,
        SNICallback: (name, done) => {
            if (isCovered(name, names)) {
                done(null, current());
            } else {
                done(new Error(`no certificate for ${name}`));
            }
        },
    };
}

/** Whether a certificate for `names` is good for `name` (RFC 6125: a wildcard stands for exactly one label). */
export function isCovered(name: string, names: readonly string[]): boolean {
    const wildcard = name.replace(/^[^.]+/, "*");
    return names.some((each) => each === name || each === wildcard);
}

async function context(
    names: readonly string[],
    options: CertificateOptions,
): Promise<SecureContext> {
    return createSecureContext(await certificateFor(names, options));
}
