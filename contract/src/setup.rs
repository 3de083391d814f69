//! The key ceremony: deals, complaints, and the quorum's key. Section 7 of `docs/spec.md`.

use crate::{
    fiat_shamir::Context,
    group::{Generators, decode_point, decode_scalar, encode_point},
    proofs::{ProofFault, complaint, possession},
    refusal::{Fault, Refusal, require},
    store::{Cell, Home, Kind, Map, encoding, records},
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Error, Read, Write},
};
use curve25519_dalek::{
    RistrettoPoint, Scalar,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};
use talea_protocol::{
    bytes::{PartyKey, Point},
    check::Check,
    quorum::{Group, KeyholderId, Quorum, keyholders},
    setup::{Complaint, Deal},
    terms::AuctionId,
};

/// Every deal so far, and who was expelled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ceremony {
    /// As they were posted, those whose proofs hold. Whether its shares are right only a deal's recipients can tell.
    deals: Map<KeyholderId, Deal>,
    members: Cell<Members>,
    key: Map<(), QuorumKey>,
    keys: Map<(), QuorumKeys>,
}

records!(Ceremony { deals, members, key, keys });

/// `PK`, which is all that a bid is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct QuorumKey(
    #[borsh(serialize_with = "encoding::point::write", deserialize_with = "encoding::point::read")]
    RistrettoPoint,
);

/// What became of the members of the quorum.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Members {
    dealt: BTreeSet<KeyholderId>,
    expelled: BTreeSet<KeyholderId>,
    /// Dealt so that their own share vanished; known at the end.
    shareless: BTreeSet<KeyholderId>,
    /// The sum of the constants that a group's members dealt, for every group of which one did.
    constants: Vec<(u16, Point)>,
}

impl Members {
    /// The sum of all constants, and of those of a group.
    fn sums(&self, group: u16) -> Option<[RistrettoPoint; 2]> {
        let sums = self.constants.iter().map(|(group, sum)| Some((*group, decode_point(sum)?)));
        let sums: Vec<(u16, RistrettoPoint)> = sums.collect::<Option<_>>()?;
        let of_group = sums.iter().filter(|(of, _)| *of == group);
        Some([sums.iter().map(|(_, sum)| sum).sum(), of_group.map(|(_, sum)| sum).sum()])
    }
}

/// What the ceremony left: the key to which bids are encrypted, and every keyholder's share of it
/// in public form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumKeys {
    /// `PK`.
    pub key: RistrettoPoint,
    /// `PK`, encoded.
    pub encoded: Point,
    /// `Y_j` of every keyholder: of every qualified member that has a share.
    pub share_keys: BTreeMap<KeyholderId, RistrettoPoint>,
    /// How many endorsements each group wants.
    pub endorsements: Vec<usize>,
}

impl BorshSerialize for QuorumKeys {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<(), Error> {
        let Self { key: _, encoded, share_keys, endorsements } = self;
        let share_keys: Vec<(KeyholderId, Point)> =
            share_keys.iter().map(|(id, key)| (*id, encode_point(key))).collect();
        (encoded, share_keys, endorsements).serialize(writer)
    }
}

impl BorshDeserialize for QuorumKeys {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        type Record = (Point, Vec<(KeyholderId, Point)>, Vec<usize>);
        let (encoded, share_keys, endorsements) = Record::deserialize_reader(reader)?;
        let decode = |point: &Point| decode_point(point).ok_or_else(encoding::malformed);
        let share_keys = share_keys
            .iter()
            .map(|(id, key)| Ok::<_, Error>((*id, decode(key)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self { key: decode(&encoded)?, encoded, share_keys, endorsements })
    }
}

/// Which keyholder signs with this key.
pub(crate) fn keyholder_of(quorum: &Quorum, signer: &PartyKey) -> Option<KeyholderId> {
    keyholders(quorum).find(|(_, member)| member.signing == *signer).map(|(id, _)| id)
}

fn group_of(quorum: &Quorum, keyholder: KeyholderId) -> Option<&Group> {
    quorum.get(usize::from(keyholder.group))
}

fn encryption_keys(group: &Group) -> Vec<Point> {
    group.members.iter().map(|member| member.encryption).collect()
}

impl Ceremony {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self {
            deals: Map::new(Kind::Deal, home),
            members: Cell::new(Kind::Members, home),
            key: Map::new(Kind::QuorumKey, home),
            keys: Map::new(Kind::QuorumKeys, home),
        }
    }

    /// `PK`, once the ceremony is over.
    pub(crate) fn key(&self) -> Option<RistrettoPoint> {
        self.key.get(&()).map(|key| key.0)
    }

    /// The quorum's keys, once the ceremony is over.
    pub(crate) fn keys(&self) -> Option<Arc<QuorumKeys>> {
        self.keys.get(&())
    }

    /// Whether this member dealt.
    pub(crate) fn has_dealt(&self, member: KeyholderId) -> bool {
        self.members.get().dealt.contains(&member)
    }

    /// Whether this member was expelled for a lie.
    pub(crate) fn was_expelled(&self, member: KeyholderId) -> bool {
        self.members.get().expelled.contains(&member)
    }

    /// Those whose deals would lose them the bond of a void lot: the expelled, and those without a
    /// share.
    pub(crate) fn at_fault(&self) -> BTreeSet<KeyholderId> {
        let members = self.members.get();
        members.expelled.union(&members.shareless).copied().collect()
    }

    /// Every member that dealt, expelled or not: the ones with bonds at stake.
    pub(crate) fn dealers(&self) -> BTreeSet<KeyholderId> {
        self.members.get().dealt.clone()
    }

    /// The deal of a member, as it was posted.
    pub(crate) fn deal_of(&self, member: KeyholderId) -> Option<Arc<Deal>> {
        self.deals.get(&member)
    }

    /// S2 to S4. S1 is the caller's, who knows the money.
    pub(crate) fn deal(
        &mut self,
        generators: &Generators,
        auction: AuctionId,
        quorum: &Quorum,
        (dealer, signer): (KeyholderId, PartyKey),
        deal: Deal,
    ) -> Result<(), Refusal> {
        let group = group_of(quorum, dealer)
            .ok_or(Fault::Unknown { what: "group" }.fails(Check::EnvelopeRole))?;
        let lengths = [
            ("commitments of a deal", usize::from(group.threshold), deal.commitments.len()),
            ("shares of a deal", group.members.len().saturating_sub(1), deal.shares.len()),
        ];
        for (what, expected, actual) in lengths {
            let [expected, actual] =
                [expected, actual].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
            let fault = Fault::Count { what, expected, actual };
            require(expected == actual, Check::DealLengths, fault)?;
        }
        let malformed = || Fault::Malformed { what: "deal" }.fails(Check::DealLengths);
        let commitments: Option<Vec<_>> = deal.commitments.iter().map(decode_point).collect();
        let commitments = commitments.ok_or_else(malformed)?;
        let ephemeral_is_canonical = decode_point(&deal.ephemeral).is_some();
        if !ephemeral_is_canonical || deal.shares.iter().any(|share| decode_scalar(share).is_none())
        {
            return Err(malformed());
        }

        // The last to deal must not be able to make a key vanish, its group's or that of all groups: where
        // one member is a threshold it knows all the others' constants.
        let own = commitments.first().copied().unwrap_or_default();
        // They were encoded here.
        let sums = self.members.get().sums(dealer.group).ok_or_else(malformed)?;
        let [of_all, of_group] = sums.map(|sum| sum + own);
        let vanishes = of_all.is_identity() || of_group.is_identity();
        let cancels = Fault::Proof { culprit: signer, fault: ProofFault::Identity };
        require(!vanishes, Check::DealConstant, cancels)?;

        let encryption_keys = encryption_keys(group);
        let statement = possession::Statement {
            group: dealer.group,
            member: dealer.member,
            encryption_keys: &encryption_keys,
            commitments: &deal.commitments,
            ephemeral: &deal.ephemeral,
            shares: &deal.shares,
        };
        let context = ceremony_context(auction, signer);
        let proofs = [
            (possession::Secret::Constant, &deal.constant_proof, Check::DealConstant),
            (possession::Secret::Ephemeral, &deal.ephemeral_proof, Check::DealEphemeral),
        ];
        for (secret, proof, check) in proofs {
            possession::verify(generators, &context, &statement, secret, proof)
                .map_err(|fault| Fault::Proof { culprit: signer, fault }.fails(check))?;
        }
        self.deals.put(dealer, deal);
        self.members.change(|members| {
            members.dealt.insert(dealer);
            members.constants.retain(|(group, _)| *group != dealer.group);
            members.constants.push((dealer.group, encode_point(&of_group)));
        });
        Ok(())
    }

    /// S5 and S6; whichever of the two lied is expelled.
    pub(crate) fn complain(
        &mut self,
        generators: &Generators,
        auction: AuctionId,
        quorum: &Quorum,
        (complainer, signer): (KeyholderId, PartyKey),
        complaint: &Complaint,
    ) -> Result<(), Refusal> {
        let dealer = KeyholderId { group: complainer.group, member: complaint.dealer };
        let parties = |what| Fault::Unknown { what }.fails(Check::ComplaintParties);
        if dealer == complainer {
            return Err(parties("dealer other than the complainer"));
        }
        let deal = self.deals.get(&dealer).ok_or(parties("deal"))?;
        let in_ceremony = |id| self.has_dealt(id) && !self.was_expelled(id);
        if !in_ceremony(dealer) || !in_ceremony(complainer) {
            return Err(parties("pair of members who are both in"));
        }
        let group = group_of(quorum, complainer).ok_or(parties("group"))?;
        let member = usize::from(complainer.member)
            .checked_sub(1)
            .and_then(|index| group.members.get(index))
            .ok_or(parties("member"))?;

        let not_canonical = Fault::Proof { culprit: signer, fault: ProofFault::NotCanonical }
            .fails(Check::ComplaintProof);
        let points = [&member.encryption, &deal.ephemeral, &complaint.shared].map(decode_point);
        let [Some(encryption_key), Some(ephemeral), Some(shared)] = points else {
            return Err(not_canonical);
        };
        let statement = complaint::Statement {
            group: complainer.group,
            member: complainer.member,
            dealer: dealer.member,
            encryption_key,
            ephemeral,
            shared,
        };
        let context = ceremony_context(auction, signer);
        complaint::verify(generators, &context, &statement, &complaint.proof).map_err(|fault| {
            Fault::Proof { culprit: signer, fault }.fails(Check::ComplaintProof)
        })?;

        let pad = complaint::share_pad(
            &auction,
            dealer.group,
            dealer.member,
            complainer.member,
            &complaint.shared,
            &deal.ephemeral,
            &member.encryption,
        );
        let position = share_position(dealer.member, complainer.member);
        let padded = position.and_then(|p| deal.shares.get(p)).and_then(decode_scalar);
        let commitments = decoded(&deal);
        let share_is_right = padded.is_some_and(|padded| {
            (padded - pad) * generators.key == commitment_at(&commitments, complainer.member)
        });
        let liar = if share_is_right { complainer } else { dealer };
        self.members.change(|members| members.expelled.insert(liar));
        Ok(())
    }

    /// Finds the quorum's keys; false if some group has too few keyholders or `PK` is `O`.
    pub(crate) fn finish(&mut self, quorum: &Quorum) -> bool {
        let members = self.members.get();
        let mut key = RistrettoPoint::default();
        let mut share_keys = BTreeMap::new();
        let mut endorsements = Vec::new();
        let mut shareless = BTreeSet::new();
        let mut is_complete = true;
        for (group, index) in quorum.iter().zip(0u16..) {
            let dealt = members.dealt.difference(&members.expelled);
            let qualified: Vec<(KeyholderId, Vec<RistrettoPoint>)> = dealt
                .filter(|id| id.group == index)
                .filter_map(|id| Some((*id, decoded(&*self.deals.expect(id)?))))
                .collect();
            let constants = qualified.iter().filter_map(|(_, commitments)| commitments.first());
            let group_key: RistrettoPoint = constants.sum();
            key += group_key;
            let mut count = 0usize;
            for (member, _) in &qualified {
                let share_key: RistrettoPoint = qualified
                    .iter()
                    .map(|(_, commitments)| commitment_at(commitments, member.member))
                    .sum();
                if !share_key.is_identity() {
                    share_keys.insert(*member, share_key);
                    count = count.saturating_add(1);
                } else if !group_key.is_identity() {
                    // Where the group's key vanished too, one of others may have made it vanish.
                    shareless.insert(*member);
                }
            }
            is_complete &= count >= usize::from(group.threshold);
            endorsements.push(group.endorsements_wanted(count));
        }
        self.members.change(|members| members.shareless = shareless);
        let encoded = encode_point(&key);
        let is_complete = is_complete && !key.is_identity();
        if is_complete {
            self.key.put((), QuorumKey(key));
            self.keys.put((), QuorumKeys { key, encoded, share_keys, endorsements });
        }
        is_complete
    }
}

/// The commitments of a deal that was accepted: they all decode.
fn decoded(deal: &Deal) -> Vec<RistrettoPoint> {
    deal.commitments.iter().filter_map(decode_point).collect()
}

/// Setup proofs have lot, round and step 0.
fn ceremony_context(auction: AuctionId, signer: PartyKey) -> Context {
    Context { auction, lot: 0, round: 0, step: 0, signer }
}

/// The index of the share for `recipient` in the list, which omits its `dealer`.
#[must_use]
pub fn share_position(dealer: u16, recipient: u16) -> Option<usize> {
    let skipped = u16::from(recipient > dealer);
    let position = recipient.checked_sub(1)?.checked_sub(skipped)?;
    (dealer != recipient).then_some(position.into())
}

/// `sum_c j^c A_c`: the public form of the share that a dealer owes member `j`.
#[must_use]
pub fn commitment_at(commitments: &[RistrettoPoint], member: u16) -> RistrettoPoint {
    let at = Scalar::from(member);
    let powers = core::iter::successors(Some(Scalar::ONE), |power| Some(power * at));
    let powers: Vec<Scalar> = powers.take(commitments.len()).collect();
    RistrettoPoint::vartime_multiscalar_mul(powers, commitments)
}
