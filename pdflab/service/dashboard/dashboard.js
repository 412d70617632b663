// The live dashboard: it polls one small snapshot a second, and the list of jobs and the loads every other second.
import { all, byId, count, duration, element, known, nameOf, plural, say } from "./format.js";
import { Refused, ask } from "./request.js";
import { assess, awake, showHealth } from "./health.js";
import { GAP, drawCharts, last, nameAxes, points, refreshHistory } from "./charts.js";
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
  const { queued, synchronous } = snapshot.clients, waiting = queued && queued.waiting + synchronous.waiting;
  snapshot.stats.failed -= snapshot.stats.cancelled; // shown apart
  for (const cell of all("[data-stat]")) say(cell, known({ ...snapshot.stats, waiting }[cell.dataset.stat], "count"));
  showNotes(snapshot);
  showEndpoints(snapshot);
  showHealth(assess(snapshot, points));
  showControls(snapshot.stats);
  drawCharts();
  byId("workers").replaceChildren(...snapshot.workers.map(workerItem));
}

// The small words below the figures of the states.
function showNotes({ stats, clients, workers }) {
  const { queued, oldest_age: oldest, pdf_count: pdfs, invalid, unavailable } = stats;
  const notes = {
    waiting: waitingNote(Object.values(clients)),
    queued: queued ? `the oldest for ${duration(oldest)}` : "no job waits",
    processing: processingNote(stats, workers),
    completed: `${plural(pdfs, "PDF")} stored`,
    failed: `and ${count(stats.cancelled)} cancelled`,
    refused: ["by a full queue (429)", invalid && `${count(invalid)} invalid (4xx)`, unavailable && `${count(unavailable)} in vain (503)`].filter(Boolean).join(", "),
  };
  for (const [name, words] of Object.entries(notes)) say(document.querySelector(`[data-note=${name}]`), words);
  for (const name of ["failed", "refused"])
    byId("states").querySelector(`[data-state=${name.toUpperCase()}]`).classList.toggle("alarm", points.some((point) => point[name] > 0));
}

function processingNote(stats, workers) {
  const there = awake(stats, workers), held = workers.filter((worker) => worker.silent && worker.job_id).length;
  const busy = Math.min(Math.max(stats.processing - held, 0), there);
  const parts = [busy && `by ${count(busy)} of ${plural(there, "worker")}`, held && `${count(held)} with a silent worker`];
  return parts.filter(Boolean).join(", ") || `${plural(there, "worker")} idle`;
}

function waitingNote(endpoints) {
  if (!endpoints.length) return "is not known";
  const longest = Math.max(...endpoints.map((one) => one.longest)), gone = endpoints.reduce((sum, one) => sum + one.gave_up, 0);
  return [longest ? `the longest for ${duration(longest)}` : "for an answer", gone && `${count(gone)} gave up`].filter(Boolean).join(", ");
}

function showEndpoints({ stats, clients, endpoints: { synchronous } }) {
  const percentiles = points.at(-1)?.ago <= GAP ? last : {}; // a recorder that has stopped knows nothing of now
  const { p50: completion_p50, p95: completion_p95, p99: completion_p99 } = synchronous?.rendered ?? {};
  const columns = {
    queued: { ...clients.queued, ...percentiles, ...stats, in_progress: stats.processing },
    synchronous: { ...clients.synchronous, ...synchronous, completion_p50, completion_p95, completion_p99 },
  };
  for (const cell of all("[data-figure]")) {
    const { endpoint, figure, unit } = cell.dataset;
    say(cell, known(columns[endpoint][figure], unit));
  }
}

function workerItem(worker) {
  const item = document.createElement("li"), { silent } = worker;
  item.className = silent ? "silent" : worker.job_id ? "busy" : "idle";
  const doing = silent ? (worker.job_id ? "silent, with" : "silent") : worker.job_id ? "rendering" : "idle";
  const since = worker.seconds === null ? "" : `for ${duration(worker.seconds)}`;
  const [name, place] = nameOf(worker.worker);
  item.append(element("b", name), element("span", doing), element("bdi", worker.title ?? ""), element("small", since));
  if (place) item.append(element("small", place, { class: "place" }));
  return item;
}

byId("span").addEventListener("change", () => (nameAxes(), drawCharts()));
nameAxes();
startJobs();
startControls();
poll();
