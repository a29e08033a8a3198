// Loaded before the program, by nodeargs in Pulumi.yaml: Node then keeps the compiled code of the SDKs' 800 files between runs.
import module from "node:module";
import { fileURLToPath } from "node:url";

// Node 22.1 and newer; an older one shall say by itself what is wrong with it.
module.enableCompileCache?.(fileURLToPath(new URL("node_modules/.cache/compile", import.meta.url)));
