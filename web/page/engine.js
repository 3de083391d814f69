// The program in a worker of its own: a call is a message, and an answer a promise.

/** What the program refused, or why it stopped. */
export class Fault extends Error {
  constructor({ code, sentence, help }) {
    super(sentence);
    Object.assign(this, { code, sentence, help: help ?? null });
  }
}

/** Turns whatever was thrown into a fault. */
export function asFault(error) {
  if (error instanceof Fault) return error;
  return new Fault({ code: "internal", sentence: error?.message || String(error) });
}

/** One program with its own memory: "verifier", "bidder" (which follows one auction) or "locks" (key files). */
export class Engine {
  #worker;
  #waiting = new Map();
  #next = 0;

  constructor(program) {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: program });
    this.#worker.onmessage = ({ data }) => this.#answered(data);
    this.#worker.onerror = (event) => {
      const fault = new Fault({ code: "internal", sentence: event.message || "the program could not be started" });
      for (const { reject } of this.#waiting.values()) reject(fault);
      this.#waiting.clear();
    };
  }

  /** Asks the program; `payload` are bytes, `file` is what it may read, `progress` hears how far it has come. */
  call(name, fields = null, { payload, file, progress } = {}) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      const request = fields ? { [name]: fields } : name;
      this.#waiting.set(id, { resolve, reject, progress });
      this.#worker.postMessage({ id, request, payload, file });
    });
  }

  stop() {
    this.#worker.terminate();
    const fault = new Fault({ code: "internal", sentence: "it was stopped" });
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
  }

  #answered({ id, progress, ok, fault, payload }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (progress) return waiting.progress?.(progress);
    this.#waiting.delete(id);
    if (fault) waiting.reject(new Fault(fault));
    else waiting.resolve({ ok, payload });
  }
}
