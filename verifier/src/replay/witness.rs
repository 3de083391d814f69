//! What keyholders say of what the transcript does not show (section 10, Witnesses; **K14**, **K15**).
//!
//! Two kinds of statements: an endorsement *attests* bids that are missing, a vouch names keyholders
//! whose posts are. Both count alike, group by group, and neither changes what is ranked by whom:
//! an attested bid costs no deposit, an excused keyholder no bond.

use std::collections::{BTreeMap, BTreeSet};

use talea_protocol::{
    check::Check,
    commitment::BidId,
    quorum::{Group, KeyholderId},
    ranking::{Duty, Vouch},
};

use super::{Phase, Replay, rank::Ranking};
use crate::failure::Stop;

/// The statements since the close of reveals.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    /// How many accepted endorsements of each group attest a bid, its own bidder's not among them.
    attested: BTreeMap<BidId, BTreeMap<u16, usize>>,
    /// The vouches, by duty.
    vouched: BTreeMap<Duty, BTreeMap<KeyholderId, BTreeSet<KeyholderId>>>,
}

impl Statements {
    /// An accepted endorsement of a member of this group attests the bid.
    pub(crate) fn attest(&mut self, bid: BidId, group: u16) {
        let count = self.attested.entry(bid).or_default().entry(group).or_default();
        *count = count.saturating_add(1);
    }

    /// No keyholder can be excluded for these duties any more.
    pub(crate) fn forget(&mut self, is_over: impl Fn(&Duty) -> bool) {
        self.vouched.retain(|duty, _| !is_over(duty));
    }

    fn has_vouched(&self, duty: &Duty, heard: KeyholderId, who: KeyholderId) -> bool {
        let of_duty = self.vouched.get(duty).and_then(|of_duty| of_duty.get(&heard));
        of_duty.is_some_and(|vouchers| vouchers.contains(&who))
    }
}

/// Whether something of a party's is confirmed, given how many keyholders of each group there are besides
/// the party, and how many statements of theirs for it: every witness group that counts has `threshold`,
/// and one counts.
fn is_confirmed(
    quorum: &[Group],
    others: impl Fn(u16) -> usize,
    statements: impl Fn(u16) -> usize,
) -> bool {
    let mut counts = false;
    for (g, group) in (0u16..).zip(quorum).filter(|(_, group)| group.is_witness) {
        let threshold = usize::from(group.threshold);
        // Nobody is a witness in its own cause.
        if others(g) < threshold {
            continue;
        }
        if statements(g) < threshold {
            return false;
        }
        counts = true;
    }
    counts
}

impl Replay {
    /// Whether endorsements confirm a missing bid.
    pub(crate) fn is_attested(&self, bid: &BidId) -> bool {
        let Some(of_group) = self.endorsing.said.attested.get(bid) else {
            return false;
        };
        let bidder = self.facts.keyholders.get(&bid.bidder).copied();
        let statements = |group| of_group.get(&group).copied().unwrap_or(0);
        is_confirmed(&self.facts.terms.quorum, |g| self.others(g, bidder), statements)
    }

    /// How many keyholders a group has besides this one.
    fn others(&self, group: u16, party: Option<KeyholderId>) -> usize {
        let all = self.committee.iter().flat_map(|committee| committee.keyholders());
        all.filter(|id| id.group == group && Some(*id) != party).count()
    }

    /// Of the keyholders that the deadline of a duty excludes, those not excused.
    pub(crate) fn not_excused(
        &self,
        duty: &Duty,
        late: &BTreeSet<KeyholderId>,
    ) -> BTreeSet<KeyholderId> {
        late.iter().filter(|id| !self.is_excused(duty, **id)).copied().collect()
    }

    /// Whether vouches confirm what a keyholder had to post on a duty.
    fn is_excused(&self, duty: &Duty, id: KeyholderId) -> bool {
        let of_duty = self.endorsing.said.vouched.get(duty);
        let Some(vouchers) = of_duty.and_then(|of_duty| of_duty.get(&id)) else {
            return false;
        };
        let statements = |group| vouchers.iter().filter(|who| who.group == group).count();
        is_confirmed(&self.facts.terms.quorum, |g| self.others(g, Some(id)), statements)
    }

    /// **K14** and **K15**.
    pub(crate) fn vouch(&mut self, id: KeyholderId, vouch: Vouch) -> Result<(), Stop> {
        let fault = self.vouch_fault(id, &vouch)?;
        self.docket.require(Check::VouchDue, fault.is_none(), || fault.unwrap_or_default())?;
        let Vouch { duty, heard, .. } = vouch;
        let said = &mut self.endorsing.said;
        let again = heard.iter().find(|heard| said.has_vouched(&duty, **heard, id));
        self.docket.require(Check::VouchOnce, again.is_none(), || {
            let again = again.map(ToString::to_string).unwrap_or_default();
            format!("{id} has already vouched for {again}")
        })?;
        let of_duty = said.vouched.entry(duty).or_default();
        for heard in heard.into_inner() {
            of_duty.entry(heard).or_default().insert(id);
        }
        Ok(())
    }

    /// **K14**: what is wrong, if something is.
    fn vouch_fault(&self, id: KeyholderId, vouch: &Vouch) -> Result<Option<String>, Stop> {
        let Vouch { round, head, duty, heard } = vouch;
        let (now, close) = (self.round.number, self.endorsing.head);
        if *round != now {
            return Ok(Some(format!("the round must be {now} and is {round}")));
        }
        if *head != close {
            return Ok(Some(format!("the head must be {close} and is {head}")));
        }
        if heard.is_empty() {
            return Ok(Some("a vouch must name at least one keyholder".into()));
        }
        if let Some(at) = heard.windows(2).position(|pair| matches!(pair, [a, b] if a >= b)) {
            let at = at.saturating_add(1);
            return Ok(Some(format!("keyholder {at} of the list must be above the one before it")));
        }
        if heard.contains(&id) {
            return Ok(Some(format!("{id} vouches for itself")));
        }
        let due = self.due_now(duty)?;
        let idle = heard.iter().find(|heard| !due.contains(heard));
        Ok(idle.map(|idle| format!("{idle} would not be excluded if the deadline passed now")))
    }

    /// Who would be excluded if the deadline of this duty passed now.
    fn due_now(&self, duty: &Duty) -> Result<BTreeSet<KeyholderId>, Stop> {
        match (duty, self.phase) {
            (Duty::Endorsement, Phase::Endorsing { .. }) => self.not_endorsed(),
            (Duty::Chunk { lot, step, chunk }, Phase::Ranking) => {
                let lot = usize::try_from(*lot).ok().and_then(|lot| self.lots.get(lot));
                let Some(lot) = lot else {
                    return Ok(BTreeSet::new());
                };
                let ranking = lot.ranking.as_ref().filter(|ranking| ranking.step.number == *step);
                let committee = self.committee()?;
                let chunk = usize::try_from(*chunk).unwrap_or(usize::MAX);
                let late = ranking.map(|Ranking { step, .. }| {
                    let waits = step.incomplete().filter(|at| *at == chunk);
                    step.late(&committee, &lot.excluded, waits)
                });
                Ok(late.unwrap_or_default())
            }
            (Duty::Endorsement | Duty::Chunk { .. }, _) => Ok(BTreeSet::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{List, PartyKey, Point, Text},
        quorum::Member,
    };

    /// Groups of threshold, members, and whether they are witnesses.
    fn quorum(groups: &[(u16, u8, bool)]) -> Vec<Group> {
        (0u8..)
            .zip(groups)
            .map(|(g, (threshold, members, is_witness))| Group {
                name: Text::new("group").unwrap(),
                threshold: *threshold,
                endorsements: *threshold,
                is_witness: *is_witness,
                members: List::new(
                    (1..=*members)
                        .map(|m| Member { signing: member(g, m), encryption: Point::IDENTITY })
                        .collect(),
                )
                .unwrap(),
            })
            .collect()
    }

    fn member(g: u8, m: u8) -> PartyKey {
        let mut key = [0; 32];
        (key[0], key[1]) = (g, m);
        PartyKey(key)
    }

    fn confirmed(groups: &[(u16, u8, bool)], party: PartyKey, statements: &[usize]) -> bool {
        let quorum = quorum(groups);
        let others = |g: u16| {
            let members = quorum[usize::from(g)].members.iter();
            members.filter(|member| member.signing != party).count()
        };
        is_confirmed(&quorum, others, |g| statements[usize::from(g)])
    }

    const STRANGER: PartyKey = PartyKey([9; 32]);

    #[test]
    fn every_group_that_counts_must_say_so() {
        let both = [(2, 3, true), (1, 2, true)];
        assert!(confirmed(&both, STRANGER, &[2, 1]));
        assert!(confirmed(&both, STRANGER, &[3, 2]));
        assert!(!confirmed(&both, STRANGER, &[1, 2]));
        assert!(!confirmed(&both, STRANGER, &[3, 0]));
        // What is no witness is not asked, and does not help.
        let first = [(2, 3, true), (1, 2, false)];
        assert!(confirmed(&first, STRANGER, &[2, 0]));
        assert!(!confirmed(&first, STRANGER, &[1, 2]));
    }

    #[test]
    fn without_a_witness_nothing_is_confirmed() {
        assert!(!confirmed(&[(1, 3, false)], STRANGER, &[3]));
        assert!(!confirmed(&[], STRANGER, &[]));
    }

    #[test]
    fn a_group_that_cannot_do_without_the_party_does_not_count() {
        // The party sits in the first group, which without it has fewer than its threshold.
        let groups = [(2, 2, true), (1, 1, true)];
        assert!(confirmed(&groups, member(0, 1), &[0, 1]));
        assert!(!confirmed(&groups, member(0, 1), &[2, 0]));
        assert!(!confirmed(&groups, member(1, 1), &[1, 1]));
        assert!(confirmed(&groups, member(1, 1), &[2, 0]));
        // Alone in the only witness.
        assert!(!confirmed(&[(1, 1, true), (2, 3, false)], member(0, 1), &[1, 3]));
        // With a member to spare the group counts.
        assert!(!confirmed(&[(2, 3, true), (1, 1, true)], member(0, 1), &[1, 1]));
        assert!(confirmed(&[(2, 3, true), (1, 1, true)], member(0, 1), &[2, 1]));
    }
}
