// What this browser keeps: keys, and for every bid what reveals it. IndexedDB writes are transactions, also between
// tabs: `add` succeeds for one of them, and the others find what it wrote.

const NAME = "talea";
const VERSION = 1;

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore("keys", { keyPath: "party" });
      database.createObjectStore("bids", { keyPath: ["auction", "party", "lot", "round"] });
      database.createObjectStore("receipts", { keyPath: ["auction", "party", "entry"] });
      database.createObjectStore("chosen");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(new Error("this browser keeps nothing for this page: is it in a private window?"));
  });
  return opened;
}

/** One transaction; its result once it is on disk. */
async function within(name, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

const own = (auction, party) => IDBKeyRange.bound([auction, party], [auction, party, []]);

/** Asks the browser not to throw away what is kept when it wants room. */
export function persist() {
  return navigator.storage?.persist?.().catch(() => false) ?? Promise.resolve(false);
}

export const keys = () => within("keys", "readonly", (store) => store.getAll());
export const key = (party) => within("keys", "readonly", (store) => store.get(party));
export const keepKey = (key) => within("keys", "readwrite", (store) => store.put(key));
export const dropKey = (party) => within("keys", "readwrite", (store) => store.delete(party));

/** Which key bids in an auction. */
export const chosen = (auction) => within("chosen", "readonly", (store) => store.get(auction));
export const choose = (auction, party) => within("chosen", "readwrite", (store) => store.put(party, auction));

/** What was kept of a party's bids in an auction. */
export const bids = (auction, party) => within("bids", "readonly", (store) => store.getAll(own(auction, party)));

/** Keeps a bid where there is none. What is kept then: this one, or the one that was there before. */
export async function keepBid(bid) {
  const { auction, party, lot, round } = bid;
  try {
    await within("bids", "readwrite", (store) => store.add(bid));
    return bid;
  } catch (error) {
    if (error?.name !== "ConstraintError") throw error;
    return within("bids", "readonly", (store) => store.get([auction, party, lot, round]));
  }
}

/** Notes more about a bid that is kept. */
export const noteBid = (bid) => within("bids", "readwrite", (store) => store.put(bid));

export const receipts = (auction, party) => within("receipts", "readonly", (store) => store.getAll(own(auction, party)));
export const keepReceipt = (receipt) => within("receipts", "readwrite", (store) => store.put(receipt));

/** The bytes of a list of byte strings, as borsh has them. */
export function list(items) {
  const total = items.reduce((sum, item) => sum + item.length, 4);
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setUint32(0, items.length, true);
  let at = 4;
  for (const item of items) {
    bytes.set(item, at);
    at += item.length;
  }
  return bytes;
}
