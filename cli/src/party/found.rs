//! Finds a party's own bid again, from its key and the transcript, where this machine does not keep it or
//! cannot read what it keeps.

use crate::{
    failure::Failure,
    party::{
        desk::Desk,
        own_bid::{Hidden, OwnBid, curve_at, curve_commit},
    },
    replica::Replay,
    say::say,
};
use std::{
    num::NonZero,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};
use talea_parties::{
    bidder::{BidSecret, Place},
    identity::Identity,
};
use talea_protocol::{bytes::Point, commitment::BidId, price::Level, transcript::Entry};

/// How many levels a thread tries before it looks whether another has found the right one.
const CHUNK: u32 = 1 << 12;
/// From how many levels on it says that the search takes a while: about a second of work.
const LONG: u32 = 1 << 16;

/// The bid of this party on a lot in a round, if the transcript shows its commit and its key made it.
///
/// # Errors
/// `file.unreadable`.
pub fn find(desk: &Desk, lot: u32, round: u32) -> Result<Option<OwnBid>, Failure> {
    let (auction, bidder) = (desk.replica.auction(), desk.keys.identity());
    let bid = BidId { lot, round, bidder: bidder.party() };
    let Some(shown) = desk.replica.bid(&bid) else { return Ok(None) };
    // Commits come after the ceremony, and on lots that there are.
    let Ok(place) = Place::new(&bidder, auction, (lot, round)) else { return Ok(None) };
    if auction.terms().mechanism.curve().is_some() {
        return find_curve(desk, &place, shown.committed);
    }
    let levels = desk.line(lot).map_or(0, |line| line.grid.levels);
    let remembered = desk.remembered.get(&lot).copied();
    let Some(level) = search(&place, &shown.commitment, remembered, levels, &desk.name_of(lot))
    else {
        return Ok(None);
    };
    let Ok((reveal, secret)) = place.reveal(level) else { return Ok(None) };
    if !desk.replica.opens_a_commit(&reveal) {
        return Ok(None);
    }
    let commit = signed(desk, shown.committed)?;
    Ok(commit.map(|commit| OwnBid { commit, reveal, hidden: Hidden::Price(secret) }))
}

/// The same of a curve: its steps are read off its commit.
fn find_curve(desk: &Desk, place: &Place<'_>, entry: u64) -> Result<Option<OwnBid>, Failure> {
    let Some(commit) = signed(desk, entry)? else { return Ok(None) };
    let found = curve_commit(&commit).and_then(|shown| {
        let steps = curve_at(place, &shown)?;
        let reveal = place.reveal_curve(steps.side, &place.find_curve(&shown)?).ok()?;
        Some((reveal, steps))
    });
    let found = found.filter(|(reveal, _)| desk.replica.opens_a_commit(reveal));
    Ok(found.map(|(reveal, steps)| OwnBid { commit, reveal, hidden: Hidden::Curve(steps) }))
}

/// The signed bytes of an entry.
fn signed(desk: &Desk, entry: u64) -> Result<Option<Vec<u8>>, Failure> {
    let Some(body) = desk.replica.body_of(entry)? else { return Ok(None) };
    let entry = borsh::from_slice::<Entry>(&body).ok();
    Ok(entry.map(|entry| entry.instruction.into_inner()))
}

/// What a bid of this party hides, if the transcript shows its commit and its key made it. Of a seller, a reserve.
#[must_use]
pub fn secret(replay: &Replay, bidder: &Identity, bid: &BidId) -> Option<BidSecret> {
    let commitment = replay.bid(bid)?.commitment;
    let place = Place::new(bidder, replay.auction(), (bid.lot, bid.round)).ok()?;
    let line = replay.auction().terms().lots.get(usize::try_from(bid.lot).ok()?)?;
    let level = search(&place, &commitment, None, line.grid.levels, line.identifier.as_str())?;
    place.reveal(level).ok().map(|(_, secret)| secret).filter(|secret| secret.opens(&commitment))
}

/// The level that a commitment is to: the one that somebody remembers, or one of all, tried on every core.
fn search(
    place: &Place<'_>,
    commitment: &Point,
    remembered: Option<Level>,
    levels: u32,
    lot: &str,
) -> Option<Level> {
    let remembered =
        remembered.and_then(|Level(level)| place.find(commitment, level..level.saturating_add(1)));
    if remembered.is_some() {
        return remembered;
    }
    if levels >= LONG {
        say(&format!(
            "searching {levels} prices for this party's bid on {lot}, about 100,000 per second and core; \
             if you remember the price, --price LOT=PRICE saves the search"
        ));
    }
    let next = AtomicU32::new(0);
    let work = || {
        loop {
            let from = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |from| {
                (from < levels).then(|| from.saturating_add(CHUNK))
            });
            let from = from.ok()?;
            let to = from.saturating_add(CHUNK).min(levels);
            if let Some(level) = place.find(commitment, from..to) {
                next.store(levels, Ordering::Relaxed);
                return Some(level);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let searches: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        searches.into_iter().find_map(|search| search.join().ok().flatten())
    })
}
