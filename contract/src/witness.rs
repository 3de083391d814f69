//! Who bears witness for what a board did not take. Section 10 of `docs/spec.md`, "Witnesses".

use crate::refusal::{Fault, Refusal, require};
use alloc::{collections::BTreeSet, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    check::Check,
    quorum::{KeyholderId, Quorum},
    ranking::Vouch,
};

/// Whether something of `subject`'s is confirmed, who may be a keyholder: in every group of witnesses that
/// counts for it a threshold of the others has stated it, and some group counts. A group that has fewer
/// keyholders than its threshold besides the subject does not count.
pub(crate) fn is_confirmed(
    quorum: &Quorum,
    keyholders: impl Iterator<Item = KeyholderId> + Clone,
    subject: Option<KeyholderId>,
    has_said_so: impl Fn(KeyholderId) -> bool,
) -> bool {
    let mut groups = (0u16..)
        .zip(quorum.iter())
        .filter(|(_, group)| group.is_witness)
        .filter_map(|(index, group)| {
            let threshold = usize::from(group.threshold);
            let others = keyholders.clone().filter(|id| id.group == index && Some(*id) != subject);
            (others.clone().count() >= threshold)
                .then(|| others.filter(|id| has_said_so(*id)).count() >= threshold)
        })
        .peekable();
    groups.peek().is_some() && groups.all(|has_enough| has_enough)
}

/// For whom keyholders vouched on one duty, each time with who did; ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Vouches(Vec<(KeyholderId, KeyholderId)>);

impl Vouches {
    /// The last clauses of K14, and K15, of a vouch for some of those who are late.
    pub(crate) fn check(
        &self,
        late: &BTreeSet<KeyholderId>,
        keyholder: KeyholderId,
        vouch: &Vouch,
    ) -> Result<(), Refusal> {
        let heard = &vouch.heard;
        let is_others = !heard.is_empty()
            && heard.is_sorted_by(|a, b| a < b)
            && !heard.contains(&keyholder)
            && heard.iter().all(|id| late.contains(id));
        let others = Fault::Broken {
            rule: "a vouch must list keyholders who are late, without its signer, in ascending order",
        };
        require(is_others, Check::VouchDue, others)?;
        let fresh = heard.iter().all(|id| !self.has(keyholder, *id));
        let twice = Fault::Already { what: "the keyholder vouched for one of them" };
        require(fresh, Check::VouchOnce, twice)
    }

    /// Takes a vouch that was checked.
    pub(crate) fn add(&mut self, keyholder: KeyholderId, vouch: &Vouch) {
        for id in vouch.heard.iter() {
            if let Err(at) = self.0.binary_search(&(*id, keyholder)) {
                self.0.insert(at, (*id, keyholder));
            }
        }
    }

    /// Whether `voucher` vouched for `heard`.
    fn has(&self, voucher: KeyholderId, heard: KeyholderId) -> bool {
        self.0.binary_search(&(heard, voucher)).is_ok()
    }

    /// Those of `late` whose posts are confirmed.
    pub(crate) fn excused(
        &self,
        quorum: &Quorum,
        keyholders: impl Iterator<Item = KeyholderId> + Clone,
        late: &BTreeSet<KeyholderId>,
    ) -> BTreeSet<KeyholderId> {
        let is_excused = |id: &&KeyholderId| {
            is_confirmed(quorum, keyholders.clone(), Some(**id), |witness| self.has(witness, **id))
        };
        late.iter().filter(is_excused).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{List, PartyKey, Point, Text},
        quorum::{Group, Member, keyholders},
    };

    /// Groups of so many members: threshold, members, whether they are witnesses.
    fn quorum(groups: &[(u16, u16, bool)]) -> Quorum {
        let groups = groups.iter().map(|(threshold, members, is_witness)| Group {
            name: Text::new("g").unwrap(),
            threshold: *threshold,
            endorsements: *threshold,
            is_witness: *is_witness,
            members: List::new(
                (1..=*members)
                    .map(|_| Member { signing: PartyKey([7; 32]), encryption: Point::IDENTITY })
                    .collect(),
            )
            .unwrap(),
        });
        List::new(groups.collect()).unwrap()
    }

    fn id(group: u16, member: u16) -> KeyholderId {
        KeyholderId { group, member }
    }

    /// Among all members but those who have no share.
    fn confirmed_without(
        shareless: &[(u16, u16)],
        quorum: &Quorum,
        subject: Option<KeyholderId>,
        by: &[(u16, u16)],
    ) -> bool {
        let is_in = |list: &[(u16, u16)], id: KeyholderId| list.contains(&(id.group, id.member));
        let all = keyholders(quorum).map(|(id, _)| id).filter(|id| !is_in(shareless, *id));
        let all: Vec<KeyholderId> = all.collect();
        is_confirmed(quorum, all.iter().copied(), subject, |id| is_in(by, id))
    }

    fn confirmed(quorum: &Quorum, subject: Option<KeyholderId>, by: &[(u16, u16)]) -> bool {
        confirmed_without(&[], quorum, subject, by)
    }

    #[test]
    fn every_group_that_counts_is_needed_and_a_threshold_of_it() {
        let stranger = None;
        let one = quorum(&[(2, 3, true)]);
        assert!(confirmed(&one, stranger, &[(0, 1), (0, 3)]));
        assert!(!confirmed(&one, stranger, &[(0, 1)]));
        let two = quorum(&[(2, 3, true), (1, 2, true)]);
        assert!(!confirmed(&two, stranger, &[(0, 1), (0, 2), (0, 3)]));
        assert!(!confirmed(&two, stranger, &[(0, 1), (1, 1)]));
        assert!(confirmed(&two, stranger, &[(0, 1), (0, 2), (1, 2)]));
        let named = quorum(&[(2, 3, true), (1, 2, false)]);
        assert!(confirmed(&named, stranger, &[(0, 1), (0, 2)]));
        assert!(!confirmed(&named, stranger, &[(1, 1), (1, 2)]));
        assert!(!confirmed(&quorum(&[(1, 3, false)]), stranger, &[(0, 1), (0, 2), (0, 3)]));
    }

    #[test]
    fn nobody_is_a_witness_in_its_own_cause() {
        let three = quorum(&[(2, 3, true)]);
        assert!(!confirmed(&three, Some(id(0, 1)), &[(0, 1), (0, 2)]));
        assert!(confirmed(&three, Some(id(0, 1)), &[(0, 2), (0, 3)]));
        // Alone in its group, or needed for its threshold: the group does not count, another may.
        let seller_and_buyers = quorum(&[(1, 1, true), (2, 2, true)]);
        assert!(!confirmed(&seller_and_buyers, Some(id(0, 1)), &[(0, 1)]));
        assert!(confirmed(&seller_and_buyers, Some(id(0, 1)), &[(1, 1), (1, 2)]));
        assert!(confirmed(&seller_and_buyers, Some(id(1, 1)), &[(0, 1)]));
        assert!(!confirmed(&seller_and_buyers, Some(id(1, 1)), &[(1, 1), (1, 2)]));
        assert!(!confirmed(&quorum(&[(1, 1, true)]), Some(id(0, 1)), &[(0, 1)]));
    }

    #[test]
    fn who_has_no_share_is_not_counted_on() {
        let two = quorum(&[(2, 3, true), (2, 3, true)]);
        let subject = Some(id(0, 1));
        let by_others = [(0, 2), (1, 1), (1, 2)];
        assert!(!confirmed(&two, subject, &by_others), "the third could have stated it");
        assert!(confirmed_without(&[(0, 3)], &two, subject, &by_others));
        assert!(
            !confirmed_without(&[(0, 3)], &two, None, &by_others),
            "of the first both are needed"
        );
        assert!(!confirmed_without(&[(0, 3)], &two, subject, &[(0, 2), (1, 1)]));
    }
}
