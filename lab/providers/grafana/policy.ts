import type { ResourceRules } from "../resource-rules";
import type { Status } from "../rules";
import { settle } from "../settle";
import { list, objects, type Value, type Values } from "../values";
import { provisioning } from "./ids";
import type { Call } from "./package";
import { patiently } from "./patience";
import { sameDuration, timingsFromApi, timingsToApi } from "./timings";

const id = "1:policy";

/** Handles the notification policy tree, of which a Grafana has one. */
export function policyRules(call: Call): ResourceRules {
    const path = `${provisioning}/policies`;
    const put = async (inputs: Values, status: Status) => {
        const body = toApi(inputs);
        await patiently(async () => call("PUT", path, body, status), status, [500, 404, 409]);
        return inputs;
    };
    return {
        keys: [
            ...["contactPoint", "groupBies", "groupWait", "groupInterval", "repeatInterval"],
            "policies",
        ],
        required: ["contactPoint", "groupBies"],
        replaces: [],
        create: async (inputs, status) => ({ id, outputs: await put(inputs, status) }),
        update: async (_old, inputs, status) => put(inputs, status),
        // Brings back Grafana's default, which notifies nobody.
        delete: async (_old, status) => {
            await call("DELETE", path, undefined, status);
        },
        async read(_id, old, status) {
            const [found = {}] = objects([await call("GET", path, undefined, status)]);
            const inputs = settle(old?.inputs, fromApi(found), { same: sameDuration });
            return { id, inputs, outputs: inputs };
        },
    };
}

function toApi(policy: Values): Values {
    return {
        receiver: policy["contactPoint"] ?? null,
        group_by: policy["groupBies"] ?? null,
        ...timingsToApi(policy),
        object_matchers: objects(policy["matchers"]).map(
            ({ label = null, match = null, value = null }) => [label, match, value],
        ),
        routes: objects(policy["policies"]).map(toApi),
    };
}

function fromApi(route: Values): Values {
    return {
        contactPoint: route["receiver"],
        groupBies: route["group_by"],
        ...timingsFromApi(route),
        matchers: list(route["object_matchers"]).map(matcher),
        policies: objects(route["routes"]).map(fromApi),
    };
}

function matcher(triple: Value): Values {
    const [label = null, match = null, value = null] = list(triple);
    return { label, match, value };
}
