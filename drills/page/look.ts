/** How the report looks: a phone's width, both colour schemes, paper; 4.5:1 and more between text and ground. */
export const style = `
:root { color-scheme: light dark; --ground: #fff; --card: #f5f6f8; --line: #c9ced6; --text: #17191c; --quiet: #50575f;
    --good: #0b6b34; --bad: #b3181f; --held: #7a4a00; --link: #1a5fb4; --bar: #2463a8; --limit: #767c85; }
@media (prefers-color-scheme: dark) {
    :root { --ground: #14171b; --card: #1d2127; --line: #3b424c; --text: #eceff2; --quiet: #aab3bd;
        --good: #6fd08c; --bad: #ff8f8a; --held: #f0b95c; --link: #8ab8f5; --bar: #76aef0; --limit: #89929d; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: clamp(1.375rem, 4vw, 2rem); line-height: 1.25; margin: .5rem 0; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 0 0 .25rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .35rem 0; }
ul { margin: .35rem 0; padding-left: 1.5rem; }
a { color: var(--link); }
code { font-size: .9em; }
header p, figcaption, .host, footer { color: var(--quiet); }
section { border-top: 1px solid var(--line); padding: 1.5rem 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.scroll { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line);
    font-weight: normal; overflow-wrap: break-word; max-width: 32rem; }
caption { overflow-wrap: anywhere; }
time { white-space: nowrap; }
thead th { font-weight: 600; vertical-align: bottom; }
.verdict { font-weight: 600; }
.passed { color: var(--good); }
.failed { color: var(--bad); }
.interrupted, .refused { color: var(--held); }
.problems li { white-space: pre-line; }
.problems { border-left: 4px solid var(--bad); margin: .5rem 0; padding-left: 1.75rem; }
summary { cursor: pointer; padding: .25rem 0; }
figure { margin: .5rem 0; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; min-width: 0; }
figcaption { font-size: .875rem; margin-bottom: .5rem; }
svg { display: block; width: 100%; overflow: visible; font-size: 12px; fill: var(--text); }
.row { border-top: 1px solid var(--line); padding: .2rem .4rem; }
.row:last-child { padding-bottom: 0; }
.host { font-size: .8125rem; font-weight: 600; }
.tick { stroke: var(--line); stroke-width: 1; }
.limit { stroke: var(--limit); stroke-width: 2; stroke-dasharray: 3 2; }
.median { stroke: var(--text); stroke-width: 2; }
.row text { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.reached line { stroke: var(--bar); stroke-width: 3; }
.reached circle { fill: var(--bar); }
.wrong line { stroke: var(--bad); stroke-width: 3; }
.wrong circle { fill: var(--card); stroke: var(--bad); stroke-width: 3; }
.wrong text { fill: var(--bad); font-weight: 600; }
.never line { stroke: var(--held); stroke-width: 2; }
.never text { fill: var(--held); font-weight: 600; }
.waits { stroke-dasharray: 6 5; }
.bar rect { fill: var(--limit); }
.bar.latest rect { fill: var(--bar); }
.bar.wrong rect { fill: none; stroke: var(--bad); stroke-width: 1.5; }
.bar.wrong text { fill: var(--bad); }
.beside { display: grid; gap: .75rem; }
@media (min-width: 48rem) {
    .timeline > .row { display: grid; grid-template-columns: 7rem minmax(0, 1fr); }
    .timeline .host { padding-top: .1rem; }
    .beside { grid-template-columns: repeat(2, minmax(0, 1fr)); align-items: start; }
    .beside .timeline > .row { display: block; }
}
@media screen and (max-width: 48rem) {
    .scroll { overflow: visible; }
    table, caption, tbody, tr, th, td { display: block; }
    thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
    th, td { border: 0; padding: .05rem 0; overflow-wrap: anywhere; }
    tbody th { font-weight: 600; }
    td { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .5rem; }
    td::before { content: attr(data-head) / ""; color: var(--quiet); }
}
@media print {
    :root { color-scheme: light; --ground: #fff; --card: #fff; --line: #999; --text: #000; --quiet: #333;
        --good: #0b6b34; --bad: #b3181f; --held: #7a4a00; --link: #000; --bar: #2463a8; --limit: #777; }
    body { font-size: 10pt; }
    .scroll { overflow: visible; }
    table { font-size: 8.5pt; }
    th, td { overflow-wrap: anywhere; }
    .row, tr, .bars { break-inside: avoid; }
    h2, h3, caption { break-after: avoid; }
    details::details-content { content-visibility: visible; display: block; }
}
`;
