import assert from "node:assert/strict";
import * as fc from "fast-check";
import { plan, type DnsRecord, type Mode } from "../components/scripts/dns-plan.mjs";

const owner = "rekindle:rekindle/dev tunnel=home";
const target = "new.cfargotunnel.com";
const oldTarget = "old.cfargotunnel.com";
const wanted = {
    ...{ owner, target, adopt: [oldTarget], domain: "h.example" },
    hostnames: ["git.h.example", "*.h.example"],
};

const record = (more: Partial<DnsRecord>): DnsRecord => ({
    id: "1",
    type: "CNAME",
    name: "git.h.example",
    content: target,
    proxied: true,
    comment: owner,
    ...more,
});
/** What is planned for one record at a wanted name, beside the wildcard that is always missing. */
function forRecord(more: Partial<DnsRecord>): string {
    const { changes, conflicts } = plan([record(more)], wanted, "prune");
    const kinds = changes.filter(({ name }) => name !== "*.h.example").map(({ kind }) => kind);
    return [...kinds, ...conflicts.map(() => "conflict")].join() || "nothing";
}

describe("plan", () => {
    it("adds what is missing, proxied and marked", () => {
        assert.deepEqual(plan([], { ...wanted, hostnames: ["git.h.example"] }, "ensure"), {
            changes: [
                {
                    kind: "posts",
                    name: "git.h.example",
                    body: {
                        type: "CNAME",
                        name: "git.h.example",
                        content: target,
                        proxied: true,
                        ttl: 1,
                        comment: owner,
                    },
                },
            ],
            conflicts: [],
        });
    });

    it("repairs its own record in place, whatever was changed by hand", () => {
        assert.equal(forRecord({}), "nothing");
        assert.equal(forRecord({ content: "elsewhere.example" }), "patches");
        assert.equal(forRecord({ proxied: false }), "patches");
        assert.equal(forRecord({ comment: null }), "patches");
    });

    it("takes over by content what nobody marked, and what adopt lists", () => {
        assert.equal(forRecord({ comment: "made by hand in 2023" }), "patches");
        assert.equal(forRecord({ content: oldTarget, comment: null }), "patches");
        assert.equal(forRecord({ content: oldTarget, comment: "rekindle:other/dev" }), "patches");
    });

    it("leaves alone what is somebody else's", () => {
        assert.equal(forRecord({ content: "elsewhere.example", comment: null }), "conflict");
        assert.equal(forRecord({ comment: "rekindle:rekindle/prod tunnel=home" }), "conflict");
        assert.equal(forRecord({ type: "A", content: "192.0.2.1", comment: null }), "conflict");
        assert.equal(forRecord({ type: "A", content: "192.0.2.1" }), "conflict");
    });

    it("knows its records again after the tunnel was renamed", () => {
        const renamed = { comment: "rekindle:rekindle/dev tunnel=avril" };
        assert.equal(forRecord(renamed), "patches");
        assert.equal(forRecord({ ...renamed, name: "gone.h.example" }), "deletes,posts");
    });

    it("leaves a name alone that has a second record, though the first is its own", () => {
        const both = [record({ id: "1" }), record({ id: "2", type: "A", comment: null })];
        assert.equal(plan(both, { ...wanted, target: oldTarget }, "prune").conflicts.length, 1);
    });

    it("knows its records again after the stack was renamed, if adopt lists the tunnel", () => {
        const renamed = record({ comment: "rekindle:rekindle/old tunnel=home" });
        const kinds = (adopt: string[]) =>
            plan([renamed], { ...wanted, adopt, hostnames: [renamed.name] }, "prune").changes.map(
                ({ kind }) => kind,
            );
        assert.deepEqual(kinds([]), []);
        assert.deepEqual(kinds([target]), ["patches"]);
    });

    it("does not mind other kinds of records at the same name", () => {
        for (const type of ["TXT", "MX", "CAA"]) {
            assert.equal(forRecord({ type, content: "mail.example", comment: null }), "posts");
        }
    });

    it("finds name servers in the way, except the zone's own", () => {
        const ns = { type: "NS", content: "ns.example", comment: null };
        assert.equal(forRecord(ns), "conflict");
        const apex = { ...wanted, hostnames: ["h.example"] };
        const { changes } = plan([record({ ...ns, name: "h.example" })], apex, "prune");
        assert.deepEqual(
            changes.map(({ kind, name }) => [kind, name]),
            [["posts", "h.example"]],
        );
    });

    it("reports a name once, with every record that is in the way", () => {
        const [one, other] = ["192.0.2.1", "192.0.2.2"].map((content) =>
            record({ id: content, type: "A", content, comment: null }),
        ) as [DnsRecord, DnsRecord];
        assert.deepEqual(plan([one, other], wanted, "prune").conflicts, [
            { name: "git.h.example", records: [one, other] },
        ]);
    });

    it("takes upper and lower case, and a dot at the end of a content, for the same", () => {
        assert.equal(forRecord({ name: "Git.H.Example" }), "nothing");
        assert.equal(forRecord({ content: "NEW.cfargotunnel.com." }), "nothing");
        assert.equal(forRecord({ content: "OLD.cfargotunnel.com", comment: null }), "patches");
        const other = {
            content: "NEW.cfargotunnel.com",
            comment: "rekindle:rekindle/prod tunnel=x",
        };
        assert.equal(forRecord(other), "conflict");
    });

    it("knows names as Cloudflare gives them: punycode, and wildcards as they are", () => {
        for (const name of ["xn--bcher-kva.h.example", "*.h.example"]) {
            const planned = plan([record({ name })], { ...wanted, hostnames: [name] }, "prune");
            assert.deepEqual(planned, { changes: [], conflicts: [] });
        }
    });

    it("does not take a missing comment for a mark", () => {
        for (const comment of [null, "", undefined]) {
            const unrouted = record({ name: "by-hand.h.example", ...{ comment } });
            for (const mode of ["prune", "destroy"] as const) {
                const { changes } = plan([unrouted], { ...wanted, hostnames: [] }, mode);
                assert.deepEqual(changes, [], `${mode}, ${String(comment)}`);
            }
            assert.equal(forRecord({ content: "elsewhere.example", ...{ comment } }), "conflict");
        }
    });

    it("deletes in prune what is no longer wanted, in destroy all that is its own, in ensure nothing", () => {
        const records = [record({ id: "1" }), record({ id: "2", name: "gone.h.example" })];
        const deleted = (mode: Mode) =>
            plan(records, wanted, mode)
                .changes.filter(({ kind }) => kind === "deletes")
                .map(({ body }) => body);
        assert.deepEqual(deleted("ensure"), []);
        assert.deepEqual(deleted("prune"), [{ id: "2" }]);
        assert.deepEqual(deleted("destroy"), [{ id: "1" }, { id: "2" }]);
        assert.equal(plan(records, wanted, "destroy").changes.length, 2);
    });
});

describe("plan, for any zone", () => {
    const names = ["a.h.example", "b.h.example", "c.h.example", "*.h.example"];
    const anyRecord = fc.record({
        type: fc.constantFrom("A", "AAAA", "CNAME", "TXT"),
        name: fc.constantFrom(...names),
        content: fc.constantFrom(target, oldTarget, "elsewhere.example"),
        proxied: fc.boolean(),
        comment: fc.constantFrom(
            owner,
            null,
            "",
            "by hand",
            "rekindle:rekindle/dev tunnel=avril",
            "rekindle:rekindle/prod tunnel=home",
        ),
    });
    const anyZone = fc
        .array(anyRecord, { maxLength: 8 })
        .map((records) => records.map((each, index) => ({ ...each, id: String(index) })));
    const anyHostnames = fc.uniqueArray(fc.constantFrom(...names));
    const anyMode = fc.constantFrom<Mode>("ensure", "prune", "destroy");

    /** What the zone holds once the planned changes are made. */
    function after(records: readonly DnsRecord[], { changes }: ReturnType<typeof plan>) {
        const byId = new Map(records.map((each) => [each.id, each]));
        for (const { kind, body } of changes) {
            const change = body as Partial<DnsRecord>;
            const id = change.id ?? `new-${String(byId.size)}-${String(change.name)}`;
            if (kind === "deletes") {
                byId.delete(id);
            } else {
                byId.set(id, { ...(byId.get(id) as DnsRecord), ...change, id });
            }
        }
        return [...byId.values()];
    }
    const isMine = ({ type, comment, content }: DnsRecord) =>
        type === "CNAME" &&
        (comment === owner ||
            (content === target && comment === "rekindle:rekindle/dev tunnel=avril"));

    it("deletes only its own, and in ensure nothing", () => {
        fc.assert(
            fc.property(anyZone, anyHostnames, anyMode, (records, hostnames, mode) => {
                const { changes } = plan(records, { ...wanted, hostnames }, mode);
                for (const { kind, body } of changes) {
                    const { id } = body as { id?: string };
                    if (kind === "deletes") {
                        assert.notEqual(mode, "ensure");
                        assert.ok(isMine(records[Number(id)] as DnsRecord));
                    }
                }
            }),
        );
    });

    it("never touches a record with another stack's mark, unless adopt names its content", () => {
        fc.assert(
            fc.property(anyZone, anyHostnames, anyMode, (records, hostnames, mode) => {
                const planned = plan(records, { ...wanted, hostnames, adopt: [] }, mode);
                const foreign = (each: DnsRecord) =>
                    each.comment === "rekindle:rekindle/prod tunnel=home";
                assert.deepEqual(after(records, planned).filter(foreign), records.filter(foreign));
            }),
        );
    });

    it("has nothing left to do once it is done", () => {
        fc.assert(
            fc.property(anyZone, anyHostnames, anyMode, (records, hostnames, mode) => {
                const first = plan(records, { ...wanted, hostnames }, mode);
                const second = plan(after(records, first), { ...wanted, hostnames }, mode);
                assert.deepEqual(second.changes, []);
                assert.deepEqual(
                    second.conflicts.map(({ name }) => name),
                    first.conflicts.map(({ name }) => name),
                );
            }),
        );
    });
});
