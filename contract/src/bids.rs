//! The bids of a lot: committed, then revealed still encrypted. Sections 8 and 9 of `docs/spec.md`.

use crate::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::decode_point,
    proofs::{ProofFault, ladder, range},
    refusal::{Fault, Refusal, require},
    setting::Setting,
    setup::QuorumKeys,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    check::Check,
    commitment::{BidId, Commit, seal},
    sealed_bid::{Reveal, SealedBid},
    terms::{Admission, Lot},
};

/// A bid whose commit was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedBid {
    pub(crate) bidder: PartyKey,
    pub(crate) commitment: Point,
    pub(crate) seal: Digest,
    pub(crate) state: BidState,
}

/// How far a committed bid has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BidState {
    /// Not revealed.
    Open,
    /// Revealed, and its argument holds: this is its ladder.
    Ranked(Arc<[Ciphertext]>),
    /// Revealed with bytes that prove nothing.
    Invalid,
}

/// The commits of one lot, in the order of acceptance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bids {
    in_order: Vec<CommittedBid>,
    by_bidder: BTreeMap<PartyKey, usize>,
}

/// What was seen before on the whole board. Weeded only after the proof that comes with a thing,
/// bound to its bidder, has verified: else anybody could block a victim by copying it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) commitments: BTreeSet<Point>,
    pub(crate) randomness: BTreeSet<Point>,
}

impl Bids {
    pub(crate) fn in_order(&self) -> &[CommittedBid] {
        &self.in_order
    }

    pub(crate) fn of(&self, bidder: &PartyKey) -> Option<&CommittedBid> {
        self.by_bidder.get(bidder).and_then(|index| self.in_order.get(*index))
    }

    pub(crate) fn is_open(&self, bidder: &PartyKey) -> bool {
        self.of(bidder).is_some_and(|bid| bid.state == BidState::Open)
    }

    /// The bids that take part in the ranking, in commit order.
    pub(crate) fn ranked(&self) -> impl Iterator<Item = (&CommittedBid, &Arc<[Ciphertext]>)> {
        self.in_order.iter().filter_map(|bid| match &bid.state {
            BidState::Ranked(ladder) => Some((bid, ladder)),
            BidState::Open | BidState::Invalid => None,
        })
    }

    /// C2 to C7 and the bid is kept; `stake` is C5, in its place.
    pub(crate) fn commit(
        &mut self,
        setting: &Setting,
        seen: &mut Seen,
        (lot, bidder): (&Lot, PartyKey),
        commit: &Commit,
        stake: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let terms = &setting.terms;
        let barred = [terms.seller, terms.custodian, terms.stakes.fallback].contains(&bidder);
        let listed = match &terms.admission {
            Admission::Open => true,
            Admission::Listed(keys) => keys.binary_search(&bidder).is_ok(),
        };
        let role = Fault::WrongRole { signer: bidder, needed: "an admitted bidder" };
        require(!barred && listed, Check::CommitAdmission, role)?;
        let already = Fault::Already { what: "the bidder committed to this lot" };
        require(!self.by_bidder.contains_key(&bidder), Check::CommitOnce, already)?;
        let room = usize::try_from(terms.max_bids_per_lot).unwrap_or(usize::MAX);
        let full = Fault::Already { what: "the lot has all the bids that it takes" };
        require(self.in_order.len() < room, Check::CommitRoom, full)?;
        stake()?;

        let context = bid_context(setting, commit.lot, commit.round, bidder);
        let fails = |fault| Fault::Proof { culprit: bidder, fault }.fails(Check::CommitRange);
        let statement = range::Statement {
            rungs: lot.ladder.rungs,
            bits: lot.ladder.range_bits(),
            commitment: decode_point(&commit.commitment)
                .ok_or_else(|| fails(ProofFault::NotCanonical))?,
        };
        setting
            .range
            .verify(&setting.generators, &context, &statement, &commit.range_proof)
            .map_err(fails)?;
        let twice = Fault::Already { what: "this commitment was made" };
        let fresh = !seen.commitments.contains(&commit.commitment);
        require(fresh, Check::CommitDistinct, twice)?;

        seen.commitments.insert(commit.commitment);
        self.by_bidder.insert(bidder, self.in_order.len());
        self.in_order.push(CommittedBid {
            bidder,
            commitment: commit.commitment,
            seal: commit.seal,
            state: BidState::Open,
        });
        Ok(())
    }

    pub(crate) fn close(&mut self, bidder: &PartyKey, state: BidState) {
        let index = self.by_bidder.get(bidder).copied();
        if let Some(bid) = index.and_then(|index| self.in_order.get_mut(index)) {
            bid.state = state;
        }
    }
}

/// R1 and R2 of one reveal: the bid is open and these are the bytes that it sealed.
pub(crate) fn check_seal(
    setting: &Setting,
    bids: Option<&Bids>,
    reveal: &Reveal,
) -> Result<(), Refusal> {
    let unknown = Fault::Unknown { what: "commit" }.fails(Check::RevealCommit);
    let BidId { round, bidder, .. } = &reveal.bid;
    let bid = bids.filter(|_| *round == 0).and_then(|bids| bids.of(bidder)).ok_or(unknown)?;
    let closed = Fault::Already { what: "the bid was revealed" };
    require(bid.state == BidState::Open, Check::RevealCommit, closed)?;
    let sealed = seal(&setting.auction, &reveal.bid, &reveal.sealed_bid);
    require(sealed == bid.seal, Check::RevealSeal, Fault::Differs { what: "the sealed bid" })
}

/// A sealed bid whose argument holds.
pub(crate) struct Judged {
    pub(crate) ladder: Arc<[Ciphertext]>,
    /// The `R` of every entry, for weeding.
    randomness: Vec<Point>,
}

/// R3 and R4 of many sealed bids at once: nothing for those that fail. All of them are folded into
/// one equation; only if that fails is each verified by itself.
pub(crate) fn judge(
    setting: &Setting,
    keys: &QuorumKeys,
    reveals: &[(&Lot, &CommittedBid, &Reveal)],
) -> Vec<Option<Judged>> {
    let sealed: Vec<Option<SealedBid>> = reveals
        .iter()
        .map(|(lot, _, reveal)| SealedBid::from_bytes(&reveal.sealed_bid, &lot.ladder.shape))
        .collect();
    let (places, decoded): (Vec<usize>, Vec<ladder::Decoded<'_>>) = reveals
        .iter()
        .zip(&sealed)
        .enumerate()
        .filter_map(|(place, (reveal, sealed))| {
            Some((place, decode(setting, reveal, sealed.as_ref()?)?))
        })
        .unzip();
    let holds = |decoded: &[ladder::Decoded<'_>]| {
        ladder::verify_batch(&setting.generators, &keys.key, decoded).is_ok()
    };
    let all_hold = holds(&decoded);
    let mut judged: Vec<Option<Judged>> = reveals.iter().map(|_| None).collect();
    for (place, decoded) in places.into_iter().zip(decoded) {
        let sealed = sealed.get(place).and_then(Option::as_ref);
        if let (Some(slot), Some(sealed)) = (judged.get_mut(place), sealed)
            && (all_hold || holds(core::slice::from_ref(&decoded)))
        {
            *slot = Some(Judged {
                ladder: decoded.ladder.into(),
                randomness: sealed.ladder.iter().map(|entry| entry.r).collect(),
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
) -> Option<ladder::Decoded<'a>> {
    let claim = ladder::Claim {
        context: bid_context(setting, reveal.bid.lot, reveal.bid.round, bid.bidder),
        shape: &lot.ladder.shape,
        commitment: decode_point(&bid.commitment)?,
        sealed_bid,
    };
    ladder::decode(claim).ok()
}

/// R5: weeds the randomness of a ladder. False, and nothing remembered, if any of it stands twice.
pub(crate) fn weed(seen: &mut Seen, judged: &Judged) -> bool {
    let mut own: BTreeSet<Point> = judged.randomness.iter().copied().collect();
    let distinct = own.len() == judged.randomness.len();
    let fresh = own.is_disjoint(&seen.randomness);
    if distinct && fresh {
        seen.randomness.append(&mut own);
    }
    distinct && fresh
}

/// Proofs of a bid stand in step 0 and are bound to its bidder, whoever posts them.
fn bid_context(setting: &Setting, lot: u32, round: u32, bidder: PartyKey) -> Context {
    Context { auction: setting.auction, lot, round, step: 0, signer: bidder }
}
