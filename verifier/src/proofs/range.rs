//! Range: the committed bid is a rung of the ladder, `0 <= b < rungs`; and in a later round
//! *improvement*: it is besides not below the standing one, `0 <= b - b_0` (section 8).
//!
//! Bulletproofs (Bünz, Bootle, Boneh, Poelstra, Wuille and Maxwell, S&P 2018, section 4.3),
//! aggregated over `V_1 = C` and `V_2 = (rungs-1)*G - C`, and in an improvement over `V_3 = C - C_0`
//! and `V_4 = (rungs-1)*G - (C - C_0)` too, each of `n` bits.
//!
//! The specification defines the proof by the crate `bulletproofs`. Its verifier is the judge of
//! every proof that could be refused; but first the two equations are evaluated here, written
//! from the paper, for many proofs of both kinds in one multi-scalar multiplication: the generators,
//! most of the work, are shared by all of them. A proof is accepted if they hold.

use std::sync::LazyLock;

use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::{
    RistrettoPoint, ristretto::CompressedRistretto, scalar::Scalar, traits::IsIdentity as _,
};
use rayon::prelude::*;
use sha3::{
    Shake256,
    digest::{ExtendableOutput as _, Update as _, XofReader as _},
};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    labels,
};

use super::{ProofError, point, same_length};
use crate::{
    fiat_shamir::{Binding, Context, ProofTranscript, Weights, range_weights},
    group::{Fold, bases, decode, decode_scalar, encode},
};

/// Values that a proof covers at most: those of an improvement.
const MOST_VALUES: usize = 4;
/// Bits of the widest value.
const MOST_BITS: usize = 32;

/// `n`, the least of 8, 16, 32 with `rungs <= 2^n`.
pub fn bits(rungs: u32) -> usize {
    [8usize, 16].into_iter().find(|n| u64::from(rungs) <= 1u64 << n).unwrap_or(MOST_BITS)
}

/// `log2(2n)`, the rounds of the inner product argument over two values.
fn rounds(n: usize) -> usize {
    match n {
        8 => 4,
        16 => 5,
        _ => 6,
    }
}

/// `log2(4n)`, the rounds of the inner product argument over four values.
fn improvement_rounds(n: usize) -> usize {
    rounds(n) + 1
}

/// Bytes of a proof over two values of `n` bits: `32 * (9 + 2*log2(2n))`.
pub fn proof_len(n: usize) -> usize {
    32 * (9 + 2 * rounds(n))
}

/// Bytes of an improvement's proof, over four values of `n` bits: `32 * (9 + 2*log2(4n))`.
pub fn improvement_len(n: usize) -> usize {
    32 * (9 + 2 * improvement_rounds(n))
}

/// The commitment `C_0` that an improvement may not be below, canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Former {
    pub(crate) commitment: Point,
    pub(crate) point: RistrettoPoint,
}

/// The transcript of the proof, up to where the crate goes on.
pub(crate) fn transcript(
    context: &Context,
    quorum_key: &Point,
    n: usize,
    rungs: u32,
    c: &Point,
    former: Option<&Point>,
) -> ProofTranscript {
    let bases = bases();
    let kind = if former.is_some() { labels::KIND_IMPROVEMENT } else { labels::KIND_RANGE };
    let mut t = ProofTranscript::begin(kind, context);
    t.point(b"value-base", &bases.g_wire);
    t.point(b"blinding-base", &bases.h_wire);
    // Nobody can be made to commit under the key of another history.
    t.point(b"quorum-key", quorum_key);
    t.integer(b"bits", u64::try_from(n).unwrap_or(u64::MAX));
    t.integer(b"rungs", rungs);
    t.point(b"commitment", c);
    if let Some(former) = former {
        t.point(b"standing", former);
    }
    t
}

/// The crate's generators, enough for every `n`.
pub(crate) fn generators() -> &'static (BulletproofGens, PedersenGens) {
    static GENERATORS: LazyLock<(BulletproofGens, PedersenGens)> =
        LazyLock::new(|| (BulletproofGens::new(MOST_BITS, MOST_VALUES), PedersenGens::default()));
    &GENERATORS
}

/// The same generators, derived here: per value, `MOST_BITS` of each of the two vectors, from
/// `SHAKE256("GeneratorsChain" || letter || value u32)`, 64 bytes hashed to the group each.
struct Chains {
    g: Vec<Vec<RistrettoPoint>>,
    h: Vec<Vec<RistrettoPoint>>,
}

fn chains() -> &'static Chains {
    static CHAINS: LazyLock<Chains> = LazyLock::new(|| {
        let chain = |letter: u8, value: u32| -> Vec<RistrettoPoint> {
            let mut hash = Shake256::default();
            hash.update(b"GeneratorsChain");
            hash.update(&[letter]);
            hash.update(&value.to_le_bytes());
            let mut reader = hash.finalize_xof();
            let element = |_| {
                let mut bytes = [0u8; 64];
                reader.read(&mut bytes);
                RistrettoPoint::from_uniform_bytes(&bytes)
            };
            (0..MOST_BITS).map(element).collect()
        };
        let of_values = |letter| -> Vec<Vec<RistrettoPoint>> {
            (0u32..).take(MOST_VALUES).map(|value| chain(letter, value)).collect()
        };
        Chains { g: of_values(b'G'), h: of_values(b'H') }
    });
    &CHAINS
}

/// Checks a commitment and its range proof.
///
/// # Errors
/// [`ProofError`] if `C` is not canonical or is `O`, or if the proof has another length, an
/// encoding that is not canonical, or does not hold.
pub fn verify(
    context: &Context,
    quorum_key: &Point,
    rungs: u32,
    commitment: &Point,
    proof: &[u8],
) -> Result<(), ProofError> {
    verify_any(context, quorum_key, rungs, commitment, None, proof)
}

/// Checks a commitment of a later round and its proof against the `standing` commitment.
///
/// # Errors
/// [`ProofError`] if `C` or `C_0` is not canonical or `C` is `O`, or if the proof has another length,
/// an encoding that is not canonical, or does not hold.
pub fn verify_improvement(
    context: &Context,
    quorum_key: &Point,
    rungs: u32,
    commitment: &Point,
    standing: &Point,
    proof: &[u8],
) -> Result<(), ProofError> {
    let former = Former {
        commitment: *standing,
        point: point(standing, || "the standing commitment".into())?,
    };
    verify_any(context, quorum_key, rungs, commitment, Some(former), proof)
}

fn verify_any(
    context: &Context,
    quorum_key: &Point,
    rungs: u32,
    commitment: &Point,
    former: Option<Former>,
    proof: &[u8],
) -> Result<(), ProofError> {
    let c = point(commitment, || "the commitment".into())?;
    let claim = Claim {
        context: *context,
        quorum_key: *quorum_key,
        rungs,
        commitment: *commitment,
        point: c,
        former,
        proof,
    };
    match judge(&[claim]).pop() {
        Some(Some(error)) => Err(error),
        Some(None) | None => Ok(()),
    }
}

/// A commitment and its proof, to be judged.
pub(crate) struct Claim<'a> {
    pub(crate) context: Context,
    /// `PK`, encoded.
    pub(crate) quorum_key: Point,
    pub(crate) rungs: u32,
    pub(crate) commitment: Point,
    pub(crate) point: RistrettoPoint,
    /// Of an improvement.
    pub(crate) former: Option<Former>,
    pub(crate) proof: &'a [u8],
}

impl Claim<'_> {
    /// `V_1 = C`; `V_2 = (rungs-1)*G - C`, a commitment to `rungs - 1 - b`; of an improvement the same
    /// of `C - C_0`, a commitment to `b - b_0`.
    fn values(&self) -> Vec<Point> {
        let top = RistrettoPoint::mul_base(&Scalar::from(self.top()));
        let mut values = vec![self.commitment, encode(&(top - self.point))];
        if let Some(former) = &self.former {
            let gain = self.point - former.point;
            values.extend([encode(&gain), encode(&(top - gain))]);
        }
        values
    }

    /// Bytes of the proof, and rounds of its inner product argument, for values of `n` bits.
    fn size(&self, n: usize) -> (usize, usize) {
        match self.former {
            None => (proof_len(n), rounds(n)),
            Some(_) => (improvement_len(n), improvement_rounds(n)),
        }
    }

    fn standing(&self) -> Option<&Point> {
        self.former.as_ref().map(|former| &former.commitment)
    }

    fn top(&self) -> u64 {
        u64::from(self.rungs).saturating_sub(1)
    }

    /// Asks the crate.
    fn fault(&self) -> Option<ProofError> {
        self.ask().err()
    }

    fn ask(&self) -> Result<(), ProofError> {
        let Self { context, quorum_key, rungs, commitment, proof, .. } = self;
        if self.point.is_identity() {
            return Err(ProofError::Identity("the commitment".into()));
        }
        let n = bits(*rungs);
        same_length("bytes of the range proof", self.size(n).0, proof.len())?;
        let parsed = RangeProof::from_bytes(proof)
            .map_err(|_| ProofError::NotCanonical("a scalar of the range proof".into()))?;
        let values: Vec<CompressedRistretto> =
            self.values().into_iter().map(|value| CompressedRistretto(value.0)).collect();
        let (bulletproof, pedersen) = generators();
        let standing = self.standing();
        let mut transcript =
            transcript(context, quorum_key, n, *rungs, commitment, standing).into_inner();
        let mut weights =
            range_weights(context, quorum_key, n, *rungs, commitment, standing, proof);
        parsed
            .verify_multiple_with_rng(
                bulletproof,
                pedersen,
                &mut transcript,
                &values,
                n,
                &mut weights,
            )
            .map_err(|_| ProofError::Equation("the range proof".into()))
    }
}

/// Proofs that share the generators in one multi-scalar multiplication.
const FOLD_PROOFS: usize = 32;

/// Judges claims: nothing for one that holds.
pub(crate) fn judge(claims: &[Claim<'_>]) -> Vec<Option<ProofError>> {
    let verdicts: Vec<Vec<Option<ProofError>>> = claims
        .par_chunks(FOLD_PROOFS)
        .map(|claims| {
            let parsed: Option<Vec<Parsed<'_, '_>>> = claims.iter().map(Parsed::of).collect();
            if parsed.is_some_and(|parsed| fold_holds(&parsed)) {
                return claims.iter().map(|_| None).collect();
            }
            claims.par_iter().map(Claim::fault).collect()
        })
        .collect();
    verdicts.concat()
}

/// A proof, decoded, with its challenges; letters are the paper's.
struct Parsed<'a, 'b> {
    claim: &'a Claim<'b>,
    n: usize,
    a: RistrettoPoint,
    s: RistrettoPoint,
    t_1: RistrettoPoint,
    t_2: RistrettoPoint,
    /// `t^`.
    t: Scalar,
    /// `tau_x`.
    tau: Scalar,
    /// `mu`.
    mu: Scalar,
    /// `L` and `R` per round, and the challenge between.
    rounds: Vec<(RistrettoPoint, RistrettoPoint, Scalar)>,
    /// The two scalars at the end of the inner product argument.
    ends: (Scalar, Scalar),
    y: Scalar,
    z: Scalar,
    x: Scalar,
    /// Multiplies `G` for the inner product argument.
    w: Scalar,
    binding: Binding,
}

impl<'a, 'b> Parsed<'a, 'b> {
    /// Nothing if the length is wrong, an encoding not canonical, or a point `O` that may not be.
    fn of(claim: &'a Claim<'b>) -> Option<Self> {
        let n = bits(claim.rungs);
        let (length, rounds) = claim.size(n);
        if claim.proof.len() != length || claim.point.is_identity() {
            return None;
        }
        let mut units = claim.proof.chunks_exact(32);
        let mut unit = || <[u8; 32]>::try_from(units.next()?).ok();
        let mut take = || unit().map(Point).filter(|p| *p != Point::IDENTITY);
        let [a, s, t_1, t_2] = [take()?, take()?, take()?, take()?];
        let mut take = || unit().map(WireScalar);
        let [t, tau, mu] = [take()?, take()?, take()?];
        let mut pairs = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let mut take = || unit().map(Point).filter(|p| *p != Point::IDENTITY);
            pairs.push((take()?, take()?));
        }
        let mut take = || unit().map(WireScalar);
        let ends = (take()?, take()?);

        let values = claim.values();
        let mut tr = transcript(
            &claim.context,
            &claim.quorum_key,
            n,
            claim.rungs,
            &claim.commitment,
            claim.standing(),
        );
        tr.message(b"dom-sep", b"rangeproof v1");
        tr.integer(b"n", n);
        tr.integer(b"m", values.len());
        for value in &values {
            tr.point(b"V", value);
        }
        tr.point(b"A", &a);
        tr.point(b"S", &s);
        let y = tr.challenge(b"y");
        let z = tr.challenge(b"z");
        tr.point(b"T_1", &t_1);
        tr.point(b"T_2", &t_2);
        let x = tr.challenge(b"x");
        tr.scalar(b"t_x", &t);
        tr.scalar(b"t_x_blinding", &tau);
        tr.scalar(b"e_blinding", &mu);
        let w = tr.challenge(b"w");
        tr.message(b"dom-sep", b"ipp v1");
        tr.integer(b"n", n.saturating_mul(values.len()));
        let mut rounds = Vec::with_capacity(pairs.len());
        for (l, r) in &pairs {
            tr.point(b"L", l);
            tr.point(b"R", r);
            rounds.push((decode(l)?, decode(r)?, tr.challenge(b"u")));
        }
        // No challenge follows these; the weights must.
        tr.scalar(b"a", &ends.0);
        tr.scalar(b"b", &ends.1);
        Some(Self {
            claim,
            n,
            a: decode(&a)?,
            s: decode(&s)?,
            t_1: decode(&t_1)?,
            t_2: decode(&t_2)?,
            t: decode_scalar(&t)?,
            tau: decode_scalar(&tau)?,
            mu: decode_scalar(&mu)?,
            rounds,
            ends: (decode_scalar(&ends.0)?, decode_scalar(&ends.1)?),
            y,
            z,
            x,
            w,
            binding: tr.binding(),
        })
    }
}

/// Multiples of the generators, gathered over all proofs of a fold: by value, then by bit.
struct Multiples {
    g: [[Scalar; MOST_BITS]; MOST_VALUES],
    h: [[Scalar; MOST_BITS]; MOST_VALUES],
}

/// Whether both equations of all these proofs hold.
fn fold_holds(proofs: &[Parsed<'_, '_>]) -> bool {
    let bindings: Vec<Binding> = proofs.iter().map(|one| one.binding).collect();
    let mut weights = Weights::for_proofs(bindings.iter());
    let none = [[Scalar::ZERO; MOST_BITS]; MOST_VALUES];
    let mut multiples = Multiples { g: none, h: none };
    let per_proof = 4 + 2 * improvement_rounds(MOST_BITS) + 2;
    let generators = 2 * MOST_VALUES * MOST_BITS;
    let room = proofs.len().saturating_mul(per_proof).saturating_add(generators);
    let mut fold = Fold::with_capacity(room);
    for proof in proofs {
        proof.fold_into(&mut fold, &mut multiples, &mut weights);
    }
    for (multiples, generators) in [(&multiples.g, &chains().g), (&multiples.h, &chains().h)] {
        for (scalar, point) in multiples.iter().flatten().zip(generators.iter().flatten()) {
            if *scalar != Scalar::ZERO {
                fold.add(*scalar, point);
            }
        }
    }
    fold.vanishes(&RistrettoPoint::default())
}

impl Parsed<'_, '_> {
    /// Adds the two equations, each times a weight of its own, with `i` counting the bits of all
    /// values, `0 .. 2n` or `0 .. 4n`, and `2^i` starting again at 1 for every value `j = 0, 1, ..`:
    ///
    /// ```text
    /// t*G + tau*H = sum_j z^(2+j) V_j + delta(y, z)*G + x*T_1 + x^2*T_2
    ///   delta(y, z) = (z - z^2) * sum y^i - sum_j z^(3+j) * (2^n - 1)
    ///
    /// A + x*S - mu*H + sum_i (-z) g_i + sum_i (z + y^-i z^(2+j) 2^i) h_i + w*t*G
    ///   + sum_k (u_k^2 L_k + u_k^-2 R_k)
    ///   = sum_i a s_i g_i + sum_i b s_i^-1 y^-i h_i + w*a*b*G
    ///   s_i = product of u_k, or of 1/u_k where the bit of i that belongs to round k is 0
    /// ```
    fn fold_into(&self, fold: &mut Fold, multiples: &mut Multiples, weights: &mut Weights) {
        let (first, second) = (weights.next(), weights.next());
        let Self { n, y, z, x, w, .. } = self;
        let (a, b) = &self.ends;

        // All inverses for the price of one: of y, and of every u_k.
        let mut inverses: Vec<Scalar> = self.rounds.iter().map(|(.., u)| *u).collect();
        inverses.push(*y);
        Scalar::batch_invert(&mut inverses);
        let y_inverse = inverses.pop().unwrap_or(Scalar::ZERO);

        // s_i, of which the first round's challenge belongs to the highest bit; and s_i^-1 is the
        // s of the complement of i, the same list backwards.
        let mut s = vec![inverses.iter().product::<Scalar>()];
        for (.., u) in self.rounds.iter().rev() {
            let square = u * u;
            let upper: Vec<Scalar> = s.iter().map(|s| s * square).collect();
            s.extend(upper);
        }

        let mut sum_y = Scalar::ZERO;
        let (mut y_to_i, mut y_to_minus_i) = (Scalar::ONE, Scalar::ONE);
        let mut z_to_2_j = z * z;
        let mut all = s.iter().zip(s.iter().rev());
        let count = if self.claim.former.is_some() { MOST_VALUES } else { 2 };
        let values = multiples.g.iter_mut().zip(&mut multiples.h).take(count);
        let mut delta = Scalar::ZERO;
        let ones = (0..*n).fold(Scalar::ZERO, |sum, _| sum + sum + Scalar::ONE);
        let mut of_commitments = Vec::with_capacity(count);
        for (g, h) in values {
            let mut two_to_i = Scalar::ONE;
            for ((g, h), (s, s_inverse)) in g.iter_mut().zip(h).take(*n).zip(&mut all) {
                *g -= second * (z + a * s);
                *h += second * (z + y_to_minus_i * (z_to_2_j * two_to_i - b * s_inverse));
                sum_y += y_to_i;
                y_to_i *= y;
                y_to_minus_i *= y_inverse;
                two_to_i += two_to_i;
            }
            of_commitments.push(first * z_to_2_j);
            z_to_2_j *= z;
            delta -= z_to_2_j * ones;
        }
        delta += (z - z * z) * sum_y;

        fold.g += first * (delta - self.t) + second * w * (self.t - a * b);
        fold.h -= first * self.tau + second * self.mu;
        fold.add(first * x, &self.t_1);
        fold.add(first * x * x, &self.t_2);
        fold.add(second, &self.a);
        fold.add(second * x, &self.s);
        for ((l, r, u), inverse) in self.rounds.iter().zip(&inverses) {
            fold.add(second * u * u, l);
            fold.add(second * inverse * inverse, r);
        }
        // V_1 = C and V_2 = (rungs-1)*G - C; V_3 = C - C_0 and V_4 = (rungs-1)*G - (C - C_0).
        let top = Scalar::from(self.claim.top());
        let mut of_pairs = of_commitments.chunks_exact(2).map(|pair| match pair {
            [of_c, of_rest] => (of_c - of_rest, of_rest * top),
            _ => (Scalar::ZERO, Scalar::ZERO),
        });
        let (mut of_c, mut of_g) = of_pairs.next().unwrap_or_default();
        if let (Some(former), Some((of_gain, of_top))) = (&self.claim.former, of_pairs.next()) {
            of_c += of_gain;
            of_g += of_top;
            fold.add(-of_gain, &former.point);
        }
        fold.add(of_c, &self.claim.point);
        fold.g += of_g;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::provers;

    /// A quorum key, of which these proofs see the encoding alone.
    const KEY: Point = Point([3; 32]);

    #[test]
    fn bits_and_lengths() {
        for (rungs, n, len) in [
            (2, 8, 544),
            (256, 8, 544),
            (257, 16, 608),
            (65_536, 16, 608),
            (65_537, 32, 672),
            (u32::MAX, 32, 672),
        ] {
            assert_eq!(bits(rungs), n);
            assert_eq!((proof_len(n), improvement_len(n)), (len, len + 64));
        }
    }

    #[test]
    fn rungs_of_the_ladder_pass_and_nothing_else() {
        let mut rng = provers::rng(4);
        let context = provers::context(9);
        for (rungs, rung) in [(2u32, 1u32), (200, 199), (300, 0), (70_000, 69_999)] {
            let (c, proof, _) = provers::range(&mut rng, &context, &KEY, rungs, rung);
            assert_eq!(verify(&context, &KEY, rungs, &c, &proof), Ok(()));
            assert!(verify(&provers::context(8), &KEY, rungs, &c, &proof).is_err());
            assert!(verify(&context, &KEY, rungs + 1, &c, &proof).is_err());
            let shifted = encode(&(crate::group::decode(&c).unwrap() + bases().g));
            assert!(verify(&context, &KEY, rungs, &shifted, &proof).is_err());
            assert!(verify(&context, &KEY, rungs, &Point::IDENTITY, &proof).is_err());
            assert!(verify(&context, &KEY, rungs, &c, &proof[..proof.len() - 32]).is_err());
            for at in (0..proof.len()).step_by(31) {
                let mut bad = proof.clone();
                bad[at] ^= 1;
                assert!(verify(&context, &KEY, rungs, &c, &bad).is_err(), "byte {at}");
            }
        }
    }

    /// A proof is of one quorum key, in both kinds, for the equations here and for the crate's.
    #[test]
    fn another_quorum_key_is_another_statement() {
        let context = provers::context(9);
        let (c, proof, _) = provers::range(&mut provers::rng(14), &context, &KEY, 200, 7);
        let (former, better, of_better) = improved(15, &context, 200, 7, 9);
        let former =
            Former { commitment: former.commitment, point: decode(&former.commitment).unwrap() };
        for (commitment, former, proof) in [(c, None, &proof), (better, Some(former), &of_better)] {
            let holds = |quorum_key| {
                let point = decode(&commitment).unwrap();
                let claim =
                    Claim { context, quorum_key, rungs: 200, commitment, point, former, proof };
                let here = Parsed::of(&claim).is_some_and(|parsed| fold_holds(&[parsed]));
                assert_eq!(here, claim.fault().is_none());
                here
            };
            assert!(holds(KEY));
            assert!(!holds(Point([4; 32])));
            assert!(!holds(Point::IDENTITY));
        }
    }

    /// What the crate folds with depends on the key too.
    #[test]
    fn the_crates_weights_depend_on_the_quorum_key() {
        use rand_core::RngCore as _;
        let context = provers::context(9);
        let first = |key: &Point| range_weights(&context, key, 8, 200, key, None, &[1]).next_u64();
        let of = |key| range_weights(&context, key, 8, 200, &KEY, None, &[1]).next_u64();
        assert_eq!(of(&KEY), first(&KEY));
        assert_ne!(of(&KEY), of(&Point([4; 32])));
    }

    #[test]
    fn the_generators_are_the_crates() {
        let (crates, _) = generators();
        for (value, chain) in (0..MOST_VALUES).zip(&chains().g) {
            assert!(crates.share(value).G(MOST_BITS).eq(chain));
        }
    }

    #[test]
    fn the_equations_here_and_in_the_crate_agree() {
        let mut rng = provers::rng(6);
        let context = provers::context(9);
        for (rungs, rung) in [(2u32, 0u32), (256, 17), (65_536, 65_535), (1 << 20, 99)] {
            let (c, proof, _) = provers::range(&mut rng, &context, &KEY, rungs, rung);
            let point = decode(&c).unwrap();
            let former = None;
            let here = |proof: &[u8]| {
                let claim =
                    Claim { context, quorum_key: KEY, rungs, commitment: c, point, former, proof };
                Parsed::of(&claim).is_some_and(|parsed| fold_holds(&[parsed]))
            };
            let there = |proof: &[u8]| {
                let claim =
                    Claim { context, quorum_key: KEY, rungs, commitment: c, point, former, proof };
                claim.fault().is_none()
            };
            assert!(here(&proof) && there(&proof));
            // Exchange every part for another valid one of its kind, and for the identity.
            let element = encode(&(bases().g + bases().k)).0;
            for unit in 0..proof.len() / 32 {
                for other in [element, Scalar::from(5u8).to_bytes(), [0; 32], [0xff; 32]] {
                    let mut bad = proof.clone();
                    bad[unit * 32..][..32].copy_from_slice(&other);
                    assert!(!here(&bad), "unit {unit}");
                    assert!(!there(&bad), "unit {unit}");
                }
            }
        }
    }

    /// A commitment of a former round, and one that betters it, with its proof.
    fn improved(
        seed: u64,
        context: &Context,
        rungs: u32,
        former: u32,
        rung: u32,
    ) -> (provers::Former, Point, Vec<u8>) {
        let mut rng = provers::rng(seed);
        let (commitment, _, rho) = provers::range(&mut rng, context, &KEY, rungs, former);
        let former = provers::Former { commitment, rung: former, rho };
        let gain = rung - former.rung;
        let (c, proof, _) =
            provers::improvement(&mut rng, context, &KEY, rungs, rung, &former, gain);
        (former, c, proof)
    }

    #[test]
    fn improvements_pass_and_nothing_else() {
        let context = provers::context(9);
        let cases =
            [(2u32, 0u32, 1u32), (2, 1, 1), (200, 7, 199), (300, 0, 0), (70_000, 3, 69_999)];
        for (rungs, old, new) in cases {
            let (former, c, proof) = improved(8, &context, rungs, old, new);
            let holds = |context: &Context, rungs, c: &Point, former: &Point, proof: &[u8]| {
                verify_improvement(context, &KEY, rungs, c, former, proof).is_ok()
            };
            let c_0 = former.commitment;
            assert_eq!(proof.len(), improvement_len(bits(rungs)));
            assert!(holds(&context, rungs, &c, &c_0, &proof));
            assert!(!holds(&provers::context(8), rungs, &c, &c_0, &proof));
            assert!(!holds(&context, rungs + 1, &c, &c_0, &proof));
            assert!(!holds(&context, rungs, &c_0, &c_0, &proof));
            assert!(!holds(&context, rungs, &c, &c, &proof));
            assert!(!holds(&context, rungs, &Point::IDENTITY, &c_0, &proof));
            assert!(!holds(&context, rungs, &c, &c_0, &proof[..proof.len() - 64]));
            assert!(verify(&context, &KEY, rungs, &c, &proof).is_err());
            // A proof of the first round is none of a later one.
            let (plain, of_plain, _) =
                provers::range(&mut provers::rng(9), &context, &KEY, rungs, new);
            assert!(!holds(&context, rungs, &plain, &c_0, &of_plain));
            for at in (0..proof.len()).step_by(61) {
                let mut bad = proof.clone();
                bad[at] ^= 1;
                assert!(!holds(&context, rungs, &c, &c_0, &bad), "byte {at}");
            }
        }
    }

    #[test]
    fn a_worse_bid_has_no_proof() {
        let mut rng = provers::rng(10);
        let context = provers::context(9);
        let (commitment, _, rho) = provers::range(&mut rng, &context, &KEY, 200, 7);
        let former = provers::Former { commitment, rung: 7, rho };
        for gain in [0, 199] {
            let (c, proof, _) =
                provers::improvement(&mut rng, &context, &KEY, 200, 6, &former, gain);
            assert!(verify_improvement(&context, &KEY, 200, &c, &commitment, &proof).is_err());
        }
    }

    #[test]
    fn the_equations_of_improvements_agree_with_the_crates() {
        let context = provers::context(9);
        let element = encode(&(bases().g + bases().k)).0;
        for (rungs, old, new) in [(2u32, 0u32, 0u32), (65_536, 17, 65_535), (1 << 20, 99, 100)] {
            let (former, commitment, proof) = improved(11, &context, rungs, old, new);
            let former = Former {
                commitment: former.commitment,
                point: decode(&former.commitment).unwrap(),
            };
            let point = decode(&commitment).unwrap();
            let former = Some(former);
            let here = |proof: &[u8]| {
                let claim =
                    Claim { context, quorum_key: KEY, rungs, commitment, point, former, proof };
                Parsed::of(&claim).is_some_and(|parsed| fold_holds(&[parsed]))
            };
            let there = |proof: &[u8]| {
                let claim =
                    Claim { context, quorum_key: KEY, rungs, commitment, point, former, proof };
                claim.fault().is_none()
            };
            assert!(here(&proof) && there(&proof));
            for unit in 0..proof.len() / 32 {
                for other in [element, Scalar::from(5u8).to_bytes(), [0; 32]] {
                    let mut bad = proof.clone();
                    bad[unit * 32..][..32].copy_from_slice(&other);
                    assert!(!here(&bad) && !there(&bad), "unit {unit}");
                }
            }
        }
    }

    #[test]
    fn both_kinds_are_folded_as_one() {
        let context = provers::context(9);
        let (former, better, of_better) = improved(12, &context, 200, 3, 150);
        let (first, of_first, _) =
            provers::range(&mut provers::rng(13), &context, &KEY, 70_000, 12);
        let former =
            Former { commitment: former.commitment, point: decode(&former.commitment).unwrap() };
        let mut bad = of_better.clone();
        bad[4 * 32] ^= 1;
        let claim = |rungs, commitment: Point, former, proof| Claim {
            context,
            quorum_key: KEY,
            rungs,
            commitment,
            point: decode(&commitment).unwrap(),
            former,
            proof,
        };
        let good =
            [claim(200, better, Some(former), &of_better), claim(70_000, first, None, &of_first)];
        let parsed: Vec<Parsed<'_, '_>> = good.iter().map(|c| Parsed::of(c).unwrap()).collect();
        assert!(fold_holds(&parsed));
        let mixed = [
            claim(70_000, first, None, &of_first),
            claim(200, better, Some(former), &bad),
            claim(200, better, Some(former), &of_better),
        ];
        let verdicts: Vec<bool> = judge(&mixed).iter().map(Option::is_some).collect();
        assert_eq!(verdicts, [false, true, false]);
    }

    #[test]
    fn in_a_fold_the_bad_ones_are_found_and_only_they() {
        let mut rng = provers::rng(7);
        let context = provers::context(9);
        // More than one fold, and all widths in one.
        let cases: Vec<(u32, Point, Vec<u8>)> = (0..70u32)
            .map(|i| {
                let rungs = [200, 50_000, 100_000][i as usize % 3];
                let (c, mut proof, _) = provers::range(&mut rng, &context, &KEY, rungs, i);
                if i % 29 == 7 {
                    // t^ of the first equation, or an end of the second.
                    let at = if i < 30 { 4 * 32 } else { proof.len() - 32 };
                    proof[at] ^= 1;
                }
                (rungs, c, proof)
            })
            .collect();
        let claims: Vec<Claim<'_>> = cases
            .iter()
            .map(|(rungs, c, proof)| Claim {
                context,
                quorum_key: KEY,
                rungs: *rungs,
                commitment: *c,
                point: decode(c).unwrap(),
                former: None,
                proof,
            })
            .collect();
        let bad: Vec<bool> = judge(&claims).iter().map(Option::is_some).collect();
        let expected: Vec<bool> = (0..70).map(|i| i % 29 == 7).collect();
        assert_eq!(bad, expected);
    }

    #[test]
    fn a_rung_beyond_the_ladder_has_no_proof() {
        let mut rng = provers::rng(5);
        let context = provers::context(9);
        // The prover proves 200 within 8 bits, and 199 - 200 as if it were 255.
        let (c, proof) = provers::range_lie(&mut rng, &context, &KEY, 200, 200, 255);
        assert!(verify(&context, &KEY, 200, &c, &proof).is_err());
    }
}
