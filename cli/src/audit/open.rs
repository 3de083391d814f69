//! A bidder opens a bid of its own to one auditor.

use super::{lot_of, transcript_in};
use crate::{
    arguments::AuditOpenArgs,
    board::{access::path_of, address::Location, folder::Folder, notices},
    failure::{Code, Failure},
    files::{self, Readers},
    keys::{Keys, lock_for},
    names,
    party::found,
    replica::Replay,
    say::say,
};
use rand_core::OsRng;
use std::path::{Path, PathBuf};
use talea_contract::{Auction, Phase};
use talea_protocol::{
    commitment::BidId,
    opening::{AuditorKey, Notice},
    terms::{AuctionId, Lot, Openings},
};
use talea_text::lot;
use zeroize::Zeroizing;

/// The schema of the JSON.
const SCHEMA: &str = "talea-opening/1";

/// Writes the opening; what the command prints.
///
/// # Errors
/// `name.malformed`, `lot.unknown`, `bid.none`, `curve.form`, `refused`, `audit.record`, `not-confirmed`, `file.exists`: then
/// nothing was written. `file.unwritable`: then a notice that was to be written is not handed in.
pub fn run(
    args: &AuditOpenArgs,
    keys: &Keys,
    ask: impl Fn(&str) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let auditor = names::read_auditor(&args.auditor)?;
    files::require_new(&args.out)?;
    let path = path_of(&args.path)?;
    let replay = Replay::of(&transcript_in(&path))?;
    let record = Recording::of(args, &path, &replay)?;
    let (number, lot) = lot_of(&replay, &args.lot)?;
    let bid = own_bid(&replay, keys, number, args.round)?;
    if replay.auction().terms().mechanism.curve().is_some() {
        let sentence =
            format!("the bid on {} is a curve, and an opening shows one price", args.lot);
        return Err(Failure::new(Code::CurveForm, sentence)
            .with_help("what a curve trades is in the report; its other steps stay sealed"));
    }
    if let Some(record) = &record {
        record.require_room(&replay, &bid, &auditor)?;
    }
    let secret = found::secret(&replay, &keys.identity(), &bid).ok_or_else(|| {
        Failure::new(
            Code::NoBid,
            format!("this key did not make the commit on {} that the transcript shows", args.lot),
        )
    })?;
    let auction = replay.auction();
    if let Some(why) = too_early(auction, number, lot) {
        say(&why);
        ask("Open your bid to this auditor now?")?;
    }
    let opening = secret
        .open_to(&auditor, auction.id(), bid, &mut OsRng)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    let bytes = borsh::to_vec(&opening).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    files::write_new(&args.out, &lock_for(&auditor.recipient, &bytes)?, Readers::Usual)?;
    if let Some(record) = &record {
        record.hand_in(&notice(keys, &auction.id(), &bid, &auditor))?;
    }
    say(&format!(
        "{} is for the auditor alone: it can tell others this price, and cannot prove it to them. Hand the file \
         over in a way that does not sign it: a signed mail would make it a proof for everybody",
        args.out.display()
    ));
    let (price, decimal) =
        (lot::price(lot, secret.level()), lot::price_decimal(lot, secret.level()));
    Ok(if args.json {
        let value = serde_json::json!({
            "schema": SCHEMA, "auction": names::auction(&auction.id()), "lot": number,
            "identifier": lot.identifier.to_string(), "round": bid.round,
            "bidder": names::party(&bid.bidder), "auditor": auditor.to_string(),
            "price": price, "price_decimal": decimal, "file": args.out,
            "notice": record.map(|record| record.file),
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

/// What says in the open that this party has opened the bid.
fn notice(keys: &Keys, auction: &AuctionId, bid: &BidId, auditor: &AuditorKey) -> Notice {
    let message = Notice::signed_bytes(auction, bid, auditor);
    let signature = keys.identity().sign_bytes(&message);
    Notice { auction: *auction, bid: *bid, auditor: *auditor, signature }
}

/// How an opening comes onto the board's record.
struct Recording {
    /// Where the notice is written.
    file: PathBuf,
    /// Whose inbox it goes into, where that is within reach.
    board: Option<Folder>,
}

impl Recording {
    /// Where the terms ask for a record.
    fn of(args: &AuditOpenArgs, path: &Path, replay: &Replay) -> Result<Option<Self>, Failure> {
        if replay.auction().terms().openings == Openings::Private {
            return Ok(None);
        }
        if replay.board().is_none() {
            let sentence =
                "these terms ask for a record of openings, and name no board that keeps one";
            return Err(Failure::new(Code::Refused, sentence).with_help(
                "an auditor's program reads no opening under such terms: a chain takes no notices",
            ));
        }
        let beside = || {
            let mut name = args.out.as_os_str().to_owned();
            name.push(".notice");
            PathBuf::from(name)
        };
        let file = args.notice.clone().unwrap_or_else(beside);
        files::require_new(&file)?;
        if file == args.out {
            let sentence =
                format!("{} cannot be the opening and its notice at once", file.display());
            return Err(Failure::new(Code::FileExists, sentence));
        }
        // An address leads to a mirror, whose inbox takes instructions alone.
        let is_folder = path.is_dir() && matches!(Location::read(&args.path)?, Location::Folder(_));
        Ok(Some(Self { file, board: is_folder.then(|| Folder::new(path)) }))
    }

    /// Refuses what the board would not take, where its record is within reach.
    fn require_room(
        &self,
        replay: &Replay,
        bid: &BidId,
        auditor: &AuditorKey,
    ) -> Result<(), Failure> {
        let Some(folder) = &self.board else { return Ok(()) };
        let (mut others, mut is_there) = (0, false);
        notices::read(&notices::beside(&folder.transcript()), replay, |_, notice| {
            if notice.bid == *bid {
                others += 1;
                is_there |= notice.auditor.point == auditor.point;
            }
        })?;
        if is_there || others < notices::MOST_OF_A_BID {
            return Ok(());
        }
        let sentence =
            format!("this bid was opened to {others} auditors, and the record takes no more");
        Err(Failure::new(Code::Refused, sentence).with_help("talea audit notices lists them"))
    }

    fn hand_in(&self, notice: &Notice) -> Result<(), Failure> {
        let bytes = notice.write();
        files::write_new(&self.file, &bytes, Readers::Usual)?;
        let file = self.file.display();
        match &self.board {
            Some(folder) => {
                folder.hand_in(&bytes)?;
                say(&format!(
                    "these terms ask for a record: the notice in {file} waits in the board's inbox. The auditor's \
                     program reads the opening once the board has taken it; talea audit notices shows that. If \
                     the auction is over, the board takes it with talea board run"
                ));
            }
            None => say(&format!(
                "these terms ask for a record: put {file} into the inbox of the board's folder. The auditor's \
                 program reads the opening once the board has taken it"
            )),
        }
        Ok(())
    }
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
            names::short(&bidder)
        );
        Failure::new(Code::NoBid, sentence)
            .with_help("talea key show prints whose key this is; only its own bids can be opened")
    })
}

/// What others can still do on a lot if they know a bid, where it has not ended.
fn too_early(auction: &Auction, number: u32, lot: &Lot) -> Option<String> {
    let Lot { identifier, .. } = lot;
    if auction.ending(number).is_some() {
        return None;
    }
    Some(if bids_are_taken(auction) {
        format!(
            "bids are still taken on {identifier}: the auditor, and whoever it tells, can bid with this price \
             in mind"
        )
    } else {
        format!(
            "{identifier} has not ended: the auditor, and whoever it tells, can still leave a bid unrevealed, \
             stay away as a keyholder, or decline as the seller, with this price in mind"
        )
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
