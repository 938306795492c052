import { PAGE_STYLE } from '../../html/page-style';

/** One style sheet for the report: what all pages share, colours of model versions, milestones and charts. */
export const STYLE = `
${PAGE_STYLE}
:root{--v0:#4477aa;--v1:#228833;--v2:#b88d00;--v3:#aa3377;--v4:#0f8b8d;--v5:#8a5a44}
@media (prefers-color-scheme:dark){:root{--v0:#77aadd;--v1:#5fbf6e;--v2:#e0bd45;--v3:#dd77b0;--v4:#4fc3c5;--v5:#c79a80}}
ol.milestones{list-style:none;margin:0;padding:0}ol.milestones li{display:grid;grid-template-columns:112px 1fr;gap:4px 12px;padding:10px 0;border-bottom:1px solid var(--line)}ol.milestones li:last-child{border-bottom:0}
ol.milestones b{display:block}ol.milestones .detail{color:var(--soft)}
.gates{list-style:none;margin:4px 0;padding:0}.gates li{margin:3px 0}
.chart{overflow-x:auto}svg{display:block;width:100%;min-width:640px;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft)}.tick{fill:var(--soft)}.lane{fill:var(--ink);font-weight:600;font-size:13px}.lane-line{stroke:var(--line);stroke-width:2}
.mark{fill:var(--good);stroke:var(--card);stroke-width:1.5}.mark.bad{fill:var(--bad)}.line{fill:none;stroke:var(--accent);stroke-width:1.5}.dot{fill:var(--accent)}.dot.over{fill:var(--bad)}
.threshold{stroke:var(--bad);stroke-dasharray:5 4}.alarm{fill:var(--bad);opacity:.16}
@media (max-width:640px){ol.milestones li{grid-template-columns:1fr}}
`.trim();
