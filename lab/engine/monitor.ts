import * as grpc from "@grpc/grpc-js";
import { EngineService, type IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import {
    ResourceMonitorService,
    type IResourceMonitorServer,
} from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Deployment } from "./deployment";
import type { Listener } from "./listener";
import { readGoal } from "./read-goal";
import { assertSupported, type Values } from "./values";

const {
    RESOURCE_MONITOR_FEATURE_SECRETS,
    RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    RESOURCE_MONITOR_FEATURE_DELETED_WITH,
} = resource.ResourceMonitorFeature;
/** What this engine can do, under the names of the newer and the older question. */
const features = new Map([
    ["secrets", RESOURCE_MONITOR_FEATURE_SECRETS],
    ["resourceReferences", RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES],
    ["aliasSpecs", RESOURCE_MONITOR_FEATURE_ALIAS_SPECS],
    ["deletedWith", RESOURCE_MONITOR_FEATURE_DELETED_WITH],
]);

export interface ProgramSide {
    readonly deployment: Pick<Deployment, "register" | "registerOutputs" | "rootUrn">;
    readonly listener: Listener;
    readonly names: { readonly stack: string; readonly project: string };
    /** Whether the run was stopped: what the program still asks for is then answered as by an engine that is gone. */
    readonly stopped: () => boolean;
    /** The program said that something is wrong with itself; it may go on. */
    readonly programError: (message: string, urn: string) => void;
    /** A call failed in a way that no step reports. */
    readonly fail: (error: unknown) => void;
}

export interface Served {
    /** `HOST:PORT` on loopback. */
    readonly address: string;
    close(): void;
}

/** Serves Pulumi's ResourceMonitor and Engine to one program, on a free port of loopback. */
export async function serve(side: ProgramSide): Promise<Served> {
    const server = new grpc.Server({
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
    });
    server.addService(ResourceMonitorService, monitor(side));
    server.addService(EngineService, engineServer(side));
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
            if (error) {
                reject(error);
            } else {
                resolve(bound);
            }
        });
    });
    return {
        address: `127.0.0.1:${port}`,
        close: () => {
            server.forceShutdown();
        },
    };
}

function monitor(side: ProgramSide): IResourceMonitorServer {
    const { deployment, names } = side;
    return {
        getDeploymentInfo: answer(side, () =>
            new resource.DeploymentInfo()
                .setProject(names.project)
                .setStack(names.stack)
                .setSupportedfeaturesList([...features.values()]),
        ),
        supportsFeature: answer(side, (request: resource.SupportsFeatureRequest) =>
            new resource.SupportsFeatureResponse().setHassupport(features.has(request.getId())),
        ),
        registerResource: answer(side, async (request: resource.RegisterResourceRequest) => {
            const made = await deployment.register(readGoal(request, names));
            return new resource.RegisterResourceResponse()
                .setUrn(made.urn)
                .setId(made.id)
                .setObject(Struct.fromJavaScript(plain(made.outputs)));
        }),
        registerResourceOutputs: answer(
            side,
            (request: resource.RegisterResourceOutputsRequest) => {
                const outputs = (request.getOutputs()?.toJavaScript() ?? {}) as Values;
                assertSupported(outputs, `an output of ${request.getUrn()}`);
                deployment.registerOutputs(request.getUrn(), outputs);
                return new Empty();
            },
        ),
        signalAndWaitForShutdown: answer(side, () => new Empty()),
        invoke: answer(side, (request: resource.ResourceInvokeRequest) =>
            refuse(`the function ${request.getTok()}`),
        ),
        call: answer(side, (request: resource.ResourceCallRequest) =>
            refuse(`the method ${request.getTok()}`),
        ),
        readResource: answer(side, (request: resource.ReadResourceRequest) =>
            refuse(`reading ${request.getType()} ${request.getName()} (get)`),
        ),
        registerStackTransform: answer(side, () => refuse("stack transforms")),
        registerStackInvokeTransform: answer(side, () => refuse("invoke transforms")),
        registerResourceHook: answer(side, () => refuse("resource hooks")),
        registerErrorHook: answer(side, () => refuse("error hooks")),
        registerPackage: answer(side, (request: resource.RegisterPackageRequest) =>
            refuse(`the parameterized package ${request.getName()}`),
        ),
    };
}

function engineServer(side: ProgramSide): IEngineServer {
    const severities = {
        [engine.LogSeverity.INFO]: "info",
        [engine.LogSeverity.WARNING]: "warning",
    } as const;
    return {
        log: answer(side, (request: engine.LogRequest) => {
            const severity = request.getSeverity();
            if (severity === engine.LogSeverity.ERROR) {
                side.programError(request.getMessage(), request.getUrn());
            } else if (severity !== engine.LogSeverity.DEBUG) {
                side.listener.diagnostic(
                    severities[severity],
                    request.getMessage(),
                    request.getUrn(),
                );
            }
            return new Empty();
        }),
        getRootResource: answer(side, () =>
            new engine.GetRootResourceResponse().setUrn(side.deployment.rootUrn),
        ),
        setRootResource: answer(side, () => new engine.SetRootResourceResponse()),
        startDebugging: answer(side, () => refuse("attaching a debugger")),
        requirePulumiVersion: answer(side, () =>
            refuse("requirePulumiVersion: this is not Pulumi, and has no version of it;"),
        ),
    };
}

/** @throws always: what this engine does not do must never pass silently */
function refuse(what: string): never {
    throw new Error(
        `${what} is not handled by Rekindle's bundled engine. Use Pulumi's own engine for programs that need it.`,
    );
}

/** A call handler: what `handle` returns is the answer; what it throws fails the run. */
function answer<Request, Response>(
    { stopped, fail }: ProgramSide,
    handle: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        Promise.resolve()
            .then(async () => handle(call.request))
            .then(
                (response) => {
                    callback(null, response);
                },
                (error: unknown) => {
                    if (!stopped()) {
                        fail(error);
                    }
                    // The SDK ends quietly when the engine is gone; the error itself has been told by this engine.
                    callback({ code: grpc.status.UNAVAILABLE, details: "the run was stopped" });
                },
            );
    };
}

function plain(values: Values): Record<string, never> {
    return JSON.parse(JSON.stringify(values)) as Record<string, never>;
}
