//! Ed25519 as the specification has it: strict, canonical, no weak keys (**E2**, **T4**).

use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};
use talea_protocol::bytes::{PartyKey, Signature};

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadKey {
    #[error("is not a canonical encoding")]
    NotCanonical,
    #[error("is not a point on the curve")]
    NotOnCurve,
    #[error("is weak: a point of small order")]
    Weak,
}

/// Decodes a key that is a canonical encoding of a point on the curve and not weak.
pub(crate) fn decode(key: &PartyKey) -> Result<VerifyingKey, BadKey> {
    if !is_canonical(&key.0) {
        return Err(BadKey::NotCanonical);
    }
    let decoded = VerifyingKey::from_bytes(&key.0).map_err(|_| BadKey::NotOnCurve)?;
    if decoded.is_weak() {
        return Err(BadKey::Weak);
    }
    Ok(decoded)
}

/// Whether the 255 bits of `y` are below `p = 2^255 - 19`.
///
/// The other encoding that is not canonical, `x = 0` with a sign, belongs to `y = 1` and `y = -1`,
/// which are weak.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    let at_least_p =
        *first >= 0xed && middle.iter().all(|byte| *byte == 0xff) && (*last & 0x7f) == 0x7f;
    !at_least_p
}

/// Strict verification: canonical `R` and key, none of small order, `s` reduced, no cofactor.
pub(crate) fn verify(key: &PartyKey, message: &[u8], signature: &Signature) -> Result<(), String> {
    let decoded = decode(key).map_err(|bad| format!("the signer's key {key} {bad}"))?;
    decoded
        .verify_strict(message, &DalekSignature::from_bytes(&signature.0))
        .map_err(|_| format!("the signature does not verify under {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::EIGHT_TORSION;
    use ed25519_dalek::{Signer as _, SigningKey};

    #[test]
    fn keys_of_small_order_are_weak() {
        for point in EIGHT_TORSION {
            let key = PartyKey(point.compress().to_bytes());
            assert_eq!(decode(&key).err(), Some(BadKey::Weak));
            let mut signed = key;
            signed.0[31] ^= 0x80;
            assert!(decode(&signed).is_err());
        }
    }

    #[test]
    fn encodings_above_p_are_not_canonical() {
        for low in 0xed..=0xff {
            for high in [0x7f, 0xff] {
                let mut bytes = [0xff; 32];
                bytes[0] = low;
                bytes[31] = high;
                assert_eq!(decode(&PartyKey(bytes)).err(), Some(BadKey::NotCanonical));
            }
        }
        let mut bytes = [0xff; 32];
        bytes[0] = 0xec;
        bytes[31] = 0x7f;
        assert_ne!(decode(&PartyKey(bytes)).err(), Some(BadKey::NotCanonical));
    }

    #[test]
    fn half_of_all_strings_are_no_point() {
        let mut bytes = [0; 32];
        bytes[0] = 2;
        assert_eq!(decode(&PartyKey(bytes)).err(), Some(BadKey::NotOnCurve));
    }

    #[test]
    fn signatures() {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let key = PartyKey(secret.verifying_key().to_bytes());
        let signature = Signature(secret.sign(b"message").to_bytes());
        assert_eq!(verify(&key, b"message", &signature), Ok(()));
        assert!(verify(&key, b"massage", &signature).is_err());
        for bit in 0..512 {
            let mut bad = signature;
            bad.0[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&key, b"message", &bad).is_err(), "bit {bit}");
        }
        // s + l is the same scalar and another signature.
        let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
            .unwrap();
        let mut malleated = signature;
        let mut carry = 0u16;
        for (byte, add) in malleated.0[32..].iter_mut().zip(order) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = carry as u8;
            carry >>= 8;
        }
        assert!(verify(&key, b"message", &malleated).is_err());
    }
}
