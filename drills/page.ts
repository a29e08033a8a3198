import { join } from "node:path";
import { drillsFolder } from "./history";

export function writePage(): string {
    return join(drillsFolder, "report.html");
}
