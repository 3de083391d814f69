// The auctions of the board that the page came from.

import { el, fill, table } from "./dom.js";

export class Auctions {
  #board;

  constructor(board) {
    this.#board = board;
  }

  async show(main) {
    document.title = "Auctions – Talea";
    if (!this.#board) {
      fill(main, el("h1", {}, "Auctions"),
        el("p", {}, "This page was not served by a board, so it shows no auctions. It can verify a transcript: ",
          el("a", { href: "/#verify" }, "Verify"), "."));
      return;
    }
    const auctions = await this.#board.auctions();
    const rows = auctions.map((row) => [
      el("a", { href: `/a/${row.auction}` }, title(row)), row.phase, until(row.deadline),
      el("a", { href: `/#verify/${row.auction}` }, "Verify"),
    ]);
    fill(main, el("h1", {}, "Auctions of this board"),
      rows.length > 0 ? table([["Auction", "name"], ["Phase", ""], ["Until", ""], ["Transcript", ""]], rows, "Auctions")
        : el("p", {}, "There are none."));
  }
}

function title({ title, lots, auction }) {
  if (title) return title;
  const names = (lots ?? []).map((lot) => lot.name ?? lot.identifier ?? lot);
  if (names.length === 0) return auction;
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function until(deadline) {
  const time = deadline?.time_ms ?? deadline?.time ?? deadline?.at;
  return time ? new Date(time).toLocaleString() : deadline?.slot ? `slot ${deadline.slot}` : "";
}
