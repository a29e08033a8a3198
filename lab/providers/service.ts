import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unary } from "../pulumi/plugin-server";
import { about, checked, oldOf, secrecyChanges, type About } from "./calls";
import { differences } from "./diff";
import type { EngineLog } from "./engine-log";
import { diffResponse, fromStruct, toStruct } from "./messages";
import type { Package, Rules, WorkRequest } from "./rules";
import { annotateSecrets, reveal } from "./secrets";

export interface ServiceOptions {
    readonly version: string;
    readonly log: EngineLog;
    /** Aborted when the engine cancels the run. */
    readonly cancellation: AbortController;
}

/** Answers the calls of Pulumi's ResourceProvider protocol by the rules of one package. */
export function service(
    pack: Package,
    { version, log, cancellation }: ServiceOptions,
): Partial<IResourceProviderServer> {
    let configured: Rules | undefined;
    const rules = (): Rules => {
        if (configured === undefined) {
            throw new Error(`the ${pack.name} provider was not configured.`);
        }
        return configured;
    };
    /** Runs work that may take long, and ends it with everything logged. */
    const working = async <T>(message: About, work: (request: WorkRequest) => Promise<T>) => {
        const { urn, type, name } = about(message);
        const timeout = message.getTimeout?.() ?? 0;
        try {
            return await work({
                ...{ urn, type, name, signal: cancellation.signal },
                ...(timeout > 0 ? { timeout } : {}),
                status: (text) => {
                    log.write(urn, text, true);
                },
                info: (line) => {
                    log.write(urn, line, false);
                },
            });
        } finally {
            await log.written();
        }
    };
    return {
        checkConfig: unary((request: proto.CheckRequest) =>
            checked(request.getNews(), (inputs) => pack.checkConfig(inputs)),
        ),
        diffConfig: unary((request: proto.DiffRequest) =>
            // No change to the provider's own inputs means another account or another Grafana.
            diffResponse(
                differences(
                    reveal(fromStruct(request.getOldInputs())),
                    reveal(fromStruct(request.getNews())),
                ),
            ),
        ),
        configure: unary((request: proto.ConfigureRequest) => {
            // Secrets come wrapped here, whatever the plugin accepts.
            configured = pack.configure(reveal(fromStruct(request.getArgs())));
            return new proto.ConfigureResponse()
                .setSupportspreview(true)
                .setAcceptsecrets(pack.secretsDiffer ?? false);
        }),
        check: unary((request: proto.CheckRequest) =>
            checked(request.getNews(), (inputs) => {
                const { type } = about(request);
                if (!pack.types.includes(type)) {
                    throw new Error(
                        `the stand-in for the ${pack.name} provider has no rules for ${type}; it knows ${pack.types.join(", ")}.`,
                    );
                }
                const olds = reveal(fromStruct(request.getOlds()));
                const old = Object.keys(olds).length === 0 ? {} : { oldInputs: olds };
                return rules().check({ ...about(request), ...old, inputs });
            }),
        ),
        diff: unary((request: proto.DiffRequest) => {
            const [olds, news] = [request.getOldInputs(), request.getNews()].map(fromStruct);
            const [before = {}, after = {}] = [olds, news].map((one = {}) => reveal(one));
            const changes = rules().diff(about(request).type, before, after);
            const secrecy = pack.secretsDiffer === true ? secrecyChanges(olds, news, changes) : [];
            return diffResponse([...changes, ...secrecy]);
        }),
        create: unary(async (request: proto.CreateRequest) => {
            const given = fromStruct(request.getProperties());
            if (request.getPreview()) {
                return new proto.CreateResponse().setProperties(request.getProperties());
            }
            const { id, outputs } = await working(request, async (work) =>
                rules().create(work, reveal(given)),
            );
            const properties = toStruct(annotateSecrets(outputs, given));
            return new proto.CreateResponse().setId(id).setProperties(properties);
        }),
        update: unary(async (request: proto.UpdateRequest) => {
            const given = fromStruct(request.getNews());
            if (request.getPreview()) {
                return new proto.UpdateResponse().setProperties(request.getNews());
            }
            const old = oldOf(request.getId(), request.getOldInputs(), request.getOlds());
            const outputs = await working(request, async (work) =>
                rules().update(work, old, reveal(given)),
            );
            return new proto.UpdateResponse().setProperties(
                toStruct(annotateSecrets(outputs, given)),
            );
        }),
        delete: unary(async (request: proto.DeleteRequest) => {
            const old = oldOf(request.getId(), request.getOldInputs(), request.getProperties());
            await working(request, async (work) => rules().delete(work, old));
            return new Empty();
        }),
        read: unary(async (request: proto.ReadRequest) => {
            const own = rules();
            if (own.read === undefined) {
                return new proto.ReadResponse()
                    .setId(request.getId())
                    .setProperties(request.getProperties())
                    .setInputs(request.getInputs());
            }
            const old = request.hasInputs()
                ? oldOf(request.getId(), request.getInputs(), request.getProperties())
                : undefined;
            const found = await working(request, async (work) =>
                own.read?.(work, request.getId(), old),
            );
            return found === undefined
                ? new proto.ReadResponse()
                : new proto.ReadResponse()
                      .setId(found.id)
                      .setInputs(toStruct(found.inputs))
                      .setProperties(toStruct(found.outputs));
        }),
        invoke: unary(async (request: proto.InvokeRequest) => {
            const own = rules();
            if (own.invoke === undefined) {
                throw new Error(`the stand-in for the ${pack.name} provider has no functions.`);
            }
            const answer = await own.invoke(
                request.getTok(),
                reveal(fromStruct(request.getArgs())),
            );
            return new proto.InvokeResponse().setReturn(toStruct(answer));
        }),
        cancel: unary(() => {
            cancellation.abort();
            return new Empty();
        }),
        getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
        getSchema: unary(() =>
            new proto.GetSchemaResponse().setSchema(JSON.stringify({ name: pack.name, version })),
        ),
        attach: unary(() => new Empty()),
    };
}
