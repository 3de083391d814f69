//! Reserves and bids, committed (section 8; **C1** to **C7**).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    check::Check,
    commitment::BidId,
    outcome::{Disclosed, Ending, Quote},
    quorum::KeyholderId,
    sealed_bid::Contribution,
    terms::Lot,
};

use super::{Replay, decide::Waiting, rank::Ranking};
use crate::{docket::Task, failure::Stop, fiat_shamir::Context, group::Cipher, intake::CommitBody};

/// One lot.
#[derive(Debug, Default)]
pub(crate) struct LotState {
    /// As they were accepted.
    pub(crate) commits: Vec<CommitState>,
    pub(crate) by_bidder: BTreeMap<PartyKey, usize>,
    /// The seller's; no commit of the lot's.
    pub(crate) reserve: Option<CommitState>,
    /// Keyholders who are out of this lot.
    pub(crate) out: BTreeSet<KeyholderId>,
    pub(crate) ranking: Option<Ranking>,
    /// Ranked, with an award that the seller may decline.
    pub(crate) waiting: Option<Waiting>,
    /// What the ranking opened besides the award.
    pub(crate) disclosed: Disclosed,
    /// The reserve, if the ranking opened it.
    pub(crate) opened_reserve: Option<Quote>,
    pub(crate) ending: Option<Ending>,
}

impl LotState {
    pub(crate) fn count(&self, status: Status) -> usize {
        self.commits.iter().filter(|c| c.status == status).count()
    }

    /// The commit that a bid of this lot names; of the seller, the reserve.
    pub(crate) fn named(&self, bidder: &PartyKey, seller: &PartyKey) -> Option<Named> {
        if bidder == seller {
            return self.reserve.as_ref().map(|_| Named::Reserve);
        }
        self.by_bidder.get(bidder).copied().map(Named::Commit)
    }

    pub(crate) fn at(&self, named: Named) -> Option<&CommitState> {
        match named {
            Named::Commit(at) => self.commits.get(at),
            Named::Reserve => self.reserve.as_ref(),
        }
    }

    pub(crate) fn at_mut(&mut self, named: Named) -> Option<&mut CommitState> {
        match named {
            Named::Commit(at) => self.commits.get_mut(at),
            Named::Reserve => self.reserve.as_mut(),
        }
    }

    /// The slot whose passing changes something about the lot while it is undecided.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let ranking = self.ranking.as_ref().map(|ranking| ranking.deadline);
        ranking.or(self.waiting.as_ref().map(|waiting| waiting.deadline))
    }

    /// Bidders with a ranked bid, in commit order.
    pub(crate) fn ranked(&self) -> impl Iterator<Item = &PartyKey> {
        self.commits.iter().filter(|c| c.status == Status::Ranked).map(|c| &c.bidder)
    }
}

/// A commit of a lot, or its reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Commit(usize),
    Reserve,
}

/// One commit, or a reserve.
#[derive(Debug)]
pub(crate) struct CommitState {
    pub(crate) bidder: PartyKey,
    pub(crate) commitment: Point,
    pub(crate) point: RistrettoPoint,
    pub(crate) seal: Digest,
    pub(crate) status: Status,
    /// Of a ranked bid, until its lot is ranked: `U[t][j]`, digit by digit.
    pub(crate) ladder: Vec<Vec<Cipher>>,
    /// Of a ranked bid, where ties go by lottery.
    pub(crate) contribution: Option<Contribution>,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revealed.
    Open,
    /// Revealed; its argument is not judged yet.
    Judging,
    /// Revealed with a valid argument: a bid is ranked, a reserve binds.
    Ranked,
    /// Revealed, and closed as invalid.
    Invalid,
}

impl Replay {
    /// **C1** to **C7**.
    pub(crate) fn commit(&mut self, bidder: PartyKey, body: CommitBody) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let terms = &facts.terms;
        let index = self.commit_lot(&body)?;
        let (Some(lot), Some(state)) = (terms.lots.get(index), self.lots.get(index)) else {
            return Err(NO_LOT);
        };
        let docket = &mut self.docket;
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
            format!("the bidder has a commit for lot {index} already")
        })?;
        let most = usize::try_from(terms.max_bids_per_lot).unwrap_or(usize::MAX);
        docket.require(Check::CommitRoom, state.commits.len() < most, || {
            format!("lot {index} has its {most} commits already")
        })?;
        self.commit_stake(&bidder, facts.commit_stake())?;
        let commit = self.committed(lot, bidder, body)?;

        let state = self.lots.get_mut(index).ok_or(NO_LOT)?;
        state.by_bidder.insert(bidder, state.commits.len());
        state.commits.push(commit);
        let stakes = terms.stakes;
        self.money(|ledger| {
            ledger.lock(bidder, stakes.deposit)?;
            ledger.charge(bidder, stakes.commit_fee)?;
            ledger.receive(stakes.fallback, stakes.commit_fee)
        })
    }

    /// **C1**, **C3**, **C5** to **C7**: the price below which a lot does not trade. There is no fee.
    pub(crate) fn commit_reserve(
        &mut self,
        seller: PartyKey,
        body: CommitBody,
    ) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let index = self.commit_lot(&body)?;
        let (Some(lot), Some(state)) = (facts.terms.lots.get(index), self.lots.get(index)) else {
            return Err(NO_LOT);
        };
        let first = state.reserve.is_none();
        self.docket
            .require(Check::CommitOnce, first, || format!("lot {index} has a reserve already"))?;
        let deposit = facts.terms.stakes.deposit;
        self.commit_stake(&seller, deposit)?;
        let reserve = self.committed(lot, seller, body)?;
        self.lots.get_mut(index).ok_or(NO_LOT)?.reserve = Some(reserve);
        self.money(|ledger| ledger.lock(seller, deposit))
    }

    /// **C1**. Gives the lot's index.
    fn commit_lot(&mut self, body: &CommitBody) -> Result<usize, Stop> {
        let commit = &body.commit;
        let index = usize::try_from(commit.lot).unwrap_or(usize::MAX);
        let lots = self.lots.len();
        self.docket.require(Check::CommitLot, index < lots && commit.round == 0, || {
            format!(
                "a commit must name a lot below {lots} and round 0 and names lot {} and round {}",
                commit.lot, commit.round
            )
        })?;
        Ok(index)
    }

    /// **C5**.
    fn commit_stake(&mut self, party: &PartyKey, stake: u64) -> Result<(), Stop> {
        let available = self.ledger.available(party);
        self.docket.require(Check::CommitStake, available >= stake, || {
            format!("the bidder must have {stake} available and has {available}")
        })
    }

    /// **C6** and **C7**: an open commit.
    fn committed(
        &mut self,
        lot: &Lot,
        bidder: PartyKey,
        body: CommitBody,
    ) -> Result<CommitState, Stop> {
        let CommitBody { commit, point } = body;
        let docket = &mut self.docket;
        let Some(point) = point else {
            let sentence = "the commitment is not a canonical encoding".into();
            return Err(docket.refuse(Check::CommitRange, sentence));
        };
        let bid = BidId { lot: commit.lot, round: commit.round, bidder };
        docket.defer(
            Check::CommitRange,
            Task::Range {
                context: Context::bid(self.facts.auction, &bid),
                rungs: lot.ladder.rungs,
                commitment: commit.commitment,
                point,
                proof: commit.range_proof,
            },
        );
        // Reserves among them: a reserve's commitment is one of the auction's like any other.
        let distinct = self.commitments.insert(commit.commitment);
        docket.require(Check::CommitDistinct, distinct, || {
            format!("another commit of the auction has {}", commit.commitment)
        })?;
        self.open_commits = self.open_commits.saturating_add(1);
        Ok(CommitState {
            bidder,
            commitment: commit.commitment,
            point,
            seal: commit.seal,
            status: Status::Open,
            ladder: Vec::new(),
            contribution: None,
        })
    }
}

const NO_LOT: Stop = Stop::Internal("a lot of the terms has no state");
