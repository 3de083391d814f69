// A board over HTTP, at the address from which the page came. docs/http.md is its interface.

import { Fault } from "./engine.js";

const api = (path) => `/v1/auctions${path}`;

async function refused(response) {
  const problem = await response.json().catch(() => ({}));
  return new Fault({
    code: problem.code ?? `http.${response.status}`,
    sentence: problem.detail ?? problem.title ?? `the board answered with status ${response.status}`,
    help: problem.help ?? null,
  });
}

async function get(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault({ code: "board.silent", sentence: "the board cannot be reached" });
  }
  return response;
}

export class Board {
  /** The board that serves this page, or null if a plain static server does. */
  static async find() {
    const response = await get(api("")).catch(() => null);
    const isBoard = response?.ok && response.headers.get("content-type")?.includes("json");
    return isBoard ? new Board() : null;
  }

  async auctions() {
    const response = await get(api(""));
    if (!response.ok) throw await refused(response);
    const { auctions } = await response.json();
    return auctions;
  }

  async status(auction) {
    const response = await get(api(`/${auction}`));
    if (!response.ok) throw await refused(response);
    return response.json();
  }

  /** The whole transcript, as a file. */
  async transcript(auction) {
    const response = await get(api(`/${auction}/transcript`));
    if (!response.ok) throw await refused(response);
    return response.blob();
  }

  /** The bytes of the transcript from `offset` on; none if there are no more. Waits for some if asked. */
  async more(auction, offset, { wait = 0, signal } = {}) {
    const query = wait ? `?wait=${wait}` : "";
    const response = await get(api(`/${auction}/transcript${query}`), { headers: { Range: `bytes=${offset}-` }, signal });
    if (response.status === 416) return new Uint8Array(0);
    if (!response.ok) throw await refused(response);
    const bytes = new Uint8Array(await response.arrayBuffer());
    // A server that does not know ranges sends all of it.
    return response.status === 206 ? bytes : bytes.subarray(offset);
  }

  /** The latest checkpoint, or null before there is one. */
  async checkpoint(auction) {
    const response = await get(api(`/${auction}/checkpoint`));
    return response.ok ? response.json() : null;
  }

  /** Hands in a signed instruction: `{ state, entry, receipt }`, where state is "accepted" or "waiting". */
  async submit(auction, instruction) {
    const response = await get(api(`/${auction}/instructions`), {
      method: "POST", body: instruction, headers: { "Content-Type": "application/octet-stream" },
    });
    if (response.status === 202) return { state: "waiting" };
    if (response.status === 429 || response.status === 503) return { state: "busy" };
    if (!response.ok) throw await refused(response);
    return response.json();
  }

  /** The receipt of an entry, or null before the board has signed one. */
  async receipt(auction, entry) {
    const response = await get(api(`/${auction}/receipts/${entry}`));
    return response.ok ? response.json() : null;
  }

  /** Server-sent events: `heard` is called whenever something happened, `broken` whenever the line was lost. */
  events(auction, heard, broken) {
    const source = new EventSource(api(`/${auction}/events`));
    for (const kind of ["status", "entry", "checkpoint"]) {
      source.addEventListener(kind, (event) => heard(kind, JSON.parse(event.data)));
    }
    source.onerror = () => broken();
    return source;
  }
}
