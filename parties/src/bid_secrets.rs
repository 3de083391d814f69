//! Where the secrets of a bid come from: its blinding, its contribution to a lottery, and all randomness
//! of the sealed bid (spec section 14).
//!
//! All of it is derived from the bidder's key, from the place of the bid, from the quorum's key and from
//! the level. So the key and a transcript are enough: the bidder tries the levels of the grid against its
//! own commitment, makes the sealed bid once more, and reveals it from any machine. The cost is
//! that anybody who gets the key later can do the same and read old bids.
//!
//! **The same blinding under two levels discloses their difference.** A bidder may make two bids for
//! one place: the first never reached the board, or the board showed two histories. With
//! the level and the quorum's key in the derivation the two have nothing in common.
//!
//! The same holds for curves: every step has a place of its own, and all of the curve is in the derivation of each. There
//! is no trying of levels then; the masks of the range proofs are derived, and the steps are read off those.
//!
//! The sealed bid takes no fresh randomness, because its bytes must be reproducible. Its nonces are functions of
//! all that its proof absorbs, as those of Ed25519 (RFC 8032) are of the message. The range proof is in
//! the commit and is never made again; it also takes fresh randomness, that of a step before the masks are drawn.

use crate::identity::Identity;
use curve25519_dalek::{
    ristretto::{RistrettoBasepointTable, RistrettoPoint},
    scalar::Scalar,
};
use merlin::Transcript;
use rand_core::{CryptoRng, Error, RngCore};
use std::ops::Range;
use talea_contract::{
    fiat_shamir::Context,
    group::{Generators, decode_point},
};
use talea_protocol::{
    bytes::Point,
    commitment::TradeSide,
    labels::{self, PROTOCOL_VERSION},
    price::Level,
    sealed_bid::Contribution,
};
use zeroize::Zeroizing;

/// Derives the secrets of a bidder's bids at one place: a lot in a round, under a quorum's key. Of a curve each step
/// has a place of its own.
///
/// The hash state inside holds the bidder's key; it erases itself when dropped, as all that is cloned
/// from it does.
#[derive(Clone)]
pub struct Derivation(Transcript);

impl Derivation {
    /// Of the bids of `bidder` in this context, whose step is 0 or that of a curve, sealed under `quorum_key`.
    #[must_use]
    pub fn new(bidder: &Identity, context: &Context, quorum_key: &Point) -> Self {
        let mut transcript = Transcript::new(labels::BID_SECRETS);
        transcript.append_u64(b"version", PROTOCOL_VERSION.into());
        context.absorb(&mut transcript);
        transcript.append_message(b"quorum-key", &quorum_key.0);
        transcript.append_message(b"key", bidder.seed().as_slice());
        Self(transcript)
    }

    /// The secrets of a bid of this level.
    #[must_use]
    pub fn secrets(&self, level: Level) -> BidSecrets {
        let Self(mut transcript) = self.clone();
        transcript.append_u64(b"level", level.0.into());
        BidSecrets(transcript)
    }

    /// The secrets of a step of a curve: of the level, or the number, that it commits to, and of the whole curve, so that
    /// two curves have no step in common.
    #[must_use]
    pub fn secrets_of_step(
        &self,
        level: Level,
        side: TradeSide,
        curve: &[CurveNumber],
    ) -> BidSecrets {
        let BidSecrets(mut transcript) = self.secrets(level);
        let side: u64 = match side {
            TradeSide::Buy => 0,
            TradeSide::Sell => 1,
        };
        transcript.append_u64(b"side", side);
        transcript.append_u64(b"steps", curve.len() as u64);
        for CurveNumber { committed, quantity } in curve {
            transcript.append_u64(b"level", committed.0.into());
            transcript.append_u64(b"quantity", (*quantity).into());
        }
        BidSecrets(transcript)
    }

    /// With what a step of a curve masks its range proof: a function of the place alone, so that the bidder reads the
    /// proof without knowing what it is of.
    #[must_use]
    pub fn masks(&self) -> Generator {
        let mut transcript = self.0.clone();
        transcript.append_message(b"use", b"range-proof");
        Generator(transcript)
    }

    /// Which of these levels the commitment is to, if it is one of this bidder at this place.
    ///
    /// Tries one after the other, at about ten microseconds each. The time taken discloses the level to
    /// an observer of this machine.
    #[must_use]
    pub fn find(
        &self,
        generators: &Generators,
        commitment: &Point,
        levels: Range<u32>,
    ) -> Option<Level> {
        let commitment = decode_point(commitment)?;
        let blinding_base = RistrettoBasepointTable::create(&generators.blinding);
        // C - b*G, which is rho*H at the right b.
        let mut blinded = commitment - generators.value * Scalar::from(levels.start);
        for level in levels {
            let rho = self.secrets(Level(level)).blinding();
            let found: RistrettoPoint = &blinding_base * &*rho;
            if found == blinded {
                return Some(Level(level));
            }
            blinded -= generators.value;
        }
        None
    }
}

/// What a step of a curve commits to, and the quantity that everybody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurveNumber {
    /// `b`: the level, and where quantities are sealed `level * 2^bits + quantity`.
    pub committed: Level,
    /// The quantity; 0 where it is sealed.
    pub quantity: u32,
}

/// The secrets of one bid, each under its own label.
#[derive(Clone)]
pub struct BidSecrets(Transcript);

impl BidSecrets {
    fn bytes<const LENGTH: usize>(&self, label: &'static [u8]) -> Zeroizing<[u8; LENGTH]> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        self.0.clone().challenge_bytes(label, bytes.as_mut());
        bytes
    }

    /// `rho`, which blinds the commitment.
    #[must_use]
    pub fn blinding(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(Scalar::from_bytes_mod_order_wide(&self.bytes(b"blinding")))
    }

    /// What the bid contributes to a lottery. Public once it is revealed.
    #[must_use]
    pub fn contribution(&self) -> Contribution {
        *self.bytes(b"contribution")
    }

    /// What the argument of the sealed bid is made with.
    #[must_use]
    pub fn generator(&self) -> Generator {
        let mut transcript = self.0.clone();
        transcript.append_message(b"use", b"sealed-bid");
        Generator(transcript)
    }
}

/// A deterministic generator: the same secrets yield the same bytes.
pub struct Generator(Transcript);

impl Generator {
    /// Of all that this has absorbed, a secret among it.
    pub(crate) fn of(transcript: Transcript) -> Self {
        Self(transcript)
    }
}

impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.challenge_bytes(b"random", bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// Its bytes are those of a keyed hash: nobody without the key can tell them from random ones.
impl CryptoRng for Generator {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::{
        commit,
        testing::{context, other_contexts},
        unary,
    };
    use std::collections::BTreeSet;
    use talea_contract::group::encode_point;
    use talea_protocol::{bytes::Digest, price::Shape};

    const KEY: Point = Point([7; 32]);

    fn bidder(seed: u8) -> Identity {
        Identity::from_seed(&[seed; 32])
    }

    #[test]
    fn a_commitment_is_found_by_its_bidder_alone_and_at_its_place_alone() {
        let generators = Generators::derive();
        let derivation = Derivation::new(&bidder(1), &context(), &KEY);
        for level in [0, 1, 77, 199] {
            let rho = derivation.secrets(Level(level)).blinding();
            let commitment = encode_point(&commit(&generators, &level.into(), &rho));
            let found = |derivation: &Derivation, levels| {
                derivation.find(&generators, &commitment, levels).map(|level| level.0)
            };
            assert_eq!(found(&derivation, 0..200), Some(level));
            assert_eq!(found(&derivation, level..level + 1), Some(level));
            assert_eq!(found(&derivation, 0..level), None);
            assert_eq!(found(&derivation, level + 1..300), None);
            let [other_bidder, other_key] = [(2, KEY), (1, Point([8; 32]))]
                .map(|(seed, key)| Derivation::new(&bidder(seed), &context(), &key));
            assert_eq!(found(&other_bidder, 0..200), None);
            assert_eq!(found(&other_key, 0..200), None);
            for context in other_contexts() {
                let elsewhere = Derivation::new(&bidder(1), &context, &KEY);
                assert_eq!(found(&elsewhere, 0..200), None, "{context:?}");
            }
        }
        assert_eq!(derivation.find(&generators, &Point([0xff; 32]), 0..2), None);
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let derivation = Derivation::new(&bidder(1), &context(), &KEY);
        let mut seen = BTreeSet::new();
        for level in 0..100 {
            let secrets = derivation.secrets(Level(level));
            let mut generator = secrets.generator();
            let mut more = || {
                let mut bytes = [0; 32];
                generator.fill_bytes(&mut bytes);
                bytes
            };
            let contribution = secrets.contribution();
            for bytes in [secrets.blinding().to_bytes(), contribution, more(), more()] {
                assert!(seen.insert(bytes), "level {level}");
            }
            assert_eq!(secrets.blinding(), derivation.secrets(Level(level)).blinding());
        }
    }

    #[test]
    fn two_curves_have_no_secret_in_common_and_nor_have_two_steps() {
        let steps: [(u32, u32); 3] = [(7, 1), (7, 1), (9, 2)];
        let curves = [
            (TradeSide::Buy, steps.to_vec()),
            (TradeSide::Sell, steps.to_vec()),
            (TradeSide::Buy, vec![(7, 1), (7, 1), (9, 3)]),
            (TradeSide::Buy, vec![(7, 1), (7, 1), (10, 2)]),
            (TradeSide::Buy, vec![(7, 1), (7, 1)]),
        ];
        let mut seen = BTreeSet::new();
        for (side, steps) in &curves {
            let number = |(level, quantity): &(u32, u32)| CurveNumber {
                committed: Level(*level),
                quantity: *quantity,
            };
            let numbers: Vec<CurveNumber> = steps.iter().map(number).collect();
            for (step, number) in (0..).zip(&numbers) {
                let context = Context { step, ..context() };
                let derivation = Derivation::new(&bidder(1), &context, &KEY);
                let secrets = derivation.secrets_of_step(number.committed, *side, &numbers);
                assert!(seen.insert(secrets.blinding().to_bytes()), "{side:?} {steps:?} {step}");
            }
        }
    }

    /// With other masks a curve committed before could not be found again.
    #[test]
    fn masks_of_a_step_stay_what_they_are_and_are_of_its_place_alone() {
        let drawn = |derivation: &Derivation| {
            let mut random = [0; 8];
            derivation.masks().fill_bytes(&mut random);
            random
        };
        let derivation = Derivation::new(&bidder(1), &context(), &KEY);
        assert_eq!(hex(&drawn(&derivation)), "49f5731d25839ad8");
        let places = other_contexts().into_iter();
        let places = places.map(|context| Derivation::new(&bidder(1), &context, &KEY));
        let keys = [(2, KEY), (1, Point([8; 32]))];
        let keys = keys.map(|(seed, key)| Derivation::new(&bidder(seed), &context(), &key));
        let others: BTreeSet<[u8; 8]> = places.chain(keys).map(|other| drawn(&other)).collect();
        assert_eq!(others.len(), other_contexts().len() + 2);
        assert!(!others.contains(&drawn(&derivation)));
    }

    /// With other secrets a bid committed before could not be revealed.
    #[test]
    fn secrets_stay_what_they_are() {
        let secrets = Derivation::new(&bidder(1), &context(), &KEY).secrets(Level(42));
        let mut random = [0; 8];
        secrets.generator().fill_bytes(&mut random);
        let found =
            [&secrets.blinding().to_bytes()[..8], &secrets.contribution()[..8], &random].map(hex);
        assert_eq!(found, ["ea776751438954de", "77830edc587eee3d", "7d123abef4204545"]);
    }

    /// A prover that draws otherwise must not go by the same label: two sealed bids with one set of masks and
    /// two challenges open the bid.
    #[test]
    fn a_sealed_bid_stays_what_it_is() {
        let generators = Generators::derive();
        let quorum_key = generators.key;
        let secrets = Derivation::new(&bidder(1), &context(), &KEY).secrets(Level(42));
        let shape = Shape::new(&[2, 3, 1]).unwrap();
        let seal = || {
            let (rho, mut generator) = (secrets.blinding(), secrets.generator());
            let sealed = unary::prove(
                &generators,
                &context(),
                &shape,
                &quorum_key,
                Level(42),
                &rho,
                &mut generator,
            );
            sealed.unwrap().to_bytes()
        };
        let sealed_bid = seal();
        assert_eq!(sealed_bid, seal());
        assert_eq!(hex(&Digest::of(&[&sealed_bid]).0[..8]), "0734601d051001b8");
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
