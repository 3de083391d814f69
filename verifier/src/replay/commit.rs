//! Reserves and bids, committed (section 8; **C1** to **C8**).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point},
    check::Check,
    commitment::BidId,
    limits::MAX_ROUNDS,
    outcome::{Disclosed, Ending, Quote, Survey},
    quorum::KeyholderId,
    sealed_bid::Contribution,
    terms::Lot,
};

use super::{
    Replay,
    decide::Waiting,
    rank::{Ranking, ladder::Ladder},
};
use crate::{
    docket::Task, failure::Stop, fiat_shamir::Context, intake::CommitBody, proofs::range::Former,
};

/// One lot.
#[derive(Debug, Default)]
pub(crate) struct LotState {
    /// As they were accepted in round 0; later on the bids that stand.
    pub(crate) commits: Vec<CommitState>,
    pub(crate) by_bidder: BTreeMap<PartyKey, usize>,
    /// Of a later round while it lasts: by the place of the bids that they are to replace.
    pub(crate) updates: BTreeMap<usize, CommitState>,
    /// The seller's; no commit of the lot's.
    pub(crate) reserve: Option<CommitState>,
    /// Keyholders who are out of this lot.
    pub(crate) out: BTreeSet<KeyholderId>,
    /// Of these, whom a deadline put out that was not excused.
    pub(crate) at_fault: BTreeSet<KeyholderId>,
    /// Being surveyed or ranked.
    pub(crate) ranking: Option<Ranking>,
    /// What the surveys showed, round by round.
    pub(crate) surveys: Vec<Survey>,
    /// Steps of this round that are complete, when its survey is.
    pub(crate) steps: u32,
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

    /// The commit of a round that a bid of this lot names; of the seller, the reserve, which is of
    /// round 0.
    pub(crate) fn named(&self, round: u32, bidder: &PartyKey, seller: &PartyKey) -> Option<Named> {
        if bidder == seller {
            return self.reserve.as_ref().filter(|_| round == 0).map(|_| Named::Reserve);
        }
        let at = self.by_bidder.get(bidder).copied()?;
        if round == 0 {
            return Some(Named::Commit(at));
        }
        self.updates.contains_key(&at).then_some(Named::Update(at))
    }

    pub(crate) fn at(&self, named: Named) -> Option<&CommitState> {
        match named {
            Named::Commit(at) => self.commits.get(at),
            Named::Update(at) => self.updates.get(&at),
            Named::Reserve => self.reserve.as_ref(),
        }
    }

    pub(crate) fn at_mut(&mut self, named: Named) -> Option<&mut CommitState> {
        match named {
            Named::Commit(at) => self.commits.get_mut(at),
            Named::Update(at) => self.updates.get_mut(&at),
            Named::Reserve => self.reserve.as_mut(),
        }
    }

    /// The slot whose passing changes something about the lot while it is undecided.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let ranking = self.ranking.as_ref().and_then(|ranking| ranking.step.deadline());
        ranking.or(self.waiting.as_ref().map(|waiting| waiting.deadline))
    }

    /// What was disclosed of the lot.
    pub(crate) fn disclosed(&self) -> Disclosed {
        let surveys: Vec<Survey> = self.surveys.iter().take(MAX_ROUNDS).cloned().collect();
        Disclosed { surveys: List::new(surveys).unwrap_or_default(), ..self.disclosed.clone() }
    }

    /// The place in commit order of a bidder's bid that stands.
    pub(crate) fn standing(&self, bidder: &PartyKey) -> Option<(usize, Former)> {
        let at = self.by_bidder.get(bidder).copied()?;
        let commit = self.commits.get(at).filter(|commit| commit.status == Status::Ranked)?;
        Some((at, Former { commitment: commit.commitment, point: commit.point }))
    }
}

/// A commit of a lot, or its reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Commit(usize),
    Update(usize),
    Reserve,
}

/// One commit, an update of it, or a reserve.
#[derive(Debug)]
pub(crate) struct CommitState {
    pub(crate) bidder: PartyKey,
    pub(crate) commitment: Point,
    pub(crate) point: RistrettoPoint,
    pub(crate) seal: Digest,
    pub(crate) status: Status,
    /// Of a ranked bid, until its lot is ranked: `U[t][j]`, digit by digit.
    pub(crate) ladder: Arc<Ladder>,
    /// Of a bid ranked in round 0, where ties go by lottery; its updates bring none.
    pub(crate) contribution: Option<Contribution>,
    /// A standing bid that its bidder failed to bid again in some round: its deposit is lost.
    pub(crate) in_default: bool,
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
    /// Never revealed, and not attested.
    Unrevealed,
    /// Never revealed, but attested.
    Attested,
}

impl Replay {
    /// **C1** to **C8**.
    pub(crate) fn commit(&mut self, bidder: PartyKey, body: CommitBody) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let terms = &facts.terms;
        let index = self.commit_lot(&body)?;
        let (Some(lot), Some(state)) = (terms.lots.get(index), self.lots.get(index)) else {
            return Err(NO_LOT);
        };
        let docket = &mut self.docket;
        let excluded = [terms.seller, terms.custodian].contains(&bidder)
            || terms.stakes.beneficiary == Some(bidder);
        let admitted = !excluded && facts.is_listed(&bidder);
        docket.require(Check::CommitAdmission, admitted, || {
            if excluded {
                "the bidder is the seller, the custodian or the beneficiary".into()
            } else {
                "the bidder is not on the list of the admitted".into()
            }
        })?;
        let round = self.round.number;
        let first = state.named(round, &bidder, &terms.seller).is_none();
        docket.require(Check::CommitOnce, first, || {
            format!("the bidder has a commit for lot {index} and round {round} already")
        })?;
        if round > 0 {
            return self.commit_update(index, lot, bidder, body);
        }
        let most = usize::try_from(terms.max_bids_per_lot).unwrap_or(usize::MAX);
        docket.require(Check::CommitRoom, state.commits.len() < most, || {
            format!("lot {index} has its {most} commits already")
        })?;
        let deposit = terms.stakes.deposit;
        let fee = facts.commit_fee(state.commits.len());
        self.commit_stake(&bidder, deposit.saturating_add(fee))?;
        let commit = self.committed(lot, bidder, body, None)?;

        let state = self.lots.get_mut(index).ok_or(NO_LOT)?;
        state.by_bidder.insert(bidder, state.commits.len());
        state.commits.push(commit);
        self.money(|ledger| {
            ledger.lock(bidder, deposit)?;
            ledger.charge(bidder, fee)
        })
    }

    /// **C8**, **C6** and **C7**: a bid of a later round, which takes no deposit, no fee and no room.
    fn commit_update(
        &mut self,
        index: usize,
        lot: &Lot,
        bidder: PartyKey,
        body: CommitBody,
    ) -> Result<(), Stop> {
        let standing = self.lot(index)?.standing(&bidder);
        self.docket.require(Check::CommitStanding, standing.is_some(), || {
            format!("the bidder has no standing bid on lot {index}")
        })?;
        let (at, former) = standing.ok_or(NO_LOT)?;
        let update = self.committed(lot, bidder, body, Some(former))?;
        self.lot_mut(index)?.updates.insert(at, update);
        Ok(())
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
        let reserve = self.committed(lot, seller, body, None)?;
        self.lots.get_mut(index).ok_or(NO_LOT)?.reserve = Some(reserve);
        self.money(|ledger| ledger.lock(seller, deposit))
    }

    /// **C1**. Gives the lot's index.
    fn commit_lot(&mut self, body: &CommitBody) -> Result<usize, Stop> {
        let commit = &body.commit;
        let index = usize::try_from(commit.lot).unwrap_or(usize::MAX);
        let (lots, round) = (self.lots.len(), self.round.number);
        let undecided = self.lots.get(index).map(|lot| lot.ending.is_none());
        let named = undecided == Some(true) && commit.round == round;
        self.docket.require(Check::CommitLot, named, || match undecided {
            Some(false) => format!("lot {index} is decided"),
            Some(true) | None => format!(
                "a commit must name a lot below {lots} and round {round} and names lot {} and \
                 round {}",
                commit.lot, commit.round
            ),
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

    /// **C6** and **C7**: an open commit, which in a later round must not be below the `former` one.
    fn committed(
        &mut self,
        lot: &Lot,
        bidder: PartyKey,
        body: CommitBody,
        former: Option<Former>,
    ) -> Result<CommitState, Stop> {
        let CommitBody { commit, point } = body;
        let key = Arc::clone(&self.committee()?.key);
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
                key,
                rungs: lot.ladder.rungs,
                commitment: commit.commitment,
                point,
                former,
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
            ladder: Arc::default(),
            contribution: None,
            in_default: false,
        })
    }
}

const NO_LOT: Stop = Stop::Internal("a lot of the terms has no state");
