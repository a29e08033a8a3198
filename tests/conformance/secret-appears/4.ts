import { local } from "@pulumi/command";
new local.Command("a", { create: "cat >/dev/null", stdin: "plain-then-secret" });
