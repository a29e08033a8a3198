import { X509Certificate } from "node:crypto";
import type { Flaw } from "./fields";

/** A ConfigMap holds 1 MiB in all, and the CA of one service is about 2 KiB. */
const largest = 128 * 1024;
const block = /^-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?^-----END \1-----/gm;

/** Finds what is wrong with the text of a route's caPool. cloudflared would only log it, and then trust none of them. */
export function certificatesFlaw(pem: string): Flaw | undefined {
    // Whatever it is, a long text that is no certificate helps nobody in a message, and may be a key.
    const shown = pem.includes("-----BEGIN") || pem.length > 60 ? "…" : pem;
    const right =
        "caPool: |  # and below it, indented, the lines from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----";
    if (/PRIVATE KEY-----/.test(pem)) {
        return {
            shown,
            wrong: "has a private key in it; cloudflared needs the CA's certificate alone",
            right: `${right}; and have a new key made, as this one was in a file`,
        };
    }
    const blocks = [...pem.matchAll(block)];
    if (blocks.length === 0) {
        const isPath = /^[~./][^\n]*$/.test(pem) || /\.(pem|crt|cer)$/i.test(pem);
        return {
            shown,
            wrong: isPath
                ? "is a path, and the connector's pod has no file of yours: give the text of the certificate"
                : "has no certificate in PEM's form",
            right,
        };
    }
    const wrong = blocks.findIndex(
        ([text, kind]) => kind !== "CERTIFICATE" || !isCertificate(text),
    );
    if (wrong >= 0) {
        return {
            shown,
            wrong: `cannot be read: block ${wrong + 1} of ${blocks.length} is no certificate`,
            right,
        };
    }
    if (pem.length > largest) {
        const wrong = `has ${Math.ceil(pem.length / 1024)} KiB, and a ConfigMap takes ${largest / 1024} for one route`;
        return { shown, wrong, right: "caPool: only the CA that signed the service's certificate" };
    }
    return undefined;
}

function isCertificate(pem: string): boolean {
    try {
        return new X509Certificate(pem).raw.length > 0;
    } catch {
        return false;
    }
}
