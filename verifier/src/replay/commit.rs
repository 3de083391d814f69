//! Bids, committed (section 8; **C1** to **C7**).

use std::collections::{BTreeMap, BTreeSet};

use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    check::Check,
    commitment::BidId,
    outcome::Ending,
    quorum::KeyholderId,
};

use super::{Replay, rank::Ranking};
use crate::{docket::Task, failure::Stop, fiat_shamir::Context, group::Cipher, intake::CommitBody};

/// One lot.
#[derive(Debug, Default)]
pub(crate) struct LotState {
    /// As they were accepted.
    pub(crate) commits: Vec<CommitState>,
    pub(crate) by_bidder: BTreeMap<PartyKey, usize>,
    /// Keyholders who are out of this lot.
    pub(crate) out: BTreeSet<KeyholderId>,
    pub(crate) ranking: Option<Ranking>,
    pub(crate) ending: Option<Ending>,
}

impl LotState {
    pub(crate) fn count(&self, status: Status) -> usize {
        self.commits.iter().filter(|c| c.status == status).count()
    }

    /// Bidders with a ranked bid, in commit order.
    pub(crate) fn ranked(&self) -> impl Iterator<Item = &PartyKey> {
        self.commits.iter().filter(|c| c.status == Status::Ranked).map(|c| &c.bidder)
    }
}

/// One commit.
#[derive(Debug)]
pub(crate) struct CommitState {
    pub(crate) bidder: PartyKey,
    pub(crate) commitment: Point,
    pub(crate) point: RistrettoPoint,
    pub(crate) seal: Digest,
    pub(crate) status: Status,
    /// Of a ranked bid, until its lot is ranked: `U[t][j]`, digit by digit.
    pub(crate) ladder: Vec<Vec<Cipher>>,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revealed.
    Open,
    /// Revealed; its argument is not judged yet.
    Judging,
    /// Revealed with a valid argument.
    Ranked,
    /// Revealed, and closed as invalid.
    Invalid,
}

impl Replay {
    pub(crate) fn commit(&mut self, bidder: PartyKey, body: CommitBody) -> Result<(), Stop> {
        let CommitBody { commit, point } = body;
        let facts = std::sync::Arc::clone(&self.facts);
        let terms = &facts.terms;
        let index = usize::try_from(commit.lot).unwrap_or(usize::MAX);
        let lot = terms.lots.get(index);
        let docket = &mut self.docket;
        docket.require(Check::CommitLot, lot.is_some() && commit.round == 0, || {
            format!(
                "a commit must name a lot below {} and round 0 and names lot {} and round {}",
                terms.lots.len(),
                commit.lot,
                commit.round
            )
        })?;
        let (Some(lot), Some(state)) = (lot, self.lots.get_mut(index)) else {
            return Err(Stop::Internal("a lot of the terms has no state"));
        };

        let excluded = [terms.seller, terms.custodian, terms.stakes.fallback].contains(&bidder);
        let admitted = !excluded && facts.is_listed(&bidder);
        docket.require(Check::CommitAdmission, admitted, || {
            if excluded {
                "the bidder is the seller, the custodian or the fallback".into()
            } else {
                "the bidder is not on the list of the admitted".into()
            }
        })?;
        let first = !state.by_bidder.contains_key(&bidder);
        docket.require(Check::CommitOnce, first, || {
            format!("the bidder has a commit for lot {} already", commit.lot)
        })?;
        let most = usize::try_from(terms.max_bids_per_lot).unwrap_or(usize::MAX);
        docket.require(Check::CommitRoom, state.commits.len() < most, || {
            format!("lot {} has its {most} commits already", commit.lot)
        })?;
        let stake = facts.commit_stake();
        let available = self.ledger.available(&bidder);
        docket.require(Check::CommitStake, available >= stake, || {
            format!("the bidder must have {stake} available and has {available}")
        })?;

        let Some(point) = point else {
            let sentence = "the commitment is not a canonical encoding".into();
            return Err(docket.refuse(Check::CommitRange, sentence));
        };
        let bid = BidId { lot: commit.lot, round: commit.round, bidder };
        docket.defer(
            Check::CommitRange,
            Task::Range {
                context: Context::bid(facts.auction, &bid),
                rungs: lot.ladder.rungs,
                commitment: commit.commitment,
                point,
                proof: commit.range_proof,
            },
        );
        let distinct = self.commitments.insert(commit.commitment);
        docket.require(Check::CommitDistinct, distinct, || {
            format!("another commit of the auction has {}", commit.commitment)
        })?;

        state.by_bidder.insert(bidder, state.commits.len());
        state.commits.push(CommitState {
            bidder,
            commitment: commit.commitment,
            point,
            seal: commit.seal,
            status: Status::Open,
            ladder: Vec::new(),
        });
        self.open_commits = self.open_commits.saturating_add(1);
        let stakes = terms.stakes;
        self.money(|ledger| {
            ledger.lock(bidder, stakes.deposit)?;
            ledger.charge(bidder, stakes.commit_fee)?;
            ledger.receive(stakes.fallback, stakes.commit_fee)
        })
    }
}
