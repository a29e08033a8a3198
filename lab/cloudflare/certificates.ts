import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type TlsOptions } from "node:tls";
import { certificateFor, type CertificateOptions } from "../ca";
import type { Faults, FaultTarget } from "./faults";

interface Contexts {
    readonly good: SecureContext;
    readonly untrusted: SecureContext;
    readonly early: SecureContext;
}

/**
 * TLS options of a server for names (wildcards cover one label), which obeys the target's certificate faults.
 * A visitor of any other name gets no handshake, as with a name that Universal SSL does not cover.
 * @param names asked at each handshake: zones are added while the edge runs
 */
export async function tlsOptions(
    names: () => readonly string[],
    faults: Faults,
    target: FaultTarget,
): Promise<TlsOptions> {
    const made = new Map<string, Promise<Contexts>>();
    const current = async () => {
        const key = names().join();
        const contexts = made.get(key) ?? contextsFor(names());
        made.set(key, contexts);
        const { good, untrusted, early } = await contexts;
        const kind = faults.kind(target);
        return kind === "bad-cert" ? untrusted : kind === "not-yet-valid-cert" ? early : good;
    };
    await current();
    return {
        // A resumed session would skip the certificate, and with it the fault.
        secureOptions: constants.SSL_OP_NO_TICKET,
        SNICallback: (name, done) => {
            if (!isCovered(name, names())) {
                done(new Error(`no certificate for ${name}`));
                return;
            }
            current().then(
                (context) => {
                    done(null, context);
                },
                (error: unknown) => {
                    done(error instanceof Error ? error : new Error(String(error)));
                },
            );
        },
    };
}

async function contextsFor(names: readonly string[]): Promise<Contexts> {
    const [good, untrusted, early] = await Promise.all([
        context(names, {}),
        context(names, { issuer: "untrusted" }),
        context(names, { valid: "not-yet" }),
    ]);
    return { good, untrusted, early };
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
