import { setTimeout as delay } from "node:timers/promises";
import { alertingOf } from "../config/alerting";
import { object } from "../config/schema";
import { chats, workersDomain } from "./facts";
import type { Instance } from "./grafana/states";
import { askGrafana } from "./house-grafana";
import { internetClient } from "./internet-client";
import { table, type Check } from "./report";
import { compareOwnAlerts } from "./own-alerts";
import { stackConfig } from "./stack-config";
import { projectName, stackName } from "./stack-place";
import type { ContactPoint, Rule } from "./grafana/store";

/** What the last `up` made to watch the house, as checks and as tables for people; nothing when the configuration has none. */
export async function checkAlerting(): Promise<{ checks: Check[]; shown: string }> {
    const alerting = wanted();
    const looks = [
        ...(alerting ? [receipt()] : []),
        ...(alerting?.grafana ? [rules(), contactPoints()] : []),
        ...(alerting?.grafana && !alerting.grafana.ownsPolicies ? [own()] : []),
        ...(alerting?.grafana && alerting.heartbeat ? [heartbeat()] : []),
    ];
    const seen = await Promise.all(looks);
    return {
        checks: seen.flatMap(({ check }) => (check ? [check] : [])),
        shown: seen.flatMap(({ shown }) => (shown === undefined ? [] : [shown])).join("\n\n"),
    };
}

interface Seen {
    readonly check?: Check;
    readonly shown?: string;
}

async function receipt(): Promise<Seen> {
    const messages = await internetClient().messages();
    const last = messages.findLast(({ text }) => text.includes("can reach this chat"));
    const chat = Object.values(chats).find(({ id }) => id === last?.chatId)?.title ?? "";
    return {
        check: {
            name: "test message",
            ok: last !== undefined,
            detail: last ? `arrived in "${chat}" at ${clockOf(last.time)}` : "none arrived",
        },
        ...(last === undefined
            ? {}
            : { shown: ` In the chat "${chat}" (Telegram's stand-in):\n   ${last.text}` }),
    };
}

/** The folder's rules by group, with what they say at the moment. */
async function rules(): Promise<Seen> {
    const [all, states] = await Promise.all([
        ourRules(),
        askGrafana<Record<string, Instance[]>>("/api/lab/states"),
    ]);
    const firing = (rule: Rule) =>
        (states[rule.title] ?? []).filter(({ state }) => state === "Alerting").length;
    const groups = [...new Set(all.map(({ ruleGroup }) => ruleGroup))].sort();
    const rows = groups.map((group) => {
        const own = all.filter(({ ruleGroup }) => ruleGroup === group);
        const loud = own.filter(({ labels }) => labels["severity"] === "critical").length;
        const fire = own.filter((rule) => firing(rule) > 0).map(({ title }) => title);
        return [group, String(own.length), String(loud), fire.join(", ") || "none"];
    });
    return {
        check: {
            name: "alert rules",
            ok: all.length > 0,
            detail: `${all.length} in ${groups.length} groups`,
        },
        shown: table(["alert rules", "rules", "critical", "firing"], rows),
    };
}

async function ourRules(): Promise<Rule[]> {
    const all = await askGrafana<Rule[]>("/api/v1/provisioning/alert-rules");
    return all.filter(({ provenance }) => provenance === "api");
}

/** After `destroy`: no rule, contact point or Worker of this stack, and what somebody had made is as it was. */
export async function checkNoAlertingLeft(): Promise<Check[]> {
    if (!wanted()) {
        return [];
    }
    const points = await askGrafana<ContactPoint[]>("/api/v1/provisioning/contact-points");
    const left = [
        ...(await ourRules()).map(({ title }) => title),
        ...points.filter(({ provenance }) => provenance === "api").map(({ name }) => name),
        ...(await internetClient().workers()).scripts,
    ];
    const detail = left.join(", ") || "no rule, contact point or Worker";
    return [{ name: "no alerting left", ok: left.length === 0, detail }, await ownCheck()];
}

/** What somebody had made by hand. */
async function own(): Promise<Seen> {
    return { check: await ownCheck() };
}

async function ownCheck(): Promise<Check> {
    const { now, made } = await compareOwnAlerts();
    const detail = now === made ? "as before, to the byte" : "changed";
    return { name: "alerts made by hand", ok: now === made, detail };
}

async function contactPoints(): Promise<Seen> {
    const points = await askGrafana<ContactPoint[]>("/api/v1/provisioning/contact-points");
    const rows = points.map(({ name, type, settings }) => [
        name,
        type,
        ["chatid", "url", "addresses"]
            .map((key) => settings[key])
            .filter((value) => typeof value === "string")
            .join(", "),
        type !== "telegram" ? "" : settings["disable_notifications"] === true ? "silent" : "loud",
    ]);
    return { shown: table(["contact point", "type", "to", ""], rows) };
}

/** Waits for the next beat: the first comes with the first evaluation and the wait for its group. */
async function heartbeat(): Promise<Seen> {
    const internet = internetClient();
    const name = `${projectName}-${stackName}`;
    const end = Date.now() + 60_000;
    for (;;) {
        const { runs, scripts } = await internet.workers();
        const beat = runs.findLast(({ what, outcome }) => what === "fetch" && outcome === "204");
        if (beat !== undefined || Date.now() > end || !scripts.includes(name)) {
            const detail = beat
                ? `${name}.${workersDomain} was told at ${clockOf(beat.time)}`
                : "the Worker has not been told in 60 s";
            return { check: { name: "heartbeat", ok: beat !== undefined, detail } };
        }
        await delay(500);
    }
}

function wanted() {
    const keys = { grafana: true, telegram: true, heartbeat: true, alerts: true } as const;
    return alertingOf(object.pick(keys).parse(stackConfig()));
}

/** Hours, minutes and seconds of an ISO 8601 time, on this machine's clock. */
function clockOf(time: string): string {
    return new Date(time).toTimeString().slice(0, 8);
}
