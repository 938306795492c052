/** Common style of the pages that the library writes: system fonts, light and dark, readable on a phone and on paper. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5b6675;--line:#dfe3e8;--good:#1a7f4b;--goodbg:#e3f4ea;--bad:#c2352b;--badbg:#fbe6e4;--warn:#9a6700;--warnbg:#fdf2d5;--accent:#2457c5}
@media (prefers-color-scheme:dark){:root{--bg:#11161d;--card:#1a212b;--ink:#e6ebf2;--soft:#9aa7b8;--line:#2d3745;--good:#5fd394;--goodbg:#15372a;--bad:#ff8a80;--badbg:#45201f;--warn:#f0c35c;--warnbg:#3d3115;--accent:#82aaff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:26px;line-height:1.2;margin:8px 0 4px}h2{font-size:18px;margin:0 0 4px}h3{font-size:14px;margin:18px 0 4px}
p{margin:4px 0 10px}.soft{color:var(--soft)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:16px 0}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:10px 0 0}a{color:var(--accent)}nav a{text-decoration:none}
.figures{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0 0}.figure{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 16px;flex:1 0 118px}
.figure b{display:block;font-size:20px;line-height:1.3}.figure span{color:var(--soft);font-size:13px}
.tag{display:inline-block;border-radius:99px;padding:1px 9px;font-size:12px;font-weight:600;white-space:nowrap;background:var(--line);color:var(--ink)}
.tag.good{background:var(--goodbg);color:var(--good)}.tag.bad{background:var(--badbg);color:var(--bad)}.tag.warn{background:var(--warnbg);color:var(--warn)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:var(--soft);font-weight:600;font-size:12px;border-bottom:1px solid var(--line);padding:4px 10px 4px 0;white-space:nowrap}
td{border-bottom:1px solid var(--line);padding:6px 10px 6px 0;vertical-align:top}tr:last-child td{border-bottom:0}td.nowrap,td.nowrap code{white-space:nowrap}td.number,th.number{text-align:right}
.wrap{overflow-wrap:anywhere}code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:6px 0 0}.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;vertical-align:-1px}
details{margin:6px 0 0}summary{cursor:pointer;color:var(--accent)}footer{color:var(--soft);font-size:13px;margin-top:24px}
@media (max-width:640px){main{padding:16px 12px 40px}section{padding:14px}}
@media print{section{break-inside:avoid}nav{display:none}}
`.trim();
