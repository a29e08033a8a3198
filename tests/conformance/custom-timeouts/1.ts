import { local } from "@pulumi/command";
new local.Command("a", { create: "exec sleep 20" }, { customTimeouts: { create: "1s" } });
