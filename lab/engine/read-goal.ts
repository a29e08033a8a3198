import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { parseDuration, type Goal } from "./goal";
import type { Timeouts } from "./state";
import { makeUrn, providerTypePrefix } from "./urn";
import { assertSupported, type Values } from "./values";

/**
 * What a registration says, in this engine's terms.
 * @throws when it uses an option or a kind of value that this engine does not handle
 */
export function readGoal(
    request: RegisterResourceRequest,
    names: { readonly stack: string; readonly project: string },
): Goal {
    const type = request.getType();
    const name = request.getName();
    assertOptions(request, `${type} ${name}`);
    const inputs = (request.getObject()?.toJavaScript() ?? {}) as Values;
    assertSupported(inputs, `${type} ${name}`);
    const version = request.getVersion();
    if (type.startsWith(providerTypePrefix) && version !== "") {
        inputs["version"] = version;
    }
    const parent = request.getParent();
    const provider = request.getProvider();
    const deletedWith = request.getDeletedwith();
    const importId = request.getImportid();
    const timeouts = readTimeouts(request);
    return {
        ...{ type, name, inputs },
        custom: request.getCustom(),
        ...(parent === "" ? {} : { parent }),
        dependencies: request.getDependenciesList(),
        propertyDependencies: Object.fromEntries(
            [...request.getPropertydependenciesMap().entries()].map(([key, urns]) => [
                key,
                urns.getUrnsList(),
            ]),
        ),
        ...(provider === "" ? {} : { provider }),
        version,
        protect: request.getProtect() ?? false,
        retainOnDelete: request.getRetainondelete() ?? false,
        ...(deletedWith === "" ? {} : { deletedWith }),
        ...(request.getDeletebeforereplacedefined()
            ? { deleteBeforeReplace: request.getDeletebeforereplace() }
            : {}),
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        aliases: [
            ...request.getAliasurnsList(),
            ...request
                .getAliasesList()
                .map((alias) => aliasUrn(alias, { ...names, parent, type, name })),
        ],
        ...(importId === "" ? {} : { importId }),
        ...(timeouts ? { customTimeouts: timeouts } : {}),
    };
}

/** Options that would change what happens, and that this engine does not have. */
function assertOptions(request: RegisterResourceRequest, what: string): void {
    const used = {
        "remote components": request.getRemote(),
        replaceWith: request.getReplaceWithList().length > 0,
        replacementTrigger: request.hasReplacementTrigger(),
        transforms: request.getTransformsList().length > 0,
        hooks: request.hasHooks(),
        stateMigrations: request.getStateMigrationsList().length > 0,
        hideDiffs: request.getHidediffsList().length > 0,
        envVarMappings: request.getEnvvarmappingsMap().getLength() > 0,
        "parameterized packages": request.getPackageref() !== "",
    };
    const [option] = Object.entries(used).find(([, set]) => set) ?? [];
    if (option !== undefined) {
        throw new Error(
            `${what} uses ${option}, which Rekindle's bundled engine does not handle. Use Pulumi's own engine for it.`,
        );
    }
}

function readTimeouts(request: RegisterResourceRequest): Timeouts | undefined {
    const custom = request.getCustomtimeouts();
    const entries = [
        ["create", custom?.getCreate()],
        ["update", custom?.getUpdate()],
        ["delete", custom?.getDelete()],
    ].flatMap(([verb = "", text = ""]) => {
        const seconds = parseDuration(text);
        return seconds === undefined ? [] : [[verb, seconds] as const];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The name that an alias stands for; what it leaves open is as with the resource itself. */
function aliasUrn(
    alias: Alias,
    own: { stack: string; project: string; parent: string; type: string; name: string },
): string {
    const spec = alias.getSpec();
    if (!spec) {
        return alias.getUrn();
    }
    const or = (text: string, otherwise: string) => (text === "" ? otherwise : text);
    return makeUrn({
        stack: or(spec.getStack(), own.stack),
        project: or(spec.getProject(), own.project),
        parent: spec.getNoparent() ? "" : or(spec.getParenturn(), own.parent),
        type: or(spec.getType(), own.type),
        name: or(spec.getName(), own.name),
    });
}
