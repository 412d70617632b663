// Where the dots are: the zones of the picture, and the places of so many dots in one.

const LARGEST = 3.2, IN_THE_LOBBY = 5, SMALLEST = 0.35; // the height of a dot's place, in rem
const NAME = 4.2, LEAST_NAME = 1.7; // the width of a place with a name, in heights; the least height for one, in rem
export const HEAD = 3.2; // rem: the words above a zone
const GAP = 0.8; // rem: between two rows of zones
const LOW = 6; // rem: of a worker's box
const SHARES = [[0, 0.2], [12, 0.38], [Infinity, 0.5]]; // up to so many dots in a zone of the lower row: its part of the picture
const STEPS = [6, 12, 20, 30, 40, 60, 100, 150, 200, 300, 500, 1_000, 2_000];

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

// Return each zone of a picture. `below` is how many dots are in the fullest zone of the lower row.
export function zonesOf(kind, { width, height, rem }, { below, refuses }) {
  const [head, gap] = [HEAD * rem, GAP * rem], lower = kind === "ready" ? 0 : SHARES.find(([most]) => below <= most)[1] * height;
  const upper = height - lower, zones = Object.entries(ZONES[kind]).filter(([name]) => name !== "refused" || refuses);
  return Object.fromEntries(zones.map(([name, [x, w, row, words]]) => {
    const isHigh = !refuses && ABOVE_REFUSED[kind]?.includes(name);
    const [top, high] = row ? [upper + gap, lower - gap] : [0, isHigh ? height : upper];
    return [name, { x: x * width, y: top + head, w: w * width, h: high - head, words }];
  }));
}

// A zone has places for more dots than it has, so that they seldom get smaller.
export const roundUp = (count) => STEPS.find((step) => step >= count) ?? count;

// Return the largest places of which so many have room; with names, if they can be read.
export function gridOf({ w, h }, count, { rem, named, inLobby = false }) {
  const inner = w - rem, largest = inLobby ? IN_THE_LOBBY : LARGEST;
  const fitting = (aspect, least) => {
    for (let high = largest * rem; high > least * rem; high *= 0.97) {
      const across = Math.floor(inner / (high * aspect)), down = Math.floor(h / high);
      if (across * down < count) continue;
      if (aspect === 1) return { high, across, down, wide: high, pad: rem / 2, named: false };
      const columns = Math.ceil(count / down); // as wide as there is room, for long names
      return { high, across: columns, down, wide: inner / columns, pad: rem / 2, named: true };
    }
  };
  const least = { high: SMALLEST * rem, across: Math.max(1, Math.floor(w / SMALLEST / rem)), down: 1, wide: 0, pad: 0, named: false };
  return (named && fitting(NAME, LEAST_NAME)) || fitting(1, SMALLEST) || least;
}

// Return where the dot of a slot is: row by row, or, in the queue, column by column from its head at the right.
export function placeIn({ x, y, w, high, wide, pad, across, down, named }, slot, isQueue = false) {
  const [column, row] = isQueue ? [Math.floor(slot / down), slot % down] : [slot % across, Math.floor(slot / across)];
  const left = isQueue ? x + w - (column + 1) * wide : x + pad + column * wide;
  return { tx: left + high / 2, ty: y + (row + 0.5) * high, r: 0.36 * high, wide, named };
}

// Where the name of a worker stands: above its job, or beside it if the box is low.
export function titleOf({ w, h }, rem) {
  const isBeside = h < LOW * rem;
  return isBeside ? { isBeside, w: 0.48 * w, h } : { isBeside, w, h: 2.6 * rem };
}
