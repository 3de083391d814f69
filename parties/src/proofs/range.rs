//! A bidder proves that its commitment is to a level of the grid (spec section 8).

use super::{
    Unprovable,
    masked::{self, Squares, Vector, squares},
    nonces,
};
use crate::bases::Bases;
use curve25519_dalek::scalar::Scalar;
use merlin::TranscriptRng;
use rand_core::{CryptoRng, RngCore};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::Generators,
    proofs::{
        masked::{absorb_announcements, decode},
        range::{Statement, absorb_bits, place_values},
    },
};
use talea_protocol::{bytes::List, commitment::RangeProof, masked::VectorOpening, price::Level};
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
/// [`Unprovable`] if the level is not on the grid, or lies below the active one.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    statement: &Statement,
    witness: &Witness,
    rng: &mut R,
) -> Result<RangeProof, Unprovable> {
    let (mut prover, mut generator) = Prover::commit(gens, context, statement, witness, rng)?;
    loop {
        if let Some(proof) = prover.attempt(gens, &mut generator) {
            return Ok(proof);
        }
    }
}

/// The same with masks that the prover can draw again, so that [`read`] gives it the level. `masks` is a generator of
/// this prover at this place, and always the same one.
///
/// `rng` makes every commitment to the bits another, and the masks depend on that commitment, so that no masks serve
/// twice.
///
/// # Errors
/// As [`prove`].
pub fn prove_to_read<M: RngCore + CryptoRng, R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    statement: &Statement,
    witness: &Witness,
    masks: &mut M,
    rng: &mut R,
) -> Result<RangeProof, Unprovable> {
    let (mut prover, _) = Prover::commit(gens, context, statement, witness, rng)?;
    loop {
        let mut generator = nonces(&mut prover.fs, [], masks);
        if let Some(proof) = prover.attempt(gens, &mut generator) {
            return Ok(proof);
        }
    }
}

/// So many attempts are looked through: not even one in a thousand fails.
const ATTEMPTS: usize = 16;

/// The level that a proof of a first bid is about, if [`prove_to_read`] made it with the same `masks`.
#[must_use]
pub fn read<M: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    statement: &Statement,
    proof: &RangeProof,
    masks: &mut M,
) -> Option<Level> {
    let values = place_values(statement.levels);
    if statement.active.is_some() || proof.masked.len() != values.len() {
        return None;
    }
    let mut fs = FiatShamir::begin(statement.kind(), context);
    statement.absorb(&mut fs, gens);
    absorb_bits(&mut fs, statement, &proof.bits);
    let mut answered = fs.clone();
    absorb_announcements(&mut answered, [&proof.bits], &proof.squares);
    let x = answered.weight(b"x");
    let responses: Vec<Scalar> = proof.masked.iter().map(decode).collect();
    (0..ATTEMPTS).find_map(|_| {
        let mut generator = nonces(&mut fs, [], masks);
        let masks = masked::masks(&mut generator, values.len());
        // z = a + x*i; without a branch on a bit.
        let mut are_bits = Choice::from(1);
        let mut level = 0u32;
        for ((z, a), place) in responses.iter().zip(masks.iter()).zip(&values) {
            let rest = Zeroizing::new(z - a);
            let is_set = rest.ct_eq(&x);
            are_bits &= is_set | rest.ct_eq(&Scalar::ZERO);
            level = level.wrapping_add(u32::conditional_select(&0, place, is_set));
        }
        bool::from(are_bits).then_some(Level(level))
    })
}

/// A prover that has committed to the bits.
struct Prover {
    /// After `y`.
    fs: FiatShamir,
    bases: Bases,
    vector: Vector,
    opening: VectorOpening,
    bits: Zeroizing<Vec<Scalar>>,
    places: Vec<Scalar>,
    y: Scalar,
    /// What the second equation says of `rho`: that of `C`, and of `u*(C - C_0)`.
    leading: Zeroizing<Scalar>,
}

impl Prover {
    /// Commits to the bits. Gives the generator of what comes after, too.
    fn commit<R: RngCore + CryptoRng>(
        gens: &Generators,
        context: &Context,
        statement: &Statement,
        witness: &Witness,
        rng: &mut R,
    ) -> Result<(Self, TranscriptRng), Unprovable> {
        let Statement { levels, quorum_key, .. } = statement;
        let Witness { level, rho, active } = witness;
        if level.0 >= *levels {
            return Err(Unprovable::NoSuchLevel { level: level.0, levels: (*levels).into() });
        }
        let mut bits = spelled(*levels, level.0);
        let mut rho_0 = Zeroizing::new(Scalar::ZERO);
        if let Some((below, blinding)) = active {
            let worse = Unprovable::Worse { level: level.0, active: below.0 };
            bits.extend(spelled(*levels, level.0.checked_sub(below.0).ok_or(worse)?).iter());
            *rho_0 = *blinding;
        }
        let bases = Bases::new(gens, quorum_key);
        let mut fs = FiatShamir::begin(statement.kind(), context);
        statement.absorb(&mut fs, gens);

        // 1. S = sum i_l V_l + sigma*H
        let mut secrets = Zeroizing::new(vec![Scalar::from(level.0), *rho, *rho_0]);
        if let Some((below, _)) = active {
            secrets.push(Scalar::from(below.0));
        }
        let mut generator = nonces(&mut fs, secrets.iter(), rng);
        let vector = Vector::draw(&mut generator);
        let sum = bits.iter().zip(gens.vector.iter()).map(|(bit, v)| masked::select(*bit, v)).sum();
        let opening = vector.commit(&bases, &sum);
        let y = absorb_bits(&mut fs, statement, &opening);
        let separator = statement.separator(&y);
        let leading = Zeroizing::new(rho + separator.unwrap_or(Scalar::ZERO) * (rho - *rho_0));
        let places = statement.places(separator);
        let bits = Zeroizing::new(bits.iter().map(|bit| Scalar::from(*bit)).collect());
        Ok((Self { fs, bases, vector, opening, bits, places, y, leading }, generator))
    }

    /// Answers behind new masks; nothing if one of the answers could tell a bit.
    fn attempt<R: RngCore + CryptoRng>(
        &mut self,
        gens: &Generators,
        generator: &mut R,
    ) -> Option<RangeProof> {
        let Self { bases, vector, opening, bits, places, y, leading, .. } = self;
        let mut fs = self.fs.clone();
        // 2. A = sum a_l V_l + alpha*H
        let masks = masked::masks(generator, bits.len());
        vector.blind_announcement(generator);
        vector.announce(gens, bases, &masks, opening);
        let [linear, constant] = squares(bits, &masks, places, y);
        let (squares, mut quadratic) = Squares::announce(bases, &linear, &constant, generator);
        absorb_announcements(&mut fs, [&*opening], &quadratic);
        let x = fs.weight(b"x");

        // 3. z of every bit, w and t.
        let masked = masked::respond(&masks, &x, bits.iter())?;
        vector.respond(&x, opening);
        squares.respond(&x, leading, &mut quadratic);
        // There are at most as many as vector bases.
        let masked = List::new(masked).unwrap_or_default();
        Some(RangeProof { bits: *opening, squares: quadratic, masked })
    }
}

/// The bits of `number`, which is one of `levels`: the last one is 1 if the others could not make so much. Without a
/// branch on the number.
fn spelled(levels: u32, number: u32) -> Zeroizing<Vec<u8>> {
    let values = place_values(levels);
    let lower = values.len().saturating_sub(1);
    let last = (number >> lower) & 1;
    let rest = Zeroizing::new(number.wrapping_sub(last.wrapping_mul(values[lower])));
    let bit = |l: usize| ((*rest >> l) & 1) as u8;
    Zeroizing::new((0..lower).map(bit).chain([last as u8]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::{
        commit,
        testing::{
            NO_POINT, NO_SCALAR, blur, bump, context, nudge, other_contexts, other_generators, rng,
        },
    };
    use curve25519_dalek::ristretto::RistrettoPoint;
    use rand_chacha::ChaCha20Rng;
    use talea_contract::{
        fiat_shamir::Weights,
        group::encode_point,
        proofs::{
            ProofFault,
            masked::absorb_responses,
            range::{Claim, bits, verify},
        },
    };
    use talea_protocol::{
        bytes::{Point, Scalar as WireScalar},
        labels,
    };

    /// A commitment with its proof, as a verifier has it.
    #[derive(Clone)]
    struct Proved {
        context: Context,
        statement: Statement,
        proof: RangeProof,
    }

    impl Proved {
        /// Of a first bid.
        fn new(levels: u32, level: u32) -> Self {
            Self::from(levels, level, None).unwrap()
        }

        /// Of a bid that improves on an active one.
        fn from(levels: u32, level: u32, active: Option<u32>) -> Result<Self, Unprovable> {
            let gens = Generators::derive();
            let [rho_0, rho] = [4, 5].map(|seed| Scalar::random(&mut rng(seed)));
            let commit = |level: u32, rho| encode_point(&commit(&gens, &level.into(), rho));
            let statement = Statement {
                levels,
                quorum_key: quorum_key(),
                commitment: commit(level, &rho),
                active: active.map(|level| commit(level, &rho_0)),
            };
            let active = active.map(|level| (Level(level), rho_0));
            let witness = Witness { level: Level(level), rho, active };
            let context = context();
            let proof = prove(&gens, &context, &statement, &witness, &mut rng(6))?;
            Ok(Self { context, statement, proof })
        }

        fn verdict(&self) -> Result<(), ProofFault> {
            self.verdict_with(&Generators::derive())
        }

        fn verdict_with(&self, gens: &Generators) -> Result<(), ProofFault> {
            let Self { context, statement, ref proof } = *self;
            verify(gens, Claim { context, statement, proof })
        }

        fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
            let mut other = self.clone();
            change(&mut other);
            other
        }
    }

    fn quorum_key() -> RistrettoPoint {
        Generators::derive().key * Scalar::random(&mut rng(99))
    }

    #[test]
    fn every_edge_of_every_size_is_proved() {
        for levels in [2, 3, 5, 200, 256, 257, 1_000, 65_536, 65_537, 1 << 31, u32::MAX] {
            let half = 1 << (bits(levels) - 1);
            for level in [0, 1, half - 1, half.min(levels - 1), levels - 1] {
                let proved = Proved::new(levels, level);
                assert_eq!(proved.proof.masked.len(), bits(levels));
                assert_eq!(proved.verdict(), Ok(()), "level {level} of {levels}");
            }
        }
    }

    /// A generator that is a function of a key, as that of a bidder is.
    fn key(seed: u8) -> ChaCha20Rng {
        rng(seed)
    }

    /// Proved with masks of the key 7, and what the key finds in it.
    fn read_by(levels: u32, level: u32, seed: u8) -> (Proved, Option<Level>) {
        let mut proved = Proved::new(levels, level);
        let rho = Scalar::random(&mut rng(5));
        let witness = Witness { level: Level(level), rho, active: None };
        let gens = Generators::derive();
        let Proved { context, statement, .. } = proved;
        let proof =
            prove_to_read(&gens, &context, &statement, &witness, &mut key(7), &mut rng(seed));
        proved.proof = proof.unwrap();
        let found = read(&gens, &context, &statement, &proved.proof, &mut key(7));
        (proved, found)
    }

    #[test]
    fn whoever_has_the_key_of_the_masks_reads_the_level_however_many_there_are() {
        for levels in [2, 3, 200, 257, 65_537, 1 << 31, u32::MAX] {
            for level in [0, 1, levels / 2, levels - 1] {
                let (proved, found) = read_by(levels, level, 6);
                assert_eq!(proved.verdict(), Ok(()), "level {level} of {levels}");
                assert_eq!(found, Some(Level(level)), "of {levels}");
            }
        }
    }

    #[test]
    fn nobody_else_reads_it_and_nowhere_else() {
        let (Proved { context, statement, proof }, _) = read_by(1 << 20, 77_777, 6);
        let gens = Generators::derive();
        let found = |context: &Context, statement: &Statement, proof: &RangeProof, seed| {
            read(&gens, context, statement, proof, &mut key(seed))
        };
        assert_eq!(found(&context, &statement, &proof, 7), Some(Level(77_777)));
        assert_eq!(found(&context, &statement, &proof, 8), None);
        for other in other_contexts() {
            assert_eq!(found(&other, &statement, &proof, 7), None);
        }
        let moved = Statement { commitment: nudge(&statement.commitment), ..statement };
        assert_eq!(found(&context, &moved, &proof, 7), None);
        let narrow = Statement { levels: 5, ..statement };
        assert_eq!(found(&context, &narrow, &proof, 7), None);
        let ordinary = Proved::new(1 << 20, 77_777);
        assert_eq!(found(&ordinary.context, &ordinary.statement, &ordinary.proof, 6), None);
    }

    /// Two proofs of one bid, made on two machines: were the masks the same, their difference would tell the bits.
    #[test]
    fn no_masks_serve_two_proofs_of_one_bid() {
        let [one, other] = [6, 9].map(|seed| read_by(1 << 20, 77_777, seed).0.proof);
        assert_ne!(one.bits.commitment, other.bits.commitment);
        assert_ne!(one.bits.announcement, other.bits.announcement);
        assert!(one.masked.iter().zip(other.masked.iter()).all(|(one, other)| one != other));
        assert_eq!(one, read_by(1 << 20, 77_777, 6).0.proof);
    }

    /// An attempt that fails is a proof that never was; the next one is read as well.
    #[test]
    fn a_level_is_read_whichever_attempt_succeeded() {
        /// Skips the first of what it draws, as if that attempt had failed.
        fn late(attempts: usize) -> ChaCha20Rng {
            let mut rng = key(7);
            (0..attempts).for_each(|_| rng.fill_bytes(&mut [0; 32]));
            rng
        }
        let gens = Generators::derive();
        let Proved { context, statement, .. } = Proved::new(1_000, 421);
        let rho = Scalar::random(&mut rng(5));
        let witness = Witness { level: Level(421), rho, active: None };
        for (attempts, expected) in [(1, Some(Level(421))), (5, Some(Level(421))), (40, None)] {
            let mut masks = late(attempts);
            let proof =
                prove_to_read(&gens, &context, &statement, &witness, &mut masks, &mut rng(6));
            let found = read(&gens, &context, &statement, &proof.unwrap(), &mut key(7));
            assert_eq!(found, expected, "{attempts} attempts failed");
        }
    }

    #[test]
    fn every_level_is_spelled_by_bits_of_its_place_values() {
        for levels in 2..=70 {
            let values = place_values(levels);
            for level in 0..levels {
                let spelled = spelled(levels, level);
                assert!(spelled.iter().all(|bit| *bit <= 1), "level {level} of {levels}");
                let sum: u32 = spelled.iter().zip(&values).map(|(b, q)| u32::from(*b) * q).sum();
                assert_eq!(sum, level, "of {levels}");
            }
        }
        assert_eq!(spelled(u32::MAX, u32::MAX - 1)[..], [1; 32]);
    }

    #[test]
    fn a_level_beyond_the_grid_is_not_provable() {
        let attempt = |levels, level| Proved::from(levels, level, None).map(|_| ());
        assert_eq!(attempt(200, 200), Err(Unprovable::NoSuchLevel { level: 200, levels: 200 }));
        assert_eq!(attempt(0, 0), Err(Unprovable::NoSuchLevel { level: 0, levels: 0 }));
        assert_eq!(attempt(200, 199), Ok(()));
    }

    #[test]
    fn keeping_and_improving_are_proved_and_look_alike() {
        for (old, new) in [(0, 0), (7, 7), (7, 8), (0, 199), (199, 199)] {
            let proved = Proved::from(200, new, Some(old)).unwrap();
            assert_eq!(proved.proof.masked.len(), 16, "{old} {new}");
            assert_eq!(proved.verdict(), Ok(()), "{old} {new}");
        }
        let all_bits = Proved::from(u32::MAX, u32::MAX - 1, Some(1)).unwrap();
        assert_eq!(all_bits.verdict(), Ok(()));
        let worse = Unprovable::Worse { level: 7, active: 8 };
        assert_eq!(Proved::from(200, 7, Some(8)).map(|_| ()), Err(worse));
    }

    /// Somebody's own proof: for any bits, whatever they add up to.
    #[test]
    fn bits_that_do_not_add_up_to_what_is_committed_to_prove_nothing() {
        // 3 of 5 levels is 1 + 1 + 1 (place values 1, 2, 1), or 2 + 1.
        for proved in [Proved::new(5, 3), Proved::from(5, 3, Some(1)).unwrap()] {
            let gens = Generators::derive();
            let [g, h] = [gens.value, gens.blinding];
            for moved in [g, -g, h, g * Scalar::from(5u8), g * Scalar::from(8u8)] {
                let other = proved.with(|p| {
                    let decoded = talea_contract::group::decode_point(&p.statement.commitment);
                    p.statement.commitment = encode_point(&(decoded.unwrap() + moved));
                });
                assert_eq!(other.verdict(), Err(ProofFault::False));
            }
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        for proved in [Proved::new(200, 7), Proved::from(200, 9, Some(7)).unwrap()] {
            let is_false = |other: Proved| assert_eq!(other.verdict(), Err(ProofFault::False));
            is_false(proved.with(|p| p.statement.levels = 201));
            is_false(proved.with(|p| p.statement.quorum_key += p.statement.quorum_key));
            is_false(proved.with(|p| p.statement.commitment = nudge(&p.statement.commitment)));
            for context in other_contexts() {
                is_false(proved.with(|p| p.context = context));
            }
            for other in other_generators() {
                assert_eq!(proved.verdict_with(&other), Err(ProofFault::False));
            }
            let identity = proved.with(|p| p.statement.commitment = Point::IDENTITY);
            assert_eq!(identity.verdict(), Err(ProofFault::Identity));
            let no_point = proved.with(|p| p.statement.commitment = NO_POINT);
            assert_eq!(no_point.verdict(), Err(ProofFault::NotCanonical));
        }
    }

    #[test]
    fn an_improvement_is_bound_to_the_active_bid() {
        let improved = Proved::from(200, 9, Some(7)).unwrap();
        let moved = improved.with(|p| p.statement.active = p.statement.active.map(|c| nudge(&c)));
        assert_eq!(moved.verdict(), Err(ProofFault::False));
        let lengths = |expected, actual| Err(ProofFault::Length { expected, actual });
        assert_eq!(improved.with(|p| p.statement.active = None).verdict(), lengths(8, 16));
        let alone = Proved::new(200, 9);
        let as_improvement = alone.with(|p| p.statement.active = improved.statement.active);
        assert_eq!(as_improvement.verdict(), lengths(16, 8));
        // 2n bits of one bid and n of a bid with twice as many: equal lengths, other kinds.
        let wide = Proved::new(40_000, 9);
        assert_eq!(wide.proof.masked.len(), improved.proof.masked.len());
        let as_improvement = wide.with(|p| {
            p.statement = Statement { commitment: p.statement.commitment, ..improved.statement };
        });
        assert_eq!(as_improvement.verdict(), Err(ProofFault::False));
    }

    #[test]
    fn every_field_of_the_proof_counts() {
        type Field<T> = fn(&mut RangeProof) -> &mut T;
        let points: [Field<Point>; 4] = [
            |p| &mut p.bits.commitment,
            |p| &mut p.bits.announcement,
            |p| &mut p.squares.linear,
            |p| &mut p.squares.constant,
        ];
        let scalars: [Field<WireScalar>; 2] =
            [|p| &mut p.bits.blinding, |p| &mut p.squares.blinding];
        for proved in [Proved::new(200, 7), Proved::from(200, 9, Some(7)).unwrap()] {
            for field in points {
                let nudged = proved.with(|p| *field(&mut p.proof) = nudge(field(&mut p.proof)));
                assert_eq!(nudged.verdict(), Err(ProofFault::False));
                let spoiled = proved.with(|p| *field(&mut p.proof) = NO_POINT);
                assert_eq!(spoiled.verdict(), Err(ProofFault::NotCanonical));
            }
            for field in scalars {
                let bumped = proved.with(|p| *field(&mut p.proof) = bump(field(&mut p.proof)));
                assert_eq!(bumped.verdict(), Err(ProofFault::False));
                let spoiled = proved.with(|p| *field(&mut p.proof) = NO_SCALAR);
                assert_eq!(spoiled.verdict(), Err(ProofFault::NotCanonical));
            }
            let masked = proved.proof.masked.to_vec();
            for l in 0..masked.len() {
                let mut other = masked.clone();
                other[l] = blur(&other[l]);
                let blurred = proved.with(|p| p.proof.masked = List::new(other).unwrap());
                assert_eq!(blurred.verdict(), Err(ProofFault::False), "bit {l}");
            }
            for length in [0, masked.len() - 1, masked.len() + 1] {
                let mut other = masked.clone();
                other.resize(length, masked[0]);
                let resized = proved.with(|p| p.proof.masked = List::new(other).unwrap());
                let (expected, actual) = (masked.len(), length);
                assert_eq!(resized.verdict(), Err(ProofFault::Length { expected, actual }));
            }
        }
    }

    #[test]
    fn weights_depend_on_every_response() {
        // A verifier alone has them, so neither prover nor vector would notice one left out.
        let proof = Proved::new(5, 3).proof;
        let weight = |proof: &RangeProof| {
            let mut fs = FiatShamir::begin(labels::KIND_RANGE, &context());
            absorb_responses(&mut fs, &proof.masked, [&proof.bits], &proof.squares);
            Weights::after([fs]).draw()
        };
        let masked = |l: usize| {
            let mut masked = proof.masked.to_vec();
            masked[l] = blur(&masked[l]);
            RangeProof { masked: List::new(masked).unwrap(), ..proof.clone() }
        };
        let mut blinding = proof.clone();
        blinding.bits.blinding = bump(&blinding.bits.blinding);
        let mut squares = proof.clone();
        squares.squares.blinding = bump(&squares.squares.blinding);
        for other in [masked(0), masked(1), masked(2), blinding, squares] {
            assert_ne!(weight(&other), weight(&proof));
        }
    }

    /// A generator that fails, and gives the same bytes again, must not answer two challenges with one set of masks.
    #[test]
    fn masks_depend_on_the_statement_and_on_the_witness() {
        let announced = |levels, level, active| {
            Proved::from(levels, level, active).unwrap().proof.bits.announcement
        };
        let all = [
            announced(200, 7, None),
            announced(201, 7, None),
            announced(200, 8, None),
            announced(200, 8, Some(7)),
            announced(200, 8, Some(6)),
        ];
        let different: std::collections::BTreeSet<[u8; 32]> = all.map(|point| point.0).into();
        assert_eq!(different.len(), all.len());
    }
}
