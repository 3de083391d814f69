//! Opening: `M = E - sum lambda_j D_j` over the accepted members of every group (section 11).
//!
//! The coefficients are rationals of small integers. Cleared of their denominators, they are
//! small integers `k_j = delta * lambda_j`, and `delta * M = delta * E - sum k_j D_j` costs a few
//! additions. The order of the group is prime, so `delta * M` is `O` exactly if `M` is, and
//! `delta * G` exactly if `M` is `G`; where `M` itself is asked for, `delta` is taken out again.
//! Where an integer would not be small, the scalars are used.

use std::sync::Arc;

use curve25519_dalek::{
    RistrettoPoint,
    scalar::Scalar,
    traits::{Identity as _, IsIdentity as _, VartimeMultiscalarMul as _},
};
use talea_protocol::quorum::KeyholderId;

/// What was opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// `delta * M`.
    pub(crate) multiple: RistrettoPoint,
    pub(crate) delta: Arc<Delta>,
}

impl Opened {
    /// Whether `M` is `O`.
    pub(crate) fn is_zero(&self) -> bool {
        self.multiple.is_identity()
    }

    /// Whether `M` is `G`, and not `-G`. Nothing if it is neither.
    pub(crate) fn sign(&self) -> Option<bool> {
        let one = &self.delta.one;
        if self.multiple == *one {
            Some(true)
        } else if self.multiple == -one {
            Some(false)
        } else {
            None
        }
    }

    /// `M`.
    pub(crate) fn message(&self) -> RistrettoPoint {
        match &self.delta.inverse {
            None => self.multiple,
            Some(inverse) => RistrettoPoint::vartime_multiscalar_mul([inverse], [&self.multiple]),
        }
    }
}

/// What a quorum's openings are multiplied with.
#[derive(Debug)]
pub(crate) struct Delta {
    /// `delta * G`: what opens to 1.
    one: RistrettoPoint,
    /// `1 / delta`, unless that is 1.
    inverse: Option<Scalar>,
}

impl Delta {
    /// 1: nothing is multiplied.
    pub(crate) fn none() -> Self {
        Self { one: crate::group::bases().g, inverse: None }
    }

    fn of(delta: u64) -> Self {
        let inverse = (delta != 1).then(|| Scalar::from(delta).invert());
        Self { one: crate::group::bases().g * Scalar::from(delta), inverse }
    }
}

/// How to open what these keyholders sent shares of.
#[derive(Debug)]
pub(crate) struct Opening {
    coefficients: Coefficients,
    delta: Arc<Delta>,
}

#[derive(Debug)]
enum Coefficients {
    /// `delta`, and per keyholder `-k_j`: magnitude, and whether it is negative.
    Small(u64, Vec<(u64, bool)>),
    /// Per keyholder `-lambda_j`; `delta` is 1.
    Large(Vec<Scalar>),
}

/// Above this many bits a multi-scalar multiplication is as cheap.
const SMALL: u64 = 1 << 40;

impl Opening {
    /// For shares in the order of `keyholders`. Nothing if two are the same.
    pub(crate) fn new(keyholders: &[KeyholderId]) -> Option<Self> {
        if let Some((delta, coefficients)) = small(keyholders) {
            return Some(Self {
                delta: Arc::new(Delta::of(delta)),
                coefficients: Coefficients::Small(delta, coefficients),
            });
        }
        let coefficients = Coefficients::Large(large(keyholders)?);
        Some(Self { delta: Arc::new(Delta::none()), coefficients })
    }

    /// Opens `E` with the shares of its randomness.
    pub(crate) fn open(
        &self,
        e: &RistrettoPoint,
        shares: impl Iterator<Item = RistrettoPoint>,
    ) -> Opened {
        Opened { multiple: self.multiple(e, shares), delta: Arc::clone(&self.delta) }
    }

    /// `delta * M`.
    fn multiple(
        &self,
        e: &RistrettoPoint,
        shares: impl Iterator<Item = RistrettoPoint>,
    ) -> RistrettoPoint {
        match &self.coefficients {
            Coefficients::Small(delta, coefficients) => {
                let mut terms = vec![(*delta, *e)];
                for (share, (magnitude, negative)) in shares.zip(coefficients) {
                    terms.push((*magnitude, if *negative { -share } else { share }));
                }
                combine(&terms)
            }
            Coefficients::Large(coefficients) => {
                let shares: Vec<RistrettoPoint> = shares.collect();
                e + RistrettoPoint::vartime_multiscalar_mul(coefficients, &shares)
            }
        }
    }
}

/// `sum n_i P_i`, all doublings shared.
fn combine(terms: &[(u64, RistrettoPoint)]) -> RistrettoPoint {
    let bits =
        terms.iter().map(|(n, _)| u64::BITS.saturating_sub(n.leading_zeros())).max().unwrap_or(0);
    let mut sum = RistrettoPoint::identity();
    for bit in (0..bits).rev() {
        sum += sum;
        for (n, point) in terms {
            if (n >> bit) & 1 == 1 {
                sum += point;
            }
        }
    }
    sum
}

/// Members of the same group as `j`, except `j`.
fn others(keyholders: &[KeyholderId], j: KeyholderId) -> impl Iterator<Item = i128> {
    keyholders
        .iter()
        .filter(move |m| m.group == j.group && m.member != j.member)
        .map(|m| i128::from(m.member))
}

/// `lambda_j = product of m / (m - j)` as a reduced fraction with a positive denominator.
fn fraction(keyholders: &[KeyholderId], j: KeyholderId) -> Option<(i128, i128)> {
    let mut top = 1i128;
    let mut bottom = 1i128;
    for m in others(keyholders, j) {
        top = top.checked_mul(m)?;
        bottom = bottom.checked_mul(m.checked_sub(j.member.into())?)?;
        let common = gcd(top.unsigned_abs(), bottom.unsigned_abs());
        let common = i128::try_from(common).ok()?;
        top = top.checked_div(common)?;
        bottom = bottom.checked_div(common)?;
    }
    if bottom < 0 {
        (top, bottom) = (top.checked_neg()?, bottom.checked_neg()?);
    }
    Some((top, bottom))
}

fn gcd(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a
}

/// `delta` and every `-k_j`, if all are small.
fn small(keyholders: &[KeyholderId]) -> Option<(u64, Vec<(u64, bool)>)> {
    let fractions =
        keyholders.iter().map(|j| fraction(keyholders, *j)).collect::<Option<Vec<_>>>()?;
    let mut delta = 1i128;
    for (_, bottom) in &fractions {
        let common = gcd(delta.unsigned_abs(), bottom.unsigned_abs());
        delta = delta.checked_div(i128::try_from(common).ok()?)?.checked_mul(*bottom)?;
    }
    let fits = |n: u128| u64::try_from(n).ok().filter(|n| *n < SMALL);
    let coefficients = fractions
        .iter()
        .map(|(top, bottom)| {
            let k = delta.checked_div(*bottom)?.checked_mul(*top)?;
            Some((fits(k.unsigned_abs())?, k > 0))
        })
        .collect::<Option<Vec<_>>>()?;
    Some((fits(delta.unsigned_abs())?, coefficients))
}

/// Every `-lambda_j`.
fn large(keyholders: &[KeyholderId]) -> Option<Vec<Scalar>> {
    keyholders
        .iter()
        .map(|j| {
            let mut top = Scalar::ONE;
            let mut bottom = Scalar::ONE;
            for m in others(keyholders, *j) {
                let m = Scalar::from(u64::try_from(m).ok()?);
                top *= m;
                bottom *= m - Scalar::from(j.member);
            }
            (bottom != Scalar::ZERO).then(|| -(top * bottom.invert()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::{Cipher, bases};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    fn ids(members: &[(u16, u16)]) -> Vec<KeyholderId> {
        members
            .iter()
            .map(|(group, member)| KeyholderId { group: *group, member: *member })
            .collect()
    }

    /// Shares a secret among the keyholders' groups, and opens.
    fn opens(members: &[(u16, u16)]) {
        let mut rng = ChaCha20Rng::seed_from_u64(60);
        let keyholders = ids(members);
        let mut secret = Scalar::ZERO;
        let mut share = vec![Scalar::ZERO; keyholders.len()];
        let groups: std::collections::BTreeSet<u16> = keyholders.iter().map(|k| k.group).collect();
        for g in groups {
            let t = keyholders.iter().filter(|k| k.group == g).count();
            let a: Vec<Scalar> = (0..t).map(|_| Scalar::random(&mut rng)).collect();
            secret += a[0];
            for (share, k) in share.iter_mut().zip(&keyholders) {
                if k.group == g {
                    let j = Scalar::from(k.member);
                    *share = a.iter().rev().fold(Scalar::ZERO, |sum, a| sum * j + a);
                }
            }
        }
        let r = Scalar::random(&mut rng);
        let key = bases().k * secret;
        let cipher = Cipher { r: bases().k * r, e: bases().g + key * r };
        let shares = || share.iter().map(|x| cipher.r * x);
        let opening = Opening::new(&keyholders).unwrap();
        let scalars = Opening {
            coefficients: Coefficients::Large(large(&keyholders).unwrap()),
            delta: Arc::new(Delta::none()),
        };
        for opening in [opening, scalars] {
            let opened = opening.open(&cipher.e, shares());
            assert_eq!(opened.sign(), Some(true));
            assert_eq!(opened.message(), bases().g);
            assert!(!opened.is_zero());
            let negative = opening.open(&(cipher.e - bases().g - bases().g), shares());
            assert_eq!(negative.sign(), Some(false));
            assert!(opening.open(&(cipher.e - bases().g), shares()).is_zero());
            assert_eq!(opening.open(&(cipher.e + bases().g), shares()).sign(), None);
        }
    }

    #[test]
    fn every_quorum_opens() {
        opens(&[(0, 1)]);
        opens(&[(0, 64)]);
        opens(&[(0, 1), (0, 2)]);
        opens(&[(0, 1), (0, 3)]);
        opens(&[(0, 2), (0, 3)]);
        opens(&[(0, 3), (0, 2)]);
        opens(&[(0, 1), (0, 3), (1, 2), (1, 5), (1, 7), (2, 4)]);
        let many: Vec<(u16, u16)> = (1..=64).map(|m| (0, m)).collect();
        opens(&many);
        let odd: Vec<(u16, u16)> = (0..32).map(|m| (0, 2 * m + 1)).collect();
        opens(&odd);
    }

    #[test]
    fn small_coefficients_are_small() {
        // 2 of 3: 2 and -1; 3/2 and -1/2; 3 and -2. Negated.
        assert_eq!(small(&ids(&[(0, 1), (0, 2)])), Some((1, vec![(2, true), (1, false)])));
        assert_eq!(small(&ids(&[(0, 1), (0, 3)])), Some((2, vec![(3, true), (1, false)])));
        assert_eq!(small(&ids(&[(0, 2), (0, 3)])), Some((1, vec![(3, true), (2, false)])));
    }
}
