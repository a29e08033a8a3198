import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { Faults } from "../lab/cloudflare/faults";
import { grafanaApi } from "../lab/grafana/api";
import { GrafanaStore } from "../lab/grafana/store";
import { goDuration, secondsOf } from "../lab/grafana/durations";

const auth = "admin:pass";
const login = { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };

describe("the Grafana stand-in's API", () => {
    let store: GrafanaStore;
    let app: FastifyInstance;
    beforeEach(() => {
        store = new GrafanaStore();
        const datasources = [{ uid: "prometheus", type: "prometheus", url: "" }];
        app = grafanaApi({ store, auth, datasources, faults: new Faults(), alertmanager: "" });
    });
    const call = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object) => {
        const answer = await app.inject({
            ...{ method, url: `/api${path}`, headers: login },
            ...(body === undefined ? {} : { payload: body }),
        });
        const text = answer.body;
        return {
            status: answer.statusCode,
            body: (text === "" ? undefined : JSON.parse(text)) as Record<string, unknown>,
        };
    };
    const point = (name: string, settings: object = { bottoken: "1:secret", chatid: "-1" }) => ({
        ...{ name, type: "telegram", settings },
    });
    const threshold = {
        ...{ refId: "C", datasourceUid: "__expr__", relativeTimeRange: { from: 0, to: 0 } },
        model: {
            ...{ refId: "C", type: "threshold", expression: "A" },
            conditions: [{ evaluator: { type: "gt", params: [1] } }],
        },
    };
    const query = {
        ...{ refId: "A", datasourceUid: "prometheus", relativeTimeRange: { from: 600, to: 0 } },
        model: { expr: "up" },
    };
    const rule = (changes: object = {}) => ({
        ...{ uid: "r", title: "R", condition: "C", data: [query, threshold], for: "5m" },
        ...changes,
    });
    const putGroup = async (changes: object = {}, interval = 60) =>
        call("PUT", "/v1/provisioning/folder/f/rule-groups/g", {
            interval,
            rules: [rule(changes)],
        });

    it("wants the administrator's login, except for its health", async () => {
        assert.equal((await app.inject({ url: "/api/folders/f" })).statusCode, 401);
        assert.equal((await app.inject({ url: "/api/health" })).statusCode, 200);
    });

    it("answers each call with the status that the provider waits for", async () => {
        const statuses: number[] = [];
        const points = "/v1/provisioning/contact-points";
        for (const [method, path, body] of [
            ["POST", "/folders", { uid: "f", title: "F" }],
            ["PUT", "/v1/provisioning/templates/t", { template: "{{ a }}" }],
            ["GET", "/v1/provisioning/templates/t", undefined],
            ["POST", points, point("p")],
            ["GET", points, undefined],
            ["PUT", "/v1/provisioning/folder/f/rule-groups/g", { interval: 60, rules: [rule()] }],
            ["GET", "/v1/provisioning/alert-rules/r", undefined],
            ["GET", "/v1/provisioning/policies", undefined],
            ["PUT", "/v1/provisioning/policies", { receiver: "p", group_by: ["alertname"] }],
            ["DELETE", "/v1/provisioning/policies", undefined],
            ["DELETE", "/v1/provisioning/alert-rules/r", undefined],
            ["DELETE", "/v1/provisioning/templates/t", undefined],
            ["GET", "/v1/provisioning/alert-rules/r", undefined],
            ["DELETE", "/folders/f", undefined],
        ] as const) {
            statuses.push((await call(method, path, body)).status);
        }
        assert.deepEqual(statuses, [
            ...[200, 202, 200, 202, 200, 200, 200, 200, 202, 202, 204, 204, 404, 200],
        ]);
    });

    it("gives out no secret again", async () => {
        await call("POST", "/v1/provisioning/contact-points", point("p"));
        const { body } = await call("GET", "/v1/provisioning/contact-points?name=p");
        assert.match(JSON.stringify(body), /"bottoken":"\[REDACTED\]","chatid":"-1"/);
    });

    it("marks what came through it, and hands that over to nobody", async () => {
        const { body } = await call("POST", "/v1/provisioning/contact-points", point("p"));
        assert.equal(body["provenance"], "api");
        const answer = await app.inject({
            method: "PUT",
            url: `/api/v1/provisioning/contact-points/${String(body["uid"])}`,
            headers: { ...login, "x-disable-provenance": "disabled" },
            payload: point("p"),
        });
        assert.equal(answer.statusCode, 409);
    });

    it("deletes no contact point that a rule or the tree sends to", async () => {
        await call("POST", "/folders", { uid: "f", title: "F" });
        const { body } = await call("POST", "/v1/provisioning/contact-points", point("p"));
        const path = `/v1/provisioning/contact-points/${String(body["uid"])}`;
        await putGroup({ notification_settings: { receiver: "p" } });
        assert.equal((await call("DELETE", path)).status, 409);
        await call("DELETE", "/v1/provisioning/alert-rules/r");
        await call("PUT", "/v1/provisioning/policies", { receiver: "p" });
        assert.equal((await call("DELETE", path)).status, 409);
        await call("DELETE", "/v1/provisioning/policies");
        assert.equal((await call("DELETE", path)).status, 202);
    });

    for (const [what, changes, expected] of [
        ["a condition that names no query", { condition: "X" }, /condition X does not exist/],
        [
            "a data source that is not there",
            { data: [{ ...query, datasourceUid: "x" }, threshold] },
            /not found/,
        ],
        ["one refId twice", { data: [query, query, threshold] }, /unique refIds/],
        [
            "a time range of nothing",
            { data: [{ ...query, relativeTimeRange: { from: 0, to: 0 } }, threshold] },
            /time range/,
        ],
        [
            "a receiver that is not there",
            { notification_settings: { receiver: "x" } },
            /receiver 'x' does not exist/,
        ],
        [
            "grouping without the two labels",
            {
                notification_settings: {
                    receiver: "grafana-default-email",
                    group_by: ["alertname"],
                },
            },
            /group by must contain/,
        ],
        ["a uid too long", { uid: "a".repeat(41) }, /is not valid/],
        ["no duration", { for: "soon" }, /is not a duration/],
    ] as const) {
        it(`refuses a rule with ${what}, and keeps nothing of its group`, async () => {
            await call("POST", "/folders", { uid: "f", title: "F" });
            const { status, body } = await putGroup(changes);
            assert.equal(status, 400);
            assert.match(String(body["message"]), expected);
            assert.deepEqual(store.all.rules, []);
        });
    }

    it("refuses a group that its scheduler cannot keep, and one in a folder that is not there", async () => {
        assert.equal((await putGroup()).status, 400);
        await call("POST", "/folders", { uid: "f", title: "F" });
        assert.match(String((await putGroup({}, 15)).body["message"]), /divided exactly by/);
    });

    it("refuses a title that another rule of the folder has, in the same group or in another", async () => {
        await call("POST", "/folders", { uid: "f", title: "F" });
        await call("POST", "/folders", { uid: "other", title: "Other" });
        const put = async (folder: string, group: string, uids: readonly string[]) => {
            const rules = uids.map((uid) => rule({ uid }));
            const path = `/v1/provisioning/folder/${folder}/rule-groups/${group}`;
            return (await call("PUT", path, { interval: 60, rules })).status;
        };
        assert.equal(await put("f", "g", ["a", "b"]), 400);
        assert.equal(await put("f", "g", ["a"]), 200);
        assert.equal(await put("f", "g", ["a"]), 200);
        assert.equal(await put("f", "h", ["b"]), 400);
        assert.equal(await put("other", "h", ["b"]), 200);
    });

    it("refuses a contact point that could not send", async () => {
        for (const settings of [{ chatid: "1" }, { bottoken: "a", chatid: "" }]) {
            const wrong = point("p", settings);
            assert.equal(
                (await call("POST", "/v1/provisioning/contact-points", wrong)).status,
                400,
            );
        }
    });
});

describe("durations", () => {
    it("are read and written as Go does", () => {
        assert.deepEqual(["5m0s", "1h", "1d", "0s", "1h2m3s", "soon", ""].map(secondsOf), [
            300,
            3600,
            86_400,
            0,
            3723,
            undefined,
            undefined,
        ]);
        assert.deepEqual([300, 3600, 0, 3723].map(goDuration), ["5m0s", "1h0m0s", "0s", "1h2m3s"]);
    });
});
