// The pen of the dots: what a dot, a zone and a worker look like. Colours are those of the style sheet.
import { isLost } from "./screen.js";
import { HEAD, titleOf } from "./zones.js";

export class Pen {
  #canvas; #pen;

  constructor(canvas) {
    [this.#canvas, this.#pen] = [canvas, canvas.getContext("2d")];
    this.fit();
  }

  // Make the canvas as fine as the screen.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.#canvas, scale = devicePixelRatio;
    [this.width, this.height, this.rem] = [width, height, parseFloat(getComputedStyle(document.documentElement).fontSize)];
    if (this.#canvas.width !== Math.round(width * scale)) this.#canvas.width = Math.round(width * scale);
    if (this.#canvas.height !== Math.round(height * scale)) this.#canvas.height = Math.round(height * scale);
    this.#pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  clear() {
    this.#pen.clearRect(0, 0, this.width, this.height);
  }

  zone({ x, y, w, h }) {
    this.#pen.fillStyle = colour("--soft");
    this.#pen.fillRect(x, y - HEAD * this.rem, w, h + HEAD * this.rem);
  }

  box({ x, y, w, h, name, isDead, isLost }) {
    const pen = this.#pen;
    pen.fillStyle = isDead ? colour("--ink") : colour("--soft");
    pen.fillRect(x, y, w, h);
    pen.fillStyle = isDead ? colour("--paper") : colour("--quiet");
    const title = titleOf({ w, h }, this.rem);
    this.#write(isDead ? (isLost ? `lost: ${name}` : `${name} died`) : name, x + 0.6 * this.rem, y + title.h / 2, Math.min(1.75 * this.rem, 0.6 * h), title.w - this.rem);
  }

  dot(dot, r) {
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
