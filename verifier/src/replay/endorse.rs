//! Keyholders' word for the transcript so far (section 10; **K1**, **K2**).

use std::collections::BTreeSet;

use talea_protocol::{
    bytes::Digest,
    check::Check,
    commitment::BidId,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    ranking::{Duty, Endorsement},
};

use super::{Phase, Replay, bid::Status, witness::Statements};
use crate::failure::Stop;

/// The endorsements, by keyholder.
#[derive(Debug, Default)]
pub(crate) struct Endorsing {
    /// The head at the close of reveals.
    pub(crate) head: Digest,
    endorsed: BTreeSet<KeyholderId>,
    /// What keyholders say of what the transcript does not show.
    pub(crate) said: Statements,
}

impl Endorsing {
    fn of_group(&self, group: u16) -> usize {
        self.endorsed.iter().filter(|id| id.group == group).count()
    }
}

impl Replay {
    /// Reveals has closed with `head`, by an instruction at `slot`: the completing one, or the one that
    /// passes the deadline.
    pub(crate) fn close_reveals(&mut self, slot: u64, head: Digest) -> Result<(), Stop> {
        // What is ranked depends on the arguments.
        self.judge_arguments()?;
        for lot in 0..self.lots.len() {
            // A reserve is not a commit of the lot's.
            let state = self.lot(lot)?;
            if state.commits.is_empty() && state.ending.is_none() {
                self.close_lot(lot, Ending::Unsold)?;
            }
        }
        if self.all_decided() {
            self.phase = Phase::Closed;
            return Ok(());
        }
        // What was not revealed by now is closed.
        self.open_commits = 0;
        self.endorsing = Endorsing { head, ..Endorsing::default() };
        let slots = self.facts.terms.schedule.endorse_slots;
        self.phase = Phase::Endorsing { deadline: slot.saturating_add(slots) };
        Ok(())
    }

    pub(crate) fn endorse(
        &mut self,
        id: KeyholderId,
        endorsement: Endorsement,
    ) -> Result<(), Stop> {
        let head = self.endorsing.head;
        let fault = self.endorsement_fault(&endorsement);
        self.docket.require(Check::EndorseHead, fault.is_none(), || {
            fault.unwrap_or_else(|| format!("the endorsed head must be {head}"))
        })?;
        let wanted =
            self.committee()?.groups.get(usize::from(id.group)).map_or(0, |seats| seats.wanted);
        let again = self.endorsing.endorsed.contains(&id);
        let has = self.endorsing.of_group(id.group);
        self.docket.require(Check::EndorseOnce, !again && has < wanted, || {
            if again {
                format!("{id} has already endorsed")
            } else {
                format!("group {} already has the {wanted} endorsements that it wants", id.group)
            }
        })?;
        self.endorsing.endorsed.insert(id);
        let own = self.facts.member(id).map(|member| member.signing);
        for bid in endorsement.attested.into_inner() {
            // Nobody is a witness in its own cause.
            if Some(bid.bidder) != own {
                self.endorsing.said.attest(bid, id.group);
            }
        }
        Ok(())
    }

    fn endorsement_fault(&self, endorsement: &Endorsement) -> Option<String> {
        let head = self.endorsing.head;
        let round = self.round.number;
        if endorsement.round != round {
            return Some(format!("the round must be {round} and is {}", endorsement.round));
        }
        if endorsement.head != head {
            return Some(format!("the endorsed head must be {head} and is {}", endorsement.head));
        }
        let mut before: Option<&BidId> = None;
        for (at, bid) in endorsement.attested.iter().enumerate() {
            if before.is_some_and(|before| before >= bid) {
                return Some(format!("attested bid {at} must be above the one before it"));
            }
            before = Some(bid);
            if !self.is_missing(bid) {
                return Some(format!(
                    "attested bid {at} names neither a commit of round {round} that was never \
                     revealed nor an active bid without a commit in it"
                ));
            }
        }
        None
    }

    /// Never revealed; or, in a later round, nothing was committed for an active bid.
    fn is_missing(&self, bid: &BidId) -> bool {
        let BidId { lot, round, bidder } = bid;
        let lot = usize::try_from(*lot).ok().and_then(|lot| self.lots.get(lot));
        let Some(lot) = lot.filter(|lot| lot.ending.is_none() && *round == self.round.number)
        else {
            return false;
        };
        match lot.named(*round, bidder, &self.facts.terms.seller) {
            Some(commit) => lot.at(commit).is_some_and(|commit| commit.status == Status::Open),
            // In round 0 no bid is active.
            None => *round > 0 && lot.active_commitment(bidder).is_some(),
        }
    }

    /// The keyholders that did not endorse, of the groups that want more endorsements.
    pub(crate) fn not_endorsed(&self) -> Result<BTreeSet<KeyholderId>, Stop> {
        let committee = self.committee()?;
        let short: BTreeSet<u16> = committee
            .seats()
            .filter(|(g, seats)| self.endorsing.of_group(*g) < seats.wanted)
            .map(|(g, _)| g)
            .collect();
        let late = committee
            .keyholders()
            .filter(|id| short.contains(&id.group) && !self.endorsing.endorsed.contains(id));
        Ok(late.collect())
    }

    /// After an accepted endorsement at `slot`: if it was the last, surveys or rankings start.
    pub(crate) fn endorsed(&mut self, slot: u64) -> Result<(), Stop> {
        let complete =
            self.committee()?.seats().all(|(g, seats)| self.endorsing.of_group(g) >= seats.wanted);
        if !complete {
            return Ok(());
        }
        self.settle_round()?;
        self.phase = Phase::Ranking;
        self.endorsing.said.forget(|duty| *duty == Duty::Endorsement);
        let surveys = self.begins_with_surveys();
        for lot in 0..self.lots.len() {
            if self.lot(lot)?.ending.is_some() {
                continue;
            }
            if self.lot(lot)?.count(Status::Ranked) == 0 {
                self.close_lot(lot, Ending::Unsold)?;
            } else if surveys {
                self.start_survey(lot, slot)?;
            } else {
                self.start_ranking(lot, slot)?;
            }
        }
        self.end_surveys(slot)
    }

    /// The deadline passed before every group endorsed.
    pub(crate) fn endorsing_timed_out(&mut self) -> Result<(), Stop> {
        self.settle_round()?;
        let late = self.not_endorsed()?;
        let at_fault = self.not_excused(&Duty::Endorsement, &late);
        for lot in 0..self.lots.len() {
            let state = self.lot_mut(lot)?;
            if state.ending.is_some() {
                continue;
            }
            state.excluded.extend(&late);
            state.at_fault.extend(&at_fault);
            let ending = if state.count(Status::Ranked) > 0 {
                Ending::Void(VoidCause::Endorsement)
            } else {
                Ending::Unsold
            };
            self.close_lot(lot, ending)?;
        }
        self.phase = Phase::Closed;
        Ok(())
    }
}
