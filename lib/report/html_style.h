// The style of an HTML report; its hash stands in the page's Content-Security-Policy.
#pragma once

#include <string_view>

namespace veritag::report {

inline constexpr std::string_view kHtmlStyle = R"(
:root { color-scheme: light dark; --ground: #fff; --text: #1c2128; --quiet: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --fail: #b3261e; --warn: #8a5300; --pass: #1a7f37; --unknown: #7a3e9d; --error: #b3261e; --added: #dafbe1; --removed: #ffebe9; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --text: #e6edf3; --quiet: #9aa4af; --line: #30363d; --panel: #161b22;
    --fail: #ff8a80; --warn: #e3b341; --pass: #56d364; --unknown: #d2a8ff; --error: #ff8a80; --added: #033a16; --removed: #5c1a17; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 0 0 .6rem; }
h4 { font-size: .9rem; margin: 1rem 0 .25rem; color: var(--quiet); }
p, ul, dl, pre { margin: .4rem 0; }
ul { padding-left: 1.3rem; }
code, pre { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, Consolas, monospace; font-size: .875em; }
body { overflow-wrap: anywhere; }
.whole code { white-space: nowrap; }
pre { padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); overflow-x: auto; }
pre del, pre ins { display: block; text-decoration: none; }
pre del { background: var(--removed); }
pre ins { background: var(--added); }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; margin: 0 0 1rem; list-style: none; }
.counts li { min-width: 6.5rem; padding: .5rem .8rem; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
.counts b { display: block; font-size: 1.5rem; line-height: 1.2; }
.entry { margin: 1rem 0; padding: 1rem 1.2rem; border: 1px solid var(--line); border-left-width: 5px; border-radius: 8px; background: var(--panel); }
.entry.error { border-left-color: var(--fail); }
.entry.warning { border-left-color: var(--warn); }
.entry.info { border-left-color: var(--line); }
.claim { font-size: 1.05rem; }
.quiet, footer { color: var(--quiet); }
.v { font-weight: 600; white-space: nowrap; }
.v.fail { color: var(--fail); } .v.warn { color: var(--warn); } .v.pass { color: var(--pass); } .v.unknown { color: var(--unknown); } .v.error { color: var(--error); }
.tree ul { border-left: 1px solid var(--line); margin-left: .2rem; }
.wrong { color: var(--fail); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; overflow-wrap: break-word; font-size: .925rem; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
summary { cursor: pointer; }
footer { margin-top: 3rem; font-size: .85rem; }
@media (max-width: 40rem) {
  .images thead { display: none; } .images, .images tbody, .images tr, .images td { display: block; } .images tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .images td { padding: .1rem 0; border: 0; } .images td:empty { display: none; } .whole code { white-space: normal; }
}
@media print { .entry { break-inside: avoid; } }
)";

}  // namespace veritag::report
