//! Fiat–Shamir: the hash state of a proof, and the weights with which a verifier folds equations
//! (spec section 2).
//!
//! *Transcript* is the auction's public record everywhere else in this code, so the Merlin
//! transcript of a proof is called Fiat–Shamir here. Every absorption has a label and a fixed
//! length or a count before it; nothing is concatenated.

use crate::group::encode_point;
use alloc::{vec, vec::Vec};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use merlin::Transcript;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Scalar as WireScalar},
    labels::{self, PROTOCOL_VERSION},
    masked::Masked,
    sealed_bid::Ciphertext as WireCiphertext,
    terms::AuctionId,
};

/// What every proof is bound to: its place in which auction, and who made it. A proof copied
/// to another place, or by another party, draws other challenges and fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The auction: the hash of all of its terms.
    pub auction: AuctionId,
    /// Index of the lot; 0 in setup.
    pub lot: u32,
    /// Round; 0 in setup.
    pub round: u32,
    /// Step of the ranking; 0 in setup and for bids.
    pub step: u32,
    /// Who made the proof. For a reveal, the bidder whose commit it opens.
    pub signer: PartyKey,
}

impl Context {
    /// Absorbs the context into a new hash state.
    pub fn absorb(&self, transcript: &mut Transcript) {
        // Without `..`: a field added to the context does not compile until it is absorbed.
        let Self { auction, lot, round, step, signer } = self;
        transcript.append_message(b"auction", &auction.0);
        transcript.append_u64(b"lot", (*lot).into());
        transcript.append_u64(b"round", (*round).into());
        transcript.append_u64(b"step", (*step).into());
        transcript.append_message(b"signer", &signer.0);
    }
}

/// The running hash of one proof.
#[derive(Clone)]
pub struct FiatShamir(Transcript);

impl FiatShamir {
    /// Begins a proof of this kind, one of the `KIND_` labels, in its context.
    #[must_use]
    pub fn begin(kind: &'static [u8], context: &Context) -> Self {
        let mut transcript = Transcript::new(labels::PROOF);
        transcript.append_u64(b"version", PROTOCOL_VERSION.into());
        transcript.append_message(b"kind", kind);
        context.absorb(&mut transcript);
        Self(transcript)
    }

    /// Absorbs an integer.
    pub fn integer(&mut self, label: &'static [u8], value: impl Into<u64>) {
        self.0.append_u64(label, value.into());
    }

    /// Absorbs the length of a list, before its items.
    pub fn count(&mut self, label: &'static [u8], count: usize) {
        // No target has a usize above 64 bits.
        self.0.append_u64(label, u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Absorbs a point by its encoding. The caller has decoded it.
    pub fn point(&mut self, label: &'static [u8], point: &Point) {
        self.0.append_message(label, &point.0);
    }

    /// Absorbs a decoded point.
    pub fn element(&mut self, label: &'static [u8], element: &RistrettoPoint) {
        self.point(label, &encode_point(element));
    }

    /// Absorbs a ciphertext by its encoding, `R` then `E`, as one message of 64 bytes. The caller
    /// has decoded it.
    pub fn ciphertext(&mut self, label: &'static [u8], ciphertext: &WireCiphertext) {
        let mut bytes = [0u8; 64];
        let (r, e) = bytes.split_at_mut(32);
        r.copy_from_slice(&ciphertext.r.0);
        e.copy_from_slice(&ciphertext.e.0);
        self.0.append_message(label, &bytes);
    }

    /// Absorbs a scalar by its encoding. The caller has decoded it.
    pub fn scalar(&mut self, label: &'static [u8], scalar: &WireScalar) {
        self.0.append_message(label, &scalar.0);
    }

    /// Absorbs a digest.
    pub fn digest(&mut self, label: &'static [u8], digest: &Digest) {
        self.0.append_message(label, &digest.0);
    }

    /// Draws a challenge: 64 bytes, reduced modulo the group order.
    pub fn challenge(&mut self, label: &'static [u8]) -> Scalar {
        let mut bytes = [0u8; 64];
        self.0.challenge_bytes(label, &mut bytes);
        Scalar::from_bytes_mod_order_wide(&bytes)
    }

    /// Draws a weight that belongs to the proof itself: 128 bits, not zero.
    pub fn weight(&mut self, label: &'static [u8]) -> Scalar {
        let mut bytes = [0u8; 16];
        self.0.challenge_bytes(label, &mut bytes);
        weight_of(bytes)
    }

    /// Draws weights that belong to the proof itself, 128 bits each and none of them zero, at once.
    pub fn weights(&mut self, label: &'static [u8], count: usize) -> Vec<Scalar> {
        let mut bytes = vec![[0u8; 16]; count];
        self.0.challenge_bytes(label, bytes.as_flattened_mut());
        bytes.into_iter().map(weight_of).collect()
    }

    /// Absorbs a masked bit or sign.
    pub fn masked(&mut self, label: &'static [u8], masked: &Masked) {
        self.0.append_message(label, &masked.0);
    }

    /// Merlin's transcript itself, for a prover's nonces.
    pub fn transcript(&mut self) -> &mut Transcript {
        &mut self.0
    }
}

/// The integer of these bytes, little-endian; zero is replaced by one, for an equation with weight
/// zero would not be checked.
fn weight_of(bytes: [u8; 16]) -> Scalar {
    Scalar::from(u128::from_le_bytes(bytes).max(1))
}

/// The verifier's own weights, one for each equation that it folds with others.
///
/// # Invariants
/// They depend on every byte of all proofs that are folded together, and no two equations are given
/// the same draw. A prover that knows a weight before its last byte makes two wrong equations cancel: that is how
/// Bulletproofs with a predictable generator were made to accept -1 (F4 in `docs/security.md`).
pub struct Weights(ChaCha20Rng);

impl Weights {
    /// Weights after these proofs, each given by its state *after its last byte was absorbed*.
    ///
    /// Weights drawn from one proof at a time would allow a birthday search among many proofs for
    /// errors that cancel.
    #[must_use]
    pub fn after(finished: impl IntoIterator<Item = FiatShamir>) -> Self {
        let mut all = Transcript::new(labels::BATCH_WEIGHTS);
        for FiatShamir(mut proof) in finished {
            let mut digest = [0u8; 32];
            proof.challenge_bytes(b"finished", &mut digest);
            all.append_message(b"proof", &digest);
        }
        let mut seed = [0u8; 32];
        all.challenge_bytes(b"seed", &mut seed);
        // **The only place in the program where a generator is seeded.**
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// The next weight: 128 bits, not zero.
    #[must_use]
    pub fn draw(&mut self) -> Scalar {
        let mut bytes = [0u8; 16];
        self.0.fill_bytes(&mut bytes);
        weight_of(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, vec::Vec};
    use talea_protocol::bytes::Point;

    fn context() -> Context {
        let (auction, signer) = (AuctionId([1; 32]), PartyKey([2; 32]));
        Context { auction, lot: 3, round: 4, step: 5, signer }
    }

    fn drawn(mut fs: FiatShamir) -> [u8; 32] {
        fs.challenge(b"challenge").to_bytes()
    }

    #[test]
    fn every_item_of_the_context_changes_the_challenge() {
        let changes: [fn(&mut Context); 5] = [
            |c| c.auction.0[0] ^= 1,
            |c| c.lot ^= 1,
            |c| c.round ^= 1,
            |c| c.step ^= 1,
            |c| c.signer.0[0] ^= 1,
        ];
        let mut seen = BTreeSet::new();
        for kind in [labels::KIND_GATE, labels::KIND_BLIND] {
            assert!(seen.insert(drawn(FiatShamir::begin(kind, &context()))));
            for change in changes {
                let mut other = context();
                change(&mut other);
                assert!(seen.insert(drawn(FiatShamir::begin(kind, &other))));
            }
        }
        // Lot, round and step are not one number.
        let swapped = Context { lot: 4, round: 3, ..context() };
        assert!(seen.insert(drawn(FiatShamir::begin(labels::KIND_GATE, &swapped))));
    }

    #[test]
    fn a_proof_begins_as_the_specification_says() {
        // The table of section 2, written out.
        let mut plain = Transcript::new(b"talea/v2/proof");
        plain.append_u64(b"version", 3);
        plain.append_message(b"kind", b"gate");
        plain.append_message(b"auction", &[1; 32]);
        plain.append_u64(b"lot", 3);
        plain.append_u64(b"round", 4);
        plain.append_u64(b"step", 5);
        plain.append_message(b"signer", &[2; 32]);
        let mut bytes = [0u8; 64];
        plain.challenge_bytes(b"challenge", &mut bytes);
        let expected = Scalar::from_bytes_mod_order_wide(&bytes).to_bytes();
        assert_eq!(drawn(FiatShamir::begin(labels::KIND_GATE, &context())), expected);
    }

    #[test]
    fn lists_that_differ_only_in_where_they_end_are_not_confused() {
        // F12 in `docs/security.md`: [[p], [p, p]] and [[p, p], [p]].
        let absorbed = |lengths: [usize; 2]| {
            let mut fs = FiatShamir::begin(labels::KIND_GATE, &context());
            for length in lengths {
                fs.count(b"list", length);
                (0..length).for_each(|_| fs.point(b"point", &Point([7; 32])));
            }
            drawn(fs)
        };
        let all: BTreeSet<_> = [[1, 2], [2, 1], [0, 3], [3, 0]].map(absorbed).into();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_ciphertext_is_one_message_of_64_bytes() {
        let (r, e) = (Point([1; 32]), Point([2; 32]));
        let mut ours = FiatShamir::begin(labels::KIND_GATE, &context());
        let mut plain = ours.clone();
        ours.ciphertext(b"input", &WireCiphertext { r, e });
        plain.transcript().append_message(b"input", &[r.0, e.0].concat());
        assert_eq!(drawn(ours), drawn(plain));
    }

    #[test]
    fn a_weight_of_zero_is_replaced_by_one() {
        assert_eq!(weight_of([0; 16]), Scalar::ONE);
        assert_eq!(weight_of([1; 16]), Scalar::from(u128::from_le_bytes([1; 16])));
        assert_eq!(weight_of([255; 16]), Scalar::from(u128::MAX));
    }

    #[test]
    fn weights_depend_on_every_proof_and_none_is_given_twice() {
        let finished = |byte: u8| {
            let mut fs = FiatShamir::begin(labels::KIND_UNARY, &context());
            fs.scalar(b"last", &WireScalar([byte; 32]));
            fs
        };
        let first = |proofs: &[u8]| {
            Weights::after(proofs.iter().map(|byte| finished(*byte))).draw().to_bytes()
        };
        let batches: [&[u8]; 7] = [&[], &[1], &[2], &[1, 1], &[1, 2], &[2, 1], &[1, 2, 3]];
        let all: BTreeSet<_> = batches.into_iter().map(first).collect();
        assert_eq!(all.len(), batches.len());
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
        let mut weights = Weights::after([finished(1)]);
        let drawn: Vec<_> = (0..100).map(|_| weights.draw().to_bytes()).collect();
        assert!(drawn.iter().all(|weight| weight.iter().skip(16).all(|byte| *byte == 0)));
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
    }
}
