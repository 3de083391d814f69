//! Keyholders' endorsements of the transcript so far. Section 10 of `docs/spec.md`.

use crate::{
    refusal::{Fault, Refusal, require, require_digest},
    setting::Setting,
    setup::{QuorumKeys, keyholder_of},
    store::{Cell, Home, Kind, Map, records},
    witness::{Vouches, is_confirmed},
};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::Digest,
    check::Check,
    commitment::BidId,
    quorum::KeyholderId,
    ranking::{Endorsement, Vouch},
};

/// The endorsements of the head at the close of reveals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endorsing {
    endorsed: Cell<Endorsed>,
    /// What those who endorsed attest; ascending.
    attested: Map<KeyholderId, Vec<BidId>>,
    vouches: Cell<Vouches>,
}

records!(Endorsing { endorsed, attested, vouches });

#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Endorsed {
    head: Digest,
    deadline: u64,
    by: BTreeSet<KeyholderId>,
}

impl Endorsing {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self {
            endorsed: Cell::new(Kind::Endorsed, home),
            attested: Map::new(Kind::Attested, home),
            vouches: Cell::new(Kind::Vouches, home),
        }
    }

    /// Opens with this head, until this slot.
    pub(crate) fn open(&mut self, head: Digest, deadline: u64) {
        for keyholder in &self.endorsed.get().by {
            self.attested.remove(*keyholder);
        }
        self.endorsed.put(Endorsed { head, deadline, by: BTreeSet::new() });
        self.vouches.put(Vouches::default());
    }

    /// Forgets the round that is over.
    pub(crate) fn await_next_round(&mut self) {
        self.open(Digest::default(), 0);
    }

    /// The head that is endorsed.
    pub(crate) fn head(&self) -> Digest {
        self.endorsed.get().head
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.endorsed.get().deadline
    }

    /// The rest of K1, and K2. `are_missing` says whether all that is attested may be.
    pub(crate) fn endorse(
        &mut self,
        keys: &QuorumKeys,
        keyholder: KeyholderId,
        endorsement: &Endorsement,
        are_missing: bool,
    ) -> Result<(), Refusal> {
        require_digest(Check::EndorseHead, "the head", (self.head(), endorsement.head))?;
        let attested = &endorsement.attested;
        let in_order = attested.is_sorted_by(|a, b| a < b);
        let attests = Fault::Broken {
            rule: "attested bids must be missing from the transcript, and be listed in ascending order",
        };
        require(in_order && are_missing, Check::EndorseHead, attests)?;
        let refuse = |why| Fault::NotDue { keyholder, why }.fails(Check::EndorseOnce);
        if self.endorsed.get().by.contains(&keyholder) {
            return Err(refuse("it has endorsed"));
        }
        if !self.group_wants(keys, keyholder.group) {
            return Err(refuse("its group has all the endorsements that it wants"));
        }
        self.attested.put(keyholder, attested.to_vec());
        self.endorsed.change(|endorsed| endorsed.by.insert(keyholder));
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
        self.vouches.get().check(&late, keyholder, vouch)?;
        self.vouches.change(|vouches| vouches.add(keyholder, vouch));
        Ok(())
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
        self.vouches.get().excused(&setting.terms.quorum, keyholders, late)
    }

    /// Whether this keyholder may still endorse.
    pub(crate) fn wants(&self, keys: &QuorumKeys, id: KeyholderId) -> bool {
        keys.share_keys.contains_key(&id)
            && !self.endorsed.get().by.contains(&id)
            && self.group_wants(keys, id.group)
    }

    fn group_wants(&self, keys: &QuorumKeys, group: u16) -> bool {
        let wanted = keys.endorsements.get(usize::from(group)).copied().unwrap_or(0);
        self.endorsed.get().by.iter().filter(|id| id.group == group).count() < wanted
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
            self.attested.get(&witness).is_some_and(|attested| attested.binary_search(bid).is_ok())
        })
    }
}
