//! Reserves and bids, committed (section 8; **C1** to **C9**).

use std::sync::Arc;

use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    commitment::BidId,
    mechanism::{Mechanism, Quantities},
    terms::Lot,
};

use super::{
    Replay,
    bid::{CommitState, Committed, CommittedCurve, Status},
    curve::{bidding_side, sealed_bits, step_numbers},
};
use crate::{
    docket::Task,
    failure::Stop,
    fiat_shamir::Context,
    group::Element,
    intake::{CommitBody, CurveBody, StepBody},
    proofs::{ProofError, range},
};

impl Replay {
    /// **C1** to **C9** of a bid of one level.
    pub(crate) fn commit(&mut self, bidder: PartyKey, body: CommitBody) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let index = self.commit_lot(body.lot, body.round)?;
        let is_level = facts.terms.mechanism.curve().is_none();
        self.docket.require(Check::CommitForm, is_level, || {
            "a bid must be a curve and is of one level".into()
        })?;
        self.commit_bidder(index, bidder)?;
        let lot = facts.lot(body.lot).ok_or(NO_LOT)?;
        if self.round.number > 0 {
            return self.commit_update(index, lot, bidder, body);
        }
        let fee = self.commit_place(index, bidder)?;
        let commit = self.committed(lot, bidder, body, None)?;
        self.take_commit(index, commit, fee)
    }

    /// The same of a curve, which is of round 0.
    pub(crate) fn commit_curve(&mut self, bidder: PartyKey, body: CurveBody) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let index = self.commit_lot(body.lot, body.round)?;
        let lot = facts.lot(body.lot).ok_or(NO_LOT)?;
        let fault = curve_fault(facts.terms.mechanism, lot, &body);
        self.docket.require(Check::CommitForm, fault.is_none(), || fault.unwrap_or_default())?;
        self.commit_bidder(index, bidder)?;
        let fee = self.commit_place(index, bidder)?;
        let commit = self.committed_curve(lot, bidder, body)?;
        self.take_commit(index, commit, fee)
    }

    /// **C2** and **C3**.
    fn commit_bidder(&mut self, index: usize, bidder: PartyKey) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let terms = &facts.terms;
        let excluded = [terms.seller, terms.custodian].contains(&bidder)
            || terms.stakes.beneficiary == Some(bidder);
        let admitted = !excluded && facts.is_listed(&bidder);
        self.docket.require(Check::CommitAdmission, admitted, || {
            if excluded {
                "the bidder is the seller, the custodian or the beneficiary".into()
            } else {
                "the bidder is not on the admission list".into()
            }
        })?;
        let round = self.round.number;
        let first = self.lot(index)?.named(round, &bidder, &terms.seller).is_none();
        self.docket.require(Check::CommitOnce, first, || {
            format!("the bidder already has a commit for lot {index} and round {round}")
        })
    }

    /// **C4** and **C5**. Gives the fee.
    fn commit_place(&mut self, index: usize, bidder: PartyKey) -> Result<u64, Stop> {
        let facts = Arc::clone(&self.facts);
        let most = usize::try_from(facts.terms.max_bids_per_lot).unwrap_or(usize::MAX);
        let commits = self.lot(index)?.commits.len();
        self.docket.require(Check::CommitRoom, commits < most, || {
            format!("lot {index} already has {most} commits, as many as it takes")
        })?;
        let fee = facts.commit_fee(commits);
        self.commit_stake(&bidder, facts.terms.stakes.deposit.saturating_add(fee))?;
        Ok(fee)
    }

    /// A commit of round 0 that passed every check.
    fn take_commit(&mut self, index: usize, commit: CommitState, fee: u64) -> Result<(), Stop> {
        let (bidder, deposit) = (commit.bidder, self.facts.terms.stakes.deposit);
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
        let index = self.commit_lot(body.lot, body.round)?;
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
    fn commit_lot(&mut self, named_lot: u32, named_round: u32) -> Result<usize, Stop> {
        let index = usize::try_from(named_lot).unwrap_or(usize::MAX);
        let (lots, round) = (self.lots.len(), self.round.number);
        let undecided = self.lots.get(index).map(|lot| lot.ending.is_none());
        let named = undecided == Some(true) && named_round == round;
        self.docket.require(Check::CommitLot, named, || match undecided {
            Some(false) => format!("lot {index} is decided"),
            Some(true) | None => format!(
                "a commit must name a lot below {lots} and round {round} and names lot {named_lot} and \
                 round {named_round}"
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
        let context = Context::bid(self.facts.auction, &bid);
        let commitment = self.commit_range(context, lot.grid.levels, active, decoded)?;
        self.commit_distinct(&commitment)?;
        Ok(self.open_commit(bidder, Committed::Level(commitment), seal))
    }

    /// **C6** of every step, and then **C7**.
    fn committed_curve(
        &mut self,
        lot: &Lot,
        bidder: PartyKey,
        body: CurveBody,
    ) -> Result<CommitState, Stop> {
        let CurveBody { lot: index, round, side, steps, seal } = body;
        let bid = BidId { lot: index, round, bidder };
        let bid = Context::bid(self.facts.auction, &bid);
        let numbers = step_numbers(lot.grid.levels, sealed_bits(self.facts.terms.mechanism));
        let numbers = u32::try_from(numbers)
            .map_err(|_| Stop::Internal("a step has more numbers than the terms allow"))?;
        let quantities = steps.iter().map(|step| step.quantity).collect();
        let mut commitments = Vec::with_capacity(steps.len());
        for (step, StepBody { decoded, .. }) in (0u32..).zip(steps) {
            let context = Context { step, ..bid };
            commitments.push(self.commit_range(context, numbers, None, decoded)?);
        }
        for commitment in &commitments {
            self.commit_distinct(commitment)?;
        }
        let curve = CommittedCurve { side, quantities, commitments };
        Ok(self.open_commit(bidder, Committed::Curve(Box::new(curve)), seal))
    }

    /// **C6** of a commitment to one of so many numbers.
    fn commit_range(
        &mut self,
        context: Context,
        levels: u32,
        active: Option<Element>,
        decoded: Result<Box<range::Decoded>, ProofError>,
    ) -> Result<Element, Stop> {
        let key = Arc::clone(&self.committee()?.key);
        let docket = &mut self.docket;
        let post = decoded.map_err(|error| docket.refuse(Check::CommitRange, error.to_string()))?;
        let commitment = post.commitment;
        docket.defer(Check::CommitRange, Task::Range { context, key, levels, active, post });
        Ok(commitment)
    }

    /// **C7**. Reserves count: a reserve's commitment is one of the auction's like any other.
    fn commit_distinct(&mut self, commitment: &Element) -> Result<(), Stop> {
        let distinct = self.commitments.insert(commitment.wire);
        self.docket.require(Check::CommitDistinct, distinct, || {
            format!("commitment {} was committed before in this auction", commitment.wire)
        })
    }

    fn open_commit(&mut self, bidder: PartyKey, committed: Committed, seal: Digest) -> CommitState {
        self.open_commits = self.open_commits.saturating_add(1);
        CommitState {
            bidder,
            committed,
            seal,
            status: Status::Open,
            unary: None,
            contribution: None,
            in_default: false,
        }
    }
}

/// **C9** of a curve: what is wrong with its form, if something is.
fn curve_fault(mechanism: Mechanism, lot: &Lot, body: &CurveBody) -> Option<String> {
    let Some(curve) = mechanism.curve() else {
        return Some("a bid must be of one level and is a curve".into());
    };
    let side = bidding_side(&lot.grid);
    if matches!(mechanism, Mechanism::Curves { .. }) && body.side != side {
        return Some(format!("the side must be {side:?} and is {:?}", body.side));
    }
    let (steps, most) = (body.steps.len(), usize::from(curve.steps));
    let quantities = || body.steps.iter().map(|step| step.quantity);
    match curve.quantities {
        Quantities::Public { most: units } => {
            let sum: u64 = quantities().map(u64::from).sum();
            if !(1..=most).contains(&steps) {
                Some(format!("a curve must have 1 ..= {most} steps and has {steps}"))
            } else if quantities().any(|quantity| quantity == 0) {
                Some("the quantity of each step must be at least 1 and one is 0".into())
            } else if sum > units.into() {
                Some(format!(
                    "the quantities of a bid must sum to at most {units} and sum to {sum}"
                ))
            } else {
                None
            }
        }
        Quantities::Sealed { .. } => {
            if steps != most {
                Some(format!("a curve must have {most} steps and has {steps}"))
            } else {
                let shown = quantities().find(|quantity| *quantity != 0)?;
                Some(format!("sealed quantities must be given as 0 and one is {shown}"))
            }
        }
    }
}

const NO_LOT: Stop = Stop::Internal("a lot of the terms has no state");
