import { servePlugin } from "../server";
import { commandPackage } from "./package";

servePlugin(commandPackage);
