// The class as dots, on a canvas: each request is a dot that moves from zone to zone; what is rendered for nobody is hollow.
import { Pen } from "./pen.js";
import { element, isLost, say } from "./screen.js";
import { gridOf, HEAD, placeIn, roundUp, titleOf, zonesOf } from "./zones.js";

const MOST_NAMES = 60, SPEED = 6, BOUNCE = 450; // dots; of the way in a second; milliseconds
const FALLBACK = { failed: "gave up" };

export class Dots {
  #canvas; #labels; #pen; #dots = new Map(); #homes = new Map(); #slots = new Map(); #boxes = []; #zones = {};
  #view = null; #seen = new Map(); #isDrawing = false; #last = 0; #named = false;
  #isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

  constructor(canvas, labels) {
    [this.#canvas, this.#labels, this.#pen] = [canvas, labels, new Pen(canvas)];
    new ResizeObserver(() => this.#view && this.show(this.#view)).observe(canvas);
  }

  show(view) {
    if (this.#view?.act.name !== view.act.name || view.figures.presses < this.#view.figures.presses) [this.#slots, this.#seen].forEach((map) => map.clear());
    this.#view = view;
    const all = view.figures.presses ? view.dots.flatMap(parts) : view.joined.map((one) => ({ ...one, state: "joined", zone: "joined" }));
    this.#named = view.settings.names && all.length <= MOST_NAMES;
    this.#pen.fit();
    this.#layOut(view, all);
    this.#note(all);
    this.#describe(all);
    if (!this.#isDrawing) {
      [this.#isDrawing, this.#last] = [true, performance.now()];
      requestAnimationFrame((now) => this.#draw(now));
    }
  }

  #layOut(view, all) {
    const kind = view.figures.presses ? view.settings.endpoint : "ready", count = (name) => all.filter(({ zone }) => zone === name).length;
    const below = Math.max(...["gave up", "refused", "nobody"].map(count)), refuses = Boolean(view.settings.limit) || count("refused") > 0;
    this.#zones = zonesOf(kind, this.#pen, { below, refuses });
    for (const dot of all) if (!this.#zones[dot.zone]) dot.zone = FALLBACK[dot.zone] ?? "waiting";
    this.#boxes = this.#workers(view, all);
    for (const name of Object.keys(this.#zones)) this.#fill(name, all.filter(({ zone }) => zone === name));
  }

  // Give each dot of a zone a place, which it keeps while it stays there; in the queue, the place is its turn.
  #fill(name, dots) {
    const zone = this.#zones[name];
    if (name === "workers") return this.#boxes.forEach((box) => this.#fillBox(box, dots));
    const old = this.#slots.get(name) ?? new Map(), taken = new Set(dots.map(({ id }) => old.get(id))), slots = new Map();
    let free = 0;
    if (name === "queued") dots.sort((one, other) => (one.place ?? Infinity) - (other.place ?? Infinity)).forEach(({ id }, i) => slots.set(id, i));
    else for (const { id } of dots) {
      while (!old.has(id) && taken.has(free)) free++;
      slots.set(id, old.get(id) ?? free++);
    }
    this.#slots.set(name, slots);
    const most = Math.max(0, ...slots.values()) + 1;
    Object.assign(zone, gridOf(zone, roundUp(most), { rem: this.#pen.rem, named: this.#named, inLobby: name === "joined" }));
    for (const dot of dots) Object.assign(dot, placeIn(zone, slots.get(dot.id), name === "queued"));
  }

  // A box for each worker; a dead one stays as long as it holds a job.
  #workers({ workers, settings }, all) {
    const names = Object.keys(workers).length ? Object.entries(workers) : this.#seenWorkers(all);
    const living = names.map(([name, pid]) => ({ name: name.replace("sync-api", "server"), pid: String(pid) }));
    const held = all.filter(({ worker, dead }) => worker && dead).map(({ worker }) => worker);
    const dead = [...new Set(held)].map((worker) => ({ name: nameOf(worker), pid: pidOf(worker), isDead: true, isLost: isLost({ worker, dead: true }) }));
    const boxes = [...living, ...dead], zone = this.#zones.workers;
    if (!zone) return [];
    const gap = 0.5 * this.#pen.rem, high = (zone.h + gap) / Math.max(boxes.length, 1) - gap;
    return boxes.map((box, i) => ({ ...box, x: zone.x, y: zone.y + i * (high + gap), w: zone.w, h: high }));
  }

  // A recorded class has no list of its workers: those that held a job stand in it.
  #seenWorkers(all) {
    for (const { worker } of all) if (worker) this.#seen.set(pidOf(worker), nameOf(worker));
    return [...this.#seen].map(([pid, name]) => [name, pid]);
  }

  #fillBox(box, all) {
    const isHere = ({ worker }) => pidOf(worker ?? "") === box.pid || (box === this.#boxes[0] && !this.#boxes.some(({ pid }) => pid === pidOf(worker ?? "")));
    const dots = all.filter(isHere), pad = 0.4 * this.#pen.rem, title = titleOf(box, this.#pen.rem);
    const room = title.isBeside
      ? { x: box.x + title.w, y: box.y, w: box.w - title.w, h: box.h }
      : { x: box.x + pad, y: box.y + title.h, w: box.w - 2 * pad, h: box.h - title.h - pad };
    const grid = { ...room, ...gridOf(room, Math.max(1, dots.length), { rem: this.#pen.rem, named: this.#named }) };
    dots.forEach((dot, i) => Object.assign(dot, placeIn(grid, i)));
  }

  // Keep what moves; a new dot begins where its student's last one is.
  #note(all) {
    const now = performance.now(), ids = new Set(all.map(({ id }) => id));
    for (const dot of all) {
      const student = /^\d+/.exec(dot.id)?.[0] ?? dot.id, home = this.#homes.get(student);
      const old = this.#dots.get(dot.id) ?? (home ? { x: home.x, y: home.y } : { x: dot.tx, y: dot.ty, born: now });
      const moved = Object.assign(this.#dots.get(dot.id) ?? { x: old.x, y: old.y, born: old.born }, { worker: undefined, dead: false, name: undefined }, dot);
      if (this.#isStill) [moved.x, moved.y] = [dot.tx, dot.ty];
      this.#dots.set(dot.id, moved);
      if (!dot.isGhost) this.#homes.set(student, moved);
    }
    for (const id of this.#dots.keys()) if (!ids.has(id)) this.#dots.delete(id);
  }

  // The words above each zone, and the names for those who do not see the canvas.
  #describe(all) {
    const counts = Object.fromEntries(Object.keys(this.#zones).map((name) => [name, all.filter(({ zone, dead }) => zone === name && !dead).length]));
    const wanted = Object.entries(this.#zones);
    const old = [...this.#labels.children].map(({ dataset }) => dataset.zone).join();
    if (old !== wanted.map(([name]) => name).join())
      this.#labels.replaceChildren(...wanted.map(([name]) => {
        const label = element("p", "", { "data-zone": name });
        label.append(element("b"), " ", element("span"));
        return label;
      }));
    wanted.forEach(([name, { x, y, w, words }], i) => {
      const label = this.#labels.children[i];
      say(label.firstChild, String(counts[name]));
      say(label.lastChild, name === "joined" ? `${counts[name] === 1 ? "phone is" : "phones are"} here` : name === "workers" ? "in progress" : words);
      label.classList.toggle("none", counts[name] === 0);
      Object.assign(label.style, { left: `${x}px`, top: `${y - HEAD * this.#pen.rem}px`, width: `${w}px` });
    });
    this.#canvas.setAttribute("aria-label", wanted.map(([name, { words }]) => `${counts[name]} ${words}`).join(", "));
    const names = this.#named ? all.filter(({ isGhost }) => !isGhost).map(({ name, state }) => element("li", `${name}: ${state}`)) : [];
    this.#canvas.firstElementChild.replaceChildren(...names);
  }

  #draw(now) {
    const step = this.#isStill ? 1 : 1 - Math.exp((-SPEED * Math.min(now - this.#last, 100)) / 1_000), pen = this.#pen;
    this.#last = now;
    pen.clear();
    for (const [name, zone] of Object.entries(this.#zones)) if (name !== "workers" && name !== "joined") pen.zone(zone);
    for (const box of this.#boxes) pen.box(box);
    let isMoving = false;
    for (const dot of this.#dots.values()) {
      const [dx, dy] = [dot.tx - dot.x, dot.ty - dot.y], age = now - (dot.born ?? -Infinity);
      const isNear = Math.abs(dx) + Math.abs(dy) < 0.4;
      [dot.x, dot.y] = isNear ? [dot.tx, dot.ty] : [dot.x + step * dx, dot.y + step * dy];
      const isPulsing = dot.isGhost && dot.worker && !dot.dead;
      isMoving ||= !isNear || age < BOUNCE || (isPulsing && !this.#isStill);
      const bounce = this.#isStill || age >= BOUNCE ? 1 : 1 + 0.9 * Math.sin((Math.PI * age) / BOUNCE) * (1 - age / BOUNCE);
      const pulse = isPulsing && !this.#isStill ? 1 + 0.18 * Math.sin(now / 160) : 1;
      pen.dot(dot, dot.r * bounce * pulse);
    }
    this.#isDrawing = isMoving;
    if (isMoving) requestAnimationFrame((next) => this.#draw(next));
  }

}

// A dot is a phone's request; if a worker renders after the phone has gone, the PDF is a second, hollow one.
function parts(dot) {
  const zone = dot.state === "rendering" ? "workers" : dot.state;
  if (!dot.nobody) return [{ ...dot, zone }];
  const { worker, dead, ...phone } = dot;
  return [{ ...phone, zone }, { ...dot, id: `${dot.id}-nobody`, isGhost: true, zone: worker ? "workers" : "nobody" }];
}

const pidOf = (worker) => (worker.startsWith("sync:") ? worker.split(":")[1] : worker.split(":").at(-2));
const nameOf = (worker) => (worker.startsWith("sync:") ? "server" : worker.replace("naive:", "").split("@")[0]);
