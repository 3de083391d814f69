//! Requests about the auction that the page follows, and about a party's bids in it. A program follows one auction.

use super::{Answer, only, value};
use crate::{
    bid::{self, Kept},
    checkpoint::{Checkpoint, Receipt},
    fault::Fault,
    follower::{Feed, Follower},
    key::Key,
    view::View,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use talea_protocol::bytes::Digest;
use talea_text::{book::Book, failure::Code, terms};

thread_local! {
    static FEED: RefCell<Feed> = RefCell::new(Feed::default());
}

/// What can be asked.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Request {
    /// Of the board.
    Board(OfBoard),
    /// Of a party.
    Party(OfParty),
}

/// What the board shows.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OfBoard {
    /// Replays the bytes that follow in the transcript.
    Feed,
    /// How the auction stands.
    View,
    /// The terms in words.
    Terms,
    /// Whether the board's signature is over what was replayed.
    Checkpoint { checkpoint: Checkpoint },
    /// Whether the receipt is for this instruction.
    Receipt { receipt: Receipt, id: String },
    /// A price in figures.
    Quote { lot: u32, price: String },
    /// The commit of the one bid that comes with it.
    CommitOf,
}

/// What a party does. What was kept of its bids comes with it.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
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

/// Answers.
pub fn serve(request: Request, payload: &[u8]) -> Answer {
    match request {
        Request::Board(OfBoard::Feed) => FEED.with_borrow_mut(|feed| {
            feed.take(payload)?;
            only(Value::Null)
        }),
        Request::Board(request) => {
            FEED.with_borrow(|feed| of_board(feed.follower()?, request, payload))
        }
        Request::Party(request) => FEED.with_borrow(|feed| {
            // A search and what it finds need nothing that was kept.
            let kept = if payload.is_empty() { Vec::new() } else { bid::read_kept(payload)? };
            of_party(feed.follower()?, request, kept)
        }),
    }
}

fn of_board(follower: &Follower, request: OfBoard, payload: &[u8]) -> Answer {
    match request {
        // It changes what is followed, and was answered before.
        OfBoard::Feed => only(Value::Null),
        OfBoard::View => only(View::of(follower)),
        OfBoard::Terms => {
            let words = terms::in_words(follower.auction().terms(), &Book::default())?;
            only(json!({ "words": words }))
        }
        OfBoard::Checkpoint { checkpoint } => only(checkpoint.is_kept(follower)?),
        OfBoard::Receipt { receipt, id } => {
            let mut digest = [0; 32];
            hex::decode_to_slice(&id, &mut digest)
                .map_err(|_| Fault::new(Code::Internal, "an id is not hexadecimal"))?;
            only(receipt.is_kept(follower, &Digest(digest))?)
        }
        OfBoard::Quote { lot, price } => only(bid::quote(follower, lot, &price)?),
        OfBoard::CommitOf => {
            let kept = bid::read_kept(payload)?;
            let [kept] = kept.as_slice() else {
                return Err(Fault::internal("expected one bid"));
            };
            let (id, level, commit) = bid::commit_of(kept)?;
            Ok((json!({ "id": id, "level": level.0 }), commit.to_vec()))
        }
    }
}

fn of_party(follower: &Follower, request: OfParty, kept: Vec<Kept>) -> Answer {
    match request {
        OfParty::Prepare { key, lot, level } => {
            Ok((Value::Null, bid::prepare(follower, &Key::read(&key)?, (lot, level), &kept)?))
        }
        OfParty::Search { key, lot, round, from, to } => {
            only(bid::search(follower, &Key::read(&key)?, (lot, round), from..to)?)
        }
        OfParty::Recover { key, lot, round, level } => {
            let kept = bid::recovered(follower, &Key::read(&key)?, (lot, round), level)?;
            Ok((Value::Null, kept))
        }
        OfParty::Reveal { key } => {
            let (revealing, bytes) = bid::reveal(follower, &Key::read(&key)?, kept)?;
            Ok((value(revealing)?, bytes))
        }
        OfParty::HandOver { key } => {
            Ok((Value::Null, bid::hand_over(follower, &Key::read(&key)?, kept)?))
        }
        OfParty::Own { key } => only(bid::own(follower, &Key::read(&key)?, &kept)?),
    }
}
