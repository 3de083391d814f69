//! The committed level, encrypted in unary digit by digit (spec section 9, R3 and R4).
//!
//! After Zhang, Oliynykov and Balogun (NDSS 2019), for all digits at once: the commitments to the
//! bits of the level serve every digit, and the digits share the polynomial. Entries are told apart
//! by powers of a challenge `y`, one power for each entry *of the whole unary encoding*; if positions
//! started again in every digit, errors in two digits could cancel.
//!
//! Verification has two parts, because a batch takes one multi-scalar multiplication: [`decode`] refuses
//! what is malformed (R3), [`verify_batch`] what is false (R4).

use super::{
    ProofFault,
    masked::{self, Fold, Opening, Squares, absorb_bases, square_sum},
};
use crate::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir, Weights},
    group::{Generators, decode_scalar},
};
use alloc::vec::Vec;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::Point,
    labels,
    masked::VectorOpening,
    price::Shape,
    sealed_bid::{Ciphertext as WireCiphertext, SealedBid, UnaryArgument},
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
        absorb_bases(fs, gens, quorum_key);
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
        fs.ciphertext(b"entry", entry);
    }
}

/// Absorbs the prover's first message, the commitment to the bits, and draws `y`.
pub fn absorb_bits(fs: &mut FiatShamir, shape: &Shape, bits: &VectorOpening) -> Scalar {
    fs.count(b"bits", shape.bits());
    fs.point(b"vector", &bits.commitment);
    fs.challenge(b"y")
}

/// Absorbs the prover's second message, all announcements, and draws `x`.
pub fn absorb_announcements(fs: &mut FiatShamir, argument: &UnaryArgument) -> Scalar {
    masked::absorb_announcements(fs, [&argument.bits], &argument.squares);
    fs.count(b"polynomial", argument.polynomial.len());
    for term in &argument.polynomial {
        fs.ciphertext(b"polynomial-term", term);
    }
    fs.weight(b"x")
}

/// Absorbs the prover's third message: its last bytes, before any weight.
pub fn absorb_responses(fs: &mut FiatShamir, argument: &UnaryArgument) {
    masked::absorb_responses(fs, &argument.masked, [&argument.bits], &argument.squares);
    fs.scalar(b"randomness", &argument.randomness);
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

/// A claim of decoded elements, well formed and not yet verified.
#[derive(Clone, Debug)]
pub struct Decoded<'a> {
    /// The entries `U[t][j]` in wire order.
    pub unary: Vec<Ciphertext>,
    claim: Claim<'a>,
    bits: Opening,
    squares: Squares,
    polynomial: Vec<Ciphertext>,
    /// `z_l`.
    masked: Vec<Scalar>,
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
    ProofFault::unless_length(shape.longest_digit_bits(), argument.polynomial.len())?;
    ProofFault::unless_length(shape.bits(), argument.masked.len())?;
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
    Some(Decoded {
        unary: masked::all(unary, Ciphertext::decode)?,
        bits: Opening::decode(&argument.bits)?,
        squares: Squares::decode(&argument.squares)?,
        polynomial: masked::all(&argument.polynomial, Ciphertext::decode)?,
        masked: argument.masked.iter().map(masked::decode).collect(),
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
        let y = absorb_bits(&mut fs, shape, &argument.bits);
        let x = absorb_announcements(&mut fs, argument);
        absorb_responses(&mut fs, argument);
        (fs, Challenges { y, x })
    }

    /// How many terms [`fold_into`](Self::fold_into) adds.
    fn terms(&self) -> usize {
        let ciphertexts = self.unary.len().saturating_add(self.polynomial.len());
        ciphertexts.saturating_mul(2).saturating_add(5)
    }

    /// Adds this argument's four equations, each with a weight of its own.
    fn fold_into(&self, Challenges { y, x }: Challenges, weights: &mut Weights, fold: &mut Fold) {
        // sum z_l V_l + w*H = A + x*S
        fold.add_opening(weights.draw(), x, &self.masked, &self.bits);

        // (sum y^(l+1) (z_l^2 - x z_l) + x * sum 2^l z_l)*G + t*H = x^2*C + x*T_1 + T_0
        let square = weights.draw();
        let value = square_sum(&self.masked, powers_of_two(), x, y);
        fold.add_squares(square, x, value, &self.squares);
        fold.add(-square * x * x, self.claim.commitment);

        // sum y^position x^m e.R + sum x^c D_c.R = R*K
        // sum y^position (x^m e.E - p(x) G) + sum x^c D_c.E = R*PK
        let (of_r, of_e) = (weights.draw(), weights.draw());
        fold.key -= of_r * self.randomness;
        fold.quorum_key -= of_e * self.randomness;
        let mut power_of_x = Scalar::ONE;
        for term in &self.polynomial {
            fold.add(of_r * power_of_x, term.r);
            fold.add(of_e * power_of_x, term.e);
            power_of_x *= x;
        }
        // `power_of_x` is x^m now. Entry j occurs in two differences, e[j] = U[j] - U[j+1]:
        // it counts y^position(j) - y^position(j-1) = (y - 1) y^position(j-1) times.
        let step = power_of_x * (y - Scalar::ONE);
        let (step_r, step_e) = (of_r * step, of_e * step);
        let mut power_of_y = Scalar::ONE;
        let mut entries = self.unary.iter();
        let digit_sums = digit_sums(self.claim.shape, &self.masked, x, y);
        for (radix, digit_sum) in self.claim.shape.radices().zip(digit_sums) {
            // U[t][0] = (O, G) stands in e[t][0] alone; U[t][B_t] = (O, O).
            fold.value += of_e * power_of_y * (power_of_x - digit_sum);
            for entry in entries.by_ref().take(radix.saturating_sub(1)) {
                fold.add(step_r * power_of_y, entry.r);
                fold.add(step_e * power_of_y, entry.e);
                power_of_y *= y;
            }
            power_of_y *= y;
        }
    }
}

/// The place values of a level's bits.
fn powers_of_two() -> impl Iterator<Item = Scalar> {
    core::iter::successors(Some(Scalar::ONE), |power| Some(power + power))
}

/// `sum_j y^j p[t][j](x)` for every digit `t`, most significant first:
/// `x^(m - m_t) * product over its bits of ((x - z_l) + y^(2^(l - s_t)) z_l)`.
fn digit_sums(shape: &Shape, masked: &[Scalar], x: Scalar, y: Scalar) -> Vec<Scalar> {
    let longest = shape.longest_digit_bits();
    let mut rest = masked;
    let of_digit = |bits: &u8| {
        let bits = usize::from(*bits);
        let start = rest.len().saturating_sub(bits);
        let (lower, digit) = rest.split_at_checked(start).unwrap_or_default();
        rest = lower;
        let mut sum = Scalar::ONE;
        let mut power_of_y = y;
        for z in digit {
            sum *= (x - z) + power_of_y * z;
            power_of_y *= power_of_y;
        }
        (bits..longest).fold(sum, |sum, _| sum * x)
    };
    shape.digit_bits().iter().map(of_digit).collect()
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

    let terms = decoded.iter().fold(0usize, |terms, claim| terms.saturating_add(claim.terms()));
    let mut fold = Fold::with_capacity(terms);
    for (claim, challenges) in decoded.iter().zip(challenges) {
        claim.fold_into(challenges, &mut weights, &mut fold);
    }
    fold.vanishes(gens, quorum_key)
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
