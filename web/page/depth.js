// The depths of a lot: how many bids lie in each range of prices, a picture per round. The program draws them, by the
// same code as `talea report`.

const parser = new DOMParser();

/** The pictures of a lot, side by side. Names in them are text; a document that a parser makes runs nothing. */
export function depths(pictures) {
  const figure = document.createElement("div");
  figure.className = "panels";
  figure.append(...pictures.map((picture) => parser.parseFromString(picture, "text/html").querySelector("svg")));
  return figure;
}
