// Which view an address shows.
//
//   /              the board's auctions, or the verify view where there is no board
//   /#verify       the verify view
//   /#keys         the keys that this browser holds
//   /a/AUCTION     an auction: watch it, and bid

import { el, faultText, fill } from "./dom.js";
import { Board } from "./board.js";
import { asFault } from "./engine.js";
import { Verification } from "./verification.js";
import { Auctions } from "./auctions.js";
import { AuctionView } from "./auction.js";
import { KeysView } from "./keys.js";

const main = document.getElementById("main");
const board = Board.find();
let shown = null;

function address() {
  const path = location.pathname.match(/^\/a\/([a-z0-9]+)\/?$/);
  const [page, auction] = location.hash.slice(1).split("/");
  if (page) return { page, auction: auction || null };
  return path ? { page: "auction", auction: path[1] } : { page: null, auction: null };
}

async function show() {
  shown?.leave?.();
  const at = await board;
  const { page, auction } = address();
  const name = page ?? (at ? "auctions" : "verify");
  const view = {
    verify: () => new Verification(at),
    keys: () => new KeysView(),
    auctions: () => new Auctions(at),
    auction: () => new AuctionView(at),
  }[name] ?? (() => new Verification(at));
  shown = view();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    await shown.show(main, auction);
  } catch (error) {
    fill(main, el("h1", {}, "Something went wrong"), faultText(asFault(error)));
  }
}

addEventListener("hashchange", () => {
  show();
  main.focus();
});
show();

// Offline the page verifies as it does online. A plain http address of another machine has no such cache.
navigator.serviceWorker?.register("/offline.js").catch(() => {});
