import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { built } from "./cache";
import { cacheRoot } from "./paths";
import { run } from "./shell";

export interface CertificateOptions {
    /** `untrusted` signs with an authority that nobody knows. @default "lab" */
    readonly issuer?: "lab" | "untrusted";
    /** `not-yet` is what a Pi without a clock sees: valid from tomorrow. @default "now" */
    readonly valid?: "now" | "not-yet";
}

/** A private key and the certificate that goes with it, both as PEM text. */
export interface Certificate {
    readonly key: string;
    readonly cert: string;
}

interface Authority {
    readonly certFile: string;
    readonly keyFile: string;
}

const day = 24 * 60 * 60 * 1000;
let made: Promise<Authority> | undefined;

/** The authority that signs for the lab's internet. Made once and kept in the cache, so that images that trust it stay valid. */
export function labCa(): Promise<Authority> {
    made ??= built("ca", [authorityConfig], makeAuthority).then(authorityIn);
    return made;
}

/**
 * Makes a key and a certificate for `names` (wildcards allowed).
 * @throws CommandError when the openssl program fails
 */
export async function certificateFor(
    names: readonly string[],
    { issuer = "lab", valid = "now" }: CertificateOptions = {},
): Promise<Certificate> {
    // In the cache, where a process killed half-way may leave something behind.
    mkdirSync(cacheRoot, { recursive: true });
    const dir = mkdtempSync(join(cacheRoot, ".certificate-"));
    try {
        const file = (name: string) => join(dir, name);
        const untrusted = async () => (await makeAuthority(dir), authorityIn(dir));
        const { certFile, keyFile } = issuer === "lab" ? await labCa() : await untrusted();
        const from = Date.now() + (valid === "now" ? -day : day);
        writeFileSync(file("leaf.cnf"), leafConfig(names));
        // The record of issued certificates that `openssl ca` insists on.
        writeFileSync(file("index.txt"), "");
        await run("openssl", [
            ...["req", "-new", "-config", file("leaf.cnf"), "-keyout", file("leaf.key"), "-noenc"],
            ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file("leaf.csr")],
        ]);
        // `openssl ca` rather than `x509`: only it can set the first valid day (OpenSSL 3.0).
        await run(
            "openssl",
            [
                ...["ca", "-batch", "-notext", "-config", file("leaf.cnf")],
                ...["-cert", certFile, "-keyfile", keyFile, "-in", file("leaf.csr")],
                ...["-startdate", openSslTime(from), "-enddate", openSslTime(from + 365 * day)],
                ...["-out", file("leaf.pem")],
            ],
            { cwd: dir },
        );
        return {
            key: readFileSync(file("leaf.key"), "utf8"),
            cert: readFileSync(file("leaf.pem"), "utf8"),
        };
    } finally {
        rmSync(dir, { recursive: true });
    }
}

function authorityIn(dir: string): Authority {
    return { certFile: join(dir, "ca.pem"), keyFile: join(dir, "ca.key") };
}

/** OpenSSL writes private keys with mode 0600. */
async function makeAuthority(dir: string): Promise<void> {
    const { certFile, keyFile } = authorityIn(dir);
    writeFileSync(join(dir, "ca.cnf"), authorityConfig);
    await run("openssl", [
        ...["req", "-x509", "-config", join(dir, "ca.cnf"), "-days", "3650", "-noenc"],
        ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ...["-keyout", keyFile, "-out", certFile],
    ]);
}

/** OpenSSL's ASN.1 notation of a moment, e.g. 20260131235959Z. */
function openSslTime(milliseconds: number): string {
    return new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
}

/** Configurations of our own, so that nothing depends on the machine's. */
const authorityConfig = `
[req]
prompt = no
distinguished_name = name
x509_extensions = authority
[name]
CN = Rekindle lab (for rehearsal only)
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

const leafConfig = (names: readonly string[]) => `
[req]
prompt = no
distinguished_name = name
[name]
CN = Rekindle lab
[ca]
default_ca = issue
[issue]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = ${names.map((name) => `DNS:${name}`).join(", ")}
`;
