// The connection: what the server sends, by a stream, or by asking again and again where a proxy keeps
// streams to itself; and requests, whose failures are values.

const SILENT_STREAM = 15000, SILENT = 1500, TIMEOUT = 5000, SHOWN_AFTER = 2000; // ms

// Answer {status, body}; status 0 when the network failed. A press has no limit: its answer is what is waited for.
export async function ask(path, body, limit) {
  const control = new AbortController();
  const timer = limit ? setTimeout(() => control.abort(), limit) : 0;
  const options = { signal: control.signal, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path, options);
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  } catch (error) {
    return { status: 0, body: {} };
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) || {};
  } catch (error) {
    return {}; // a proxy's page
  }
}

// Follow the class: `on.view(view)`, `on.over()`, `on.gone()` when this phone is not known, `on.lost(isLost)`.
export function follow(on) {
  let source = null, heardAt = 0, lostTimer = 0, asking = false, ended = false;

  function open() {
    if (source) source.close();
    source = new EventSource("api/live");
    source.onopen = () => found();
    source.onmessage = (message) => hear(JSON.parse(message.data));
    source.addEventListener("over", () => end(on.over));
    source.onerror = () => fail();
  }
  function found() {
    clearTimeout(lostTimer);
    lostTimer = 0;
    on.lost(false);
  }
  function hear(view) {
    if (ended) return;
    heardAt = Date.now();
    found();
    on.view(view);
  }
  function lose() {
    if (!lostTimer && !ended) lostTimer = setTimeout(() => on.lost(true), SHOWN_AFTER);
  }
  function fail() {
    lose();
    check();
  }
  function end(then) {
    if (ended) return;
    ended = true;
    source.close();
    clearInterval(timer);
    for (const [target, event, handler] of listeners) target.removeEventListener(event, handler);
    found();
    then();
  }
  async function check() {
    if (asking || ended) return;
    asking = true;
    const { status, body } = await ask("api/view", undefined, TIMEOUT);
    asking = false;
    if (ended) return;
    if (status === 401) end(on.gone);
    else if (status === 200 && body.over) end(on.over);
    else if (status === 200) hear(body);
    else lose();
    if (status === 200 && !ended && source.readyState === EventSource.CLOSED) open();
  }
  function watch() {
    const silence = Date.now() - heardAt;
    if (silence > (source.readyState === EventSource.OPEN ? SILENT_STREAM : SILENT)) check();
  }
  function comeBack() {
    if (document.visibilityState === "hidden") return;
    if (source.readyState !== EventSource.OPEN) open();
    check();
  }
  const listeners = [
    [window, "online", comeBack],
    [window, "pageshow", comeBack],
    [window, "offline", fail],
    [document, "visibilitychange", comeBack],
  ];
  for (const [target, event, handler] of listeners) target.addEventListener(event, handler);
  const timer = setInterval(watch, 1000);
  open();
  check();
}
