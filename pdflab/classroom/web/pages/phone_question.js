// The question of the class: a vote on A, B, C, or a number to guess; what was given can be changed until shown.

import { ask } from "./phone_live.js";

const $ = (id) => document.getElementById(id);
let question = null, mine = null, shownAs = ""; // mine: {id, value, sending}, not confirmed yet
let past = ""; // the question that was there when the class went on

const idOf = (one) => `${one.number}/${one.round}`;
const given = () => (mine && question && mine.id === idOf(question) ? mine.value : question.given);
const number = (value) => String(Math.round(value * 10) / 10);

const moment = (one) => `${idOf(one)} ${one.shown}`;

// The class goes on: a question that waits for an answer moves below the button, any other away.
export function setAside(now) {
  past = now ? moment(now) : "";
}

export function showQuestion(now, say) {
  question = now;
  const isPast = now !== null && moment(now) === past;
  $("question").classList.toggle("past", isPast);
  if (!now) {
    $("question").hidden = true;
    shownAs = "";
    return;
  }
  if (mine && (mine.id !== idOf(now) || mine.value === now.given)) mine = null;
  if (mine && !mine.sending) send();
  const shape = idOf(now);
  if (shape !== shownAs) {
    shownAs = shape;
    build(now);
    scrollTo(0, 0);
    say(`${$("question-round").textContent} ${now.text}`);
  }
  update(now, say);
  $("question").hidden = isPast && (now.shown || given() !== null);
}

function build(now) {
  $("question-text").textContent = now.text;
  $("options").hidden = !now.options.length;
  $("guess").hidden = !!now.options.length;
  $("options").replaceChildren(...now.options.map(optionItem));
  $("number").value = "";
  $("unit").textContent = now.unit;
  $("number-label").textContent = now.unit === "s" ? "Your guess, in seconds" : "Your guess";
  const slider = $("slider");
  slider.min = now.low;
  slider.max = now.high;
  slider.step = (now.high - now.low) / 120 || 1;
  slider.value = (now.low + now.high) / 2;
  touch(false);
  $("low").textContent = `${now.low}\u00a0${now.unit}`;
  $("high").textContent = `${now.high}\u00a0${now.unit}`;
}

function optionItem(text, index) {
  const item = document.createElement("li"), button = document.createElement("button");
  const letter = document.createElement("b"), words = document.createElement("span");
  const tick = document.createElement("i"), mark = document.createElement("em");
  button.type = "button";
  button.value = "ABCDEFGH"[index];
  letter.textContent = button.value;
  words.textContent = text;
  button.append(letter, words, tick, mark);
  button.onclick = () => give(button.value);
  item.append(button);
  return item;
}

function update(now, say) {
  const value = given(), again = now.round > 1;
  const asked = again ? "Discuss with your neighbour, then vote again." : now.options.length ? "Vote" : "Guess first";
  $("question").classList.toggle("again", again && !now.shown);
  $("question-round").textContent = now.shown ? "Result" : asked;
  for (const button of $("options").querySelectorAll("button")) updateOption(button, now, value);
  $("guess").classList.toggle("ended", now.shown);
  for (const field of [$("number"), $("slider"), $("send-guess")]) field.disabled = now.shown;
  $("send-guess").textContent = value === null ? "Send my guess" : "Change my guess";
  if (value !== null && !$("number").value) setNumber(value);
  if (!now.shown) $("guess-help").textContent = value === null ? "Move the slider, or type a number." : `Your guess: ${number(value)}\u00a0${now.unit}. You can change it until the result is shown.`;
  const result = now.shown ? resultText(now, value) : "";
  if (result && $("result").textContent !== result) say(result);
  drawScale(now, value);
  $("result").hidden = !result;
  $("result").textContent = result;
}

function updateOption(button, now, value) {
  const own = button.value === value, right = now.shown && button.value === now.right;
  button.setAttribute("aria-pressed", String(own));
  button.disabled = now.shown;
  button.classList.toggle("right", right);
  button.querySelector("i").textContent = (now.shown ? right : own) ? "✓" : "";
  button.querySelector("em").textContent = now.shown ? [right ? "right" : "", own ? "yours" : ""].filter(Boolean).join(", ") : "";
}

function resultText(now, value) {
  if (now.options.length) {
    if (!now.right) return "";
    const verdict = value === null ? `${now.right} is right.` : value === now.right ? `Yes: ${now.right}.` : `You chose ${value}. ${now.right} is right.`;
    return `${verdict} ${now.why}`;
  }
  const own = value === null ? "" : `You guessed ${number(value)}\u00a0${now.unit}.`;
  if (2 * now.without > now.pressed) return `${now.without} of ${now.pressed} phones had no PDF at all. ${own}`;
  return now.measured === null ? own || "Nothing is measured yet." : `Measured: ${number(now.measured)}\u00a0${now.unit}. ${own}`;
}

function drawScale(now, value) {
  const isDrawn = now.shown && !now.options.length && now.measured !== null;
  $("scale").hidden = !isDrawn;
  if (!isDrawn) return;
  const reach = Math.max(now.high, now.measured, value || 0) - now.low;
  const place = (mark, at) => ($(mark).style.left = `${Math.min(Math.max((100 * (at - now.low)) / reach, 0), 100)}%`);
  place("scale-measured", now.measured);
  $("scale-own").hidden = value === null;
  if (value !== null) place("scale-own", value);
}

function give(value) {
  mine = { id: idOf(question), value, sending: false };
  update(question, () => {});
  send();
}

// Until it is answered: a network that was away for a moment loses no vote.
async function send() {
  const sent = mine;
  sent.sending = true;
  const { status, body } = await ask("api/answer", { number: question.number, value: sent.value }, 5000);
  sent.sending = false;
  if (status === 200 && mine === sent) {
    question.given = sent.value;
    mine = null;
  }
  if (status >= 400 && status < 500) {
    if (mine === sent) mine = null;
    $("guess-help").textContent = body.detail || "";
  }
}

function touch(isTouched) {
  $("slider").classList.toggle("untouched", !isTouched);
  if (isTouched) $("slider").removeAttribute("aria-valuetext");
  else $("slider").setAttribute("aria-valuetext", "nothing chosen yet");
}

function setNumber(value) {
  $("number").value = number(value);
  $("slider").value = value;
  touch(true);
}

for (const event of ["input", "click"]) $("slider").addEventListener(event, () => setNumber(Number($("slider").value)));
$("number").addEventListener("input", () => {
  const value = typed();
  touch(value !== null);
  if (value !== null) $("slider").value = value;
});
$("guess").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = typed();
  if (value !== null) return give(value);
  $("guess-help").textContent = "That is no number. Move the slider, or type one such as 7.5.";
  $("number").focus();
});

function typed() {
  const text = $("number").value.trim().replace(",", ".");
  return text === "" || !Number.isFinite(Number(text)) ? null : Number(text);
}
