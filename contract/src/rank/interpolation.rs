//! Lagrange interpolation at 0 in the exponent, over the members who acted.

use alloc::vec::Vec;
use curve25519_dalek::{RistrettoPoint, Scalar, traits::VartimeMultiscalarMul as _};

/// The coefficients of `M = E - sum lambda_j D_j`, cleared of denominators where that is cheap:
/// `scale * M = scale * E - sum factor_j * D_j`.
///
/// `scale` is a public non-zero number, so `M` is `O`, `G` or `-G` exactly when `scale * M` is `O`,
/// `scale * G` or `-scale * G`. For members 1 and 2 the factors are 2 and -1: one doubling instead of
/// two full multiplications, and the opening of signs is on the path of every gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpolation {
    scale: u64,
    factors: Factors,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Factors {
    /// Small enough for double-and-add.
    Small(Vec<i64>),
    /// Modulo the group order; the scale is 1.
    Full(Vec<Scalar>),
}

/// Above this many bits a full multi-scalar multiplication is the cheaper way.
const SMALL_BITS: u32 = 24;

impl Interpolation {
    /// For the members who acted, group by group: `members` holds, per group, their indices (from
    /// 1, distinct). Shares are later given in the same order, groups concatenated.
    pub(crate) fn at_zero(groups: &[Vec<u16>]) -> Self {
        Self::small(groups).unwrap_or_else(|| {
            let factors = groups.iter().flat_map(|group| coefficients(group)).collect();
            Self { scale: 1, factors: Factors::Full(factors) }
        })
    }

    fn small(groups: &[Vec<u16>]) -> Option<Self> {
        let fractions: Option<Vec<(i64, i64)>> =
            groups.iter().flat_map(|group| group.iter().map(|j| fraction(group, *j))).collect();
        let fractions = fractions?;
        let scale = fractions.iter().try_fold(1i64, |scale, (_, denominator)| {
            scale.checked_div(gcd(scale, *denominator))?.checked_mul(*denominator)
        })?;
        let factors: Option<Vec<i64>> = fractions
            .iter()
            .map(|(numerator, denominator)| {
                scale.checked_div(*denominator)?.checked_mul(*numerator)
            })
            .collect();
        let factors = factors?;
        let bound = 1u64 << SMALL_BITS;
        let scale = u64::try_from(scale).ok()?;
        let small = scale < bound && factors.iter().all(|f| f.unsigned_abs() < bound);
        small.then_some(Self { scale, factors: Factors::Small(factors) })
    }

    /// The factor by which every opened value is multiplied.
    pub(crate) fn scale(&self) -> u64 {
        self.scale
    }

    /// `scale * point`: what `M = point` looks like after [`open`](Self::open).
    pub(crate) fn scaled(&self, point: &RistrettoPoint) -> RistrettoPoint {
        multiple(point, self.scale)
    }

    /// `scale * M`, of a ciphertext with this `E`.
    pub(crate) fn open(
        &self,
        masked: &RistrettoPoint,
        shares: &[RistrettoPoint],
    ) -> RistrettoPoint {
        let masked = self.scaled(masked);
        match &self.factors {
            Factors::Small(factors) => {
                factors.iter().zip(shares).fold(masked, |left, (factor, share)| {
                    let part = multiple(share, factor.unsigned_abs());
                    if *factor < 0 { left + part } else { left - part }
                })
            }
            Factors::Full(factors) => {
                masked - RistrettoPoint::vartime_multiscalar_mul(factors, shares)
            }
        }
    }
}

/// `lambda_j = product over m != j of m / (m - j)`, in lowest terms with a positive denominator.
fn fraction(group: &[u16], j: u16) -> Option<(i64, i64)> {
    let (numerator, denominator) =
        group.iter().filter(|m| **m != j).try_fold((1i64, 1i64), |(num, den), m| {
            let num = num.checked_mul((*m).into())?;
            let den = den.checked_mul(i64::from(*m).checked_sub(j.into())?)?;
            let common = gcd(num, den);
            Some((num.checked_div(common)?, den.checked_div(common)?))
        })?;
    if denominator < 0 {
        Some((numerator.checked_neg()?, denominator.checked_neg()?))
    } else {
        Some((numerator, denominator))
    }
}

fn coefficients(group: &[u16]) -> Vec<Scalar> {
    group
        .iter()
        .map(|j| {
            let others = group.iter().filter(|m| *m != j);
            let (numerator, denominator) =
                others.fold((Scalar::ONE, Scalar::ONE), |(num, den), m| {
                    let m = Scalar::from(*m);
                    (num * m, den * (m - Scalar::from(*j)))
                });
            // Indices are distinct and far below the group order: never zero.
            numerator * denominator.invert()
        })
        .collect()
}

/// Greatest common divisor of the magnitudes; at least 1.
fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    i64::try_from(a.max(1)).unwrap_or(1)
}

/// Double-and-add over a small public number.
fn multiple(point: &RistrettoPoint, times: u64) -> RistrettoPoint {
    let bits = u64::BITS.saturating_sub(times.leading_zeros());
    (0..bits).rev().fold(RistrettoPoint::default(), |sum, bit| {
        let doubled = sum + sum;
        if (times >> bit) & 1 == 1 { doubled + point } else { doubled }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as B;

    fn opens(groups: &[Vec<u16>]) -> Interpolation {
        // Each group shares a secret by a polynomial of degree one less than its acting members.
        let interpolation = Interpolation::at_zero(groups);
        let randomness = Scalar::from(77u64) * B;
        let mut secret = Scalar::ZERO;
        let mut shares = Vec::new();
        for (g, group) in groups.iter().enumerate() {
            let polynomial: Vec<Scalar> = (0..group.len())
                .map(|c| {
                    Scalar::from((1_000_003 * (g as u64 + 1)).pow(c as u32 % 3 + 1) + c as u64)
                })
                .collect();
            secret += polynomial[0];
            for j in group {
                let at = Scalar::from(*j);
                let share = polynomial.iter().rev().fold(Scalar::ZERO, |value, a| value * at + a);
                shares.push(share * randomness);
            }
        }
        let message = Scalar::from(5u64) * B;
        let masked = message + secret * randomness;
        assert_eq!(interpolation.open(&masked, &shares), interpolation.scaled(&message));
        interpolation
    }

    #[test]
    fn small_sets_use_small_factors() {
        for groups in [
            vec![vec![1]],
            vec![vec![1, 2]],
            vec![vec![3, 1]],
            vec![vec![2, 3]],
            vec![vec![1], vec![2, 3]],
            vec![vec![5, 3, 2, 7]],
        ] {
            let interpolation = opens(&groups);
            assert!(matches!(interpolation.factors, Factors::Small(_)), "{groups:?}");
        }
    }

    #[test]
    fn large_sets_fall_back() {
        let group: Vec<u16> = (1..=64).collect();
        let interpolation = opens(&[group]);
        assert!(matches!(interpolation.factors, Factors::Full(_)));
        opens(&[(40..=64).collect(), vec![9]]);
    }
}
