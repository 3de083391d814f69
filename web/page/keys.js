// The keys that this browser holds: made here, kept here, saved to a file that the command line opens.

import { download, el, faultText, fill, short } from "./dom.js";
import { Engine, asFault } from "./engine.js";
import * as store from "./store.js";

let program = null;

/** The program that locks and opens key files, loaded when it is needed first. */
function call(...request) {
  program ??= new Engine("locks");
  return program.call(...request);
}

/** A new key, kept. */
export async function makeKey() {
  const { ok } = await call("new");
  await store.keepKey({ party: ok.party, key: ok.key, made: Date.now() });
  await store.persist();
  return ok.party;
}

/** A form that saves a key to a file. */
export function saveForm(party) {
  const said = el("div", { role: "status", "aria-live": "polite" });
  const id = `passphrase-${party.slice(-8)}`;
  const input = el("input", { id, type: "password", autocomplete: "new-password", minlength: 12, required: true });
  const save = async (event) => {
    event.preventDefault();
    try {
      fill(said, el("p", { class: "hint" }, "Locking the file with the passphrase…"));
      const { key } = await store.key(party);
      const { payload } = await call("lock", { key, passphrase: input.value });
      download(`talea-${party.slice(-6)}.key`, payload, "text/plain");
      await store.keepKey({ ...(await store.key(party)), saved: Date.now() });
      input.value = "";
      fill(said, el("p", {}, "Saved. Keep the passphrase apart from the file: whoever has both is this party."));
    } catch (error) {
      fill(said, faultText(asFault(error)));
    }
  };
  return el("form", { onsubmit: save },
    el("div", { class: "row" },
      el("div", { class: "field" }, el("label", { for: id }, "Passphrase for the file, at least 12 characters"), input),
      el("button", {}, "Save the key to a file")), said);
}

/** A form that takes a key out of a file. `taken` hears its party. */
export function openForm(taken) {
  const said = el("div", { role: "status", "aria-live": "polite" });
  const file = el("input", { type: "file", id: "key-file", required: true });
  const passphrase = el("input", { id: "key-passphrase", type: "password", autocomplete: "off", required: true });
  const open = async (event) => {
    event.preventDefault();
    try {
      fill(said, el("p", { class: "hint" }, "Opening the file…"));
      const payload = new Uint8Array(await file.files[0].arrayBuffer());
      const { ok } = await call("unlock", { passphrase: passphrase.value }, { payload });
      await store.keepKey({ party: ok.party, key: ok.key, made: Date.now(), saved: Date.now() });
      await store.persist();
      fill(said, el("p", {}, "Opened."));
      taken(ok.party);
    } catch (error) {
      fill(said, faultText(asFault(error)));
    }
  };
  return el("form", { onsubmit: open },
    el("div", { class: "field" }, el("label", { for: "key-file" }, "A key file, made here or by talea key new"), file),
    el("div", { class: "row" },
      el("div", { class: "field" }, el("label", { for: "key-passphrase" }, "Its passphrase"), passphrase),
      el("button", {}, "Open the key file")), said);
}

export class KeysView {
  async show(main) {
    document.title = "Keys – Talea";
    const keys = await store.keys();
    const again = () => this.show(main);
    fill(main, el("h1", {}, "Keys in this browser"),
      el("p", {}, "A key is who you are in an auction. It is kept in this browser, for this address alone, and is as safe as ",
        "this browser's profile: whoever uses it can bid with the key. Save it to a file, and it survives a deleted profile, ",
        "and the command line can use it."),
      keys.length === 0 && el("p", {}, "There is none yet."),
      keys.map((row) => this.#panel(row, again)),
      el("h2", {}, "Another key"),
      el("button", { onclick: async () => {
        await makeKey();
        again();
      } }, "Make a key"),
      el("details", {}, el("summary", {}, "Open a key file"), openForm(again)));
  }

  #panel({ party, made, saved }, again) {
    const drop = async () => {
      const question = saved ? "Remove this key from this browser? Its file stays."
        : "Remove this key? It was never saved to a file: its bids can never be revealed by anybody.";
      if (!confirm(question)) return;
      await store.dropKey(party);
      again();
    };
    return el("section", { class: "panel" },
      el("p", {}, el("strong", {}, short(party))), el("p", { class: "key" }, party),
      el("p", { class: "hint" }, `Since ${new Date(made).toLocaleString()}. `,
        saved ? `Saved to a file ${new Date(saved).toLocaleString()}.` : "Not saved to a file."),
      saveForm(party), el("button", { onclick: drop }, "Remove"));
  }
}
