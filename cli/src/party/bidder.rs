//! A bidder: commits, reveals, improves or stands. Whatever it takes to reveal a bid is kept safely
//! before the commit leaves the machine.

use crate::{
    failure::{Code, Failure},
    files::{self, Readers},
    keys::Keys,
    party::desk::Desk,
    status,
};
use borsh::{BorshDeserialize, BorshSerialize};
use rand_core::OsRng;
use std::path::{Path, PathBuf};
use talea_contract::{Auction, Phase};
use talea_parties::{
    bidder::{self, BidError, BidSecret, Bidder, PreparedBid},
    proofs::Unprovable,
    seller,
};
use talea_protocol::{
    commitment::BidId,
    limits::{MAX_INSTRUCTION_BYTES, MAX_REVEALS},
    price::Rung,
    sealed_bid::Reveal,
};
use zeroize::Zeroizing;

/// The largest bid that is kept: a commit and a sealed bid, encrypted.
const MAX_KEPT: u64 = 4 << 20;
/// Room for the frame of an instruction that carries reveals.
const FRAME: usize = 4_096;

/// What is kept of a bid.
#[derive(BorshSerialize, BorshDeserialize)]
struct Kept {
    commit: Vec<u8>,
    reveal: Reveal,
    secret: Vec<u8>,
}

/// A bid that this party made.
pub struct Bid {
    /// The signed commit.
    pub commit: Vec<u8>,
    /// What reveals it.
    pub reveal: Reveal,
    /// What proves the next one.
    pub secret: BidSecret,
}

fn place(state: &Path, lot: u32, round: u32) -> PathBuf {
    state.join(format!("bid-{lot}-{round}.age"))
}

fn keep(keys: &Keys, path: &Path, bid: &PreparedBid) -> Result<(), Failure> {
    let kept = Kept {
        commit: bid.commit.clone(),
        reveal: bid.reveal.clone(),
        secret: bid.secret.save().to_vec(),
    };
    let bytes = Zeroizing::new(borsh::to_vec(&kept).unwrap_or_default());
    keys.keep_new(path, &bytes)
}

/// The bid of this party on a lot in a round, if it made one.
///
/// # Errors
/// `file.unreadable`, `key.other`.
pub fn recall(desk: &Desk, lot: u32, round: u32) -> Result<Option<Bid>, Failure> {
    let path = place(&desk.state()?, lot, round);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = desk.keys.recall(&path, MAX_KEPT)?;
    let damaged = || Failure::new(Code::FileUnreadable, format!("{} is damaged", path.display()));
    let kept: Kept = borsh::from_slice(&bytes).map_err(|_| damaged())?;
    let secret = BidSecret::resume(&kept.secret).ok_or_else(damaged)?;
    Ok(Some(Bid { commit: kept.commit, reveal: kept.reveal, secret }))
}

/// What a bid came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The lot.
    pub lot: u32,
    /// The round.
    pub round: u32,
    /// What was bid.
    pub rung: Rung,
    /// Which entry the commit is.
    pub entry: u64,
}

/// Commits a bid in the current round: the first one, or one that is not worse than the last.
/// A bid that was made and kept before is handed in again, and no other one is made.
///
/// # Errors
/// `refused`, `board.*`, `bid.none` where there is nothing to improve.
pub fn commit(desk: &mut Desk, lot: u32, rung: Rung) -> Result<Committed, Failure> {
    let round = desk.replica.auction().round();
    let bid = kept_or_made(desk, (lot, round), rung, || make(desk, (lot, round), rung))?;
    let entry = desk.submit(&bid.commit)?;
    desk.keep_receipt(entry)?;
    Ok(Committed { lot, round, rung, entry })
}

/// The bid of this rung that is kept, or one that is made and kept now. Where two processes of one
/// bidder make one at the same time, both hand in the one that was kept first.
fn kept_or_made(
    desk: &Desk,
    (lot, round): (u32, u32),
    rung: Rung,
    make: impl Fn() -> Result<PreparedBid, Failure>,
) -> Result<Bid, Failure> {
    let kept = match recall(desk, lot, round)? {
        Some(kept) => Some(kept),
        None => {
            let made = make()?;
            // What the rules refuse now, for want of money perhaps, must not stand in the way of another.
            let auction = desk.replica.auction();
            auction.clone().apply(auction.slot(), &made.commit)?;
            match keep(&desk.keys, &place(&desk.state()?, lot, round), &made) {
                Err(failure) if failure.code == Code::FileExists => recall(desk, lot, round)?,
                kept => {
                    kept?;
                    Some(Bid { commit: made.commit, reveal: made.reveal, secret: made.secret })
                }
            }
        }
    };
    kept.filter(|bid| bid.secret.rung() == rung).ok_or_else(|| {
        let lot = desk.line(lot).map_or(lot.to_string(), |line| line.identifier.to_string());
        let sentence = format!("another bid on {lot} was made in round {round}");
        Failure::new(Code::Refused, sentence)
            .with_help("one bid per lot and round; it may be on its way")
    })
}

/// The bid of this party that stands on a lot. It need not be the last one that it made, which may
/// never have come to the board.
///
/// # Errors
/// As [`recall`].
pub fn standing(desk: &Desk, lot: u32) -> Result<Option<BidSecret>, Failure> {
    let auction = desk.replica.auction();
    let Some(commitment) = auction.standing(lot, &desk.keys.party()) else { return Ok(None) };
    for round in (0..=auction.round()).rev() {
        let kept = recall(desk, lot, round)?.filter(|bid| bid.secret.opens(&commitment));
        if let Some(bid) = kept {
            return Ok(Some(bid.secret));
        }
    }
    Ok(None)
}

/// What this party bid last on a lot, whether it counts or not.
///
/// # Errors
/// As [`recall`].
pub fn last_made(desk: &Desk, lot: u32) -> Result<Option<Rung>, Failure> {
    for round in (0..=desk.replica.auction().round()).rev() {
        if let Some(bid) = recall(desk, lot, round)? {
            return Ok(Some(bid.secret.rung()));
        }
    }
    Ok(None)
}

fn make(desk: &Desk, (lot, round): (u32, u32), rung: Rung) -> Result<PreparedBid, Failure> {
    let auction = desk.replica.auction();
    let signer = Bidder::new(desk.keys.identity());
    let made = match round.checked_sub(1) {
        None => signer.commit(auction, lot, rung, &mut OsRng),
        Some(_) => {
            let standing = standing(desk, lot)?.ok_or_else(|| {
                let lot =
                    desk.line(lot).map_or(lot.to_string(), |line| line.identifier.to_string());
                let sentence = format!("no bid of this party stands on {lot}");
                Failure::new(Code::NoBid, sentence)
            })?;
            signer.improve(auction, lot, rung, &standing, &mut OsRng)
        }
    };
    made.map_err(|error| no_bid(desk, lot, &error))
}

/// Commits the seller's reserve of a lot.
///
/// # Errors
/// As [`commit`].
pub fn reserve(desk: &mut Desk, lot: u32, rung: Rung) -> Result<Committed, Failure> {
    let kept = kept_or_made(desk, (lot, 0), rung, || {
        let auction = desk.replica.auction();
        seller::reserve(&desk.keys.identity(), auction, lot, rung, &mut OsRng)
            .map_err(|error| no_bid(desk, lot, &error))
    })?;
    let entry = desk.submit(&kept.commit)?;
    desk.keep_receipt(entry)?;
    Ok(Committed { lot, round: 0, rung, entry })
}

fn no_bid(desk: &Desk, lot: u32, error: &BidError) -> Failure {
    let sentence = match (error, desk.line(lot)) {
        (BidError::Unprovable(Unprovable::Worse { rung, standing }), Some(line)) => {
            let [price, standing] = [rung, standing].map(|rung| status::price(line, Rung(*rung)));
            format!("{}: {price} is worse than {standing}, which stands", line.identifier)
        }
        _ => error.to_string(),
    };
    Failure::new(Code::Price, sentence)
}

/// The lots on which this party's bid stands and nothing was committed in this round.
#[must_use]
pub fn not_bid_again(desk: &Desk) -> Vec<String> {
    let auction = desk.replica.auction();
    let (round, bidder) = (auction.round(), desk.keys.party());
    let is_due = |lot: &u32| {
        let bid = BidId { lot: *lot, round, bidder };
        auction.is_missing(&bid) && !auction.is_open(&bid)
    };
    let due = (0..lots(auction)).filter(is_due);
    due.filter_map(|lot| Some(desk.line(lot)?.identifier.to_string())).collect()
}

/// What this party has to reveal in the current round.
///
/// # Errors
/// As [`recall`].
pub fn to_reveal(desk: &Desk) -> Result<Vec<Reveal>, Failure> {
    let auction = desk.replica.auction();
    let bids = (0..lots(auction)).map(|lot| recall(desk, lot, auction.round()));
    let bids: Vec<Option<Bid>> = bids.collect::<Result<_, _>>()?;
    let reveals = bids.into_iter().flatten().map(|bid| bid.reveal);
    Ok(reveals.filter(|reveal| auction.is_open(&reveal.bid)).collect())
}

/// The lots on which this party made a bid in the current round that the transcript does not show.
///
/// # Errors
/// `file.unwritable`.
pub fn untaken(desk: &Desk) -> Result<Vec<String>, Failure> {
    let (auction, state) = (desk.replica.auction(), desk.state()?);
    let (round, bidder) = (auction.round(), desk.keys.party());
    let lots = (0..).zip(auction.terms().lots.iter()).filter(|(lot, _)| {
        let bid = BidId { lot: *lot, round, bidder };
        desk.replica.seal_of(&bid).is_none() && place(&state, *lot, round).exists()
    });
    Ok(lots.map(|(_, lot)| lot.identifier.to_string()).collect())
}

/// Instructions that carry these reveals, as few as can be, and how many each carries.
fn carried(
    keys: &Keys,
    auction: &Auction,
    reveals: Vec<Reveal>,
) -> Result<Vec<(usize, Vec<u8>)>, Failure> {
    let mut batches: Vec<(usize, Vec<Reveal>)> = Vec::new();
    for reveal in reveals {
        let size = reveal.sealed_bid.len() + 64;
        match batches.last_mut() {
            Some((bytes, batch))
                if *bytes + size < MAX_INSTRUCTION_BYTES - FRAME && batch.len() < MAX_REVEALS =>
            {
                *bytes += size;
                batch.push(reveal);
            }
            _ => batches.push((size, vec![reveal])),
        }
    }
    let sign = |(_, batch): (usize, Vec<Reveal>)| {
        let count = batch.len();
        bidder::carry(&keys.identity(), auction, batch)
            .map(|instruction| (count, instruction))
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))
    };
    batches.into_iter().map(sign).collect()
}

/// Reveals every bid of the current round that is not revealed: in which entries, and how many in
/// each.
///
/// # Errors
/// `refused`, `board.*`.
pub fn reveal(desk: &mut Desk) -> Result<Vec<(u64, usize)>, Failure> {
    let reveals = to_reveal(desk)?;
    let mut entries = Vec::new();
    for (count, instruction) in carried(&desk.keys, desk.replica.auction(), reveals)? {
        let entry = desk.submit(&instruction)?;
        desk.keep_receipt(entry)?;
        entries.push((entry, count));
    }
    Ok(entries)
}

/// What a bidder hands over to a keyholder, or to any other courier: nothing in it is secret.
#[derive(Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handed {
    /// Signed commits of a later round that the board does not show.
    pub commits: Vec<Vec<u8>>,
    /// Sealed bids that are due.
    pub reveals: Vec<Reveal>,
}

/// Writes what the board should have into a file: what is to be revealed, and in a later round the
/// commits that it does not show.
///
/// # Errors
/// `file.unwritable`.
pub fn hand_over(desk: &Desk, path: &Path) -> Result<Handed, Failure> {
    let auction = desk.replica.auction();
    let bidder = desk.keys.party();
    let round = auction.round();
    let mut handed = Handed { commits: Vec::new(), reveals: to_reveal(desk)? };
    for lot in 0..lots(auction) {
        let is_shown = auction.is_open(&BidId { lot, round, bidder });
        if auction.is_missing(&BidId { lot, round, bidder }) && !is_shown {
            handed.commits.extend(recall(desk, lot, round)?.map(|bid| bid.commit));
        }
    }
    let bytes = borsh::to_vec(&handed).unwrap_or_default();
    files::write(path, &bytes, Readers::Everybody)?;
    Ok(handed)
}

fn lots(auction: &Auction) -> u32 {
    u32::try_from(auction.terms().lots.len()).unwrap_or(u32::MAX)
}

/// Bids, reveals, and stands in every later round in which no better bid was made meanwhile; until
/// there is an outcome. Whatever was done before a restart is not done again.
///
/// # Errors
/// `refused`, `board.*`.
pub fn run(desk: &mut Desk, bids: &[(u32, Rung)]) -> Result<(), Failure> {
    loop {
        desk.replica.advance()?;
        let auction = desk.replica.auction();
        let round = auction.round();
        match auction.phase() {
            Phase::Closed => return Ok(()),
            Phase::Commits if round == 0 => {
                for (lot, rung) in bids {
                    if desk.replica.auction().phase() == Phase::Commits {
                        commit(desk, *lot, *rung)?;
                    }
                }
            }
            Phase::Commits => {
                stand(desk)?;
            }
            Phase::Reveals => {
                reveal(desk)?;
            }
            _ => {}
        }
        std::thread::sleep(crate::party::desk::POLL);
    }
}

/// Commits in the current round what stands from the last one, on every lot that goes on.
///
/// # Errors
/// `refused`, `board.*`.
pub fn stand(desk: &mut Desk) -> Result<Vec<Committed>, Failure> {
    let auction = desk.replica.auction();
    let round = auction.round();
    if round == 0 {
        return Err(Failure::new(Code::NoBid, "in the first round there is nothing to stand by"));
    }
    let undecided = (0..lots(auction)).filter(|lot| auction.ending(*lot).is_none());
    let mut committed = Vec::new();
    for lot in undecided.collect::<Vec<_>>() {
        let Some(standing) = standing(desk, lot)? else { continue };
        let made = recall(desk, lot, round)?;
        let rung = made.map_or(standing.rung(), |bid| bid.secret.rung());
        committed.push(commit(desk, lot, rung)?);
    }
    Ok(committed)
}
