//! Secret bits and signs behind masks (spec section 2): what provers about them have in common.

use crate::bases::Bases;
use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{Identity as _, MultiscalarMul as _},
};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use talea_contract::group::{Generators, encode_point, encode_scalar};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    limits::{MASKED_BYTES, MAX_VECTOR},
    masked::{Masked, Quadratic, VectorOpening},
};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// A response not made yet.
pub(super) const BLANK: Masked = Masked([0; MASKED_BYTES]);

/// Masks, uniform below 2^144.
#[must_use]
pub fn masks<R: RngCore + CryptoRng>(rng: &mut R, count: usize) -> Zeroizing<Vec<Scalar>> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    let mask = |_| {
        rng.fill_bytes(&mut bytes[..MASKED_BYTES]);
        Scalar::from_bytes_mod_order(*bytes)
    };
    Zeroizing::new((0..count).map(mask).collect())
}

/// `z = a + x*i` for every secret `i`, which is -1, 0 or 1; nothing if one of them is not in
/// `[2^128, 2^144 - 2^128)`.
///
/// In that interval every value is as likely whatever the secret is, and so is falling out of it: what is given
/// away is independent of the secrets (Lyubashevsky, ASIACRYPT 2009). Whoever gets nothing draws new masks.
#[must_use]
pub fn respond<'a>(
    masks: &'a [Scalar],
    challenge: &Scalar,
    secrets: impl IntoIterator<Item = &'a Scalar>,
) -> Option<Vec<Masked>> {
    let mut is_refused = Choice::from(0);
    let responses = masks.iter().zip(secrets).map(|(mask, secret)| {
        let bytes = (mask + challenge * secret).to_bytes();
        let mut masked = BLANK;
        masked.0.copy_from_slice(&bytes[..MASKED_BYTES]);
        let high = bytes[MASKED_BYTES..].iter().fold(0, |all, byte| all | byte);
        let top = u16::from_le_bytes([bytes[MASKED_BYTES - 2], bytes[MASKED_BYTES - 1]]);
        is_refused |= !high.ct_eq(&0) | top.ct_eq(&0) | top.ct_eq(&u16::MAX);
        masked
    });
    let responses = responses.collect();
    // One branch, after all of them: it tells that some value fell out, and neither which nor on which side.
    (!bool::from(is_refused)).then_some(responses)
}

/// `point` if `bit` is 1, `O` if it is 0, without a branch.
pub(super) fn select(bit: u8, point: &RistrettoPoint) -> RistrettoPoint {
    RistrettoPoint::conditional_select(&RistrettoPoint::identity(), point, Choice::from(bit))
}

/// A vector commitment and what answers for it.
#[derive(ZeroizeOnDrop)]
pub(super) struct Vector {
    /// `sigma`.
    blinding: Scalar,
    /// `alpha`.
    announcement_blinding: Scalar,
}

impl Vector {
    /// Draws `sigma`.
    pub(super) fn draw<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self { blinding: Scalar::random(rng), announcement_blinding: Scalar::ZERO }
    }

    /// `S = sum i_l V_l + sigma*H`. The caller gives the `sum`, made without a branch on `i_l`.
    pub(super) fn commit(&self, bases: &Bases, sum: &RistrettoPoint) -> VectorOpening {
        VectorOpening {
            commitment: encode_point(&(sum + bases.blind(&self.blinding))),
            announcement: Point::IDENTITY,
            blinding: WireScalar::default(),
        }
    }

    /// Draws `alpha`.
    pub(super) fn blind_announcement<R: RngCore + CryptoRng>(&mut self, rng: &mut R) {
        self.announcement_blinding = Scalar::random(rng);
    }

    /// `A = sum a_l V_l + alpha*H`.
    pub(super) fn announce(
        &self,
        gens: &Generators,
        bases: &Bases,
        masks: &[Scalar],
        opening: &mut VectorOpening,
    ) {
        let masked = RistrettoPoint::multiscalar_mul(masks, gens.vector.iter().take(masks.len()));
        let announcement = masked + bases.blind(&self.announcement_blinding);
        opening.announcement = encode_point(&announcement);
    }

    /// `w = alpha + x*sigma`.
    pub(super) fn respond(&self, challenge: &Scalar, opening: &mut VectorOpening) {
        opening.blinding = encode_scalar(&(self.announcement_blinding + challenge * self.blinding));
    }
}

/// Vector commitments to the secrets of a chunk, [`MAX_VECTOR`] to each.
///
/// What is random is drawn in order, and the rest is computed on all cores after that: a seed gives the same
/// bytes on any number of them.
pub(super) struct Vectors(Vec<(Vector, VectorOpening)>);

impl Vectors {
    /// Commits to all of them. `sum` gives `sum i_l V_l` of the secrets of one vector, without a branch on `i_l`.
    pub(super) fn commit<T: Sync, R: RngCore + CryptoRng>(
        bases: &Bases,
        secrets: &[T],
        sum: impl Fn(&[T]) -> RistrettoPoint + Sync,
        rng: &mut R,
    ) -> Self {
        let vectors: Vec<Vector> = secrets.chunks(MAX_VECTOR).map(|_| Vector::draw(rng)).collect();
        let vectors = vectors.into_par_iter().zip(secrets.par_chunks(MAX_VECTOR));
        let committed = vectors.map(|(vector, secrets)| {
            let opening = vector.commit(bases, &sum(secrets));
            (vector, opening)
        });
        Self(committed.collect())
    }

    /// Announces all, behind these masks.
    pub(super) fn announce<R: RngCore + CryptoRng>(
        &mut self,
        gens: &Generators,
        bases: &Bases,
        masks: &[Scalar],
        rng: &mut R,
    ) {
        self.0.iter_mut().for_each(|(vector, _)| vector.blind_announcement(rng));
        self.0
            .par_iter_mut()
            .zip(masks.par_chunks(MAX_VECTOR))
            .for_each(|((vector, opening), masks)| vector.announce(gens, bases, masks, opening));
    }

    /// Answers for all.
    pub(super) fn respond(&mut self, challenge: &Scalar) {
        self.0.iter_mut().for_each(|(vector, opening)| vector.respond(challenge, opening));
    }

    /// As they stand.
    pub(super) fn openings(&self) -> Vec<VectorOpening> {
        self.0.iter().map(|(_, opening)| *opening).collect()
    }
}

/// Terms of a sum that are added up together. Their tables stay in a core's cache; with fewer, doublings that
/// terms share would count.
const TERMS: usize = 256;

/// `sum s_i P_i`, on all cores.
pub(super) fn combine(scalars: &[Scalar], points: &[RistrettoPoint]) -> RistrettoPoint {
    scalars
        .par_chunks(TERMS)
        .zip(points.par_chunks(TERMS))
        .map(|(scalars, points)| RistrettoPoint::multiscalar_mul(scalars, points))
        .sum()
}

/// The coefficients of `x` and of 1 in `sum y^(l+1) (z_l^2 - x z_l) + x * sum q_l z_l`, where `z_l = a_l + x i_l` and
/// `q_l` are the place values.
pub(super) fn squares(
    bits: &[Scalar],
    masks: &[Scalar],
    places: &[Scalar],
    y: &Scalar,
) -> [Zeroizing<Scalar>; 2] {
    let mut linear = Zeroizing::new(Scalar::ZERO);
    let mut constant = Zeroizing::new(Scalar::ZERO);
    let mut power_of_y = *y;
    for ((i, a), place) in bits.iter().zip(masks).zip(places) {
        let weighed = Zeroizing::new(power_of_y * a);
        *linear += *weighed * (i + i - Scalar::ONE) + place * a;
        *constant += *weighed * a;
        power_of_y *= y;
    }
    [linear, constant]
}

/// The coefficients of a quadratic polynomial that are committed to.
#[derive(ZeroizeOnDrop)]
pub(super) struct Squares {
    linear_blinding: Scalar,
    constant_blinding: Scalar,
}

impl Squares {
    /// `T_1` and `T_0`.
    pub(super) fn announce<R: RngCore + CryptoRng>(
        bases: &Bases,
        linear: &Scalar,
        constant: &Scalar,
        rng: &mut R,
    ) -> (Self, Quadratic) {
        let squares =
            Self { linear_blinding: Scalar::random(rng), constant_blinding: Scalar::random(rng) };
        let quadratic = Quadratic {
            linear: encode_point(&bases.commit(linear, &squares.linear_blinding)),
            constant: encode_point(&bases.commit(constant, &squares.constant_blinding)),
            blinding: WireScalar::default(),
        };
        (squares, quadratic)
    }

    /// `t = x*tau_1 + tau_0`, and `x^2` times the blinding of the leading coefficient.
    pub(super) fn respond(&self, challenge: &Scalar, leading: &Scalar, quadratic: &mut Quadratic) {
        let mut blinding =
            (leading * challenge + self.linear_blinding) * challenge + self.constant_blinding;
        quadratic.blinding = encode_scalar(&blinding);
        blinding.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::rng;
    use talea_contract::proofs::masked::decode;

    /// The integer `high * 2^128 + low`.
    fn integer(high: u16, low: u128) -> Scalar {
        let mut bytes = [0u8; 32];
        bytes[..16].copy_from_slice(&low.to_le_bytes());
        bytes[16..18].copy_from_slice(&high.to_le_bytes());
        Scalar::from_bytes_mod_order(bytes)
    }

    #[test]
    fn a_response_is_the_masked_secret() {
        let mut rng = rng(1);
        let masks = masks(&mut rng, 64);
        let challenge = integer(0, u128::MAX);
        for secret in [Scalar::ZERO, Scalar::ONE, -Scalar::ONE] {
            let secrets = vec![secret; masks.len()];
            let masked = respond(&masks, &challenge, &secrets).unwrap();
            for (mask, masked) in masks.iter().zip(&masked) {
                assert_eq!(decode(masked), mask + challenge * secret);
            }
        }
    }

    #[test]
    fn masks_fill_their_eighteen_bytes_and_no_more() {
        let masks = masks(&mut rng(2), 2_000);
        let tops: std::collections::BTreeSet<u8> =
            masks.iter().map(|mask| mask.to_bytes()[MASKED_BYTES - 1]).collect();
        assert!(tops.len() > 250, "{} values of the highest byte", tops.len());
        assert!(masks.iter().all(|mask| mask.to_bytes()[MASKED_BYTES..].iter().all(|b| *b == 0)));
    }

    /// A simulator of a response draws it uniformly from the interval. So must every secret: for a secret and a
    /// challenge there is exactly one mask for each value within, and none is refused.
    #[test]
    fn within_the_interval_no_value_tells_the_secret() {
        let (first, last) = (integer(1, 0), integer(0xfffe, u128::MAX));
        for challenge in [1, 2, u128::MAX / 3, u128::MAX].map(|low| integer(0, low)) {
            for value in [first, last, integer(0x8000, 77)] {
                for secret in [Scalar::ZERO, Scalar::ONE, -Scalar::ONE] {
                    let mask = value - challenge * secret;
                    let is_a_mask = mask.to_bytes()[MASKED_BYTES..].iter().all(|byte| *byte == 0);
                    assert!(is_a_mask, "{value:?} has no mask for {secret:?}");
                    let masked = respond(&[mask], &challenge, [&secret]).unwrap();
                    assert_eq!(masked.iter().map(decode).collect::<Vec<_>>(), [value]);
                }
            }
        }
    }

    #[test]
    fn a_response_outside_of_the_interval_is_not_given() {
        let one = Scalar::ONE;
        for value in [first_below(), integer(0xffff, 0), integer(0xffff, u128::MAX) + one, -one] {
            assert_eq!(respond(&[value], &one, [&Scalar::ZERO]), None, "{value:?}");
            // One of many is enough.
            let masks = [integer(7, 7), value, integer(9, 9)];
            assert_eq!(respond(&masks, &one, [&Scalar::ZERO; 3]), None);
        }
    }

    /// `2^128 - 1`.
    fn first_below() -> Scalar {
        integer(0, u128::MAX)
    }
}
