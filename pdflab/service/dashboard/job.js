// The page of one job: what was asked for, what became of it and when, and the PDF beside it.
import { byId, count, duration, element, say, short } from "./format.js";
import { Refused, act, address, ask, jobPath, now } from "./request.js";
import { CHANGES, whatBecame } from "./jobs.js";

const POLL_INTERVAL = 1000; // milliseconds, until the job has ended
const ID = decodeURIComponent(location.pathname.split("/").at(-1));
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
const MOST_SHOWN = 10_000; // characters of a request
const ENDED = ["COMPLETED", "FAILED"];

let timer;
async function poll() {
  clearTimeout(timer);
  let job;
  try {
    job = await ask(jobPath(ID));
    show(job);
    say(byId("trouble"), "");
  } catch (error) {
    say(byId("trouble"), error.message);
    byId("about").hidden = error instanceof Refused;
  }
  if (!job || !ENDED.includes(job.state)) timer = setTimeout(poll, POLL_INTERVAL);
}

function show(job) {
  const title = job.title || job.kind;
  document.body.dataset.state = job.state;
  byId("about").hidden = false;
  say(byId("title"), title);
  say(byId("state"), job.state);
  say(byId("what"), whatBecame(job));
  byId("facts").replaceChildren(...facts(job).flatMap(([name, value]) => [element("dt", name), definition(value)]));
  showHistory(job);
  showRequest(job);
  showPdf(job);
  offer("retry", job.state === "FAILED" && !job.retried_as);
  offer("dismiss", job.state === "FAILED" && !job.retried_as && !job.dismissed_at && job.cause !== "cancelled");
  offer("cancel", job.state === "QUEUED");
}

function showRequest({ request }) {
  const text = request ? JSON.stringify(request, null, 2) : "It is not kept once the job is COMPLETED.";
  say(byId("request"), text.slice(0, MOST_SHOWN));
  const left = text.length - MOST_SHOWN;
  say(byId("request-more"), left > 0 ? `${count(left)} more characters are not shown.` : "");
}

function facts(job) {
  const { result } = job;
  return [
    ["id", job.job_id],
    ["kind", job.kind],
    ["place in the queue", job.place && count(job.place)],
    ["attempts", job.attempt > 0 && count(job.attempt)],
    ["worker", job.worker],
    ["pages", result && count(result.pages)],
    ["size", result && `${count(Math.ceil(result.bytes / 1000))} kB`],
    ["characters without a glyph", result?.missing_glyphs?.length && result.missing_glyphs.join(", ")],
    ["retry of", job.retry_of && link(job.retry_of)],
    ["retried as", job.retried_as && link(job.retried_as)],
  ].filter(([, value]) => value);
}

const link = (id) => element("a", short(id), { href: address(`job/${encodeURIComponent(id)}`) });

function definition(value) {
  const made = document.createElement("dd");
  made.append(value);
  return made;
}

// Each state that the job was in, for how long, and from when on.
function showHistory(job) {
  const ends = [...job.history.slice(1).map(({ at }) => at), job.ended_at ?? now()];
  const steps = job.history.map(({ state, at }, i) => ({ state, at, seconds: Math.max(ends[i] - at, 0) }));
  const total = Math.max(steps.reduce((sum, { seconds }) => sum + seconds, 0), 0.001);
  byId("bar").replaceChildren(...steps.filter(({ state }) => !ENDED.includes(state)).map((one) => stretch(one, total)));
  byId("history").replaceChildren(...steps.map(step));
}

function stretch({ state, seconds }, total) {
  const made = element("span", "");
  made.dataset.state = state;
  made.style.flexGrow = String((1000 * seconds) / total); // a sum below 1 would not fill the bar
  return made;
}

function step({ state, at, seconds }) {
  const made = document.createElement("li"), when = new Date(at * 1000);
  made.dataset.state = state;
  const time = element("time", when.toLocaleTimeString("en-GB", CLOCK), { datetime: when.toISOString() });
  made.append(element("span", state, { class: "state" }), time, element("span", ENDED.includes(state) ? "" : duration(seconds)));
  return made;
}

let shown = false; // the PDF is loaded once
function showPdf(job) {
  const there = job.state === "COMPLETED" && !job.no_pdf, place = address(`${jobPath(ID)}/pdf`);
  say(byId("no-pdf"), there ? "" : job.no_pdf ?? `There is no PDF yet: the job is ${job.state}.`);
  byId("links").hidden = !there;
  byId("open").href = byId("download").href = place;
  byId("download").download = `${ID}.pdf`;
  byId("pdf").hidden = !there || !navigator.pdfViewerEnabled;
  if (there && !shown && navigator.pdfViewerEnabled) byId("pdf").src = place;
  shown ||= there;
}

function offer(action, offered) {
  const button = document.querySelector(`[data-action=${action}]`);
  if (!offered && button === document.activeElement) byId("title").focus(); // what had the focus is gone
  button.hidden = !offered;
}

for (const button of document.querySelectorAll("[data-action]"))
  button.addEventListener("click", () => act(async () => {
    const done = await CHANGES[button.dataset.action](ID);
    await poll();
    return done;
  }));
poll();
