//! Fiat–Shamir: the Merlin transcript of a proof, and the weights of a fold (section 2).
//!
//! This is the one file in which a generator is seeded. Every seed is drawn from a transcript
//! state that has absorbed every byte of everything that the generator will weigh.

use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Scalar as WireScalar},
    commitment::BidId,
    labels,
    masked::Masked,
    ranking::RankHeader,
    sealed_bid::Ciphertext,
    terms::AuctionId,
};

use crate::group::wide;

/// What every proof is bound to before its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The auction.
    pub auction: AuctionId,
    /// Lot index; 0 in setup proofs.
    pub lot: u32,
    /// Round; 0 in setup proofs.
    pub round: u32,
    /// Rank step; 0 in setup and bid proofs.
    pub step: u32,
    /// Whose proof it is.
    pub signer: PartyKey,
}

impl Context {
    /// Of a setup proof.
    pub fn setup(auction: AuctionId, signer: PartyKey) -> Self {
        Self { auction, lot: 0, round: 0, step: 0, signer }
    }

    /// Of a bid's proofs: the signer is the bidder, whoever posted them.
    pub fn bid(auction: AuctionId, bid: &BidId) -> Self {
        Self { auction, lot: bid.lot, round: bid.round, step: 0, signer: bid.bidder }
    }

    /// Of a rank message's proof.
    pub fn rank(auction: AuctionId, header: &RankHeader, signer: PartyKey) -> Self {
        Self { auction, lot: header.lot, round: header.round, step: header.step, signer }
    }
}

/// The hash state of one proof.
pub(crate) struct ProofTranscript(Transcript);

impl ProofTranscript {
    /// The beginning that all proofs share.
    pub(crate) fn begin(kind: &'static [u8], context: &Context) -> Self {
        let mut t = Transcript::new(b"talea/v2/proof");
        t.append_u64(b"version", u64::from(labels::PROTOCOL_VERSION));
        t.append_message(b"kind", kind);
        t.append_message(b"auction", &context.auction.0);
        t.append_u64(b"lot", u64::from(context.lot));
        t.append_u64(b"round", u64::from(context.round));
        t.append_u64(b"step", u64::from(context.step));
        t.append_message(b"signer", &context.signer.0);
        Self(t)
    }

    pub(crate) fn integer(&mut self, label: &'static [u8], value: impl TryInto<u64>) {
        // Lengths of what is in memory fit in 64 bits on every machine.
        self.0.append_u64(label, value.try_into().unwrap_or(u64::MAX));
    }

    pub(crate) fn point(&mut self, label: &'static [u8], point: &Point) {
        self.0.append_message(label, &point.0);
    }

    pub(crate) fn scalar(&mut self, label: &'static [u8], scalar: &WireScalar) {
        self.0.append_message(label, &scalar.0);
    }

    pub(crate) fn masked(&mut self, label: &'static [u8], masked: &Masked) {
        self.0.append_message(label, &masked.0);
    }

    pub(crate) fn digest(&mut self, label: &'static [u8], digest: &Digest) {
        self.0.append_message(label, &digest.0);
    }

    /// One message of 64 bytes, `R` then `E`.
    pub(crate) fn cipher(&mut self, label: &'static [u8], cipher: &Ciphertext) {
        let mut bytes = [0u8; 64];
        let (r, e) = bytes.split_at_mut(32);
        r.copy_from_slice(&cipher.r.0);
        e.copy_from_slice(&cipher.e.0);
        self.0.append_message(label, &bytes);
    }

    pub(crate) fn challenge(&mut self, label: &'static [u8]) -> Scalar {
        let mut bytes = [0u8; 64];
        self.0.challenge_bytes(label, &mut bytes);
        wide(&bytes)
    }

    /// 16 bytes, little-endian; zero is replaced by one.
    pub(crate) fn weight(&mut self, label: &'static [u8]) -> Scalar {
        let mut bytes = [0u8; 16];
        self.0.challenge_bytes(label, &mut bytes);
        as_weight(bytes)
    }

    /// `count` weights, drawn at once.
    pub(crate) fn weights(&mut self, label: &'static [u8], count: usize) -> Vec<Scalar> {
        let mut bytes = vec![[0u8; 16]; count];
        self.0.challenge_bytes(label, bytes.as_flattened_mut());
        bytes.into_iter().map(as_weight).collect()
    }

    /// A digest of everything absorbed so far. To be taken after the last byte of a proof.
    pub(crate) fn binding(mut self) -> Binding {
        let mut bytes = [0u8; 32];
        self.0.challenge_bytes(b"verifier-binding", &mut bytes);
        Binding(bytes)
    }
}

/// Depends on every byte of one proof and of its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Binding([u8; 32]);

/// Independent non-zero weights of 128 bits, one for each equation of a fold.
///
/// They are the verifier's own affair (section 2), on three conditions: drawn after every byte of
/// a proof; when several proofs are folded, from a state that depends on all of them; never shared.
pub struct Weights(ChaCha20Rng);

impl Weights {
    /// For a fold of exactly the proofs of these bindings.
    pub(crate) fn for_proofs<'a>(bindings: impl ExactSizeIterator<Item = &'a Binding>) -> Self {
        let mut t = Transcript::new(labels::BATCH_WEIGHTS);
        t.append_u64(b"proofs", u64::try_from(bindings.len()).unwrap_or(u64::MAX));
        for binding in bindings {
            t.append_message(b"proof", &binding.0);
        }
        Self(seeded(&mut t))
    }

    /// The next weight.
    pub(crate) fn next(&mut self) -> Scalar {
        let mut bytes = [0u8; 16];
        self.0.fill_bytes(&mut bytes);
        as_weight(bytes)
    }
}

/// 16 bytes, little-endian; zero is replaced by one.
fn as_weight(bytes: [u8; 16]) -> Scalar {
    Scalar::from(u128::from_le_bytes(bytes).max(1))
}

fn seeded(transcript: &mut Transcript) -> ChaCha20Rng {
    let mut seed = [0u8; 32];
    transcript.challenge_bytes(b"seed", &mut seed);
    ChaCha20Rng::from_seed(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(signer: u8) -> ProofTranscript {
        let context = Context::setup(AuctionId([1; 32]), PartyKey([signer; 32]));
        ProofTranscript::begin(b"kind", &context)
    }

    #[test]
    fn every_part_of_the_context_is_absorbed() {
        let base = Context {
            auction: AuctionId([1; 32]),
            lot: 1,
            round: 1,
            step: 1,
            signer: PartyKey([1; 32]),
        };
        let mut others = vec![(b"a" as &[u8], base); 7];
        others[1].0 = b"b";
        others[2].1.auction = AuctionId([2; 32]);
        others[3].1.lot = 2;
        others[4].1.round = 2;
        others[5].1.step = 2;
        others[6].1.signer = PartyKey([2; 32]);
        let mut seen = std::collections::BTreeSet::new();
        for (kind, context) in others {
            let challenge = ProofTranscript::begin(kind, &context).challenge(b"c");
            assert!(seen.insert(challenge.to_bytes()));
        }
    }

    #[test]
    fn weights_are_16_bytes_each_and_never_zero() {
        let mut drawn = [0u8; 48];
        transcript(1).0.challenge_bytes(b"w", &mut drawn);
        let expected: Vec<Scalar> = drawn
            .chunks(16)
            .map(|bytes| Scalar::from(u128::from_le_bytes(bytes.try_into().unwrap())))
            .collect();
        assert_eq!(transcript(1).weights(b"w", 3), expected);
        assert_eq!(transcript(1).weights(b"w", 0), vec![]);
        assert_eq!(as_weight([0; 16]), Scalar::ONE);
    }

    #[test]
    fn weights_depend_on_every_proof_of_the_fold_and_their_order() {
        let (a, b) = (transcript(1).binding(), transcript(2).binding());
        let first = |bindings: &[Binding]| Weights::for_proofs(bindings.iter()).next();
        assert_ne!(first(&[a, b]), first(&[a]));
        assert_ne!(first(&[a, b]), first(&[b, a]));
        let mut weights = Weights::for_proofs([a].iter());
        assert_ne!(weights.next(), weights.next());
    }
}
