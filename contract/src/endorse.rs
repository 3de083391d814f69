//! Keyholders' endorsements of the transcript so far. Section 10 of `docs/spec.md`.

use crate::{
    refusal::{Fault, Refusal, require, require_digest},
    setting::Setting,
    setup::{QuorumKeys, keyholder_of},
    witness::{Vouches, is_confirmed},
};
use alloc::collections::{BTreeMap, BTreeSet};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::Digest,
    check::Check,
    commitment::BidId,
    quorum::KeyholderId,
    ranking::{Endorsement, Vouch},
};

/// The endorsements of the head at the close of reveals.
#[derive(Clone, Debug, Default, PartialEq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Endorsing {
    pub(crate) head: Digest,
    pub(crate) deadline: u64,
    by: BTreeMap<KeyholderId, BTreeSet<BidId>>,
    vouches: Vouches,
}

impl Endorsing {
    /// Of this head, until this slot.
    pub(crate) fn of(head: Digest, deadline: u64) -> Self {
        Self { head, deadline, ..Self::default() }
    }

    /// The rest of K1, and K2. `are_missing` says whether all that is attested may be.
    pub(crate) fn endorse(
        &mut self,
        keys: &QuorumKeys,
        keyholder: KeyholderId,
        endorsement: &Endorsement,
        are_missing: bool,
    ) -> Result<(), Refusal> {
        require_digest(Check::EndorseHead, "the head", (self.head, endorsement.head))?;
        let attested = &endorsement.attested;
        let in_order = attested.is_sorted_by(|a, b| a < b);
        let attests = Fault::Broken {
            rule: "attested bids must be missing from the transcript, and be listed in ascending order",
        };
        require(in_order && are_missing, Check::EndorseHead, attests)?;
        let refuse = |why| Fault::NotDue { keyholder, why }.fails(Check::EndorseOnce);
        if self.by.contains_key(&keyholder) {
            return Err(refuse("it has endorsed"));
        }
        if !self.group_wants(keys, keyholder.group) {
            return Err(refuse("its group has all the endorsements that it wants"));
        }
        self.by.insert(keyholder, attested.iter().copied().collect());
        Ok(())
    }

    /// The last clause of K14, and K15.
    pub(crate) fn vouch(
        &mut self,
        keys: &QuorumKeys,
        keyholder: KeyholderId,
        vouch: &Vouch,
    ) -> Result<(), Refusal> {
        let late = self.late(keys);
        self.vouches.take(&late, keyholder, vouch)
    }

    /// The keyholders whose endorsement is missing.
    pub(crate) fn late(&self, keys: &QuorumKeys) -> BTreeSet<KeyholderId> {
        let ids = keys.share_keys.keys().copied();
        ids.filter(|id| self.wants(keys, *id)).collect()
    }

    /// Those of them whose endorsement is confirmed.
    pub(crate) fn excused(
        &self,
        setting: &Setting,
        keys: &QuorumKeys,
        late: &BTreeSet<KeyholderId>,
    ) -> BTreeSet<KeyholderId> {
        let keyholders = keys.share_keys.keys().copied();
        self.vouches.excused(&setting.terms.quorum, keyholders, late)
    }

    /// Whether this keyholder may still endorse.
    pub(crate) fn wants(&self, keys: &QuorumKeys, id: KeyholderId) -> bool {
        keys.share_keys.contains_key(&id)
            && !self.by.contains_key(&id)
            && self.group_wants(keys, id.group)
    }

    fn group_wants(&self, keys: &QuorumKeys, group: u16) -> bool {
        let wanted = keys.endorsements.get(usize::from(group)).copied().unwrap_or(0);
        self.by.keys().filter(|id| id.group == group).count() < wanted
    }

    pub(crate) fn is_complete(&self, keys: &QuorumKeys) -> bool {
        let mut groups = (0u16..).zip(&keys.endorsements);
        groups.all(|(group, _)| !self.group_wants(keys, group))
    }

    /// Whether endorsements confirm that this bid's bidder tried.
    pub(crate) fn attest(&self, setting: &Setting, keys: &QuorumKeys, bid: &BidId) -> bool {
        let quorum = &setting.terms.quorum;
        let bidder = keyholder_of(quorum, &bid.bidder);
        is_confirmed(quorum, keys.share_keys.keys().copied(), bidder, |witness| {
            self.by.get(&witness).is_some_and(|attested| attested.contains(bid))
        })
    }
}
