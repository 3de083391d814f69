// The verifier's report (schema talea-verify/2), for people.

import { bytes, el, grouped, sentence, short, table } from "./dom.js";
import { depths } from "./depth.js";

const VERDICTS = {
  valid: ["good", "VALID", "The outcome is the one derived from the entries."],
  invalid: ["bad", "INVALID", "A check failed."],
  undecided: ["open", "UNDECIDED", "Every check so far passed, and the outcome is missing."],
};

const STATUS = {
  pass: ["pass", "PASS"],
  fail: ["fail", "FAIL"],
  "not-needed": ["", "not needed"],
  "not-reached": ["", "not reached"],
};

export const ENDINGS = {
  sold: "sold",
  declined: "did not trade: the seller declined",
  "below-reserve": "did not trade: no bid reached the reserve",
  unsold: "unsold: no valid bid was revealed",
  void: "void",
  halted: "halted: an alarm about soundness",
  cleared: "cleared",
  "no-trade": "no trade: the price suits nobody on both sides",
  "one-sided": "one-sided: one side of the market has no valid bid",
  surveyed: "surveyed",
  "too-few-answers": "too few answers: nothing was opened",
  undecided: "not decided",
  deciding: "the seller may accept or decline",
  open: "not decided",
};

const KINDS = {
  deal: "key ceremony: shares dealt", complain: "complaints about shares", reserve: "reserves committed",
  fund: "money reported", commit: "bids committed", "commit-curve": "curves committed", reveal: "sealed bids handed in", endorse: "transcript endorsed",
  gate: "bids compared", shuffle: "bids shuffled", blind: "answers blinded", decrypt: "answers opened",
  decide: "seller's decisions", vouch: "keyholders vouched", tick: "time passed",
};

function failure(report) {
  const at = {
    genesis: "in the terms", closing: "in the recorded outcome", "after-closing": "after the outcome",
    entry: `at entry ${report.failure.entry}`,
  }[report.failure.place];
  const { check, slot, instruction, signer, role } = report.failure;
  const meaning = report.checks.find((row) => row.number === check)?.sentence ?? "";
  return [
    el("p", {}, el("strong", {}, check), ` ${sentence(meaning)}`),
    el("p", {}, sentence(report.failure.sentence)),
    el("p", {}, [at, slot && `slot ${slot}`, instruction].filter(Boolean).join(", "),
      signer && [", signed by ", short(signer), role ? ` (${role})` : ""]),
  ];
}

function verdict(report) {
  const [kind, word, words] = VERDICTS[report.verdict];
  const isRubbish = report.verdict === "invalid" && !report.is_transcript;
  return el("section", { class: `verdict ${kind}`, id: "verdict", tabindex: "-1" },
    el("strong", { "data-verdict": report.verdict }, word), " ",
    isRubbish ? "This file is not a transcript." : words,
    report.failure ? failure(report) : "",
    report.progress && el("p", {}, `The auction is in the phase ${report.progress.phase}, slot ${report.progress.slot}.`));
}

function facts(report) {
  const rows = [
    ["File", report.file && [el("span", { class: "key" }, report.file.sha256), ` SHA-256 of ${bytes(report.file.bytes)}`]],
    ["Auction", report.auction && el("span", { class: "key" }, report.auction)],
    ["Outcome", report.outcome_sha256 && [el("span", { class: "key" }, report.outcome_sha256), " SHA-256"]],
    ["Head", report.head && [el("span", { class: "key" }, report.head), ` after ${report.entries} entries`]],
    ["Tool", `${report.tool.name} ${report.tool.version}, in this browser`],
  ];
  return el("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, ...[value].flat())]));
}

/** The price that all who trade on a market pay for a unit; none if they pay what they bid, or buyers another than sellers. */
function paid({ ending, clearing }) {
  if (ending !== "cleared") return "";
  const { price, price_minor: minor } = clearing.price;
  const isPaid = ({ units, amount_minor: amount }) => BigInt(units) * BigInt(minor) === BigInt(amount);
  return clearing.trades.every(isPaid) ? price : "";
}

function lotRow(lot) {
  const winners = lot.winners.flatMap(({ party }, at) => [at > 0 ? ", " : "", short(party)]);
  const reserve = lot.reserve && (lot.reserve.opened?.price ?? lot.reserve.state);
  const ending = lot.cause ? `void: ${lot.cause}` : ENDINGS[lot.ending];
  return [
    lot.identifier, lot.name, grouped(lot.quantity), ending, lot.price ?? paid(lot), winners, lot.cover?.price ?? "", reserve ?? "",
    `${lot.commits} committed, ${lot.ranked} ranked${lot.invalid ? `, ${lot.invalid} invalid` : ""}`,
  ];
}

function lots(report) {
  const columns = [["Lot", "id"], ["Name", "name"], ["Quantity", "figures"], ["Result", ""], ["Price", "figures"],
    ["Winner", ""], ["Cover", "figures"], ["Reserve", "figures"], ["Bids", ""]];
  const rows = report.lots.map(lotRow);
  const shown = columns.map((_, at) => at < 5 || rows.some((row) => row[at].length > 0));
  return [el("h2", {}, "Lots"),
    table(columns.filter((_, at) => shown[at]), rows.map((row) => row.filter((_, at) => shown[at])), "Lots")];
}

/** What markets of curves traded. */
function trades(report) {
  const cleared = report.lots.filter((lot) => lot.clearing?.trades.length > 0);
  if (cleared.length === 0) return null;
  const rows = cleared.flatMap((lot) => lot.clearing.trades.map((trade) => [lot.identifier, short(trade.party), trade.side,
    grouped(trade.better), grouped(trade.at_price), grouped(trade.units), trade.amount]));
  const columns = [["Lot", "id"], ["Party", ""], ["Side", ""], ["Better than the price", "figures"],
    ["At the price", "figures"], ["Traded", "figures"], ["Units times prices", "figures"]];
  return [el("h2", {}, "Trades"), table(columns, rows, "Trades")];
}

/** The depths that were opened of the lots: after each round, and at the end. */
function pictures(report, drawn) {
  const shown = report.lots.map((lot, at) =>
    drawn[at].length > 0 && [el("h3", {}, `${lot.name} (${lot.identifier})`), depths(drawn[at])]).filter(Boolean);
  const isSurvey = report.lots.some((lot) => lot.ending === "surveyed");
  const [title, words] = isSurvey
    ? ["Answers", "How many answers lie in each range. All bars have the same scale."]
    : ["Depth", "How many bids lie in each range of prices, without the best ones. All bars have the same scale."];
  return shown.length > 0 && [el("h2", {}, title), el("p", { class: "quiet" }, words), shown];
}

function money(report) {
  if (report.accounts.length === 0) return null;
  const columns = [["Party", ""], ["Role", ""], ["Funded", "figures"], ["Received", "figures"],
    ["To be released", "figures"], ["Held for settlement", "figures"], ["Forfeited", "figures"]];
  const rows = report.accounts.map((account) => [short(account.party), account.role,
    ...[account.funded, account.received, account.available, account.settlement, account.forfeited].map(grouped)]);
  return [el("h2", {}, "Money"), el("p", { class: "quiet" }, "In units of the custodian's currency."),
    table(columns, rows, "Money")];
}

function timeline({ opened, runs }) {
  if (runs.length === 0) return null;
  const columns = [["What", ""], ["Entries", "figures"], ["Signers", "figures"], ["Slots", "figures"], ["From", ""],
    ["Size", "figures"]];
  const range = (from, to) => (from === to ? String(from) : `${from} to ${to}`);
  const rows = runs.map((run) => [KINDS[run.kind] ?? run.kind, range(run.first, run.last), String(run.signers),
    range(run.first_slot, run.last_slot), run.at?.replace("T", " ").replace("Z", " UTC") ?? "", bytes(run.bytes)]);
  const isTimed = rows.some((row) => row[4]);
  const keep = (row) => row.filter((_, at) => isTimed || at !== 4);
  return [el("h2", {}, "Timeline"), el("p", { class: "quiet" }, `Opened in slot ${opened}.`),
    el("details", { open: runs.length <= 16 }, el("summary", {}, `${runs.length} stretches of entries of one kind`),
      table(keep(columns), rows.map(keep), "Timeline"))];
}

function checks(report) {
  const count = (status) => report.checks.filter((row) => row.status === status).length;
  const words = Object.entries(STATUS).map(([status, [, word]]) => [count(status), word])
    .filter(([many]) => many > 0).map(([many, word]) => `${many} ${word}`).join(", ");
  const rows = report.checks.map((row) => [row.number, row.sentence,
    el("span", { class: STATUS[row.status][0] }, STATUS[row.status][1]), row.performed ? String(row.performed) : "",
    row.adverse ? String(row.adverse) : ""]);
  return [el("h2", {}, "Checks"),
    el("details", { open: report.verdict === "invalid" }, el("summary", {}, words),
      table([["Check", "id"], ["What it asks", "name"], ["Result", "id"], ["Performed", "figures"], ["Adverse", "figures"]],
        rows, "Checks"))];
}

function list(title, sentences) {
  return sentences.length > 0 && [el("h2", {}, title),
    el("ul", {}, sentences.map((text) => el("li", {}, sentence(text))))];
}

/** A report, with the timeline of the same file and the pictures of each lot. */
export function reportView(report, times, drawn) {
  return [
    verdict(report), facts(report),
    report.lots.length > 0 && lots(report), trades(report), pictures(report, drawn), money(report), timeline(times), checks(report),
    list("Left open by these terms", report.cautions.map((caution) => caution.sentence)),
    list("Not verified, because no transcript can show it", report.not_verified),
  ].flat(3).filter(Boolean);
}
