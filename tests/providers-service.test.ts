import assert from "node:assert/strict";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { EngineService, type IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb";
import {
    ResourceProviderClient,
    ResourceProviderService,
} from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { cloudflarePackage } from "../lab/providers/cloudflare/package";
import { commandPackage } from "../lab/providers/command/package";
import { EngineLog } from "../lab/providers/engine-log";
import { fromStruct, toStruct } from "../lab/providers/messages";
import type { Package } from "../lab/providers/rules";
import { service } from "../lab/providers/service";
import type { Values } from "../lab/providers/values";

const type = "command:local:Command";
const secret = (value: string): Values => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
});

type Done<Response> = (error: grpc.ServiceError | null, response: Response) => void;

/** Waits for the answer of a call. */
async function call<Response>(begin: (done: Done<Response>) => unknown): Promise<Response> {
    return new Promise((resolve, reject) => {
        begin((error, response) => {
            if (error) {
                reject(error);
            } else {
                resolve(response);
            }
        });
    });
}

describe("a stand-in plugin", () => {
    const servers: grpc.Server[] = [];
    let logged: string[];
    beforeEach(() => {
        logged = [];
    });
    afterEach(() => {
        servers.splice(0).forEach((server) => {
            server.forceShutdown();
        });
    });

    const serve = async (
        definition: grpc.ServiceDefinition,
        implementation: object,
    ): Promise<string> => {
        const server = new grpc.Server();
        servers.push(server);
        server.addService(definition, implementation as grpc.UntypedServiceImplementation);
        const bind = promisify(server.bindAsync.bind(server));
        return `127.0.0.1:${await bind("127.0.0.1:0", grpc.ServerCredentials.createInsecure())}`;
    };
    /** Starts an engine's log and a plugin; returns a way to call it. */
    const start = async (pack: Package) => {
        const engine: Pick<IEngineServer, "log"> = {
            log: ({ request }, callback) => {
                logged.push((request.getEphemeral() ? "~" : "") + request.getMessage());
                callback(null, new Empty());
            },
        };
        const log = new EngineLog(await serve(EngineService, engine));
        const cancellation = new AbortController();
        const plugin = service(pack, { version: "1.2.3", log, cancellation });
        const address = await serve(ResourceProviderService, plugin);
        const client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
        const config = new proto.ConfigureRequest().setArgs(toStruct({ apiToken: secret("s") }));
        const configured = await call<proto.ConfigureResponse>((done) =>
            client.configure(config, done),
        );
        assert.equal(configured.getSupportspreview(), true);
        return client;
    };
    const check = async (pack: Package, checkedType: string, inputs: Values) => {
        const client = await start(pack);
        const request = new proto.CheckRequest().setType(checkedType).setNews(toStruct(inputs));
        const response = await call<proto.CheckResponse>((done) => client.check(request, done));
        const reasons = response.getFailuresList().map((failure) => failure.getReason());
        return { inputs: fromStruct(response.getInputs()), reasons };
    };

    it("refuses what it does not handle, and says what it handles", async () => {
        const unhandled = await check(commandPackage, type, { create: "true", assetPaths: ["*"] });
        assert.match(unhandled.reasons.join(), /stand-in does not handle the input assetPaths/);
        const unknown = await check(commandPackage, "command:remote:CopyToRemote", {});
        assert.match(
            unknown.reasons.join(),
            /stand-in for the command provider has no rules for command:remote:CopyToRemote; it knows command:local:Command, /,
        );
    });

    it("keeps inputs secret through a check, and outputs through a creation", async () => {
        const inputs = { create: "cat", stdin: secret("tell-nobody") };
        assert.deepEqual((await check(commandPackage, type, inputs)).inputs, inputs);
        const client = await start(commandPackage);
        const request = new proto.CreateRequest()
            .setType(type)
            .setName("a")
            .setProperties(toStruct(inputs));
        const made = await call<proto.CreateResponse>((done) => client.create(request, done));
        assert.match(made.getId(), /^a[0-9a-f]{8}$/);
        assert.deepEqual(fromStruct(made.getProperties()), {
            ...{ ...inputs, stdout: "tell-nobody", stderr: "" },
        });
    });

    it("compares inputs place by place, and takes a new secret for a change", async () => {
        const client = await start(commandPackage);
        const old = { create: "a", stdin: "s", environment: { A: "1" }, triggers: [1] };
        const now = { create: "a", stdin: secret("s"), environment: { A: "2" }, triggers: [2] };
        const request = new proto.DiffRequest()
            .setType(type)
            .setOldInputs(toStruct(old))
            .setNews(toStruct(now));
        const diff = await call<proto.DiffResponse>((done) => client.diff(request, done));
        assert.equal(diff.getChanges(), proto.DiffResponse.DiffChanges.DIFF_SOME);
        assert.deepEqual(diff.getReplacesList(), ["triggers"]);
        assert.deepEqual(diff.getDiffsList(), ["environment", "triggers", "stdin"]);
        assert.deepEqual(
            diff
                .getDetaileddiffMap()
                .getEntryList()
                .map(([path]) => path)
                .sort(),
            ["environment.A", "stdin", "triggers[0]"],
        );
    });

    it("makes no call in a preview", async () => {
        const client = await start(cloudflarePackage);
        const tunnel = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
        const properties = toStruct({
            name: "home",
            accountId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        });
        const create = new proto.CreateRequest()
            .setType(tunnel)
            .setPreview(true)
            .setProperties(properties);
        const made = await call<proto.CreateResponse>((done) => client.create(create, done));
        assert.deepEqual(fromStruct(made.getProperties()), fromStruct(properties));
        const update = new proto.UpdateRequest()
            .setType(tunnel)
            .setPreview(true)
            .setNews(properties);
        const changed = await call<proto.UpdateResponse>((done) => client.update(update, done));
        assert.deepEqual(fromStruct(changed.getProperties()), fromStruct(properties));
    });

    it("prints a command's lines in order, whole, and before it answers", async () => {
        const client = await start(commandPackage);
        const create = "printf 'first\\nsec'; sleep 0.1; printf 'ond\\n\\nlast'; echo hidden >&2";
        const request = new proto.CreateRequest()
            .setType(type)
            .setProperties(toStruct({ create, logging: "stdout" }));
        const made = await call<proto.CreateResponse>((done) => client.create(request, done));
        assert.deepEqual(logged, ["first", "second", "last"]);
        assert.equal(fromStruct(made.getProperties())["stderr"], "hidden");
    });

    it("keeps the state of a command in a refresh", async () => {
        const client = await start(commandPackage);
        const state = { create: "cat", stdin: secret("s"), stdout: "s" };
        const request = new proto.ReadRequest()
            .setType(type)
            .setId("a1")
            .setInputs(toStruct(state))
            .setProperties(toStruct(state));
        const read = await call<proto.ReadResponse>((done) => client.read(request, done));
        assert.deepEqual([read.getId(), fromStruct(read.getProperties())], ["a1", state]);
    });

    it("gives its version and a schema without resources", async () => {
        const client = await start(commandPackage);
        const info = await call<PluginInfo>((done) => client.getPluginInfo(new Empty(), done));
        assert.equal(info.getVersion(), "1.2.3");
        const schema = await call<proto.GetSchemaResponse>((done) =>
            client.getSchema(new proto.GetSchemaRequest(), done),
        );
        assert.deepEqual(JSON.parse(schema.getSchema()), { name: "command", version: "1.2.3" });
    });
});
