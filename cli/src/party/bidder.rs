//! A bidder: commits, reveals, improves or stands. Whatever it takes to reveal a bid is kept safely
//! before the commit leaves the machine; where it is gone all the same, the key finds it again.

use crate::{
    agent::Agent,
    failure::{Code, Failure},
    files::{self, Readers},
    keys::{Keys, lock_for},
    party::{
        attempts,
        desk::{Desk, POLL, order},
        found,
        handed::Handed,
        left::MAX_LEFT,
        own_bid::{Hidden, Offer, OwnBid, curve_at, curve_commit},
        submission::Insisted,
    },
    say::say,
};
use borsh::{BorshDeserialize, BorshSerialize};
use rand_core::OsRng;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use talea_contract::{Auction, Phase};
use talea_parties::{
    bidder::{self, BidError, BidSecret, Bidder, Place},
    proofs::Unprovable,
    seller,
};
use talea_protocol::{
    bytes::Digest,
    commitment::BidId,
    limits::{MAX_INSTRUCTION_BYTES, MAX_REVEALS},
    price::Level,
    sealed_bid::Reveal,
    terms::Terms,
};
use talea_text::lot;
use zeroize::Zeroizing;

/// The largest bid that is kept: a commit and a sealed bid, encrypted.
const MAX_KEPT: u64 = 4 << 20;
/// Room for the frame of an instruction that carries reveals.
const FRAME: usize = 4_096;
/// By how much a file is longer once it is encrypted, at most: a head, and 16 bytes for every 64 KiB.
const ROOM_TO_LOCK: u64 = 8_192;

/// What is kept of a bid.
#[derive(BorshSerialize, BorshDeserialize)]
struct Kept {
    commit: Vec<u8>,
    reveal: Reveal,
    /// Of a curve nothing: the key reads the steps off its commit.
    secret: Vec<u8>,
}

fn place(state: &Path, lot: u32, round: u32) -> PathBuf {
    state.join(format!("bid-{lot}-{round}.age"))
}

fn keep(keys: &Keys, path: &Path, bid: &OwnBid) -> Result<(), Failure> {
    let secret = match &bid.hidden {
        Hidden::Price(secret) => secret.save().to_vec(),
        Hidden::Curve(_) => Vec::new(),
    };
    let kept = Kept { commit: bid.commit.clone(), reveal: bid.reveal.clone(), secret };
    keys.keep_new(path, &Zeroizing::new(encoded(&kept)?))
}

fn encoded(value: &impl BorshSerialize) -> Result<Vec<u8>, Failure> {
    borsh::to_vec(value).map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

/// The bid of this party on a lot in a round, if it made one: what this machine keeps, or, where it keeps
/// nothing that can be read, what the key finds again in the transcript.
///
/// # Errors
/// `file.unreadable`, `key.other`.
pub fn recall(desk: &Desk, lot: u32, round: u32) -> Result<Option<OwnBid>, Failure> {
    let path = place(&desk.state()?, lot, round);
    let kept = if path.exists() { kept(desk, (lot, round), &path).map(Some) } else { Ok(None) };
    if let Ok(Some(bid)) = kept {
        return Ok(Some(bid));
    }
    let Some(bid) = found::find(desk, lot, round)? else { return kept };
    let why = kept.err().map_or(String::new(), |failure| format!("{}; ", failure.sentence));
    say(&format!(
        "{why}the bid on {} was recovered from the key and the transcript",
        desk.name_of(lot)
    ));
    // It spares the next search. Where nothing can be written, or something lies there, that one is made.
    let _ = keep(&desk.keys, &path, &bid);
    Ok(Some(bid))
}

fn kept(desk: &Desk, (lot, round): (u32, u32), path: &Path) -> Result<OwnBid, Failure> {
    let bytes = desk.keys.recall(path, MAX_KEPT)?;
    let damaged = || Failure::new(Code::FileUnreadable, format!("{} is damaged", path.display()));
    let Kept { commit, reveal, secret } = borsh::from_slice(&bytes).map_err(|_| damaged())?;
    let hidden = match curve_commit(&commit) {
        None => Hidden::Price(BidSecret::resume(&secret).ok_or_else(damaged)?),
        Some(shown) => {
            let identity = desk.keys.identity();
            let place = Place::new(&identity, desk.replica.auction(), (lot, round)).ok();
            Hidden::Curve(place.and_then(|place| curve_at(&place, &shown)).ok_or_else(damaged)?)
        }
    };
    Ok(OwnBid { commit, reveal, hidden })
}

/// What a bid came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The lot.
    pub lot: u32,
    /// The round.
    pub round: u32,
    /// What was bid.
    pub offer: Offer,
    /// Which entry the commit is.
    pub entry: u64,
}

/// What became of several things, one per lot: what was done, and what went wrong first with the others.
#[derive(Debug)]
pub struct Done<T> {
    /// What was done.
    pub done: Vec<T>,
    /// What went wrong first. It kept no other lot from going.
    pub trouble: Option<Failure>,
}

impl<T> Done<T> {
    fn new() -> Self {
        Self { done: Vec::new(), trouble: None }
    }

    /// Takes what came of a lot, or remembers what went wrong.
    fn take<U>(&mut self, outcome: Result<U, Failure>) -> Option<U> {
        match outcome {
            Ok(value) => Some(value),
            Err(failure) => {
                self.trouble.get_or_insert(failure);
                None
            }
        }
    }

    /// All of it, or what went wrong.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn well(&self) -> Result<(), Failure> {
        self.trouble.clone().map_or(Ok(()), Err)
    }
}

/// How a bid is made that is not kept yet.
type Make = fn(&Desk, (u32, u32), &Offer) -> Result<OwnBid, Failure>;

/// Commits bids in the current round: first ones, or ones that are not worse than the last. A bid that
/// was made and kept before is handed in again, and no other one is made. One lot's trouble keeps no
/// other bid from going: `refused`, `board.*`, `bid.none` where there is nothing to improve.
pub fn commit(desk: &mut Desk, bids: &[(u32, Offer)]) -> Done<Committed> {
    commit_all(desk, bids, make)
}

/// Commits the seller's reserves, as [`commit`] does.
pub fn reserve(desk: &mut Desk, bids: &[(u32, Offer)]) -> Done<Committed> {
    commit_all(desk, bids, |desk, (lot, _), offer| {
        let auction = desk.replica.auction();
        let level = price_of(desk, lot, offer)?;
        seller::reserve(&desk.keys.identity(), auction, lot, level, &mut OsRng)
            .map(OwnBid::from)
            .map_err(|error| no_bid(desk, lot, &error))
    })
}

/// The price of an offer that must be one.
fn price_of(desk: &Desk, lot: u32, offer: &Offer) -> Result<Level, Failure> {
    match offer {
        Offer::Price(level) => Ok(*level),
        Offer::Curve(_) => {
            let sentence = format!("a curve cannot be bid here, on {}", desk.name_of(lot));
            Err(Failure::new(Code::CurveForm, sentence).with_help("write LOT=PRICE"))
        }
    }
}

fn commit_all(desk: &mut Desk, bids: &[(u32, Offer)], make: Make) -> Done<Committed> {
    let mut committed = Done::new();
    let round = desk.replica.auction().round();
    let mut scratch = desk.replica.auction().clone();
    let (mut made, mut commits) = (Vec::new(), Vec::new());
    for (lot, offer) in bids {
        let bid = kept_or_made(desk, &mut scratch, (*lot, round), offer, make);
        // It is on its way while the next one is made.
        let handed =
            bid.and_then(|commit| desk.insist(&Digest::of(&[&commit]), &commit).map(|_| commit));
        if let Some(commit) = committed.take(handed) {
            made.push((*lot, offer.clone()));
            commits.push(commit);
        }
    }
    for ((lot, offer), entry) in made.into_iter().zip(desk.submit_all(&commits)) {
        let kept = entry.and_then(|entry| desk.owe_receipt(entry).map(|()| entry));
        if let Some(entry) = committed.take(kept) {
            committed.done.push(Committed { lot, round, offer, entry });
        }
    }
    committed.take(desk.await_receipts());
    committed
}

/// The commit of the bid of this offer that is kept, or of one that is made and kept now. Where two processes
/// of one bidder make one at the same time, both hand in the one that was kept first. `scratch` is the
/// auction as it is once the bids before this one are taken.
fn kept_or_made(
    desk: &Desk,
    scratch: &mut Auction,
    (lot, round): (u32, u32),
    offer: &Offer,
    make: Make,
) -> Result<Vec<u8>, Failure> {
    let slot = scratch.slot();
    let kept = match recall(desk, lot, round)? {
        Some(kept) => {
            // What it takes, the next ones do not have. That it is refused is said when it is handed in.
            let _ = scratch.apply(slot, &kept.commit);
            Some(kept)
        }
        None => {
            let made = make(desk, (lot, round), offer)?;
            // What the rules refuse now, for want of money perhaps, must not block another.
            scratch.apply(slot, &made.commit)?;
            match keep(&desk.keys, &place(&desk.state()?, lot, round), &made) {
                Err(failure) if failure.code == Code::FileExists => recall(desk, lot, round)?,
                kept => kept.map(|()| Some(made))?,
            }
        }
    };
    let kept = kept.filter(|bid| bid.hidden.offer() == *offer).ok_or_else(|| {
        let sentence = format!(
            "this party already made a different bid on {} in round {round}",
            desk.name_of(lot)
        );
        Failure::new(Code::Refused, sentence).with_help(
            "a bidder has one bid per lot and round; the earlier one may still wait in the \
                 inbox",
        )
    })?;
    Ok(kept.commit)
}

/// The bid of this party that stands on a lot. It need not be the last one that it made, which may
/// never have come to the board.
///
/// # Errors
/// As [`recall`].
pub fn active_bid(desk: &Desk, lot: u32) -> Result<Option<Hidden>, Failure> {
    let auction = desk.replica.auction();
    let Some(commitment) = auction.active_commitment(lot, &desk.keys.party()) else {
        return Ok(None);
    };
    for round in (0..=auction.round()).rev() {
        let kept = recall(desk, lot, round)?.filter(|bid| bid.opens(&commitment));
        if let Some(bid) = kept {
            return Ok(Some(bid.hidden));
        }
    }
    Ok(None)
}

/// What this party bid last on a lot, whether it counts or not.
///
/// # Errors
/// As [`recall`].
pub fn last_made(desk: &Desk, lot: u32) -> Result<Option<Offer>, Failure> {
    for round in (0..=desk.replica.auction().round()).rev() {
        if let Some(bid) = recall(desk, lot, round)? {
            return Ok(Some(bid.hidden.offer()));
        }
    }
    Ok(None)
}

fn make(desk: &Desk, (lot, round): (u32, u32), offer: &Offer) -> Result<OwnBid, Failure> {
    let auction = desk.replica.auction();
    let signer = Bidder::new(desk.keys.identity());
    let level = match offer {
        Offer::Price(level) => *level,
        Offer::Curve(steps) => {
            let made = signer.commit_curve(auction, lot, steps.side, &steps.steps, &mut OsRng);
            let made = made.map_err(|error| no_bid(desk, lot, &error))?;
            return Ok(OwnBid::of_curve(made, steps.clone()));
        }
    };
    let made = match round.checked_sub(1) {
        None => signer.commit(auction, lot, level, &mut OsRng),
        Some(_) => match active_bid(desk, lot)? {
            Some(Hidden::Price(active)) => signer.improve(auction, lot, level, &active, &mut OsRng),
            Some(Hidden::Curve(_)) | None => {
                let sentence = format!("this party has no active bid on {}", desk.name_of(lot));
                return Err(Failure::new(Code::NoBid, sentence)
                    .with_help("in later rounds only active bids can be repeated or improved"));
            }
        },
    };
    made.map(OwnBid::from).map_err(|error| no_bid(desk, lot, &error))
}

fn no_bid(desk: &Desk, lot: u32, error: &BidError) -> Failure {
    let sentence = match (error, desk.line(lot)) {
        (BidError::Unprovable(Unprovable::Worse { level, active }), Some(line)) => {
            let [price, active] = [level, active].map(|level| lot::price(line, Level(*level)));
            format!("{}: {price} is worse than the active bid, {active}", line.identifier)
        }
        _ => error.to_string(),
    };
    Failure::new(Code::Price, sentence)
}

/// The lots on which this party's bid stands and nothing was committed in this round.
#[must_use]
pub fn not_bid_again(desk: &Desk) -> Vec<String> {
    lacking_commits(desk).map(|lot| desk.name_of(lot)).collect()
}

/// The lots on which a bid of this party stands, and nothing was committed in the current round.
fn lacking_commits(desk: &Desk) -> impl Iterator<Item = u32> {
    let auction = desk.replica.auction();
    let (round, bidder) = (auction.round(), desk.keys.party());
    (0..lots(auction)).filter(move |lot| auction.lacks_commit(&BidId { lot: *lot, round, bidder }))
}

/// What this party has to reveal in the current round: of every lot of which it can be read. `bid.elsewhere`
/// if there is nothing to be read of some.
pub fn to_reveal(desk: &Desk) -> Done<Reveal> {
    let mut found = Done::new();
    let mut elsewhere = Vec::new();
    let auction = desk.replica.auction();
    let (round, bidder) = (auction.round(), desk.keys.party());
    for lot in (0..lots(auction)).filter(|lot| auction.is_open(&BidId { lot: *lot, round, bidder }))
    {
        match found.take(recall(desk, lot, round)) {
            Some(Some(bid)) => found.done.push(bid.reveal),
            Some(None) => elsewhere.push(desk.name_of(lot)),
            None => {}
        }
    }
    if !elsewhere.is_empty() {
        found.take(Err::<(), _>(lies_elsewhere(desk, &elsewhere)));
    }
    found
}

/// What is lost besides a bid that does not count, as the end of a sentence; nothing where nothing is at stake.
#[must_use]
pub fn and_its_deposit(terms: &Terms) -> String {
    match terms.stakes.deposit {
        0 => String::new(),
        deposit => format!(", and its deposit of {deposit} is lost"),
    }
}

fn lies_elsewhere(desk: &Desk, lots: &[String]) -> Failure {
    let state = match desk.state() {
        Ok(state) => state.display().to_string(),
        Err(failure) => return failure,
    };
    let lots = lots.join(", ");
    let sentence = format!(
        "bids of this party are due to be revealed, and neither the key nor {state} holds their \
         secrets, on: {lots}"
    );
    Failure::new(Code::BidElsewhere, sentence).with_help(format!(
        "another program or version made them: reveal them with that one, or copy the folder from the \
         machine where they were made. A bid that is not revealed does not count{}",
        and_its_deposit(desk.replica.auction().terms())
    ))
}

/// Whether the board shows a commit of this party in the current round.
pub fn has_committed(desk: &Desk) -> bool {
    let auction = desk.replica.auction();
    let (round, bidder) = (auction.round(), desk.keys.party());
    (0..lots(auction)).any(|lot| desk.replica.seal_of(&BidId { lot, round, bidder }).is_some())
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

/// Reveals on their way, until every one is revealed, by whomever.
struct Revealing {
    round: u32,
    /// What this party keeps of the round's bids.
    kept: Vec<Reveal>,
    batches: Vec<Batch>,
}

/// Reveals in one instruction.
struct Batch {
    id: Digest,
    instruction: Vec<u8>,
    bids: Vec<BidId>,
}

impl Revealing {
    /// What is to be revealed now, and what cannot be read of it.
    fn begin(desk: &Desk) -> (Self, Option<Failure>) {
        let Done { done, trouble } = to_reveal(desk);
        let round = desk.replica.auction().round();
        (Self { round, kept: done, batches: Vec::new() }, trouble)
    }

    /// How many are not revealed.
    fn left(&self, auction: &Auction) -> usize {
        self.kept.iter().filter(|reveal| auction.is_open(&reveal.bid)).count()
    }

    /// Hands in what is not revealed, unless that was done a while ago only; which instructions were accepted
    /// now, and how many reveals each carries.
    fn look(&mut self, desk: &mut Desk) -> Done<(u64, usize)> {
        let mut stand = Done::new();
        let auction = desk.replica.auction();
        let mut on_the_way = BTreeSet::new();
        let mut batches = Vec::new();
        for batch in std::mem::take(&mut self.batches) {
            if let Some(entry) = desk.replica.entry_of(&batch.id) {
                stand.done.push((entry, batch.bids.len()));
            } else if batch.bids.iter().any(|bid| auction.is_open(bid)) {
                // What somebody else revealed of it passes R1 and is left as it is.
                on_the_way.extend(batch.bids.iter().copied());
                batches.push(batch);
            }
        }
        if auction.phase() == Phase::Reveals && auction.round() == self.round {
            let is_left = |reveal: &&Reveal| {
                auction.is_open(&reveal.bid) && !on_the_way.contains(&reveal.bid)
            };
            let left = self.kept.iter().filter(is_left).cloned().collect();
            let made = stand.take(carried(&desk.keys, auction, left));
            batches.extend(made.into_iter().flatten());
            for batch in &batches {
                stand.take(desk.insist(&batch.id, &batch.instruction));
            }
        }
        self.batches = batches;
        stand
    }
}

/// Instructions that carry these reveals, as few as can be.
fn carried(keys: &Keys, auction: &Auction, reveals: Vec<Reveal>) -> Result<Vec<Batch>, Failure> {
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
        let bids = batch.iter().map(|reveal| reveal.bid).collect();
        let instruction = bidder::carry(&keys.identity(), auction, batch);
        let instruction =
            instruction.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        Ok(Batch { id: Digest::of(&[&instruction]), instruction, bids })
    };
    batches.into_iter().map(sign).collect()
}

/// Reveals every bid of the current round that is not revealed: in which entries, and how many in
/// each. What is refused or dropped is handed in again, while
/// the board takes anything of it within this party's patience: `refused`, `board.*`.
pub fn reveal(desk: &mut Desk) -> Done<(u64, usize)> {
    let mut revealed = Done::new();
    let (mut revealing, trouble) = Revealing::begin(desk);
    let mut progress = (revealing.kept.len(), Instant::now());
    loop {
        if revealed.take(desk.advance()).is_none() {
            break;
        }
        let Done { done, trouble } = revealing.look(desk);
        for (entry, count) in done {
            revealed.take(desk.owe_receipt(entry));
            revealed.done.push((entry, count));
        }
        let auction = desk.replica.auction();
        let left = revealing.left(auction);
        let is_due = auction.phase() == Phase::Reveals && auction.round() == revealing.round;
        if left < progress.0 {
            progress = (left, Instant::now());
        }
        if left == 0 || trouble.is_some() {
            revealed.trouble = revealed.trouble.or(trouble);
            break;
        }
        if !is_due {
            let sentence = format!("the reveals are over, and {left} bids are not revealed");
            let failure = Failure::new(Code::Refused, sentence).with_help(
                "keyholders who received them in time can attest them; talea status shows what comes \
                 next",
            );
            revealed.trouble.get_or_insert(failure);
            break;
        }
        if progress.1.elapsed() > desk.patience {
            let said = revealing.batches.iter().find_map(|batch| desk.refusal(&batch.id));
            revealed.trouble.get_or_insert(desk.silent(said.as_ref()));
            break;
        }
        std::thread::sleep(POLL);
    }
    revealed.take(desk.await_receipts());
    revealed.trouble = revealed.trouble.or(trouble);
    revealed
}

/// Writes what the board should have into a file: what is to be revealed once the reveals have begun, and
/// while the commits of a later round are due those that it does not show, and nothing else. A board that
/// drops one commit must not get to see the other bids for it. What does not fit into one file goes
/// into more beside it, `FILE-2` and so on; which they are.
///
/// # Errors
/// `not-yet` if no sealed bid may leave and no commit is missing; `file.unwritable`. What is not in
/// the file, for it cannot be read, stands beside it.
pub fn hand_over(
    desk: &Desk,
    path: &Path,
) -> Result<(Handed, Vec<PathBuf>, Option<Failure>), Failure> {
    let auction = desk.replica.auction();
    let (round, phase) = (auction.round(), auction.phase());
    let mut commits = Done::new();
    let mut reveals = Done::new();
    if phase == Phase::Reveals {
        reveals = to_reveal(desk);
    }
    if phase == Phase::Commits {
        for lot in lacking_commits(desk) {
            let bid = commits.take(recall(desk, lot, round)).flatten();
            commits.done.extend(bid.map(|bid| bid.commit));
        }
    }
    let handed = Handed { commits: commits.done, reveals: reveals.done };
    let trouble = commits.trouble.or(reveals.trouble);
    // Also if there is nothing in it: then no older file stays in its place.
    let files = write_parts(path, handed.clone().in_parts(MAX_LEFT), Ok)?;
    if order(phase) < order(Phase::Reveals) && handed.commits.is_empty() && trouble.is_none() {
        let sentence = format!(
            "the auction is in the phase {}: sealed bids are not written before the reveals begin, and \
             no commit of an active bid is missing",
            phase.name()
        );
        return Err(Failure::new(Code::NotYet, sentence).with_help("--wait waits until then"));
    }
    Ok((handed, files, trouble))
}

/// Writes parts into a file, and more beside it; which they are.
fn write_parts(
    path: &Path,
    parts: Vec<Handed>,
    lock: impl Fn(Vec<u8>) -> Result<Vec<u8>, Failure>,
) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for (part, number) in parts.into_iter().zip(1u32..) {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let path = path.with_file_name(name);
        files::write(&path, &lock(encoded(&part)?)?, Readers::Everybody)?;
        files.push(path);
    }
    Ok(files)
}

/// Writes the sealed bids of these commits into a file, for an agent alone to read, and to hand in once the
/// reveals have begun. What does not fit into one file goes into more beside it; which they are.
///
/// # Errors
/// `bid.elsewhere` if a bid cannot be read; `name.malformed`, `file.unwritable`.
pub fn leave(
    desk: &Desk,
    committed: &[Committed],
    agent: &Agent,
    path: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let mut handed = Handed::default();
    for Committed { lot, round, .. } in committed {
        let bid = recall(desk, *lot, *round)?;
        let bid = bid.ok_or_else(|| lies_elsewhere(desk, &[desk.name_of(*lot)]))?;
        handed.reveals.push(bid.reveal);
    }
    // Encrypted it is a little longer.
    let parts = handed.in_parts(MAX_LEFT - ROOM_TO_LOCK);
    write_parts(path, parts, |bytes| lock_for(&agent.recipient, &bytes))
}

fn lots(auction: &Auction) -> u32 {
    u32::try_from(auction.terms().lots.len()).unwrap_or(u32::MAX)
}

/// Commits in the current round what stands from the last one, on every lot that goes on.
///
/// # Errors
/// `bid.none` in the first round. Of each lot: as [`commit`].
pub fn stand(desk: &mut Desk) -> Result<Done<Committed>, Failure> {
    if desk.replica.auction().round() == 0 {
        return Err(Failure::new(
            Code::NoBid,
            "this is the first round, and only a bid of an earlier \
             round can be repeated",
        )
        .with_help("talea bid makes a bid in the first round"));
    }
    let mut bids = Done::new();
    for lot in active_on(desk) {
        let offer = bids.take(offer_to_stand(desk, lot)).flatten();
        bids.done.extend(offer.map(|offer| (lot, offer)));
    }
    let mut committed = commit(desk, &bids.done);
    committed.trouble = bids.trouble.or(committed.trouble);
    Ok(committed)
}

/// The undecided lots on which a bid of this party stands.
fn active_on(desk: &Desk) -> Vec<u32> {
    let (auction, bidder) = (desk.replica.auction(), desk.keys.party());
    let stands = |lot: &u32| {
        auction.ending(*lot).is_none() && auction.active_commitment(*lot, &bidder).is_some()
    };
    (0..lots(auction)).filter(stands).collect()
}

/// What this party bids on a lot if it stands: what it made in this round already, or what stands.
fn offer_to_stand(desk: &Desk, lot: u32) -> Result<Option<Offer>, Failure> {
    let Some(active) = active_bid(desk, lot)? else { return Ok(None) };
    let made = recall(desk, lot, desk.replica.auction().round())?;
    Ok(Some(made.map_or(active, |bid| bid.hidden).offer()))
}

/// Bids, reveals, and stands in every later round in which no better bid was made meanwhile; until
/// there is an outcome. Whatever was done before a restart is not done again. No refusal and no silence
/// ends it: it says so, once, and goes on.
///
/// # Errors
/// `board.*` of a transcript that breaks the rules or is another one; `file.*` and `key.*` where
/// what it keeps cannot be written, at once, or read, at the end.
pub fn run(desk: &mut Desk, bids: &[(u32, Offer)]) -> Result<(), Failure> {
    let mut work = Work::default();
    loop {
        desk.advance()?;
        let auction = desk.replica.auction();
        let round = auction.round();
        if work.round != round {
            work = Work { round, troubles: work.troubles, ..Work::default() };
        }
        match auction.phase() {
            Phase::Closed => return work.troubles.end(),
            Phase::Commits => work.commit(desk, bids)?,
            Phase::Reveals => work.reveal(desk)?,
            _ => {}
        }
        desk.keep_receipts()?;
        std::thread::sleep(POLL);
    }
}

/// What a bidder that runs by itself has to do in a round.
#[derive(Default)]
struct Work {
    round: u32,
    commits: BTreeMap<u32, OneCommit>,
    revealing: Option<Revealing>,
    troubles: Troubles,
}

/// The commit on one lot.
enum OneCommit {
    /// It is made, and not in the transcript.
    Made { id: Digest, commit: Vec<u8> },
    /// It was accepted.
    Stands,
    /// It cannot be made so far.
    Later { at: Instant, wait: Duration },
}

/// What went wrong.
#[derive(Default)]
struct Troubles {
    /// What was kept and cannot be read: the others go on, and it is what the process ends with.
    unreadable: Option<Failure>,
}

impl Troubles {
    /// Says what went wrong, once, unless there is no going on.
    fn take(&mut self, desk: &mut Desk, failure: Failure) -> Result<(), Failure> {
        match failure.code {
            Code::BoardRewritten | Code::BoardInvalid | Code::BoardForked | Code::BoardFolder => {
                return Err(failure);
            }
            Code::FileUnreadable | Code::FileTooLarge | Code::KeyOther => {
                self.unreadable.get_or_insert_with(|| failure.clone());
            }
            _ => {}
        }
        desk.warn(&failure);
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        self.unreadable.map_or(Ok(()), Err)
    }
}

impl Work {
    fn commit(&mut self, desk: &mut Desk, bids: &[(u32, Offer)]) -> Result<(), Failure> {
        let (now, mut scratch) = (Instant::now(), None);
        let lots: Vec<(u32, Option<&Offer>)> = match self.round {
            0 => bids.iter().map(|(lot, offer)| (*lot, Some(offer))).collect(),
            _ => active_on(desk).into_iter().map(|lot| (lot, None)).collect(),
        };
        let mut unkept = None;
        for (lot, offer) in lots {
            let is_to_make = match self.commits.get(&lot) {
                Some(OneCommit::Later { at, .. }) => *at <= now,
                Some(OneCommit::Made { .. } | OneCommit::Stands) => false,
                None => true,
            };
            if is_to_make {
                let scratch =
                    scratch.get_or_insert_with(|| self.as_if_accepted(desk.replica.auction()));
                match made(desk, scratch, (lot, self.round), offer) {
                    Ok(Some(commit)) => {
                        let id = Digest::of(&[&commit]);
                        self.commits.insert(lot, OneCommit::Made { id, commit });
                    }
                    Ok(None) => drop(self.commits.insert(lot, OneCommit::Stands)),
                    Err(failure) => {
                        let wait = match self.commits.get(&lot) {
                            Some(OneCommit::Later { wait, .. }) => {
                                (*wait * 2).min(attempts::LONGEST)
                            }
                            _ => Duration::from_secs(1),
                        };
                        self.commits.insert(lot, OneCommit::Later { at: now + wait, wait });
                        if failure.code == Code::FileUnwritable {
                            // It is this party's own disk; the others are seen to first.
                            unkept.get_or_insert(failure);
                        } else {
                            self.troubles.take(desk, failure)?;
                        }
                    }
                }
            }
            let Some(OneCommit::Made { id, commit }) = self.commits.get(&lot) else { continue };
            match desk.insist(id, commit) {
                Ok(Insisted::Stands(entry)) => {
                    self.commits.insert(lot, OneCommit::Stands);
                    if let Err(failure) = desk.owe_receipt(entry) {
                        unkept.get_or_insert(failure);
                    }
                }
                Ok(Insisted::Waits | Insisted::HandedIn) => {
                    self.troubles.report_refusal(desk, *id)?
                }
                Err(failure) => self.troubles.take(desk, failure)?,
            }
        }
        unkept.map_or(Ok(()), Err)
    }

    /// The auction as it is once the commits that are on their way are taken: what they take of this
    /// party's money, no other bid has.
    fn as_if_accepted(&self, auction: &Auction) -> Auction {
        let mut scratch = auction.clone();
        for commit in self.commits.values() {
            if let OneCommit::Made { commit, .. } = commit {
                // What is refused is not in the way.
                let _ = scratch.apply(auction.slot(), commit);
            }
        }
        scratch
    }

    fn reveal(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        if self.revealing.is_none() {
            let (revealing, trouble) = Revealing::begin(desk);
            self.revealing = Some(revealing);
            trouble.map_or(Ok(()), |failure| self.troubles.take(desk, failure))?;
        }
        let Some(revealing) = &mut self.revealing else { return Ok(()) };
        let Done { done, trouble } = revealing.look(desk);
        let owed = done.into_iter().map(|(entry, _)| desk.owe_receipt(entry));
        owed.collect::<Result<(), Failure>>()?;
        trouble.map_or(Ok(()), |failure| self.troubles.take(desk, failure))?;
        let ids: Vec<Digest> = revealing.batches.iter().map(|batch| batch.id).collect();
        ids.into_iter().try_for_each(|id| self.troubles.report_refusal(desk, id))
    }
}

impl Troubles {
    /// Says what a refusal of something says that was not accepted; or that nothing came of it for as long as
    /// this party is patient.
    fn report_refusal(&mut self, desk: &mut Desk, id: Digest) -> Result<(), Failure> {
        if let Some(said) = desk.refusal(&id) {
            // Once for each, however often and in whatever words: anybody may have written it.
            let sentence = format!("the board refused it ({}: {})", said.check, said.sentence);
            desk.warn_once(id, &sentence);
        }
        let is_late = desk.attempts.first(&id).is_some_and(|first| first.elapsed() > desk.patience);
        if is_late { self.take(desk, desk.silent(None)) } else { Ok(()) }
    }
}

/// The commit that this party makes on a lot in this round, or made; nothing if it stands by nothing.
fn made(
    desk: &Desk,
    scratch: &mut Auction,
    (lot, round): (u32, u32),
    offer: Option<&Offer>,
) -> Result<Option<Vec<u8>>, Failure> {
    let offer = match offer {
        Some(offer) => Some(offer.clone()),
        None => offer_to_stand(desk, lot)?,
    };
    offer.map(|offer| kept_or_made(desk, scratch, (lot, round), &offer, make)).transpose()
}
