// The projector: one sentence, the dots, the figures, the question. All of it follows the live view.
import { Dots } from "./dots.js";
import { showQuestion } from "./poll.js";
import { answerTime, byId, control, counted, element, follow, plural, say, seconds, sentence } from "./screen.js";

const PRESS_SHOWN = 1_300; // milliseconds that the word stays after the countdown

const dots = new Dots(byId("dots"), byId("labels"));
let latest, opensAt = null, opened = false, asking = false, seen = {};

follow({
  show(view) {
    latest = view;
    document.body.className = modeOf(view);
    say(byId("act"), `${view.act.number} of ${view.act.of} · ${view.act.title}`);
    say(byId("sentence"), asking ? "" : sentence(view));
    if (byId("code").textContent !== view.code) byId("qr").src = `qr.svg?${view.code}`;
    say(byId("code"), view.code);
    say(byId("names"), view.settings.names ? "Hide names" : "Show names");
    for (const part of ["figures", "depth", "age"]) byId(part).hidden = asking || !view.figures.presses;
    byId("stage").hidden = asking;
    byId("question").hidden = !asking;
    compare(view);
    showTurn(view);
    if (asking) showQuestion(view);
    else showClass(view);
    count(view);
  },
  over() {
    document.body.className = "over";
    opensAt = null;
    say(byId("act"), "The class is over.");
    say(byId("sentence"), "Thank you.");
  },
  lost: (is) => say(byId("connection"), is ? "No connection; trying again." : ""),
});

// What is shown follows what the teacher did last: an act and Go show the class, Ask and Show show the question.
function modeOf(view) {
  const { act, button, question, phones, figures } = view;
  const now = { act: act.name, open: button !== "closed", question: question && `${question.number} ${question.round} ${question.shown}` };
  if (!question || now.open || (seen.act && now.act !== seen.act)) asking = false;
  else if (now.question !== seen.question) asking = Boolean(seen.act) || !figures.presses;
  seen = now;
  if (asking) return "asking";
  return act.number === 1 && !figures.presses && !now.open ? (phones ? "lobby some" : "lobby") : "class";
}

function showClass(view) {
  const { figures, settings, series, button } = view, now = counted(view);
  const rendered = now.done + now.forNobody, depth = now.waiting + now.queued + now.rendering + now.held;
  say(document.querySelector('[data-figure="in-time"] dt'), `PDFs within ${Math.round(settings.patience)}\u00a0s`);
  figure("in-time", String(figures.in_time), `of ${rendered} rendered`);
  figure("depth", String(depth), "wait, or are in work");
  figure("age", depth ? seconds(figures.longest) : "–", "since it was sent");
  const answer = figures.answer_median === null ? "" : `${answerTime(figures.answer_median)} for the answer`;
  figure("wait", seconds(figures.pdf_median), answer);
  const since = series.findIndex(([, depth]) => depth), points = since < 0 ? [] : series.slice(Math.max(0, since - 1));
  chart("depth", points.map(([at, depth]) => [at, depth]), String);
  chart("age", points.map(([at, , age]) => [at, age]), seconds);
  document.documentElement.dataset.endpoint = settings.endpoint;
  dots.show(view, button);
}

// Both endpoints, as the class has met them: beside the question what the queue bought.
function compare({ compared }) {
  byId("compared").hidden = !asking || !compared.length;
  byId("compared").replaceChildren(...compared.map(({ title, answer, pdfs, phones, last }) => {
    const act = element("dl");
    act.append(element("dt", title), element("dd", `answer after ${answer === null ? "–" : answerTime(answer)}`));
    act.append(element("dd", `${plural(pdfs, "PDF")} for ${plural(phones, "phone")}`), element("dd", `the last after ${seconds(last)}`));
    return act;
  }));
}

function figure(name, value, note) {
  const [, number, small] = document.querySelector(`[data-figure="${name}"]`).children;
  say(number, value);
  say(small, note);
}

function chart(name, points, format) {
  const place = byId(name), top = Math.max(1, ...points.map(([, value]) => value));
  const first = points[0]?.[0] ?? -1, span = -first || 1;
  const at = ([ago, value]) => `${(100 * (ago - first) / span).toFixed(1)} ${(97 - 94 * value / top).toFixed(1)}`;
  place.querySelector("path").setAttribute("d", points.length > 1 ? `M${points.map(at).join("L")}` : "");
  const words = `at most ${format(top)}`;
  say(place.querySelector("b"), words);
  place.querySelector("svg").setAttribute("aria-label", `${name} over the last ${plural(Math.round(span), "second")}: ${words}`);
}

// The countdown runs on this clock between two messages.
function count({ button, opens_in }) {
  if (button === "counting") opensAt = performance.now() + 1_000 * opens_in;
  if (button === "open" && opensAt === null && !opened) opensAt = -Infinity; // the page came late: no word
  if (button === "closed") opensAt = null;
  opened = button === "open";
}

setInterval(() => {
  const left = opensAt === null ? -Infinity : opensAt - performance.now(), place = byId("countdown");
  place.hidden = left < -PRESS_SHOWN;
  place.classList.toggle("word", left <= 0);
  if (!place.hidden) say(place, left > 0 ? String(Math.ceil(left / 1_000)) : "PRESS");
}, 50);

function showTurn({ question, button }) {
  byId("turn").hidden = !question || button !== "closed";
  say(byId("turn"), asking ? "Show the class" : "Show the question");
}

byId("turn").addEventListener("click", () => {
  asking = !asking;
  document.body.className = asking ? "asking" : "class";
  byId("stage").hidden = asking;
  byId("question").hidden = !asking;
  compare(latest);
  if (asking) showQuestion(latest);
});
byId("names").addEventListener("click", () =>
  control("names", !latest.settings.names).catch((error) => say(byId("connection"), error.message)),
);

fetch("api/script").then((answer) => answer.json()).then(({ url }) => say(byId("address"), url.replace(/^https?:\/\/|\/$/g, "")));
