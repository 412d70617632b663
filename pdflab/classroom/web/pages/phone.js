// The page of one phone: join, press, wait, read. What the class does comes from the live view; what this phone
// sent itself is an attempt, which is remembered across a reload as a browser remembers the form that it sends.

import { ask, follow } from "./phone_live.js";
import { setAside, showQuestion } from "./phone_question.js";
import { STATES, broken, isOpen, ordinal, pressScene, rowText, seconds, sending, waiting } from "./phone_words.js";

const $ = (id) => document.getElementById(id);
const REMEMBERED = "pdflab attempt", LONGEST_LINE = 24, MOST_RETRIES = 3, FIRST_PAUSE = 500; // ms
const RESEND_PAUSE = 800, DROPPED_AFTER = 1500, LEAVING = 400; // ms

let view = null;
let attempt = null; // {key, act, endpoint, times, tries, at, result, answeredAt, retryAt}
let opensAt = null; // when the button wakes, by this phone's clock
let earlier = new Set(); // keys of the presses before the last countdown
let began = {}; // when each press began, by this phone's clock
let shown = {}, said = "", notice = "", longest = 0;

const now = () => performance.now();
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte % 36).toString(36)).join("");
const endsWith = (press, key) => press.key.slice(press.key.indexOf("-") + 1) === key;

// Joining

function showJoin(problem) {
  view = attempt = null;
  for (const id of ["question", "stage", "earlier", "over", "me"]) $(id).hidden = true;
  $("join").hidden = false;
  $("act").textContent = "A PDF for everybody";
  $("join-problem").textContent = problem || "";
  document.title = "Join the class";
  const code = new URLSearchParams(location.search).get("code") || "";
  $("code").value = $("code").value || code;
  $("code-field").hidden = !!code && !problem;
  if (!code) $("code").focus();
}

$("join").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("enter").disabled = true;
  const { status, body } = await ask("api/join", { code: $("code").value, name: $("name").value }, 8000);
  $("enter").disabled = false;
  if (status === 200) return enter();
  showJoin(body.detail || "The classroom does not answer. Try again.");
});

$("name").addEventListener("input", () => ($("paper-name").textContent = $("name").value.trim() || "…"));

function enter() {
  if (location.search) history.replaceState(null, "", location.pathname);
  $("join").hidden = true;
  follow({ view: see, over: showOver, gone: () => showJoin(), lost: (isLost) => ($("lost").hidden = !isLost) });
}

function showOver() {
  for (const id of ["question", "stage", "earlier", "join", "me"]) $(id).hidden = true;
  $("act").textContent = "A PDF for everybody";
  $("thanked").textContent = view ? view.name : "all";
  $("over").hidden = false;
  document.title = "The class is over";
  say("The class is over. Thank you.");
  view = attempt = null;
  forget();
}

// What the class does

function see(next) {
  const first = view === null, wasCounting = !first && view.button === "counting";
  if (first && next.button !== "closed") setAside(next.question);
  if (!first && next.act !== view.act) setAside(view.question);
  view = next;
  $("join").hidden = true;
  $("me").hidden = $("stage").hidden = false;
  $("me").textContent = view.name;
  $("act").textContent = view.act;
  note(view.presses);
  if (view.button === "counting") {
    if (!wasCounting) beginCountdown();
    opensAt = Math.min(opensAt, now() + 1000 * view.opens_in);
  }
  if (attempt && isGone(attempt)) attempt = null;
  if (first) resume();
  showQuestion(view.question && { ...view.question, patience: view.patience }, say);
  draw();
}

function note(presses) {
  const known = began;
  began = {};
  for (const press of presses) began[press.key] = known[press.key] || now() - 1000 * press.seconds;
}

function beginCountdown() {
  opensAt = Infinity;
  earlier = new Set(view.presses.map((press) => press.key));
  attempt = null;
  notice = "";
  setAside(view.question);
  forget();
  scrollTo(0, 0);
}

// The teacher has begun another act, or the same one again.
function isGone(one) {
  if (one.act !== view.act) return true;
  if (!one.result || !one.result.key || now() - one.answeredAt < DROPPED_AFTER) return false;
  return !view.presses.some((press) => press.key === one.result.key);
}

function button() {
  return view.button === "counting" && now() >= opensAt ? "open" : view.button;
}

// Pressing

function press({ times = 1, tries = 0, key = newKey(), endpoint = view.endpoint } = {}) {
  attempt = { key, act: view.act, endpoint, times, tries, at: now(), result: null };
  notice = "";
  remember(attempt);
  send(attempt);
  draw();
}

async function send(mine) {
  let answer = await ask("api/press", { key: mine.key });
  while (answer.status === 0 && mine.endpoint === "queued" && attempt === mine) {
    await pause(RESEND_PAUSE); // the same key is the same job: to send it again does no harm
    if (attempt === mine) answer = await ask("api/press", { key: mine.key });
  }
  for (let tries = 0; isTooSoon(answer) && tries < MOST_RETRIES && attempt === mine; tries++) {
    await pause(RESEND_PAUSE); // who reloads three times in a second sends the last one a little later
    answer = await ask("api/press", { key: mine.key });
  }
  if (answer.status === 0) await pause(LEAVING); // a page that is left ends here, and what it sent stays remembered
  if (attempt !== mine) return;
  forget();
  mine.answeredAt = now();
  if (answer.status === 401) return showJoin();
  if (answer.body.key) mine.result = answer.body;
  else if (answer.body.detail) giveUp(answer.body.detail);
  else mine.result = { key: "", endpoint: mine.endpoint, state: "gave up", error: "left" };
  if (mine.result) retryIfAsked(mine);
  draw();
}

const isTooSoon = (answer) => answer.status === 429 && !answer.body.key;

function giveUp(detail) {
  attempt = null;
  notice = detail;
}

function retryIfAsked(mine) {
  const wanted = mine.result.error === "timeout" || mine.result.state === "refused";
  if (!view.retries || !wanted || mine.tries >= MOST_RETRIES || button() !== "open") return;
  const wait = FIRST_PAUSE * 2 ** mine.tries * (0.5 + Math.random());
  mine.retryAt = now() + wait;
  setTimeout(() => {
    if (attempt === mine && button() === "open") press({ times: mine.times + 1, tries: mine.tries + 1 });
    else if (attempt === mine) mine.retryAt = null;
  }, wait);
}

// After a reload a synchronous request is sent anew, as by a browser; a queued one with its own key.
function resume() {
  const last = remembered();
  if (!last || last.act !== view.act || button() !== "open") return forget();
  if (last.endpoint === "queued") press({ key: last.key, times: last.times, tries: last.tries, endpoint: "queued" });
  else if (view.endpoint === "synchronous") press({ times: last.times + 1 });
}

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

function remember(one) {
  try {
    sessionStorage.setItem(REMEMBERED, JSON.stringify(one));
  } catch (error) { /* a browser that keeps nothing */ }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(REMEMBERED));
  } catch (error) {
    return null;
  }
}

function forget() {
  try {
    sessionStorage.removeItem(REMEMBERED);
  } catch (error) { /* the same */ }
}

// Drawing

function scene() {
  if (button() === "counting") return { kind: "counting", title: "Get ready …" };
  if (attempt) return sceneOf(attempt);
  const last = view.presses.find((one) => !earlier.has(one.key));
  const isKnown = last && !(last.endpoint === "synchronous" && isOpen(last));
  if (isKnown) return pressScene(last, view.patience);
  if (button() === "open") return { kind: "awake", say: "Your button is awake. Press it.", title: "Press now" };
  return { kind: "asleep", title: view.question && !view.question.shown ? "A question" : "Your button sleeps" };
}

function sceneOf(one) {
  const live = view.presses.find((known) => endsWith(known, one.key));
  const isAnswered = live && (one.endpoint === "queued" || (one.result && one.result.key));
  const press = isAnswered && live.answer_ms !== undefined ? live : one.result;
  const found = press ? (press.error === "left" ? broken(press) : pressScene(press, view.patience)) : one.endpoint === "queued" ? sending() : waiting();
  if (one.retryAt) {
    found.again = found.more = "";
    found.retry = one.retryAt;
  }
  if (one.times > 1) found.times = one.tries ? `Sent again by itself: ${ordinal(one.times)} time.` : `Sent again (${ordinal(one.times)} time)`;
  found.since = press && began[press.key] && press.endpoint === "queued" ? began[press.key] : one.at;
  return found;
}

function draw() {
  if (!view) return;
  const next = scene();
  const change = next.kind !== shown.kind;
  shown = next;
  const onButton = ["asleep", "counting", "awake"].includes(next.kind);
  $("press").hidden = !onButton;
  $("ticket").hidden = onButton;
  $("stage").dataset.kind = next.kind;
  if (onButton) drawButton(next);
  else drawTicket(next);
  $("problem").textContent = notice;
  drawRows(onButton || !view.presses.length ? 0 : 1);
  document.title = `${next.title} – ${view.name}`;
  if (change) feel(next.kind);
  if (next.say && (change || next.state !== said)) say(next.say);
  if (next.say) said = next.state;
  tick();
}

function drawButton(next) {
  const isAwake = next.kind === "awake";
  $("press").disabled = !isAwake;
  $("zzz").hidden = next.kind !== "asleep";
  if (next.kind !== "counting") $("press-text").textContent = isAwake ? "Give me my PDF" : "Your button sleeps";
  const quiet = view.question && !view.question.shown ? "" : "Your teacher wakes it.";
  $("press-note").textContent = isAwake ? "" : next.kind === "counting" ? "Get ready" : quiet;
  $("stage").classList.toggle("small", next.kind === "asleep" && !!view.question);
}

function drawTicket(next) {
  $("stage").classList.remove("small");
  $("ticket").dataset.state = next.state;
  $("headline").textContent = next.headline;
  $("headline").dataset.symbol = next.kind === "waiting" || next.kind === "sending" ? "" : STATES[next.state][0];
  $("spinner").hidden = !["waiting", "sending"].includes(next.kind);
  $("figure").hidden = !["waiting", "sending", "queued", "rendering"].includes(next.kind);
  $("text").textContent = next.retry ? `${next.text} This page sends again by itself …` : next.text || "";
  $("times").textContent = next.times || "";
  const label = button() === "open" ? next.again || next.more || "" : next.kind === "waiting" ? next.again : "";
  $("again").hidden = !label;
  $("again").textContent = label;
  $("again").classList.toggle("second", !next.again || next.kind === "waiting");
  drawLine(next);
  drawPdf(next.pdf);
}

// Those who are before me, and me, the last.
function drawLine(next) {
  const place = next.kind === "queued" ? next.place || 0 : 0;
  longest = next.kind === "queued" ? Math.max(longest, place) : 0;
  const line = $("line"), wanted = Math.min(longest, LONGEST_LINE);
  line.hidden = next.kind !== "queued" && next.kind !== "rendering";
  while (line.children.length > wanted) line.lastChild.remove();
  while (line.children.length < wanted) line.append(document.createElement("i"));
  const mine = Math.min(place, LONGEST_LINE);
  [...line.children].forEach((dot, index) => (dot.className = index + 1 < mine ? "before" : index + 1 === mine ? "mine" : ""));
}

function drawPdf(key) {
  $("open").hidden = !key;
  if (!key) {
    $("page").hidden = true;
    $("picture").removeAttribute("src");
    return;
  }
  const pdf = `api/pdf/${key}`, picture = `api/page/${key}.png`;
  if ($("open").getAttribute("href") === pdf && $("picture").getAttribute("src")) return;
  $("open").href = $("page").href = pdf;
  $("page").hidden = false;
  $("page").classList.remove("there");
  $("picture").src = picture;
}
$("picture").onload = () => $("page").classList.add("there");
$("picture").onerror = () => ($("page").hidden = true);

function drawRows(current) {
  const rows = view.presses;
  $("earlier").hidden = rows.length <= current;
  if (!$("earlier").hidden) $("presses").replaceChildren(...rows.map(rowOf));
}

function rowOf(press) {
  const row = document.createElement("li"), mark = document.createElement("b"), words = document.createElement("span");
  const isBrowsers = press.endpoint === "synchronous" && isOpen(press);
  row.dataset.state = isBrowsers ? "waiting" : press.state;
  mark.textContent = STATES[row.dataset.state][0];
  mark.setAttribute("aria-hidden", "true");
  words.textContent = rowText(press);
  row.append(mark, words);
  const isKept = press.endpoint === "queued" || press === view.presses.find((one) => one.endpoint === "synchronous" && one.state === "done");
  if (press.state === "done" && isKept) row.append(linkTo(press));
  return row;
}

function linkTo(press) {
  const link = document.createElement("a");
  link.href = `api/pdf/${press.key}`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "PDF";
  return link;
}

function say(text) {
  if ($("say").textContent !== text) $("say").textContent = text;
}

function feel(kind) {
  const pattern = { awake: 200, done: [80, 60, 80], refused: 60 }[kind];
  if (pattern && navigator.vibrate) navigator.vibrate(pattern);
}

// What moves between two messages: the countdown and the stopwatch. No screen reader reads it.
let digit = 0;
function tick() {
  if (!view) return;
  if (shown.kind === "counting") {
    const left = Math.ceil((opensAt - now()) / 1000);
    if (left <= 0) return draw();
    if (left !== digit && navigator.vibrate) navigator.vibrate(40);
    digit = left;
    $("press-text").textContent = String(left);
  }
  if ($("ticket").hidden || $("figure").hidden) return;
  const isPlace = shown.kind === "queued" && shown.place;
  $("figure-label").textContent = isPlace ? "number" : "";
  $("figure-number").textContent = isPlace ? String(shown.place) : seconds((now() - shown.since) / 1000);
}
setInterval(tick, 100);

$("press").addEventListener("click", () => button() === "open" && !attempt && press());
$("again").addEventListener("click", () => {
  if (shown.kind === "waiting") return location.reload();
  const times = shown.again && attempt ? attempt.times + 1 : 1;
  if (button() === "open") press({ times });
});

async function start() {
  const { status } = await ask("api/view", undefined, 5000);
  if (status === 401) showJoin();
  else enter();
}
start();
