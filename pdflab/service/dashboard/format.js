// Numbers, durations and texts of the pages. Text from users is only ever set as textContent, never as markup.

export const byId = (id) => document.getElementById(id);
export const all = (selector) => document.querySelectorAll(selector);

export const count = (value) => value.toLocaleString("en");
export const rate = (value) => count(value < 9.95 ? Number(value.toFixed(1)) : Math.round(value));
export const plural = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
// A worker's id is NAME@HOST:PID:NONCE. One that somebody started without a name is called by its id.
export const nameOf = (worker) => (worker.includes("@") ? worker.split("@") : [worker, ""]);
export const short = (id) => id.slice(0, 8);
export const units = { count, rate, seconds: duration };

export function duration(seconds) {
  const [value, unit] =
    seconds < 0.0995 && seconds > 0 ? [Math.max(Math.round(seconds * 1000), 1), "ms"]
    : seconds < 9.95 ? [seconds && seconds.toFixed(1), "s"]
    : seconds < 100 ? [Math.round(seconds), "s"]
    : seconds < 6000 ? [Math.round(seconds / 60), "min"]
    : [Math.round(seconds / 3600), "h"];
  return `${value}\u00a0${unit}`;
}

// "–" for what is not known, or not known yet.
export const known = (value, unit) => (value === null || value === undefined ? "–" : units[unit](value));

// A node is only touched when its text is new: a screen reader would read a live region each second.
export function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

export function element(tag, words, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = words;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
