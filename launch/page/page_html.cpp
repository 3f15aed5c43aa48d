// The live page: one document that shows /status.json and asks for it again. What it is told is
// text, never markup.
#include "launch/page/page_answer.h"

namespace tutti {

const char* const kNoncePlaceholder = "@NONCE@";

namespace {

constexpr const char* kHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>tutti</title><link rel="icon" href="data:,">
<style nonce="@NONCE@">
:root{color-scheme:light dark;--paper:#fff;--panel:#f4f6f8;--rule:#e2e6eb;--text:#1c2026;
--soft:#5c646e;--other:#9aa3ad;--data:#b8860b;--compute:#0068ab;--communication:#7a4fb5;
--waited:#c9b6e6;--checkpoint:#00704f;--warn:#b34700}
@media (prefers-color-scheme:dark){:root{--paper:#16191e;--panel:#20242b;--rule:#343a43;
--text:#e6eaef;--soft:#a0a8b2;--other:#6c7683;--data:#d9a830;--compute:#58ace6;
--communication:#a985e0;--waited:#51426b;--checkpoint:#42c99e;--warn:#f79250}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);overflow-wrap:anywhere;
font:15px/1.5 system-ui,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
main{max-width:1100px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:24px;line-height:1.2;margin:0 0 4px}
h2{font-size:17px;margin:32px 0 6px}
p{margin:4px 0}
.soft{color:var(--soft);font-size:13px}
.facts{display:flex;flex-wrap:wrap;gap:8px 32px;margin:16px 0}
.facts b{display:block;font-size:22px;line-height:1.25;font-variant-numeric:tabular-nums}
.facts span{color:var(--soft);font-size:13px}
.note{border-left:4px solid var(--warn);background:var(--panel);padding:8px 14px;margin:8px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 16px 5px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--soft);font-weight:500}
td.name{max-width:280px;overflow:hidden;text-overflow:ellipsis}
.bar{display:flex;width:140px;height:12px;background:var(--panel)}
progress{width:100%;height:8px;accent-color:var(--compute)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:16px}
svg{display:block;width:100%;height:240px;background:var(--panel)}
polyline{fill:none;stroke-width:2;vector-effect:non-scaling-stroke}
.key i{display:inline-block;width:10px;height:10px;margin:0 4px 0 12px}
.key i:first-child{margin-left:0}
</style></head><body><main>
<h1 id="job">tutti</h1><p class="soft" id="directory"></p>
<div id="notes" role="status"></div>
<progress id="progress" max="1" value="0"></progress>
<div class="facts" id="facts"></div>
<h2>Curves</h2><div class="charts" id="charts"></div>
<h2>Ranks</h2><p class="soft key" id="kinds"></p>
<div class="scroll"><table><thead><tr><th>rank</th><th>host</th><th>phase</th><th>step</th>
<th>in</th><th>time goes to</th><th>steps/s</th><th>MB/s</th><th>heard</th></tr></thead>
<tbody id="ranks"></tbody></table></div>
<h2>Events</h2><div id="events"></div>
</main>
)html";

constexpr const char* kScript = R"html(<script nonce="@NONCE@">
'use strict';
const at = id => document.getElementById(id);
const make = (tag, text, name) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
};
const number = (value, digits) => Number(value || 0).toLocaleString('en', {maximumFractionDigits: digits});
const clock = seconds => {
  const s = Math.max(0, Math.round(seconds));
  return s < 60 ? s + ' s' : s < 3600 ? Math.floor(s / 60) + ' min ' + s % 60 + ' s'
    : Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
};
const kinds = ['compute', 'data', 'communication', 'waited', 'checkpoint', 'other'];
const colors = ['--compute', '--data', '--checkpoint', '--communication', '--warn', '--soft'];
const paint = (parent, color, text) => {
  const box = make('i');
  box.style.background = 'var(' + color + ')';
  parent.append(box, document.createTextNode(text));
};
kinds.forEach(kind => paint(at('kinds'), '--' + kind, kind === 'waited' ? 'waiting for others' : kind));

const at_step = step => step === null ? null : number(step, 0);

function facts(status) {
  const passed = status.time - status.started, done = status.epochs_done;
  const all = [[status.phase, 'phase'],
    [number(done, 0) + (status.epochs > 0 ? ' / ' + number(status.epochs, 0) : ''), 'epochs'],
    [number(status.step, 0), 'steps'],
    [number(status.steps_per_second, 1), 'steps/s'], [number(status.rows_per_second, 0), 'rows/s'],
    [clock(passed), 'running'], [status.ranks.length, 'ranks'],
    [status.restarts, 'restarts'], [number(status.lost_steps, 0), 'steps done again'],
    [at_step(status.commit_step), 'commit at step'],
    [at_step(status.checkpoint_step), 'checkpoint at step']];
  at('facts').replaceChildren(...all.filter(([value]) => value !== '' && value !== null).map(
    ([value, name]) => {
      const box = make('div');
      box.append(make('b', value), make('span', name));
      return box;
    }));
  at('progress').hidden = !(status.epochs > 0);
  at('progress').value = status.epochs > 0 ? done / status.epochs : 0;
}

// One quantity, of training and of validation, on a scale of its own.
function chart(curves) {
  const all = curves.flatMap(curve => curve.points);
  const least = [0, 1].map(axis => Math.min(...all.map(point => point[axis])));
  const most = [0, 1].map(axis => Math.max(...all.map(point => point[axis])));
  const place = (value, axis) => (value - least[axis]) / ((most[axis] - least[axis]) || 1);
  const box = make('div'), key = make('p', undefined, 'soft key');
  const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const drawn = {viewBox: '0 0 1000 240', preserveAspectRatio: 'none', role: 'img',
    'aria-label': curves.map(curve => curve.name).join(', ')};
  Object.entries(drawn).forEach(([name, value]) => picture.setAttribute(name, value));
  curves.forEach((curve, i) => {
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    const points = curve.points.length > 1 ? curve.points : [curve.points[0], curve.points[0]];
    line.setAttribute('points', points.map((point, j) =>
      ((most[0] > least[0] ? place(point[0], 0) : j) * 980 + 10).toFixed(1) + ',' +
      (230 - place(point[1], 1) * 220).toFixed(1)).join(' '));
    line.style.stroke = 'var(' + colors[i % colors.length] + ')';
    picture.append(line);
    paint(key, colors[i % colors.length],
      curve.name + ' ' + Number(curve.points[curve.points.length - 1][1]).toPrecision(4));
  });
  box.append(picture, key, make('p', 'from ' + least[1].toPrecision(4) + ' to ' + most[1].toPrecision(4) +
    ', epochs ' + least[0] + ' to ' + most[0], 'soft'));
  return box;
}

function charts(curves) {
  const quantities = new Map();
  curves.forEach(curve => {
    const points = curve.points.filter(point => Number.isFinite(point[0]) && Number.isFinite(point[1]));
    const quantity = curve.name.replace(/^val_/, '');
    if (points.length > 0)
      quantities.set(quantity, [...(quantities.get(quantity) || []), {name: curve.name, points}]);
  });
  at('charts').replaceChildren(...(quantities.size > 0 ? [...quantities.values()].map(chart)
    : [make('p', 'They begin when the first epoch is over.', 'soft')]));
}

function bar(rank) {
  const parts = {...rank.seconds, waited: rank.waited,
    communication: Math.max(0, rank.seconds.communication - rank.waited)};
  const all = kinds.reduce((sum, kind) => sum + parts[kind], 0) || 1;
  const box = make('div', undefined, 'bar');
  box.title = kinds.map(kind => kind + ' ' + (100 * parts[kind] / all).toFixed(0) + '%').join(', ');
  kinds.forEach(kind => {
    const part = make('span');
    part.style.width = 100 * parts[kind] / all + '%';
    part.style.background = 'var(--' + kind + ')';
    box.append(part);
  });
  return box;
}

function row(rank) {
  const line = make('tr'), cell = (text, name) => line.append(make('td', text, name));
  cell(rank.rank), cell(rank.host, 'name'), cell(rank.phase), cell(number(rank.step, 0));
  cell(rank.where + (rank.waiting ? ', waits' + (rank.awaited === null ? '' : ' for rank ' + rank.awaited)
    : '') + (rank.since > 2 ? ', ' + clock(rank.since) : ''), 'name');
  const time = make('td');
  time.append(bar(rank));
  line.append(time);
  cell(number(rank.steps_per_second, 1)), cell(number(rank.bytes_per_second / 1e6, 1));
  cell(rank.silent < 2 ? 'now' : clock(rank.silent) + ' ago');
  return line;
}

function show(status) {
  document.title = status.job + ' - tutti';
  at('job').textContent = status.job;
  at('directory').textContent = status.directory;
  const notes = status.stragglers.map(straggler => make('div', straggler.text, 'note'));
  if (status.verdict) notes.unshift(make('div', status.verdict, 'note'));
  at('notes').replaceChildren(...notes);
  facts(status), charts(status.curves);
  at('ranks').replaceChildren(...status.ranks.map(row));
  at('events').replaceChildren(...status.events.slice(-50).reverse().map(event =>
    make('p', new Date(1000 * event.time).toLocaleTimeString() + '  ' + event.text)));
}

async function refresh() {
  try {
    const answer = await fetch('status.json' + location.search, {cache: 'no-store'});
    if (!answer.ok) throw new Error('answers ' + answer.status);
    show(await answer.json());
  } catch (error) {
    at('notes').replaceChildren(make('div', 'No word from the launcher (' + error.message +
      '): it has ended, or the way to it is cut.', 'note'));
  }
  setTimeout(refresh, document.hidden ? 10000 : 1000);
}
refresh();
</script></body></html>
)html";

const std::string kWhole = std::string(kHead) + kScript;

}  // namespace

const char* const kPageHtml = kWhole.c_str();

}  // namespace tutti
