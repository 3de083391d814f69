//! The key ceremony: deals, complaints, and the committee that is left (section 7; **S1** to **S6**).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use curve25519_dalek::{
    RistrettoPoint,
    scalar::Scalar,
    traits::{Identity as _, IsIdentity as _, VartimeMultiscalarMul as _},
};
use sha2::{Digest as _, Sha512};
use talea_protocol::{
    bytes::{PartyKey, Point, Scalar as WireScalar},
    check::Check,
    labels,
    quorum::{Group, KeyholderId},
    setup::Complaint,
    terms::AuctionId,
};

use super::{Replay, terms::Facts};
use crate::{
    docket::{DealStatement, Task},
    failure::Stop,
    fiat_shamir::Context,
    group::{Element, QuorumKey, bases, decode_scalar, wide},
    intake::DealBody,
    proofs::{complaint, possession},
};

/// Who dealt what, and who was expelled.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    dealt: BTreeMap<KeyholderId, Dealt>,
    pub(crate) expelled: BTreeSet<KeyholderId>,
    /// Dealers who dealt so that their own share vanished: no keyholders, and at fault.
    pub(crate) without_share: BTreeSet<KeyholderId>,
}

#[derive(Debug)]
struct Dealt {
    commitments: Vec<RistrettoPoint>,
    ephemeral: Point,
    /// Of every other member, ascending.
    shares: Vec<WireScalar>,
}

impl Setup {
    /// Whether the member dealt, and so has its bonds at stake.
    pub(crate) fn dealt(&self, id: KeyholderId) -> bool {
        self.dealt.contains_key(&id)
    }

    /// The sum of the `A_0` that these members dealt so far.
    fn constants(&self, are_meant: impl Fn(&KeyholderId) -> bool) -> RistrettoPoint {
        let meant = self.dealt.iter().filter(|(id, _)| are_meant(id));
        meant.filter_map(|(_, dealt)| dealt.commitments.first()).sum()
    }

    /// Those who dealt and were not expelled: the dealers.
    fn qualified(&self) -> impl Iterator<Item = (KeyholderId, &Dealt)> {
        self.dealt
            .iter()
            .filter(|(id, _)| !self.expelled.contains(id))
            .map(|(id, dealt)| (*id, dealt))
    }

    /// Ends the ceremony: who has a share, and the committee if every group has enough of them and
    /// `PK` is not `O`.
    pub(crate) fn end(&mut self, facts: &Facts) -> Option<Committee> {
        let mut key = RistrettoPoint::identity();
        let mut groups = Vec::new();
        let mut share_keys = BTreeMap::new();
        let mut without_share = BTreeSet::new();
        let mut enough = true;
        for (g, group) in (0u16..).zip(facts.terms.quorum.iter()) {
            // Y_j = sum over qualified i of its group of sum_c j^c A_{i,c}, the sum over i first.
            let mut sums = vec![RistrettoPoint::identity(); usize::from(group.threshold)];
            for (_, dealt) in self.qualified().filter(|(id, _)| id.group == g) {
                for (sum, commitment) in sums.iter_mut().zip(&dealt.commitments) {
                    *sum += commitment;
                }
            }
            // The group key, the sum of the qualified A_{i,0}.
            let group_key = sums.first().copied().unwrap_or_default();
            key += group_key;
            let mut keyholders = 0usize;
            for (id, _) in self.qualified().filter(|(id, _)| id.group == g) {
                let share_key = evaluate(&sums, id.member);
                if !share_key.is_identity() {
                    keyholders = keyholders.saturating_add(1);
                    share_keys.insert(id, Element::of(share_key));
                } else if !group_key.is_identity() {
                    without_share.insert(id);
                }
            }
            let seats = Seats::of(group, keyholders);
            enough &= keyholders >= seats.threshold;
            groups.push(seats);
        }
        self.without_share = without_share;
        let is_keyed = enough && !key.is_identity();
        is_keyed.then(|| Committee { key: Arc::new(QuorumKey::new(key)), groups, share_keys })
    }

    /// Whether a lot that is void costs the member its bond, whatever it did in that lot.
    pub(crate) fn is_at_fault(&self, id: KeyholderId) -> bool {
        self.expelled.contains(&id) || self.without_share.contains(&id)
    }
}

/// `sum_c j^c A_c`.
fn evaluate(commitments: &[RistrettoPoint], j: u16) -> RistrettoPoint {
    let j = Scalar::from(j);
    let powers = std::iter::successors(Some(Scalar::ONE), |p| Some(p * j));
    let powers: Vec<Scalar> = powers.take(commitments.len()).collect();
    RistrettoPoint::vartime_multiscalar_mul(&powers, commitments)
}

/// How many of a group's keyholders an act needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seats {
    pub(crate) threshold: usize,
    /// Endorsements that the group wants.
    pub(crate) wanted: usize,
}

impl Seats {
    /// Of `q` keyholders two sets of `(q + t) / 2`, rounded up, share at least `t`: more is not waited
    /// for, whatever the terms ask.
    fn of(group: &Group, keyholders: usize) -> Self {
        let threshold = usize::from(group.threshold);
        let sufficient = keyholders.saturating_add(threshold).div_ceil(2);
        Self { threshold, wanted: sufficient.min(group.endorsements.into()) }
    }
}

/// What setup leaves: the quorum key and those who share it.
#[derive(Debug)]
pub(crate) struct Committee {
    pub(crate) key: Arc<QuorumKey>,
    /// By group.
    pub(crate) groups: Vec<Seats>,
    /// `Y_j` of every keyholder, in turn order.
    pub(crate) share_keys: BTreeMap<KeyholderId, Element>,
}

impl Committee {
    pub(crate) fn keyholders(&self) -> impl Iterator<Item = KeyholderId> {
        self.share_keys.keys().copied()
    }

    /// Group indices and what each needs.
    pub(crate) fn seats(&self) -> impl Iterator<Item = (u16, Seats)> {
        (0u16..).zip(self.groups.iter().copied())
    }

    pub(crate) fn threshold(&self, group: u16) -> usize {
        self.groups.get(usize::from(group)).map_or(0, |seats| seats.threshold)
    }
}

impl Replay {
    /// **S1** to **S4**.
    pub(crate) fn deal(
        &mut self,
        signer: PartyKey,
        id: KeyholderId,
        body: DealBody,
    ) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let DealBody { deal, decoded } = body;
        let group = facts.group(id.group).ok_or(NO_GROUP)?;
        let bond = facts.bond();
        let available = self.ledger.available(&signer);
        let has_dealt = self.setup.dealt(id);
        self.docket.require(Check::DealOnce, !has_dealt && available >= bond, || {
            if has_dealt {
                format!("{id} has already dealt")
            } else {
                format!("{id} must have {bond} available for its bonds and has {available}")
            }
        })?;

        let (t, n) = (usize::from(group.threshold), group.members.len());
        let others = n.saturating_sub(1);
        let lengths_fit = deal.commitments.len() == t && deal.shares.len() == others;
        let commitments = match (lengths_fit, decoded) {
            (true, Ok(commitments)) => commitments,
            (true, Err(error)) => {
                return Err(self.docket.refuse(Check::DealLengths, error.to_string()));
            }
            (false, _) => {
                let sentence = format!(
                    "a deal must have {t} commitments and {others} shares and has {} and {}",
                    deal.commitments.len(),
                    deal.shares.len()
                );
                return Err(self.docket.refuse(Check::DealLengths, sentence));
            }
        };
        self.docket.pass(Check::DealLengths);

        let statement = Arc::new(DealStatement {
            group: id.group,
            member: id.member,
            encryption_keys: Arc::new(group.members.iter().map(|m| m.encryption).collect()),
            commitments: deal.commitments.to_vec(),
            ephemeral: deal.ephemeral,
            shares: deal.shares.to_vec(),
        });
        let context = Context::setup(facts.auction, signer);
        let constant = commitments.first().copied().unwrap_or_default();
        let of_group = self.setup.constants(|other| other.group == id.group);
        let of_all = self.setup.constants(|_| true);
        if [of_group, of_all].iter().any(|sum| (sum + constant).is_identity()) {
            let sentence = "the constant term and those dealt before cancel".into();
            return Err(self.docket.refuse(Check::DealConstant, sentence));
        }
        let proofs = [
            (Check::DealConstant, possession::Of::Constant, deal.constant_proof),
            (Check::DealEphemeral, possession::Of::Ephemeral, deal.ephemeral_proof),
        ];
        for (check, of, proof) in proofs {
            let deal = Arc::clone(&statement);
            self.docket.defer(check, Task::Possession { context, of, deal, proof });
        }
        self.money(|ledger| ledger.lock(signer, bond))?;
        self.setup.dealt.insert(
            id,
            Dealt { commitments, ephemeral: deal.ephemeral, shares: deal.shares.into_inner() },
        );
        Ok(())
    }

    /// **S5** and **S6**, and the verdict: the dealer or the complainer is expelled.
    pub(crate) fn complain(
        &mut self,
        signer: PartyKey,
        id: KeyholderId,
        complaint: &Complaint,
    ) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let dealer = KeyholderId { group: id.group, member: complaint.dealer };
        let both_in = self.setup.dealt(id)
            && dealer != id
            && !self.setup.expelled.contains(&id)
            && !self.setup.expelled.contains(&dealer);
        let dealt = self.setup.dealt.get(&dealer).filter(|_| both_in);
        let Some(dealt) = dealt else {
            let sentence = format!(
                "{id} and the other member {dealer} must both have dealt and neither be expelled"
            );
            return Err(self.docket.refuse(Check::ComplaintParties, sentence));
        };
        self.docket.pass(Check::ComplaintParties);

        let encryption_key = facts.member(id).ok_or(NO_GROUP)?.encryption;
        let statement = complaint::Statement {
            group: id.group,
            member: id.member,
            dealer: complaint.dealer,
            encryption_key,
            ephemeral: dealt.ephemeral,
            shared: complaint.shared,
        };
        let context = Context::setup(facts.auction, signer);
        // Not deferred: the verdict decides who is in.
        let proof = complaint::verify(&context, &statement, &complaint.proof);
        self.docket.require(Check::ComplaintProof, proof.is_ok(), || match &proof {
            Err(error) => error.to_string(),
            Ok(()) => String::new(),
        })?;

        let pad = pad(
            &complaint.shared,
            &dealt.ephemeral,
            &encryption_key,
            &facts.auction,
            dealer,
            id.member,
        );
        let padded = share_of(&dealt.shares, dealer.member, id.member)
            .and_then(decode_scalar)
            .ok_or(Stop::Internal("an accepted deal lacks a share"))?;
        // f*K = sum_c j^c A_{i,c}
        let honest = bases().k * (padded - pad) == evaluate(&dealt.commitments, id.member);
        self.setup.expelled.insert(if honest { id } else { dealer });
        Ok(())
    }
}

const NO_GROUP: Stop = Stop::Internal("a keyholder sits in no group");

/// The share that dealer `i` posted for member `j`: every *other* member has one, ascending.
fn share_of(shares: &[WireScalar], i: u16, j: u16) -> Option<&WireScalar> {
    let at = if j < i { j.checked_sub(1)? } else { j.checked_sub(2)? };
    shares.get(usize::from(at))
}

/// `pad(S) = wide(SHA-512(label || S || R || P_j || auction id || g u16 || i u16 || j u16))`, `i`
/// the dealer, `j` who receives.
pub(crate) fn pad(
    shared: &Point,
    ephemeral: &Point,
    encryption_key: &Point,
    auction: &AuctionId,
    dealer: KeyholderId,
    j: u16,
) -> Scalar {
    let mut hash = Sha512::new();
    hash.update(labels::SHARE_PAD);
    hash.update(shared.0);
    hash.update(ephemeral.0);
    hash.update(encryption_key.0);
    hash.update(auction.0);
    hash.update(dealer.group.to_le_bytes());
    hash.update(dealer.member.to_le_bytes());
    hash.update(j.to_le_bytes());
    wide(&hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::bytes::List;

    #[test]
    fn enough_endorsements_are_wanted_for_any_two_sets_to_share_a_threshold() {
        let seats = |threshold, endorsements, keyholders| {
            let group = Group {
                name: talea_protocol::bytes::Text::new("group").unwrap(),
                threshold,
                endorsements,
                is_witness: true,
                members: List::default(),
            };
            Seats::of(&group, keyholders).wanted
        };
        assert_eq!([seats(2, 2, 3), seats(2, 3, 3), seats(2, 3, 2)], [2, 3, 2]);
        assert_eq!([seats(1, 1, 1), seats(1, 5, 5), seats(1, 5, 4)], [1, 3, 3]);
        for keyholders in 1..=64usize {
            for threshold in 1..=keyholders {
                let most = u16::try_from(keyholders).unwrap();
                let wanted = seats(u16::try_from(threshold).unwrap(), most, keyholders);
                assert!(wanted >= threshold && wanted <= keyholders);
                assert!(2 * wanted - keyholders >= threshold);
                assert!(2 * (wanted - 1) < keyholders + threshold);
            }
        }
    }

    #[test]
    fn shares_stand_in_the_order_of_the_others() {
        let shares: Vec<WireScalar> = (0..3).map(|n| WireScalar([n; 32])).collect();
        let of = |i, j| share_of(&shares, i, j).map(|s| s.0[0]);
        // Four members. Dealer 1 posts for 2, 3, 4; dealer 3 for 1, 2, 4.
        assert_eq!([of(1, 2), of(1, 3), of(1, 4)], [Some(0), Some(1), Some(2)]);
        assert_eq!([of(3, 1), of(3, 2), of(3, 4)], [Some(0), Some(1), Some(2)]);
        assert_eq!([of(4, 1), of(4, 3)], [Some(0), Some(2)]);
        assert_eq!(of(1, 5), None);
        assert_eq!(of(1, 0), None);
    }
}
