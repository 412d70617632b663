// The question on the projector: the votes as bars, or the predictions as a histogram with what was measured.
import { byId, element, plural, say, seconds } from "./screen.js";

const BINS = 15, NEAR = 0.2; // of the measured value
let drawn = "";

export function showQuestion({ question, phones, settings }) {
  const { text, options, answers, shown, round } = question;
  const place = byId("question");
  say(place.querySelector("h2"), text);
  say(byId("answered"), `${answers} of ${plural(phones, "phone")} ${phones === 1 ? "has" : "have"} answered${round > 1 ? `, vote ${round}` : ""}`);
  place.classList.toggle("shown", shown);
  place.classList.toggle("vote", options.length > 0);
  document.querySelector("#share span").style.width = `${Math.min(100, 100 * answers / Math.max(phones, 1))}%`;
  byId("options").hidden = !options.length;
  byId("histogram").hidden = Boolean(options.length) || !shown;
  if (drawn === (drawn = JSON.stringify([question, phones]))) return;
  if (options.length) showVotes(question);
  else showPredictions(question, settings.patience);
}

function showVotes({ options, counts, earlier, right, why, shown }) {
  const before = shown ? earlier.at(-1) : undefined;
  const most = Math.max(1, ...Object.values(counts ?? {}), ...Object.values(before ?? {}));
  byId("options").replaceChildren(...options.map((option, i) => {
    const letter = "ABCDEFGH"[i], item = element("li");
    const bar = (votes, kind) => {
      const made = element("span", "", { class: kind });
      made.style.width = `${100 * votes / most}%`;
      return made;
    };
    item.classList.toggle("right", shown && letter === right);
    item.append(element("b", letter), element("span", option, { class: "option" }));
    if (!shown) return item;
    const bars = element("div", "", { class: "bars" });
    bars.append(bar(counts[letter], "votes"), ...(before ? [bar(before[letter], "before")] : []));
    const mark = letter === right ? " ✓" : "";
    const votes = element("strong", `${counts[letter]}${mark}`);
    if (before) votes.append(element("small", `before: ${before[letter]}`));
    item.append(bars, votes);
    return item;
  }));
  const all = Object.values(counts ?? {}).reduce((sum, votes) => sum + votes, 0);
  say(byId("verdict"), shown ? `${counts[right]} of ${all} chose ${right}. ${why}` : "Choose on your phone.");
}

function showPredictions({ values = [], unit, low, high, measured, without, pressed, shown }) {
  if (!shown) return say(byId("verdict"), "Type a number on your phone.");
  const known = measured !== null && measured !== undefined;
  const end = endOfAxis(values, low, high, known ? measured : 0);
  byId("histogram").replaceChildren(...bars(values, low, end), ...(known ? [line(measured, low, end, "measured:", unit)] : []), ...axis(low, end, unit));
  const middle = values.length ? `The middle prediction is ${number(values[values.length >> 1])} ${unit}.` : "Nobody predicted.";
  const near = values.filter((value) => Math.abs(value - measured) <= NEAR * measured).length;
  if (2 * without > pressed) return say(byId("verdict"), `${middle} ${without} of ${pressed} phones had no PDF at all.`);
  say(byId("verdict"), known ? `${middle} ${near} of ${values.length} ${near === 1 ? "was" : "were"} within 20 %.` : `${middle} It is not measured yet.`);
}

// Most predictions fit; the last bar has those beyond.
function endOfAxis(values, low, high, measured) {
  const most = values[Math.floor(0.95 * (values.length - 1))] ?? high;
  const wanted = Math.max(low + 1, 1.15 * measured, Math.min(most, high));
  return [3, 6, 9, 12, 15, 21, 30, 45, 60, 90, 120, 150, 300, 600, 1500, 3000].map((step) => low + step).find((step) => step >= wanted) ?? wanted;
}

function bars(values, low, end) {
  const counts = Array(BINS).fill(0);
  for (const value of values) counts[Math.min(BINS - 1, Math.max(0, Math.floor(BINS * (value - low) / (end - low))))]++;
  const most = Math.max(1, ...counts);
  return counts.map((votes, i) => {
    const bar = element("span", "", { class: "bin" });
    if (votes) bar.append(element("b", String(votes)));
    Object.assign(bar.style, { left: `${100 * i / BINS}%`, width: `${100 / BINS}%`, height: `${82 * votes / most}%` });
    return bar;
  });
}

function line(measured, low, end, words, unit) {
  const made = element("span", "", { class: "measured" }), part = (measured - low) / (end - low);
  made.append(element("b", `${words} ${number(measured)}\u00a0${unit}`));
  made.style.left = `${100 * part}%`;
  made.classList.toggle("turned", part > 0.6);
  return made;
}

function axis(low, end, unit) {
  return [0, 1, 2, 3].map((i) => {
    const mark = element("span", `${number(low + (i * (end - low)) / 3)}\u00a0${unit}`, { class: "mark" });
    mark.style.left = `${100 * i / 3}%`;
    return mark;
  });
}

const number = (value) => seconds(value).replace("\u00a0s", "").replace(/\.0$/, "");
