//! An auditor reads an opening: the transcript is verified first, then the opening against the commit in it.

use super::{transcript_of, verified};
use crate::{
    arguments::AuditReadArgs,
    board::notices,
    failure::{Code, Failure},
    files,
    keys::Keys,
    names,
    replica::{BidLine, Replay},
    say::say,
};
use serde::Serialize;
use std::path::Path;
use talea_protocol::{
    commitment::BidId,
    opening::{AuditorKey, Opening},
    outcome::Ending,
    terms::{Lot, Openings},
};
use talea_report::verify_file;
use talea_text::lot;
use talea_verifier::{Report, Verdict, fiat_shamir::Context, proofs::opening};

/// The schema of the JSON.
const SCHEMA: &str = "talea-audit/1";
/// The largest file that is read: an opening has 206 bytes, and what age adds.
const MAX_OPENING: u64 = 1 << 14;

/// What came of a bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum CameTo {
    /// The bidder won on this lot.
    Won,
    /// The lot was sold, and not to this bidder.
    Lost,
    /// The lot was not sold.
    NotSold,
    /// There is no outcome yet.
    Undecided,
    /// It is the seller's reserve.
    Reserve,
    /// It is an answer to a survey, which was counted.
    Answer,
}

/// What an opening says that holds.
#[derive(Clone, Debug, Serialize)]
struct Reading {
    schema: &'static str,
    auction: String,
    lot: u32,
    identifier: String,
    name: String,
    round: u32,
    bidder: String,
    /// The entry of the commit, and of the sealed bid.
    committed: u64,
    revealed: Option<u64>,
    /// The last round in which this bidder committed on the lot, if it is a later one.
    later_round: Option<u32>,
    price: String,
    price_decimal: String,
    level: u32,
    result: CameTo,
    auditor: String,
    /// Its place on the board's record, where the terms ask for one.
    notice: Option<u64>,
    /// What was verified: so many entries, up to this head.
    entries: u64,
    head: Option<String>,
}

/// Reads the opening; what the command prints.
///
/// # Errors
/// `board.invalid` for an invalid transcript; `audit.*` for an opening that shows nothing; `not-yet`; `file.*`.
pub fn run(args: &AuditReadArgs, keys: &Keys) -> Result<String, Failure> {
    let transcript = transcript_of(&args.path)?;
    let report = verified(&transcript, verify_file)?;
    let auditor = keys.auditor()?.key();
    let opening = opened(&args.opening, keys)?;
    let replay = replayed(&transcript, &report)?;
    let mut reading = Reading::of(&opening, &auditor, &replay, &report)?;
    reading.notice = noticed(args, &transcript, &replay, (&opening.bid, &auditor))?;
    say(
        "this opening convinces you alone: you could have made it yourself, for any price, so it proves \
         nothing to anybody to whom you show it",
    );
    Ok(if args.json { talea_text::json::to_json(&reading) + "\n" } else { reading.text() })
}

/// What a file holds that was encrypted to this auditor.
fn opened(path: &Path, keys: &Keys) -> Result<Opening, Failure> {
    let sealed = files::read(path, MAX_OPENING)?;
    let bytes = keys.unlock_file(&sealed).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => {
            let sentence = format!("{} is encrypted to another auditor's key", path.display());
            Failure::new(Code::AuditAuditor, sentence)
                .with_help("the bidder opens its bid to the key that talea key show prints")
        }
        other => nothing(path, &format!("it cannot be decrypted: {other}")),
    })?;
    Opening::read(&bytes).ok_or_else(|| nothing(path, "it holds no opening"))
}

/// The place of this opening on the board's record, where the terms ask for one.
fn noticed(
    args: &AuditReadArgs,
    transcript: &Path,
    replay: &Replay,
    (bid, auditor): (&BidId, &AuditorKey),
) -> Result<Option<u64>, Failure> {
    if replay.auction().terms().openings == Openings::Private {
        return Ok(None);
    }
    let path = args.notices.clone().unwrap_or_else(|| notices::beside(transcript));
    let found = notices::find(&path, replay, bid, auditor)?;
    found.map(Some).ok_or_else(|| {
        let sentence = format!(
            "these terms ask for a record of openings, and {} has no notice of this bid to you",
            path.display()
        );
        Failure::new(Code::AuditNotice, sentence).with_help(
            "talea audit open writes the notice, which the board takes from its inbox; --notices names a \
             record that is elsewhere",
        )
    })
}

fn nothing(path: &Path, why: &str) -> Failure {
    Failure::new(Code::AuditOpening, format!("{} proves nothing: {why}", path.display()))
}

/// The entries that were verified, replayed; the file may have grown since.
fn replayed(transcript: &Path, report: &Report) -> Result<Replay, Failure> {
    let replay = Replay::of(transcript)?;
    if report.entries > 0 && replay.head_after(report.entries) != report.head {
        let sentence = format!("{} changed while it was read", transcript.display());
        return Err(Failure::new(Code::BoardRewritten, sentence));
    }
    Ok(replay)
}

impl Reading {
    fn of(
        opening: &Opening,
        auditor: &AuditorKey,
        replay: &Replay,
        report: &Report,
    ) -> Result<Self, Failure> {
        let Opening { auction, bid, level, proof, .. } = opening;
        let this = replay.auction().id();
        if *auction != this {
            let [of, shown] = [auction, &this].map(|id| names::shortened(&names::auction(id)));
            let sentence =
                format!("the opening is of auction {of}, and this transcript is of {shown}");
            return Err(Failure::new(Code::AuditOtherAuction, sentence));
        }
        let line = commit_of(bid, replay, report)?;
        let lots = &replay.auction().terms().lots;
        let lot = usize::try_from(bid.lot).ok().and_then(|at| lots.get(at));
        // What was committed is of a lot that there is.
        let lot = lot.ok_or_else(|| Failure::new(Code::Internal, "a commit is of no lot"))?;
        let refused = |why: String| {
            let who = names::short(&bid.bidder);
            let sentence =
                format!("the opening of {who} on {} proves nothing: {why}", lot.identifier);
            Failure::new(Code::AuditOpening, sentence)
        };
        // With public quantities a step commits to a level as a bid does, and is no bid.
        if replay.auction().terms().mechanism.curve().is_some() {
            return Err(refused("bids are curves, and an opening shows one price".into()));
        }
        if level.0 >= lot.grid.levels {
            let levels = lot.grid.levels;
            return Err(refused(format!("level {} is not one of the grid's {levels}", level.0)));
        }
        let statement = opening::Statement { commitment: line.commitment, level: *level, auditor };
        opening::verify(&Context::bid(*auction, bid), &statement, proof).map_err(|_| {
            refused(
                "its proof does not hold for the commit in the transcript and this auditor".into(),
            )
        })?;
        Ok(Self::found(opening, auditor, (lot, &line), replay, report))
    }

    fn found(
        opening: &Opening,
        auditor: &AuditorKey,
        (lot, line): (&Lot, &BidLine),
        replay: &Replay,
        report: &Report,
    ) -> Self {
        let Opening { auction, bid, level, .. } = opening;
        let later = replay.bids().map(|(other, _)| other).filter(|other| {
            other.bidder == bid.bidder && other.lot == bid.lot && other.round > bid.round
        });
        Self {
            schema: SCHEMA,
            auction: names::auction(auction),
            lot: bid.lot,
            identifier: lot.identifier.to_string(),
            name: lot.name.to_string(),
            round: bid.round,
            bidder: names::party(&bid.bidder),
            committed: line.committed,
            revealed: line.revealed.filter(|entry| *entry <= report.entries),
            later_round: later.map(|other| other.round).max(),
            price: lot::price(lot, *level),
            price_decimal: lot::price_decimal(lot, *level),
            level: level.0,
            result: result(bid, replay, report),
            auditor: auditor.to_string(),
            notice: None,
            entries: report.entries,
            head: report.head.map(|head| head.to_string()),
        }
    }

    /// As people read it.
    fn text(&self) -> String {
        let result = match self.result {
            CameTo::Won => "won",
            CameTo::Lost => "did not win",
            CameTo::NotSold => "the lot was not sold",
            CameTo::Undecided => "there is no outcome yet",
            CameTo::Reserve => "this is the seller's reserve",
            CameTo::Answer => "this is an answer to a survey",
        };
        let revealed = match self.revealed {
            Some(entry) => format!("its sealed bid is entry {entry}"),
            None if self.result == CameTo::Undecided => "it is not revealed so far".into(),
            None => "it was not revealed, and did not count".into(),
        };
        let later = self.later_round.map_or(String::new(), |round| {
            format!("; this bidder committed again on the lot, last in round {round}")
        });
        format!(
            "bidder  {}\nlot     {} ({})\nprice   {} = {}\nresult  {result}\ncommit  entry {} of round {}; \
             {revealed}{later}\n",
            self.bidder,
            self.name,
            self.identifier,
            self.price,
            self.price_decimal,
            self.committed,
            self.round,
        )
    }
}

/// What the transcript shows of a bid, among the entries that were verified.
fn commit_of(bid: &BidId, replay: &Replay, report: &Report) -> Result<BidLine, Failure> {
    let line = replay.bid(bid).filter(|line| line.committed <= report.entries);
    line.copied().ok_or_else(|| {
        let who = names::short(&bid.bidder);
        let sentence = format!(
            "the transcript shows no commit of {who} on lot {} in round {}",
            bid.lot, bid.round
        );
        match report.verdict {
            Verdict::Undecided => Failure::new(Code::NotYet, sentence).with_help(
                "it has no outcome yet: read the opening again when there is more of it",
            ),
            _ => Failure::new(Code::AuditOpening, sentence)
                .with_help("what was never committed is no bid, whatever the opening says"),
        }
    })
}

fn result(bid: &BidId, replay: &Replay, report: &Report) -> CameTo {
    if bid.bidder == replay.auction().terms().seller {
        return CameTo::Reserve;
    }
    let row = usize::try_from(bid.lot).ok().and_then(|at| report.lots.get(at));
    match row.and_then(|row| row.ending.as_ref()) {
        None => CameTo::Undecided,
        Some(Ending::Sold(award)) if award.sales.iter().any(|sale| sale.winner == bid.bidder) => {
            CameTo::Won
        }
        Some(Ending::Sold(_)) => CameTo::Lost,
        Some(Ending::Surveyed(_)) => CameTo::Answer,
        Some(_) => CameTo::NotSold,
    }
}
