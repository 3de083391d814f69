//! Commits, and the seller's reserves. Section 8.

use super::state::{State, line, require_seller};
use crate::{
    ahead::Verified,
    bids::{CommittedBid, Ground},
    proofs::range,
    refusal::{Fault, Refusal, require},
    setting::Setting,
};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    commitment::{Commit, CurveCommit},
    terms::Lot,
};

impl State {
    pub(super) fn commit(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        commit: &Commit,
        ahead: Option<&Verified>,
    ) -> Result<(), Refusal> {
        let committed = self.check_commit(setting, signer, commit, ahead)?;
        self.keep_commit(setting, commit.lot, committed);
        Ok(())
    }

    pub(super) fn commit_curve(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        commit: &CurveCommit,
    ) -> Result<(), Refusal> {
        let committed = self.check_commit_curve(setting, signer, commit)?;
        self.keep_commit(setting, commit.lot, committed);
        Ok(())
    }

    fn keep_commit(&mut self, setting: &Setting, lot: u32, committed: CommittedBid) {
        let bidder = committed.bidder;
        let stakes = &setting.terms.stakes;
        let fee = stakes.fee(self.lots.bids.count(lot).into());
        self.lots.bids.keep(&mut self.seen, lot, committed);
        self.core.open = self.core.open.saturating_add(1);
        if self.core.round.number == 0 {
            self.ledger.lock(bidder, stakes.deposit);
            self.ledger.charge(bidder, fee, stakes);
        }
    }

    /// C1 to C9 of a curve's commit.
    pub(super) fn check_commit_curve(
        &self,
        setting: &Setting,
        bidder: PartyKey,
        commit: &CurveCommit,
    ) -> Result<CommittedBid, Refusal> {
        let (lot, ground) = self.ground(setting, (commit.lot, commit.round))?;
        let has_stake = self.has_stake(setting, bidder);
        self.lots.bids.check_curve(&ground, (lot, bidder), commit, has_stake)
    }

    /// C1 to C9.
    pub(super) fn check_commit(
        &self,
        setting: &Setting,
        bidder: PartyKey,
        commit: &Commit,
        ahead: Option<&Verified>,
    ) -> Result<CommittedBid, Refusal> {
        let (lot, ground) = self.ground(setting, (commit.lot, commit.round))?;
        let ground = Ground { ahead, ..ground };
        let has_stake = self.has_stake(setting, bidder);
        self.lots.bids.check(&ground, (lot, bidder), commit, has_stake)
    }

    /// What a commit claims, if nothing that is checked before the proof refuses it.
    pub(super) fn claim_of_commit<'a>(
        &self,
        setting: &Setting,
        bidder: PartyKey,
        commit: &'a Commit,
    ) -> Option<range::Claim<'a>> {
        let (lot, ground) = self.ground(setting, (commit.lot, commit.round)).ok()?;
        let has_stake = self.has_stake(setting, bidder);
        self.lots.bids.claim(&ground, (lot, bidder), commit, has_stake)
    }

    /// C5, given the number of commits on the lot.
    fn has_stake(
        &self,
        setting: &Setting,
        bidder: PartyKey,
    ) -> impl FnOnce(u64) -> Result<(), Refusal> {
        let stakes = &setting.terms.stakes;
        move |commits| {
            // T5 bounds the sum.
            let stake = stakes.deposit.saturating_add(stakes.fee(commits));
            self.ledger.require(bidder, stake, Check::CommitStake)
        }
    }

    pub(super) fn reserve(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        commit: &Commit,
    ) -> Result<(), Refusal> {
        require_seller(setting, signer)?;
        let (lot, ground) = self.ground(setting, (commit.lot, commit.round))?;
        let deposit = setting.terms.stakes.deposit;
        let has_stake = || self.ledger.require(signer, deposit, Check::CommitStake);
        let bids = &self.lots.bids;
        let committed = bids.check_reserve(&ground, (lot, signer), commit, has_stake)?;
        self.lots.bids.keep_reserve(&mut self.seen, commit.lot, committed);
        self.core.open = self.core.open.saturating_add(1);
        self.ledger.lock(signer, deposit);
        Ok(())
    }

    /// C1: the lot that a commit or a reserve names, in the round that is open, and what it is checked
    /// against.
    pub(super) fn ground<'a>(
        &'a self,
        setting: &'a Setting,
        (lot, round): (u32, u32),
    ) -> Result<(&'a Lot, Ground<'a>), Refusal> {
        let unknown = |what| Fault::Unknown { what }.fails(Check::CommitLot);
        let line = line(setting, lot).ok_or(unknown("lot"))?;
        if round != self.core.round.number {
            return Err(unknown("round"));
        }
        let ended = Fault::Already { what: "the lot ended" };
        require(self.lots.undecided(lot).is_some(), Check::CommitLot, ended)?;
        // There is one from the end of the ceremony on.
        let quorum_key = self.ceremony.key().ok_or(unknown("quorum key"))?;
        Ok((line, Ground { setting, quorum_key, seen: &self.seen, ahead: None }))
    }
}
