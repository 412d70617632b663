// The list of jobs: one state or all, searched, page by page; each row offers what its state allows.
import { all, byId, count, duration, say, short } from "./format.js";
import { act, address, ask, jobPath, now } from "./request.js";

const ROWS = 12;
const rows = new Map(); // job id → its row
let pages = [""]; // the cursors of the pages up to the one that is shown
let answer = { jobs: [], next: null };
let asked = 0; // the number of the latest question: a late answer to an earlier one is dropped

const state = () => document.querySelector("#filter input:checked").value;

export async function refreshJobs() {
  const words = byId("search").value.trim(), question = ++asked;
  const query = new URLSearchParams({ state: state(), q: words, before: pages.at(-1), limit: ROWS });
  for (const [name, value] of [...query]) if (!value) query.delete(name);
  const latest = await ask(`jobs?${query}`);
  if (question === asked) show(latest, words);
}

function show(latest, words) {
  answer = latest;
  const held = isHeld();
  byId("held").classList.toggle("visible", held);
  if (!held) arrange(latest.jobs);
  for (const job of latest.jobs) if (rows.has(job.job_id)) fill(rows.get(job.job_id), job);
  for (const cell of all("[data-count]")) say(cell, latest.counts ? count(countOf(latest.counts, cell.dataset.count)) : "");
  byId("no-jobs").hidden = rows.size > 0;
  say(byId("no-jobs"), noJobs(words));
  say(byId("searched"), words && latest.searched && latest.next ? `Searched ${count(latest.searched)} jobs; “Next” searches on.` : "");
  byId("previous").disabled = pages.length === 1;
  byId("next").disabled = !latest.next;
  say(byId("page"), `page ${count(pages.length)}`);
}

const countOf = (counts, name) => (name ? counts[name] ?? 0 : Object.values(counts).reduce((sum, one) => sum + one, 0));

function noJobs(words) {
  if (words) return `No job ${state() ? `that is ${state()} ` : ""}matches “${words}”. A search finds the beginning of a job's id, and parts of its title and kind.`;
  return state() ? `No job is ${state()}.` : "There are no jobs yet: press a button above.";
}

// The list does not change while a pointer or the keyboard's focus is in it.
function isHeld() {
  const pointed = matchMedia("(hover: hover)").matches && byId("jobs").matches(":hover");
  return rows.size > 0 && (pointed || byId("jobs").querySelector(":focus-visible") !== null);
}

function arrange(jobs) {
  const ids = new Set(jobs.map((job) => job.job_id));
  for (const [id, row] of rows) if (!ids.has(id)) row.remove(), rows.delete(id);
  let next = byId("jobs").firstElementChild; // rows that stay are not touched: they keep their focus
  for (const { job_id } of jobs) {
    if (rows.get(job_id) === next && next) next = next.nextElementSibling;
    else byId("jobs").insertBefore(rows.get(job_id) ?? makeRow(job_id), next);
  }
}

function makeRow(id) {
  const row = byId("job").content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  row.querySelector(".title a").href = address(`job/${encodeURIComponent(id)}`);
  row.querySelector(".download").href = address(`${jobPath(id)}/pdf`);
  row.querySelector(".download").download = `${id}.pdf`;
  rows.set(id, row);
  return row;
}

function fill(row, job) {
  const title = job.title || job.kind;
  row.dataset.state = job.state;
  say(row.querySelector(".state"), job.state);
  say(row.querySelector(".title a"), title);
  say(row.querySelector(".title small"), `${job.kind} ${short(job.job_id)}`);
  say(row.querySelector(".what"), whatBecame(job));
  offer(row.querySelector(".download"), job.state === "COMPLETED", title);
  offer(row.querySelector("[data-action=retry]"), job.state === "FAILED" && !job.retried_as, title);
  offer(row.querySelector("[data-action=cancel]"), job.state === "QUEUED", title);
}

function offer(action, offered, title) {
  if (!offered && action === document.activeElement) action.closest("li").querySelector(".title a").focus();
  action.hidden = !offered;
  action.setAttribute("aria-label", `${action.textContent} ${title}`);
}

export function whatBecame(job) {
  const begun = job.started_at ?? job.ended_at ?? now();
  const [waited, worked] = [begun - job.queued_at, (job.ended_at ?? now()) - begun].map((time) => duration(Math.max(time, 0)));
  switch (job.state) {
    case "QUEUED": return `has waited ${duration(Math.max(now() - job.queued_at, 0))}` + (job.reason ? `; last try: ${job.reason}` : "");
    case "PROCESSING": return `waited ${waited}, rendering for ${worked}`;
    case "COMPLETED": return `waited ${waited}, rendered ${worked}`;
    default: return `${job.reason ?? ""}${job.retried_as ? " – retried as a new job" : ""}${job.dismissed_at ? " – dismissed" : ""}`;
  }
}

// Buttons

export const CHANGES = { // what each button of a job does, and what is said then
  cancel: async (id) => (await ask(jobPath(id), { method: "DELETE" }), "Cancelled."),
  dismiss: async (id) => (await ask(`${jobPath(id)}/dismiss`, { method: "POST" }), "Dismissed: it is no dead letter any more."),
  retry: async (id) => {
    const { job_id } = await ask(`${jobPath(id)}/retry`, { method: "POST" });
    return `Retried as the new job ${short(job_id)}.`;
  },
};

function change({ target }) {
  if (!target.dataset.action) return;
  act(async () => {
    const done = await CHANGES[target.dataset.action](target.closest("li").dataset.id);
    refreshJobs().catch(() => {}); // the next poll says what is wrong
    return done;
  });
}

function turn(cursors) {
  pages = cursors;
  for (const row of rows.values()) row.remove();
  rows.clear();
  refreshJobs().catch(() => {});
}

let typing;
export function startJobs() {
  byId("jobs").addEventListener("click", change);
  byId("filter").addEventListener("change", () => turn([""]));
  byId("next").addEventListener("click", () => turn([...pages, answer.next]));
  byId("previous").addEventListener("click", () => turn(pages.slice(0, -1)));
  byId("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => turn([""]), 250);
  });
}
