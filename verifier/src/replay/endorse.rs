//! Keyholders' word for the transcript so far (section 10; **K1**, **K2**).

use std::collections::{BTreeMap, BTreeSet};

use talea_protocol::{
    bytes::Digest,
    check::Check,
    commitment::BidId,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    ranking::Endorsement,
};

use super::{Phase, Replay, commit::Status};
use crate::failure::Stop;

/// What was endorsed by whom.
#[derive(Debug, Default)]
pub(crate) struct Endorsing {
    /// The head at the close of reveals.
    pub(crate) head: Digest,
    endorsed: BTreeSet<KeyholderId>,
    /// How many accepted endorsements of each group attest a bid.
    attested: BTreeMap<BidId, BTreeMap<u16, usize>>,
}

impl Endorsing {
    fn of_group(&self, group: u16) -> usize {
        self.endorsed.iter().filter(|id| id.group == group).count()
    }
}

impl Replay {
    /// Reveals has closed: at `slot`, with `head`.
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
        let wanted = self
            .committee()?
            .groups
            .get(usize::from(id.group))
            .map_or(0, |seats| seats.endorsements);
        let again = self.endorsing.endorsed.contains(&id);
        let has = self.endorsing.of_group(id.group);
        self.docket.require(Check::EndorseOnce, !again && has < wanted, || {
            if again {
                format!("{id} has endorsed already")
            } else {
                format!("group {} has its {wanted} endorsements already", id.group)
            }
        })?;
        self.endorsing.endorsed.insert(id);
        for bid in endorsement.attested.into_inner() {
            let of_group = self.endorsing.attested.entry(bid).or_default();
            let count = of_group.entry(id.group).or_default();
            *count = count.saturating_add(1);
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
            return Some(format!(
                "the head at the close of reveals is {head} and the endorsed one {}",
                endorsement.head
            ));
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
                     revealed nor a standing bid without a commit in it"
                ));
            }
        }
        None
    }

    /// Never revealed; or, in a later round, nothing was committed for a bid that stands.
    fn is_missing(&self, bid: &BidId) -> bool {
        let BidId { lot, round, bidder } = bid;
        let lot = usize::try_from(*lot).ok().and_then(|lot| self.lots.get(lot));
        let Some(lot) = lot.filter(|lot| lot.ending.is_none() && *round == self.round.number)
        else {
            return false;
        };
        match lot.named(*round, bidder, &self.facts.terms.seller) {
            Some(commit) => lot.at(commit).is_some_and(|commit| commit.status == Status::Open),
            // In round 0 nothing stands.
            None => *round > 0 && lot.standing(bidder).is_some(),
        }
    }

    /// In at least one group, at least `threshold` accepted endorsements attest the bid.
    pub(crate) fn is_attested(&self, bid: &BidId) -> bool {
        let Some(of_group) = self.endorsing.attested.get(bid) else {
            return false;
        };
        (0u16..).zip(self.facts.terms.quorum.iter()).any(|(g, group)| {
            let count = of_group.get(&g).copied().unwrap_or(0);
            count >= usize::from(group.threshold)
        })
    }

    /// After an accepted endorsement at `slot`: if it was the last, surveys or rankings start.
    pub(crate) fn endorsed(&mut self, slot: u64) -> Result<(), Stop> {
        let complete = self
            .committee()?
            .seats()
            .all(|(g, seats)| self.endorsing.of_group(g) >= seats.endorsements);
        if !complete {
            return Ok(());
        }
        self.settle_round()?;
        self.phase = Phase::Ranking;
        let surveys = self.begins_with_surveys(slot);
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
        self.end_surveys()
    }

    /// The deadline passed before every group endorsed.
    pub(crate) fn endorsing_timed_out(&mut self) -> Result<(), Stop> {
        self.settle_round()?;
        let committee = self.committee()?;
        let late: BTreeSet<KeyholderId> = committee
            .keyholders()
            .filter(|id| {
                let seats = committee.groups.get(usize::from(id.group));
                let wanted = seats.map_or(0, |seats| seats.endorsements);
                self.endorsing.of_group(id.group) < wanted && !self.endorsing.endorsed.contains(id)
            })
            .collect();
        for lot in 0..self.lots.len() {
            let state = self.lot_mut(lot)?;
            if state.ending.is_some() {
                continue;
            }
            state.out.extend(&late);
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
