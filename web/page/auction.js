// An auction of the board: followed as a party follows it, entry by entry, and shown.

import { el, faultText, fill, grouped, sentence, short, table } from "./dom.js";
import { depths } from "./depth.js";
import { Engine, asFault } from "./engine.js";
import { BoardClock, span, time } from "./clock.js";
import { Bidding } from "./bidding.js";
import { ENDINGS } from "./report.js";

/** How often the board is asked although it did not say that anything happened, in milliseconds. */
const LOOK = 10_000;
/** How far a machine's clock may be off before it is said, in milliseconds. */
const DRIFT = 5_000;

const PHASES = {
  Deals: ["Key ceremony", "Keyholders make the key to which bids are encrypted."],
  Complaints: ["Complaints", "Keyholders check their shares of the key, and complain about wrong ones."],
  Reserves: ["Reserves", "The seller may commit a reserve, before anybody bids."],
  Commits: ["Bids", "Bidders commit to a price. Nobody sees it."],
  Reveals: ["Reveals", "Bidders hand in their sealed bids, which stay encrypted. A bid that is not handed in does not count."],
  Endorsing: ["Endorsing", "Keyholders confirm that they saw the same bids."],
  Ranking: ["Ranking", "Keyholders find the best bids without decrypting the others."],
  Closed: ["Outcome", "The auction is over."],
};

export class AuctionView {
  #board;
  #auction = null;
  #engine = new Engine("bidder");
  #clock = null;
  #status = null;
  #view = null;
  #offset = 0;
  #signed = 0;
  #heard = [];
  #events = null;
  #timers = [];
  #pulling = null;
  #again = false;
  #left = false;
  #bidding = null;
  #parts = {};

  constructor(board) {
    this.#board = board;
  }

  async show(main, auction) {
    if (!this.#board) {
      fill(main, el("h1", {}, "No board"), el("p", {}, "This page was not served by a board, so it can show no auction."));
      return;
    }
    this.#auction = auction;
    await this.#ask();
    this.#draw(main);
    this.#bidding = new Bidding({
      board: this.#board, engine: this.#engine, auction, clock: this.#clock, pull: () => this.#pull(), root: this.#parts.own,
    });
    this.#parts.checked.textContent = "This browser is replaying the entries.";
    await this.#pull();
    this.#events = this.#board.events(auction, (kind, data) => this.#hear(kind, data), () => this.#line(false));
    this.#events.onopen = () => this.#line(true);
    this.#timers = [setInterval(() => this.#tick(), 500), setInterval(() => this.#look(), LOOK)];
  }

  leave() {
    this.#left = true;
    this.#events?.close();
    this.#timers.forEach(clearInterval);
    this.#bidding?.leave();
    this.#engine.stop();
  }

  /** Asks the board how it stands, and by the way what time it is there. */
  async #ask() {
    const askedAt = performance.now();
    this.#status = await this.#board.status(this.#auction);
    this.#clock ??= new BoardClock(this.#status.slot_clock);
    this.#clock.hear(this.#status.now.time_ms, askedAt);
  }

  async #look() {
    await this.#ask().catch(() => this.#line(false));
    await this.#pull();
  }

  #hear(kind, data) {
    if (kind === "status") this.#status = data;
    if (kind === "entry") {
      this.#heard.unshift(data);
      this.#heard.length = Math.min(this.#heard.length, 50);
    }
    this.#pull();
  }

  #line(isThere) {
    this.#parts.line.textContent = isThere ? "" : "The line to the board is broken. This page tries again by itself.";
    if (isThere) this.#pull();
  }

  /** Replays what the board shows by now. Whoever asks while that is going on gets another look after it. */
  #pull() {
    if (this.#pulling) {
      this.#again = true;
      return this.#pulling;
    }
    this.#pulling = (async () => {
      do {
        this.#again = false;
        await this.#pullOnce();
      } while (this.#again && !this.#left);
    })().finally(() => {
      this.#pulling = null;
    });
    return this.#pulling;
  }

  async #pullOnce() {
    if (this.#left || this.#broken) return;
    try {
      if (this.#status.transcript_bytes > this.#offset) await this.#feed();
      const checkpoint = await this.#board.checkpoint(this.#auction);
      if (checkpoint) await this.#check(checkpoint);
      this.#view = (await this.#engine.call("view")).ok;
      this.#render();
      await this.#bidding.update(this.#view, this.#signed >= this.#view.entries);
    } catch (error) {
      this.#trouble(asFault(error));
    }
  }

  /** Replays what follows in the transcript. */
  async #feed() {
    const bytes = await this.#board.more(this.#auction, this.#offset);
    if (bytes.length === 0) return;
    await this.#engine.call("feed", null, { payload: bytes });
    this.#offset += bytes.length;
  }

  /** Checks a checkpoint. One that came after entries which the replay does not have yet says something once it has them. */
  async #check(checkpoint) {
    let { ok } = await this.#engine.call("checkpoint", { checkpoint });
    if (!ok) {
      await this.#feed();
      ({ ok } = await this.#engine.call("checkpoint", { checkpoint }));
    }
    if (ok) this.#signed = Math.max(this.#signed, checkpoint.entries);
  }
  #broken = false;

  #trouble(fault) {
    if (this.#left || fault.code === "board.silent" || fault.code === "not-yet") return;
    // A board that breaks the rules is followed no further.
    if (["board.invalid", "board.rewritten"].includes(fault.code)) this.#broken = true;
    fill(this.#parts.trouble, this.#broken && el("p", {}, el("strong", {},
      "Do not trust this board. What it shows breaks the rules, or is not what it signed.")), faultText(fault));
  }

  #draw(main) {
    const part = (name, tag = "div", attributes = {}) => (this.#parts[name] = el(tag, attributes));
    document.title = `${this.#title()} – Talea`;
    fill(main, el("h1", {}, this.#title()), part("trouble"), part("line", "p", { role: "status", class: "fault" }),
      part("phase", "section"), part("own", "section"), part("lots", "section"), part("people", "section"),
      part("checked", "p", { class: "quiet", id: "checked" }),
      el("details", {}, el("summary", {}, "What happened"), part("log", "ol", { class: "log", reversed: true })),
      this.#terms(),
      el("p", {}, el("a", { href: `/#verify/${this.#auction}` }, "Verify the transcript in this browser")));
    fill(this.#parts.phase, part("steps", "ol", { class: "steps", "aria-label": "Phases" }),
      part("words", "p", { role: "status", "aria-live": "polite", id: "phase" }),
      el("p", { class: "count" }, part("count", "span", { role: "timer", id: "countdown" })), part("until", "p", { class: "quiet", id: "until" }));
  }

  #title() {
    const names = this.#status.lots.map((lot) => lot.name);
    return names.length > 2 ? `${names[0]} and ${names.length - 1} more lots` : names.join(" and ");
  }

  #terms() {
    const words = el("pre");
    const ask = async ({ target }) => {
      if (!target.open || words.textContent) return;
      words.textContent = await this.#engine.call("terms").then(({ ok }) => ok, (fault) => fault.sentence);
    };
    return el("details", { ontoggle: ask }, el("summary", {}, "The terms in words"), words);
  }

  #render() {
    const view = this.#view;
    const steps = Object.keys(PHASES).filter((phase) => phase !== "Reserves" || view.phase === "Reserves");
    const at = steps.indexOf(view.phase);
    fill(this.#parts.steps, steps.map((phase, step) =>
      el("li", { class: step < at && "past", "aria-current": step === at && "step" }, PHASES[phase][0])));
    const round = view.rounds ? ` Round ${view.round}; there are at most ${view.rounds}, counted from 0.` : "";
    const words = `${PHASES[view.phase][1]}${round}`;
    // A live region is read out whenever it is written.
    if (this.#parts.words.textContent !== words) this.#parts.words.textContent = words;
    this.#parts.words.dataset.phase = view.phase;
    this.#lots(view);
    this.#people(view);
    this.#parts.checked.textContent = `This browser replayed ${view.entries} entries with the rules of the auction; the board `
      + `signed ${this.#signed} of them.`;
    fill(this.#parts.log, this.#heard.map(({ number, kind, signer, slot }) =>
      el("li", {}, `Entry ${number}, slot ${slot}: ${kind} by `, short(signer))));
    this.#tick();
  }

  #lots(view) {
    const columns = [["Lot", "id"], ["Name", "name"], ["Quantity", "figures"], ["Prices", ""], ["Bids", "figures"],
      ["Revealed", "figures"], ["Result", ""], ["Price", "figures"], ["Winner", ""]];
    const rows = view.lots.map((lot) => [lot.identifier, lot.name, grouped(lot.quantity), `${lot.from} to ${lot.to}`,
      String(lot.committed), String(lot.revealed), lot.cause ? `void: ${lot.cause}` : lot.words ?? ENDINGS[lot.state], lot.price ?? "",
      lot.winners.flatMap((winner, at) => [at > 0 ? ", " : "", short(winner)])]);
    const pictures = view.lots.map((lot) =>
      lot.depths.length > 0 && [el("h3", {}, `${lot.state === "surveyed" ? "Answers on" : "Depth of"} ${lot.name}`), depths(lot.depths)]);
    fill(this.#parts.lots, el("h2", {}, "Lots"), table(columns, rows, "Lots"), pictures.flat().filter(Boolean));
  }

  #people(view) {
    const lots = (bids) => bids.filter((bid) => bid.round === view.round);
    const bidders = view.bidders.map(({ party, bids }) => {
      const here = lots(bids);
      return [short(party), here.length ? `entry ${here.map((bid) => bid.committed).join(", ")}` : "not in this round",
        here.some((bid) => bid.revealed) ? `entry ${[...new Set(here.map((bid) => bid.revealed).filter(Boolean))].join(", ")}` : ""];
    });
    const posts = { deal: "dealt", complain: "complained", endorse: "endorsed", vouch: "vouched" };
    const keyholders = view.keyholders.map((holder) => {
      const ranking = ["gate", "shuffle", "blind", "decrypt"].reduce((sum, kind) => sum + (holder.posts[kind] ?? 0), 0);
      const did = Object.keys(posts).filter((kind) => holder.posts[kind]).map((kind) => posts[kind]);
      if (ranking > 0) did.push(`${ranking} ranking steps`);
      return [holder.name, short(holder.party), holder.expelled ? "expelled" : did.join(", "), holder.due ?? ""];
    });
    const invited = view.invited === null ? "Anybody may bid." : `${view.invited} bidders are invited.`;
    const groups = [...new Set(view.keyholders.map(({ name, threshold }) => {
      const group = name.replace(/ \d+$/, "");
      return `any ${threshold} of ${group}`;
    }))];
    fill(this.#parts.people, el("h2", {}, "Bidders"), el("p", { class: "quiet" }, invited),
      bidders.length > 0 ? table([["Bidder", ""], ["Committed", ""], ["Revealed", ""]], bidders, "Bidders")
        : el("p", {}, "Nobody has committed a bid yet."),
      el("h2", {}, "Keyholders"), el("p", { class: "quiet" }, `Together ${groups.join(" and ")} could read every bid.`),
      table([["Keyholder", ""], ["Party", ""], ["Has done", ""], ["Is due", ""]], keyholders, "Keyholders"));
  }

  /** The countdown, by the board's clock. */
  #tick() {
    const view = this.#view;
    if (!view) return;
    const told = this.#status.deadline;
    // A board that was late gives more time than the slots of the terms say.
    const end = view.deadline === null ? null
      : told && String(told.slot) === String(view.deadline) ? told.time_ms : this.#clock.end(view.deadline);
    const drift = this.#clock.drift();
    const off = Math.abs(drift) > DRIFT
      ? ` This machine's clock is ${span(Math.abs(drift))} ${drift > 0 ? "ahead" : "behind"}; the countdown goes by the board's.` : "";
    const left = end === null ? 0 : end - this.#clock.now();
    this.#parts.count.textContent = end === null ? "" : left > 0 ? span(left) : "any moment";
    this.#parts.until.textContent = end === null ? "" : sentence(`until ${time(end)}`) + off;
    this.#bidding?.tick(end);
  }
}
