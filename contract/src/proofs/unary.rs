//! The committed level, encrypted in unary digit by digit (spec section 9, R3 and R4).
//!
//! After Zhang, Oliynykov and Balogun (NDSS 2019), for all digits at once: the commitments to the
//! bits of the level serve every digit, and the digits share the polynomial. Entries are told apart
//! by powers of a challenge `y`, one power for each entry *of the whole unary encoding*; if positions
//! started again in every digit, errors in two digits could cancel.
//!
//! Verification has two parts, because a batch takes one multi-scalar multiplication: [`decode`] refuses
//! what is malformed (R3), [`verify_batch`] what is false (R4).

use super::{ProofFault, Sum};
use crate::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir, Weights},
    group::{Generators, decode_point, decode_scalar},
};
use alloc::vec::Vec;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    labels,
    price::Shape,
    sealed_bid::{BitCommitments, BitResponses, Ciphertext as WireCiphertext, SealedBid},
};

/// The statement: the bid's digits and commitment, without its argument.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The digits of the unary encoding.
    pub shape: &'a Shape,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// `C`, as committed before bids were due.
    pub commitment: RistrettoPoint,
}

impl Statement<'_> {
    /// Absorbs the statement up to the unary encoding's entries, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { shape, quorum_key, commitment } = self;
        fs.element(b"value-base", &gens.value);
        fs.element(b"blinding-base", &gens.blinding);
        fs.element(b"key-base", &gens.key);
        fs.element(b"quorum-key", quorum_key);
        fs.count(b"digits", shape.digits());
        for bits in shape.digit_bits() {
            fs.integer(b"digit-bits", *bits);
        }
        fs.element(b"commitment", commitment);
    }
}

/// Absorbs the entries `U[t][j]`, the rest of the statement.
pub fn absorb_entries(fs: &mut FiatShamir, entries: &[WireCiphertext]) {
    fs.count(b"entries", entries.len());
    for entry in entries {
        fs.ciphertext(b"ladder", entry);
    }
}

/// Absorbs the prover's first message and draws `y`.
pub fn absorb_bits(fs: &mut FiatShamir, bits: &[BitCommitments]) -> Scalar {
    fs.count(b"bits", bits.len());
    for BitCommitments { bit, mask, product } in bits {
        fs.point(b"bit", bit);
        fs.point(b"mask", mask);
        fs.point(b"product", product);
    }
    fs.challenge(b"y")
}

/// Absorbs the prover's second message and draws `x`.
pub fn absorb_polynomial(fs: &mut FiatShamir, polynomial: &[WireCiphertext]) -> Scalar {
    fs.count(b"polynomial", polynomial.len());
    for term in polynomial {
        fs.ciphertext(b"polynomial-term", term);
    }
    fs.challenge(b"x")
}

/// Absorbs the prover's third message: its last bytes, before any weight.
pub fn absorb_responses(fs: &mut FiatShamir, responses: &[BitResponses], randomness: &WireScalar) {
    for BitResponses { z, w, v } in responses {
        fs.scalar(b"z", z);
        fs.scalar(b"w", w);
        fs.scalar(b"v", v);
    }
    fs.scalar(b"randomness", randomness);
}

/// What a revealed bid claims: that this unary encoding encrypts the committed level.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The bid's place; the signer is the bidder whose commit it opens.
    pub context: Context,
    /// The digits of the unary encoding.
    pub shape: &'a Shape,
    /// `C`, as committed before bids were due.
    pub commitment: RistrettoPoint,
    /// The unary encoding and its argument.
    pub sealed_bid: &'a SealedBid,
}

/// The commitments to one bit, decoded.
#[derive(Clone, Copy, Debug)]
struct Bit {
    commitment: RistrettoPoint,
    mask: RistrettoPoint,
    product: RistrettoPoint,
}

/// The responses for one bit, decoded.
#[derive(Clone, Copy, Debug)]
struct Response {
    z: Scalar,
    w: Scalar,
    v: Scalar,
}

/// A claim of decoded elements, well formed and not yet verified.
#[derive(Clone, Debug)]
pub struct Decoded<'a> {
    /// The entries `U[t][j]` in wire order.
    pub unary: Vec<Ciphertext>,
    claim: Claim<'a>,
    bits: Vec<Bit>,
    polynomial: Vec<Ciphertext>,
    responses: Vec<Response>,
    randomness: Scalar,
}

/// Decodes a claim and checks its form (R3): every length is the shape's, everything is canonical,
/// and no `R` of an entry, or of the difference between neighbours, is `O`.
///
/// # Errors
/// The fault that was found first.
pub fn decode(claim: Claim<'_>) -> Result<Decoded<'_>, ProofFault> {
    let Claim { shape, sealed_bid, .. } = claim;
    let SealedBid { unary, argument } = sealed_bid;
    ProofFault::unless_length(shape.entries(), unary.len())?;
    ProofFault::unless_length(shape.bits(), argument.bits.len())?;
    ProofFault::unless_length(shape.longest_digit_bits(), argument.polynomial.len())?;
    ProofFault::unless_length(shape.bits(), argument.responses.len())?;
    let decoded = decode_all(claim).ok_or(ProofFault::NotCanonical)?;
    // Encodings are canonical by now, so equal points have equal bytes.
    let mut rest = unary.as_slice();
    for radix in shape.radices() {
        let (digit, after) = rest
            .split_at_checked(radix.saturating_sub(1))
            .ok_or(ProofFault::Length { expected: radix, actual: rest.len() })?;
        let is_open = digit.iter().any(|entry| entry.r == Point::IDENTITY)
            || digit.iter().zip(digit.iter().skip(1)).any(|(entry, next)| entry.r == next.r);
        if is_open {
            return Err(ProofFault::Identity);
        }
        rest = after;
    }
    Ok(decoded)
}

fn decode_all(claim: Claim<'_>) -> Option<Decoded<'_>> {
    let SealedBid { unary, argument } = claim.sealed_bid;
    let bit = |b: &BitCommitments| {
        Some(Bit {
            commitment: decode_point(&b.bit)?,
            mask: decode_point(&b.mask)?,
            product: decode_point(&b.product)?,
        })
    };
    let response = |r: &BitResponses| {
        Some(Response { z: decode_scalar(&r.z)?, w: decode_scalar(&r.w)?, v: decode_scalar(&r.v)? })
    };
    Some(Decoded {
        unary: unary.iter().map(Ciphertext::decode).collect::<Option<_>>()?,
        bits: argument.bits.iter().map(bit).collect::<Option<_>>()?,
        polynomial: argument.polynomial.iter().map(Ciphertext::decode).collect::<Option<_>>()?,
        responses: argument.responses.iter().map(response).collect::<Option<_>>()?,
        randomness: decode_scalar(&argument.randomness)?,
        claim,
    })
}

/// The challenges of one argument.
#[derive(Clone, Copy, Debug)]
struct Challenges {
    y: Scalar,
    x: Scalar,
}

impl Decoded<'_> {
    /// Hashes the whole argument; the state is finished, for weights to be drawn after it.
    fn hash(&self, gens: &Generators, quorum_key: &RistrettoPoint) -> (FiatShamir, Challenges) {
        let Claim { context, shape, commitment, sealed_bid } = &self.claim;
        let SealedBid { unary, argument } = sealed_bid;
        let statement = Statement { shape, quorum_key: *quorum_key, commitment: *commitment };
        let mut fs = FiatShamir::begin(labels::KIND_UNARY, context);
        statement.absorb(&mut fs, gens);
        absorb_entries(&mut fs, unary);
        let y = absorb_bits(&mut fs, &argument.bits);
        let x = absorb_polynomial(&mut fs, &argument.polynomial);
        absorb_responses(&mut fs, &argument.responses, &argument.randomness);
        (fs, Challenges { y, x })
    }

    /// How many terms [`fold`](Self::fold) adds.
    fn terms(&self) -> usize {
        let ciphertexts = self.unary.len().saturating_add(self.polynomial.len());
        let bits = self.bits.len().saturating_mul(3);
        ciphertexts.saturating_mul(2).saturating_add(bits).saturating_add(1)
    }

    /// Adds this argument's `2L + 3` equations to `sum`, each with a weight of its own, and what
    /// they have in common to `bases`.
    fn fold(
        &self,
        Challenges { y, x }: Challenges,
        weights: &mut Weights,
        sum: &mut Sum,
        bases: &mut Bases,
    ) {
        // sum 2^l I_l = C
        let link = weights.draw();
        sum.add(-link, self.claim.commitment);
        let mut power_of_two = link;
        for (bit, response) in self.bits.iter().zip(&self.responses) {
            let Response { z, w, v } = response;
            let (opening, square) = (weights.draw(), weights.draw());
            // x I + B = z G + w H
            // (x - z) I + A = v H
            sum.add(power_of_two + opening * x + square * (x - z), bit.commitment);
            sum.add(opening, bit.mask);
            sum.add(square, bit.product);
            bases.value -= opening * z;
            bases.blinding -= opening * w + square * v;
            power_of_two += power_of_two;
        }

        // sum y^position x^m e.R + sum x^c D_c.R = R*K
        // sum y^position (x^m e.E - p(x) G) + sum x^c D_c.E = R*PK
        let (of_r, of_e) = (weights.draw(), weights.draw());
        bases.key -= of_r * self.randomness;
        bases.quorum_key -= of_e * self.randomness;
        let mut power_of_x = Scalar::ONE;
        for term in &self.polynomial {
            sum.add(of_r * power_of_x, term.r);
            sum.add(of_e * power_of_x, term.e);
            power_of_x *= x;
        }
        // `power_of_x` is x^m now. Entry j occurs in two differences, e[j] = U[j] - U[j+1]:
        // it counts y^position(j) - y^position(j-1) = (y - 1) y^position(j-1) times.
        let step = power_of_x * (y - Scalar::ONE);
        let (step_r, step_e) = (of_r * step, of_e * step);
        let mut power_of_y = Scalar::ONE;
        let mut entries = self.unary.iter();
        let digit_sums = digit_sums(self.claim.shape, &self.responses, x, y);
        for (radix, digit_sum) in self.claim.shape.radices().zip(digit_sums) {
            // U[t][0] = (O, G) occurs in e[t][0] alone; U[t][B_t] = (O, O).
            bases.value += of_e * power_of_y * (power_of_x - digit_sum);
            for entry in entries.by_ref().take(radix.saturating_sub(1)) {
                sum.add(step_r * power_of_y, entry.r);
                sum.add(step_e * power_of_y, entry.e);
                power_of_y *= y;
            }
            power_of_y *= y;
        }
    }
}

/// `sum_j y^j p[t][j](x)` for every digit `t`, most significant first:
/// `x^(m - m_t) * product over its bits of ((x - z_l) + y^(2^(l - s_t)) z_l)`.
fn digit_sums(shape: &Shape, responses: &[Response], x: Scalar, y: Scalar) -> Vec<Scalar> {
    let longest = shape.longest_digit_bits();
    let mut rest = responses;
    let of_digit = |bits: &u8| {
        let bits = usize::from(*bits);
        let start = rest.len().saturating_sub(bits);
        let (lower, digit) = rest.split_at_checked(start).unwrap_or_default();
        rest = lower;
        let mut sum = Scalar::ONE;
        let mut power_of_y = y;
        for Response { z, .. } in digit {
            sum *= (x - z) + power_of_y * z;
            power_of_y *= power_of_y;
        }
        (bits..longest).fold(sum, |sum, _| sum * x)
    };
    shape.digit_bits().iter().map(of_digit).collect()
}

/// The coefficients of the bases that all arguments of a batch share.
#[derive(Clone, Copy, Debug, Default)]
struct Bases {
    value: Scalar,
    blinding: Scalar,
    key: Scalar,
    quorum_key: Scalar,
}

/// Verifies all claims at once (R4), with one multi-scalar multiplication. No claim at all holds.
///
/// # Errors
/// [`ProofFault::False`] if any claim is false; the caller who wants to know which asks for each.
pub fn verify_batch(
    gens: &Generators,
    quorum_key: &RistrettoPoint,
    decoded: &[Decoded<'_>],
) -> Result<(), ProofFault> {
    let (finished, challenges): (Vec<FiatShamir>, Vec<Challenges>) =
        decoded.iter().map(|claim| claim.hash(gens, quorum_key)).unzip();
    let mut weights = Weights::after(finished);

    let terms = decoded.iter().fold(4usize, |terms, claim| terms.saturating_add(claim.terms()));
    let mut sum = Sum::with_capacity(terms);
    let mut bases = Bases::default();
    for (claim, challenges) in decoded.iter().zip(challenges) {
        claim.fold(challenges, &mut weights, &mut sum, &mut bases);
    }
    let Bases { value, blinding, key, quorum_key: of_quorum_key } = bases;
    sum.add(value, gens.value);
    sum.add(blinding, gens.blinding);
    sum.add(key, gens.key);
    sum.add(of_quorum_key, *quorum_key);
    ProofFault::unless(sum.vanishes())
}

/// [`decode`] and [`verify_batch`] for a single claim.
///
/// # Errors
/// The fault that was found first.
pub fn verify(
    gens: &Generators,
    quorum_key: &RistrettoPoint,
    claim: Claim<'_>,
) -> Result<Vec<Ciphertext>, ProofFault> {
    let decoded = decode(claim)?;
    verify_batch(gens, quorum_key, core::slice::from_ref(&decoded))?;
    Ok(decoded.unary)
}
