//! A bidder opens a bid of its own to one auditor.

use super::{lot_of, transcript_of};
use crate::{
    arguments::AuditOpenArgs,
    failure::{Code, Failure},
    files::{self, Readers},
    keys::{Keys, lock_for},
    names,
    party::found,
    replica::Replay,
    say::say,
    status,
};
use rand_core::OsRng;
use talea_contract::{Auction, Phase};
use talea_protocol::commitment::BidId;
use zeroize::Zeroizing;

/// The schema of the JSON.
const SCHEMA: &str = "talea-opening/1";

/// Writes the opening; what the command prints.
///
/// # Errors
/// `name.malformed`, `lot.unknown`, `bid.none`, `file.*`; then nothing was written.
pub fn run(
    args: &AuditOpenArgs,
    keys: &Keys,
    ask: impl Fn(&str) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let auditor = names::read_auditor(&args.auditor)?;
    files::require_new(&args.out)?;
    let replay = Replay::of(&transcript_of(&args.path)?)?;
    let (number, lot) = lot_of(&replay, &args.lot)?;
    let bid = own_bid(&replay, keys, number, args.round)?;
    let secret = found::secret(&replay, &keys.identity(), &bid).ok_or_else(|| {
        Failure::new(
            Code::NoBid,
            format!("this key did not make the commit on {} that the transcript shows", args.lot),
        )
    })?;
    let auction = replay.auction();
    if bids_are_taken(auction) {
        say(&format!(
            "bids are still taken on {}: the auditor, and whoever it tells, can bid with this price in mind",
            lot.identifier
        ));
        ask("Open your bid to this auditor now?")?;
    }
    let opening = secret
        .open_to(&auditor, auction.id(), bid, &mut OsRng)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    let bytes = borsh::to_vec(&opening).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    files::write_new(&args.out, &lock_for(&auditor.recipient, &bytes)?, Readers::Usual)?;
    say(&format!(
        "{} is for the auditor alone: it can tell others this price, and cannot prove it to them. Whoever else \
         got hold of the file as it opens would be convinced, so send it as it is",
        args.out.display()
    ));
    let (price, decimal) =
        (status::price(lot, secret.level()), status::price_decimal(lot, secret.level()));
    Ok(if args.json {
        let value = serde_json::json!({
            "schema": SCHEMA, "auction": names::auction(&auction.id()), "lot": number,
            "identifier": lot.identifier.to_string(), "round": bid.round,
            "bidder": names::party(&bid.bidder), "auditor": auditor.to_string(),
            "price": price, "price_decimal": decimal, "file": args.out,
        });
        format!("{value:#}\n")
    } else {
        let round = match auction.terms().rounds {
            Some(_) => format!(", round {}", bid.round),
            None => String::new(),
        };
        format!("{}: {price} on {}{round}\n", args.out.display(), lot.identifier)
    })
}

/// The last commit of this party on a lot, or that of the round that is asked for.
fn own_bid(replay: &Replay, keys: &Keys, lot: u32, round: Option<u32>) -> Result<BidId, Failure> {
    let bidder = keys.party();
    let rounds = replay.bids().map(|(bid, _)| bid).filter(|bid| {
        bid.bidder == bidder && bid.lot == lot && round.is_none_or(|round| bid.round == round)
    });
    rounds.max_by_key(|bid| bid.round).copied().ok_or_else(|| {
        let of_round = round.map_or(String::new(), |round| format!(" in round {round}"));
        let sentence = format!(
            "the transcript shows no commit of {} on this lot{of_round}",
            status::short(&bidder)
        );
        Failure::new(Code::NoBid, sentence)
            .with_help("talea key show prints whose key this is; only its own bids can be opened")
    })
}

/// Whether somebody may still bid on what an auditor is shown.
fn bids_are_taken(auction: &Auction) -> bool {
    match auction.phase() {
        Phase::Closed => false,
        Phase::Deals | Phase::Complaints | Phase::Reserves | Phase::Commits => true,
        Phase::Reveals | Phase::Endorsing | Phase::Ranking => {
            auction.terms().rounds.is_some_and(|rounds| auction.round() + 1 < rounds.limit)
        }
    }
}
