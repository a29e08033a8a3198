// Loaded before the program, by nodeargs in Pulumi.yaml: Node then keeps the compiled code of the SDKs' 800 files between runs.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("node_modules/.cache/compile", import.meta.url)));
