import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";
new local.Command("a", { create: "cat >/dev/null", stdin: pulumi.secret("plain-then-secret") });
