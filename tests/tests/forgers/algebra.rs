//! What forgers calculate with. They know what their ciphertexts encrypt and with which randomness, and they solve
//! what a flawed verifier leaves them to solve.

use super::*;
use std::ops::{Add, Neg, Sub};
use talea_protocol::{
    limits::MASKED_BYTES,
    masked::{Masked, Quadratic, VectorOpening},
};

/// What a ciphertext encrypts, and with which randomness.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Known {
    pub(crate) message: Scalar,
    pub(crate) randomness: Scalar,
}

impl Known {
    /// `Enc(message; randomness)`.
    pub(crate) fn sealed(&self, quorum_key: &RistrettoPoint) -> Ciphertext {
        encrypt(quorum_key, &self.message, &self.randomness)
    }

    /// This message with fresh randomness.
    pub(crate) fn fresh(message: Scalar, rng: &mut ChaCha20Rng) -> Self {
        Self { message, randomness: scalar(rng) }
    }

    pub(crate) fn scaled(&self, factor: &Scalar) -> Self {
        Self { message: self.message * factor, randomness: self.randomness * factor }
    }
}

impl Add for Known {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let Self { message, randomness } = other;
        Self { message: self.message + message, randomness: self.randomness + randomness }
    }
}

impl Neg for Known {
    type Output = Self;
    fn neg(self) -> Self {
        self.scaled(&-Scalar::ONE)
    }
}

impl Sub for Known {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::iter::Sum for Known {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::default(), Add::add)
    }
}

/// The 18 bytes of a response. Of a greater one, which no message has room for, the low ones.
pub(crate) fn masked(z: &Scalar) -> Masked {
    Masked(*z.as_bytes().first_chunk().unwrap())
}

/// Whether a message has room for this response.
pub(crate) fn is_short(z: &Scalar) -> bool {
    z.as_bytes()[MASKED_BYTES..].iter().all(|byte| *byte == 0)
}

/// The integer of a response.
pub(crate) fn integer(bytes: &[u8; MASKED_BYTES]) -> Scalar {
    let mut wide = [0; 32];
    wide[..MASKED_BYTES].copy_from_slice(bytes);
    Scalar::from_bytes_mod_order(wide)
}

/// Whether a response lies in the interval in which its distribution is that of every secret.
pub(crate) fn is_within(z: &Scalar) -> bool {
    let top = [z.as_bytes()[MASKED_BYTES - 2], z.as_bytes()[MASKED_BYTES - 1]];
    is_short(z) && top != [0, 0] && top != [0xff, 0xff]
}

/// A mask as an honest prover draws it, but for the ends of its interval.
pub(crate) fn mask(rng: &mut ChaCha20Rng) -> Scalar {
    let mut bytes = scalar(rng).to_bytes();
    bytes[MASKED_BYTES..].fill(0);
    // Neither the highest nor the lowest 2^128: whatever a small secret adds, it stays below 2^144.
    bytes[MASKED_BYTES - 1] = bytes[MASKED_BYTES - 1].clamp(1, 127);
    Scalar::from_bytes_mod_order(bytes)
}

/// `sum v_l V_l + blinding*H`.
pub(crate) fn commit_vector(values: &[Scalar], blinding: &Scalar) -> RistrettoPoint {
    let gens = generators();
    values.iter().zip(gens.vector.iter()).map(|(v, base)| base * v).sum::<RistrettoPoint>()
        + gens.blinding * blinding
}

/// `Com(value; blinding)`.
pub(crate) fn commit(value: &Scalar, blinding: &Scalar) -> RistrettoPoint {
    let gens = generators();
    gens.value * value + gens.blinding * blinding
}

/// An opening and a quadratic of which everything was drawn: nothing is left of how they were made.
pub(crate) fn drawn(rng: &mut ChaCha20Rng) -> (VectorOpening, Quadratic) {
    let point = |rng: &mut ChaCha20Rng| encode_point(&element(rng));
    let bits = VectorOpening {
        commitment: point(rng),
        announcement: point(rng),
        blinding: encode_scalar(&scalar(rng)),
    };
    let squares = Quadratic {
        linear: point(rng),
        constant: point(rng),
        blinding: encode_scalar(&scalar(rng)),
    };
    (bits, squares)
}

/// What a verifier of a vector's opening looks at: `sum z_l V_l + w*H - A - x*S`.
pub(crate) fn opening_residue(
    opening: &VectorOpening,
    responses: &[Scalar],
    challenge: &Scalar,
) -> Option<RistrettoPoint> {
    let VectorOpening { commitment, announcement, blinding } = opening;
    let opened = commit_vector(responses, &decode_scalar(blinding)?);
    Some(opened - decode_point(announcement)? - decode_point(commitment)? * challenge)
}

/// `value*G + t*H - x*T_1 - T_0`.
pub(crate) fn squares_residue(
    squares: &Quadratic,
    value: &Scalar,
    challenge: &Scalar,
) -> Option<RistrettoPoint> {
    let Quadratic { linear, constant, blinding } = squares;
    let opened = commit(value, &decode_scalar(blinding)?);
    Some(opened - decode_point(linear)? * challenge - decode_point(constant)?)
}

/// Adds to a point that is encoded.
pub(crate) fn shift(point: &mut Point, by: &RistrettoPoint) {
    *point = encode_point(&(decode_point(point).unwrap() + by));
}

/// `base^exponent`, the exponent little-endian.
fn power_of(base: &Scalar, exponent: &[u8; 32]) -> Scalar {
    (0..256).rev().fold(Scalar::ONE, |power, bit| {
        let squared = power * power;
        if (exponent[bit / 8] >> (bit % 8)) & 1 == 1 { squared * base } else { squared }
    })
}

/// A square root, if there is one. The group order `l` leaves 5 when divided by 8.
fn square_root(square: &Scalar) -> Option<Scalar> {
    // -1 is l - 1, an integer below 2^256: shifted to the right it is (l - 1)/4 and (l - 5)/8.
    let shifted = |bits: usize| {
        let bytes = (-Scalar::ONE).to_bytes();
        std::array::from_fn(|i| {
            let upper = bytes.get(i + 1).copied().unwrap_or(0);
            (u16::from_le_bytes([bytes[i], upper]) >> bits) as u8
        })
    };
    // square^((l + 3)/8), and the same times a root of -1.
    let root = power_of(square, &shifted(3)) * square;
    let of_minus_one = power_of(&Scalar::from(2u8), &shifted(2));
    [root, root * of_minus_one].into_iter().find(|root| root * root == *square)
}

/// Something that is linear, or quadratic, in what is to be found.
pub(crate) type Residue<'a> = &'a dyn Fn(&[Scalar]) -> Scalar;

/// Values for which the linear residues and the quadratic one are zero: one value more than there are linear
/// ones. Nothing if the quadratic one has no root, as happens every other time.
pub(crate) fn solve(linear: &[Residue<'_>], quadratic: Residue<'_>) -> Option<Vec<Scalar>> {
    let (point, direction) = line(linear)?;
    let at = |x: &Scalar| -> Vec<Scalar> {
        point.iter().zip(&direction).map(|(p, d)| p + x * d).collect()
    };
    // a x^2 + b x + c, from three values.
    let c = quadratic(&point);
    let (plus, minus) = (quadratic(&at(&Scalar::ONE)), quadratic(&at(&-Scalar::ONE)));
    let half = Scalar::from(2u8).invert();
    let (a, b) = ((plus + minus) * half - c, (plus - minus) * half);
    let root = square_root(&(b * b - Scalar::from(4u8) * a * c))?;
    let found = at(&((root - b) * half * a.invert()));
    let is_root = |residue: &Residue<'_>| residue(&found) == Scalar::ZERO;
    (linear.iter().all(is_root) && is_root(&quadratic)).then_some(found)
}

/// The values at which all of these are zero, one fewer than there are values: a point, and a direction.
pub(crate) fn line(linear: &[Residue<'_>]) -> Option<(Vec<Scalar>, Vec<Scalar>)> {
    let unknowns = linear.len() + 1;
    let zeros = vec![Scalar::ZERO; unknowns];
    let mut rows: Vec<Vec<Scalar>> = linear
        .iter()
        .map(|residue| {
            let constant = residue(&zeros);
            let coefficient = |at: usize| {
                let mut unit = zeros.clone();
                unit[at] = Scalar::ONE;
                residue(&unit) - constant
            };
            (0..unknowns).map(coefficient).chain([-constant]).collect()
        })
        .collect();
    // Every row is left with one of the first unknowns and the last.
    for at in 0..rows.len() {
        let pivot = (at..rows.len()).find(|row| rows[*row][at] != Scalar::ZERO)?;
        rows.swap(at, pivot);
        let inverse = rows[at][at].invert();
        rows[at].iter_mut().for_each(|value| *value *= inverse);
        let pivot = rows[at].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(row, _)| *row != at) {
            let factor = row[at];
            row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    let point = rows.iter().map(|row| row[unknowns]).chain([Scalar::ZERO]).collect();
    let direction = rows.iter().map(|row| -row[unknowns - 1]).chain([Scalar::ONE]).collect();
    Some((point, direction))
}

#[test]
fn what_is_solved_is_a_solution() {
    let mut rng = rng(120);
    let [a, b, c] = std::array::from_fn(|_| scalar(&mut rng));
    let solved = (0..40u64).filter_map(|seed| {
        let target = Scalar::from(seed);
        let linear: [Residue<'_>; 2] =
            [&|x| a * x[0] + b * x[1] - x[2] - target, &|x| x[0] + c * x[2]];
        solve(&linear, &|x| x[0] * x[0] + x[1] * x[2] - target)
    });
    // Half of all numbers have a square root.
    assert!((8..33).contains(&solved.count()));
    assert_eq!(square_root(&(a * a)).map(|root| root * root), Some(a * a));
}
