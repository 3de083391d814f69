// Elements, made without markup: what a board or a file says is text and stays text.

const shown = (children) => children.flat(Infinity).filter((child) => ![null, undefined, false].includes(child));

/** An element with attributes, and children that are elements or text. What is null or false is left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...shown(children));
  return element;
}

/** Puts these children in the place of all others. */
export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
  return element;
}

/** A table. Its columns are [heading, class]; on a narrow screen each row becomes a card with the headings in it. */
export function table(columns, rows, caption) {
  const head = el("tr", {}, columns.map(([heading, kind]) => el("th", { scope: "col", class: kind }, heading)));
  const body = rows.map((cells) =>
    el("tr", {}, cells.map((cell, at) =>
      el("td", { class: columns[at][1], "data-label": columns[at][0] }, ...[cell ?? ""].flat()))));
  return el("table", {}, caption && el("caption", { class: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, body));
}

/** The beginning and the end of a long name; the whole of it is shown when somebody points at it, and read out. */
export function short(name) {
  if (name.length <= 30) return name;
  return el("span", { class: "short", title: name }, `${name.slice(0, 18)}…${name.slice(-6)}`);
}

/** What went wrong, in the words of the program. */
export function faultText(fault) {
  return el("div", { class: "fault", role: "alert" },
    el("p", {}, el("strong", {}, sentence(fault.sentence)), " ", el("code", {}, fault.code)),
    fault.help && el("p", {}, sentence(fault.help)));
}

/** With a capital letter and a full stop. */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** A whole number in decimal digits, with commas. */
export function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number of bytes. */
export function bytes(count) {
  return count < 10_000 ? `${count} bytes` : `${(count / 1e6).toFixed(2)} MB`;
}

/** Offers bytes as a file. */
export function download(name, content, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
