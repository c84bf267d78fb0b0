/** Nothing on the page scrolls sideways: long words break, so that every part can be read without a pointer. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #566170; --line: #d9dee5; --paper: #fff; --raised: #f5f7f9; --accent: #0b6e6e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #2c3643; --paper: #11161d; --raised: #171e27; --accent: #5cc9c0; } }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem 1.25rem 4rem; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); column-gap: 2.5rem }
  header { grid-column: 1 / -1 }
  nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto }
}
@media (max-width: 59.99rem) { nav li li { display: none } nav > ul { display: flex; flex-wrap: wrap; gap: .3rem 1rem } }
h1, h2, h3 { line-height: 1.2 } h2 { margin: 2.5rem 0 1rem } h2::first-letter { text-transform: uppercase } h3 { font-size: 1rem; margin: 0 0 .5rem }
section:first-child h2 { margin-top: 0 }
a { color: var(--accent) } h3 a { color: inherit; text-decoration: none } h3 a:hover { text-decoration: underline }
header p, .soft { color: var(--soft) } .soft { font-size: .9rem; margin-bottom: 0 }
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem }
nav ul { list-style: none; margin: 0; padding: 0 } nav > ul > li { margin-bottom: .8rem } nav > ul > li > a { font-weight: 600 } nav > ul > li > a::first-letter { text-transform: uppercase }
nav > ul > li > a { display: inline-block } nav li li a { display: block; padding: .12rem 0; color: var(--soft); font-size: .84rem; text-decoration: none } nav li li a:hover { color: var(--accent); text-decoration: underline }
article { border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem; margin: 1rem 0 } article p { margin: .5rem 0 }
.method { color: var(--accent); font-weight: 700; font-size: .85em }
code, pre { font: .875em/1.5 ui-monospace, monospace } pre { white-space: pre-wrap; background: var(--raised); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; margin: .8rem 0 }
table { width: 100%; border-collapse: collapse; margin: .8rem 0; font-size: .92rem } caption { text-align: left; font-weight: 600 }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; font-weight: 400 } thead th { color: var(--soft) } th small { color: var(--soft) }
th:first-child { width: 32% } th:nth-child(2) { width: 24% }
@media (max-width: 40rem) { thead { display: none } tbody, tr, th, td { display: block } th, td { border: 0; padding: 0 } tr { border-bottom: 1px solid var(--line); padding: .4rem 0 } th:first-child { width: auto } td:nth-child(2) { width: auto; color: var(--soft) } }
details { margin: .5rem 0 } summary { cursor: pointer; color: var(--accent) }
.answers { padding-left: 1.2rem; margin: .5rem 0 } dl > div { margin-top: .8rem } dd { margin: 0; color: var(--soft) }
:target { outline: 2px solid var(--accent); outline-offset: .3rem } section:target, main:focus { outline: none }
`
