// Verify: a file that is dropped or chosen, or an auction of the board that the page came from.

import { bytes, download, el, faultText, fill } from "./dom.js";
import { Engine, asFault } from "./engine.js";
import { reportView } from "./report.js";

export class Verification {
  #result = el("div", { id: "result" });
  #live = el("p", { class: "quiet", role: "status", "aria-live": "polite" });
  #engine = null;
  #board;

  /** `board` is the board that the page came from, or null. */
  constructor(board) {
    this.#board = board;
  }

  async show(main, auction) {
    const input = el("input", { type: "file", id: "file", onchange: () => this.#verify(input.files[0]) });
    const drop = el("div", { class: "drop" },
      el("label", { for: "file" }, "Choose a transcript, or drop one here"), input,
      el("p", { class: "hint" }, "The file stays in this browser. A board's folder has it as transcript.talea."));
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.#verify(event.dataTransfer.files[0]);
    });
    fill(main, el("h1", {}, "Verify an auction"),
      el("p", {}, "The independent verifier derives every signature check, proof, deadline and unit of money a second time, ",
        "from the transcript alone, and compares the outcome."),
      drop, el("div", { id: "choices" }), this.#live, this.#result);
    document.title = "Verify – Talea";
    if (auction) await this.#verifyAuction(auction);
    else await this.#offer();
  }

  leave() {
    this.#engine?.stop();
  }

  async #offer() {
    const auctions = await this.#board?.auctions().catch(() => []);
    if (!auctions?.length) return;
    const select = el("select", { id: "auction" }, auctions.map((row) =>
      el("option", { value: row.auction }, `${row.title ?? row.auction} (${row.phase})`)));
    fill(document.getElementById("choices"), el("div", { class: "row" },
      el("div", { class: "field" }, el("label", { for: "auction" }, "Or an auction of this board"), select),
      el("button", { onclick: () => this.#verifyAuction(select.value) }, "Verify")));
  }

  async #verifyAuction(auction) {
    try {
      this.#live.textContent = "Fetching the transcript…";
      await this.#verify(await this.#board.transcript(auction));
    } catch (error) {
      fill(this.#result, faultText(asFault(error)));
    }
  }

  async #verify(file) {
    if (!file) return;
    this.#engine?.stop();
    const engine = this.#engine = new Engine("verifier");
    const bar = el("progress", { max: Math.max(file.size, 1), "aria-label": "How much of the file has been verified" });
    fill(this.#result, bar);
    this.#live.textContent = `Verifying ${bytes(file.size)}…`;
    const started = performance.now();
    try {
      const progress = ({ bytes: read, entries }) => {
        bar.value = read;
        this.#live.textContent = `Verifying: ${entries} entries so far…`;
      };
      const { ok: report, payload } = await engine.call("verify", null, { file, progress });
      const pictures = JSON.parse(new TextDecoder().decode(payload));
      const { ok: timeline } = await engine.call("timeline", null, { file });
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const save = el("button", { onclick: () =>
        download("verification.json", `${JSON.stringify(report, null, 2)}\n`, "application/json") }, "Save the report as JSON");
      fill(this.#result, ...reportView(report, timeline, pictures), el("p", {}, save));
      this.#live.textContent = `${report.verdict.toUpperCase()}: verified in ${seconds} s, in this browser.`;
      document.getElementById("verdict").focus({ preventScroll: true });
    } catch (error) {
      if (engine !== this.#engine) return;
      this.#live.textContent = "The verification stopped.";
      fill(this.#result, faultText(asFault(error)));
    } finally {
      if (engine === this.#engine) this.#engine = null;
      engine.stop();
    }
  }
}
