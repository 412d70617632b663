// What an operator changes: the six loads, the whole queue, the dead letters. What loses something asks first.
import { all, byId, count, duration, element, known, plural, say, short } from "./format.js";
import { act, address, ask } from "./request.js";
import { CHANGES, refreshJobs } from "./jobs.js";

const LISTED = 50; // dead letters in the dialog

let stats = {};
export function showControls(latest) {
  stats = latest;
  byId("pause").classList.toggle("on", stats.paused === true);
  say(byId("pause"), stats.paused ? "Resume the queue" : "Pause the queue");
  byId("cancel-all").disabled = stats.queued === 0;
}

// Ask before something is lost; resolves to whether to do it. The browser gives the focus back when a dialog closes.
function confirmed({ title, loss, verb, keep }) {
  const dialog = byId("confirm");
  say(byId("confirm-title"), title);
  say(byId("confirm-loss"), loss);
  say(byId("confirm-yes"), verb);
  say(byId("confirm-no"), keep);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

const post = (path, body) => ask(path, { method: "POST", body });

async function pause() {
  const { paused } = await post(stats.paused ? "queue/resume" : "queue/pause");
  showControls({ ...stats, paused });
  return paused ? "Paused: no worker begins a job; running ones finish." : "Resumed: workers take jobs again.";
}

async function cancelAll() {
  const jobs = plural(stats.queued, "queued job");
  const loss = `${jobs} will end as FAILED, without a PDF. Jobs that a worker renders now go on.`;
  if (!(await confirmed({ title: "Cancel all queued jobs?", loss, verb: `Cancel ${jobs}`, keep: "Keep them" }))) return "";
  const { cancelled, queued } = await post("queue/cancel", { confirm: true });
  return `Cancelled ${plural(cancelled, "job")}${queued ? `; ${count(queued)} are queued: press again` : ""}.`;
}

let kept = {};
async function openPurge() {
  kept = (await ask("jobs?limit=1")).counts;
  describePurge();
  byId("purge").showModal();
  return "";
}

const purged = () => document.querySelector("#purge input:checked").value;

function describePurge() {
  const wanted = { COMPLETED: ["COMPLETED"], FAILED: ["FAILED"], both: ["COMPLETED", "FAILED"] };
  for (const cell of all("[data-kept]")) say(cell, count(sum(wanted[cell.dataset.kept])));
  const total = sum(wanted[purged()]), pdfs = purged() === "FAILED" ? "" : ", and the PDFs";
  say(byId("purge-loss"), `${plural(total, "job")} will be deleted with all that is known about them${pdfs}. This cannot be undone.`);
  say(byId("purge-yes"), `Delete ${plural(total, "job")}`);
  byId("purge-yes").disabled = total === 0;
}

const sum = (states) => states.reduce((total, state) => total + (kept[state] ?? 0), 0);

async function purge() {
  byId("purge").close();
  const done = await post("jobs/purge", { state: purged(), confirm: true });
  return `Deleted ${plural(done.purged, "job")}${done.kept ? `; ${count(done.kept)} are left: press again` : ""}.`;
}

// Dead letters

let dead = { count: 0 };
async function openDeadLetters() {
  await listDeadLetters();
  if (!byId("dead").open) byId("dead").showModal();
  return "";
}

async function listDeadLetters() {
  dead = await ask("dead-letters");
  const { count: total, would_fail_again: hopeless = 0, causes, jobs } = dead;
  const why = Object.entries(causes).map(([cause, number]) => `${count(number)} ${cause.replaceAll("_", " ")}`).join(", ");
  const which = hopeless < total ? `${count(hopeless)} of them` : total === 1 ? "It" : "All of them";
  const others = hopeless ? ` ${which} would fail again: the same request has the same fault.` : "";
  say(byId("dead-count"), total
    ? `${plural(total, "job")} failed and ${total === 1 ? "was" : "were"} neither cancelled, retried nor dismissed: ${why}.${others}`
    : "There are none: every failed job was cancelled, retried or dismissed.");
  byId("dead-jobs").replaceChildren(...jobs.slice(-LISTED).reverse().map(deadLetter));
  say(byId("dead-more"), total > LISTED ? `The latest ${LISTED} are listed.` : "");
  say(byId("retry-all"), `Retry all ${count(total)}`);
  say(byId("retry-some"), `Retry the ${count(total - hopeless)} that may succeed`);
  say(byId("dismiss-all"), `Dismiss all ${count(total)} …`);
  byId("retry-all").hidden = byId("dismiss-all").hidden = !total;
  byId("retry-some").hidden = !hopeless || hopeless === total;
}

function deadLetter(job) {
  const item = byId("dead-letter").content.firstElementChild.cloneNode(true), name = job.title || job.kind;
  item.dataset.id = job.job_id;
  item.querySelector("a").textContent = name;
  item.querySelector("a").href = address(`job/${encodeURIComponent(job.job_id)}`);
  say(item.querySelector("small"), `${job.kind} ${short(job.job_id)}`);
  say(item.querySelector(".what"), job.reason ?? "");
  item.querySelector(".again").hidden = !job.would_fail_again;
  for (const button of item.querySelectorAll("button")) button.setAttribute("aria-label", `${button.textContent} ${name}`);
  return item;
}

async function changeDeadLetter({ target }) {
  if (!target.dataset.action) return;
  await act(async () => {
    const done = await CHANGES[target.dataset.action](target.closest("li").dataset.id);
    await listDeadLetters();
    byId("close-dead").focus(); // the button that was pressed is gone
    return done;
  });
}

async function retryAll(body) {
  byId("dead").close();
  const { job_ids } = await post("dead-letters/retry", body);
  return `Retried: ${plural(job_ids.length, "new job")}.`;
}

async function dismissAll() {
  const jobs = plural(dead.count, "dead letter");
  const loss = `${jobs} will be listed here no more, and not be retried. They stay FAILED until they expire.`;
  if (!(await confirmed({ title: "Dismiss all dead letters?", loss, verb: `Dismiss ${jobs}`, keep: "Keep them" }))) return "";
  const { dismissed } = await post("dead-letters/dismiss");
  await listDeadLetters();
  return `Dismissed ${plural(dismissed, "dead letter")}.`;
}

// Loads

const sizeOf = (parameter) => document.querySelector(`.sizes #${CSS.escape(parameter)}`);

async function operate(button) {
  const sizes = button.dataset.parameters.split(" ").filter(Boolean).map(sizeOf).filter(Boolean);
  if (!sizes.every((size) => size.reportValidity())) return;
  const body = Object.fromEntries(sizes.map((size) => [size.id, size.valueAsNumber]));
  await act(async () => {
    const started = await post(`operations/${button.dataset.operation}`, body);
    const documents = sizes.some((size) => size.id === "seconds") ? `, ${count(started.documents)} documents` : "";
    refreshLoads().catch(() => {}); // the next poll says what is wrong
    return `Starting: ${started.plan}${documents}.`;
  });
}

// The words of a button name its parameters: "Batch of {n}".
function nameButtons() {
  for (const place of all("[data-words]"))
    place.textContent = place.dataset.words.replace(/\{(\w+)\}/g, (_, parameter) => {
      const value = sizeOf(parameter)?.valueAsNumber;
      return Number.isFinite(value) ? count(value) : "…";
    });
}

export async function refreshLoads() {
  const { operations } = await ask("operations"), shown = new Set(operations.map(({ id }) => id));
  for (const item of [...byId("loads").children]) if (!shown.has(item.dataset.id)) item.remove();
  for (const load of operations) {
    const item = byId("loads").querySelector(`[data-id="${CSS.escape(load.id)}"]`) ?? byId("loads").appendChild(newLoad(load));
    say(item.firstElementChild, describeLoad(load));
    Object.assign(item.dataset, { left: load.documents - load.due, waiting: load.waiting ?? 0 });
  }
  byId("no-loads").hidden = operations.length > 0;
}

function describeLoad({ plan, endpoint, due, documents, waiting, seconds, is_ours: isOurs }) {
  const where = isOurs ? "" : `, to the ${endpoint} endpoint, started elsewhere`, clients = known(waiting, "count");
  return `${plan}${where}: ${count(due)} of ${plural(documents, "document")} due, ${clients} waiting, running for ${duration(seconds)}`;
}

function newLoad({ id, plan, is_ours: isOurs }) {
  const item = document.createElement("li");
  Object.assign(item.dataset, { id, plan });
  item.append(element("span", ""));
  if (!isOurs) return item; // who started it can stop it
  item.append(element("button", "Stop …", { type: "button", "aria-label": `Stop ${plan}` }));
  item.lastElementChild.addEventListener("click", () => act(() => stopLoad(item)));
  return item;
}

async function stopLoad(item) {
  const { left, waiting, plan } = item.dataset;
  const loss = `${plural(Number(left), "document")} will never be sent, and ${plural(Number(waiting), "client")} will not wait any longer. Jobs that were accepted are still rendered.`;
  if (!(await confirmed({ title: `Stop ${plan}?`, loss, verb: "Stop the load", keep: "Let it run" }))) return "";
  await ask(`operations/${encodeURIComponent(item.dataset.id)}`, { method: "DELETE" });
  refreshLoads().catch(() => {});
  return "Stopped.";
}

export function startControls() {
  const press = (id, action) => byId(id).addEventListener("click", () => act(async () => {
    const words = await action();
    refreshJobs().catch(() => {});
    return words;
  }));
  press("pause", pause), press("cancel-all", cancelAll), press("open-purge", openPurge), press("purge-yes", purge);
  press("open-dead", openDeadLetters), press("dismiss-all", dismissAll);
  press("retry-all", () => retryAll({})), press("retry-some", () => retryAll({ skip_rejected: true }));
  for (const button of all("dialog button[value]")) button.addEventListener("click", () => button.closest("dialog").close(button.value));
  byId("purge").addEventListener("change", describePurge);
  byId("dead-jobs").addEventListener("click", changeDeadLetter);
  for (const button of all("[data-operation]")) button.addEventListener("click", () => operate(button));
  for (const input of all(".sizes input")) input.addEventListener("input", nameButtons);
  nameButtons(); // browsers remember what was typed before a reload
}
