//! The keyholder: deals, checks what it was dealt, then ranks bids that it cannot read alone.
//!
//! A keyholder goes through fixed states: [`Candidate`] deals and becomes a [`Dealer`], who complains if it was
//! cheated and becomes a [`Keyholder`], who performs what is due. It acts only on ciphertexts
//! that its own replica of the contract computed from the transcript, endorses one head per round
//! only, and its secrets are erased when it is dropped.

use crate::{
    identity::{Identity, TooLarge},
    masks::Masks,
    proofs::{blind, complaint, decryption_share, gate, possession, shuffle},
};
use curve25519_dalek::Scalar;
use rand_core::CryptoRngCore;
use std::collections::{BTreeMap, BTreeSet};
use talea_contract::{
    Auction, Due, Task,
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{decode_point, decode_scalar, encode_point, encode_scalar},
    proofs::{complaint::share_pad, possession::Secret},
    setup::{commitment_at, share_position},
};
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point},
    commitment::BidId,
    instruction::Instruction,
    labels,
    limits::MAX_ATTESTED,
    quorum::{Group, KeyholderId, Member, keyholders},
    ranking::{
        BlindPost, DecryptionSharePost, Duty, Endorsement, GatePost, RankHeader, ShufflePost, Vouch,
    },
    setup::{Complaint, Deal},
};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// Why a keyholder cannot continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyholderError {
    /// The terms do not name this key.
    #[error("the terms name no keyholder with this signing key")]
    NotNamed,
    /// The terms name another encryption key for it.
    #[error("the encryption key of this keyholder is not the one that the terms name")]
    OtherEncryptionKey,
    /// The ceremony is not over, voided the auction, or expelled this keyholder.
    #[error("the ceremony left this keyholder without a share")]
    NoShare,
    /// The coefficients that it kept are not those of the deal in the transcript.
    #[error("the deal of this keyholder in the transcript is not the one that it kept")]
    OtherDeal,
    /// The share that was dealt is not the one that the transcript implies: a complaint was due.
    #[error("the share dealt to this keyholder is wrong and it did not complain in time")]
    WrongShare,
    /// The board shows another head than the one this keyholder endorsed.
    #[error("this keyholder endorsed head {endorsed} in this round and is now shown {shown}")]
    TwoHeads {
        /// What it endorsed.
        endorsed: Digest,
        /// What it is shown.
        shown: Digest,
    },
    /// Too large a message.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// The secret of the key to which shares are encrypted. It has no other use.
#[derive(zeroize::Zeroize, ZeroizeOnDrop)]
pub struct EncryptionSecret(Scalar);

impl EncryptionSecret {
    /// The secret with these bytes; nothing if they encode no scalar.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Option<Self> {
        Scalar::from_canonical_bytes(bytes).into_option().map(Self)
    }

    /// What to keep, encrypted.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// A new secret.
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        Self(Scalar::random(rng))
    }

    /// `P = p * K`.
    #[must_use]
    pub fn public(&self) -> Point {
        encode_point(&(self.0 * talea_contract::group::Generators::derive().key))
    }
}

/// A party that the terms may name as a keyholder.
pub struct Candidate {
    identity: Identity,
    encryption: EncryptionSecret,
}

/// A candidate that dealt.
pub struct Dealer {
    candidate: Candidate,
    id: KeyholderId,
    coefficients: Zeroizing<Vec<Scalar>>,
}

/// A dealer whose share is complete.
pub struct Keyholder {
    identity: Identity,
    id: KeyholderId,
    share: Zeroizing<Scalar>,
    /// One head per round, never another.
    endorsed: BTreeMap<u32, Digest>,
    /// Counts posts, so that a retry never derives the masks of an abandoned attempt.
    attempt: u64,
}

impl Candidate {
    /// A candidate with these keys.
    #[must_use]
    pub fn new(identity: Identity, encryption: EncryptionSecret) -> Self {
        Self { identity, encryption }
    }

    /// What the terms must say of it.
    #[must_use]
    pub fn member(&self) -> Member {
        Member { signing: self.identity.party(), encryption: self.encryption.public() }
    }

    fn find(&self, auction: &Auction) -> Result<KeyholderId, KeyholderError> {
        let own = self.member();
        let mut named = keyholders(&auction.terms().quorum);
        let (id, member) =
            named.find(|(_, m)| m.signing == own.signing).ok_or(KeyholderError::NotNamed)?;
        if member.encryption != own.encryption {
            return Err(KeyholderError::OtherEncryptionKey);
        }
        Ok(id)
    }

    /// Makes a deal: the signed instruction, and the dealer that this candidate becomes.
    ///
    /// # Errors
    /// [`KeyholderError`] if the terms do not name it.
    pub fn deal(
        self,
        auction: &Auction,
        rng: &mut impl CryptoRngCore,
    ) -> Result<(Vec<u8>, Dealer), KeyholderError> {
        self.deal_altered(auction, |_, share| share, rng)
    }

    /// A deal whose share for each member is what `alter` makes of the right one: for tests of
    /// what a cheating dealer can do.
    ///
    /// # Errors
    /// [`KeyholderError`] if the terms do not name it.
    pub fn deal_altered(
        self,
        auction: &Auction,
        alter: impl Fn(u16, Scalar) -> Scalar,
        rng: &mut impl CryptoRngCore,
    ) -> Result<(Vec<u8>, Dealer), KeyholderError> {
        let id = self.find(auction)?;
        let threshold = group_of(auction, id).map_or(0, |group| group.threshold);
        let coefficients: Zeroizing<Vec<Scalar>> =
            Zeroizing::new((0..threshold).map(|_| Scalar::random(rng)).collect());
        self.deal_chosen(auction, &coefficients, alter, rng)
    }

    /// A deal of these coefficients, as many as the threshold, altered likewise: for tests of what a
    /// dealer can choose.
    ///
    /// # Errors
    /// [`KeyholderError`] if the terms do not name it.
    pub fn deal_chosen(
        self,
        auction: &Auction,
        coefficients: &[Scalar],
        alter: impl Fn(u16, Scalar) -> Scalar,
        rng: &mut impl CryptoRngCore,
    ) -> Result<(Vec<u8>, Dealer), KeyholderError> {
        let id = self.find(auction)?;
        let group = group_of(auction, id).ok_or(KeyholderError::NotNamed)?;
        let share_of = |j| alter(j, evaluate(coefficients, j));
        let dealer = (id, self.identity.party());
        let deal = make_deal(auction, dealer, group, coefficients, share_of, rng);
        let signed = self.identity.sign(&auction.id(), &Instruction::Deal(deal))?;
        let coefficients = Zeroizing::new(coefficients.to_vec());
        Ok((signed, Dealer { candidate: self, id, coefficients }))
    }

    /// The share that `dealer` sent here, without its pad; nothing if it sent none.
    #[must_use]
    pub fn received(&self, auction: &Auction, dealer: KeyholderId) -> Option<Scalar> {
        let id = self.find(auction).ok()?;
        Some(self.open_share(auction, id, dealer)?.1)
    }

    /// `p * R` with the padded share that `dealer` sent to member `id`, who this is, and the share
    /// without its pad.
    fn open_share(
        &self,
        auction: &Auction,
        id: KeyholderId,
        dealer: KeyholderId,
    ) -> Option<(Point, Scalar)> {
        let deal = auction.deal_of(dealer)?;
        let shared = encode_point(&(self.encryption.0 * decode_point(&deal.ephemeral)?));
        let pad = share_pad(
            &auction.id(),
            dealer.group,
            dealer.member,
            id.member,
            &shared,
            &deal.ephemeral,
            &self.encryption.public(),
        );
        let position = share_position(dealer.member, id.member)?;
        Some((shared, decode_scalar(deal.shares.get(position)?)? - pad))
    }
}

/// What a dealer keeps, encrypted, until it has its share: 32 bytes per coefficient.
impl Dealer {
    /// The coefficients, in order.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.coefficients.iter().flat_map(Scalar::to_bytes).collect())
    }
}

impl Candidate {
    /// The dealer that this candidate became.
    ///
    /// # Errors
    /// [`KeyholderError`] if the terms do not name it, or if the deal in the auction is
    /// not one of these coefficients.
    pub fn resume(self, auction: &Auction, saved: &[u8]) -> Result<Dealer, KeyholderError> {
        let id = self.find(auction)?;
        let scalars = saved.chunks(32).map(|bytes| {
            let bytes = bytes.try_into().ok()?;
            Scalar::from_canonical_bytes(bytes).into_option()
        });
        let coefficients: Option<Vec<Scalar>> = scalars.collect();
        let coefficients = Zeroizing::new(coefficients.ok_or(KeyholderError::OtherDeal)?);
        let deal = auction.deal_of(id).ok_or(KeyholderError::OtherDeal)?;
        let key = auction.setting().generators.key;
        let commitments = coefficients.iter().map(|a| encode_point(&(a * key)));
        if !commitments.eq(deal.commitments.iter().copied()) {
            return Err(KeyholderError::OtherDeal);
        }
        Ok(Dealer { candidate: self, id, coefficients })
    }
}

/// A deal of these coefficients and shares.
fn make_deal(
    auction: &Auction,
    (id, signer): (KeyholderId, PartyKey),
    group: &Group,
    coefficients: &[Scalar],
    share_of: impl Fn(u16) -> Scalar,
    rng: &mut impl CryptoRngCore,
) -> Deal {
    let generators = &auction.setting().generators;
    let commitments: Vec<Point> =
        coefficients.iter().map(|a| encode_point(&(a * generators.key))).collect();
    let randomness = Zeroizing::new(Scalar::random(rng));
    let ephemeral = encode_point(&(*randomness * generators.key));
    let shares =
        (1u16..).zip(group.members.iter()).filter(|(j, _)| *j != id.member).map(|(j, member)| {
            // The terms hold valid keys only (T4).
            let recipient = decode_point(&member.encryption).unwrap_or_default();
            let shared = encode_point(&(*randomness * recipient));
            let pad = share_pad(
                &auction.id(),
                id.group,
                id.member,
                j,
                &shared,
                &ephemeral,
                &member.encryption,
            );
            encode_scalar(&(share_of(j) + pad))
        });
    let shares: Vec<_> = shares.collect();
    let encryption_keys: Vec<Point> = group.members.iter().map(|m| m.encryption).collect();
    let statement = talea_contract::proofs::possession::Statement {
        group: id.group,
        member: id.member,
        encryption_keys: &encryption_keys,
        commitments: &commitments,
        ephemeral: &ephemeral,
        shares: &shares,
    };
    let context = Context { auction: auction.id(), lot: 0, round: 0, step: 0, signer };
    let mut prove = |secret, logarithm: Scalar| {
        let witness = possession::Witness { logarithm };
        possession::prove(generators, &context, &statement, secret, &witness, rng)
    };
    let constant = coefficients.first().copied().unwrap_or_default();
    let constant_proof = prove(Secret::Constant, constant);
    let ephemeral_proof = prove(Secret::Ephemeral, *randomness);
    Deal {
        commitments: List::new(commitments).unwrap_or_default(),
        ephemeral,
        shares: List::new(shares).unwrap_or_default(),
        constant_proof,
        ephemeral_proof,
    }
}

/// `f(j)`.
fn evaluate(coefficients: &[Scalar], j: u16) -> Scalar {
    let at = Scalar::from(j);
    coefficients.iter().rev().fold(Scalar::ZERO, |value, a| value * at + a)
}

fn group_of(auction: &Auction, id: KeyholderId) -> Option<&Group> {
    auction.terms().quorum.get(usize::from(id.group))
}

impl Dealer {
    /// Its place in the quorum.
    #[must_use]
    pub fn id(&self) -> KeyholderId {
        self.id
    }

    /// The other members of its group, by index.
    fn peers(&self, auction: &Auction) -> Vec<KeyholderId> {
        let members = group_of(auction, self.id).map_or(0, |group| group.members.len());
        let members = u16::try_from(members).unwrap_or(0);
        (1..=members)
            .map(|member| KeyholderId { group: self.id.group, member })
            .filter(|id| *id != self.id)
            .collect()
    }

    fn share_is_right(&self, auction: &Auction, dealer: KeyholderId, share: &Scalar) -> bool {
        let deal = auction.deal_of(dealer);
        let commitments: Option<Vec<_>> =
            deal.and_then(|deal| deal.commitments.iter().map(decode_point).collect());
        let key = auction.setting().generators.key;
        commitments.is_some_and(|a| share * key == commitment_at(&a, self.id.member))
    }

    /// A signed complaint against every dealer whose share is wrong. Usually none.
    ///
    /// # Errors
    /// [`TooLarge`] never, at this size.
    pub fn complaints(
        &self,
        auction: &Auction,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Vec<u8>>, TooLarge> {
        let mut complaints = Vec::new();
        for dealer in self.peers(auction) {
            let Some((_, share)) = self.candidate.open_share(auction, self.id, dealer) else {
                continue;
            };
            if !auction.was_expelled(dealer) && !self.share_is_right(auction, dealer, &share) {
                complaints.extend(self.complain(auction, dealer, rng)?);
            }
        }
        Ok(complaints)
    }

    /// A signed complaint against `dealer`, whether or not it lied; nothing if it did not deal.
    ///
    /// # Errors
    /// [`TooLarge`] never, at this size.
    pub fn complain(
        &self,
        auction: &Auction,
        dealer: KeyholderId,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Option<Vec<u8>>, TooLarge> {
        let Some((shared, _)) = self.candidate.open_share(auction, self.id, dealer) else {
            return Ok(None);
        };
        let deal = auction.deal_of(dealer);
        let decoded =
            deal.and_then(|deal| decode_point(&deal.ephemeral)).zip(decode_point(&shared));
        let Some((ephemeral, shared_point)) = decoded else { return Ok(None) };
        let generators = &auction.setting().generators;
        let statement = talea_contract::proofs::complaint::Statement {
            group: self.id.group,
            member: self.id.member,
            dealer: dealer.member,
            encryption_key: self.candidate.encryption.0 * generators.key,
            ephemeral,
            shared: shared_point,
        };
        let signer = self.candidate.identity.party();
        let context = Context { auction: auction.id(), lot: 0, round: 0, step: 0, signer };
        let witness = complaint::Witness { encryption_secret: self.candidate.encryption.0 };
        let proof = complaint::prove(generators, &context, &statement, &witness, rng);
        let complaint = Complaint { dealer: dealer.member, shared, proof };
        self.candidate.identity.sign(&auction.id(), &Instruction::Complain(complaint)).map(Some)
    }

    /// Adds up what the qualified dealers sent, once the ceremony is over.
    ///
    /// # Errors
    /// [`KeyholderError`] if there is no share, or not the one that the transcript implies.
    pub fn into_keyholder(self, auction: &Auction) -> Result<Keyholder, KeyholderError> {
        let keys = auction.quorum_keys().ok_or(KeyholderError::NoShare)?;
        let share_key = keys.share_keys.get(&self.id).ok_or(KeyholderError::NoShare)?;
        let mut share = Zeroizing::new(evaluate(&self.coefficients, self.id.member));
        for dealer in self.peers(auction) {
            // Also one that has no share itself: its deal counts.
            if auction.deal_of(dealer).is_some() && !auction.was_expelled(dealer) {
                let (_, mut part) = self
                    .candidate
                    .open_share(auction, self.id, dealer)
                    .ok_or(KeyholderError::NoShare)?;
                *share += part;
                part.zeroize();
            }
        }
        if *share * auction.setting().generators.key != *share_key {
            return Err(KeyholderError::WrongShare);
        }
        Ok(Keyholder {
            identity: self.candidate.identity,
            id: self.id,
            share,
            endorsed: BTreeMap::new(),
            attempt: 0,
        })
    }
}

impl Keyholder {
    /// Its place in the quorum.
    #[must_use]
    pub fn id(&self) -> KeyholderId {
        self.id
    }

    /// Its public key.
    #[must_use]
    pub fn party(&self) -> PartyKey {
        self.identity.party()
    }

    /// Everything that is due from it now, done and signed. `attested` are bids that it received in time
    /// although `auction` does not show them; those that may be attested are, up to [`MAX_ATTESTED`].
    ///
    /// # Errors
    /// [`KeyholderError::TwoHeads`] if it is shown another head than it endorsed.
    pub fn act(
        &mut self,
        auction: &Auction,
        attested: &[BidId],
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Vec<u8>>, KeyholderError> {
        self.act_unless(auction, attested, |_| false, rng)
    }

    /// Like [`act`](Self::act), but leaves out the endorsement (`None`) or the steps for which
    /// `skip` says so: for tests of keyholders who stay away.
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub fn act_unless(
        &mut self,
        auction: &Auction,
        attested: &[BidId],
        skip: impl Fn(Option<u32>) -> bool,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Vec<u8>>, KeyholderError> {
        let mut signed = Vec::new();
        for due in auction.dues(self.id) {
            let step = match &due {
                Due::Endorse { .. } => None,
                Due::Rank { header, .. } => Some(header.step),
            };
            if skip(step) {
                continue;
            }
            signed.push(self.perform(auction, due, attested, rng)?);
        }
        Ok(signed)
    }

    /// Performs one duty, and signs the post. Store the post before it leaves the
    /// machine, and never perform the same duty again: send the stored post.
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub fn perform(
        &mut self,
        auction: &Auction,
        due: Due,
        attested: &[BidId],
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<u8>, KeyholderError> {
        let instruction = match due {
            Due::Endorse { round, head } => {
                // One bid that may not be attested would have the whole endorsement refused, and what
                // does not fit would leave none.
                let missing = attested.iter().filter(|bid| auction.is_missing(bid));
                let missing: BTreeSet<BidId> = missing.copied().collect();
                let attested: Vec<BidId> = missing.into_iter().take(MAX_ATTESTED).collect();
                self.endorse(round, head, &attested)?
            }
            Due::Rank { header, task } => self.rank(auction, header, task, rng)?,
        };
        Ok(self.identity.sign(&auction.id(), &instruction)?)
    }

    /// Vouches that it holds what these others were due to do, handed it in, and that the board did not take
    /// it. The caller must have made sure of this.
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub fn vouch(
        &mut self,
        auction: &Auction,
        duty: Duty,
        heard: &BTreeSet<KeyholderId>,
    ) -> Result<Vec<u8>, KeyholderError> {
        let (round, head) = (auction.round(), auction.endorsed_head());
        self.stand_by(round, head)?;
        let heard = List::new(heard.iter().copied().collect()).map_err(|_| TooLarge)?;
        let vouch = Instruction::Vouch(Vouch { round, head, duty, heard });
        Ok(self.identity.sign(&auction.id(), &vouch)?)
    }

    /// Endorses this head in this round, or says that it has endorsed another.
    ///
    /// # Errors
    /// [`KeyholderError::TwoHeads`].
    pub fn endorse(
        &mut self,
        round: u32,
        head: Digest,
        attested: &[BidId],
    ) -> Result<Instruction, KeyholderError> {
        self.stand_by(round, head)?;
        let attested = List::new(attested.to_vec()).map_err(|_| TooLarge)?;
        Ok(Instruction::Endorse(Endorsement { round, head, attested }))
    }

    /// A board that shows two heads would learn from the difference; the first one is kept.
    fn stand_by(&mut self, round: u32, shown: Digest) -> Result<(), KeyholderError> {
        let endorsed = *self.endorsed.entry(round).or_insert(shown);
        if endorsed != shown {
            return Err(KeyholderError::TwoHeads { endorsed, shown });
        }
        Ok(())
    }

    fn rank(
        &mut self,
        auction: &Auction,
        header: RankHeader,
        task: Task,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Instruction, KeyholderError> {
        self.stand_by(header.round, header.head)?;
        self.attempt += 1;
        let generators = &auction.setting().generators;
        let context = Context {
            auction: auction.id(),
            lot: header.lot,
            round: header.round,
            step: header.step,
            signer: self.party(),
        };
        let RankHeader { head, chunk, .. } = header;
        let masks =
            |kind| Masks::new(kind, self.share.as_bytes(), &context, &head, chunk, self.attempt);
        Ok(match task {
            Task::Gate { pairs, encoded } => {
                let inputs = gate::Inputs {
                    head,
                    chunk,
                    quorum_key: auction.quorum_keys().ok_or(KeyholderError::NoShare)?.key,
                    inputs: &pairs,
                    inputs_encoded: &encoded,
                };
                let witnesses = masks(labels::KIND_GATE).gates(&encoded, rng);
                let (turns, proof) = gate::prove(generators, &context, &inputs, &witnesses, rng)
                    .map_err(|_| TooLarge)?;
                let turns = List::new(turns).map_err(|_| TooLarge)?;
                Instruction::Gate(GatePost { header, turns, proof })
            }
            Task::Shuffle(lists) => {
                let encoded: Vec<Vec<_>> =
                    lists.iter().map(|list| list.iter().map(|(_, wire)| *wire).collect()).collect();
                let witness =
                    shuffle::Witness { moves: masks(labels::KIND_SHUFFLE).moves(&encoded, rng) };
                let inputs = shuffle::Inputs {
                    head,
                    chunk,
                    quorum_key: auction.quorum_keys().ok_or(KeyholderError::NoShare)?.key,
                    lists: &lists,
                };
                let (outputs, proof) = shuffle::prove(generators, &context, &inputs, &witness, rng)
                    .map_err(|_| TooLarge)?;
                let outputs = List::new(outputs).map_err(|_| TooLarge)?;
                Instruction::Shuffle(ShufflePost { header, outputs, proof })
            }
            Task::Blind(inputs) => {
                let encoded: Vec<_> = inputs.iter().map(Ciphertext::encode).collect();
                let factors = masks(labels::KIND_BLIND).factors(&encoded, rng);
                let witness = blind::Witness { factors: factors.to_vec() };
                let post = blind::prove(&context, head, chunk, &inputs, &witness, rng);
                Instruction::Blind(BlindPost {
                    header,
                    blinded: List::new(post.blinded).map_err(|_| TooLarge)?,
                    challenge: post.challenge,
                    responses: List::new(post.responses).map_err(|_| TooLarge)?,
                })
            }
            Task::Decrypt { randomness, encoded } => {
                let witness = decryption_share::Witness { share: *self.share };
                let (shares, proof) = decryption_share::prove(
                    generators,
                    &context,
                    head,
                    chunk,
                    (&randomness, &encoded),
                    &witness,
                    rng,
                );
                let shares = List::new(shares).map_err(|_| TooLarge)?;
                Instruction::Decrypt(DecryptionSharePost { header, shares, proof })
            }
        })
    }
}
