//! Who may act on a lot, and who has.

use crate::{setting::Setting, setup::QuorumKeys, witness::Vouches};
use alloc::{collections::BTreeSet, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::Digest,
    quorum::{KeyholderId, Quorum},
};

/// What every step of one lot needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) keys: &'a QuorumKeys,
    /// The current round.
    pub(crate) round: u32,
    /// The endorsed head.
    pub(crate) head: Digest,
}

/// Who may still act on a lot.
#[derive(Clone, Copy)]
pub(crate) struct Roster<'a> {
    pub(crate) quorum: &'a Quorum,
    pub(crate) keys: &'a QuorumKeys,
    pub(crate) excluded: &'a BTreeSet<KeyholderId>,
}

impl<'a> Roster<'a> {
    pub(crate) fn is_in(self, id: KeyholderId) -> bool {
        self.keys.share_keys.contains_key(&id) && !self.excluded.contains(&id)
    }

    /// Those who are in, by group and then member.
    fn keyholders(self) -> impl Iterator<Item = KeyholderId> + 'a {
        self.keys.share_keys.keys().copied().filter(move |id| !self.excluded.contains(id))
    }

    fn threshold(self, group: u16) -> usize {
        self.quorum.get(usize::from(group)).map_or(usize::MAX, |g| usize::from(g.threshold))
    }

    fn acts_needed(self) -> usize {
        self.quorum.iter().map(|group| usize::from(group.threshold)).sum()
    }

    /// Whether every group still has as many keyholders as it needs.
    pub(crate) fn can_act(self) -> bool {
        self.quorum.iter().zip(0u16..).all(|(group, index)| {
            self.keyholders().filter(|id| id.group == index).count() >= usize::from(group.threshold)
        })
    }
}

/// The keyholders that acted on a chunk, in transcript order: the first quorum and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Acts {
    pub(crate) by: Vec<KeyholderId>,
    /// The last slot for the next act, or for all of them.
    pub(crate) deadline: u64,
    /// For whom others vouched.
    pub(crate) vouches: Vouches,
}

impl Acts {
    fn in_group(&self, group: u16) -> impl Iterator<Item = u16> + '_ {
        self.by.iter().filter(move |id| id.group == group).map(|id| id.member)
    }

    pub(crate) fn wants(&self, roster: Roster<'_>, id: KeyholderId) -> bool {
        !self.by.contains(&id) && self.in_group(id.group).count() < roster.threshold(id.group)
    }

    pub(crate) fn is_complete(&self, roster: Roster<'_>) -> bool {
        self.by.len() >= roster.acts_needed()
    }

    /// Whether one more act completes it.
    pub(crate) fn lacks_one(&self, roster: Roster<'_>) -> bool {
        self.by.len().saturating_add(1) >= roster.acts_needed()
    }

    /// The keyholders that may act next, in turn order.
    pub(crate) fn wanted<'a>(
        &'a self,
        roster: Roster<'a>,
    ) -> impl Iterator<Item = KeyholderId> + 'a {
        roster.keyholders().filter(move |id| self.wants(roster, *id))
    }
}
