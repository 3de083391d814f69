//! Who together may decrypt: the Shamir choice, made explicit.

use crate::{
    bytes::{List, PartyKey, Point, Text},
    limits::{MAX_GROUPS, MAX_MEMBERS},
};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// A list of groups. A threshold of *every* group must act together.
pub type Quorum = List<Group, MAX_GROUPS>;

/// One group of a quorum.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Group {
    /// What people call it: "buyers".
    pub name: Text,
    /// How many members must act together: 1 to the number of members.
    pub threshold: u16,
    /// How many members must endorse the transcript before ranking starts: at least the threshold.
    pub endorsements: u16,
    /// Whether the group's word counts for what a board did not take: see section 10, "Witnesses".
    pub is_witness: bool,
    /// The members, in the order that gives them their indices `1..=n`.
    pub members: List<Member, MAX_MEMBERS>,
}

impl Group {
    /// How many endorsements this group wants once it has so many keyholders: what the terms ask for,
    /// and no more than any two sets of endorsers need to share a threshold of keyholders.
    pub fn endorsements_wanted(&self, keyholders: usize) -> usize {
        self.endorsements_sufficient(keyholders).min(self.endorsements.into())
    }

    /// How many endorsements of so many keyholders exclude that two heads are endorsed. Two sets of `e`
    /// among `n` share at least `2e - n` keyholders; of those fewer than the threshold may be dishonest.
    pub fn endorsements_sufficient(&self, keyholders: usize) -> usize {
        keyholders.saturating_add(self.threshold.into()).div_ceil(2)
    }

    /// How many members can void every lot by not endorsing, if all of them are keyholders.
    pub fn members_who_can_void(&self) -> usize {
        let wanted = self.endorsements_wanted(self.members.len());
        self.members.len().saturating_sub(wanted).saturating_add(1)
    }
}

/// One keyholder of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Member {
    /// Signs the member's instructions.
    pub signing: PartyKey,
    /// Receives the member's shares, and serves nothing else: `P_i = p_i * K`.
    pub encryption: Point,
}

/// A keyholder's place in the quorum. Orders by group, then by member: the order in which
/// keyholders take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct KeyholderId {
    /// Index of the group, from 0.
    pub group: u16,
    /// Index of the member within its group, **from 1**: the point at which its shares are
    /// evaluated. Index 0 would be the secret itself.
    pub member: u16,
}

impl fmt::Display for KeyholderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keyholder {}.{}", self.group, self.member)
    }
}

/// Every keyholder that the quorum names, in turn order.
pub fn keyholders(quorum: &Quorum) -> impl Iterator<Item = (KeyholderId, &Member)> {
    quorum.iter().zip(0u16..).flat_map(|(group, g)| {
        group
            .members
            .iter()
            .zip(1u16..)
            .map(move |(member, m)| (KeyholderId { group: g, member: m }, member))
    })
}
