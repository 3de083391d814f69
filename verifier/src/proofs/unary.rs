//! Unary encoding: `U[t][j]` encrypts `[b_t >= j]` for the digits `b_t` of the committed `b` (section 9).
//!
//! After Zhang, Oliynykov and Balogun, for all digits at once, with the bits of the bid masked. An argument
//! that fails does not make a transcript invalid: it closes the bid as invalid (**R4**). So the verdict
//! decides what is ranked, and arguments are folded in batches but judged one by one.

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rayon::prelude::*;
use talea_protocol::{
    bytes::Point,
    labels,
    price::Shape,
    sealed_bid::{Ciphertext, SealedBid},
};

use super::{
    ProofError,
    masked::{Quadratic, VectorOpening, absorb_bases},
    scalar,
};
use crate::{
    fiat_shamir::{Binding, Context, ProofTranscript, Weights},
    group::{Cipher, FOLD_POINTS, Fold, QuorumKey, masked_integer},
};

/// A sealed bid that has passed **R3**: its length is the shape's, everything is canonical, and
/// the randomness of no entry and of no difference is `O`.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    wire: SealedBid,
    /// `U[t][j]`, `j = 1 .. B_t`, digit by digit.
    unary: Vec<Cipher>,
    bits: VectorOpening,
    squares: Quadratic,
    /// `D_c`.
    polynomial: Vec<Cipher>,
    /// `z_l`.
    z: Vec<Scalar>,
    /// `R`.
    randomness: Scalar,
}

impl Sealed {
    /// **R3**.
    pub(crate) fn decode(bytes: &[u8], shape: &Shape) -> Result<Self, ProofError> {
        let wire = SealedBid::from_bytes(bytes, shape).ok_or(ProofError::Length {
            what: "bytes of the sealed bid",
            expected: SealedBid::encoded_len(shape),
            actual: bytes.len(),
        })?;
        let bad = |name: &str, at: usize| ProofError::NotCanonical(format!("{name} {at}"));
        let ciphers = |list: &[Ciphertext], name: &str| {
            list.iter()
                .enumerate()
                .map(|(at, c)| Cipher::decode(c).ok_or_else(|| bad(name, at)))
                .collect::<Result<Vec<_>, _>>()
        };
        let unary = ciphers(&wire.unary, "unary encoding entry")?;
        let argument = &wire.argument;
        let polynomial = ciphers(&argument.polynomial, "polynomial term")?;
        let sealed = Self {
            unary,
            bits: VectorOpening::decode(&argument.bits)?,
            squares: Quadratic::decode(&argument.squares)?,
            polynomial,
            z: argument.masked.iter().map(masked_integer).collect(),
            randomness: scalar(&argument.randomness, || "the argument's randomness".into())?,
            wire,
        };
        sealed.no_identity(shape)?;
        Ok(sealed)
    }

    /// No `R` of a `U[t][j]` or of an `e[t][j]` is `O`. An `e[t][0]` or `e[t][B_t - 1]` has the
    /// randomness of a single `U`, negated or not; between, equal encodings are equal elements.
    fn no_identity(&self, shape: &Shape) -> Result<(), ProofError> {
        let mut entries = self.wire.unary.iter();
        for (t, radix) in (1usize..).zip(shape.radices()) {
            let mut before = Point::IDENTITY;
            for (j, entry) in (1..radix).zip(&mut entries) {
                if entry.r == Point::IDENTITY {
                    let name = format!("the randomness of U[{t}][{j}]");
                    return Err(ProofError::Identity(name));
                }
                if entry.r == before {
                    let name = format!("the randomness of e[{t}][{}]", j.saturating_sub(1));
                    return Err(ProofError::Identity(name));
                }
                before = entry.r;
            }
        }
        Ok(())
    }

    /// The encodings of every `R` of the unary encoding, for **R5**.
    pub(crate) fn randomness(&self) -> impl Iterator<Item = &Point> {
        self.wire.unary.iter().map(|entry| &entry.r)
    }

    /// `U[1][j]`, `0 < j < B_1`.
    pub(crate) fn first_digit(&self, shape: &Shape) -> &[Cipher] {
        let width = shape.radices().next().map_or(0, |radix| radix.saturating_sub(1));
        self.unary.get(..width).unwrap_or_default()
    }

    /// What is left of an accepted bid: the entries of its unary encoding, encoded and decoded.
    pub(crate) fn into_unary(self) -> (Vec<Ciphertext>, Vec<Cipher>) {
        (self.wire.unary, self.unary)
    }

    /// Points that a fold of this argument weighs.
    pub(crate) fn points(&self) -> usize {
        let pairs = self.unary.len().saturating_add(self.polynomial.len());
        pairs.saturating_mul(2).saturating_add(VectorOpening::POINTS + Quadratic::POINTS + 1)
    }
}

/// One argument to be judged.
pub(crate) struct Claim<'a> {
    pub(crate) context: Context,
    pub(crate) shape: &'a Shape,
    pub(crate) quorum_key: &'a QuorumKey,
    pub(crate) commitment: Point,
    pub(crate) commitment_point: RistrettoPoint,
    pub(crate) sealed: &'a Sealed,
}

/// A claim with its challenges.
pub(crate) struct Challenged<'a, 'b> {
    claim: &'a Claim<'b>,
    pub(crate) y: Scalar,
    pub(crate) x: Scalar,
    pub(crate) binding: Binding,
}

/// Draws the challenges, and the binding after the last response.
pub(crate) fn challenge<'a, 'b>(claim: &'a Claim<'b>) -> Challenged<'a, 'b> {
    let wire = &claim.sealed.wire;
    let shape = claim.shape;
    let mut t = ProofTranscript::begin(labels::KIND_UNARY, &claim.context);
    absorb_bases(&mut t, &claim.quorum_key.wire);
    t.integer(b"digits", shape.digit_bits().len());
    for bits in shape.digit_bits() {
        t.integer(b"digit-bits", *bits);
    }
    t.point(b"commitment", &claim.commitment);
    t.integer(b"entries", wire.unary.len());
    for entry in &wire.unary {
        t.cipher(b"entry", entry);
    }

    t.integer(b"bits", claim.sealed.z.len());
    claim.sealed.bits.absorb_commitment(&mut t, b"vector");
    let y = t.challenge(b"y");

    claim.sealed.bits.absorb_announcement(&mut t, b"vector-announcement");
    claim.sealed.squares.absorb_announcements(&mut t);
    t.integer(b"polynomial", wire.argument.polynomial.len());
    for term in &wire.argument.polynomial {
        t.cipher(b"polynomial-term", term);
    }
    let x = t.weight(b"x");

    // No challenge follows these; the weights of the fold must.
    for bit in &wire.argument.masked {
        t.masked(b"bit", bit);
    }
    claim.sealed.bits.absorb_response(&mut t);
    claim.sealed.squares.absorb_response(&mut t);
    t.scalar(b"randomness", &wire.argument.randomness);
    Challenged { claim, y, x, binding: t.binding() }
}

impl Challenged<'_, '_> {
    /// Adds the argument's four equations, each times a weight of its own:
    ///
    /// ```text
    /// sum z_l V_l + w*H = A + x*S
    /// (sum y^(l+1) (z_l^2 - x z_l) + x * sum 2^l z_l)*G + t*H = x^2*C + x*T_1 + T_0
    /// sum y^position x^m e[t][j].R + sum x^c D_c.R = R*K
    /// sum y^position (x^m e[t][j].E - p[t][j](x) G) + sum x^c D_c.E = R*PK
    /// ```
    fn fold_into(&self, fold: &mut Fold, weights: &mut Weights) {
        let Self { claim, y, x, .. } = self;
        let sealed = claim.sealed;
        let shape = claim.shape;
        // r and e are the weights of the two halves of the encrypted polynomial.
        let (vector, square) = (weights.next(), weights.next());
        let (r, e) = (weights.next(), weights.next());

        sealed.bits.fold_into(fold, &vector, x, &sealed.z);
        let mut value = Scalar::ZERO;
        let (mut y_to_l_1, mut two_to_l_x) = (*y, *x);
        for z in &sealed.z {
            value += z * (y_to_l_1 * (z - x) + two_to_l_x);
            y_to_l_1 *= y;
            two_to_l_x += two_to_l_x;
        }
        sealed.squares.fold_into(fold, &square, x, &value);
        fold.subtract(square * x * x, &claim.commitment_point);

        let mut x_to_c = Scalar::ONE;
        for term in &sealed.polynomial {
            fold.add(r * x_to_c, &term.r);
            fold.add(e * x_to_c, &term.e);
            x_to_c *= x;
        }
        let x_to_m = x_to_c;
        fold.k -= r * sealed.randomness;
        fold.pk -= e * sealed.randomness;

        let powers_of_x: Vec<Scalar> = powers(x, sealed.polynomial.len().saturating_add(1));
        let m = shape.longest_digit_bits();
        let mut entries = sealed.unary.iter();
        // y^position, from position B_1 + ... + B_{t-1} on.
        let mut y_to_position = Scalar::ONE;
        // Bits are least significant first, digits most significant first.
        let mut bits_above = shape.bits();
        for (m_t, radix) in shape.digit_bits().iter().zip(shape.radices()) {
            let m_t = usize::from(*m_t);
            let s_t = bits_above.saturating_sub(m_t);
            let y_at_zero = y_to_position;

            // U[t][0] = (O, G) occurs in e[t][0] alone.
            fold.g += e * x_to_m * y_at_zero;
            // U[t][j] occurs in e[t][j], and negated in e[t][j-1].
            for (_, entry) in (1..radix).zip(&mut entries) {
                let next = y_to_position * y;
                let coefficient = x_to_m * (next - y_to_position);
                fold.add(r * coefficient, &entry.r);
                fold.add(e * coefficient, &entry.e);
                y_to_position = next;
            }
            y_to_position *= y;

            // sum_j y^j p[t][j](x) = x^(m - m_t) * product over the digit's bits of
            //                        ((x - z_l) + y^(2^(l - s_t)) z_l)
            let lift = powers_of_x.get(m.saturating_sub(m_t)).copied();
            let mut product = lift.unwrap_or(Scalar::ZERO);
            let mut y_to_power = *y;
            for z in sealed.z.iter().skip(s_t).take(m_t) {
                product *= (x - z) + y_to_power * z;
                y_to_power *= y_to_power;
            }
            fold.g -= e * y_at_zero * product;
            bits_above = s_t;
        }
    }
}

/// `x^0 .. x^(count - 1)`.
fn powers(x: &Scalar, count: usize) -> Vec<Scalar> {
    std::iter::successors(Some(Scalar::ONE), |p| Some(p * x)).take(count).collect()
}

/// Judges every claim, in order: folds as many as are worth it, and where a fold fails, each by
/// itself. Which claims share a fold depends on nothing but the claims.
pub(crate) fn judge(claims: &[Claim<'_>]) -> Vec<bool> {
    let mut batches: Vec<&[Claim<'_>]> = Vec::new();
    let mut rest = claims;
    while !rest.is_empty() {
        let mut points = 0usize;
        let enough = rest
            .iter()
            .position(|claim| {
                points = points.saturating_add(claim.sealed.points());
                points >= FOLD_POINTS
            })
            .map_or(rest.len(), |last| last.saturating_add(1));
        // One quorum key, and so one sum, per fold.
        let key = rest.first().map(|claim| claim.quorum_key.wire);
        let same_key = rest.iter().take_while(|claim| Some(claim.quorum_key.wire) == key).count();
        let (batch, others) = rest.split_at_checked(enough.min(same_key)).unwrap_or((rest, &[]));
        batches.push(batch);
        rest = others;
    }
    let verdicts: Vec<Vec<bool>> = batches
        .into_par_iter()
        .with_max_len(1)
        .map(|batch| {
            let challenged: Vec<_> = batch.iter().map(challenge).collect();
            if fold_holds(&challenged) {
                return vec![true; batch.len()];
            }
            if batch.len() == 1 {
                return vec![false];
            }
            challenged.par_chunks(1).map(fold_holds).collect()
        })
        .collect();
    verdicts.concat()
}

/// Whether all equations of all these claims hold.
fn fold_holds(challenged: &[Challenged<'_, '_>]) -> bool {
    let Some(first) = challenged.first() else {
        return true;
    };
    let points = challenged.iter().map(|c| c.claim.sealed.points()).sum();
    let bindings: Vec<Binding> = challenged.iter().map(|c| c.binding).collect();
    let mut weights = Weights::for_proofs(bindings.iter());
    let mut fold = Fold::with_capacity(points);
    for one in challenged {
        one.fold_into(&mut fold, &mut weights);
    }
    fold.vanishes(&first.claim.quorum_key.point)
}

/// Checks a sealed bid against the commitment that it claims to encrypt.
///
/// # Errors
/// [`ProofError`] if the form (**R3**) or the argument (**R4**) fails.
pub fn verify(
    context: &Context,
    shape: &Shape,
    quorum_key: &Point,
    commitment: &Point,
    sealed_bid: &[u8],
) -> Result<(), ProofError> {
    let revealed = Revealed { context: *context, shape, commitment: *commitment, sealed_bid };
    verify_batch(quorum_key, &[revealed])
}

/// A sealed bid as on the wire, and what it is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Revealed<'a> {
    /// Whose bid it is, and where.
    pub context: Context,
    /// The digits of the lot's unary encoding.
    pub shape: &'a Shape,
    /// `C`.
    pub commitment: Point,
    /// The sealed bid's bytes.
    pub sealed_bid: &'a [u8],
}

/// Checks many sealed bids under one quorum key as the replay does: in folds, and where a fold
/// fails, each by itself. No bid at all holds.
///
/// # Errors
/// [`ProofError`] if the form (**R3**) or the argument (**R4**) of any of them fails.
pub fn verify_batch(quorum_key: &Point, revealed: &[Revealed<'_>]) -> Result<(), ProofError> {
    let key = super::point(quorum_key, || "the quorum key".into())?;
    let key = QuorumKey { point: key, wire: *quorum_key };
    let decoded = revealed
        .iter()
        .map(|bid| {
            let commitment = super::point(&bid.commitment, || "the commitment".into())?;
            Ok((commitment, Sealed::decode(bid.sealed_bid, bid.shape)?))
        })
        .collect::<Result<Vec<_>, ProofError>>()?;
    let claims: Vec<Claim<'_>> = revealed
        .iter()
        .zip(&decoded)
        .map(|(bid, (commitment_point, sealed))| Claim {
            context: bid.context,
            shape: bid.shape,
            quorum_key: &key,
            commitment: bid.commitment,
            commitment_point: *commitment_point,
            sealed,
        })
        .collect();
    let verdicts = judge(&claims);
    if verdicts.len() == revealed.len() && verdicts.iter().all(|holds| *holds) {
        return Ok(());
    }
    Err(ProofError::Equation("the unary encoding's argument".into()))
}
