// The worker: holds the program whose name it has, and does for it what only a browser can.

const CHUNK = 1 << 20;

let program = null;
let current = null;
// The file at hand: the chunk of it that was read last, and where the program is.
let source = null;

const host = {
  random(to, length) {
    // A browser gives at most 65,536 bytes at a time.
    const memory = new Uint8Array(program.exports.memory.buffer, to, length);
    for (let at = 0; at < length; at += 65536) crypto.getRandomValues(memory.subarray(at, Math.min(at + 65536, length)));
  },
  read(to, length) {
    if (!source) return -1;
    try {
      const chunk = source.chunk();
      const count = Math.min(length, chunk.length);
      new Uint8Array(program.exports.memory.buffer, to, count).set(chunk.subarray(0, count));
      source.at += count;
      return count;
    } catch {
      return -1;
    }
  },
  progress(bytes, entries) {
    postMessage({ id: current, progress: { bytes, entries } });
  },
};

class Source {
  at = 0;
  #file;
  #start = 0;
  #bytes = new Uint8Array(0);

  constructor(file) {
    this.#file = file;
  }

  /** The bytes from where the program is; none at the end. */
  chunk() {
    if (this.at >= this.#start + this.#bytes.length && this.at < this.#file.size) {
      const slice = this.#file.slice(this.at, this.at + CHUNK);
      this.#bytes = new Uint8Array(new FileReaderSync().readAsArrayBuffer(slice));
      this.#start = this.at;
    }
    return this.#bytes.subarray(this.at - this.#start);
  }
}

async function load() {
  const response = await fetch(new URL(`./${self.name}.wasm`, import.meta.url));
  if (!response.ok) throw new Error(`the program could not be loaded: status ${response.status}`);
  // Not every static server knows the type of such a file, and streaming asks for it.
  const isTyped = response.headers.get("content-type")?.startsWith("application/wasm");
  const made = isTyped
    ? WebAssembly.instantiateStreaming(response, { host })
    : WebAssembly.instantiate(await response.arrayBuffer(), { host });
  return (await made).instance;
}

/** One call: the request in JSON, and the bytes that belong to it, are one message each way. */
function call(request, payload) {
  const json = new TextEncoder().encode(JSON.stringify(request));
  const length = 4 + json.length + payload.length;
  const { memory, talea_allocate, talea_call, talea_release } = program.exports;
  const at = talea_allocate(length);
  const message = new Uint8Array(memory.buffer, at, length);
  new DataView(memory.buffer).setUint32(at, json.length, true);
  message.set(json, 4);
  message.set(payload, 4 + json.length);
  // From here on memory may have grown, and have another buffer.
  const answer = talea_call(at, length) >>> 0;
  const size = new DataView(memory.buffer).getUint32(answer, true);
  const bytes = new Uint8Array(memory.buffer, answer + 4, size).slice();
  talea_release(answer, size + 4);
  const jsonLength = new DataView(bytes.buffer).getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(4, 4 + jsonLength));
  return { ...JSON.parse(text), payload: bytes.slice(4 + jsonLength) };
}

async function serve({ id, request, payload, file }) {
  try {
    program ??= await load();
    current = id;
    source = file ? new Source(file) : null;
    postMessage({ id, ...call(request, payload ? new Uint8Array(payload) : new Uint8Array(0)) });
  } catch (error) {
    // A program that stopped in the middle has memory that nobody should use again.
    if (error instanceof WebAssembly.RuntimeError) program = null;
    postMessage({ id, fault: { code: "internal", sentence: `the program stopped: ${error.message}`, help: null } });
  }
}

// One after the other, in the order in which they came, also while the program is being loaded.
let last = Promise.resolve();
onmessage = ({ data }) => {
  last = last.then(() => serve(data));
};
