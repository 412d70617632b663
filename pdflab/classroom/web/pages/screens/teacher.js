// The teacher's page: the script, one large button for the next step, and all other controls.
import { byId, control, counted, element, follow, plural, say, seconds, sentence } from "./screen.js";

const GROUPS = { lesson: "The lesson", service: "The service", harm: "Faults and ends" };
const ASKED_FIRST = ["end", "reset"];
const REPORTED = ["kill", "freeze", "workers", "worker_type", "limit"]; // what came of them is the lab's sentence
const SAID = {
  go: "3, 2, 1: the buttons wake.",
  close: "The buttons sleep.",
  ask: "The question is on the phones.",
  show: "The result is shown.",
  reset: "The act begins again.",
  end: "The class ends.",
};
const YES = { true: "on", false: "off" };

let acts = [], controls = [], latest, step = null, killed = false;

const script = await (await fetch("api/script")).json();
({ acts, controls } = script);
byId("acts").replaceChildren(...acts.map(showAct));
byId("controls").replaceChildren(...Object.entries(GROUPS).map(showGroup));

follow({
  show(view) {
    if (latest?.act.name !== view.act.name || !view.figures.presses) killed = false;
    latest = view;
    document.body.classList.remove("lost");
    showNow(view);
    showPreview(view);
    showSettings(view);
  },
  over() {
    document.body.classList.add("over");
    step = null;
    for (const button of document.querySelectorAll("main button")) button.disabled = true;
    say(byId("next"), "The class is over.");
    say(byId("why"), "");
  },
  lost(is) {
    document.body.classList.toggle("lost", is);
    if (is) tell("No connection to the class; trying again.", true);
    else if (byId("message").textContent.startsWith("No connection")) tell("");
  },
});

// What to press next: an act, Go, its fault, Close, its question, its result, the next act.
function nextStep({ act, button, question, figures, settings }) {
  const next = acts[act.number], isMine = question?.is_of_act, isOpen = button !== "closed";
  const isPrediction = question && !question.options.length;
  if (button === "counting") return { label: "3, 2, 1 …", why: "The buttons of the phones are about to wake." };
  if (isOpen && ["kill", "naive"].includes(act.name) && !killed && figures.states.rendering) return { name: "kill", label: "Kill a worker", why: "One is at its work. Whose phone stops?", isHarm: true };
  if (isOpen) return { name: "close", label: "Close the buttons", why: "When all have pressed, or the point is made." };
  if (act.has_go && !figures.presses) return { name: "go", label: "Go!", why: `3, 2, 1: the buttons of all phones wake, at the ${settings.endpoint} endpoint.` };
  if (question && !question.shown && (isPrediction ? figures.presses : isMine)) return { name: "show", label: isPrediction ? "Show the predictions" : "Show the result", why: `${question.answers} have answered.` };
  if (act.question && !isMine) return { name: "ask", label: "Ask the question", why: "It appears on the phones and on the projector." };
  if (next) return { name: "act", value: next.name, label: `Next act: ${next.title}`, why: isMine && !question.shown ? `${question.answers} have answered. The result is shown after the next act.` : "" };
  return { label: "That was the last act.", why: "End the class below, or choose an act again." };
}

function showNow(view) {
  const { act, elapsed } = view, minute = Math.floor(elapsed / 60), planned = acts.slice(0, act.number).reduce((sum, { minutes }) => sum + minutes, 0);
  say(byId("time"), `Minute ${minute} since the room opened. By plan, this act ends at minute ${planned} of ${acts.reduce((sum, { minutes }) => sum + minutes, 0)}.`);
  byId("time").classList.toggle("late", minute > planned);
  say(byId("now-title"), `${act.number} of ${act.of}: ${act.title}`);
  say(byId("say"), act.say);
  step = nextStep(view);
  say(byId("next"), step.label);
  say(byId("why"), step.why);
  byId("next").disabled = !step.name;
  byId("next").classList.toggle("harm", Boolean(step.isHarm));
  for (const item of byId("acts").children) item.classList.toggle("on", item.dataset.act === act.name);
}

function showPreview(view) {
  const now = counted(view), { figures, question, phones, connected } = view;
  say(byId("sentence"), sentence(view));
  const shown = [
    ["phones", `${phones}`, connected < phones ? `${connected} connected` : ""],
    ["wait", `${now.waiting + now.queued}`, figures.longest ? `oldest ${seconds(figures.longest)}` : ""],
    ["rendered", `${now.rendering + now.busyForNobody}`, now.busyForNobody ? `${now.busyForNobody} for nobody` : ""],
    ["PDFs", `${now.done}`, figures.pdf_median === null ? "" : `median ${seconds(figures.pdf_median)}`],
    ["gave up", `${now.gaveUp}`, now.forNobody ? `${now.forNobody} PDFs for nobody` : ""],
    ["refused", `${now.refused}`, ""],
  ];
  const place = byId("counts");
  if (!place.children.length) place.replaceChildren(...shown.map(([name]) => {
    const part = element("div", "", { "data-count": name });
    part.append(element("dt", name), element("dd"), element("dd", "", { class: "note" }));
    return part;
  }));
  shown.forEach(([, number, note], i) => {
    say(place.children[i].children[1], number);
    say(place.children[i].children[2], note);
  });
  say(byId("asked"), question ? `Question${question.round > 1 ? `, vote ${question.round}` : ""}: ${question.text} ${question.answers} of ${plural(phones, "phone")} answered.` : "");
}

function showAct({ name, title, minutes, say: words }, i) {
  const item = element("li", "", { "data-act": name }), button = element("button", `${i + 1}. ${title}`, { type: "button", "data-control": "act" });
  button.addEventListener("click", () => press("act", name));
  item.append(button, element("span", plural(minutes, "minute")), element("p", words));
  return item;
}

function showGroup([group, title]) {
  const place = element("section", "", { class: `group ${group === "harm" ? "ends" : group}` });
  place.append(element("h2", title), ...controls.filter((one) => one.group === group && one.name !== "act").map(showControl));
  return place;
}

function showControl({ name, label, values, is_harmful, tip }) {
  if (!values.length) {
    const button = element("button", label, { type: "button", "data-control": name, ...(is_harmful && { class: "harm" }) });
    button.addEventListener("click", () => press(name));
    if (!tip) return button;
    const place = element("div", "", { class: "one" });
    place.append(button, element("small", tip));
    return place;
  }
  const set = element("fieldset"), legend = element("legend", label), id = `value-of-${name}`;
  const buttons = values.map((value) => {
    const button = element("button", YES[value] ?? String(value), { type: "button", "data-control": name, "data-value": JSON.stringify(value), "aria-pressed": "false" });
    button.addEventListener("click", () => press(name, value));
    return button;
  });
  set.append(legend, ...buttons);
  if (tip) {
    set.append(element("small", tip, { id }));
    set.setAttribute("aria-describedby", id);
  }
  return set;
}

function showSettings({ settings }) {
  for (const button of document.querySelectorAll("[data-value]"))
    button.setAttribute("aria-pressed", String(JSON.stringify(settings[button.dataset.control]) === button.dataset.value));
}

async function press(name, value = null) {
  const known = controls.find((one) => one.name === name);
  if (ASKED_FIRST.includes(name) && !(await isConfirmed(known))) return;
  tell("…");
  try {
    const status = await control(name, value);
    if (name === "kill") killed = true;
    tell((REPORTED.includes(name) && status) || SAID[name] || wordsFor(known, value));
  } catch (error) {
    tell(error.message, true);
  }
}

function wordsFor({ name, label }, value) {
  const act = name === "act" && acts.find((one) => one.name === value);
  return act ? `${act.title}: the act has begun.` : `${label}: ${YES[value] ?? value}.`;
}

function tell(words, isError = false) {
  byId("message").classList.toggle("error", isError);
  say(byId("message"), words);
}

function isConfirmed({ label, tip }) {
  const dialog = byId("confirm");
  say(byId("confirm-title"), `${label}?`);
  say(byId("confirm-what"), `This ${tip}.`);
  say(byId("confirm-yes"), label);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

byId("next").addEventListener("click", () => step?.name && press(step.name, step.value ?? null));
