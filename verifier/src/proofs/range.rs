//! Range: the committed bid is a level of the grid, `0 <= b < levels`; and in a later round *improvement*: it is
//! besides not below the active one, `b_0 <= b` (section 8).
//!
//! Masked bits spell `b`, and in an improvement `b - b_0` too, in place values of which the sums are the levels
//! and nothing else. No proof has more than 64 bits, so one vector commits to them.

use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::{
    bytes::{List, Point},
    commitment::RangeProof,
    labels,
    limits::MAX_VECTOR,
    masked::Masked,
};

use super::{
    ProofError,
    masked::{Quadratic, VectorOpening, absorb_bases},
    point, same_length,
};
use crate::{
    fiat_shamir::{Binding, Context, ProofTranscript, Weights},
    group::{Element, FOLD_POINTS, Fold, masked_integer},
};

/// `n`, the least number with `levels <= 2^n`. There are at least two levels (**T2**).
pub fn bits(levels: u32) -> usize {
    let last = levels.saturating_sub(1);
    usize::try_from(u32::BITS.saturating_sub(last.leading_zeros())).unwrap_or(MAX_VECTOR)
}

/// `q_l = 2^l` for `l < n-1`, and `q_(n-1) = levels - 2^(n-1)`: the sums of some of them are the levels.
pub(crate) fn place_values(levels: u32) -> impl Iterator<Item = u32> {
    let n = bits(levels);
    let powers = std::iter::successors(Some(1u32), |power| power.checked_mul(2)).take(n);
    (1..)
        .zip(powers)
        .map(move |(l, power)| if l < n { power } else { levels.saturating_sub(power) })
}

/// A commitment and its range proof, everything canonical, and the commitment not `O`.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    /// `C`.
    pub(crate) commitment: Element,
    bits: VectorOpening,
    squares: Quadratic,
    masked: List<Masked, MAX_VECTOR>,
}

/// Decodes what a bidder posted.
pub(crate) fn decode(commitment: &Point, proof: &RangeProof) -> Result<Decoded, ProofError> {
    let name = || "the commitment".into();
    let RangeProof { bits, squares, masked } = proof;
    let commitment = Element { point: point(commitment, name)?, wire: *commitment };
    if commitment.point.is_identity() {
        return Err(ProofError::Identity(name()));
    }
    Ok(Decoded {
        commitment,
        bits: VectorOpening::decode(bits)?,
        squares: Quadratic::decode(squares)?,
        masked: masked.clone(),
    })
}

/// Checks a commitment and its range proof.
///
/// # Errors
/// [`ProofError`] if `C` is `O`, if an encoding is not canonical, if the number of bits is not that of the
/// levels, or if an equation does not hold.
pub fn verify(
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    commitment: &Point,
    proof: &RangeProof,
) -> Result<(), ProofError> {
    verify_any(context, quorum_key, levels, commitment, None, proof)
}

/// Checks a commitment of a later round and its proof against the `active` commitment.
///
/// # Errors
/// Those of [`verify`], and if `C_0` is not canonical.
pub fn verify_improvement(
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    commitment: &Point,
    active: &Point,
    proof: &RangeProof,
) -> Result<(), ProofError> {
    let point = point(active, || "the active commitment".into())?;
    let active = Element { point, wire: *active };
    verify_any(context, quorum_key, levels, commitment, Some(active), proof)
}

fn verify_any(
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    commitment: &Point,
    active: Option<Element>,
    proof: &RangeProof,
) -> Result<(), ProofError> {
    let post = &decode(commitment, proof)?;
    let claim = Claim { context: *context, quorum_key: *quorum_key, levels, active, post };
    match judge(&[claim]).pop() {
        Some(Some(error)) => Err(error),
        Some(None) | None => Ok(()),
    }
}

/// A commitment and its proof, to be judged.
pub(crate) struct Claim<'a> {
    pub(crate) context: Context,
    /// `PK`, of which a range proof sees the encoding alone.
    pub(crate) quorum_key: Point,
    pub(crate) levels: u32,
    /// `C_0`, of an improvement.
    pub(crate) active: Option<Element>,
    pub(crate) post: &'a Decoded,
}

impl Claim<'_> {
    /// Whether it has as many bits as the levels ask for.
    fn form(&self) -> Result<(), ProofError> {
        let n = bits(self.levels);
        let expected = if self.active.is_some() { n.saturating_mul(2) } else { n };
        same_length("bits of the range proof", expected, self.post.masked.len())
    }
}

/// A claim with its challenges.
pub(crate) struct Challenged<'a, 'b> {
    claim: &'a Claim<'b>,
    /// `z_l`.
    z: Vec<Scalar>,
    pub(crate) y: Scalar,
    pub(crate) x: Scalar,
    pub(crate) binding: Binding,
}

/// Draws the challenges, and the binding after the last response.
pub(crate) fn challenge<'a, 'b>(claim: &'a Claim<'b>) -> Challenged<'a, 'b> {
    let Decoded { commitment, bits: vector, squares, masked } = claim.post;
    let improves = claim.active.is_some();
    let kind = if improves { labels::KIND_IMPROVEMENT } else { labels::KIND_RANGE };
    let mut t = ProofTranscript::begin(kind, &claim.context);
    absorb_bases(&mut t, &claim.quorum_key);
    t.integer(b"levels", claim.levels);
    t.point(b"commitment", &commitment.wire);
    if let Some(active) = &claim.active {
        t.point(b"active", &active.wire);
    }

    t.integer(b"bits", masked.len());
    vector.absorb_commitment(&mut t, b"vector");
    let y = t.challenge(b"y");

    vector.absorb_announcement(&mut t, b"vector-announcement");
    squares.absorb_announcements(&mut t);
    let x = t.weight(b"x");

    // No challenge follows these; the weights of the fold must.
    masked.iter().for_each(|bit| t.masked(b"bit", bit));
    vector.absorb_response(&mut t);
    squares.absorb_response(&mut t);
    let z = masked.iter().map(masked_integer).collect();
    Challenged { claim, z, y, x, binding: t.binding() }
}

impl Challenged<'_, '_> {
    /// Points that a fold of a proof weighs: those of its equations, `C` and `C_0`.
    const POINTS: usize = VectorOpening::POINTS + Quadratic::POINTS + 2;

    /// Adds the two equations, each times a weight of its own:
    ///
    /// ```text
    /// sum z_l V_l + w*H = A + x*S
    /// (sum y^(l+1) (z_l^2 - x z_l) + x * sum q_l z_l)*G + t*H = x^2*C + x*T_1 + T_0
    /// ```
    ///
    /// In an improvement `C + u*(C - C_0)` stands for `C`, and the place values of the bits `n .. 2n-1` are
    /// `u q_0 .. u q_(n-1)`, where `u = y^(2n+1)`.
    fn fold_into(&self, fold: &mut Fold, weights: &mut Weights) {
        let Self { claim, z, y, x, .. } = self;
        let Decoded { commitment, bits: vector, squares, .. } = claim.post;
        let (of_vector, of_squares) = (weights.next(), weights.next());

        vector.fold_into(fold, &of_vector, x, z);
        let mut value = Scalar::ZERO;
        let mut y_to_l_1 = *y;
        for z in z {
            value += y_to_l_1 * z * (z - x);
            y_to_l_1 *= y;
        }
        // One more than the number of bits.
        let u = y_to_l_1;
        let mut times_x = Scalar::ZERO;
        for (z, of_number) in z.chunks(bits(claim.levels).max(1)).zip([Scalar::ONE, u]) {
            let places = place_values(claim.levels).map(Scalar::from);
            times_x += of_number * z.iter().zip(places).map(|(z, q)| q * z).sum::<Scalar>();
        }
        value += x * times_x;
        squares.fold_into(fold, &of_squares, x, &value);

        let mut of_commitment = of_squares * x * x;
        if let Some(active) = &claim.active {
            let of_gain = of_commitment * u;
            of_commitment += of_gain;
            fold.add(of_gain, &active.point);
        }
        fold.subtract(of_commitment, &commitment.point);
    }

    /// What is wrong with a claim that does not hold.
    fn fault(&self) -> ProofError {
        let form = self.claim.form().err();
        form.unwrap_or_else(|| ProofError::Equation("the range proof".into()))
    }
}

/// Proofs that share one multi-scalar multiplication, of both kinds.
pub(crate) const FOLD_PROOFS: usize = FOLD_POINTS / Challenged::POINTS;

/// Judges claims: nothing for one that holds. Where a fold does not hold, each of its claims is judged by
/// itself.
pub(crate) fn judge(claims: &[Claim<'_>]) -> Vec<Option<ProofError>> {
    let challenged: Vec<Challenged<'_, '_>> = claims.par_iter().map(challenge).collect();
    let verdicts: Vec<Vec<Option<ProofError>>> = challenged
        .par_chunks(FOLD_PROOFS)
        .map(|fold| {
            if fold_holds(fold) {
                return fold.iter().map(|_| None).collect();
            }
            let alone = |one: &[Challenged<'_, '_>]| {
                let fault = one.first().map(Challenged::fault);
                fault.filter(|_| !fold_holds(one))
            };
            fold.par_chunks(1).map(alone).collect()
        })
        .collect();
    verdicts.concat()
}

/// Whether both equations of all these proofs hold.
pub(crate) fn fold_holds(challenged: &[Challenged<'_, '_>]) -> bool {
    if challenged.iter().any(|one| one.claim.form().is_err()) {
        return false;
    }
    let bindings: Vec<Binding> = challenged.iter().map(|one| one.binding).collect();
    let mut weights = Weights::for_proofs(bindings.iter());
    let points = challenged.len().saturating_mul(Challenged::POINTS);
    let mut fold = Fold::with_capacity(points);
    challenged.iter().for_each(|one| one.fold_into(&mut fold, &mut weights));
    // No equation has the quorum key in it.
    fold.vanishes(&RistrettoPoint::default())
}
