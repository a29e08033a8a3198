import { isDeepStrictEqual } from "node:util";
import type { Spelling } from "../settle";
import { isObject, list, objects, text, type Value, type Values } from "../values";
import { sameDuration, timingsFromApi, timingsToApi } from "./timings";

/** What a rule has when the program leaves it out. */
const defaults = {
    ...{ noDataState: "NoData", execErrState: "Alerting", isPaused: false },
    ...{ for: "0s", keepFiringFor: "0s" },
};

/** How Grafana spells a group otherwise than the program. */
export const groupSpelling: Spelling = {
    defaults,
    same: { ...sameDuration, model: isSameModel },
    identity: { rules: "uid", datas: "refId" },
};

/** Writes a rule group as Grafana's API takes it. */
export function groupToApi(group: Values): Values {
    const { name = null, folderUid = null, intervalSeconds = null } = group;
    return {
        ...{ title: name, folderUid, interval: intervalSeconds },
        rules: objects(group["rules"]).map((rule) => ruleToApi(rule, name, folderUid)),
    };
}

function ruleToApi(rule: Values, ruleGroup: Value, folderUID: Value): Values {
    const settings = rule["notificationSettings"];
    const evaluations = rule["missingSeriesEvalsToResolve"];
    return {
        ...{ orgID: 1, folderUID, ruleGroup },
        ...{ uid: rule["uid"] ?? null, title: rule["name"] ?? null },
        ...{ condition: rule["condition"] ?? null, data: list(rule["datas"]).map(queryToApi) },
        noDataState: rule["noDataState"] ?? defaults.noDataState,
        execErrState: rule["execErrState"] ?? defaults.execErrState,
        for: rule["for"] ?? defaults.for,
        keep_firing_for: rule["keepFiringFor"] ?? defaults.keepFiringFor,
        ...(evaluations === undefined ? {} : { missingSeriesEvalsToResolve: evaluations }),
        ...{ labels: rule["labels"] ?? {}, annotations: rule["annotations"] ?? {} },
        isPaused: rule["isPaused"] ?? defaults.isPaused,
        ...(isObject(settings)
            ? {
                  notification_settings: {
                      receiver: settings["contactPoint"] ?? null,
                      group_by: settings["groupBies"] ?? null,
                      ...timingsToApi(settings),
                  },
              }
            : {}),
    };
}

function queryToApi(query: Value): Values {
    const { model, ...rest } = isObject(query) ? query : {};
    const { refId = null, datasourceUid = null, relativeTimeRange = null } = rest;
    return { refId, datasourceUid, relativeTimeRange, model: JSON.parse(text(model)) as Value };
}

/** Reads a rule group from what Grafana's API answers. */
export function groupFromApi(group: Values): Values {
    return {
        ...{ name: group["title"], folderUid: group["folderUid"] },
        intervalSeconds: group["interval"],
        rules: objects(group["rules"]).map(ruleFromApi),
    };
}

function ruleFromApi(rule: Values): Values {
    const settings = rule["notification_settings"];
    const { uid, condition, noDataState, execErrState, labels, annotations, isPaused } = rule;
    return {
        ...{ uid, condition, noDataState, execErrState, labels, annotations, isPaused },
        ...{ name: rule["title"], for: rule["for"], keepFiringFor: rule["keep_firing_for"] },
        missingSeriesEvalsToResolve: rule["missingSeriesEvalsToResolve"],
        datas: objects(rule["data"]).map(({ refId, datasourceUid, relativeTimeRange, model }) => ({
            ...{ refId, datasourceUid, relativeTimeRange, model: JSON.stringify(model) },
        })),
        ...(isObject(settings)
            ? {
                  notificationSettings: {
                      contactPoint: settings["receiver"],
                      groupBies: settings["group_by"],
                      ...timingsFromApi(settings),
                  },
              }
            : {}),
    };
}

/** Compares models as the provider does: without what Grafana adds by itself. */
function isSameModel(old: Value, live: Value): boolean {
    const [before, after] = [old, live].map((model) => {
        const { intervalMs, maxDataPoints, ...rest } = JSON.parse(text(model)) as Values;
        return {
            ...rest,
            ...(intervalMs === undefined || intervalMs === 1000 ? {} : { intervalMs }),
            ...(maxDataPoints === undefined || maxDataPoints === 43_200 ? {} : { maxDataPoints }),
        };
    });
    return isDeepStrictEqual(before, after);
}
