// The look of the report page.
#ifndef RTFQ_EVAL_REPORT_STYLE_H_
#define RTFQ_EVAL_REPORT_STYLE_H_

namespace rtfq {

// Light and dark by the reader's preference; s0..s5 are the colours of charts'
// series, chosen to differ for the colour-blind too.
inline constexpr char kReportStyle[] = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--fg:#1b2430;
--pale:#68758a;--rule:#e1e5eb;--accent:#1f6feb;--gain:#1f9d6b;--bad:#d9542b;
--oracle:#fdf3dc;--oracle-fg:#8a5a00;
--c0:#1f6feb;--c1:#d9822b;--c2:#1a936f;--c3:#a347ba;--c4:#c2334d;--c5:#7b8794}
@media(prefers-color-scheme:dark){:root{--bg:#10151c;--card:#19212b;
--fg:#e4e9f0;--pale:#93a1b5;--rule:#2c3744;--accent:#6aa6ff;--gain:#3fc48f;
--bad:#ff8059;--oracle:#33291a;--oracle-fg:#e8bd6d;
--c0:#6aa6ff;--c1:#f2a75c;--c2:#4fd0a4;--c3:#cf8ae0;--c4:#ff7a8f;--c5:#94a1b0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:36px 24px 64px}
h1{font-size:30px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:19px;margin:40px 0 4px}
h3{font-size:14px;margin:0 0 4px;font-weight:600}
p{margin:4px 0 12px;max-width:82ch}
.lead,.note,.pale{color:var(--pale)}
.note{font-size:13px}
.warn{border-left:3px solid var(--oracle-fg);background:var(--oracle);
color:var(--fg);padding:8px 12px;border-radius:0 6px 6px 0;max-width:none}
.cards{display:grid;gap:14px;margin:24px 0 8px;
grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}
.card,.panel{background:var(--card);border:1px solid var(--rule);
border-radius:10px;padding:16px 18px}
.card .value{font-size:27px;font-weight:650;line-height:1.25;
font-variant-numeric:tabular-nums;white-space:nowrap}
.card .value small{font-size:15px;font-weight:500;color:var(--pale)}
.card .what{font-size:13px;color:var(--pale)}
.card .more{font-size:13px;margin-top:4px}
.up{color:var(--gain);font-weight:600}.down{color:var(--bad);font-weight:600}
.panel{margin:12px 0;overflow-x:auto}
.pair{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(480px,1fr))}
.small{display:grid;gap:14px;margin:12px 0;
grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}
.pair .panel,.small .panel{margin:0}
@media(max-width:560px){.pair{grid-template-columns:1fr}}
table{border-collapse:collapse;width:100%;font-size:13.5px;
font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;color:var(--pale);font-size:12.5px;
padding:6px 10px;border-bottom:1px solid var(--rule);white-space:nowrap;
vertical-align:bottom}
td{padding:4px 10px;border-bottom:1px solid var(--rule);white-space:nowrap}
.num{text-align:right}
td.name{font-family:ui-monospace,"DejaVu Sans Mono",Consolas,monospace;
font-size:12.5px}
td.pale{color:var(--pale)}
tbody tr:hover td{background:color-mix(in srgb,var(--accent) 7%,transparent)}
.subnets td{border-bottom:0;padding:2px 8px}.subnets th{padding:6px 8px}
.subnets tr.group td{border-top:1px solid var(--rule);padding-top:4px}
tfoot td{font-weight:650;border-bottom:0;padding-top:8px}
.oracle{background:var(--oracle);color:var(--oracle-fg)}
.facts{width:auto}.facts td{white-space:normal;overflow-wrap:anywhere}
.facts th{border-bottom:1px solid var(--rule);vertical-align:top}
.unknown{color:var(--pale)}
.bar{display:flex;height:9px;min-width:110px;border-radius:5px;overflow:hidden;
background:var(--rule)}
.bar i{display:block}.bar .base{background:var(--c5)}
.bar .gain{background:var(--gain)}.bar .loss{background:var(--bad)}
.barcell{width:20%}
.key{display:inline-block;width:12px;height:9px;border-radius:3px;
margin:0 5px 0 12px}
.key.base{background:var(--c5)}.key.gain{background:var(--gain)}
.classes{display:grid;gap:4px 28px;
grid-template-columns:repeat(auto-fill,minmax(330px,1fr));font-size:13.5px}
.classes>div{display:grid;align-items:center;gap:10px;
grid-template-columns:120px 1fr 42px 62px}
.classes .label{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.classes .bar{min-width:0}
.chart{display:block;width:100%;height:auto}
.chart text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
fill:var(--fg)}
.chart .tick{fill:var(--pale)}
.chart .axis-title{fill:var(--pale);font-size:12.5px}
.chart .grid{stroke:var(--rule)}.chart .axis{stroke:var(--pale)}
.s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}
.s3{--c:var(--c3)}.s4{--c:var(--c4)}.s5{--c:var(--c5)}
.chart .mark{fill:var(--c);fill-opacity:.8;stroke:var(--card)}
.chart .line{stroke:var(--c);stroke-width:2.2;fill:none;stroke-linejoin:round}
.chart .dashed{stroke-dasharray:5 4}
.chart .faint{stroke:var(--c);stroke-width:1;opacity:.35;fill:none}
.chart .series-name{fill:var(--c);font-weight:600}
.heat{margin:0 auto}
.heat .plate{fill:none;stroke:var(--rule)}
.heat .hit{fill:var(--accent)}.heat .miss{fill:var(--bad)}
.heat .count{font-size:11.5px}.heat .strong{fill:var(--card)}
@media print{body{background:#fff}.panel,.card{break-inside:avoid}}
)css";

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_STYLE_H_
