import { renderToStaticMarkup } from "preact-render-to-string";
import { seriesOf, type Series } from "./figures";
import type { History } from "./history";
import { style } from "./page/look";
import { section } from "./page/section";
import { summary } from "./page/summary";
import { headline } from "./page/words";
import type { DrillRecord } from "./record";

/** All drills as one HTML page that needs nothing else: no script, no other file, no network. */
export function reportPage({ records, damaged }: History): string {
    const all = seriesOf(records);
    const title = headline(records);
    const page = (
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
                />
                <title>{`Drills: ${title}`}</title>
                <link rel="icon" href="data:," />
                <style dangerouslySetInnerHTML={{ __html: style }} />
            </head>
            <body>
                <header>
                    <p>Rekindle’s drills</p>
                    <h1>{title}.</h1>
                    {all.length === 0 ? (
                        <p>
                            <code>npm run drill -- cold</code> drills it.
                        </p>
                    ) : (
                        legend
                    )}
                </header>
                <main>
                    {all.length > 0 && summary(all)}
                    {all.map((series, index) => section(series, index + 1, coldOf(series, all)))}
                    {damaged.length > 0 && (
                        <section aria-labelledby="damaged">
                            <h2 id="damaged">Left out</h2>
                            <ul>
                                {damaged.map((sentence) => (
                                    <li>{sentence}</li>
                                ))}
                            </ul>
                        </section>
                    )}
                </main>
                <footer>
                    <p>
                        Made from the JSON files beside this page; <code>npm run drill:report</code>{" "}
                        makes it anew.
                    </p>
                </footer>
            </body>
        </html>
    );
    return `<!doctype html>\n${renderToStaticMarkup(page)}`;
}

const legend = (
    <p>
        In the pictures a dot is the moment something came, a dashed upright its limit, a solid one
        the median of earlier passed runs. A dashed line to the right edge waits in vain.
    </p>
);

/** The latest cold start that told something, of the same house. */
function coldOf({ latest }: Series, all: readonly Series[]): DrillRecord | undefined {
    const cold = all.find(
        (one) =>
            one.latest.drill === "cold" &&
            one.latest.where === latest.where &&
            one.latest.stack === latest.stack,
    );
    return cold && [...cold.before, cold.latest].findLast((run) => run.milestones.length > 0);
}
