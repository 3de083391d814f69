//! A bidder proves that its commitment is to a level of the grid (spec section 8).

use super::{Unprovable, nonces};
use bulletproofs::RangeProof;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::Generators,
    proofs::range::{RangeVerifier, Statement},
};
use talea_protocol::price::Level;
use zeroize::{Zeroize as _, Zeroizing};

/// A bid, and in a later round the active one.
#[derive(Clone)]
pub struct Witness {
    /// `b`.
    pub level: Level,
    /// `rho`.
    pub rho: Scalar,
    /// `b_0` and `rho_0` of the active bid.
    pub active: Option<(Level, Scalar)>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        let Self { level, rho, active } = self;
        level.0.zeroize();
        rho.zeroize();
        if let Some((level, rho)) = active {
            level.0.zeroize();
            rho.zeroize();
        }
    }
}

/// Proves that `C = b*G + rho*H` has `0 <= b < levels`, and in a later round that `b_0 <= b`.
///
/// # Errors
/// [`Unprovable`] if the level is not on the grid, lies below the active one, or the bits are no
/// number of bits.
pub fn prove<R: RngCore + CryptoRng>(
    verifier: &RangeVerifier,
    gens: &Generators,
    context: &Context,
    statement: &Statement,
    witness: &Witness,
    rng: &mut R,
) -> Result<Vec<u8>, Unprovable> {
    let Statement { levels, bits, .. } = *statement;
    let Witness { level, rho, active } = witness;
    let no_such_level = Unprovable::NoSuchLevel { level: level.0, levels: levels.into() };
    let last = levels.checked_sub(1).ok_or(no_such_level)?;
    let mut fs = FiatShamir::begin(statement.kind(), context);
    statement.absorb(&mut fs, gens);
    // (levels-1)*G - C commits to levels-1-b with -rho, C - C_0 to b - b_0 with rho - rho_0.
    let mut values = Zeroizing::new(vec![last.checked_sub(level.0).ok_or(no_such_level)?.into()]);
    let mut blindings = Zeroizing::new(vec![-rho]);
    if let Some((below, rho_0)) = active {
        let worse = Unprovable::Worse { level: level.0, active: below.0 };
        values.push(level.0.checked_sub(below.0).ok_or(worse)?.into());
        blindings.push(rho - rho_0);
    }
    let distances = values.iter().map(|value: &u64| Scalar::from(*value));
    let secrets: Zeroizing<Vec<Scalar>> =
        Zeroizing::new(distances.chain(blindings.iter().copied()).collect());
    let mut nonces = nonces(&mut fs, secrets.iter(), rng);
    RangeProof::prove_multiple_with_rng(
        verifier.bulletproof(),
        verifier.pedersen(),
        fs.transcript(),
        values.as_slice(),
        blindings.as_slice(),
        bits,
        &mut nonces,
    )
    .map(|(proof, _)| proof.to_bytes())
    .map_err(|_| Unprovable::Bits { bits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::{
        commit,
        testing::{context, other_contexts, other_generators, rng},
    };
    use talea_contract::proofs::{ProofFault, range::proof_len};
    use talea_protocol::{bytes::Point, labels};

    /// In place of `PK`: any encoding will do.
    const KEY: Point = Point([7; 32]);

    /// The witness of a first bid.
    fn first(level: u32, rho: Scalar) -> Witness {
        Witness { level: Level(level), rho, active: None }
    }

    /// A proof for `level` of `levels`, with its statement.
    fn proved(levels: u32, bits: usize, level: u32) -> (Statement, Vec<u8>) {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let rho = Scalar::random(&mut rng(1));
        let commitment = commit(&gens, &level.into(), &rho);
        let statement = Statement { levels, bits, quorum_key: KEY, commitment, active: None };
        let context = context();
        let proof = prove(&verifier, &gens, &context, &statement, &first(level, rho), &mut rng(2));
        (statement, proof.unwrap())
    }

    #[test]
    fn every_edge_of_every_size_is_proved() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        for (levels, bits) in
            [(2, 8), (200, 8), (256, 8), (257, 16), (65_536, 16), (65_537, 32), (u32::MAX, 32)]
        {
            for level in [0, 1, levels / 2, levels - 1] {
                let (statement, proof) = proved(levels, bits, level);
                assert_eq!(proof.len(), proof_len(bits, 1));
                let verdict = verifier.verify(&gens, &context(), &statement, &proof);
                assert_eq!(verdict, Ok(()), "level {level} of {levels}");
            }
        }
    }

    #[test]
    fn the_lengths_are_those_of_the_specification() {
        assert_eq!([8, 16, 32].map(|bits| proof_len(bits, 1)), [32 * 15, 32 * 17, 32 * 19]);
        assert_eq!([8, 16, 32].map(|bits| proof_len(bits, 2)), [32 * 17, 32 * 19, 32 * 21]);
        assert_eq!(proof_len(0, 2), 32 * 9);
        assert!(proof_len(usize::MAX, 2) > 0);
    }

    #[test]
    fn a_level_beyond_the_grid_is_not_provable() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let rho = Scalar::ONE;
        let attempt = |levels, bits, level| {
            let commitment = commit(&gens, &Scalar::from(level), &rho);
            let statement = Statement { levels, bits, quorum_key: KEY, commitment, active: None };
            prove(&verifier, &gens, &context(), &statement, &first(level, rho), &mut rng(2))
        };
        let refused = Err(Unprovable::NoSuchLevel { level: 200, levels: 200 });
        assert_eq!(attempt(200, 8, 200), refused);
        assert!(attempt(0, 8, 0).is_err());
        assert_eq!(attempt(200, 9, 1), Err(Unprovable::Bits { bits: 9 }));
    }

    #[test]
    fn a_proof_of_the_crate_for_a_value_in_bits_but_not_on_the_grid_is_refused() {
        // 199 - 230 has no number of bits: the prover tells the crate that it is 0.
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let rho = Scalar::random(&mut rng(1));
        let commitment = commit(&gens, &Scalar::from(230u32), &rho);
        let statement =
            Statement { levels: 200, bits: 8, quorum_key: KEY, commitment, active: None };
        let mut fs = FiatShamir::begin(labels::KIND_RANGE, &context());
        statement.absorb(&mut fs, &gens);
        let (proof, _) = RangeProof::prove_multiple_with_rng(
            verifier.bulletproof(),
            verifier.pedersen(),
            fs.transcript(),
            &[0],
            &[-rho],
            8,
            &mut rng(3),
        )
        .unwrap();
        let verdict = verifier.verify(&gens, &context(), &statement, &proof.to_bytes());
        assert_eq!(verdict, Err(ProofFault::False));
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let (statement, proof) = proved(200, 8, 7);
        let verdict = |statement: &Statement| verifier.verify(&gens, &context(), statement, &proof);
        let other = Statement { levels: 201, ..statement };
        assert_eq!(verdict(&other), Err(ProofFault::False));
        let moved = [statement.commitment + gens.value, statement.commitment + gens.blinding];
        for commitment in moved {
            assert_eq!(verdict(&Statement { commitment, ..statement }), Err(ProofFault::False));
        }
        let quorum_key = Point([8; 32]);
        assert_eq!(verdict(&Statement { quorum_key, ..statement }), Err(ProofFault::False));
        let other = Statement { bits: 16, ..statement };
        let length = ProofFault::Length { expected: 32 * 17, actual: 32 * 15 };
        assert_eq!(verdict(&other), Err(length));
        for other in other_contexts() {
            let verdict = verifier.verify(&gens, &other, &statement, &proof);
            assert_eq!(verdict, Err(ProofFault::False), "{other:?}");
        }
        for other in &other_generators()[..2] {
            let verdict = verifier.verify(other, &context(), &statement, &proof);
            assert_eq!(verdict, Err(ProofFault::False));
        }
        let commitment = Default::default();
        let identity = Statement { commitment, ..statement };
        assert_eq!(verdict(&identity), Err(ProofFault::Identity));
    }

    #[test]
    fn every_byte_of_the_proof_counts_and_so_does_its_length() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let (statement, proof) = proved(200, 8, 7);
        let verdict = |proof: &[u8]| verifier.verify(&gens, &context(), &statement, proof);
        for unit in 0..proof.len() / 32 {
            for byte in [0, 31] {
                let mut other = proof.clone();
                other[unit * 32 + byte] ^= 1 << 3;
                assert!(verdict(&other).is_err(), "unit {unit}, byte {byte}");
            }
        }
        let actuals = [0, 31, proof.len() - 64, proof.len() - 1, proof.len() + 1];
        for actual in actuals.into_iter().chain([proof.len() + 64, 2 * proof.len()]) {
            let mut other = proof.clone();
            other.resize(actual, 0);
            let expected = proof.len();
            assert_eq!(verdict(&other), Err(ProofFault::Length { expected, actual }));
        }
    }

    #[test]
    fn both_sides_end_in_the_same_state() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let rho = Scalar::ONE;
        let statement = Statement {
            levels: 200,
            bits: 8,
            quorum_key: KEY,
            commitment: commit(&gens, &7u32.into(), &rho),
            active: None,
        };
        let mut prover = FiatShamir::begin(labels::KIND_RANGE, &context());
        statement.absorb(&mut prover, &gens);
        let mut checker = prover.clone();
        let (proof, commitments) = RangeProof::prove_multiple_with_rng(
            verifier.bulletproof(),
            verifier.pedersen(),
            prover.transcript(),
            &[192],
            &[-rho],
            8,
            &mut rng(3),
        )
        .unwrap();
        assert_eq!(commitments, statement.commitments(&gens));
        let verdict = proof.verify_multiple_with_rng(
            verifier.bulletproof(),
            verifier.pedersen(),
            checker.transcript(),
            &commitments,
            8,
            &mut rng(4),
        );
        assert!(verdict.is_ok());
        assert_eq!(prover.challenge(b"once more"), checker.challenge(b"once more"));
    }

    /// An improvement from `old` to `new` of 200 levels, with its statement.
    fn improved(old: u32, new: u32) -> Result<(Statement, Vec<u8>), Unprovable> {
        let gens = Generators::derive();
        let [rho_0, rho] = [4, 5].map(|seed| Scalar::random(&mut rng(seed)));
        let statement = Statement {
            levels: 200,
            bits: 8,
            quorum_key: KEY,
            commitment: commit(&gens, &new.into(), &rho),
            active: Some(commit(&gens, &old.into(), &rho_0)),
        };
        let witness = Witness { level: Level(new), rho, active: Some((Level(old), rho_0)) };
        let verifier = RangeVerifier::new();
        let proof = prove(&verifier, &gens, &context(), &statement, &witness, &mut rng(6))?;
        Ok((statement, proof))
    }

    #[test]
    fn keeping_and_improving_are_proved_and_look_alike() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        for (old, new) in [(0, 0), (7, 7), (7, 8), (0, 199), (199, 199)] {
            let (statement, proof) = improved(old, new).unwrap();
            assert_eq!(proof.len(), proof_len(8, 2), "{old} {new}");
            let verdict = verifier.verify(&gens, &context(), &statement, &proof);
            assert_eq!(verdict, Ok(()), "{old} {new}");
        }
        assert_eq!(improved(8, 7).unwrap_err(), Unprovable::Worse { level: 7, active: 8 });
    }

    #[test]
    fn an_improvement_is_bound_to_the_active_bid() {
        let gens = Generators::derive();
        let verifier = RangeVerifier::new();
        let (statement, proof) = improved(7, 9).unwrap();
        let verdict = |statement: &Statement, proof: &[u8]| {
            verifier.verify(&gens, &context(), statement, proof)
        };
        let lower = statement.active.map(|c| c - gens.value);
        assert_eq!(
            verdict(&Statement { active: lower, ..statement }, &proof),
            Err(ProofFault::False)
        );
        let length = |expected, actual| Err(ProofFault::Length { expected, actual });
        let first = Statement { active: None, ..statement };
        assert_eq!(verdict(&first, &proof), length(proof_len(8, 1), proof_len(8, 2)));
        let (alone, of_first) = proved(200, 8, 9);
        assert_eq!(verdict(&statement, &of_first), length(proof_len(8, 2), proof_len(8, 1)));
        assert_eq!(verdict(&alone, &of_first), Ok(()));
        for at in 0..proof.len() {
            let mut other = proof.clone();
            other[at] ^= 1;
            assert!(verdict(&statement, &other).is_err(), "byte {at}");
        }
    }
}
