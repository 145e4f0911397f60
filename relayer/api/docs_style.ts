/** How the docs page looks. @module */

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5b6776; --line: #dde3ea; --back: #fff; --panel: #f5f7fa;
  --code: #0f1722; --code-ink: #dbe6f3; --link: #0b63c5; --get: #1f7a4d; --post: #9a5b00; --patch: #6b3fa0; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe6ee; --soft: #93a1b1; --line: #2b3542; --back: #11161d;
  --panel: #19202a; --code: #0a0e14; --code-ink: #cbd8e6; --link: #6cb2ff; --get: #5cc793; --post: #e6a94a;
  --patch: #b795ea; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; color: var(--ink); background: var(--back); font: 16px/1.55 system-ui, "Segoe UI", sans-serif;
  display: grid; grid-template-columns: 20rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem; background: var(--panel);
  border-right: 1px solid var(--line); font-size: .875rem; }
nav h2 { margin: 1.25rem 0 .25rem; font-size: .75rem; letter-spacing: .06em; text-transform: uppercase;
  color: var(--soft); }
nav a { display: flex; gap: .5rem; padding: .15rem 0; color: var(--ink); text-decoration: none;
  overflow-wrap: anywhere; }
nav a:hover { text-decoration: underline; }
nav .title { font-size: 1.05rem; font-weight: 650; }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 6rem; max-width: 68rem; }
h1 { margin: 0 0 .25rem; font-size: 1.9rem; }
h2.tag { margin: 3rem 0 0; padding-bottom: .35rem; border-bottom: 2px solid var(--line); font-size: 1.35rem; }
.lead, .tag-text { color: var(--soft); margin-top: .35rem; }
article { margin: 1.75rem 0 2.5rem; }
article h3 { display: flex; flex-wrap: wrap; gap: .6rem; align-items: baseline; margin: 0; font-size: 1.05rem; }
article h3 code { font-size: 1rem; overflow-wrap: anywhere; }
article > p { margin: .35rem 0; }
article .summary { font-weight: 600; }
h4 { margin: 1rem 0 .25rem; font-size: .8rem; letter-spacing: .04em; text-transform: uppercase; color: var(--soft); }
.method { font: 700 .7rem/1.5 ui-monospace, monospace; text-transform: uppercase; min-width: 3.1em; flex: none; }
h3 .method { font-size: .85rem; }
.get { color: var(--get); } .post { color: var(--post); } .patch { color: var(--patch); }
.lock { font-size: .75rem; color: var(--soft); border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem; }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: .86em; }
pre { margin: .35rem 0; padding: .8rem 1rem; overflow-x: auto; border-radius: .5rem; background: var(--code);
  color: var(--code-ink); line-height: 1.45; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; margin: .25rem 0; }
td { padding: .3rem .75rem .3rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
table { table-layout: fixed; }
td { overflow-wrap: anywhere; }
td:first-child { width: 15rem; } td.type { width: 12rem; }
td b { color: var(--post); }
.type { color: var(--soft); }
.or { margin: .4rem 0; color: var(--soft); font-style: italic; }
a { color: var(--link); }
details { margin: .6rem 0; border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .9rem; }
summary { cursor: pointer; font-weight: 600; font-size: .9rem; }
@media (max-width: 56rem) { body { display: block; } nav { position: static; height: auto; border-right: 0;
  border-bottom: 1px solid var(--line); } table { table-layout: auto; } td:first-child, td.type { width: auto; } }
`;
