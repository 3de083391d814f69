//! Requests about the auction that the page follows, and about a party's bids in it. A program follows one auction.

use super::{Answer, bytes, only, written};
use crate::{
    bid::{self, Kept},
    checkpoint::{checkpoint_is_kept, receipt_is_kept},
    fault::Fault,
    follower::{Feed, Follower},
    key::Key,
    view::View,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use talea_protocol::bytes::Digest;
use talea_replay::checkpoint::{Checkpoint, Receipt};
use talea_text::{book::Book, terms};

thread_local! {
    static FEED: RefCell<Feed> = RefCell::new(Feed::default());
}

/// What the board shows.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OfBoard {
    /// Replays the bytes that follow in the transcript.
    Feed,
    /// How the auction stands.
    View,
    /// The terms in words.
    Terms,
    /// Whether the board's signature is over what was replayed.
    Checkpoint { checkpoint: Checkpoint },
    /// Whether the board's history is the one of the receipt, and the receipt for this entry, and this instruction if one
    /// is named.
    Receipt { receipt: Receipt, entry: u64, id: Option<String> },
    /// A price in figures.
    Quote { lot: u32, price: String },
    /// The commit of the one bid that comes with it.
    CommitOf,
    /// Why the rules refuse the commit of the one bid that comes with it, if they do.
    RefusalOf,
}

/// What a party does. What was kept of its bids comes with it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OfParty {
    /// A bid, made but not kept or sent.
    Prepare { key: String, lot: u32, level: u32 },
    /// Tries some levels for a bid that was not kept.
    Search { key: String, lot: u32, round: u32, from: u32, to: u32 },
    /// What to keep of a bid that was found again.
    Recover { key: String, lot: u32, round: u32, level: u32 },
    /// What is to be revealed.
    Reveal { key: String },
    /// The same for a keyholder to hand in.
    HandOver { key: String },
    /// Its own part.
    Own { key: String },
}

/// A bid to commit.
#[derive(Serialize)]
struct Committing {
    /// The SHA-256 of the commit, by which a board knows it.
    id: String,
    level: u32,
}

/// Answers what is asked of the board.
pub fn of_board(request: OfBoard, payload: &[u8]) -> Answer {
    if let OfBoard::Feed = request {
        FEED.with_borrow_mut(|feed| feed.take(payload))?;
        return only(());
    }
    FEED.with_borrow(|feed| about(feed.follower()?, request, payload))
}

fn about(follower: &Follower, request: OfBoard, payload: &[u8]) -> Answer {
    match request {
        // It changes what is followed, and was answered before.
        OfBoard::Feed => only(()),
        OfBoard::View => only(View::of(follower)),
        OfBoard::Terms => only(terms::in_words(follower.auction().terms(), &Book::default())?),
        OfBoard::Checkpoint { checkpoint } => only(checkpoint_is_kept(&checkpoint, follower)?),
        OfBoard::Receipt { receipt, entry, id } => {
            let id = id.map(|id| {
                let mut digest = [0; 32];
                let read = hex::decode_to_slice(&id, &mut digest);
                read.map(|()| Digest(digest))
                    .map_err(|_| Fault::internal("an id is not hexadecimal"))
            });
            only(receipt_is_kept(&receipt, follower, entry, id.transpose()?.as_ref())?)
        }
        OfBoard::Quote { lot, price } => only(bid::quote(follower, lot, &price)?),
        OfBoard::CommitOf => {
            let kept = the_one(payload)?;
            let (id, level, commit) = bid::commit_of(&kept)?;
            Ok((written(&Committing { id, level: level.0 })?, commit.to_vec()))
        }
        OfBoard::RefusalOf => only(bid::refusal_of(follower, &the_one(payload)?)?),
    }
}

/// The one bid that comes with a request.
fn the_one(payload: &[u8]) -> Result<Kept, Fault> {
    let mut kept = bid::read_kept(payload)?.into_iter();
    match (kept.next(), kept.next()) {
        (Some(kept), None) => Ok(kept),
        _ => Err(Fault::internal("expected one bid")),
    }
}

/// Does what a party asks for.
pub fn of_party(request: OfParty, payload: &[u8]) -> Answer {
    // A search and what it finds need nothing that was kept.
    let kept = if payload.is_empty() { Vec::new() } else { bid::read_kept(payload)? };
    FEED.with_borrow(|feed| act(feed.follower()?, request, kept))
}

fn act(follower: &Follower, request: OfParty, kept: Vec<Kept>) -> Answer {
    match request {
        OfParty::Prepare { key, lot, level } => {
            bytes(bid::prepare(follower, &Key::read(&key)?, (lot, level), &kept)?)
        }
        OfParty::Search { key, lot, round, from, to } => {
            only(bid::search(follower, &Key::read(&key)?, (lot, round), from..to)?)
        }
        OfParty::Recover { key, lot, round, level } => {
            bytes(bid::recovered(follower, &Key::read(&key)?, (lot, round), level)?)
        }
        OfParty::Reveal { key } => {
            let (revealing, instructions) = bid::reveal(follower, &Key::read(&key)?, kept)?;
            Ok((written(&revealing)?, instructions))
        }
        OfParty::HandOver { key } => bytes(bid::hand_over(follower, &Key::read(&key)?, kept)?),
        OfParty::Own { key } => only(bid::own(follower, &Key::read(&key)?, &kept)?),
    }
}
