//! The end of a lot and of its money (section 12).

use std::{collections::BTreeSet, sync::Arc};

use talea_protocol::{
    bytes::{List, PartyKey},
    check::Check,
    outcome::{Ending, LotResult, Outcome, ReserveResult},
    quorum::keyholders,
};

use super::{
    Phase, Replay,
    bid::Status,
    ledger::{Imbalance, Ledger},
    lot::LotState,
};
use crate::failure::Stop;

impl Replay {
    /// Moves money that the rules say is there.
    pub(crate) fn money(
        &mut self,
        movement: impl FnOnce(&mut Ledger) -> Result<(), Imbalance>,
    ) -> Result<(), Stop> {
        movement(&mut self.ledger)
            .map_err(|_| Stop::Internal("the ledger was asked to move what is not there"))
    }

    /// **M3**.
    pub(crate) fn balance(&mut self) -> Result<(), Stop> {
        match self.ledger.balance() {
            Ok(()) => {
                self.docket.pass(Check::LedgerBalance);
                Ok(())
            }
            Err(sentence) => Err(self.docket.refuse(Check::LedgerBalance, sentence)),
        }
    }

    /// Ends a lot, once, and sets its money free.
    pub(crate) fn close_lot(&mut self, lot: usize, ending: Ending) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let stakes = facts.terms.stakes;
        let mut state = std::mem::take(self.lot_mut(lot)?);
        if state.ending.is_some() {
            return Err(Stop::Internal("a lot ended twice"));
        }
        let winners: BTreeSet<PartyKey> = match &ending {
            Ending::Sold(award) => award.sales.iter().map(|sale| sale.winner).collect(),
            Ending::Cleared(clearing) => clearing
                .trades
                .iter()
                .filter(|trade| trade.better > 0 || trade.shared > 0)
                .map(|trade| trade.party)
                .collect(),
            Ending::Declined(_)
            | Ending::BelowReserve
            | Ending::Unsold
            | Ending::Void(_)
            | Ending::Halted
            | Ending::NoTrade(_)
            | Ending::OneSided
            | Ending::Surveyed(_)
            | Ending::TooFewAnswers => BTreeSet::new(),
        };
        let has_commits = !state.commits.is_empty();
        // 1. Deposits, in commit order, and then the reserve's, which no winner has.
        for commit in state.commits.iter_mut().chain(&mut state.reserve) {
            let bidder = commit.bidder;
            let deposit = stakes.deposit;
            match commit.status {
                // A reserve of a lot without bids.
                _ if !has_commits => self.money(|ledger| ledger.release(bidder, deposit))?,
                Status::Ranked if commit.in_default => {
                    self.money(|ledger| ledger.forfeit(bidder, deposit))?;
                }
                Status::Ranked if winners.contains(&bidder) => {
                    self.money(|ledger| ledger.settle(bidder, deposit))?;
                }
                Status::Ranked | Status::Attested => {
                    self.money(|ledger| ledger.release(bidder, deposit))?;
                }
                Status::Open | Status::Unrevealed | Status::Invalid => {
                    self.money(|ledger| ledger.forfeit(bidder, deposit))?;
                }
                Status::Judging => return Err(Stop::Internal("a lot ended before its judgement")),
            }
            commit.unary = None;
        }

        // 2. Bonds of this lot: of a void one those at fault lose theirs.
        let void = matches!(ending, Ending::Void(_));
        for (id, member) in keyholders(&facts.terms.quorum) {
            if !self.setup.dealt(id) {
                continue;
            }
            let at_fault = self.setup.is_at_fault(id) || state.at_fault.contains(&id);
            let party = member.signing;
            if void && at_fault {
                self.money(|ledger| ledger.forfeit(party, stakes.bond))?;
            } else {
                self.money(|ledger| ledger.release(party, stakes.bond))?;
            }
        }

        (state.ranking, state.waiting) = (None, None);
        state.updates.clear();
        state.ending = Some(ending);
        *self.lot_mut(lot)? = state;
        Ok(())
    }

    pub(crate) fn all_decided(&self) -> bool {
        self.lots.iter().all(|lot| lot.ending.is_some())
    }

    /// The auction is closed when every lot is decided.
    pub(crate) fn close_if_decided(&mut self) {
        if self.all_decided() {
            self.phase = Phase::Closed;
        }
    }

    /// Section 13. Nothing while a lot is undecided.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let lots = self
            .lots
            .iter()
            .map(|lot| {
                Some(LotResult {
                    commits: count(lot.commits.len()),
                    ranked: count(lot.count(Status::Ranked)),
                    invalid: count(lot.count(Status::Invalid)),
                    reserve: reserve(lot),
                    disclosed: lot.disclosed(),
                    ending: lot.ending.clone()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Outcome {
            auction: self.facts.auction,
            lots: List::new(lots).ok()?,
            accounts: self.ledger.accounts(),
        })
    }
}

/// What became of a lot's reserve, once the lot has ended.
pub(crate) fn reserve(lot: &LotState) -> ReserveResult {
    match (&lot.reserve, lot.opened_reserve) {
        (None, _) => ReserveResult::None,
        (Some(reserve), _) if reserve.status != Status::Ranked => ReserveResult::Lapsed,
        (Some(_), None) => ReserveResult::Sealed,
        (Some(_), Some(quote)) => ReserveResult::Opened(quote),
    }
}
