//! A commitment to a level of the grid (spec section 8, C6).
//!
//! Bulletproofs over two commitments at once, `C` and `(levels-1)*G - C`: both are of `n` bits, so
//! the committed `b` has `0 <= b < levels`. In a later round over four: the distance of the new bid
//! from the active one is a level too, so the bid did not get worse, and nobody learns whether it
//! got better.

use super::ProofFault;
use crate::{
    fiat_shamir::{Context, FiatShamir, generator_after},
    group::{Generators, encode_point},
};
use alloc::vec::Vec;
use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::IsIdentity as _,
};
use merlin::Transcript;
use rand_chacha::ChaCha20Rng;
use talea_protocol::{bytes::Point, labels};

/// The largest number of bits in a level.
const MAX_BITS: usize = 32;
/// `C` and `(levels-1)*G - C`, and the same of the distance from the active bid.
const MAX_VALUES: usize = 4;

/// A commitment to one of `levels` levels.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Number of levels of the grid.
    pub levels: u32,
    /// `n`, the bits of each of the two values: 8, 16 or 32.
    pub bits: usize,
    /// `PK`, to which the bid will be encrypted: a commit made under the key of another history is
    /// none here.
    pub quorum_key: Point,
    /// `C = b*G + rho*H`.
    pub commitment: RistrettoPoint,
    /// `C_0`, the commitment of the active bid, in a later round.
    pub active: Option<RistrettoPoint>,
}

impl Statement {
    /// Absorbs the statement, in the order of the spec; the crate continues from there.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { levels, bits, quorum_key, commitment, active } = self;
        fs.element(b"value-base", &gens.value);
        fs.element(b"blinding-base", &gens.blinding);
        fs.point(b"quorum-key", quorum_key);
        fs.count(b"bits", *bits);
        fs.integer(b"rungs", *levels);
        fs.element(b"commitment", commitment);
        if let Some(active) = active {
            fs.element(b"standing", active);
        }
    }

    /// The proof's kind.
    #[must_use]
    pub fn kind(&self) -> &'static [u8] {
        match self.active {
            None => labels::KIND_RANGE,
            Some(_) => labels::KIND_IMPROVEMENT,
        }
    }

    /// How many commitments are proved at once.
    #[must_use]
    pub fn values(&self) -> usize {
        if self.active.is_some() { MAX_VALUES } else { 2 }
    }

    /// `C` and `(levels-1)*G - C`, and in a later round the same of `C - C_0`, encoded.
    #[must_use]
    pub fn commitments(&self, gens: &Generators) -> Vec<CompressedRistretto> {
        let last = gens.value * (Scalar::from(self.levels) - Scalar::ONE);
        let distance = self.active.map(|active| self.commitment - active);
        let bounded = [Some(self.commitment), distance].into_iter().flatten();
        bounded.flat_map(|value| [value.compress(), (last - value).compress()]).collect()
    }
}

/// Bytes of a proof over this many values of `bits` bits, exactly:
/// `32 * (9 + 2*log2(values*bits))`.
#[must_use]
pub fn proof_len(bits: usize, values: usize) -> usize {
    let rounds = bits.saturating_mul(values).checked_ilog2().unwrap_or(0);
    let rounds = usize::try_from(rounds).unwrap_or(usize::MAX);
    rounds.saturating_mul(2).saturating_add(9).saturating_mul(32)
}

/// Verifies range proofs. Holds Bulletproofs' generators, which take a while to derive.
#[derive(Clone)]
pub struct RangeVerifier {
    pedersen: PedersenGens,
    bulletproof: BulletproofGens,
}

impl core::fmt::Debug for RangeVerifier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RangeVerifier").finish_non_exhaustive()
    }
}

impl Default for RangeVerifier {
    fn default() -> Self {
        Self::new()
    }
}

impl RangeVerifier {
    /// Derives the generators for four values of up to 32 bits.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pedersen: PedersenGens::default(),
            bulletproof: BulletproofGens::new(MAX_BITS, MAX_VALUES),
        }
    }

    /// The bases of commitments as the crate names them, for the prover.
    #[must_use]
    pub fn pedersen(&self) -> &PedersenGens {
        &self.pedersen
    }

    /// The crate's generators, for the prover.
    #[must_use]
    pub fn bulletproof(&self) -> &BulletproofGens {
        &self.bulletproof
    }

    /// Verifies that `C` is not `O` and commits to one of the levels.
    ///
    /// # Errors
    /// The fault that was found first.
    pub fn verify(
        &self,
        gens: &Generators,
        context: &Context,
        statement: &Statement,
        proof_bytes: &[u8],
    ) -> Result<(), ProofFault> {
        // The length before anything else: a proof with a round more would be over other generators.
        ProofFault::unless_length(
            proof_len(statement.bits, statement.values()),
            proof_bytes.len(),
        )?;
        if statement.commitment.is_identity() {
            return Err(ProofFault::Identity);
        }
        let proof = RangeProof::from_bytes(proof_bytes).map_err(|_| ProofFault::NotCanonical)?;
        let mut fs = FiatShamir::begin(statement.kind(), context);
        statement.absorb(&mut fs, gens);
        proof
            .verify_multiple_with_rng(
                &self.bulletproof,
                &self.pedersen,
                fs.transcript(),
                &statement.commitments(gens),
                statement.bits,
                &mut folding_generator(context, statement, proof_bytes),
            )
            .map_err(|_| ProofFault::False)
    }
}

/// The generator that the crate's verifier asks for.
///
/// **Review every change to this function.** The crate folds its two verification equations with
/// one weight that it draws from this generator and from nothing else. If a prover knew that weight
/// before its last byte, it would make the two errors cancel: -1 was accepted as a value of 32 bits
/// (F4 in `docs/security.md`; `tests/tests/forgers.rs` keeps the attack). So it is seeded after the context,
/// the commitment and *all proof bytes*.
fn folding_generator(context: &Context, statement: &Statement, proof_bytes: &[u8]) -> ChaCha20Rng {
    let Context { auction, lot, round, step: _, signer } = context;
    let Statement { levels, bits, quorum_key, commitment, active } = statement;
    let mut transcript = Transcript::new(labels::RANGE_WEIGHTS);
    transcript.append_message(b"auction", &auction.0);
    transcript.append_u64(b"lot", (*lot).into());
    transcript.append_u64(b"round", (*round).into());
    transcript.append_message(b"signer", &signer.0);
    transcript.append_message(b"quorum-key", &quorum_key.0);
    transcript.append_u64(b"bits", u64::try_from(*bits).unwrap_or(u64::MAX));
    transcript.append_u64(b"rungs", (*levels).into());
    transcript.append_message(b"commitment", &encode_point(commitment).0);
    if let Some(active) = active {
        transcript.append_message(b"standing", &encode_point(active).0);
    }
    transcript.append_message(b"proof", proof_bytes);
    generator_after(transcript)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use rand_core::RngCore as _;
    use talea_protocol::{bytes::PartyKey, terms::AuctionId};

    #[test]
    fn the_folding_generator_depends_on_everything_and_on_every_byte_of_the_proof() {
        let gens = Generators::derive();
        let context = || {
            let (auction, signer) = (AuctionId([1; 32]), PartyKey([2; 32]));
            Context { auction, lot: 3, round: 4, step: 0, signer }
        };
        let statement = || Statement {
            levels: 200,
            bits: 8,
            quorum_key: encode_point(&gens.blinding),
            commitment: gens.value,
            active: Some(gens.key),
        };
        let proof: Vec<u8> = (0u8..96).collect();
        let mut seen = BTreeSet::new();
        let mut is_new = |context: &Context, statement: &Statement, proof: &[u8]| {
            let mut bytes = [0u8; 32];
            folding_generator(context, statement, proof).fill_bytes(&mut bytes);
            seen.insert(bytes)
        };
        assert!(is_new(&context(), &statement(), &proof));
        let places: [fn(&mut Context); 4] =
            [|c| c.auction.0[31] ^= 1, |c| c.lot ^= 1, |c| c.round ^= 1, |c| c.signer.0[31] ^= 1];
        for change in places {
            let mut other = context();
            change(&mut other);
            assert!(is_new(&other, &statement(), &proof));
        }
        let changes: [fn(&mut Statement); 6] = [
            |s| s.levels ^= 1,
            |s| s.quorum_key.0[0] ^= 1,
            |s| s.bits = 16,
            |s| s.commitment += s.commitment,
            |s| s.active = None,
            |s| s.active = Some(s.commitment),
        ];
        for change in changes {
            let mut other = statement();
            change(&mut other);
            assert!(is_new(&context(), &other, &proof));
        }
        for at in 0..proof.len() {
            let mut other = proof.clone();
            other[at] ^= 0x80;
            assert!(is_new(&context(), &statement(), &other), "byte {at}");
        }
        assert!(is_new(&context(), &statement(), &proof[..95]));
        assert!(!is_new(&context(), &statement(), &proof), "it is a function of its input");
    }
}
