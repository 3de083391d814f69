//! The bids of a lot: committed, then revealed still encrypted. Sections 8 and 9 of `docs/spec.md`.

use crate::{
    ahead::Verified,
    curve,
    fiat_shamir::Context,
    first_digits::FirstDigits,
    group::decode_point,
    proofs::{range, unary},
    ranked_bids::{RankedBid, RankedBids},
    refusal::{Fault, Refusal, require, require_digest},
    setting::Setting,
    store::{Home, Kind, Map, Set, records},
    unary_encoding::{EncodingId, Encodings},
};
use alloc::{collections::BTreeSet, sync::Arc, vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    check::Check,
    commitment::{BidId, Commit, CurveCommit, RangeProof, TradeSide, seal},
    labels,
    price::Shape,
    sealed_bid::{
        Ciphertext as WireCiphertext, Contribution, Reveal, SealedBid, split_contribution,
    },
    terms::{Admission, AuctionId, Disclosure, Lot, Ties},
};

/// A bid whose commit was accepted.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct CommittedBid {
    pub(crate) bidder: PartyKey,
    /// The round of its last commit.
    pub(crate) round: u32,
    /// Of a curve that of its first step.
    pub(crate) commitment: Point,
    /// Where the bid is a curve.
    pub(crate) curve: Option<CommittedCurve>,
    pub(crate) seal: Digest,
    pub(crate) state: BidState,
    /// What its bidder revealed in round 0 for a lottery, if there is one.
    contribution: Option<Contribution>,
    /// The active bid of the rounds before, while this round's update is pending.
    active: Option<ActiveBid>,
    /// Whether an update of the active bid was once missing or invalid.
    pub(crate) is_in_default: bool,
}

/// What a curve's commit said of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct CommittedCurve {
    pub(crate) side: TradeSide,
    /// Per step; 0 where they are sealed.
    pub(crate) quantities: Vec<u32>,
    /// Per step.
    commitments: Vec<Point>,
}

/// The active bid of a bidder, until an update replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct ActiveBid {
    commitment: Point,
    unary: EncodingId,
}

/// The state of a committed bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum BidState {
    /// Not revealed.
    Open,
    /// Revealed, and its argument holds: it takes part in the ranking.
    Ranked(EncodingId),
    /// Revealed, but its bytes fail R3, R4 or R5.
    Invalid,
    /// Not revealed in time.
    Lapsed {
        /// Whether keyholders attest that its bidder tried.
        is_attested: bool,
    },
}

impl BidState {
    fn unary(&self) -> Option<EncodingId> {
        match self {
            Self::Ranked(unary) => Some(*unary),
            Self::Open | Self::Invalid | Self::Lapsed { .. } => None,
        }
    }
}

/// Where a bid stands among those of its lot: as many were committed before it. A reserve stands after all that
/// there may be.
type Place = u32;
const RESERVE: Place = u32::MAX;

/// The commits of every lot, in the order of acceptance, and the seller's reserves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bids {
    by_place: Map<(u32, Place), CommittedBid>,
    /// Where a bidder's bid stands.
    places: Map<(u32, PartyKey), Place>,
    /// Commits so far.
    counts: Map<u32, u32>,
    pub(crate) encodings: Encodings,
    pub(crate) first_digits: FirstDigits,
    pub(crate) ranking: RankedBids,
}

records!(Bids { by_place, places, counts, encodings, first_digits, ranking });

/// Commitments and randomness seen before on the whole board. They are recorded only after the proof that
/// comes with them, bound to its bidder, has verified: otherwise anybody could block a bidder by copying its bid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) commitments: Set<Point>,
    /// Of every bid that is or was ranked, by instruction.
    randomness: Map<u32, Vec<Randomness>>,
}

records!(Seen { commitments, randomness });

/// The randomness of a unary encoding: the beginning of every `R`. Nobody finds two points that begin alike, so
/// whatever does is repeated.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Randomness {
    of: EncodingId,
    beginnings: Vec<Beginning>,
}

/// Sixteen bytes of a point: two that are alike cost 2^64 to find. Four would cost seconds, and each such bid would make
/// everybody pay for reading it whole.
type Beginning = [u8; 16];

/// What is sorted first, for it is short.
fn tag([a, b, c, d, ..]: &Beginning) -> u32 {
    u32::from_le_bytes([*a, *b, *c, *d])
}

/// Which of these places have something in common with another, or twice.
fn alike<T: Ord>(mut marks: Vec<(T, u32)>) -> Vec<u32> {
    marks.sort_unstable();
    let neighbours = marks.iter().zip(marks.iter().skip(1));
    let alike = neighbours.filter(|(one, other)| one.0 == other.0);
    let mut places: Vec<u32> = alike.flat_map(|(one, other)| [one.1, other.1]).collect();
    places.sort_unstable();
    places.dedup();
    places
}

impl Randomness {
    fn new(of: EncodingId, entries: &[WireCiphertext]) -> Self {
        // The first and the last bits of an encoding are not free.
        let beginning = |entry: &WireCiphertext| {
            let mut beginning = Beginning::default();
            beginning.iter_mut().zip(entry.r.0.iter().skip(1)).for_each(|(to, from)| *to = *from);
            beginning
        };
        Self { of, beginnings: entries.iter().map(beginning).collect() }
    }
}

impl Seen {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self {
            commitments: Set::new(Kind::Commitment, home),
            randomness: Map::new(Kind::Randomness, home),
        }
    }

    /// R5: what repeats randomness of its own, or of what an instruction before it or a bid before it in the same
    /// instruction revealed; it is forgotten. There were so many `reveals`, of which each has its record.
    ///
    /// Nothing depends on it before reveals close. Asked then, it takes a home one record for each instruction, and
    /// not one for each entry of each bid.
    pub(crate) fn take_repeated(&mut self, reveals: u32, encodings: &Encodings) -> Vec<EncodingId> {
        let records: Vec<_> = (0..reveals).filter_map(|at| self.randomness.expect(&at)).collect();
        let bids: Vec<(u32, &Randomness)> = (0u32..)
            .zip(&records)
            .flat_map(|(at, all)| all.iter().map(move |bid| (at, bid)))
            .collect();
        // Of every entry of every bid: no more than that is held.
        let entries = bids.iter().map(|(_, bid)| bid.beginnings.len()).sum();
        let mut tags: Vec<(u32, u32)> = Vec::with_capacity(entries);
        for ((_, bid), place) in bids.iter().zip(0u32..) {
            tags.extend(bid.beginnings.iter().map(|beginning| (tag(beginning), place)));
        }
        let of = |place: &u32| bids.get(usize::try_from(*place).ok()?);
        let like_tags = alike(tags);
        let like = like_tags.iter().filter_map(|place| Some((place, of(place)?)));
        let beginnings =
            like.flat_map(|(place, (_, bid))| bid.beginnings.iter().map(move |b| (*b, *place)));
        let alike = alike(beginnings.collect());
        let mut seen = BTreeSet::new();
        let mut repeated = Vec::new();
        for (at, Randomness { of, beginnings }) in alike.iter().filter_map(of) {
            let own = encodings.randomness(*of, beginnings.len());
            let fresh = own.iter().take_while(|randomness| seen.insert(randomness.0)).count();
            if fresh < own.len() {
                for randomness in own.iter().take(fresh) {
                    seen.remove(&randomness.0);
                }
                repeated.push((*at, *of));
            }
        }
        for (at, repeated) in &repeated {
            self.randomness.change(at, |bids| bids.retain(|bid| bid.of != *repeated));
        }
        repeated.into_iter().map(|(_, of)| of).collect()
    }
}

impl Bids {
    /// Of so many lots.
    pub(crate) fn open(lots: u32) -> Self {
        let mut bids = Self::resume(None);
        (0..lots).for_each(|lot| bids.counts.put(lot, 0));
        bids
    }

    pub(crate) fn resume(home: Option<&Arc<Home>>) -> Self {
        Self {
            by_place: Map::new(Kind::Bid, home),
            places: Map::new(Kind::Place, home),
            counts: Map::new(Kind::BidCount, home),
            encodings: Encodings::new(home),
            first_digits: FirstDigits::new(home),
            ranking: RankedBids::new(home),
        }
    }

    /// Commits so far on a lot.
    pub(crate) fn count(&self, lot: u32) -> u32 {
        self.counts.expect(&lot).map_or(0, |count| *count)
    }

    pub(crate) fn in_order(&self, lot: u32) -> impl Iterator<Item = Arc<CommittedBid>> {
        (0..self.count(lot)).filter_map(move |place| self.by_place.expect(&(lot, place)))
    }

    /// The seller's reserve for a lot, once committed.
    pub(crate) fn reserve(&self, lot: u32) -> Option<Arc<CommittedBid>> {
        self.by_place.get(&(lot, RESERVE))
    }

    /// The unary encoding of a reserve that binds.
    pub(crate) fn binding_reserve(&self, lot: u32) -> Option<EncodingId> {
        self.reserve(lot)?.state.unary()
    }

    pub(crate) fn of_bidder(&self, lot: u32, bidder: PartyKey) -> Option<Arc<CommittedBid>> {
        let place = self.places.get(&(lot, bidder))?;
        self.by_place.expect(&(lot, *place))
    }

    /// Where what this party committed stands: a bid, or of the seller its reserve.
    fn place_of(&self, lot: u32, party: PartyKey) -> Option<Place> {
        let place = self.places.get(&(lot, party)).map(|place| *place);
        place.or_else(|| (self.reserve(lot)?.bidder == party).then_some(RESERVE))
    }

    /// What this party committed to a lot: a bid, or the seller its reserve.
    pub(crate) fn of(&self, lot: u32, party: PartyKey) -> Option<Arc<CommittedBid>> {
        self.by_place.expect(&(lot, self.place_of(lot, party)?))
    }

    /// The commitment of this bidder's active bid, also while an update is pending.
    pub(crate) fn active_commitment(&self, lot: u32, bidder: PartyKey) -> Option<Point> {
        let bid = self.of_bidder(lot, bidder)?;
        let active = bid.active.as_ref().map(|active| active.commitment);
        active.or(bid.state.unary().map(|_| bid.commitment))
    }

    /// The round in which this bidder's active bid was revealed.
    pub(crate) fn active_round(&self, lot: u32, bidder: PartyKey) -> Option<u32> {
        let bid = self.of_bidder(lot, bidder)?;
        let active = bid.active.as_ref().map(|active| active.unary);
        active.or(bid.state.unary()).map(|unary| unary.round)
    }

    /// Whether this bidder's commit of this round is open.
    pub(crate) fn is_open(&self, bid: &BidId) -> bool {
        let of = self.of(bid.lot, bid.bidder);
        of.is_some_and(|of| of.state == BidState::Open && of.round == bid.round)
    }

    /// Whether keyholders may attest that this bidder tried to bid in this round: its commit is open,
    /// or in a later round there is none although it has an active bid.
    pub(crate) fn is_missing(&self, bid: &BidId) -> bool {
        let stands = || {
            let of = self.of_bidder(bid.lot, bid.bidder);
            of.is_some_and(|of| of.round < bid.round && of.state.unary().is_some())
        };
        self.is_open(bid) || stands()
    }

    /// The bids that take part in the ranking, in commit order.
    pub(crate) fn ranked(&self, lot: u32) -> impl Iterator<Item = (Arc<CommittedBid>, EncodingId)> {
        self.in_order(lot).filter_map(|bid| {
            let unary = bid.state.unary()?;
            Some((bid, unary))
        })
    }

    /// The bids that take part, of curves their steps, in the order in which ties are broken. The same in every round: who
    /// is ranked in the first one stays, and a lottery draws from its contributions.
    pub(crate) fn in_tie_order(&self, setting: &Setting, lot: u32) -> Vec<RankedBid> {
        let mut bids: Vec<RankedBid> =
            self.ranked(lot).flat_map(|(bid, unary)| steps_of(&bid, unary)).collect();
        if setting.terms.ties == Ties::Lottery {
            let contributions: Vec<_> = self
                .ranked(lot)
                .filter_map(|(bid, _)| Some((bid.bidder, bid.contribution?)))
                .collect();
            let seed = lottery_seed(&setting.auction, lot, &contributions);
            bids.sort_by_cached_key(|bid| lottery_draw(&seed, &bid.bidder));
        }
        bids
    }

    /// Checks C9 and C2 to C8 of a commit; the result is for [`keep`](Self::keep). `has_stake` checks C5, in its place,
    /// given the number of commits on the lot.
    pub(crate) fn check(
        &self,
        ground: &Ground<'_>,
        (lot, bidder): (&Lot, PartyKey),
        commit: &Commit,
        has_stake: impl FnOnce(u64) -> Result<(), Refusal>,
    ) -> Result<CommittedBid, Refusal> {
        form(ground.setting.terms.mechanism.curve().is_none())?;
        let active = self.admit(ground, (commit.lot, commit.round), bidder, has_stake)?;
        let commitment = active.as_ref().map(|active| &active.commitment);
        let verified = verified(ground, (lot, bidder), commit, commitment)?;
        Ok(CommittedBid { active, ..verified })
    }

    /// The same of a curve's commit.
    pub(crate) fn check_curve(
        &self,
        ground: &Ground<'_>,
        (lot, bidder): (&Lot, PartyKey),
        commit: &CurveCommit,
        has_stake: impl FnOnce(u64) -> Result<(), Refusal>,
    ) -> Result<CommittedBid, Refusal> {
        let CurveCommit { side, ref steps, .. } = *commit;
        let mechanism = ground.setting.terms.mechanism;
        let quantities: Vec<u32> = steps.iter().map(|step| step.quantity).collect();
        form(curve::has_form(mechanism, &lot.grid, side, &quantities))?;
        self.admit(ground, (commit.lot, commit.round), bidder, has_stake)?;
        let levels = curve::levels(mechanism, &lot.grid);
        let mut seen = BTreeSet::new();
        let mut commitments = Vec::with_capacity(steps.len());
        for (number, step) in (0u32..).zip(steps.iter()) {
            let place = (commit.lot, commit.round, number);
            let proved =
                Proved { commitment: step.commitment, active: None, proof: &step.range_proof };
            let claim = claim(ground, (levels, bidder), place, proved);
            let fails = |fault| Fault::Proof { culprit: bidder, fault }.fails(Check::CommitRange);
            range::verify(&ground.setting.generators, claim).map_err(fails)?;
            commitments.push(step.commitment);
        }
        for commitment in &commitments {
            let fresh = seen.insert(commitment.0) && !ground.seen.commitments.has(commitment);
            require(fresh, Check::CommitDistinct, MADE_TWICE)?;
        }
        let first = commitments.first().copied().ok_or(NO_FORM.fails(Check::CommitForm))?;
        let bid = CommittedBid::new(bidder, commit.round, first, commit.seal);
        Ok(CommittedBid { curve: Some(CommittedCurve { side, quantities, commitments }), ..bid })
    }

    /// What a commit claims, as [`check`](Self::check) will verify it; nothing if it is refused before that.
    pub(crate) fn claim<'a>(
        &self,
        ground: &Ground<'_>,
        (lot, bidder): (&Lot, PartyKey),
        commit: &'a Commit,
        has_stake: impl FnOnce(u64) -> Result<(), Refusal>,
    ) -> Option<range::Claim<'a>> {
        form(ground.setting.terms.mechanism.curve().is_none()).ok()?;
        let place = (commit.lot, commit.round);
        let active = self.admit(ground, place, bidder, has_stake).ok()?;
        let active = active.as_ref().map(|active| &active.commitment);
        Some(claim_of(ground, (lot, bidder), commit, active))
    }

    /// Everything of [`check`](Self::check) that comes before the proof. The active bid, if this updates one.
    fn admit(
        &self,
        ground: &Ground<'_>,
        (lot, round): (u32, u32),
        bidder: PartyKey,
        has_stake: impl FnOnce(u64) -> Result<(), Refusal>,
    ) -> Result<Option<ActiveBid>, Refusal> {
        let terms = &ground.setting.terms;
        let barred = [Some(terms.seller), Some(terms.custodian), terms.stakes.beneficiary];
        let listed = match &terms.admission {
            Admission::Open => true,
            Admission::Listed(keys) => keys.binary_search(&bidder).is_ok(),
        };
        let role = Fault::WrongRole { signer: bidder, needed: "an admitted bidder" };
        require(!barred.contains(&Some(bidder)) && listed, Check::CommitAdmission, role)?;
        let already = Fault::Already { what: "the bidder committed to this lot" };
        let before = self.of_bidder(lot, bidder);
        let is_first = before.as_ref().is_none_or(|bid| bid.round != round);
        require(is_first, Check::CommitOnce, already)?;
        if round > 0 {
            let none = Fault::Unknown { what: "active bid of this bidder" };
            let active = before.and_then(|bid| {
                Some(ActiveBid { commitment: bid.commitment, unary: bid.state.unary()? })
            });
            return active.ok_or(none.fails(Check::CommitActive)).map(Some);
        }
        let count = self.count(lot);
        let full = Fault::Already { what: "the lot has all the bids that it takes" };
        require(count < terms.max_bids_per_lot, Check::CommitRoom, full)?;
        has_stake(count.into())?;
        Ok(None)
    }

    /// Keeps a commit that was checked.
    pub(crate) fn keep(&mut self, seen: &mut Seen, lot: u32, committed: CommittedBid) {
        committed.commitments().for_each(|commitment| seen.commitments.add(commitment));
        if let Some(before) = self.of_bidder(lot, committed.bidder) {
            let CommittedBid { contribution, is_in_default, .. } = *before;
            let place = self.place_of(lot, committed.bidder).unwrap_or(RESERVE);
            let committed = CommittedBid { contribution, is_in_default, ..committed };
            self.by_place.put((lot, place), committed);
            return;
        }
        let place = self.count(lot);
        self.places.put((lot, committed.bidder), place);
        self.by_place.put((lot, place), committed);
        self.counts.put(lot, place.saturating_add(1));
    }

    /// C3, C6 and C7: what a reserve comes to, for [`keep_reserve`](Self::keep_reserve); `has_stake` is C5,
    /// in its place.
    pub(crate) fn check_reserve(
        &self,
        ground: &Ground<'_>,
        (lot, seller): (&Lot, PartyKey),
        commit: &Commit,
        has_stake: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<CommittedBid, Refusal> {
        let already = Fault::Already { what: "the seller committed a reserve for this lot" };
        require(self.reserve(commit.lot).is_none(), Check::CommitOnce, already)?;
        has_stake()?;
        verified(ground, (lot, seller), commit, None)
    }

    /// Keeps a reserve that was checked.
    pub(crate) fn keep_reserve(&mut self, seen: &mut Seen, lot: u32, committed: CommittedBid) {
        seen.commitments.add(&committed.commitment);
        self.by_place.put((lot, RESERVE), committed);
    }

    /// Closes what a party committed and `reveal` names: ranked, or invalid if it was not judged to hold.
    fn close(
        &mut self,
        setting: &Setting,
        (lot, reveal): (&Lot, &BidId),
        judged: Option<Judged>,
    ) -> Option<Randomness> {
        let place = self.place_of(reveal.lot, reveal.bidder)?;
        let encodings = &mut self.encodings;
        let (closed, active) = self.by_place.change(&(reveal.lot, place), |bid| {
            let closed = judged.map(|Judged { unary, contribution }| {
                bid.contribution = bid.contribution.or(contribution);
                let id = EncodingId { lot: reveal.lot, place, round: bid.round };
                encodings.put(id, &unary);
                Randomness::new(id, &unary)
            });
            bid.state =
                closed.as_ref().map_or(BidState::Invalid, |closed| BidState::Ranked(closed.of));
            (closed, bid.active)
        })?;
        let closed = closed?;
        self.sum_up(setting, lot, (closed.of, true), active);
        Some(closed)
    }

    /// Closes a bid as invalid that was ranked.
    pub(crate) fn invalidate(&mut self, setting: &Setting, lot: &Lot, ranked: EncodingId) {
        let active = self.by_place.change(&(ranked.lot, ranked.place), |bid| {
            bid.state = BidState::Invalid;
            bid.active
        });
        self.sum_up(setting, lot, (ranked, false), active.flatten());
    }

    /// Adds a bid to the sums of its lot and subtracts the active one that it replaces, or the other way round.
    fn sum_up(
        &mut self,
        setting: &Setting,
        lot: &Lot,
        (bid, is_added): (EncodingId, bool),
        replaced: Option<ActiveBid>,
    ) {
        // Where everything is disclosed, nobody asks for sums; of curves they are weighed.
        let terms = &setting.terms;
        let asks = terms.disclosure != Disclosure::Everything && terms.mechanism.curve().is_none();
        if bid.place == RESERVE || !asks {
            return;
        }
        let width = lot.grid.shape.radices().next().unwrap_or(1).saturating_sub(1);
        let replaced = replaced.map(|active| (active.unary, !is_added));
        for change in [(bid, is_added)].into_iter().chain(replaced) {
            self.first_digits.change(&self.encodings, width, change);
        }
    }

    /// Closes a round on a lot: what was not revealed lapses, and where there is no valid update the active
    /// bid remains, in default unless keyholders attest that its bidder tried.
    pub(crate) fn settle(&mut self, lot: u32, round: u32, is_attested: impl Fn(&PartyKey) -> bool) {
        let places = (0..self.count(lot)).chain(self.reserve(lot).map(|_| RESERVE));
        for place in places {
            let Some(before) = self.by_place.expect(&(lot, place)) else { continue };
            let mut bid = CommittedBid::clone(&before);
            let is_attested = is_attested(&bid.bidder);
            match (bid.state, bid.active.take()) {
                (BidState::Open, None) => bid.state = BidState::Lapsed { is_attested },
                (BidState::Open, Some(active)) => {
                    bid.is_in_default |= !is_attested;
                    bid.restore(active);
                }
                (BidState::Invalid, Some(active)) => {
                    bid.is_in_default = true;
                    bid.restore(active);
                }
                // A bidder who did not even commit; a reserve is committed once.
                (BidState::Ranked(_), None) if bid.round != round => {
                    bid.is_in_default |= !is_attested;
                }
                // An update has replaced the active one.
                (BidState::Ranked(_), _)
                | (BidState::Invalid, None)
                | (BidState::Lapsed { .. }, _) => {}
            }
            bid.is_in_default &= place != RESERVE;
            if bid != *before {
                self.by_place.put((lot, place), bid);
            }
        }
    }
}

/// What takes part of a bid: the bid, or the steps of a curve.
fn steps_of(bid: &CommittedBid, unary: EncodingId) -> Vec<RankedBid> {
    let bidder = bid.bidder;
    let Some(curve) = &bid.curve else {
        return vec![RankedBid { bidder, unary, step: 0, quantity: 1, side: TradeSide::Buy }];
    };
    let step = |(step, quantity): (u32, &u32)| RankedBid {
        bidder,
        unary,
        step,
        quantity: *quantity,
        side: curve.side,
    };
    (0u32..).zip(&curve.quantities).map(step).collect()
}

impl CommittedBid {
    fn new(bidder: PartyKey, round: u32, commitment: Point, seal: Digest) -> Self {
        Self {
            bidder,
            round,
            commitment,
            curve: None,
            seal,
            state: BidState::Open,
            contribution: None,
            active: None,
            is_in_default: false,
        }
    }

    /// Every commitment of it.
    fn commitments(&self) -> impl Iterator<Item = &Point> {
        let (first, steps) = match &self.curve {
            None => (Some(&self.commitment), &[][..]),
            Some(curve) => (None, curve.commitments.as_slice()),
        };
        first.into_iter().chain(steps)
    }

    fn restore(&mut self, active: ActiveBid) {
        self.commitment = active.commitment;
        self.state = BidState::Ranked(active.unary);
    }
}

/// What a commit is checked against, besides its lot's other bids.
pub(crate) struct Ground<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) quorum_key: RistrettoPoint,
    pub(crate) seen: &'a Seen,
    /// A claim that was verified ahead.
    pub(crate) ahead: Option<&'a Verified>,
}

/// Why a commitment is refused under C7.
const MADE_TWICE: Fault = Fault::Already { what: "this commitment was made" };
/// Why a commit is refused under C9.
const NO_FORM: Fault =
    Fault::Broken { rule: "a commit must have the form that the mechanism takes" };

/// C9.
fn form(holds: bool) -> Result<(), Refusal> {
    require(holds, Check::CommitForm, NO_FORM)
}

/// A commitment with its proof, and in a later round the one that it improves.
struct Proved<'a> {
    commitment: Point,
    active: Option<Point>,
    proof: &'a RangeProof,
}

/// What the proof of a commitment claims, to one of so many levels: of a curve the commitment of the step with this number.
fn claim<'a>(
    ground: &Ground<'_>,
    (levels, bidder): (u32, PartyKey),
    (lot, round, step): (u32, u32, u32),
    Proved { commitment, active, proof }: Proved<'a>,
) -> range::Claim<'a> {
    let context = bid_context(ground.setting, (lot, round, step), bidder);
    let quorum_key = ground.quorum_key;
    let statement = range::Statement { levels, quorum_key, commitment, active };
    range::Claim { context, statement, proof }
}

/// What a commit of one level claims.
fn claim_of<'a>(
    ground: &Ground<'_>,
    (lot, bidder): (&Lot, PartyKey),
    commit: &'a Commit,
    active: Option<&Point>,
) -> range::Claim<'a> {
    let Commit { commitment, ref range_proof, .. } = *commit;
    let proved = Proved { commitment, active: active.copied(), proof: range_proof };
    claim(ground, (lot.grid.levels, bidder), (commit.lot, commit.round, 0), proved)
}

/// Verifies C6 and C7: the commit as it will be kept.
fn verified(
    ground: &Ground<'_>,
    (lot, bidder): (&Lot, PartyKey),
    commit: &Commit,
    active: Option<&Point>,
) -> Result<CommittedBid, Refusal> {
    let fails = |fault| Fault::Proof { culprit: bidder, fault }.fails(Check::CommitRange);
    let claim = claim_of(ground, (lot, bidder), commit, active);
    if !ground.ahead.is_some_and(|ahead| ahead.covers(&claim)) {
        range::verify(&ground.setting.generators, claim).map_err(fails)?;
    }
    let fresh = !ground.seen.commitments.has(&commit.commitment);
    require(fresh, Check::CommitDistinct, MADE_TWICE)?;
    Ok(CommittedBid::new(bidder, commit.round, commit.commitment, commit.seal))
}

/// A bid's place in the lottery with this seed: of equal bids the least goes first.
pub fn lottery_draw(seed: &Digest, bidder: &PartyKey) -> Digest {
    Digest::of(&[labels::LOTTERY_DRAW, &seed.0, &bidder.0])
}

/// The hash of all contributions to a lot's lottery, in commit order.
pub fn lottery_seed(
    auction: &AuctionId,
    lot: u32,
    contributions: &[(PartyKey, Contribution)],
) -> Digest {
    let count = u64::try_from(contributions.len()).unwrap_or(u64::MAX);
    let all: Vec<u8> = contributions
        .iter()
        .flat_map(|(bidder, contribution)| bidder.0.iter().chain(contribution))
        .copied()
        .collect();
    Digest::of(&[labels::LOTTERY_SEED, &auction.0, &lot.to_le_bytes(), &count.to_le_bytes(), &all])
}

/// R1 and R2 of one reveal: the bid has a commit of this round, and these are the bytes that it sealed.
/// The bid; it is open if they are new.
pub(crate) fn check_seal(
    setting: &Setting,
    (bids, round): (&Bids, u32),
    reveal: &Reveal,
) -> Result<Arc<CommittedBid>, Refusal> {
    let unknown = Fault::Unknown { what: "commit" }.fails(Check::RevealCommit);
    let BidId { lot, round: named, bidder } = reveal.bid;
    let bid = bids.of(lot, bidder);
    let current = |bid: &Arc<CommittedBid>| named == round && bid.round == round;
    let bid = bid.filter(current).ok_or(unknown)?;
    let sealed = seal(&setting.auction, &reveal.bid, &reveal.sealed_bid);
    require_digest(Check::RevealSeal, "the hash of the sealed bid", (bid.seal, sealed))?;
    Ok(bid)
}

/// A sealed bid whose argument holds.
pub(crate) struct Judged {
    unary: Vec<WireCiphertext>,
    /// To a lottery, in round 0.
    contribution: Option<Contribution>,
}

/// A reveal of an open bid, on this lot.
pub(crate) type Opening<'a> = (&'a Lot, Arc<CommittedBid>, &'a Reveal);

/// R3 and R4 of many sealed bids at once: nothing for those that fail. All of them are folded into
/// one equation; only if that fails is each verified by itself.
pub(crate) fn judge(
    setting: &Setting,
    quorum_key: &RistrettoPoint,
    reveals: &[Opening<'_>],
) -> Vec<Option<Judged>> {
    let sealed: Vec<Option<Sealed>> =
        reveals.iter().map(|reveal| Sealed::read(setting, reveal)).collect();
    // The steps of all that decode, and which of them are whose.
    let mut decoded: Vec<unary::Decoded<'_>> = Vec::new();
    let mut theirs: Vec<Option<Range<usize>>> = Vec::with_capacity(reveals.len());
    for (reveal, sealed) in reveals.iter().zip(&sealed) {
        let from = decoded.len();
        let steps = sealed.as_ref().and_then(|sealed| decode(setting, reveal, sealed));
        theirs.push(steps.map(|steps| {
            decoded.extend(steps);
            from..decoded.len()
        }));
    }
    let holds = |decoded: &[unary::Decoded<'_>]| {
        unary::verify_batch(&setting.generators, quorum_key, decoded).is_ok()
    };
    let all_hold = holds(&decoded);
    let judged = sealed.iter().zip(theirs).map(|(sealed, theirs)| {
        let (sealed, theirs) = (sealed.as_ref()?, decoded.get(theirs?)?);
        (all_hold || holds(theirs)).then(|| sealed.judged())
    });
    judged.collect()
}

/// A sealed bid as its bytes have it: of a curve a sealed bid for each step.
struct Sealed {
    shape: Shape,
    steps: Vec<SealedBid>,
    contribution: Option<Contribution>,
}

impl Sealed {
    /// The form of R3.
    fn read(setting: &Setting, (lot, bid, reveal): &Opening<'_>) -> Option<Self> {
        let terms = &setting.terms;
        let (bytes, contribution) =
            split_contribution(&reveal.sealed_bid, terms.ties, reveal.bid.round)?;
        let shape = curve::shape(terms.mechanism, &lot.grid)?;
        let length = SealedBid::encoded_len(&shape);
        if bytes.len() != length.saturating_mul(bid.commitments().count()) {
            return None;
        }
        let steps = bytes.chunks(length).map(|bytes| SealedBid::from_bytes(bytes, &shape));
        Some(Self {
            steps: steps.collect::<Option<_>>()?,
            shape,
            contribution: contribution.copied(),
        })
    }

    fn judged(&self) -> Judged {
        let unary = self.steps.iter().flat_map(|step| step.unary.iter().copied());
        Judged { unary: unary.collect(), contribution: self.contribution }
    }
}

/// The rest of R3, for every step.
fn decode<'a>(
    setting: &Setting,
    (_, bid, reveal): &Opening<'_>,
    Sealed { shape, steps, .. }: &'a Sealed,
) -> Option<Vec<unary::Decoded<'a>>> {
    let BidId { lot, round, .. } = reveal.bid;
    let decode = |((number, sealed_bid), commitment): ((u32, &'a SealedBid), &Point)| {
        let context = bid_context(setting, (lot, round, number), bid.bidder);
        let commitment = decode_point(commitment)?;
        unary::decode(unary::Claim { context, shape, commitment, sealed_bid }).ok()
    };
    (0u32..).zip(steps).zip(bid.commitments()).map(decode).collect()
}

/// Closes bids that one instruction reveals, the instruction being number `at` of such, each as it was judged.
pub(crate) fn close(
    setting: &Setting,
    (bids, seen): (&mut Bids, &mut Seen),
    at: u32,
    judged: Vec<((&Lot, BidId), Option<Judged>)>,
) {
    let judged = judged.into_iter();
    let closed = judged.filter_map(|((lot, bid), judged)| bids.close(setting, (lot, &bid), judged));
    let closed = closed.collect();
    seen.randomness.put(at, closed);
}

/// Proofs of a bid have step 0, or the number of a curve's step, and are bound to its bidder, whoever posts them.
fn bid_context(
    setting: &Setting,
    (lot, round, step): (u32, u32, u32),
    bidder: PartyKey,
) -> Context {
    Context { auction: setting.auction, lot, round, step, signer: bidder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_alike_that_share_a_mark_or_hold_one_twice() {
        let marks = [(7, 0), (8, 1), (9, 2), (8, 3), (5, 4), (5, 4), (8, 5)];
        assert_eq!(alike(marks.to_vec()), [1, 3, 4, 5]);
        assert_eq!(alike::<u32>(Vec::new()), []);
        // A tag tells most apart, and is not what decides.
        let [one, mut other] = [[3; 16]; 2];
        other[15] = 4;
        assert_eq!(tag(&one), tag(&other));
        assert_eq!(alike([(one, 0), (other, 1)].to_vec()), []);
    }
}
