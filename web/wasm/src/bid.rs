//! A bid: its price in figures, its commit, its reveal, and what it came to.
//!
//! What reveals a bid is made together with its commit ([`Kept`]), and the page keeps it before the commit leaves.
//! Where that is lost, the key finds it again in the transcript ([`search`], [`recovered`]).

use crate::{
    fault::Fault,
    follower::Follower,
    key::Key,
    view::{Own, OwnBid, admission},
};
use borsh::{BorshDeserialize, BorshSerialize};
use rand_core::OsRng;
use serde::Serialize;
use talea_parties::bidder::{BidError, BidSecret, Bidder, Place, PreparedBid, carry};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    commitment::{BidId, seal},
    instruction::{Instruction, SignedInstruction},
    limits::{MAX_INSTRUCTION_BYTES, MAX_REVEALS},
    outcome::LotResult,
    price::Level,
    sealed_bid::Reveal,
    terms::Lot,
};
use talea_text::{
    curve,
    failure::Code,
    lot::price,
    lot::read_bid,
    money, notation,
    result::{Word, won_at},
};

/// Room for the frame of an instruction that carries reveals.
const FRAME: usize = 4_096;

/// What is kept of a bid; the same as the command line keeps.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct Kept {
    /// The signed commit; empty if the bid was found again by its key.
    commit: Vec<u8>,
    reveal: Reveal,
    /// A [`BidSecret`], saved.
    secret: Vec<u8>,
}

/// A price in figures that a person can check before it binds.
#[derive(Serialize)]
pub struct Quoted {
    /// As a level of the grid.
    level: u32,
    /// As people write it.
    price: String,
    /// As a decimal number.
    decimal: String,
    /// What it comes to, where a price is an amount.
    amount: Option<String>,
    /// In one sentence.
    words: String,
    /// What others may mean by it.
    remark: Option<String>,
}

/// What a bid came to, and at which price it was made and the lot was sold.
#[derive(Serialize)]
pub struct Came {
    /// In a word.
    word: Word,
    /// What was bid.
    bid: String,
    /// What the winner pays.
    price: Option<String>,
}

/// A signed instruction, and the lots whose bids it reveals.
#[derive(Serialize)]
pub struct Revealing {
    /// The SHA-256 by which a board knows it.
    pub id: String,
    /// The lots.
    pub lots: Vec<u32>,
    /// How long it is, in bytes.
    pub length: usize,
}

fn lot(follower: &Follower, number: u32) -> Result<&Lot, Fault> {
    let at = usize::try_from(number).ok();
    let lot = at.and_then(|at| follower.auction().terms().lots.get(at));
    lot.ok_or_else(|| Fault::new(Code::LotUnknown, format!("the auction has no lot {number}")))
}

/// Reads a price in the notation of its lot.
///
/// # Errors
/// As [`read_bid`].
pub fn quote(follower: &Follower, number: u32, text: &str) -> Result<Quoted, Fault> {
    let lot = lot(follower, number)?;
    let terms = follower.auction().terms();
    curve::require_one_price(terms, lot)?;
    let level = read_bid("the price", lot, text)?;
    let scale = lot.grid.scale;
    let price = lot.grid.price(level).ok_or_else(|| Fault::internal("a level without a price"))?;
    Ok(Quoted {
        level: level.0,
        price: scale.write(price),
        decimal: scale.write_decimal(price),
        amount: money::amount(terms, lot, price),
        words: money::in_words(terms, lot, price),
        remark: notation::remark(scale, text),
    })
}

fn no_bid(follower: &Follower, number: u32, error: &BidError) -> Fault {
    use talea_parties::proofs::Unprovable;
    let sentence = match (error, lot(follower, number)) {
        (BidError::Unprovable(Unprovable::Worse { level, active }), Ok(lot)) => {
            let [level, active] = [level, active].map(|level| price(lot, Level(*level)));
            format!("{level} is worse than your active bid, {active}")
        }
        _ => error.to_string(),
    };
    Fault::new(Code::Price, sentence)
}

/// Makes a bid of this level in the current round, and asks the rules whether they would take it. What comes
/// back is what the page has to keep before it sends the commit.
///
/// # Errors
/// `refused`, `price`; `bid.elsewhere` in a later round if what stands of the round before is not known here.
pub fn prepare(
    follower: &Follower,
    key: &Key,
    (number, level): (u32, u32),
    kept: &[Kept],
) -> Result<Vec<u8>, Fault> {
    let auction = follower.auction();
    let signer = Bidder::new(key.identity());
    let (level, party) = (Level(level), signer.party());
    let made = if auction.round() == 0 {
        signer.commit(auction, number, level, &mut OsRng)
    } else {
        let stands = auction.active_commitment(number, &party).ok_or_else(|| {
            Fault::new(
                Code::NoBid,
                "in a later round only a bid that stands can be repeated or improved",
            )
        })?;
        let active = kept.iter().filter_map(|kept| BidSecret::resume(&kept.secret));
        let active = active.into_iter().find(|secret| secret.opens(&stands)).ok_or_else(|| {
            Fault::new(
                Code::BidElsewhere,
                "the bid that stands was made by another browser or program",
            )
        })?;
        signer.improve(auction, number, level, &active, &mut OsRng)
    };
    let bid = made.map_err(|error| no_bid(follower, number, &error))?;
    auction.clone().apply(auction.slot(), &bid.commit)?;
    keep(&bid)
}

fn keep(bid: &PreparedBid) -> Result<Vec<u8>, Fault> {
    let kept = Kept {
        commit: bid.commit.clone(),
        reveal: bid.reveal.clone(),
        secret: bid.secret.save().to_vec(),
    };
    borsh::to_vec(&kept).map_err(|error| Fault::internal(error.to_string()))
}

/// Reads what the page kept.
///
/// # Errors
/// `file.unreadable`.
pub fn read_kept(bytes: &[u8]) -> Result<Vec<Kept>, Fault> {
    let read: Result<Vec<Kept>, _> = borsh::from_slice(bytes);
    read.map_err(|_| {
        Fault::new(Code::FileUnreadable, "what this browser kept of the bids is damaged")
    })
}

/// The commit of a bid that was kept, its hash, and its level.
pub fn commit_of(kept: &Kept) -> Result<(String, Level, &[u8]), Fault> {
    let secret = BidSecret::resume(&kept.secret).ok_or_else(|| {
        Fault::new(Code::FileUnreadable, "what this browser kept of the bid is damaged")
    })?;
    Ok((hex::encode(Digest::of(&[&kept.commit]).0), secret.level(), &kept.commit))
}

/// Why the rules refuse a commit that was kept, as the history stands that was replayed; nothing if they take it. A board
/// may refuse what they do not.
///
/// # Errors
/// `internal` if it is no commit: a bid that was found again has none.
pub fn refusal_of(follower: &Follower, kept: &Kept) -> Result<Option<String>, Fault> {
    let Some((signed, Instruction::Commit(commit))) =
        SignedInstruction::read_unverified(&kept.commit)
    else {
        return Err(Fault::internal("what was kept holds no commit"));
    };
    let checked = follower.auction().check_commit(&signed.signer, &commit);
    Ok(checked.err().map(|refusal| Fault::from(refusal).sentence))
}

/// Tries some levels of the grid: which of them this party committed on a lot in a round.
///
/// # Errors
/// `bid.none` if the transcript shows no commit.
pub fn search(
    follower: &Follower,
    key: &Key,
    (number, round): (u32, u32),
    levels: std::ops::Range<u32>,
) -> Result<Option<u32>, Fault> {
    // A curve is made elsewhere, and is no price of the grid.
    if follower.auction().terms().mechanism.curve().is_some() {
        return Ok(None);
    }
    let bidder = key.identity();
    let place = Place::new(&bidder, follower.auction(), (number, round))
        .map_err(|error| no_bid(follower, number, &error))?;
    let bid = BidId { lot: number, round, bidder: bidder.party() };
    let shown = follower
        .bid(&bid)
        .ok_or_else(|| Fault::new(Code::NoBid, "the transcript shows no commit of this party"))?;
    Ok(place.find(&shown.commitment, levels).map(|level| level.0))
}

/// What reveals a bid of this level, made anew from the key.
///
/// # Errors
/// As [`search`].
pub fn recovered(
    follower: &Follower,
    key: &Key,
    (number, round): (u32, u32),
    level: u32,
) -> Result<Vec<u8>, Fault> {
    let bidder = key.identity();
    let place = Place::new(&bidder, follower.auction(), (number, round))
        .map_err(|error| no_bid(follower, number, &error))?;
    let (reveal, secret) =
        place.reveal(Level(level)).map_err(|error| no_bid(follower, number, &error))?;
    keep(&PreparedBid { commit: Vec::new(), reveal, secret })
}

/// Whether this is the sealed bid to which a party's commit of the current round binds. Another may be kept, if the same
/// key committed elsewhere.
fn is_sealed(follower: &Follower, party: &PartyKey, reveal: &Reveal) -> bool {
    let auction = follower.auction();
    let is_current = reveal.bid.bidder == *party && reveal.bid.round == auction.round();
    is_current
        && follower
            .bid(&reveal.bid)
            .is_some_and(|shown| shown.seal == seal(&auction.id(), &reveal.bid, &reveal.sealed_bid))
}

/// The bids of this party that are to be revealed now, out of what was kept. The rules refuse a whole instruction for one
/// sealed bid that is not the one committed.
fn due(follower: &Follower, key: &Key, kept: Vec<Kept>) -> Vec<Reveal> {
    let party = key.identity().party();
    let is_due = |reveal: &Reveal| {
        follower.auction().is_open(&reveal.bid) && is_sealed(follower, &party, reveal)
    };
    kept.into_iter().map(|kept| kept.reveal).filter(is_due).collect()
}

/// Signs what is to be revealed now: instructions, one after the other, and what each of them is. None while the
/// reveals have not begun: a sealed bid must not leave before.
///
/// # Errors
/// `internal` if one does not fit into an instruction, which no bid of an auction does.
pub fn reveal(
    follower: &Follower,
    key: &Key,
    kept: Vec<Kept>,
) -> Result<(Vec<Revealing>, Vec<u8>), Fault> {
    let auction = follower.auction();
    if auction.phase() != talea_contract::Phase::Reveals {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut parts: Vec<Vec<Reveal>> = Vec::new();
    let mut room = 0usize;
    for reveal in due(follower, key, kept) {
        let bytes = reveal.sealed_bid.len().saturating_add(64);
        match parts.last_mut().filter(|part| room >= bytes && part.len() < MAX_REVEALS) {
            Some(part) => part.push(reveal),
            None => {
                room = MAX_INSTRUCTION_BYTES.saturating_sub(FRAME);
                parts.push(vec![reveal]);
            }
        }
        room = room.saturating_sub(bytes);
    }
    let (mut revealing, mut all) = (Vec::new(), Vec::new());
    for part in parts {
        let lots = part.iter().map(|reveal| reveal.bid.lot).collect();
        let instruction = carry(&key.identity(), auction, part)
            .map_err(|error| Fault::internal(error.to_string()))?;
        let id = hex::encode(Digest::of(&[&instruction]).0);
        revealing.push(Revealing { id, lots, length: instruction.len() });
        all.extend(instruction);
    }
    Ok((revealing, all))
}

/// What a bidder gives to a keyholder who runs with `--reveals`, if the board does not take it.
#[derive(BorshSerialize)]
struct Handed {
    commits: Vec<Vec<u8>>,
    reveals: Vec<Reveal>,
}

/// The file that a keyholder with `--reveals` hands in, as `talea reveal --to` writes it.
///
/// # Errors
/// `not-yet` before the reveals: a sealed bid must not leave before.
pub fn hand_over(follower: &Follower, key: &Key, kept: Vec<Kept>) -> Result<Vec<u8>, Fault> {
    if follower.auction().phase() != talea_contract::Phase::Reveals {
        let sentence = "sealed bids are not written before the reveals begin";
        return Err(Fault::new(Code::NotYet, sentence));
    }
    let handed = Handed { commits: Vec::new(), reveals: due(follower, key, kept) };
    borsh::to_vec(&handed).map_err(|error| Fault::internal(error.to_string()))
}

/// A party's own part in an auction.
///
/// # Errors
/// `file.unreadable` if what was kept is damaged.
pub fn own(follower: &Follower, key: &Key, kept: &[Kept]) -> Result<Own, Fault> {
    let auction = follower.auction();
    let party = key.identity().party();
    let (invited, role) = admission(follower, &party);
    let outcome = auction.outcome();
    let lots = (0u32..).zip(auction.terms().lots.iter());
    let bids = lots.map(|(number, lot)| {
        let of_round = |round| BidId { lot: number, round, bidder: party };
        let line = follower.bid(&of_round(auction.round()));
        let result = usize::try_from(number)
            .ok()
            .and_then(|at| outcome.as_ref().and_then(|outcome| outcome.lots.get(at)));
        let rounds = follower.bids().filter(|(bid, _)| bid.lot == number && bid.bidder == party);
        Ok(OwnBid {
            lot: number,
            round: rounds.map(|(bid, _)| bid.round).max(),
            committed: line.map(|line| line.committed),
            revealed: line.and_then(|line| line.revealed),
            is_open: auction.is_open(&of_round(auction.round())),
            is_known: kept.iter().any(|kept| {
                kept.reveal.bid.lot == number && is_sealed(follower, &party, &kept.reveal)
            }),
            is_active: auction.active_commitment(number, &party).is_some(),
            came: result
                .map(|result| came(follower, (number, lot), &party, result, kept))
                .transpose()?
                .flatten(),
        })
    });
    let available = auction.account(&party).map_or(0, |account| account.available);
    Ok(Own {
        party: party.to_string(),
        invited,
        role,
        available: available.to_string(),
        bids: bids.collect::<Result<_, Fault>>()?,
    })
}

fn came(
    follower: &Follower,
    (number, lot): (u32, &Lot),
    party: &PartyKey,
    result: &LotResult,
    kept: &[Kept],
) -> Result<Option<Came>, Fault> {
    let of_lot = |kept: &&Kept| kept.reveal.bid.lot == number && kept.reveal.bid.bidder == *party;
    let mut secrets = Vec::new();
    for kept in kept.iter().filter(of_lot) {
        let (_, level, _) = commit_of(kept)?;
        secrets.push((kept.reveal.bid.round, level, BidSecret::resume(&kept.secret)));
    }
    let last = secrets.iter().max_by_key(|(round, ..)| *round).map(|(_, level, _)| *level);
    let stands = follower.auction().active_commitment(number, party);
    let counted = stands.and_then(|stands| {
        let opens = |secret: &Option<BidSecret>| secret.as_ref().is_some_and(|s| s.opens(&stands));
        secrets.iter().find(|(.., secret)| opens(secret)).map(|(_, level, _)| *level)
    });
    let Some(level) = counted.or(last) else { return Ok(None) };
    let (won, paid) = won_at(result, party);
    let word = if counted.is_some() { Word::of(result, won, level) } else { Word::NotRanked };
    Ok(Some(Came { word, bid: price(lot, level), price: paid.map(|level| price(lot, level)) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Market;

    fn made(follower: &Follower, key: &Key, lot: u32, level: u32) -> Kept {
        borsh::from_slice(&prepare(follower, key, (lot, level), &[]).unwrap()).unwrap()
    }

    fn copy(kept: &Kept) -> Kept {
        borsh::from_slice(&borsh::to_vec(kept).unwrap()).unwrap()
    }

    #[test]
    fn a_kept_bid_that_was_committed_otherwise_elsewhere_keeps_no_other_bid_in() {
        let mut market = Market::at_commits();
        let key = Key::generate();
        let feed = market.shown();
        let before = feed.follower().unwrap();
        let (stale, elsewhere) = (made(before, &key, 0, 2), made(before, &key, 0, 3));
        let other = made(before, &key, 1, 1);
        for kept in [&elsewhere, &other] {
            market.submit(&kept.commit);
        }
        market.pass();
        let feed = market.shown();
        let follower = feed.follower().unwrap();

        let own = own(follower, &key, &[copy(&stale), copy(&other)]).unwrap();
        let known: Vec<_> = own.bids.iter().map(|bid| (bid.is_open, bid.is_known)).collect();
        assert_eq!(known, [(true, false), (true, true)]);
        let handed: Vec<u8> = hand_over(follower, &key, vec![copy(&stale), copy(&other)]).unwrap();
        let expected = Handed { commits: Vec::new(), reveals: vec![other.reveal.clone()] };
        assert_eq!(handed, borsh::to_vec(&expected).unwrap());
        let (revealing, instruction) = reveal(follower, &key, vec![stale, other]).unwrap();
        assert_eq!(revealing.iter().map(|one| one.lots.clone()).collect::<Vec<_>>(), [[1]]);
        // The rules take it.
        market.submit(&instruction);

        // And the other lot's, once it is found by the key.
        let feed = market.shown();
        let follower = feed.follower().unwrap();
        let level = search(follower, &key, (0, 0), 0..5).unwrap().unwrap();
        let found = borsh::from_slice(&recovered(follower, &key, (0, 0), level).unwrap()).unwrap();
        let (revealing, instruction) = reveal(follower, &key, vec![found]).unwrap();
        assert_eq!((level, revealing.len()), (3, 1));
        market.submit(&instruction);
    }

    #[test]
    fn a_commit_is_refused_if_the_replay_refuses_it_whatever_a_board_says() {
        let mut market = Market::at_commits();
        let key = Key::generate();
        let feed = market.shown();
        let follower = feed.follower().unwrap();
        let [first, second] = [2, 3].map(|level| made(follower, &key, 0, level));
        assert_eq!(refusal_of(follower, &first).unwrap(), None);
        market.submit(&first.commit);
        let feed = market.shown();
        let refusal = refusal_of(feed.follower().unwrap(), &second).unwrap();
        assert!(refusal.is_some_and(|refusal| refusal.contains("C3")), "the second of a bidder");
        let found = Kept { commit: Vec::new(), ..second };
        assert_eq!(refusal_of(follower, &found).unwrap_err().code, "internal");
    }
}
