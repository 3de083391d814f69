//! The bids of a lot: committed, then revealed still encrypted. Sections 8 and 9 of `docs/spec.md`.

use crate::{
    fiat_shamir::Context,
    group::decode_point,
    proofs::{range, unary},
    refusal::{Fault, Refusal, require, require_digest},
    setting::Setting,
    setup::QuorumKeys,
    unary_encoding::UnaryEncoding,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    check::Check,
    commitment::{BidId, Commit, seal},
    labels,
    sealed_bid::{Contribution, Reveal, SealedBid, split_contribution},
    terms::{Admission, AuctionId, Lot, Ties},
};

/// A bid whose commit was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedBid {
    pub(crate) bidder: PartyKey,
    /// The round of its last commit.
    pub(crate) round: u32,
    pub(crate) commitment: Point,
    pub(crate) seal: Digest,
    pub(crate) state: BidState,
    /// What its bidder revealed in round 0 for a lottery, if there is one.
    contribution: Option<Contribution>,
    /// The active bid of the rounds before, while this round's update is pending.
    active: Option<ActiveBid>,
    /// Whether an update of the active bid was once missing or invalid.
    pub(crate) is_in_default: bool,
}

/// The active bid of a bidder, until an update replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ActiveBid {
    commitment: Point,
    unary: UnaryEncoding,
}

/// The state of a committed bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BidState {
    /// Not revealed.
    Open,
    /// Revealed, and its argument holds: it takes part in the ranking.
    Ranked(UnaryEncoding),
    /// Revealed, but its bytes fail R3, R4 or R5.
    Invalid,
    /// Not revealed in time.
    Lapsed {
        /// Whether keyholders attest that its bidder tried.
        is_attested: bool,
    },
}

/// The commits of one lot, in the order of acceptance, and the seller's reserve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bids {
    reserve: Option<CommittedBid>,
    in_order: Vec<CommittedBid>,
    by_bidder: BTreeMap<PartyKey, usize>,
}

/// Commitments and randomness seen before on the whole board. They are recorded only after the proof that
/// comes with them, bound to its bidder, has verified: otherwise anybody could block a bidder by copying its bid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) commitments: BTreeSet<Point>,
    pub(crate) randomness: BTreeSet<Point>,
}

impl Bids {
    pub(crate) fn in_order(&self) -> &[CommittedBid] {
        &self.in_order
    }

    /// The seller's reserve, once committed.
    pub(crate) fn reserve(&self) -> Option<&CommittedBid> {
        self.reserve.as_ref()
    }

    /// The unary encoding of a reserve that binds.
    pub(crate) fn binding_reserve(&self) -> Option<&UnaryEncoding> {
        match &self.reserve.as_ref()?.state {
            BidState::Ranked(unary) => Some(unary),
            BidState::Open | BidState::Invalid | BidState::Lapsed { .. } => None,
        }
    }

    /// What this party committed: a bid, or the seller its reserve.
    pub(crate) fn of(&self, party: &PartyKey) -> Option<&CommittedBid> {
        let reserve = self.reserve.as_ref().filter(|reserve| reserve.bidder == *party);
        let index = || self.by_bidder.get(party).copied();
        reserve.or_else(|| self.in_order.get(index()?))
    }

    /// The commitment of this bidder's active bid, also while an update is pending.
    pub(crate) fn active_commitment(&self, bidder: &PartyKey) -> Option<Point> {
        let bid = self.by_bidder.get(bidder).and_then(|index| self.in_order.get(*index))?;
        let is_ranked = matches!(bid.state, BidState::Ranked(_));
        let active = bid.active.as_ref().map(|active| active.commitment);
        active.or(is_ranked.then_some(bid.commitment))
    }

    /// Whether some commit, or the reserve, is neither revealed nor closed.
    pub(crate) fn has_open(&self) -> bool {
        self.in_order.iter().chain(&self.reserve).any(|bid| bid.state == BidState::Open)
    }

    /// Whether this bidder's commit of this round is open.
    pub(crate) fn is_open(&self, bidder: &PartyKey, round: u32) -> bool {
        self.of(bidder).is_some_and(|bid| bid.state == BidState::Open && bid.round == round)
    }

    /// Whether keyholders may attest that this bidder tried to bid in this round: its commit is open,
    /// or in a later round there is none although it has an active bid.
    pub(crate) fn is_missing(&self, bidder: &PartyKey, round: u32) -> bool {
        let stands = || {
            let bid = self.by_bidder.get(bidder).and_then(|index| self.in_order.get(*index));
            bid.is_some_and(|bid| bid.round < round && matches!(bid.state, BidState::Ranked(_)))
        };
        self.is_open(bidder, round) || stands()
    }

    /// The bids that take part in the ranking, in commit order.
    pub(crate) fn ranked(&self) -> impl Iterator<Item = (&CommittedBid, &UnaryEncoding)> {
        self.in_order.iter().filter_map(|bid| match &bid.state {
            BidState::Ranked(unary) => Some((bid, unary)),
            BidState::Open | BidState::Invalid | BidState::Lapsed { .. } => None,
        })
    }

    /// The bids that take part, in the order in which ties are broken. The same in every round: who
    /// is ranked in the first one stays, and a lottery draws from its contributions.
    pub(crate) fn in_tie_order(
        &self,
        setting: &Setting,
        lot: u32,
    ) -> Vec<(PartyKey, UnaryEncoding)> {
        let mut bids: Vec<_> =
            self.ranked().map(|(bid, unary)| (bid.bidder, unary.clone())).collect();
        if setting.terms.ties == Ties::Lottery {
            let contributions: Vec<_> = self
                .ranked()
                .filter_map(|(bid, _)| Some((bid.bidder, bid.contribution?)))
                .collect();
            let seed = lottery_seed(&setting.auction, lot, &contributions);
            bids.sort_by_cached_key(|(bidder, _)| lottery_draw(&seed, bidder));
        }
        bids
    }

    /// Checks C2 to C8 of a commit; the result is for [`keep`](Self::keep). `has_stake` checks C5, in its place,
    /// given the number of commits on the lot.
    pub(crate) fn check(
        &self,
        ground: &Ground<'_>,
        (lot, bidder): (&Lot, PartyKey),
        commit: &Commit,
        has_stake: impl FnOnce(u64) -> Result<(), Refusal>,
    ) -> Result<CommittedBid, Refusal> {
        let terms = &ground.setting.terms;
        let barred = [Some(terms.seller), Some(terms.custodian), terms.stakes.beneficiary];
        let listed = match &terms.admission {
            Admission::Open => true,
            Admission::Listed(keys) => keys.binary_search(&bidder).is_ok(),
        };
        let role = Fault::WrongRole { signer: bidder, needed: "an admitted bidder" };
        require(!barred.contains(&Some(bidder)) && listed, Check::CommitAdmission, role)?;
        let already = Fault::Already { what: "the bidder committed to this lot" };
        let before = self.by_bidder.get(&bidder).and_then(|index| self.in_order.get(*index));
        let is_first = before.is_none_or(|bid| bid.round != commit.round);
        require(is_first, Check::CommitOnce, already)?;
        if commit.round > 0 {
            let none = Fault::Unknown { what: "active bid of this bidder" };
            let Some(CommittedBid { commitment, state: BidState::Ranked(unary), .. }) = before
            else {
                return Err(none.fails(Check::CommitActive));
            };
            let update = verified(ground, (lot, bidder), commit, Some(commitment))?;
            let active = ActiveBid { commitment: *commitment, unary: unary.clone() };
            return Ok(CommittedBid { active: Some(active), ..update });
        }
        let room = usize::try_from(terms.max_bids_per_lot).unwrap_or(usize::MAX);
        let full = Fault::Already { what: "the lot has all the bids that it takes" };
        require(self.in_order.len() < room, Check::CommitRoom, full)?;
        has_stake(self.count())?;
        verified(ground, (lot, bidder), commit, None)
    }

    /// Keeps a commit that was checked.
    pub(crate) fn keep(&mut self, seen: &mut Seen, committed: CommittedBid) {
        seen.commitments.insert(committed.commitment);
        let before = self.by_bidder.get(&committed.bidder).copied();
        match before.and_then(|index| self.in_order.get_mut(index)) {
            Some(bid) => {
                let CommittedBid { contribution, is_in_default, .. } = *bid;
                *bid = CommittedBid { contribution, is_in_default, ..committed };
            }
            None => {
                self.by_bidder.insert(committed.bidder, self.in_order.len());
                self.in_order.push(committed);
            }
        }
    }

    /// Commits so far.
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.in_order.len()).unwrap_or(u64::MAX)
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
        require(self.reserve.is_none(), Check::CommitOnce, already)?;
        has_stake()?;
        verified(ground, (lot, seller), commit, None)
    }

    /// Keeps a reserve that was checked.
    pub(crate) fn keep_reserve(&mut self, seen: &mut Seen, committed: CommittedBid) {
        seen.commitments.insert(committed.commitment);
        self.reserve = Some(committed);
    }

    /// Closes what this party committed: ranked, or invalid if it was not judged to hold.
    pub(crate) fn close(&mut self, party: &PartyKey, judged: Option<Judged>) {
        let index = self.by_bidder.get(party).copied();
        let bid = match self.reserve.as_mut().filter(|reserve| reserve.bidder == *party) {
            Some(reserve) => Some(reserve),
            None => index.and_then(|index| self.in_order.get_mut(index)),
        };
        let Some(bid) = bid else { return };
        bid.state = match judged {
            Some(Judged { unary, contribution, .. }) => {
                bid.contribution = bid.contribution.or(contribution);
                BidState::Ranked(unary)
            }
            None => BidState::Invalid,
        };
    }

    /// Closes a round: what was not revealed lapses, and where there is no valid update the active
    /// bid remains, in default unless keyholders attest that its bidder tried.
    pub(crate) fn settle(&mut self, round: u32, is_attested: impl Fn(&PartyKey) -> bool) {
        for bid in self.in_order.iter_mut().chain(&mut self.reserve) {
            let active = bid.active.take();
            let is_attested = is_attested(&bid.bidder);
            match (&bid.state, active) {
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
                    bid.is_in_default |= !is_attested
                }
                (BidState::Ranked(_), _)
                | (BidState::Invalid, None)
                | (BidState::Lapsed { .. }, _) => {}
            }
        }
        if let Some(reserve) = &mut self.reserve {
            reserve.is_in_default = false;
        }
    }
}

impl CommittedBid {
    fn restore(&mut self, active: ActiveBid) {
        self.commitment = active.commitment;
        self.state = BidState::Ranked(active.unary);
    }
}

/// What a commit is checked against, besides its lot's other bids.
pub(crate) struct Ground<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) keys: &'a QuorumKeys,
    pub(crate) seen: &'a Seen,
}

/// Verifies C6 and C7: the commit as it will be kept.
fn verified(
    ground: &Ground<'_>,
    (lot, bidder): (&Lot, PartyKey),
    commit: &Commit,
    active: Option<&Point>,
) -> Result<CommittedBid, Refusal> {
    let setting = ground.setting;
    let context = bid_context(setting, commit.lot, commit.round, bidder);
    let fails = |fault| Fault::Proof { culprit: bidder, fault }.fails(Check::CommitRange);
    let statement = range::Statement {
        levels: lot.grid.levels,
        quorum_key: ground.keys.key,
        commitment: commit.commitment,
        active: active.copied(),
    };
    let claim = range::Claim { context, statement, proof: &commit.range_proof };
    range::verify(&setting.generators, claim).map_err(fails)?;
    let twice = Fault::Already { what: "this commitment was made" };
    let fresh = !ground.seen.commitments.contains(&commit.commitment);
    require(fresh, Check::CommitDistinct, twice)?;
    Ok(CommittedBid {
        bidder,
        round: commit.round,
        commitment: commit.commitment,
        seal: commit.seal,
        state: BidState::Open,
        contribution: None,
        active: None,
        is_in_default: false,
    })
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
pub(crate) fn check_seal<'a>(
    setting: &Setting,
    (bids, round): (Option<&'a Bids>, u32),
    reveal: &Reveal,
) -> Result<&'a CommittedBid, Refusal> {
    let unknown = Fault::Unknown { what: "commit" }.fails(Check::RevealCommit);
    let BidId { lot: _, round: named, bidder } = &reveal.bid;
    let bid = bids.and_then(|bids| bids.of(bidder));
    let current = |bid: &&CommittedBid| *named == round && bid.round == round;
    let bid = bid.filter(current).ok_or(unknown)?;
    let sealed = seal(&setting.auction, &reveal.bid, &reveal.sealed_bid);
    require_digest(Check::RevealSeal, "the hash of the sealed bid", (bid.seal, sealed))?;
    Ok(bid)
}

/// A sealed bid whose argument holds.
pub(crate) struct Judged {
    unary: UnaryEncoding,
    /// To a lottery, in round 0.
    contribution: Option<Contribution>,
}

/// R3 and R4 of many sealed bids at once: nothing for those that fail. All of them are folded into
/// one equation; only if that fails is each verified by itself.
pub(crate) fn judge(
    setting: &Setting,
    keys: &QuorumKeys,
    reveals: &[(&Lot, &CommittedBid, &Reveal)],
) -> Vec<Option<Judged>> {
    let sealed: Vec<Option<(SealedBid, Option<Contribution>)>> = reveals
        .iter()
        .map(|(lot, _, reveal)| {
            let (bytes, contribution) =
                split_contribution(&reveal.sealed_bid, setting.terms.ties, reveal.bid.round)?;
            Some((SealedBid::from_bytes(bytes, &lot.grid.shape)?, contribution.copied()))
        })
        .collect();
    let (places, decoded): (Vec<usize>, Vec<unary::Decoded<'_>>) = reveals
        .iter()
        .zip(&sealed)
        .enumerate()
        .filter_map(|(place, (reveal, sealed))| {
            let (sealed_bid, _) = sealed.as_ref()?;
            Some((place, decode(setting, reveal, sealed_bid)?))
        })
        .unzip();
    let holds = |decoded: &[unary::Decoded<'_>]| {
        unary::verify_batch(&setting.generators, &keys.key, decoded).is_ok()
    };
    let all_hold = holds(&decoded);
    let mut judged: Vec<Option<Judged>> = reveals.iter().map(|_| None).collect();
    for (place, decoded) in places.into_iter().zip(decoded) {
        let sealed = sealed.get(place).and_then(Option::as_ref);
        if let (Some(slot), Some((sealed, contribution))) = (judged.get_mut(place), sealed)
            && (all_hold || holds(core::slice::from_ref(&decoded)))
        {
            *slot = Some(Judged {
                unary: UnaryEncoding::new(&sealed.unary),
                contribution: *contribution,
            });
        }
    }
    judged
}

/// R3.
fn decode<'a>(
    setting: &Setting,
    (lot, bid, reveal): &(&'a Lot, &CommittedBid, &Reveal),
    sealed_bid: &'a SealedBid,
) -> Option<unary::Decoded<'a>> {
    let claim = unary::Claim {
        context: bid_context(setting, reveal.bid.lot, reveal.bid.round, bid.bidder),
        shape: &lot.grid.shape,
        commitment: decode_point(&bid.commitment)?,
        sealed_bid,
    };
    unary::decode(claim).ok()
}

/// R5: records the randomness of a unary encoding. False, and nothing remembered, if any of it occurs twice.
pub(crate) fn weed(seen: &mut Seen, judged: &Judged) -> bool {
    let own: BTreeSet<Point> = judged.unary.randomness().collect();
    let distinct = own.len() == judged.unary.randomness().count();
    let fresh = own.is_disjoint(&seen.randomness);
    if distinct && fresh {
        seen.randomness.extend(own);
    }
    distinct && fresh
}

/// Proofs of a bid have step 0 and are bound to its bidder, whoever posts them.
fn bid_context(setting: &Setting, lot: u32, round: u32, bidder: PartyKey) -> Context {
    Context { auction: setting.auction, lot, round, step: 0, signer: bidder }
}
