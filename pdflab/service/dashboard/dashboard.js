// The live dashboard: it polls one small snapshot a second, and the list of jobs and the loads every other second.
import { all, byId, count, duration, element, known, plural, say } from "./format.js";
import { Refused, ask } from "./request.js";
import { assess, showHealth } from "./health.js";
import { drawCharts, nameAxes, points, refreshHistory } from "./charts.js";
import { refreshJobs, startJobs } from "./jobs.js";
import { refreshLoads, showControls, startControls } from "./controls.js";

const POLL_INTERVAL = 1000; // milliseconds
const SLOWER = 2; // the jobs and the loads are asked for in every second poll

async function refresh() {
  let snapshot;
  try {
    snapshot = await ask("snapshot");
    await refreshHistory();
  } catch (error) {
    lose(error);
    return;
  }
  say(byId("connection"), "live");
  document.body.classList.remove("lost");
  show(snapshot);
}

function lose(error) {
  const away = error instanceof Refused && error.status === 503;
  const what = away ? "The service answers, but its queue does not: Redis is away." : error.message;
  say(byId("connection"), "not live");
  document.body.classList.add("lost");
  showHealth([["bad", `${what} These figures are old; trying again …`]]);
}

let polls = 0;
async function poll() {
  try {
    if (document.hidden) return;
    await refresh();
    if (polls++ % SLOWER === 0) await Promise.allSettled([refreshJobs(), refreshLoads()]); // `refresh` says what is wrong
  } finally {
    setTimeout(poll, POLL_INTERVAL);
  }
}

function show(snapshot) {
  for (const cell of all("[data-stat]")) say(cell, known(snapshot.stats[cell.dataset.stat], "count"));
  showNotes(snapshot);
  showEndpoints(snapshot);
  showHealth(assess(snapshot, points));
  showControls(snapshot.stats);
  drawCharts();
  byId("workers").replaceChildren(...snapshot.workers.map(workerItem));
}

// The small words below the figures of the states.
function showNotes({ stats }) {
  const { queued, oldest_age: oldest, workers, workers_expected: expected, pdf_count: pdfs, invalid, unavailable } = stats;
  const notes = {
    queued: queued ? `the oldest for ${duration(oldest)}` : "no job waits",
    processing: `by ${expected ? `${count(workers)} of ${count(expected)}` : count(workers)} worker${(expected ?? workers) === 1 ? "" : "s"}`,
    completed: `${plural(pdfs, "PDF")} stored`,
    failed: "since the start",
    refused: ["by a full queue (429)", invalid && `${count(invalid)} invalid (4xx)`, unavailable && `${count(unavailable)} in vain (503)`].filter(Boolean).join(", "),
  };
  for (const [name, words] of Object.entries(notes)) say(document.querySelector(`[data-note=${name}]`), words);
  for (const name of ["failed", "refused"])
    byId("states").querySelector(`[data-state=${name.toUpperCase()}]`).classList.toggle("alarm", points.some((point) => point[name] > 0));
}

function showEndpoints({ stats, latency, endpoints }) {
  const { synchronous } = endpoints;
  const columns = {
    queued: { ...stats, in_progress: stats.processing, ...named("wait", latency.wait), ...named("completion", latency.completion) },
    synchronous: { ...synchronous, ...named("completion", synchronous?.rendered ?? {}) },
  };
  for (const cell of all("[data-figure]")) {
    const { endpoint, figure, unit } = cell.dataset;
    say(cell, known(columns[endpoint][figure], unit));
  }
}

const named = (what, percentiles) => Object.fromEntries(Object.entries(percentiles).map(([p, value]) => [`${what}_${p}`, value]));

function workerItem(worker) {
  const item = document.createElement("li"), { silent } = worker;
  item.className = silent ? "silent" : worker.job_id ? "busy" : "idle";
  const doing = silent ? (worker.job_id ? "silent, with" : "silent") : worker.job_id ? "rendering" : "idle";
  const since = worker.seconds === null ? "" : `for ${duration(worker.seconds)}`;
  item.append(element("b", worker.worker), element("span", doing), element("bdi", worker.title ?? ""), element("small", since));
  return item;
}

byId("span").addEventListener("change", () => (nameAxes(), drawCharts()));
nameAxes();
startJobs();
startControls();
poll();
