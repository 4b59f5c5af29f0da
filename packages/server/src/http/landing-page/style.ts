/** The page's style: two columns on a wide window, one on a phone; colours by the visitor's preference; system fonts only. */
export const STYLE = `
:root {
  --paper: #fcfcfa; --ink: #17191b; --soft: #5b6268; --line: #dcdedb; --well: #f1f3f0; --accent: #00684f;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, "Liberation Serif", Georgia, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #111413; --ink: #e3e6e3; --soft: #99a29d; --line: #2c322f; --well: #1a1f1d; --accent: #63cfa8; }
}
* { box-sizing: border-box; }
[hidden] { display: none; }
body {
  margin: 0 auto; padding: 4.5rem 2rem 6rem; max-width: 66rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; -webkit-text-size-adjust: 100%;
}
.row { display: grid; grid-template-columns: 11rem minmax(0, 1fr); column-gap: 2.5rem; }
section { margin-top: 4rem; border-top: 1px solid var(--ink); padding-top: 1.1rem; }
h1, h2, h3, p, dl, dd, ul, pre, blockquote { margin: 0; padding: 0; }
h1, .lede { font-family: var(--serif); }
h1 { font-size: clamp(2.4rem, 6vw, 3.75rem); font-weight: 400; line-height: 1.05; letter-spacing: -.02em; text-wrap: balance; }
h2, .label { font: 600 .8125rem/1.6 var(--mono); }
.label { padding-top: .9rem; color: var(--soft); font-weight: 400; }
h2 { position: sticky; top: 1.1rem; align-self: start; }
h3 { font-size: 1.0625rem; font-weight: 600; line-height: 1.4; }
h3 code { margin-left: .4rem; color: var(--soft); font-weight: 400; overflow-wrap: anywhere; }
.lede { margin: 1.4rem 0 2.2rem; max-width: 34em; font-size: 1.25rem; line-height: 1.5; text-wrap: pretty; }
p, blockquote { max-width: 42em; text-wrap: pretty; overflow-wrap: anywhere; }
code, pre { font-family: var(--mono); font-size: .875em; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .18em; }
a:hover { text-decoration-thickness: 2px; }
.aside { color: var(--soft); font-size: .875rem; }
.aside code { font-size: 1em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }

.endpoint { display: flex; align-items: center; gap: 1rem; border-bottom: 2px solid var(--accent); padding-bottom: .7rem; }
.endpoint code { flex: 1; font-size: clamp(1rem, 3.4vw, 1.375rem); line-height: 1.3; overflow-wrap: anywhere; }
button {
  flex: none; padding: .25rem .7rem; border: 1px solid var(--line); border-radius: 3px; cursor: pointer;
  background: var(--paper); color: var(--accent); font: .8125rem/1.5 var(--mono); min-width: 5.2rem;
}
button:hover { border-color: var(--accent); }
.snippet { position: relative; margin-top: .9rem; }
.snippet pre { padding: .9rem 1rem; background: var(--well); line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; }
.snippet pre:not(:last-child) { padding-right: 7rem; }
.snippet button { position: absolute; top: .7rem; right: .7rem; }

summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "+" / ""; display: inline-block; width: 1.25rem; color: var(--accent); font-family: var(--mono); }
[open] > summary::before { content: "\\2212" / ""; }
summary:hover::before { font-weight: 700; }
details[name] { border-bottom: 1px solid var(--line); }
details[name]:first-child > summary { padding-top: 0; }
details[name] > summary { display: flex; flex-wrap: wrap; padding: .6rem 0; }
details[name] > summary .aside { margin-left: auto; }
details[name][open] { padding-bottom: 1.2rem; }
details[name][open] > summary > :first-child { font-weight: 600; }
details[name] .snippet { margin-top: .3rem; }

article { padding: 1.6rem 0; border-bottom: 1px solid var(--line); }
article:first-child { padding-top: 0; }
article:last-child { border: 0; padding-bottom: 0; }
article p { margin-top: .5rem; }
.badges { display: flex; flex-wrap: wrap; gap: 0 1.1rem; list-style: none; color: var(--accent); font: .8125rem/1.7 var(--mono); }
.fields { margin-top: .7rem; }
.fields summary :is(code, .aside) { margin-right: .5rem; }
.fields dl { margin: .8rem 0 0 1.25rem; border-left: 1px solid var(--line); padding-left: 1.1rem; }
dd { max-width: 42em; overflow-wrap: anywhere; }
.fields dd { margin-bottom: .7rem; font-size: .9375rem; }
.fields dd:last-child { margin-bottom: 0; }
blockquote { margin: .7rem 0 0 1.25rem; white-space: pre-line; color: var(--soft); }
.facts { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: .35rem 1rem; margin-bottom: 1.6rem; }
.facts dt { color: var(--soft); }

@media (max-width: 46rem) {
  body { padding: 2rem 1.25rem 4rem; }
  .row { display: block; }
  section { margin-top: 3rem; }
  h2 { position: static; margin-bottom: 1rem; }
  .label { padding: 0 0 1.2rem; }
  .lede { font-size: 1.125rem; }
  details[name] > summary .aside { flex-basis: 100%; margin-left: 1.25rem; }
  .snippet pre:not(:last-child) { padding-right: 1rem; }
  .snippet button:not([hidden]) { position: static; display: block; margin: .5rem 0 0; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .7rem; }
}
`;
