// What the projector and the teacher's page share: the live view, the sentence above it, and words for numbers.

export const byId = (id) => document.getElementById(id);
export const plural = (value, noun, more = `${noun}s`) => `${value} ${value === 1 ? noun : more}`;
export const seconds = (value) => (value === null || value === undefined ? "–" : `${value < 9.95 ? value.toFixed(1) : Math.round(value)}\u00a0s`);
export const answerTime = (value) => (value < 0.0995 ? `${Math.max(1, Math.round(1000 * value))}\u00a0ms` : seconds(value));

// A node is only touched when its text is new: a screen reader would read a live region each second.
export function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

export function element(tag, words = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = words;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Follow the class: `show` gets each view. The browser opens a broken stream again by itself.
export function follow({ show, over, lost }) {
  const stream = new EventSource("api/screen");
  stream.onmessage = ({ data }) => {
    lost(false);
    show(JSON.parse(data));
  };
  stream.onerror = () => lost(true);
  stream.addEventListener("over", () => {
    stream.close();
    over();
  });
}

// Press a control of the teacher. Resolves to what happened; throws what is wrong.
export async function control(name, value = null) {
  let answer, data;
  try {
    const headers = { "Content-Type": "application/json" };
    answer = await fetch("api/control", { method: "POST", headers, body: JSON.stringify({ name, value }) });
    data = await answer.json();
  } catch {
    throw new Error("The class does not answer. Is it still open in the terminal?");
  }
  if (!answer.ok) throw new Error(data.detail);
  return data.status;
}

// How many dots there are of each kind. A PDF for nobody is being rendered while a worker holds its dot.
export function counted({ dots, figures }) {
  const { waiting, queued, rendering, failed, refused, "gave up": gaveUp } = figures.states;
  const held = dots.filter(({ state, dead }) => dead && state === "rendering").length;
  const forNobody = dots.filter(({ nobody, worker }) => nobody && !worker).length;
  const busyForNobody = dots.filter(({ nobody, worker, dead }) => nobody && worker && !dead).length;
  const done = figures.in_time + figures.late;
  return { waiting, queued, rendering: rendering - held, held, done, gaveUp, refused, failed, forNobody, busyForNobody };
}

// One sentence or a few: what goes on.
export function sentence(view) {
  const { button, phones, act, figures, settings } = view;
  if (figures.presses === 0) return beforeTheFirst(button, phones, act);
  const now = counted(view), words = [], longest = seconds(figures.longest);
  if (now.held) words.push(lostOrHeld(view, now.held));
  if (now.waiting) words.push(`${plural(now.waiting, "waits", "wait")} for an answer, the longest ${longest}.`);
  if (now.queued) words.push(`${plural(now.queued, "job is", "jobs are")} queued, the oldest ${longest}.`);
  const busy = now.rendering + now.busyForNobody, wasted = now.rendering ? `, ${now.busyForNobody} of them for nobody` : " for nobody";
  if (busy && !now.held) words.push(`${plural(busy, "is", "are")} being rendered${now.busyForNobody ? wasted : ""}.`);
  if (!words.length) return afterTheLast(now, figures, settings);
  if (now.done) words.push(`${plural(now.done, "has", "have")} a PDF.`);
  else if (!now.held) words.push("Nobody has a PDF.");
  if (now.gaveUp) words.push(`${plural(now.gaveUp, "request")} given up.`);
  if (now.refused) words.push(`${plural(now.refused, "was", "were")} refused.`);
  return words.join(" ");
}

function beforeTheFirst(button, phones, { has_go }) {
  if (button === "open") return "Press now: the buttons are awake.";
  if (phones === 0) return "Scan the code with your phone.";
  return has_go ? `${plural(phones, "phone")} ${phones === 1 ? "waits" : "wait"} for the button.` : "Scan the code with your phone.";
}

function afterTheLast(now, figures, { patience }) {
  const asked = plural(figures.presses, "request"), words = [`Over: ${asked}, ${plural(now.done, "PDF")}`];
  if (now.gaveUp) words.push(`${now.gaveUp} gave up`);
  if (now.refused) words.push(`${now.refused} refused`);
  if (now.failed) words.push(`${now.failed} failed`);
  if (now.forNobody) words.push(`${plural(now.forNobody, "PDF")} for nobody`);
  return `${words.join(", ")}. ${figures.late ? `${figures.late} came after more than ${seconds(patience)}.` : ""}`.trim();
}

function lostOrHeld({ dots }, held) {
  const dead = dots.filter((dot) => dot.dead && dot.state === "rendering");
  const owner = dead.length === 1 && dead[0].name ? `${dead[0].name}’s job` : plural(held, "job");
  if (isLost(dead[0])) return `${owner} ${held === 1 ? "is lost with its worker" : "are lost with their workers"}.`;
  return `A dead worker holds ${owner} until its lease ends.`;
}

// A naive worker has no lease: what it held when it died stays with it.
export const isLost = ({ worker, dead }) => Boolean(dead && worker.startsWith("naive:"));
