import { isObject, type Value, type Values } from "../values";
import { list, text } from "./rules";

/** A contact point's notifiers as Grafana's API takes them, one call each. */
export function notifiersToApi(inputs: Values): Values[] {
    const name = inputs["name"] ?? null;
    return (["telegram", "webhook"] as const).flatMap((type) =>
        list(inputs[`${type}s`])
            .filter(isObject)
            .map(({ disableResolveMessage = false, ...settings }) => ({
                ...{ name, type, disableResolveMessage },
                settings: renamed(settings, settingNames[type]),
            })),
    );
}

/** The provider's names of settings, and the API's. */
const settingNames = {
    telegram: {
        ...{ token: "bottoken", chatId: "chatid", message: "message", parseMode: "parse_mode" },
        ...{ messageThreadId: "message_thread_id", protectContent: "protect_content" },
        disableNotifications: "disable_notifications",
        disableWebPagePreview: "disable_web_page_preview",
    },
    webhook: {
        ...{ url: "url", httpMethod: "httpMethod" },
        authorizationScheme: "authorization_scheme",
        authorizationCredentials: "authorization_credentials",
    },
};

/** A policy tree as Grafana's API takes it. */
export function policyToApi(policy: Values): Values {
    return {
        receiver: policy["contactPoint"] ?? null,
        group_by: policy["groupBies"] ?? null,
        ...durations(policy),
        object_matchers: list(policy["matchers"])
            .filter(isObject)
            .map(({ label = null, match = null, value = null }) => [label, match, value]),
        routes: list(policy["policies"]).filter(isObject).map(policyToApi),
    };
}

/** A rule group as Grafana's API takes it. */
export function groupToApi(group: Values): Values {
    const { name = null, folderUid = null, intervalSeconds = null, rules = [] } = group;
    return {
        ...{ title: name, folderUid, interval: intervalSeconds },
        rules: list(rules)
            .filter(isObject)
            .map((rule) => ruleToApi(rule, name, folderUid)),
    };
}

function ruleToApi(rule: Values, ruleGroup: Value, folderUID: Value): Values {
    const settings = rule["notificationSettings"];
    return {
        ...{
            orgID: 1,
            folderUID,
            ruleGroup,
            uid: rule["uid"] ?? null,
            title: rule["name"] ?? null,
        },
        ...{ condition: rule["condition"] ?? null, data: list(rule["datas"]).map(queryToApi) },
        noDataState: rule["noDataState"] ?? "NoData",
        execErrState: rule["execErrState"] ?? "Alerting",
        ...{ for: rule["for"] ?? "0s", keep_firing_for: rule["keepFiringFor"] ?? "0s" },
        ...(rule["missingSeriesEvalsToResolve"] === undefined
            ? {}
            : { missingSeriesEvalsToResolve: rule["missingSeriesEvalsToResolve"] }),
        ...{ labels: rule["labels"] ?? {}, annotations: rule["annotations"] ?? {} },
        isPaused: rule["isPaused"] ?? false,
        ...(isObject(settings)
            ? {
                  notification_settings: {
                      receiver: settings["contactPoint"] ?? null,
                      group_by: settings["groupBies"] ?? null,
                      ...durations(settings),
                  },
              }
            : {}),
    };
}

function queryToApi(query: Value): Values {
    const {
        model,
        refId = null,
        datasourceUid = null,
        relativeTimeRange = null,
    } = isObject(query) ? query : {};
    return { refId, datasourceUid, relativeTimeRange, model: JSON.parse(text(model)) as Value };
}

function durations(from: Values): Values {
    return renamed(from, {
        ...{ groupWait: "group_wait", groupInterval: "group_interval" },
        repeatInterval: "repeat_interval",
    });
}

/** The properties that `names` lists, under their new names; what is missing stays out. */
function renamed(values: Values, names: Readonly<Record<string, string>>): Values {
    return Object.fromEntries(
        Object.entries(names).flatMap(([from, to]) =>
            values[from] === undefined || values[from] === "" ? [] : [[to, values[from]]],
        ),
    );
}
