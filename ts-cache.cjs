// Named by tsconfig.pulumi.json: translates each file of the program once, and takes it from the cache in later runs. ts-node alone
// translates all files at each run, which is most of what the refusal of a dependency cycle takes.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const ts = require("typescript");

const folder = path.join(__dirname, "node_modules/.cache/ts-node");

/** @typedef {{ outputText: string, sourceMapText?: string }} Translated */

/**
 * ts-node's interface for transpilers.
 * @param {{ service: { config: { options: import("typescript").CompilerOptions } } }} created
 */
exports.create = ({ service }) => {
    const compilerOptions = {
        ...service.config.options,
        // What ts-node makes of "nodenext" in a package without "type": "module".
        module: ts.ModuleKind.CommonJS,
        moduleResolution: ts.ModuleResolutionKind.Node10,
        ignoreDeprecations: "6.0",
    };
    const version = ts.version + JSON.stringify(compilerOptions);
    return {
        /**
         * @param {string} text
         * @param {{ fileName: string }} options
         * @returns {Translated}
         */
        transpile(text, { fileName }) {
            const hash = createHash("sha256").update(version).update(fileName).update(text);
            const file = path.join(folder, `${hash.digest("hex")}.json`);
            const cached = read(file);
            if (cached !== undefined) {
                return cached;
            }
            const options = { fileName, compilerOptions, reportDiagnostics: true };
            const {
                outputText,
                sourceMapText,
                diagnostics = [],
            } = ts.transpileModule(text, options);
            if (diagnostics.length > 0) {
                throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})));
            }
            write(file, { outputText, sourceMapText });
            return { outputText, sourceMapText };
        },
    };
};

/**
 * @param {string} file
 * @returns {Translated | undefined}
 */
function read(file) {
    try {
        return JSON.parse(fs.readFileSync(file, "utf8"));
    } catch {
        return undefined;
    }
}

/**
 * Leaves a whole file or none, whoever else writes it; a folder that cannot be written costs time and nothing else.
 * @param {string} file
 * @param {Translated} value
 */
function write(file, value) {
    const partial = `${file}.${process.pid}`;
    try {
        fs.mkdirSync(folder, { recursive: true });
        fs.writeFileSync(partial, JSON.stringify(value));
        fs.renameSync(partial, file);
    } catch {
        fs.rmSync(partial, { force: true });
    }
}
