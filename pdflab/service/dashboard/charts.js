// The charts of the last minutes, from the service's own history: they have no hole when nobody watched.
import { all, byId, count, duration, known, rate, say } from "./format.js";
import { ask } from "./request.js";

const KEPT = 900; // seconds of the history
export const GAP = 5; // seconds: a longer silence breaks a line
const CHARTS = { // `counted`: the samples hold counts, and the chart shows how many there were in each second
  depth: { unit: "count", format: count, least: 4, series: { queued: "area", processing: "line" } },
  rate: { unit: "rate", format: rate, least: 4, series: { completed: "area", synchronous: "line" }, counted: true },
  losses: { unit: "rate", format: rate, least: 4, series: { refused: "line", failed: "line", cancelled: "line" }, counted: true },
  latency: { unit: "seconds", format: duration, least: 0.1, series: { p50: "line", p95: "line", p99: "line" } },
};

// The samples of the last minutes, oldest first. `at` is an instant, `ago` and `seconds` (since the sample before) are
// seconds; `completed`, `failed` and so on are how many there were since then; the percentiles are of completion.
export let points = [];
export let last; // the newest sample, whose counts are since the start

export async function refreshHistory() {
  const history = await ask(`history?after=${last?.at ?? 0}`);
  for (const i of history.at.keys()) {
    const sample = Object.fromEntries(Object.keys(history).map((name) => [name, history[name][i]]));
    if (last && sample.at > last.at) points.push(pointOf(sample, last));
    if (!last || sample.at > last.at) last = sample;
  }
  points = points.map((point) => ({ ...point, ago: Math.max(history.now - point.at, 0) })).filter(({ ago }) => ago <= KEPT);
}

function pointOf(sample, before) {
  const { at, queued, processing, completion_p50: p50, completion_p95: p95, completion_p99: p99 } = sample;
  const more = (name) => Math.max(sample[name] - before[name], 0); // none after Redis was emptied
  const counts = { completed: more("completed"), cancelled: more("cancelled"), refused: more("refused") };
  counts.failed = Math.max(more("failed") - counts.cancelled, 0); // a cancelled job is no fault
  counts.synchronous = sample.completed_synchronously === null ? null : more("completed_synchronously");
  return { at, seconds: at - before.at, queued, processing, p50, p95, p99, ...counts };
}

export function drawCharts() {
  const span = Number(document.querySelector("#span input:checked").value);
  for (const [name, chart] of Object.entries(CHARTS)) draw(byId(name), chart, points.filter(({ ago }) => ago <= span), span);
}

function draw(figure, { unit, format, least, series, counted }, points, span) {
  const height = (point, name) => (counted && point[name] !== null ? point[name] / point.seconds : point[name]);
  const largest = Math.max(0, ...points.flatMap((point) => Object.keys(series).map((name) => height(point, name) ?? 0)));
  const top = round(largest, least), said = [];
  for (const [name, kind] of Object.entries(series)) {
    const values = points.map((point) => [point.ago, height(point, name)]), now = known(values.at(-1)?.[1], unit);
    say(figure.querySelector(`[data-series=${name}] b`), now);
    said.push(`${figure.querySelector(`[data-series=${name}]`).dataset.name} ${now}`);
    drawSeries(figure, name, kind, stretchesOf(values), (value) => 100 - (100 * value) / top, span);
  }
  say(figure.querySelector(".top"), format(top));
  say(figure.querySelector(".half"), format(top / 2));
  const title = figure.querySelector("figcaption strong").textContent;
  figure.querySelector("svg").setAttribute("aria-label", `${title} now: ${said.join(", ")}; at most ${format(largest)}`);
}

function drawSeries(figure, name, kind, stretches, height, span) {
  const at = ([ago, value]) => `${(100 - (100 * ago) / span).toFixed(2)} ${height(value).toFixed(2)}`;
  const lines = stretches.map((stretch) => `M${stretch.map(at).join("L")}`);
  figure.querySelector(`.line.${name}`).setAttribute("d", lines.join(""));
  if (kind !== "area") return;
  const ground = (stretch) => `L${at([stretch.at(-1)[0], 0])}L${at([stretch[0][0], 0])}Z`;
  const areas = stretches.map((stretch, i) => lines[i] + ground(stretch));
  figure.querySelector(`.area.${name}`).setAttribute("d", areas.join(""));
}

// Return the values of a series, which are pairs of ago and value, as unbroken runs.
function stretchesOf(values) {
  const stretches = [];
  for (const [ago, value] of values) {
    if (value === null) continue;
    const last = stretches.at(-1);
    if (last && last.at(-1)[0] - ago <= GAP) last.push([ago, value]);
    else stretches.push([[ago, value]]);
  }
  return stretches;
}

// The end of an axis: the next of 4, 6, 8, 10, 20, 40 …
function round(value, least) {
  const reached = Math.max(value, least), power = 10 ** Math.floor(Math.log10(reached));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((end) => end >= reached * 0.999);
}

// Name the axis of time: its ends, and two instants between.
export function nameAxes() {
  const span = Number(document.querySelector("#span input:checked").value);
  for (const axis of all(".axis"))
    [...axis.children].forEach((mark, i) => say(mark, i === 3 ? "now" : `${count((span / 180) * (3 - i))}${i ? "" : " min ago"}`));
}
