// How many bids lie in each range of prices: a picture per round, with the numbers in it.

const SVG = "http://www.w3.org/2000/svg";
const LABEL = 130;
const BARS = 170;
const ROW = 22;

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** One depth: buckets with `from`, a price, and `bids`; the best prices on top. `most` is the longest bar. */
export function depth(title, buckets, most) {
  const rows = buckets.filter((bucket) => bucket.from).reverse();
  const height = 28 + rows.length * ROW;
  const words = rows.filter((row) => row.bids > 0).map((row) => `${row.bids} from ${row.from}`);
  const picture = shape("svg", {
    viewBox: `0 0 ${LABEL + BARS + 40} ${height}`, width: LABEL + BARS + 40, height, role: "img",
    "aria-label": `${title}: ${words.join(", ") || "no bids"}`,
  });
  picture.append(shape("text", { class: "heading", x: 0, y: 14 }, title));
  rows.forEach((row, at) => {
    const y = 24 + at * ROW;
    const length = Math.round((row.bids / Math.max(most, 1)) * BARS);
    picture.append(
      shape("text", { class: "prices", x: LABEL - 8, y: y + 13, "text-anchor": "end" }, `${row.from} ..`),
      shape("rect", { class: "bar", x: LABEL, y: y + 2, width: length, height: 14 }),
      shape("text", { x: LABEL + length + 6, y: y + 13 }, row.bids > 0 ? String(row.bids) : ""),
    );
  });
  picture.append(shape("line", { class: "axis", x1: LABEL, x2: LABEL, y1: 22, y2: height }));
  return picture;
}

/** All depths of a lot, side by side: [title, buckets] each. */
export function depths(panels) {
  const most = Math.max(0, ...panels.flatMap(([, buckets]) => buckets.map((bucket) => bucket.bids)));
  const figure = document.createElement("div");
  figure.className = "panels";
  figure.append(...panels.map(([title, buckets]) => depth(title, buckets, most)));
  return figure;
}
