import { servePlugin } from "../server";
import { cloudflarePackage } from "./package";

servePlugin(cloudflarePackage);
