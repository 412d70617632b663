// The live dashboard: polls one small snapshot a second, and sends a request for each button that is pressed.
// Text from users is only ever set as textContent, never as markup.
"use strict";

const POLL_INTERVAL = 1000, TIMEOUT = 4000, MESSAGE_LIFETIME = 8000; // milliseconds
const ROWS = 12; // jobs in the list
const SPAN = 180, GAP = 5; // seconds that a chart shows; a longer silence breaks its line

const byId = (id) => document.getElementById(id);
const all = (selector) => document.querySelectorAll(selector);
const units = {
  count: (value) => value.toLocaleString("en"),
  rate: (value) => value.toFixed(1),
  seconds: duration,
};

// Requests

async function ask(path, options) {
  let answer, body;
  try {
    answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT), ...options });
    body = await answer.json();
  } catch {
    throw new Error("The service does not answer.");
  }
  if (!answer.ok) throw new Error(path === "snapshot" && answer.status !== 401 ? "The service answers, but its queue does not." : body.detail);
  return body;
}

async function refresh() {
  let snapshot;
  try {
    snapshot = await ask("snapshot");
  } catch (error) {
    say(byId("connection"), `${error.message} These figures are old; trying again …`);
    document.body.classList.add("lost");
    return;
  }
  say(byId("connection"), "live");
  document.body.classList.remove("lost");
  show(snapshot);
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, POLL_INTERVAL);
}

// What a snapshot says

function show({ stats, latency, workers, jobs, trail }) {
  for (const cell of all("[data-stat]")) cell.textContent = units[cell.dataset.unit ?? "count"](stats[cell.dataset.stat]);
  for (const cell of all("[data-latency]")) cell.textContent = duration(latency[cell.dataset.latency]);
  document.querySelector('#states [data-state="FAILED"]').classList.toggle("alarm", stats.failed > 0);
  draw(byId("depth"), trail.map(([ago, queued]) => [ago, queued]));
  draw(byId("rate"), trail.map(([ago, , rate]) => [ago, rate]));
  byId("workers").replaceChildren(...workers.map(workerItem));
  showJobs(jobs);
}

function workerItem(worker) {
  const item = document.createElement("li");
  const parts = ["b", "span", "bdi", "small"].map((tag) => item.appendChild(document.createElement(tag)));
  item.className = !worker.heard ? "silent" : worker.job_id ? "busy" : "idle";
  const doing = !worker.heard ? "silent, with" : worker.job_id ? "rendering" : "idle";
  const since = worker.seconds === null ? "" : `for ${duration(worker.seconds)}`;
  [worker.worker, doing, worker.title, since].forEach((words, i) => (parts[i].textContent = words));
  return item;
}

const rows = new Map(); // job id → its row
let shown = []; // the jobs of the last snapshot

function showJobs(jobs) {
  shown = jobs;
  const held = isHeld(), state = document.querySelector("#filter input:checked").value;
  byId("held").classList.toggle("visible", held);
  if (!held) arrange(jobs.filter((job) => !state || job.state === state).sort((a, b) => b.sequence - a.sequence));
  for (const job of jobs) if (rows.has(job.job_id)) fill(rows.get(job.job_id), job);
  byId("no-jobs").hidden = rows.size > 0;
}

// The list does not change while a pointer or the keyboard's focus is in it.
function isHeld() {
  const pointed = matchMedia("(hover: hover)").matches && byId("jobs").matches(":hover");
  return rows.size > 0 && (pointed || byId("jobs").querySelector(":focus-visible") !== null);
}

function arrange(wanted) {
  const newest = wanted.slice(0, ROWS), ids = new Set(newest.map((job) => job.job_id));
  for (const [id, row] of rows) if (!ids.has(id)) row.remove(), rows.delete(id);
  let next = byId("jobs").firstElementChild; // rows that stay are not touched: they keep their focus
  for (const { job_id } of newest) {
    if (rows.get(job_id) === next && next) next = next.nextElementSibling;
    else byId("jobs").insertBefore(makeRow(job_id), next);
  }
}

function makeRow(id) {
  const row = byId("job").content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  row.querySelector(".download").href = row.querySelector(".title a").href = `jobs/${encodeURIComponent(id)}/pdf`;
  row.querySelector(".download").download = `${id}.pdf`;
  rows.set(id, row);
  return row;
}

function fill(row, job) {
  const title = row.querySelector(".title a"), done = job.state === "COMPLETED";
  row.dataset.state = job.state;
  row.querySelector(".state").textContent = job.state;
  title.textContent = job.title;
  title.toggleAttribute("href", done);
  if (done) title.href = row.querySelector(".download").href;
  row.querySelector(".title small").textContent = `${job.kind} ${job.job_id.slice(0, 8)}`;
  row.querySelector(".what").textContent = whatBecame(job);
  offer(row.querySelector(".download"), done, job);
  offer(row.querySelector("[data-action=retry]"), job.state === "FAILED" && !job.retried, job);
  offer(row.querySelector("[data-action=cancel]"), job.state === "QUEUED", job);
}

function offer(action, offered, job) {
  action.hidden = !offered;
  action.setAttribute("aria-label", `${action.textContent} ${job.title}`);
}

function whatBecame(job) {
  switch (job.state) {
    case "QUEUED": return `has waited ${duration(job.waited)}` + (job.reason ? `; last try: ${job.reason}` : "");
    case "PROCESSING": return `waited ${duration(job.waited)}, rendering for ${duration(job.rendered)}`;
    case "COMPLETED": return `waited ${duration(job.waited)}, rendered ${duration(job.rendered)}`;
    default: return `${job.reason ?? ""}${job.retried ? " – retried as a new job" : ""}`;
  }
}

function draw(figure, points) {
  const largest = Math.max(0, ...points.map(([, value]) => value)), top = round(largest);
  const at = ([ago, value]) => `${(SPAN - ago).toFixed(2)} ${(100 - (100 * value) / top).toFixed(2)}`;
  const stretches = [];
  for (const point of points.filter(([ago]) => ago <= SPAN)) {
    const last = stretches.at(-1);
    if (last && last.at(-1)[0] - point[0] <= GAP) last.push(point);
    else stretches.push([point]);
  }
  const lines = stretches.map((stretch) => stretch.map(at).join("L"));
  const ground = (stretch) => `L${SPAN - stretch.at(-1)[0]} 100L${SPAN - stretch[0][0]} 100Z`;
  figure.querySelector(".line").setAttribute("d", lines.map((line) => `M${line}`).join(""));
  figure.querySelector(".area").setAttribute("d", lines.map((line, i) => `M${line}${ground(stretches[i])}`).join(""));
  figure.querySelector(".top").textContent = units.count(top);
  const now = points.length ? Math.round(points.at(-1)[1]) : 0;
  const label = `${figure.querySelector("figcaption").textContent}: ${now} now, ${Math.round(largest)} at most`;
  figure.querySelector("svg").setAttribute("aria-label", label);
}

// The end of an axis: the next of 4, 6, 8, 10, 20, 40 …
function round(value) {
  const least = Math.max(value, 4), power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((end) => end >= least);
}

function duration(seconds) {
  if (seconds === null) return "–";
  const [value, unit] =
    seconds < 0.0995 && seconds > 0 ? [Math.round(seconds * 1000), "ms"]
    : seconds < 9.95 ? [seconds && seconds.toFixed(1), "s"]
    : seconds < 100 ? [Math.round(seconds), "s"]
    : seconds < 6000 ? [Math.round(seconds / 60), "min"]
    : [Math.round(seconds / 3600), "h"];
  return `${value}\u00a0${unit}`;
}

// Buttons

// A live region is only touched when it says something new: a screen reader would read it each second.
function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

let messageTimer;
async function act(action) {
  let words, failed = false;
  try {
    words = await action();
  } catch (error) {
    [words, failed] = [error.message, true];
  }
  clearTimeout(messageTimer);
  byId("message").classList.toggle("error", failed);
  byId("message").textContent = words;
  messageTimer = setTimeout(() => say(byId("message"), ""), MESSAGE_LIFETIME);
}

const sizeOf = (parameter) => document.querySelector(`.sizes #${CSS.escape(parameter)}`);

async function operate(button) {
  const sizes = button.dataset.parameters.split(" ").filter(Boolean).map(sizeOf).filter(Boolean);
  if (!sizes.every((size) => size.reportValidity())) return;
  const body = JSON.stringify(Object.fromEntries(sizes.map((size) => [size.id, size.valueAsNumber])));
  await act(async () => {
    const started = await ask(`operations/${button.dataset.operation}`, { method: "POST", body });
    const count = sizes.some((size) => size.id === "seconds") ? `, ${units.count(started.documents)} documents` : "";
    return `Started: ${started.plan}${count}.`;
  });
}

// The words of a button name its parameters: "Batch of {n}".
function nameButtons() {
  for (const place of all("[data-words]"))
    place.textContent = place.dataset.words.replace(/\{(\w+)\}/g, (_, parameter) => sizeOf(parameter)?.value || "…");
}

async function change(button) {
  const { id } = button.closest("li").dataset, path = `jobs/${encodeURIComponent(id)}`;
  await act(async () => {
    if (button.dataset.action === "cancel") {
      await ask(path, { method: "DELETE" });
      return "Cancelled.";
    }
    const { job_id } = await ask(`${path}/retry`, { method: "POST" });
    return `Retried as the new job ${job_id.slice(0, 8)}.`;
  });
}

async function openDeadLetters() {
  await act(async () => {
    const { count, jobs } = await ask("dead-letters");
    byId("dead-count").textContent = count
      ? `Jobs that failed and were neither cancelled nor retried: ${units.count(count)}. The latest:`
      : "There are none: every failed job was cancelled or retried.";
    byId("dead-jobs").replaceChildren(...jobs.slice(-8).reverse().map(deadLetter));
    byId("retry-all").textContent = `Retry all ${units.count(count)}`;
    byId("retry-all").hidden = !count;
    byId("dead").showModal();
    return "";
  });
}

function deadLetter(job) {
  const item = document.createElement("li");
  item.textContent = `${job.kind} ${job.job_id.slice(0, 8)}: ${job.reason}`;
  return item;
}

async function retryAll() {
  byId("dead").close();
  await act(async () => {
    const { job_ids } = await ask("dead-letters/retry", { method: "POST" });
    return `Retried: ${units.count(job_ids.length)} new jobs.`;
  });
}

for (const button of all("[data-operation]")) button.addEventListener("click", () => operate(button));
for (const input of all(".sizes input")) input.addEventListener("input", nameButtons);
nameButtons(); // browsers remember what was typed before a reload
byId("jobs").addEventListener("click", (event) => event.target.dataset.action && change(event.target));
byId("filter").addEventListener("change", () => showJobs(shown));
byId("open-dead").addEventListener("click", openDeadLetters);
byId("retry-all").addEventListener("click", retryAll);
byId("close-dead").addEventListener("click", () => byId("dead").close());
poll();
