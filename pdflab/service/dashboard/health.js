// Is it well? The answer is one or more sentences, the most urgent first; each has a level, which has a sign and a colour.
import { byId, count, duration, element, nameOf, plural, rate, say } from "./format.js";

const RECENT = 5; // seconds over which the queue is said to grow or to drain
const STILL_FULL = 3; // seconds since the last refusal
const LONG = 0.5, TOO_LONG = 10; // seconds that a client waits for an answer
const SIGNS = { bad: "✕", warning: "!", paused: "‖", busy: "▸", good: "✓" };

// Return [level, sentence] pairs of a snapshot. `points` are those of the charts.
export function assess({ stats, workers, clients }, points) {
  const silent = workers.filter((worker) => worker.silent);
  const found = [
    noWorker(stats),
    stats.paused && ["paused", `Paused: ${waiting(stats.queued)} until somebody resumes the queue.`],
    refused(points),
    silent.length > 0 && ["warning", silentWorkers(silent)],
    fewer(stats),
    ...Object.entries(clients).map(clientsWaiting),
    failed(points),
    !stats.paused && stats.workers > 0 && flow({ ...stats, workers: awake(stats, workers) }, points, clients),
  ];
  return found.filter(Boolean);
}

// How many workers are there and not silent; the list of workers ends at 200.
export function awake(stats, workers) {
  const silent = workers.filter((worker) => worker.silent).length;
  return silent ? workers.length - silent : stats.workers;
}

const waiting = (queued) => (queued === 1 ? "1 queued job waits" : `${count(queued)} queued jobs wait`);

function noWorker({ workers, queued }) {
  if (workers > 0) return null;
  const what = queued ? `${waiting(queued)} for one` : "new jobs would wait for one";
  return ["bad", `No worker is running: ${what}. Start one with \`pdflab worker\`.`];
}

function refused(points) {
  const times = points.filter((point) => point.refused > 0), total = sum(points, "refused");
  if (!total) return null;
  const last = times.at(-1).ago, were = total === 1 ? "1 request was refused" : `${count(total)} requests were refused`;
  if (last < STILL_FULL) return ["bad", `${were}: the queue is full.`];
  return ["warning", `${were}: the queue was full until ${duration(last)} ago.`];
}

function silentWorkers(silent) {
  const names = silent.map((worker) => nameOf(worker.worker)[0]).join(", "), held = silent.filter((worker) => worker.job_id).length;
  if (silent.length === 1)
    return `${names} is silent: frozen or lost. ${held ? "Another worker takes its job when the lease is over" : "It has no job"}.`;
  const jobs = held ? `Others take their ${plural(held, "job")} when the leases are over` : "They have no job";
  return `${count(silent.length)} workers are silent, frozen or lost: ${names}. ${jobs}.`;
}

function clientsWaiting([endpoint, { waiting, longest }]) {
  if (longest < LONG) return null; // those of a healthy queue have their answer in milliseconds
  const wait = waiting === 1 ? "1 client waits" : `${count(waiting)} clients wait`;
  return [longest < TOO_LONG ? "busy" : "warning", `${wait} at the ${endpoint} endpoint, the longest for ${duration(longest)}.`];
}

function fewer({ workers, workers_expected: expected }) {
  return workers && expected > workers && ["warning", `${count(workers)} of ${plural(expected, "worker")} are running.`];
}

function failed(points) {
  const total = sum(points, "failed"), span = points.length ? points[0].ago : 0;
  return total > 0 && ["warning", `${plural(total, "job")} failed in the last ${duration(Math.max(span, 1))}.`];
}

function flow({ queued, processing, workers, throughput }, points, clients) {
  const someWait = Object.values(clients).some(({ longest }) => longest >= LONG);
  if (!queued && !processing) return !someWait && ["good", `Idle: nothing is queued, ${plural(workers, "worker")} ready.`];
  if (!queued) return ["good", `Keeping up: nothing is queued, ${plural(processing, "job")} processing.`];
  const growth = growthOf(points);
  if (growth < 0) return ["busy", `Draining: ${count(queued)} queued, empty in about ${duration(queued / -growth)}.`];
  if (growth > 0) return ["busy", `Filling: ${count(queued)} queued, ${rate(growth)} more each second.`];
  return ["busy", `Busy: ${count(queued)} queued, ${rate(throughput)} PDFs a second.`];
}

// How many more jobs are queued each second, over the last seconds; 0 at a turn.
function growthOf(points) {
  const recent = points.filter((point) => point.ago <= RECENT);
  if (recent.length < 3) return 0;
  const [first, before, last] = [recent[0], recent.at(-2), recent.at(-1)], growth = last.queued - first.queued;
  if (growth * (last.queued - before.queued) < 0) return 0; // it has just turned: neither is true of now
  return growth / (first.ago - last.ago);
}

const sum = (points, name) => points.reduce((total, point) => total + point[name], 0);

let announced; // the level and first word of the last announcement

// Show the sentences; a screen reader hears the first one when its kind changes, not when its figures do.
export function showHealth(found) {
  const items = [...byId("health").children];
  found.forEach(([level, words], i) => {
    const item = items[i] ?? byId("health").appendChild(sentence());
    item.className = level;
    say(item.firstElementChild, SIGNS[level]);
    say(item.lastElementChild, words);
  });
  items.slice(found.length).forEach((item) => item.remove());
  const [level, words] = found[0], kind = `${level} ${words.replace(/[\d.,]+/g, "").slice(0, 20)}`;
  if (kind !== announced) say(byId("announcement"), words);
  announced = kind;
}

function sentence() {
  const item = document.createElement("li");
  item.append(element("span", "", { "aria-hidden": "true" }), element("p", ""));
  return item;
}
