import { assertHandled, rulesOf, type ResourceRules } from "../resource-rules";
import type { Package } from "../rules";
import { GrafanaClient } from "./client";
import { contactPointRules } from "./contact-point";
import { folderRules } from "./folder";
import { policyRules } from "./policy";
import { ruleGroupRules } from "./rule-group";
import { templateRules } from "./template";

/** Calls one Grafana. */
export type Call = GrafanaClient["call"];

const configKeys = [
    ...["url", "auth", "retries", "retryWait", "retryStatusCodes", "version", "pluginDownloadURL"],
];
const types: Readonly<Record<string, (call: Call) => ResourceRules>> = {
    "grafana:oss/folder:Folder": folderRules,
    "grafana:alerting/messageTemplate:MessageTemplate": templateRules,
    "grafana:alerting/contactPoint:ContactPoint": contactPointRules,
    "grafana:alerting/notificationPolicy:NotificationPolicy": policyRules,
    "grafana:alerting/ruleGroup:RuleGroup": ruleGroupRules,
};

/** Stands in for @pulumiverse/grafana 2.40, for what alerting needs. */
export const grafanaPackage: Package = {
    name: "grafana",
    types: Object.keys(types),
    checkConfig(inputs) {
        assertHandled(inputs, configKeys);
        return inputs;
    },
    configure(config) {
        const call: Call = async (...args) => new GrafanaClient(config).call(...args);
        return rulesOf(
            Object.fromEntries(Object.entries(types).map(([type, rules]) => [type, rules(call)])),
        );
    },
};
