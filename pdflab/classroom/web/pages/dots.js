// The class as dots, on a canvas: each request is a dot that moves from zone to zone; what is rendered for nobody is hollow.
import { element, isLost, say } from "./screen.js";

const MOST_NAMES = 60, SPEED = 6, BOUNCE = 450; // dots; of the way in a second; milliseconds
const LARGEST = 3.2, IN_THE_LOBBY = 5, SMALLEST = 0.35; // the height of a dot's place, in rem
const NAME = 4.2, LEAST_NAME = 1.7; // the width of a place with a name, in heights; the least height for one, in rem
const HEAD = 3.2, GAP = 0.8; // rem: the words above a zone, and what is between two rows of zones
const LOW = 6; // rem: of a worker's box
const SHARES = [[0, 0.2], [12, 0.38], [Infinity, 0.5]]; // up to so many dots in a zone of the lower row: its part of the picture
const STEPS = [6, 12, 20, 30, 40, 60, 100, 150, 200, 300, 500, 1_000, 2_000];
const FALLBACK = { failed: "gave up" };

// Left, width and row of each zone, in parts of the picture, and its words.
const ZONES = {
  ready: { joined: [0, 1, 0, "here"] },
  synchronous: {
    waiting: [0, 0.37, 0, "wait for an answer"],
    workers: [0.385, 0.32, 0, "rendered"],
    done: [0.72, 0.28, 0, "have a PDF"],
    "gave up": [0, 0.37, 1, "gave up"],
    refused: [0.385, 0.32, 1, "refused"],
    nobody: [0.72, 0.28, 1, "for nobody"],
  },
  queued: {
    waiting: [0, 0.16, 0, "ask"],
    queued: [0.17, 0.36, 0, "queued, next one →"],
    workers: [0.54, 0.21, 0, "rendered"],
    done: [0.76, 0.24, 0, "have a PDF"],
    refused: [0, 0.53, 1, "refused"],
    "gave up": [0.54, 0.21, 1, "gave up"],
    nobody: [0.76, 0.24, 1, "for nobody"],
  },
};
const ABOVE_REFUSED = { synchronous: ["workers"], queued: ["waiting", "queued"] }; // they are higher if nothing can be refused

export class Dots {
  #canvas; #labels; #pen; #dots = new Map(); #homes = new Map(); #slots = new Map(); #boxes = []; #zones = {};
  #view = null; #seen = new Map(); #isDrawing = false; #last = 0; #named = false;
  #isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

  constructor(canvas, labels) {
    [this.#canvas, this.#labels, this.#pen] = [canvas, labels, canvas.getContext("2d")];
    new ResizeObserver(() => this.#view && this.show(this.#view)).observe(canvas);
  }

  show(view) {
    if (this.#view?.act.name !== view.act.name || view.figures.presses < this.#view.figures.presses) [this.#slots, this.#seen].forEach((map) => map.clear());
    this.#view = view;
    const all = view.figures.presses ? view.dots.flatMap(parts) : view.joined.map((one) => ({ ...one, state: "joined", zone: "joined" }));
    this.#named = view.settings.names && all.length <= MOST_NAMES;
    this.#fit();
    this.#layOut(view, all);
    this.#note(all);
    this.#describe(all);
    if (!this.#isDrawing) {
      [this.#isDrawing, this.#last] = [true, performance.now()];
      requestAnimationFrame((now) => this.#draw(now));
    }
  }

  // Make the canvas as fine as the screen.
  #fit() {
    const { clientWidth: width, clientHeight: height } = this.#canvas, scale = devicePixelRatio;
    [this.width, this.height, this.rem] = [width, height, parseFloat(getComputedStyle(document.documentElement).fontSize)];
    if (this.#canvas.width !== Math.round(width * scale)) this.#canvas.width = Math.round(width * scale);
    if (this.#canvas.height !== Math.round(height * scale)) this.#canvas.height = Math.round(height * scale);
    this.#pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  #layOut(view, all) {
    const kind = view.figures.presses ? view.settings.endpoint : "ready", [head, gap] = [HEAD * this.rem, GAP * this.rem];
    const below = Math.max(0, ...["gave up", "refused", "nobody"].map((name) => all.filter(({ zone }) => zone === name).length));
    const lower = kind === "ready" ? 0 : SHARES.find(([most]) => below <= most)[1] * this.height, upper = this.height - lower;
    this.refuses = Boolean(view.settings.limit) || all.some(({ state }) => state === "refused");
    const zones = Object.entries(ZONES[kind]).filter(([name]) => name !== "refused" || this.refuses);
    this.#zones = Object.fromEntries(zones.map(([name, [x, w, row, words]]) => {
      const isHigh = !this.refuses && ABOVE_REFUSED[kind]?.includes(name);
      const [top, high] = row ? [upper + gap, lower - gap] : [0, isHigh ? this.height : upper];
      return [name, { x: x * this.width, y: top + head, w: w * this.width, h: high - head, words }];
    }));
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
    Object.assign(zone, this.#grid(zone, STEPS.find((step) => step >= most) ?? most, name === "joined" ? IN_THE_LOBBY : LARGEST));
    for (const dot of dots) Object.assign(dot, this.#place(zone, slots.get(dot.id), name === "queued"));
  }

  // The largest places of which so many have room; names, if they can be read.
  #grid({ w, h }, count, largest = LARGEST) {
    const fitting = (aspect, least) => {
      for (let high = largest * this.rem; high > least * this.rem; high *= 0.97) {
        const across = Math.floor((w - this.rem) / (high * aspect)), down = Math.floor(h / high);
        if (across * down < count) continue;
        if (aspect === 1) return { high, across, down, wide: high, named: false };
        const columns = Math.ceil(count / down); // as wide as there is room, for long names
        return { high, across: columns, down, wide: (w - this.rem) / columns, named: true };
      }
    };
    const least = { high: SMALLEST * this.rem, across: Math.max(1, Math.floor(w / SMALLEST / this.rem)), down: 1, wide: 0, named: false };
    return (this.#named && fitting(NAME, LEAST_NAME)) || fitting(1, SMALLEST) || least;
  }

  #place({ x, y, w, high, wide, across, down, named }, slot, isQueue) {
    const pad = isQueue ? 0 : 0.5 * this.rem; // of its left edge
    const [column, row] = isQueue ? [Math.floor(slot / down), slot % down] : [slot % across, Math.floor(slot / across)];
    const left = isQueue ? x + w - (column + 1) * wide : x + pad + column * wide;
    return { tx: left + high / 2, ty: y + (row + 0.5) * high, r: 0.36 * high, wide, named };
  }

  // A box for each worker; a dead one stays as long as it holds a job.
  #workers({ workers, settings }, all) {
    const names = Object.keys(workers).length ? Object.entries(workers) : this.#seenWorkers(all);
    const living = names.map(([name, pid]) => ({ name: name.replace("sync-api", "server"), pid: String(pid) }));
    const held = all.filter(({ worker, dead }) => worker && dead).map(({ worker }) => worker);
    const dead = [...new Set(held)].map((worker) => ({ name: nameOf(worker), pid: pidOf(worker), isDead: true, isLost: isLost({ worker, dead: true }) }));
    const boxes = [...living, ...dead], zone = this.#zones.workers;
    if (!zone) return [];
    const gap = 0.5 * this.rem, high = (zone.h + gap) / Math.max(boxes.length, 1) - gap;
    return boxes.map((box, i) => ({ ...box, x: zone.x, y: zone.y + i * (high + gap), w: zone.w, h: high }));
  }

  // A recorded class has no list of its workers: those that held a job stand in it.
  #seenWorkers(all) {
    for (const { worker } of all) if (worker) this.#seen.set(pidOf(worker), nameOf(worker));
    return [...this.#seen].map(([pid, name]) => [name, pid]);
  }

  #fillBox(box, all) {
    const isHere = ({ worker }) => pidOf(worker ?? "") === box.pid || (box === this.#boxes[0] && !this.#boxes.some(({ pid }) => pid === pidOf(worker ?? "")));
    const dots = all.filter(isHere), pad = 0.4 * this.rem, title = this.#title(box);
    const room = title.isBeside
      ? { x: box.x + title.w, y: box.y, w: box.w - title.w, h: box.h }
      : { x: box.x + pad, y: box.y + title.h, w: box.w - 2 * pad, h: box.h - title.h - pad };
    const grid = { ...room, ...this.#grid(room, Math.max(1, dots.length)) };
    dots.forEach((dot, i) => Object.assign(dot, this.#place(grid, i, false)));
  }

  // Where the name of a worker stands: above its job, or beside it if the box is low.
  #title({ w, h }) {
    const isBeside = h < LOW * this.rem;
    return isBeside ? { isBeside, w: 0.48 * w, h } : { isBeside, w, h: 2.6 * this.rem };
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
      say(label.lastChild, name === "joined" ? `${counts[name] === 1 ? "phone is" : "phones are"} here` : name === "workers" && counts[name] === 1 ? "is rendered" : name === "workers" ? "are rendered" : words);
      label.classList.toggle("none", counts[name] === 0);
      Object.assign(label.style, { left: `${x}px`, top: `${y - HEAD * this.rem}px`, width: `${w}px` });
    });
    this.#canvas.setAttribute("aria-label", wanted.map(([name, { words }]) => `${counts[name]} ${words}`).join(", "));
    const names = this.#named ? all.filter(({ isGhost }) => !isGhost).map(({ name, state }) => element("li", `${name}: ${state}`)) : [];
    this.#canvas.firstElementChild.replaceChildren(...names);
  }

  #draw(now) {
    const part = this.#isStill ? 1 : 1 - Math.exp((-SPEED * Math.min(now - this.#last, 100)) / 1_000), pen = this.#pen;
    this.#last = now;
    pen.clearRect(0, 0, this.width, this.height);
    for (const [name, zone] of Object.entries(this.#zones)) if (name !== "workers") this.#drawZone(name, zone);
    for (const box of this.#boxes) this.#drawBox(box);
    let isMoving = false;
    for (const dot of this.#dots.values()) {
      const [dx, dy] = [dot.tx - dot.x, dot.ty - dot.y], age = now - (dot.born ?? -Infinity);
      const isNear = Math.abs(dx) + Math.abs(dy) < 0.4;
      [dot.x, dot.y] = isNear ? [dot.tx, dot.ty] : [dot.x + part * dx, dot.y + part * dy];
      const isPulsing = dot.isGhost && dot.worker && !dot.dead;
      isMoving ||= !isNear || age < BOUNCE || (isPulsing && !this.#isStill);
      const bounce = this.#isStill || age >= BOUNCE ? 1 : 1 + 0.9 * Math.sin((Math.PI * age) / BOUNCE) * (1 - age / BOUNCE);
      const pulse = isPulsing && !this.#isStill ? 1 + 0.18 * Math.sin(now / 160) : 1;
      this.#drawDot(dot, dot.r * bounce * pulse);
    }
    this.#isDrawing = isMoving;
    if (isMoving) requestAnimationFrame((next) => this.#draw(next));
  }

  #drawZone(name, { x, y, w, h }) {
    if (name === "joined") return;
    this.#pen.fillStyle = colour("--soft");
    this.#pen.fillRect(x, y - HEAD * this.rem, w, h + HEAD * this.rem);
  }

  #drawBox({ x, y, w, h, name, isDead, isLost }) {
    const pen = this.#pen;
    pen.fillStyle = isDead ? colour("--ink") : colour("--soft");
    pen.fillRect(x, y, w, h);
    pen.fillStyle = isDead ? colour("--paper") : colour("--quiet");
    const title = this.#title({ w, h });
    this.#write(isDead ? (isLost ? `lost: ${name}` : `${name} died`) : name, x + 0.6 * this.rem, y + title.h / 2, Math.min(1.75 * this.rem, 0.6 * h), title.w - this.rem);
  }

  #drawDot(dot, r) {
    const pen = this.#pen, { x, y, state } = dot, own = colourOf(dot);
    pen.beginPath();
    pen.arc(x, y, Math.max(1, r), 0, 2 * Math.PI);
    [pen.lineWidth, pen.strokeStyle, pen.fillStyle] = [Math.max(1.5, 0.18 * r), own, own];
    if (dot.isGhost || state === "gave up" || isLost(dot)) pen.stroke();
    else pen.fill();
    if (state === "done" && !dot.isGhost) {
      pen.strokeStyle = colour("--link");
      pen.stroke();
    }
    if (!dot.isGhost && (state === "gave up" || state === "failed")) this.#cross(x, y, 0.5 * r, state === "failed");
    if (state === "refused") this.#bar(x, y, r);
    if (!dot.named || !dot.name || dot.isGhost && !dot.worker) return;
    pen.fillStyle = dot.dead ? colour("--paper") : colour("--ink");
    this.#write(dot.name, x + 1.4 * r, y, 1.65 * r, dot.wide - 2.6 * r);
  }

  #cross(x, y, d, isFilled) {
    const pen = this.#pen;
    if (isFilled) pen.strokeStyle = colour("--paper");
    pen.beginPath();
    for (const side of [-1, 1]) {
      pen.moveTo(x - d, y - side * d);
      pen.lineTo(x + d, y + side * d);
    }
    pen.stroke();
  }

  #bar(x, y, r) {
    this.#pen.fillStyle = colour("--paper");
    this.#pen.fillRect(x - 0.6 * r, y - 0.16 * r, 1.2 * r, 0.32 * r);
  }

  // Write words on one line; what is too long for the room is cut.
  #write(words, x, y, size, room) {
    const pen = this.#pen;
    pen.font = `${size}px system-ui, sans-serif`;
    pen.textBaseline = "middle";
    let shown = words;
    for (let end = words.length; end > 1 && pen.measureText(shown).width > room; ) shown = `${[...words].slice(0, --end).join("")}…`;
    pen.fillText(shown, x, y);
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

const VARIABLES = { joined: "--quiet", waiting: "--WAITING", queued: "--QUEUED", rendering: "--PROCESSING", done: "--COMPLETED" };
function colourOf({ state, isGhost, worker, dead }) {
  if (dead) return colour(state === "rendering" ? "--PROCESSING" : "--quiet");
  if (isGhost) return colour(worker ? "--PROCESSING" : "--quiet");
  return colour(VARIABLES[state] ?? "--ink");
}

const colours = new Map();
function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
}
