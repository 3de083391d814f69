//! Range: the committed bid is not beyond the grid, `b < levels`; and in a later round *improvement*: it is
//! besides not below the active one, `0 <= b - b_0` (section 8).
//!
//! Bulletproofs (Bünz, Bootle, Boneh, Poelstra, Wuille and Maxwell, S&P 2018, section 4.3) over
//! `V_0 = (levels-1)*G - C` of `n` bits, in an improvement aggregated with `V_1 = C - C_0`. That a bid is
//! not negative shows in its reveal.
//!
//! The specification defines the proof by the crate `bulletproofs`. Its verifier decides on
//! every proof that may be refused; but first the two equations are evaluated here, written
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
    group::{FOLD_POINTS, Fold, bases, decode, decode_scalar, encode},
};

/// Values that a proof covers at most: those of an improvement.
pub(crate) const MOST_VALUES: usize = 2;
/// Bits of the widest value.
pub(crate) const MOST_BITS: usize = 32;

/// `n`, the least of 8, 16, 32 with `levels <= 2^n`.
pub fn bits(levels: u32) -> usize {
    [8usize, 16].into_iter().find(|n| u64::from(levels) <= 1u64 << n).unwrap_or(MOST_BITS)
}

/// `log2(n)`, the rounds of the inner product argument over one value.
fn rounds(n: usize) -> usize {
    match n {
        8 => 3,
        16 => 4,
        _ => 5,
    }
}

/// `log2(2n)`, the rounds of the inner product argument over two values.
fn improvement_rounds(n: usize) -> usize {
    rounds(n) + 1
}

/// Bytes of a proof over one value of `n` bits: `32 * (9 + 2*log2(n))`.
pub fn proof_len(n: usize) -> usize {
    32 * (9 + 2 * rounds(n))
}

/// Bytes of an improvement's proof, over two values of `n` bits: `32 * (9 + 2*log2(2n))`.
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
    levels: u32,
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
    t.integer(b"levels", levels);
    t.point(b"commitment", c);
    if let Some(former) = former {
        t.point(b"active", former);
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
pub(crate) struct Chains {
    pub(crate) g: Vec<Vec<RistrettoPoint>>,
    pub(crate) h: Vec<Vec<RistrettoPoint>>,
}

pub(crate) fn chains() -> &'static Chains {
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
/// [`ProofError`] if `C` is not canonical or is `O`, or if the proof has the wrong length, has an
/// encoding that is not canonical, or does not hold.
pub fn verify(
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    commitment: &Point,
    proof: &[u8],
) -> Result<(), ProofError> {
    verify_any(context, quorum_key, levels, commitment, None, proof)
}

/// Checks a commitment of a later round and its proof against the `active` commitment.
///
/// # Errors
/// [`ProofError`] if `C` or `C_0` is not canonical or `C` is `O`, or if the proof has the wrong length,
/// has an encoding that is not canonical, or does not hold.
pub fn verify_improvement(
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    commitment: &Point,
    active: &Point,
    proof: &[u8],
) -> Result<(), ProofError> {
    let former =
        Former { commitment: *active, point: point(active, || "the active commitment".into())? };
    verify_any(context, quorum_key, levels, commitment, Some(former), proof)
}

fn verify_any(
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    commitment: &Point,
    former: Option<Former>,
    proof: &[u8],
) -> Result<(), ProofError> {
    let c = point(commitment, || "the commitment".into())?;
    let claim = Claim {
        context: *context,
        quorum_key: *quorum_key,
        levels,
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
    pub(crate) levels: u32,
    pub(crate) commitment: Point,
    pub(crate) point: RistrettoPoint,
    /// Of an improvement.
    pub(crate) former: Option<Former>,
    pub(crate) proof: &'a [u8],
}

impl Claim<'_> {
    /// `V_0 = (levels-1)*G - C`, a commitment to `levels - 1 - b`; of an improvement `V_1 = C - C_0` too, a
    /// commitment to `b - b_0`.
    fn values(&self) -> Vec<Point> {
        let top = RistrettoPoint::mul_base(&Scalar::from(self.top()));
        let gain = self.former.iter().map(|former| self.point - former.point);
        std::iter::once(top - self.point).chain(gain).map(|value| encode(&value)).collect()
    }

    /// Bytes of the proof, and rounds of its inner product argument, for values of `n` bits.
    fn size(&self, n: usize) -> (usize, usize) {
        match self.former {
            None => (proof_len(n), rounds(n)),
            Some(_) => (improvement_len(n), improvement_rounds(n)),
        }
    }

    fn active(&self) -> Option<&Point> {
        self.former.as_ref().map(|former| &former.commitment)
    }

    fn top(&self) -> u64 {
        u64::from(self.levels).saturating_sub(1)
    }

    /// Asks the crate.
    pub(crate) fn fault(&self) -> Option<ProofError> {
        self.ask().err()
    }

    fn ask(&self) -> Result<(), ProofError> {
        let Self { context, quorum_key, levels, commitment, proof, .. } = self;
        if self.point.is_identity() {
            return Err(ProofError::Identity("the commitment".into()));
        }
        let n = bits(*levels);
        same_length("bytes of the range proof", self.size(n).0, proof.len())?;
        let parsed = RangeProof::from_bytes(proof)
            .map_err(|_| ProofError::NotCanonical("a scalar of the range proof".into()))?;
        let values: Vec<CompressedRistretto> =
            self.values().into_iter().map(|value| CompressedRistretto(value.0)).collect();
        let (bulletproof, pedersen) = generators();
        let active = self.active();
        let mut transcript =
            transcript(context, quorum_key, n, *levels, commitment, active).into_inner();
        let mut weights = range_weights(context, quorum_key, n, *levels, commitment, active, proof);
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

/// Points of a proof, beside the commitments and the generators.
const PROOF_POINTS: usize = 4 + 2 * (MOST_BITS.ilog2() as usize + 1);
/// Proofs that share the generators in one multi-scalar multiplication.
const FOLD_PROOFS: usize = FOLD_POINTS / PROOF_POINTS;

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
pub(crate) struct Parsed<'a, 'b> {
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
    pub(crate) binding: Binding,
}

impl<'a, 'b> Parsed<'a, 'b> {
    /// Nothing if the length is wrong, an encoding not canonical, or a point `O` that may not be.
    pub(crate) fn of(claim: &'a Claim<'b>) -> Option<Self> {
        let n = bits(claim.levels);
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
            claim.levels,
            &claim.commitment,
            claim.active(),
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
pub(crate) fn fold_holds(proofs: &[Parsed<'_, '_>]) -> bool {
    let bindings: Vec<Binding> = proofs.iter().map(|one| one.binding).collect();
    let mut weights = Weights::for_proofs(bindings.iter());
    let none = [[Scalar::ZERO; MOST_BITS]; MOST_VALUES];
    let mut multiples = Multiples { g: none, h: none };
    let generators = 2 * MOST_VALUES * MOST_BITS;
    let room = proofs.len().saturating_mul(PROOF_POINTS + 2).saturating_add(generators);
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
    /// values, `0 .. n` or `0 .. 2n`, and `2^i` starting again at 1 for every value `j = 0, 1`:
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
        let count = if self.claim.former.is_some() { MOST_VALUES } else { 1 };
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
        // V_0 = (levels-1)*G - C, and V_1 = C - C_0.
        let mut of_values = of_commitments.into_iter();
        let of_rest = of_values.next().unwrap_or(Scalar::ZERO);
        fold.g += of_rest * Scalar::from(self.claim.top());
        let mut of_c = -of_rest;
        if let (Some(former), Some(of_gain)) = (&self.claim.former, of_values.next()) {
            of_c += of_gain;
            fold.subtract(of_gain, &former.point);
        }
        fold.add(of_c, &self.claim.point);
    }
}
