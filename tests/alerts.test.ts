import assert from "node:assert/strict";
import { alertProblems } from "../components/alert-problems";
import { alertOptions, alerts, checkedAlerts } from "../components/alerts";
import type { Alert } from "../components/alert";
import { checkConfig } from "../config/check";
import { alertHome as home } from "./alert-home";
import { node, raw, sshKey } from "./right-config";

const list = alerts(home);
const runbooks = "https://runbooks.example";
const named = (name: string, all = list): Alert => {
    const found = all.find((alert) => alert.name === name);
    assert.ok(found, name);
    return found;
};

describe("alerts", () => {
    it("are these, in this order", () => {
        assert.deepEqual(
            list.map(({ name, severity, for: wait }) => `${name} ${severity} ${wait / 60}`),
            [
                ...["K3sDataLow critical 5", "K3sDataWarn warning 30", "K3sDataFilling warning 60"],
                ...["K3sDataInodes warning 15", "K3sDataNotMounted critical 5"],
                ...["RootWarn warning 30", "RootLow critical 5"],
                ...["DriveWarn warning 30", "DriveLow critical 5", "ReadOnly critical 1"],
                ...["NodeNotReady critical 5", "NodeUnmonitored warning 10"],
                ...["NodePressure warning 5"],
                ...["Undervoltage warning 0", "HotWarn warning 10", "Hot critical 5"],
                ...["ClockUnsynced warning 15", "MemoryLow warning 15"],
                ...["TunnelDown critical 3", "TunnelDegraded warning 15"],
                ...["CloudflaredReplicas warning 15", "InitFailing critical 5"],
                ...["DnsRecordsFailing warning 0", "CrashLoop warning 15", "ImagePull warning 15"],
                ...["PodNotReady warning 15", "PodRestarting warning 0"],
                ...["K3sCertWarn warning 60", "K3sCert critical 60", "KineSlow warning 15"],
                ...["DbSize warning 60", "EtcdNoLeader critical 5", "EtcdSize warning 60"],
                ...["PrometheusDown critical 5"],
                ...["MetricsMissing critical 5", "TargetDown warning 10"],
                ...["NotificationsFailing warning 0", "RuleEvalFailing warning 0"],
                ...["PromBroken warning 10", "Watchdog heartbeat 0"],
            ],
        );
    });

    it("speak before the kubelet evicts, three points above its limit, also where k3sSettings moves that", () => {
        const fit = alerts({ ...home, kubelet: { collects: 25, evicts: 10 } });
        assert.equal(named("K3sDataLow").threshold, 8);
        assert.equal(named("RootLow").threshold, 8);
        assert.equal(named("K3sDataLow", fit).threshold, 13);
        assert.equal(named("K3sDataWarn", fit).threshold, 22);
        assert.match(named("K3sDataLow", fit).summary, /at 10 % pods are evicted/);
    });

    it("count the connections of as many connectors as there should be", () => {
        assert.equal(named("TunnelDegraded", alerts({ ...home, replicas: 3 })).threshold, 12);
    });

    it("watch the drives that there are, by name", () => {
        const two = alerts({ ...home, drives: ["/mnt/a.b", "/mnt/c"] });
        for (const name of ["DriveWarn", "DriveLow"]) {
            assert.match(named(name, two).expr, /mountpoint=~"\/mnt\/a\\\\.b\|\/mnt\/c"/);
        }
        const odd = alerts({ ...home, drives: ["/media/pi/My Passport", "/mnt/Größe (1+1)^"] });
        assert.match(
            named("DriveLow", odd).expr,
            /mountpoint=~"\/media\/pi\/My Passport\|\/mnt\/Größe \\\\\(1\\\\\+1\\\\\)\\\\\^"/,
        );
        assert.deepEqual(alertProblems(odd, runbooks), []);
        const none = alerts({ ...home, drives: [] });
        assert.ok(!none.some(({ name }) => name.startsWith("Drive")));
        assert.match(named("ReadOnly", none).expr, /\/mnt\/\.\+/);
    });

    it("leave the failure of Prometheus to one canary, and stop the heartbeat with it", () => {
        const speaking = list.filter(({ execError }) => execError !== undefined);
        assert.deepEqual(
            speaking.map(({ name, execError }) => `${name} ${execError ?? ""}`),
            ["PrometheusDown Alerting", "Watchdog OK"],
        );
    });

    it("never take an empty filter for missing data", () => {
        for (const { name, comparison, noData } of list) {
            assert.ok(comparison !== "any" || noData === "OK", name);
        }
    });

    it("have nothing that Grafana or Telegram would refuse", () => {
        assert.deepEqual(alertProblems(list, runbooks), []);
    });
});

describe("alertOptions", () => {
    it("reads drives, replicas and kubelet settings from the configuration", () => {
        const volume = { ...node.volume, drive: "/mnt/b", k3sSettings: true };
        const nodes = [node, { ...node, name: "pi2", address: "192.168.1.12", volume }];
        const checked = checkConfig(raw({ nodes, sshPrivateKey: sshKey }));
        assert.ok("values" in checked);
        assert.deepEqual(alertOptions({ ...checked.values, alerting: undefined }), {
            volumes: [
                { name: "pi1", address: "192.168.1.11" },
                { name: "pi2", address: "192.168.1.12" },
            ],
            drives: ["/mnt/b", "/mnt/external"],
            replicas: 2,
            kubelet: { collects: 25, evicts: 10 },
            thresholds: {},
            off: [],
        });
    });

    it("watches no volume of a Pi that is away", () => {
        const nodes = [{ ...node, away: true }];
        const checked = checkConfig(raw({ nodes, sshPrivateKey: sshKey }));
        assert.ok("values" in checked);
        const { volumes } = alertOptions({ ...checked.values, alerting: undefined });
        assert.deepEqual(volumes, []);
        const names = alerts({ ...home, volumes }).map(({ name }) => name);
        assert.ok(!names.includes("K3sDataNotMounted"));
    });
});

describe("checkedAlerts", () => {
    it("takes other thresholds", () => {
        const other = checkedAlerts({ ...home, thresholds: { K3sDataLow: 20 } }, runbooks);
        assert.equal(named("K3sDataLow", other).threshold, 20);
    });

    it("leaves out what this home does not want", () => {
        const rest = checkedAlerts({ ...home, off: ["TargetDown", "ReadOnly"] }, runbooks);
        assert.equal(rest.length, list.length - 2);
        assert.ok(!rest.some(({ name }) => name === "TargetDown" || name === "ReadOnly"));
    });

    for (const name of ["Targetdown", "Watchdog"]) {
        it(`refuses to leave out ${name}, and says what can be left out`, () => {
            assert.throws(
                () => checkedAlerts({ ...home, off: [name] }, runbooks),
                new RegExp(
                    `alerts\\.off: there is no alert named "${name}" that can be left out; there are K3sDataLow,`,
                ),
            );
        });
    }

    for (const [what, thresholds, base, expected] of [
        ["an alert that does not exist", { K3sDataLo: 9 }, runbooks, /no alert named "K3sDataLo"/],
        ["one that has no threshold", { Watchdog: 2 }, runbooks, /no alert named "Watchdog"/],
        [
            "one that is a state",
            { NodeNotReady: 2 },
            runbooks,
            /no alert named "NodeNotReady" whose/,
        ],
        ["the canary", { PrometheusDown: 2 }, runbooks, /no alert named "PrometheusDown" whose/],
        ["more than all", { RootLow: 100 }, runbooks, /RootLow: its threshold 100 is a percentage/],
        ["less than nothing", { MemoryLow: -1 }, runbooks, /MemoryLow: its threshold -1 is a perc/],
        [
            "an address that messages would cut",
            {},
            `https://${"long.".repeat(15)}example`,
            /its runbook, .* has \d+ characters, and 80 are shown: set a shorter/,
        ],
    ] as const) {
        it(`refuses ${what}, and says that nothing was changed`, () => {
            assert.throws(() => checkedAlerts({ ...home, thresholds }, base), expected);
            assert.throws(
                () => checkedAlerts({ ...home, thresholds }, base),
                /Nothing was changed/,
            );
        });
    }
});

describe("alertProblems", () => {
    const right = named("K3sDataLow");
    for (const [what, change, expected] of [
        ["a name with a space", { name: "Data Low" }, /letters and digits/],
        ["a name too long for a uid", { name: `A${"Bc".repeat(20)}` }, /longer than 40/],
        ["an empty expression", { expr: " " }, /is empty/],
        ["an open bracket", { expr: "sum(a" }, /not closed/],
        ["a bracket too many", { expr: "sum(a))" }, /not closed/],
        ["brackets that cross", { expr: "(a[5m)]" }, /not closed/],
        ["an open string", { expr: 'a{b="c}' }, /not closed/],
        ["a missing threshold", { threshold: undefined }, /needs a threshold/],
        ["a threshold that compares nothing", { comparison: "any" }, /has no threshold/],
        ["no number", { threshold: NaN }, /NaN is no number/],
        ["half a second", { for: 0.5 }, /waits for 0.5 s/],
        ["a long summary", { summary: "x".repeat(121) }, /121 characters, and 120 are shown/],
        ["a template of its own", { summary: "{{ $labels.a }}" }, /must not be a template/],
        ["a label that Go cannot name", { summary: "{1a} is full" }, /must not be a template/],
        ["a brace that is left over", { summary: "{node is full" }, /must not be a template/],
        ["an empty summary", { summary: " " }, /its summary is empty/],
        ["a string of another kind that is open", { expr: "a{b='c}" }, /not closed/],
        ["a comparison that there is not", { comparison: ">=" }, /its comparison is >=, and there/],
        ["a severity that there is not", { severity: "page" }, /its severity is page, and there/],
        ["a state that there is not", { noData: "Error" }, /its noData is Error, and there are OK/],
        ["an error state of none", { execError: "Error" }, /its execError is Error, and there are/],
        ["half a decimal", { digits: 0.5 }, /shows 0.5 decimals/],
        ["no evaluation at all", { missingEvals: 0 }, /waits for 0 evaluations/],
    ] as const) {
        it(`tells ${what}`, () => {
            const wrong = { ...right, ...change } as Alert;
            assert.match(alertProblems([wrong], runbooks).join("\n"), expected);
        });
    }

    it("takes brackets inside a string for text", () => {
        const strings = { ...right, expr: String.raw`a{b=~"x(\"|\\)[{",c="]"}` };
        assert.deepEqual(alertProblems([strings], runbooks), []);
        const other = { ...right, expr: "a{b='(\\'\"',c=`[\\`}" };
        assert.deepEqual(alertProblems([other], runbooks), []);
    });

    it("tells two of one name", () => {
        assert.match(alertProblems([right, right], runbooks)[0] ?? "", /two alerts named K3sData/);
    });
});
