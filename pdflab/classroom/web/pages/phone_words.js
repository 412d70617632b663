// What the page says: each state of a press in words, with a symbol beside its colour.

export const STATES = {
  waiting: ["…", "waiting for an answer"],
  queued: ["#", "in the queue"],
  rendering: ["▸", "a worker renders it"],
  done: ["✓", "done"],
  failed: ["✕", "failed"],
  "gave up": ["✕", "no answer"],
  refused: ["–", "refused"],
};
const full = (press) => (press.endpoint === "queued" ? "The queue is full." : "The server has too much to do.");
const NOBODY_KNOWS = "Was your PDF made? Nobody can say.";

export const seconds = (value) => `${value.toFixed(1)}\u00a0s`; // on one line
export const isOpen = (press) => ["waiting", "queued", "rendering"].includes(press.state);

export function ordinal(number) {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? "th" : ["th", "st", "nd", "rd"][number % 10] || "th";
  return `${number}${ending}`;
}

export function soon(estimate) {
  return estimate === undefined || estimate === null ? "" : estimate < 1 ? "in a moment" : `about ${Math.round(estimate)}\u00a0s`;
}

// A scene is what the middle of the page shows: {kind, state, headline, text, say, again, watch, …}.
export function pressScene(press, patience) {
  const scene = press.endpoint === "queued" ? queuedScenes[press.state] : null;
  return (scene || endScenes[press.state] || waiting)(press, patience);
}

export const waiting = () => ({
  kind: "waiting",
  state: "waiting",
  headline: "Waiting for the answer",
  say: "Sent. Waiting for the answer.",
  again: "Reload the page",
  title: "Waiting …",
});

export const sending = () => ({
  kind: "sending",
  state: "waiting",
  headline: "Sent",
  text: "The answer will come at once.",
  say: "Sent.",
  title: "Sent",
});

export const broken = (press) => ({
  kind: "gave up",
  state: "gave up",
  headline: "The connection broke.",
  text: NOBODY_KNOWS,
  say: `The connection broke. ${NOBODY_KNOWS}`,
  again: "Send again",
  title: "The connection broke",
});

const queuedScenes = {
  queued: (press) => ({
    kind: "queued",
    state: "queued",
    headline: `202 after ${press.answer_ms}\u00a0ms`,
    place: press.place,
    text: press.place ? `of the queue, ${soon(press.estimate)}` : "in the queue",
    say: press.place
      ? `Accepted: 202 after ${press.answer_ms} milliseconds. Number ${press.place} of the queue, ${soon(press.estimate)}.`
      : "",
    more: "One more",
    title: press.place ? `Number ${press.place}` : "In the queue",
  }),
  rendering: (press) => ({
    kind: "rendering",
    state: "rendering",
    headline: `202 after ${press.answer_ms}\u00a0ms`,
    text: "A worker renders it now.",
    say: "A worker renders your PDF now.",
    more: "One more",
    title: "A worker renders it",
  }),
  waiting: () => sending(),
};

const endScenes = {
  done: (press) => ({
    kind: "done",
    state: "done",
    headline: `Your PDF, after ${seconds(press.seconds)}`,
    text: press.endpoint === "queued" ? `The answer 202 came after ${press.answer_ms}\u00a0ms.` : "",
    say: `Your PDF is here, after ${seconds(press.seconds)}.`,
    pdf: press.key,
    more: "One more",
    title: "Your PDF is here",
  }),
  failed: (press) => ({
    kind: "failed",
    state: "failed",
    headline: "It failed.",
    text: press.endpoint === "queued" && press.status === 202 ? "There will be no PDF." : NOBODY_KNOWS,
    say: "It failed.",
    again: "Send again",
    title: "It failed",
  }),
  refused: (press) => ({
    kind: "refused",
    state: "refused",
    headline: `Refused: ${press.status || 503}`,
    text: `${full(press)} You know it after ${press.answer_ms}\u00a0ms, and may come again.`,
    say: `Refused after ${press.answer_ms} milliseconds. ${full(press)} You may come again.`,
    again: "Send again",
    title: "Refused",
  }),
  "gave up": (press, patience) =>
    press.error === "left"
      ? broken(press)
      : {
          kind: "gave up",
          state: "gave up",
          headline: `No answer after ${patience}\u00a0s.`,
          text: NOBODY_KNOWS,
          say: `No answer after ${patience} seconds. ${NOBODY_KNOWS}`,
          again: "Send again",
          title: "No answer",
        },
};

// One line for a press among the others.
export function rowText(press) {
  if (press.state === "queued" && press.place) return `number ${press.place}, ${soon(press.estimate)}`;
  if (press.endpoint === "synchronous" && isOpen(press)) return STATES.waiting[1]; // a browser knows no more
  const after = isOpen(press) ? "" : press.state === "done" ? `, after ${seconds(press.seconds)}` : ` after ${seconds(press.seconds)}`;
  return STATES[press.state][1] + after;
}
