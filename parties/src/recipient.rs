//! To whom age encrypts, and to what it cannot.

use curve25519_dalek::{montgomery::MontgomeryPoint, scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::opening::Recipient;

/// Whether the point has a small order. Everybody shares every secret with such a recipient, so age, which takes
/// that for a broken generator, ends the program instead of encrypting to it.
#[must_use]
pub fn is_of_small_order(recipient: &Recipient) -> bool {
    (MontgomeryPoint(recipient.0) * Scalar::from(8u8)).is_identity()
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::edwards::EdwardsPoint;

    #[test]
    fn points_of_small_order_are_told_from_others_however_they_are_written() {
        let mut small: Vec<[u8; 32]> = curve25519_dalek::constants::EIGHT_TORSION
            .iter()
            .map(|point| point.to_montgomery().0)
            .collect();
        // p - 1, on the twist too, p and p + 1: the last two are 0 and 1 with p added.
        for lowest in [0xec, 0xed, 0xee] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (lowest, 0x7f);
            small.push(bytes);
        }
        // The last bit counts for nothing.
        let with_bit = small.clone().into_iter().map(|mut bytes| {
            bytes[31] |= 0x80;
            bytes
        });
        small.extend(with_bit.collect::<Vec<_>>());
        for bytes in small {
            assert!(is_of_small_order(&Recipient(bytes)), "{bytes:?}");
        }
        for secret in 1..50u8 {
            let point = EdwardsPoint::mul_base(&Scalar::from(secret)).to_montgomery();
            assert!(!is_of_small_order(&Recipient(point.0)), "{secret}");
        }
    }
}
