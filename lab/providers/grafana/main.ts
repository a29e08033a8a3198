import { servePlugin } from "../server";
import { grafanaPackage } from "./package";

servePlugin(grafanaPackage);
