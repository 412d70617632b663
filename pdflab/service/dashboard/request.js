// Requests to the service, and the message that says what came of a button.
import { all, byId, say } from "./format.js";

const ROOT = new URL("..", import.meta.url); // this file is /static/request.js, perhaps behind a proxy's path
const POLL_TIMEOUT = 4000, CHANGE_TIMEOUT = 30_000, MESSAGE_LIFETIME = 8000; // milliseconds
const SAME_CLOCK = 2500; // milliseconds: the header has whole seconds

let ahead = 0; // by how many seconds the service's clock is ahead of this one's
export const now = () => Date.now() / 1000 + ahead;
export const address = (path) => new URL(path, ROOT).href;
export const jobPath = (id) => `jobs/${encodeURIComponent(id)}`;

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function ask(path, { method = "GET", body } = {}) {
  let answer, data;
  try {
    const signal = AbortSignal.timeout(method === "GET" ? POLL_TIMEOUT : CHANGE_TIMEOUT);
    answer = await fetch(address(path), { cache: "no-store", method, body: body && JSON.stringify(body), signal });
    data = await answer.json();
  } catch {
    throw new Error("The service does not answer.");
  }
  const difference = Date.parse(answer.headers.get("Date")) - Date.now();
  ahead = Math.abs(difference) > SAME_CLOCK ? difference / 1000 : 0;
  if (!answer.ok) throw new Refused(answer.status, data.detail);
  return data;
}

const clearMessages = () => all(".message").forEach((place) => say(place, ""));

let messageTimer;
export async function act(action) {
  let words, failed = false;
  try {
    words = await action();
  } catch (error) {
    [words, failed] = [error.message, true];
  }
  const place = document.querySelector("dialog[open] .message") ?? byId("message"); // what is behind a dialog is not read
  clearTimeout(messageTimer);
  clearMessages();
  place.classList.toggle("error", failed);
  place.textContent = words;
  messageTimer = setTimeout(clearMessages, MESSAGE_LIFETIME);
}
