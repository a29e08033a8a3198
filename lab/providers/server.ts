import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { serve } from "../pulumi/plugin-server";
import { EngineLog } from "./engine-log";
import type { Package } from "./rules";
import { service } from "./service";

/**
 * Serves one package as a Pulumi plugin: the whole program of a `pulumi-resource-NAME`. Its version is written into the bundle; the
 * engine's address is the last argument.
 */
export function servePlugin(pack: Package): void {
    const version = process.env["PLUGIN_VERSION"] ?? "";
    const cancellation = new AbortController();
    const log = new EngineLog(process.argv.at(-1) ?? "");
    const calls = service(pack, { version, log, cancellation });
    serve(ResourceProviderService, calls as UntypedServiceImplementation, () => {
        cancellation.abort();
    });
}
