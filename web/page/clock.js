// The board's clock: what counts is when the board takes an instruction, so a countdown goes by its time, whatever
// this machine's clock says.

export class BoardClock {
  #startMs;
  #slotMs;
  // The board's time minus the time since this page was opened, which no setting of the clock changes.
  #offset = null;

  constructor({ start_ms, slot_ms }) {
    this.#startMs = start_ms;
    this.#slotMs = slot_ms;
  }

  /** The board said that it is this time, some time after the question was asked. */
  hear(nowMs, askedAt = performance.now()) {
    // Half of the way there and back. The best of several answers is the one that took least.
    const trip = performance.now() - askedAt;
    if (this.#offset === null || trip <= this.#trip) {
      this.#offset = nowMs - (askedAt + trip / 2);
      this.#trip = Math.max(trip, 50);
    }
  }
  #trip = Infinity;

  /** The board's time in milliseconds; this machine's before the board has said it. */
  now() {
    return this.#offset === null ? Date.now() : performance.now() + this.#offset;
  }

  /** When a slot ends, in the board's milliseconds. */
  end(slot) {
    return this.#startMs + (Number(slot) + 1) * this.#slotMs;
  }

  /** By how much this machine's clock is ahead of the board's, in milliseconds. */
  drift() {
    return this.#offset === null ? 0 : Date.now() - this.now();
  }

  /** What is left until the end of a slot. */
  left(slot) {
    return this.end(slot) - this.now();
  }
}

/** A time in words, as a countdown shows it. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return `${minutes}:${two(seconds % 60)}`;
}

/** A time of the board, as this browser writes times. */
export function time(milliseconds) {
  return new Date(milliseconds).toLocaleString();
}
