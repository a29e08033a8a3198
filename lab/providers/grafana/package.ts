import { packageOf } from "../resource-rules";
import { GrafanaClient } from "./client";
import { contactPointRules } from "./contact-point";
import { folderRules } from "./folder";
import { policyRules } from "./policy";
import { ruleGroupRules } from "./rule-group";
import { templateRules } from "./template";

/** Calls one Grafana. */
export type Call = GrafanaClient["call"];

/** Stands in for @pulumiverse/grafana 2.40, for what alerting needs. */
export const grafanaPackage = packageOf<Call>(
    "grafana",
    ["url", "auth", "retries", "retryWait", "retryStatusCodes", "version", "pluginDownloadURL"],
    {
        "grafana:oss/folder:Folder": folderRules,
        "grafana:alerting/messageTemplate:MessageTemplate": templateRules,
        "grafana:alerting/contactPoint:ContactPoint": contactPointRules,
        "grafana:alerting/notificationPolicy:NotificationPolicy": policyRules,
        "grafana:alerting/ruleGroup:RuleGroup": ruleGroupRules,
    },
    (config) =>
        async (...args) =>
            new GrafanaClient(config).call(...args),
);
