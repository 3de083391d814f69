//! Who bears witness for what a board did not take. Section 10 of `docs/spec.md`, "Witnesses".

use alloc::collections::{BTreeMap, BTreeSet};
use talea_protocol::{
    bytes::PartyKey,
    quorum::{KeyholderId, Quorum},
};

/// Whether something of `subject`'s is borne out: in every group of witnesses that counts for it a
/// threshold of the others has said so, and some group counts. A group that has fewer members than
/// its threshold besides the subject does not count.
pub(crate) fn is_borne_out(
    quorum: &Quorum,
    subject: &PartyKey,
    has_said_so: impl Fn(KeyholderId) -> bool,
) -> bool {
    let mut groups = (0u16..)
        .zip(quorum.iter())
        .filter(|(_, group)| group.is_witness)
        .filter_map(|(index, group)| {
            let threshold = usize::from(group.threshold);
            let members = (1u16..).zip(group.members.iter());
            let others = members.filter(|(_, member)| member.signing != *subject);
            let ids = others.map(|(member, _)| KeyholderId { group: index, member });
            (ids.clone().count() >= threshold)
                .then(|| ids.filter(|id| has_said_so(*id)).count() >= threshold)
        })
        .peekable();
    groups.peek().is_some() && groups.all(|has_enough| has_enough)
}

/// For whom keyholders vouched on one duty: by whom, for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vouches(BTreeMap<KeyholderId, BTreeSet<KeyholderId>>);

impl Vouches {
    /// Whether `voucher` vouched for `heard`.
    pub(crate) fn has(&self, voucher: KeyholderId, heard: KeyholderId) -> bool {
        self.0.get(&heard).is_some_and(|by| by.contains(&voucher))
    }

    pub(crate) fn add(&mut self, voucher: KeyholderId, heard: &[KeyholderId]) {
        for id in heard {
            self.0.entry(*id).or_default().insert(voucher);
        }
    }

    /// The transcript shows now what `heard` said: whatever it is late with next is another thing.
    pub(crate) fn take_back(&mut self, heard: KeyholderId) {
        self.0.remove(&heard);
    }

    /// Those of `late` whose posts are borne out.
    pub(crate) fn excused(
        &self,
        quorum: &Quorum,
        late: &BTreeSet<KeyholderId>,
    ) -> BTreeSet<KeyholderId> {
        let is_excused = |id: &&KeyholderId| {
            let group = quorum.get(usize::from(id.group));
            let index = usize::from(id.member).checked_sub(1);
            let member = group.zip(index).and_then(|(group, index)| group.members.get(index));
            member.is_some_and(|member| {
                is_borne_out(quorum, &member.signing, |witness| self.has(witness, **id))
            })
        };
        late.iter().filter(is_excused).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use talea_protocol::{
        bytes::{List, Point, Text},
        quorum::{Group, Member},
    };

    fn key(group: u16, member: u16) -> PartyKey {
        let mut key = [0; 32];
        key[0] = u8::try_from(group + 1).unwrap();
        key[1] = u8::try_from(member).unwrap();
        PartyKey(key)
    }

    /// Groups of so many members: threshold, members, whether they are witnesses.
    fn quorum(groups: &[(u16, u16, bool)]) -> Quorum {
        let groups = (0u16..).zip(groups).map(|(g, (threshold, members, is_witness))| Group {
            name: Text::new("g").unwrap(),
            threshold: *threshold,
            endorsements: *threshold,
            is_witness: *is_witness,
            members: List::new(
                (1..=*members)
                    .map(|m| Member { signing: key(g, m), encryption: Point::IDENTITY })
                    .collect(),
            )
            .unwrap(),
        });
        List::new(groups.collect()).unwrap()
    }

    fn borne_out(quorum: &Quorum, subject: PartyKey, by: &[(u16, u16)]) -> bool {
        let by: Vec<KeyholderId> = by
            .iter()
            .map(|(group, member)| KeyholderId { group: *group, member: *member })
            .collect();
        is_borne_out(quorum, &subject, |id| by.contains(&id))
    }

    #[test]
    fn every_group_that_counts_is_needed_and_a_threshold_of_it() {
        let stranger = PartyKey([9; 32]);
        let one = quorum(&[(2, 3, true)]);
        assert!(borne_out(&one, stranger, &[(0, 1), (0, 3)]));
        assert!(!borne_out(&one, stranger, &[(0, 1)]));
        let two = quorum(&[(2, 3, true), (1, 2, true)]);
        assert!(!borne_out(&two, stranger, &[(0, 1), (0, 2), (0, 3)]));
        assert!(!borne_out(&two, stranger, &[(0, 1), (1, 1)]));
        assert!(borne_out(&two, stranger, &[(0, 1), (0, 2), (1, 2)]));
        let named = quorum(&[(2, 3, true), (1, 2, false)]);
        assert!(borne_out(&named, stranger, &[(0, 1), (0, 2)]));
        assert!(!borne_out(&named, stranger, &[(1, 1), (1, 2)]));
        assert!(!borne_out(&quorum(&[(1, 3, false)]), stranger, &[(0, 1), (0, 2), (0, 3)]));
    }

    #[test]
    fn nobody_is_a_witness_in_its_own_cause() {
        let three = quorum(&[(2, 3, true)]);
        assert!(!borne_out(&three, key(0, 1), &[(0, 1), (0, 2)]));
        assert!(borne_out(&three, key(0, 1), &[(0, 2), (0, 3)]));
        // Alone in its group, or needed for its threshold: the group does not count, another may.
        let seller_and_buyers = quorum(&[(1, 1, true), (2, 2, true)]);
        assert!(!borne_out(&seller_and_buyers, key(0, 1), &[(0, 1)]));
        assert!(borne_out(&seller_and_buyers, key(0, 1), &[(1, 1), (1, 2)]));
        assert!(borne_out(&seller_and_buyers, key(1, 1), &[(0, 1)]));
        assert!(!borne_out(&seller_and_buyers, key(1, 1), &[(1, 1), (1, 2)]));
        assert!(!borne_out(&quorum(&[(1, 1, true)]), key(0, 1), &[(0, 1)]));
    }
}
