/**
 * One sheet for every page. Colours are given once for light and once for dark, and follow the reader's system until the
 * button says otherwise. Series colours are Okabe and Ito's, which colour-blind readers can tell apart.
 */
export const STYLE = `
:root{color-scheme:light dark;--page:light-dark(#f6f7f9,#14171c);--card:light-dark(#fff,#1c2027);--text:light-dark(#1a1d23,#e7eaf0);
--muted:light-dark(#5b6472,#9aa4b4);--line:light-dark(#dfe3ea,#303743);--accent:light-dark(#0b63b0,#6cb6ff);
--good:light-dark(#0a7d46,#4cc38a);--warn:light-dark(#8f5a00,#f0b400);--bad:light-dark(#b3261e,#ff8a80);
--s0:light-dark(#0072b2,#56b4e9);--s1:light-dark(#d55e00,#ff9d4d);--s2:light-dark(#009e73,#2fd0a0);--s3:light-dark(#b0568c,#e39ac6);
--s4:light-dark(#8a6d00,#f0e442);--s5:light-dark(#5a6472,#8f9bad);--free:light-dark(#e8ebf0,#2a303a)}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,footer{max-width:80rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem;display:flex;gap:1rem;align-items:flex-start;justify-content:space-between}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .25rem}
p{margin:.4rem 0}
.lead,.note{color:var(--muted)}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.25rem;margin:1rem 0}
button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.25rem .7rem;cursor:pointer}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:.75rem 0}
.tile{border:1px solid var(--line);border-radius:.6rem;padding:.6rem .8rem}
.tile b{display:block;font-size:1.3rem;line-height:1.3;overflow-wrap:anywhere}
.tile span{color:var(--muted);font-size:.85rem}
.ok{color:var(--good)}.warning{color:var(--warn)}.error{color:var(--bad)}.unmeasured{color:var(--muted)}
.verdict{font-weight:700;text-transform:uppercase;letter-spacing:.04em;font-size:.85rem}
.findings{list-style:none;padding:0;margin:.5rem 0}
.findings li{border-left:4px solid currentColor;padding:.1rem 0 .1rem .8rem;margin:.8rem 0}
.findings p,.findings code,.unmeasured b{color:var(--text)}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.command code{display:inline-block;max-width:100%}
.bar{display:flex;height:2.2rem;border-radius:.4rem;overflow:hidden;border:1px solid var(--line);margin:.6rem 0}
.bar div{min-width:1px}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;padding:0;margin:.4rem 0;font-size:.9rem}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:.2rem;margin-right:.4rem;border:1px solid var(--line)}
figure{margin:.5rem 0}
figcaption{color:var(--muted);font-size:.9rem}
svg{width:100%;height:auto;display:block}
svg text{fill:var(--muted);font:12px system-ui,sans-serif}
svg .label{fill:var(--text)}
svg .grid{stroke:var(--line)}
h3{font-size:1rem;margin:1.1rem 0 0}
.callout{font-size:1.1rem;font-weight:600}
details{margin:.6rem 0}
summary{cursor:pointer}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem}
.charts svg text{font-size:20px}
td:first-child{white-space:nowrap}
td small{display:block;color:var(--muted);white-space:normal}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{padding:.35rem .6rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
th button{border:0;padding:0;background:none;font-weight:600;text-align:inherit}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
.heat td.cell{background:color-mix(in oklab,var(--s1) calc(var(--heat)*75%),var(--card));text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.heat th[scope=row]{font-weight:400;white-space:nowrap}
footer{color:var(--muted);font-size:.85rem;padding-bottom:2rem;overflow-wrap:anywhere}
@media (max-width:40rem){section{padding:.8rem}svg text{font-size:20px}svg .label{font-size:13px}td:first-child,.heat th[scope=row]{white-space:normal;min-width:8rem}h1{font-size:1.3rem}th,td{padding:.3rem .4rem}}
@media print{button.theme{display:none}section{break-inside:avoid}}
`;
