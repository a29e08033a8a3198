import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tunnels } from "../components/scripts/stack-dns.mjs";
import { exportState } from "../lab/engine/export";
import { newSalt, passphraseCrypter } from "../lab/engine/passphrase";
import type { Project } from "../lab/engine/project";
import { saveState, type ResourceState } from "../lab/engine/state";
import { secret } from "../lab/engine/values";

describe("the bundled engine's `stack export`", () => {
    const folder = mkdtempSync(join(tmpdir(), "rekindle-export-"));
    after(() => {
        rmSync(folder, { recursive: true });
    });

    it("prints secrets in the form in which `npm run dns` reads them from Pulumi", () => {
        const crypter = passphraseCrypter("passphrase", newSalt("passphrase"));
        const stateFile = join(folder, "state.json");
        const inputs = {
            create: "node components/scripts/dns.mjs remember",
            stdin: '{"owner":"me"}',
            environment: { CLOUDFLARE_API_TOKEN: secret("t"), list: [secret(1)] },
        };
        const resource: ResourceState = {
            urn: "urn:pulumi:dev::rekindle::command:local:Command::tunnel-leftovers",
            ...{ type: "command:local:Command", custom: true, dependencies: [] },
            ...{ propertyDependencies: {}, inputs, outputs: { stdout: secret("{}") } },
        };
        saveState(stateFile, { resources: [resource], pending: [] }, crypter);
        const text = exportState({ stateFile, crypter } as Project);
        assert.deepEqual(tunnels(text), [
            {
                stdin: '{"owner":"me"}',
                environment: { CLOUDFLARE_API_TOKEN: "t", list: [1] },
                lastOutput: "{}",
            },
        ]);
    });
});
