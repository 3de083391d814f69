//! Reserves and bids, committed (section 8; **C1** to **C8**).

use std::sync::Arc;

use talea_protocol::{bytes::PartyKey, check::Check, commitment::BidId, terms::Lot};

use super::{
    Replay,
    bid::{CommitState, Status},
};
use crate::{
    docket::Task, failure::Stop, fiat_shamir::Context, group::Element, intake::CommitBody,
};

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
                "the bidder is not on the admission list".into()
            }
        })?;
        let round = self.round.number;
        let first = state.named(round, &bidder, &terms.seller).is_none();
        docket.require(Check::CommitOnce, first, || {
            format!("the bidder already has a commit for lot {index} and round {round}")
        })?;
        if round > 0 {
            return self.commit_update(index, lot, bidder, body);
        }
        let most = usize::try_from(terms.max_bids_per_lot).unwrap_or(usize::MAX);
        docket.require(Check::CommitRoom, state.commits.len() < most, || {
            format!("lot {index} already has {most} commits, as many as it takes")
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
        let active = self.lot(index)?.active_commitment(&bidder);
        self.docket.require(Check::CommitActive, active.is_some(), || {
            format!("the bidder has no active bid on lot {index}")
        })?;
        let (at, active) = active.ok_or(NO_LOT)?;
        let update = self.committed(lot, bidder, body, Some(active))?;
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
            .require(Check::CommitOnce, first, || format!("lot {index} already has a reserve"))?;
        let deposit = facts.terms.stakes.deposit;
        self.commit_stake(&seller, deposit)?;
        let reserve = self.committed(lot, seller, body, None)?;
        self.lots.get_mut(index).ok_or(NO_LOT)?.reserve = Some(reserve);
        self.money(|ledger| ledger.lock(seller, deposit))
    }

    /// **C1**. Gives the lot's index.
    fn commit_lot(&mut self, body: &CommitBody) -> Result<usize, Stop> {
        let index = usize::try_from(body.lot).unwrap_or(usize::MAX);
        let (lots, round) = (self.lots.len(), self.round.number);
        let undecided = self.lots.get(index).map(|lot| lot.ending.is_none());
        let named = undecided == Some(true) && body.round == round;
        self.docket.require(Check::CommitLot, named, || match undecided {
            Some(false) => format!("lot {index} is decided"),
            Some(true) | None => format!(
                "a commit must name a lot below {lots} and round {round} and names lot {} and \
                 round {}",
                body.lot, body.round
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

    /// **C6** and **C7**: an open commit, which in a later round must not be below the `active` one.
    fn committed(
        &mut self,
        lot: &Lot,
        bidder: PartyKey,
        body: CommitBody,
        active: Option<Element>,
    ) -> Result<CommitState, Stop> {
        let CommitBody { lot: index, round, seal, decoded } = body;
        let bid = BidId { lot: index, round, bidder };
        let key = Arc::clone(&self.committee()?.key);
        let docket = &mut self.docket;
        let post = decoded.map_err(|error| docket.refuse(Check::CommitRange, error.to_string()))?;
        let commitment = post.commitment;
        docket.defer(
            Check::CommitRange,
            Task::Range {
                context: Context::bid(self.facts.auction, &bid),
                key,
                levels: lot.grid.levels,
                active,
                post,
            },
        );
        // Reserves among them: a reserve's commitment is one of the auction's like any other.
        let distinct = self.commitments.insert(commitment.wire);
        docket.require(Check::CommitDistinct, distinct, || {
            format!("commitment {} was committed before in this auction", commitment.wire)
        })?;
        self.open_commits = self.open_commits.saturating_add(1);
        Ok(CommitState {
            bidder,
            commitment,
            seal,
            status: Status::Open,
            unary: None,
            contribution: None,
            in_default: false,
        })
    }
}

const NO_LOT: Stop = Stop::Internal("a lot of the terms has no state");
