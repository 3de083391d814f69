// A bidder's side: a key, a bid, its receipt, its reveal, its result. What reveals a bid is kept before the commit
// leaves, so that nothing is lost by a reload at whatever step.

import { download, el, faultText, fill, sentence, short } from "./dom.js";
import { Fault, asFault } from "./engine.js";
import { time } from "./clock.js";
import { makeKey, openForm, saveForm } from "./keys.js";
import * as store from "./store.js";

/** How long to wait before something is handed in again, in milliseconds. */
const RETRY = 1_500;
/** How many prices are tried at a time for a bid that was not kept. */
const CHUNK = 1 << 13;
/** In a later round a bid is repeated by itself when so much of the time for commits is left, in milliseconds. */
const STAND = 15_000;

const WORDS = {
  Hit: "You won (Hit).",
  Cover: "Yours was the best bid that lost (Cover).",
  Tied: "Yours was as good as the winner's (Tied).",
  TiedCover: "Yours was the best bid that lost, or tied with it (Cover).",
  DoneAway: "Others were better (Done Away).",
  DidNotTrade: "The lot did not trade.",
  NotRanked: "Your bid did not count: it was not revealed, or invalid.",
  Counted: "Your answer was counted.",
  TooFewAnswers: "There were too few answers, and nothing was opened.",
};

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Runs work in one tab at a time. Where a browser has no locks, as over plain http, what is kept is the lock. */
function inOneTab(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

export class Bidding {
  #board;
  #engine;
  #auction;
  #clock;
  #pull;
  #root;
  #party = null;
  #view = null;
  #own = null;
  #kept = [];
  #busy = new Map();
  #end = null;
  #drawn = "";
  #said = el("div", { role: "status", "aria-live": "polite", id: "said" });
  // Apart from what goes on, which would soon be written over it.
  #wrong = el("div", { id: "wrong" });
  #evidence = el("div");
  #awake = null;
  #isChecked = false;
  // Whether the board signed all that was replayed.
  #isSigned = false;
  // The entries whose receipts are kept.
  #receipts = new Set();
  // Bids that no price of the grid opens: they are not searched again.
  #lost = new Set();

  constructor({ board, engine, auction, clock, pull, root }) {
    this.#board = board;
    this.#engine = engine;
    this.#auction = auction;
    this.#clock = clock;
    this.#pull = pull;
    this.#root = root;
    addEventListener("beforeunload", this.#leaving);
  }

  leave() {
    removeEventListener("beforeunload", this.#leaving);
    this.#awake?.release().catch(() => {});
  }

  #leaving = (event) => {
    if (this.#isOwing()) event.preventDefault();
  };

  /** Whether something of this party is still to be done by this page. */
  #isOwing() {
    const isEarly = ["Commits", "Reveals"].includes(this.#view?.phase);
    return isEarly && (this.#own?.bids.some((bid) => bid.is_open) || this.#kept.some((bid) => this.#isUnsent(bid)));
  }

  #isUnsent(bid) {
    return bid.round === this.#view.round && this.#own?.bids[bid.lot] && this.#own.bids[bid.lot].committed === null;
  }

  get #key() {
    return store.key(this.#party).then((row) => row?.key);
  }

  /** The end of the phase, by the board's clock. */
  tick(end) {
    this.#end = end;
    const view = this.#view;
    if (!view?.rounds || view.round === 0 || view.phase !== "Commits" || end === null) return;
    const left = end - this.#clock.now();
    if (left < STAND && left > 0 && this.#isSigned) this.#stand();
  }

  /**
   * The auction has come so far. Nothing is handed in by itself on a history that the board did not sign: whoever shows
   * another one could make the page reveal while others still bid.
   */
  async update(view, isSigned) {
    this.#view = view;
    this.#isSigned = isSigned;
    this.#party ??= (await store.chosen(this.#auction)) ?? null;
    if (this.#party) {
      await this.#read();
      await this.#checkReceipts();
      if (isSigned) await this.#work();
    }
    this.#draw();
  }

  async #read() {
    this.#kept = await store.bids(this.#auction, this.#party);
    const key = await this.#key;
    if (!key) {
      this.#party = null;
      return;
    }
    const payload = store.list(this.#kept.map((bid) => bid.kept));
    this.#own = (await this.#engine.call("own", { key }, { payload })).ok;
    this.#receipts = new Set((await store.receipts(this.#auction, this.#party)).map(({ entry }) => entry));
  }

  /** What is due: a commit that was kept and is not in the transcript, reveals, and what has to be found again. */
  async #work() {
    if (!this.#own) return;
    const { phase } = this.#view;
    if (phase === "Commits") {
      for (const bid of this.#kept.filter((bid) => this.#isUnsent(bid) && !bid.refused)) this.#start(`commit-${bid.lot}`, () => this.#send(bid));
    }
    const isDue = (bid) => bid.is_open && (bid.is_known || !this.#lost.has(this.#placeOf(bid)));
    if (phase === "Reveals" && this.#own.bids.some(isDue)) this.#start("reveal", () => this.#reveal());
    if (this.#isOwing()) this.#stayAwake();
    await this.#askForReceipts();
  }

  /** A reload may have lost the answer with a receipt. The board gives it again. */
  async #askForReceipts() {
    for (const { lot, committed, revealed } of this.#own.bids) {
      const owed = [!this.#busy.has(`commit-${lot}`) && committed, !this.#busy.has("reveal") && revealed];
      for (const entry of owed.filter((entry) => entry && !this.#receipts.has(entry))) {
        this.#start(`receipt-${entry}`, async () => {
          const receipt = await this.#board.receipt(this.#auction, entry);
          if (await this.#keepReceipt({ entry, receipt }, null)) fill(this.#said, el("p", {}, `The board signed for entry ${entry}.`));
          else await wait(RETRY);
        });
      }
    }
  }

  /** Starts work unless it is going on; its fault is shown, and it is not tried again at once. */
  #start(name, work) {
    if (this.#busy.has(name)) return this.#busy.get(name);
    const done = work().then(() => {}, (error) => {
      fill(this.#wrong, faultText(asFault(error)));
      return wait(RETRY);
    }).finally(() => {
      this.#busy.delete(name);
      this.#pull();
    });
    this.#busy.set(name, done);
    return done;
  }

  /** A telephone that goes to sleep reveals nothing. */
  async #stayAwake() {
    if (this.#awake || !navigator.wakeLock || document.visibilityState !== "visible") return;
    this.#awake = await navigator.wakeLock.request("screen").catch(() => null);
    this.#awake?.addEventListener("release", () => {
      this.#awake = null;
    });
  }

  /** Makes a bid and keeps it; then it is sent. Of two tabs the one that keeps first has made the bid. */
  async #bid(lot, level, price) {
    await this.#untilSigned();
    await inOneTab(`talea-bid-${this.#auction}-${this.#party}-${lot}`, async () => {
      await this.#read();
      const round = this.#view.round;
      const before = this.#kept.find((bid) => bid.lot === lot && bid.round === round);
      const bid = before ?? await this.#make(lot, round, level, price);
      if (bid.level !== level) {
        throw new Fault({ code: "refused", sentence: `another tab of this browser made a bid of ${bid.price} on this lot`,
          help: "a bidder has one bid per lot and round" });
      }
      this.#kept = await store.bids(this.#auction, this.#party);
      this.#draw();
      await this.#start(`commit-${lot}`, () => this.#send(bid));
    });
  }

  /** Waits until the board has signed what was replayed. */
  async #untilSigned() {
    while (!this.#isSigned) {
      if (this.#view.phase !== "Commits") throw new Fault({ code: "board.silent", sentence: "the board signed no history in which bids are due" });
      fill(this.#said, el("p", {}, "Waiting for the board to sign what it shows…"));
      await wait(250);
      this.#pull();
    }
  }

  async #make(lot, round, level, price) {
    const key = await this.#key;
    const payload = store.list(this.#kept.filter((bid) => bid.lot === lot).map((bid) => bid.kept));
    const { payload: kept } = await this.#engine.call("prepare", { key, lot, level }, { payload });
    const { ok } = await this.#engine.call("commit-of", null, { payload: store.list([kept]) });
    await store.persist();
    return store.keepBid({ auction: this.#auction, party: this.#party, lot, round, level, price, id: ok.id, kept });
  }

  /** Hands in the commit of a bid that is kept until the board has taken or refused it. */
  async #send(bid) {
    const { ok, payload } = await this.#engine.call("commit-of", null, { payload: store.list([bid.kept]) });
    // A bid that was found again in the transcript has no commit to send.
    if (payload.length === 0) return;
    fill(this.#said, el("p", {}, `Committing ${bid.price}…`));
    try {
      const answer = await this.#handIn(payload, "Commits");
      await this.#sayTaken(`your bid of ${bid.price}`, answer, ok.id);
    } catch (error) {
      const fault = asFault(error);
      if (fault.code === "refused") await this.#noteRefusal(bid);
      throw fault;
    }
  }

  /** Says what the board answered, and that it signed for it only once its receipt is kept. */
  async #sayTaken(what, answer, id) {
    fill(this.#said, el("p", {}, `The board says that it took ${what} as entry ${answer.entry}. Waiting for its signature…`));
    if (await this.#keepReceipt(answer, id)) {
      fill(this.#said, el("p", {}, `The board took ${what} as entry ${answer.entry}, and signed for it.`));
    } else {
      // What a board says without a signature is soon asked again, and not at once.
      await wait(RETRY);
    }
  }

  /** Nobody signs a refusal: it counts if the rules refuse the commit here too. Otherwise it is soon handed in again. */
  async #noteRefusal(bid) {
    if (!this.#isSigned) return;
    const { ok: refused } = await this.#engine.call("refusal-of", null, { payload: store.list([bid.kept]) });
    if (refused !== null) await store.noteBid({ ...bid, refused });
  }

  /** Hands in an instruction until there is an answer, or the phase is over. The same bytes count once. */
  async #handIn(instruction, phase) {
    for (;;) {
      const answer = await this.#board.submit(this.#auction, instruction).catch((error) => {
        if (asFault(error).code === "board.silent") return { state: "busy" };
        throw error;
      });
      if (answer.state === "accepted") return answer;
      if (this.#view.phase !== phase) {
        throw new Fault({ code: "board.silent", sentence: `the board did not take it while it was time (${phase})` });
      }
      await wait(RETRY);
    }
  }

  /** Keeps a receipt of this entry if the board's key signed it over the history that this browser replayed; whether it did. */
  async #keepReceipt({ entry, receipt }, id) {
    if (!receipt) return false;
    for (let tries = 0; tries < 20; tries++) {
      const { ok } = await this.#engine.call("receipt", { receipt, entry, id });
      if (ok) {
        await store.keepReceipt({ auction: this.#auction, party: this.#party, entry, id, receipt });
        this.#receipts.add(entry);
        return true;
      }
      // The replay is not there yet. This may run within a look at the board, which must not wait for itself.
      const bytes = wait(250);
      this.#pull();
      await bytes;
    }
    return false;
  }

  /** Once per visit: whether the board still shows what it signed for. */
  async #checkReceipts() {
    if (this.#isChecked) return;
    this.#isChecked = true;
    for (const { entry, id, receipt } of await store.receipts(this.#auction, this.#party)) {
      try {
        const { ok } = await this.#engine.call("receipt", { receipt, entry, id });
        if (!ok) throw new Fault({ code: "board.rewritten", sentence: `the board signed entry ${entry}, and does not show it` });
      } catch (error) {
        const save = () => download(`receipt-${entry}.json`, `${JSON.stringify(receipt, null, 2)}\n`, "application/json");
        this.#evidence.append(el("div", { class: "warning" }, faultText(asFault(error)),
          el("button", { onclick: save }, "Save the receipt, which is the evidence")));
      }
    }
  }

  async #reveal() {
    await inOneTab(`talea-reveal-${this.#auction}-${this.#party}`, async () => {
      await this.#read();
      await this.#handInSealed(this.#kept);
      // A search takes its time, so what is known does not wait for it.
      await this.#handInSealed(await this.#find());
    });
  }

  /** Hands in those of these bids that are to be revealed. */
  async #handInSealed(kept) {
    if (kept.length === 0) return;
    const payload = store.list(kept.map((bid) => bid.kept));
    const { ok: revealing, payload: bytes } = await this.#engine.call("reveal", { key: await this.#key }, { payload });
    let at = 0;
    for (const { id, lots, length } of revealing) {
      const answer = await this.#handIn(bytes.subarray(at, at + length), "Reveals");
      at += length;
      await this.#sayTaken(`the sealed ${lots.length === 1 ? "bid" : "bids"}`, answer, id);
    }
  }

  #placeOf({ lot }) {
    return `${lot} ${this.#view.round}`;
  }

  /**
   * Finds bids again that this key made, and that nothing opens that this browser kept, by trying the prices of the grid.
   * Those that were found.
   */
  async #find() {
    const round = this.#view.round;
    const found = [];
    const key = await this.#key;
    for (const bid of this.#own.bids.filter((bid) => bid.is_open && !bid.is_known && !this.#lost.has(this.#placeOf(bid)))) {
      const { lot } = bid;
      const { levels, name } = this.#view.lots[lot];
      let isFound = false;
      for (let from = 0; from < levels; from += CHUNK) {
        const to = Math.min(from + CHUNK, levels);
        const { ok: level } = await this.#engine.call("search", { key, lot, round, from, to });
        if (level !== null) {
          const { payload: kept } = await this.#engine.call("recover", { key, lot, round, level });
          const again = { auction: this.#auction, party: this.#party, lot, round, level, price: "the bid that was found again", id: null, kept };
          // In the place of another one that this browser made, which the rules have no room for any more.
          await store.noteBid(again);
          found.push(again);
          isFound = true;
          break;
        }
        fill(this.#said, el("p", {}, `Searching for this key's bid on ${name}: ${Math.floor((to / levels) * 100)} % of the prices.`));
      }
      if (!isFound) this.#lost.add(`${lot} ${round}`);
    }
    return found;
  }

  /** In a later round: repeats what stands, on every lot without a bid in this round. No lot waits for another. */
  #stand() {
    for (const { lot } of this.#own?.bids ?? []) {
      if (this.#standing(lot)) {
        this.#start(`stand-${lot}`, async () => {
          await this.#read();
          const bid = this.#standing(lot);
          if (bid) await this.#bid(lot, bid.level, bid.price);
        });
      }
    }
  }

  /** The bid to repeat on a lot: nothing if one of this round is kept, which is handed in anyhow, or is in the transcript. */
  #standing(lot) {
    const { committed, is_active: isActive } = this.#own.bids[lot];
    const kept = this.#kept.filter((bid) => bid.lot === lot);
    if (committed !== null || !isActive || kept.some((bid) => bid.round === this.#view.round)) return null;
    return kept.filter((bid) => bid.round < this.#view.round).at(-1) ?? null;
  }

  #draw() {
    // Whoever is typing must not lose what is typed: forms are drawn anew only when what they are for has changed.
    const { phase, round } = this.#view;
    const bids = this.#own?.bids.map((bid) => [bid.committed, bid.revealed, bid.is_open, bid.is_known, bid.is_active, bid.came?.word]);
    const state = JSON.stringify([phase, round, this.#party, bids, this.#kept.map((bid) => [bid.lot, bid.round, bid.refused])]);
    if (state === this.#drawn) {
      this.#root.querySelectorAll("[data-signature]").forEach((span) => this.#sign(span));
      return;
    }
    this.#drawn = state;
    fill(this.#root, el("div", { class: "panel own" }, el("h2", {}, "Your bid"), this.#evidence,
      this.#party ? this.#part() : this.#choice(), this.#said, this.#wrong));
  }

  #choice() {
    if (this.#view.phase === "Closed") return el("p", {}, "The auction is over.");
    const list = el("div");
    store.keys().then((keys) => fill(list, keys.map(({ party }) =>
      el("p", {}, el("button", { onclick: () => this.#choose(party) }, "Bid with ", short(party))))));
    const make = async () => this.#choose(await makeKey());
    return [
      el("p", {}, "To bid you need a key. It is made in this browser, and kept here."), list,
      el("button", { class: "first", id: "make-key", onclick: () => this.#start("key", make) }, "Make a key and bid with it"),
      el("details", {}, el("summary", {}, "Open a key file"), openForm((party) => this.#choose(party))),
    ];
  }

  async #choose(party) {
    await store.choose(this.#auction, party);
    this.#party = party;
    await this.#pull();
  }

  #part() {
    const { phase, lots, invited } = this.#view;
    const own = this.#own;
    if (!own) return el("p", {}, "One moment…");
    const head = el("p", { class: "hint" }, "You are ", el("span", { class: "key", id: "party" }, own.party));
    if (!own.invited) {
      const why = own.role ? `The ${own.role} may not bid.`
        : `The terms invite ${invited} bidders, and this key is none of them. Whoever writes the terms needs the name above.`;
      return [head, el("p", { class: "warning" }, why), this.#otherKey()];
    }
    const isEarly = ["Deals", "Complaints", "Reserves"].includes(phase);
    return [
      head, isEarly && el("p", {}, "Bidding begins once the keyholders have made the key to which bids are encrypted."),
      lots.map((lot) => this.#lot(lot, own.bids[lot.lot])),
      this.#isOwing() && this.#warning(),
      el("details", {}, el("summary", {}, "Save your key to a file"), saveForm(this.#party)),
      isEarly && this.#otherKey(),
    ];
  }

  #otherKey() {
    const other = async () => {
      await store.choose(this.#auction, null);
      this.#party = this.#own = null;
      await this.#pull();
    };
    return el("button", { onclick: other }, "Use another key");
  }

  #lot(lot, own) {
    const { phase, round } = this.#view;
    const kept = this.#kept.filter((bid) => bid.lot === lot.lot);
    const now = kept.find((bid) => bid.round === round);
    const last = kept.at(-1);
    const said = [];
    if (own.came) {
      said.push(el("p", { "data-result": own.came.word }, el("strong", {}, WORDS[own.came.word]),
        ` Your bid: ${own.came.bid}.`, own.came.price && ` The price: ${own.came.price}.`));
    } else if (own.revealed !== null) {
      said.push(el("p", { "data-state": "revealed" }, own.is_known && `You bid ${now.price}. `,
        `The sealed bid is in, as entry ${own.revealed}`, this.#signature(own.revealed), ". There is nothing more to do for this round."));
    } else if (own.committed !== null) {
      const what = own.is_known ? `You committed ${now.price}` : "A bid of this key was made by another browser or program, and committed";
      said.push(el("p", { "data-state": "committed" }, `${what} as entry ${own.committed}`, this.#signature(own.committed), "."));
    } else if (now?.refused) {
      said.push(el("p", { class: "fault" }, `The rules refused your bid of ${now.price}: ${now.refused}`));
    } else if (now) {
      said.push(el("p", { "data-state": "kept" }, `Your bid of ${now.price} is on its way.`));
    } else if (last && phase !== "Closed") {
      said.push(el("p", {}, `Your bid of ${last.price} stands.`));
    }
    const mayBid = phase === "Commits" && own.committed === null && !now && (round === 0 || own.is_active);
    return el("section", { "data-lot": lot.lot }, el("h3", {}, `${lot.name} (${lot.identifier})`), said,
      mayBid && (this.#view.refusal ? el("p", { "data-state": "refusal" }, this.#view.refusal) : this.#form(lot, last)));
  }

  /** Whether the board signed for an entry, in words that change with it. */
  #signature(entry) {
    return this.#sign(el("span", { "data-signature": entry }));
  }

  #sign(span) {
    const isSigned = this.#receipts.has(Number(span.dataset.signature));
    span.textContent = isSigned ? ", and the board signed for it" : ", and waits for the board's signature";
    return span;
  }

  #form(lot, last) {
    const id = `price-${lot.lot}`;
    const words = el("p", { class: "hint", id: `${id}-words`, "aria-live": "polite" });
    const input = el("input", { id, inputmode: "text", autocomplete: "off", required: true, "aria-describedby": `${id}-words ${id}-hint` });
    const button = el("button", { class: "first" }, last ? "Improve" : "Bid");
    let asked = 0;
    let quoted = null;
    const quote = async () => {
      const mine = ++asked;
      quoted = null;
      const price = input.value.trim();
      if (!price) return fill(words, "");
      try {
        const { ok } = await this.#engine.call("quote", { lot: lot.lot, price });
        if (mine !== asked) return null;
        quoted = ok;
        input.removeAttribute("aria-invalid");
        fill(words, ok.words, ok.remark && ` ${sentence(ok.remark)}`);
      } catch (error) {
        if (mine !== asked) return null;
        const fault = asFault(error);
        input.setAttribute("aria-invalid", "true");
        fill(words, sentence(fault.sentence), fault.help && ` ${sentence(fault.help)}`);
      }
      return quoted;
    };
    input.addEventListener("input", quote);
    const submit = async (event) => {
      event.preventDefault();
      fill(this.#wrong);
      const chosen = await quote();
      if (chosen && await this.#confirm(lot, chosen)) this.#start(`bid-${lot.lot}`, () => this.#bid(lot.lot, chosen.level, chosen.price));
    };
    const stands = last && this.#view.round > 0
      && el("p", { class: "hint" }, "If you do nothing, this page repeats your bid by itself shortly before the deadline. A bid can only get better.");
    return el("form", { onsubmit: submit }, el("div", { class: "row" },
      el("div", { class: "field" }, el("label", { for: id }, lot.side === "sale" ? "Your price" : "Your price (the lowest wins)"), input), button),
      words, el("p", { class: "hint", id: `${id}-hint` }, `${lot.from} to ${lot.to}, in steps of ${lot.tick}; ${lot.notation}.`), stands);
  }

  /** Asks before anything binds, in figures. */
  #confirm(lot, { words, price }) {
    const { deposit, commit_fee: fee } = this.#view;
    return new Promise((done) => {
      const dialog = el("dialog", { "aria-labelledby": "confirm-title", onclose: () => {
        done(dialog.returnValue === "bid");
        dialog.remove();
      } });
      const stakes = [deposit !== "0" && `a deposit of ${deposit} is locked`, fee !== "0" && `a fee of ${fee} is charged`].filter(Boolean);
      fill(dialog, el("h2", { id: "confirm-title" }, `Bid ${price} on ${lot.name}?`), el("p", { id: "confirm-words" }, words),
        el("p", {}, "This binds you: it cannot be changed in this round or taken back.", stakes.length > 0 && ` ${sentence(stakes.join(", and "))}`),
        el("div", { class: "row" },
          el("button", { class: "first", id: "confirm", onclick: () => dialog.close("bid") }, "Bid"),
          el("button", { onclick: () => dialog.close("") }, "Do not bid")));
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  #warning() {
    const { phase, deposit } = this.#view;
    const lost = deposit === "0" ? "" : `, and its deposit of ${deposit} is lost`;
    const from = phase === "Commits" && this.#end ? ` The reveals begin after ${time(this.#end)}.` : "";
    const command = `talea reveal --board ${location.origin}/a/${this.#auction} --key FILE --wait`;
    const hand = async () => {
      await this.#read();
      await this.#find();
      this.#kept = await store.bids(this.#auction, this.#party);
      const payload = store.list(this.#kept.map((bid) => bid.kept));
      const { payload: file } = await this.#engine.call("hand-over", { key: await this.#key }, { payload });
      download("sealed-bids", file);
    };
    return el("div", { class: "warning", id: "stay" },
      el("p", {}, el("strong", {}, "Keep this page open until your sealed bid is in."), " The page hands it in by itself when it is time.",
        from, ` If it is not open then, your bid does not count${lost}.`),
      el("details", {}, el("summary", {}, "If you cannot keep it open"),
        el("p", {}, "Open this page again in this browser during the reveals. Or save your key to a file below: the command line finds the bid ",
          "by the key, and hands it in:"),
        el("pre", {}, el("code", {}, command)),
        phase === "Reveals" && el("p", {}, "If the board does not take it: a keyholder who runs with --reveals hands in what is in this file. ",
          el("button", { onclick: () => this.#start("hand", hand) }, "Save the sealed bids to a file"))));
  }
}
