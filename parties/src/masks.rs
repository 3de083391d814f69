//! Where a keyholder's masks come from: signs, blinding factors, re-encryption scalars (spec
//! section 14).
//!
//! **A mask used on two inputs discloses a losing bid.** A post that is rejected, or loses a race, or
//! is on an abandoned branch of the board has still been seen. Made again over
//! another input with the same mask, it discloses the difference. So a mask is drawn from
//! everything that could tell two occasions apart *and* from the operating system, and neither alone
//! has to be trusted:
//!
//! - a generator that is stuck, or a virtual machine that was restored, still yields other masks as soon
//!   as the input, the place or the attempt differs;
//! - the same post made again on the same input yields other masks as long as the generator lives.

use crate::{
    choices::{Move, Sign},
    proofs::gate,
};
use core::fmt;
use curve25519_dalek::scalar::Scalar;
use merlin::{Transcript, TranscriptRng};
use rand_core::{CryptoRng, RngCore};
use subtle::Choice;
use talea_contract::fiat_shamir::Context;
use talea_protocol::{
    bytes::Digest, labels, labels::PROTOCOL_VERSION, sealed_bid::Ciphertext as WireCiphertext,
};
use zeroize::{Zeroize as _, Zeroizing};

/// The masks of one post, item by item.
pub struct Masks {
    transcript: Transcript,
    secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masks").finish_non_exhaustive()
    }
}

impl Drop for Masks {
    fn drop(&mut self) {
        self.transcript.zeroize();
    }
}

impl Masks {
    /// Masks for a post of this kind (a `KIND_` label) at this place. `secret` is known to the
    /// keyholder alone; `attempt` counts how often it has made this post.
    #[must_use]
    pub fn new(
        kind: &'static [u8],
        secret: &[u8; 32],
        context: &Context,
        head: &Digest,
        chunk: u32,
        attempt: u64,
    ) -> Self {
        let mut transcript = Transcript::new(labels::MASKS);
        transcript.append_u64(b"version", PROTOCOL_VERSION.into());
        transcript.append_message(b"kind", kind);
        context.absorb(&mut transcript);
        transcript.append_message(b"head", &head.0);
        transcript.append_u64(b"chunk", chunk.into());
        transcript.append_u64(b"attempt", attempt);
        Self { transcript, secret: Zeroizing::new(*secret) }
    }

    /// The masks of the item with this index in the chunk, whose full input is given.
    pub fn item<R: RngCore + CryptoRng>(
        &self,
        index: usize,
        input: &[&WireCiphertext],
        rng: &mut R,
    ) -> ItemMasks {
        let integer = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let mut transcript = self.transcript.clone();
        transcript.append_u64(b"index", integer(index));
        transcript.append_u64(b"inputs", integer(input.len()));
        for ciphertext in input {
            transcript.append_message(b"input-r", &ciphertext.r.0);
            transcript.append_message(b"input-e", &ciphertext.e.0);
        }
        let generator = transcript
            .build_rng()
            .rekey_with_witness_bytes(b"secret", self.secret.as_slice())
            .finalize(rng);
        ItemMasks(generator)
    }

    /// The sign and the re-encryption scalars of every gate of a chunk.
    pub fn gates<R: RngCore + CryptoRng>(
        &self,
        inputs: &[(WireCiphertext, WireCiphertext)],
        rng: &mut R,
    ) -> Vec<gate::Witness> {
        let masks = |(index, (x, y)): (usize, &(WireCiphertext, WireCiphertext))| {
            let mut masks = self.item(index, &[x, y], rng);
            gate::Witness { sign: masks.sign(), q_x: masks.scalar(), q_y: masks.scalar() }
        };
        inputs.iter().enumerate().map(masks).collect()
    }

    /// How every list of a chunk is shuffled.
    pub fn moves<R: RngCore + CryptoRng>(
        &self,
        lists: &[Vec<WireCiphertext>],
        rng: &mut R,
    ) -> Vec<Move> {
        let of_list = |(index, list): (usize, &Vec<WireCiphertext>)| {
            let input: Vec<&WireCiphertext> = list.iter().collect();
            self.item(index, &input, rng).shuffle(list.len())
        };
        lists.iter().enumerate().map(of_list).collect()
    }

    /// The factor of every ciphertext of a chunk that is blinded; none is zero.
    pub fn factors<R: RngCore + CryptoRng>(
        &self,
        inputs: &[WireCiphertext],
        rng: &mut R,
    ) -> Zeroizing<Vec<Scalar>> {
        let factor = |(index, input)| self.item(index, &[input], rng).factor();
        Zeroizing::new(inputs.iter().enumerate().map(factor).collect())
    }
}

/// The masks of one item: ask for as many as it takes, in a fixed order.
pub struct ItemMasks(TranscriptRng);

impl fmt::Debug for ItemMasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemMasks").finish_non_exhaustive()
    }
}

impl ItemMasks {
    /// A uniform scalar.
    #[must_use]
    pub fn scalar(&mut self) -> Scalar {
        Scalar::random(&mut self.0)
    }

    /// A uniform scalar that is not zero.
    #[must_use]
    pub fn factor(&mut self) -> Scalar {
        let mut factor = self.scalar();
        while factor == Scalar::ZERO {
            factor = self.scalar();
        }
        factor
    }

    /// A uniform byte.
    fn byte(&mut self) -> u8 {
        let mut byte = [0u8; 1];
        self.0.fill_bytes(&mut byte);
        let [byte] = byte;
        byte
    }

    /// A fair sign.
    #[must_use]
    pub fn sign(&mut self) -> Sign {
        Sign::of(Choice::from(self.byte() & 1))
    }

    /// A uniform move of a list of this many entries, a power of two, each with a power that is not zero.
    #[must_use]
    pub fn shuffle(&mut self, entries: usize) -> Move {
        // Lists have at most 64 entries, so a byte has more bits than a mask needs.
        let mask = self.byte();
        Move::chosen(mask, (0..entries).map(|_| self.factor()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{context, rng};
    use talea_protocol::bytes::Point;

    /// An operating system's generator that is stuck.
    struct Stuck;

    impl RngCore for Stuck {
        fn next_u32(&mut self) -> u32 {
            0
        }
        fn next_u64(&mut self) -> u64 {
            0
        }
        fn fill_bytes(&mut self, dest: &mut [u8]) {
            dest.fill(0);
        }
        fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
            dest.fill(0);
            Ok(())
        }
    }

    impl CryptoRng for Stuck {}

    fn input(byte: u8) -> WireCiphertext {
        WireCiphertext { r: Point([byte; 32]), e: Point([1; 32]) }
    }

    fn with_stuck(kind: &'static [u8], secret: u8, head: u8, chunk: u32, attempt: u64) -> Masks {
        Masks::new(kind, &[secret; 32], &context(), &Digest([head; 32]), chunk, attempt)
    }

    #[test]
    fn a_stuck_generator_still_gives_every_occasion_its_own_mask() {
        let base = || with_stuck(labels::KIND_GATE, 1, 2, 3, 4);
        let mut seen = vec![
            base().item(0, &[&input(7)], &mut Stuck).scalar(),
            base().item(1, &[&input(7)], &mut Stuck).scalar(),
            base().item(0, &[&input(8)], &mut Stuck).scalar(),
            base().item(0, &[&input(7), &input(7)], &mut Stuck).scalar(),
            with_stuck(labels::KIND_BLIND, 1, 2, 3, 4).item(0, &[&input(7)], &mut Stuck).scalar(),
            with_stuck(labels::KIND_GATE, 9, 2, 3, 4).item(0, &[&input(7)], &mut Stuck).scalar(),
            with_stuck(labels::KIND_GATE, 1, 9, 3, 4).item(0, &[&input(7)], &mut Stuck).scalar(),
            with_stuck(labels::KIND_GATE, 1, 2, 9, 4).item(0, &[&input(7)], &mut Stuck).scalar(),
            with_stuck(labels::KIND_GATE, 1, 2, 3, 9).item(0, &[&input(7)], &mut Stuck).scalar(),
        ];
        for place in 0..5u32 {
            let mut other = context();
            match place {
                0 => other.auction.0[0] ^= 1,
                1 => other.lot += 1,
                2 => other.round += 1,
                3 => other.step += 1,
                _ => other.signer.0[0] ^= 1,
            }
            let masks = Masks::new(labels::KIND_GATE, &[1; 32], &other, &Digest([2; 32]), 3, 4);
            seen.push(masks.item(0, &[&input(7)], &mut Stuck).scalar());
        }
        for (i, a) in seen.iter().enumerate() {
            for b in seen.iter().skip(i + 1) {
                assert_ne!(a, b, "mask {i} serves twice");
            }
        }
        // The occasion is all that a stuck generator leaves.
        assert_eq!(seen[0], base().item(0, &[&input(7)], &mut Stuck).scalar());
    }

    #[test]
    fn the_same_occasion_takes_a_new_mask_from_a_living_generator() {
        let masks = with_stuck(labels::KIND_BLIND, 1, 2, 3, 4);
        let mut rng = rng(1);
        let one = masks.item(0, &[&input(7)], &mut rng).scalar();
        let two = masks.item(0, &[&input(7)], &mut rng).scalar();
        assert_ne!(one, two);
    }

    #[test]
    fn signs_are_signs_and_both_occur() {
        let masks = with_stuck(labels::KIND_GATE, 1, 2, 3, 4);
        let mut rng = rng(2);
        let mut plus = 0;
        for index in 0..64 {
            let sign = masks.item(index, &[&input(7)], &mut rng).sign();
            assert_eq!(sign.scalar() * sign.scalar(), Scalar::ONE);
            plus += usize::from(sign.scalar() == Scalar::ONE);
        }
        assert!((8..56).contains(&plus), "{plus} of 64 signs are +1");
    }
}
