//! E2: strict Ed25519. Keys that nobody should trust, and the signatures on which verifiers are
//! known to disagree.
//!
//! After Chalkias, Garillot and Nikolaenko, *Taming the many EdDSAs* (SSR 2020): the twelve patterns
//! of their table, each made anew over an instruction of ours. `verify_strict` takes the one that
//! has a large-order key, a large-order `R` and satisfies the equation without the cofactor.

use super::SCRIPT;
use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION},
    edwards::CompressedEdwardsY,
    traits::IsIdentity as _,
};
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha512};
use std::collections::BTreeSet;
use talea_contract::Phase;
use talea_protocol::{
    bytes::{List, PartyKey, Signature},
    instruction::{Instruction, SignedInstruction, signed_bytes},
};
use talea_tests::replay::{accepted, refused};

/// The order of the group, little-endian.
const L: [u8; 32] = {
    let mut order = [0; 32];
    let low: [u8; 16] = 27_742_317_777_372_353_535_851_937_790_883_648_493u128.to_le_bytes();
    let mut i = 0;
    while i < 16 {
        order[i] = low[i];
        i += 1;
    }
    order[31] = 0x10;
    order
};

/// `2^255 - 19 + y` as 32 bytes, for `y` below 19: an encoding of the coordinate `y` that is not
/// canonical.
fn beyond_the_field(y: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + y;
    bytes[31] = 0x7f;
    bytes
}

fn with_sign(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes[31] |= 0x80;
    bytes
}

/// Every encoding of a point of small order that a lenient decoder takes: eight canonical ones, and
/// those with an overlong coordinate or a sign that zero does not have.
pub fn small_order_keys() -> Vec<PartyKey> {
    let [zero, one] = [0, 1].map(beyond_the_field);
    let minus_zero = with_sign(EIGHT_TORSION[0].compress().0);
    let minus_two = with_sign(EIGHT_TORSION[4].compress().0);
    let overlong = [zero, with_sign(zero), one, with_sign(one), minus_zero, minus_two];
    let canonical = EIGHT_TORSION.iter().map(|point| point.compress().0);
    let keys: BTreeSet<PartyKey> = canonical.chain(overlong).map(PartyKey).collect();
    keys.into_iter().collect()
}

/// Overlong encodings of points of large order: `from_bytes` takes them.
fn overlong_keys() -> Vec<PartyKey> {
    let encodings = (2..19).map(beyond_the_field);
    let decodes = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).is_ok();
    encodings.flat_map(|bytes| [bytes, with_sign(bytes)]).filter(decodes).map(PartyKey).collect()
}

/// A few encodings of nothing.
fn no_keys() -> Vec<PartyKey> {
    let encodings = (2..40u8).map(|y| {
        let mut bytes = [0; 32];
        bytes[0] = y;
        bytes
    });
    let decodes = |bytes: &[u8; 32]| CompressedEdwardsY(*bytes).decompress().is_some();
    encodings.filter(|bytes| !decodes(bytes)).take(3).map(PartyKey).collect()
}

/// Keys under which nobody may be known: weak, overlong, or no point at all.
pub fn bad_keys() -> Vec<PartyKey> {
    [small_order_keys(), overlong_keys(), no_keys()].concat()
}

/// `(B, 1)`: with the identity for a key, a signature of every message.
pub fn one_for_every_message() -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&B.compress().0);
    signature[32] = 1;
    signature
}

#[test]
fn there_are_bad_keys_of_every_sort() {
    assert_eq!(small_order_keys().len(), 14);
    assert!(!overlong_keys().is_empty());
    assert_eq!(no_keys().len(), 3);
    // The library alone would take them.
    for key in small_order_keys().into_iter().chain(overlong_keys()) {
        assert!(VerifyingKey::from_bytes(&key.0).is_ok(), "{key}");
    }
}

/// A tick from the signer `key`, as anybody may send one, with this signature.
fn tick(key: &[u8; 32], signature: [u8; 64]) -> Vec<u8> {
    let payload = List::new(borsh::to_vec(&Instruction::Tick).unwrap()).unwrap();
    let signature = Signature(signature);
    borsh::to_vec(&SignedInstruction { signer: PartyKey(*key), signature, payload }).unwrap()
}

/// What the program says to a tick at a slot where one is due.
fn verdict(tick: &[u8]) -> Option<&'static str> {
    let auction = SCRIPT.last_of(Phase::Commits);
    let slot = auction.deadline().unwrap() + 1;
    match auction.clone().apply(slot, tick) {
        Ok(_) => {
            accepted(auction, slot, tick);
            None
        }
        Err(_) => Some(refused(auction, slot, tick)),
    }
}

#[test]
fn e2_a_weak_key_signs_nothing() {
    for key in small_order_keys() {
        assert_eq!(verdict(&tick(&key.0, one_for_every_message())), Some("E2"), "{key}");
        assert_eq!(verdict(&tick(&key.0, [0; 64])), Some("E2"), "{key}");
    }
    // Not an idle fear: this is how a lenient verifier takes the identity's word for anything.
    let identity = VerifyingKey::from_bytes(&EIGHT_TORSION[0].compress().0).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(&one_for_every_message());
    use ed25519_dalek::Verifier as _;
    assert!(identity.verify(b"anything", &signature).is_ok());
}

/// What a signature of the table is made of.
struct Pattern {
    /// The key's encoding.
    key: [u8; 32],
    /// `R`'s encoding.
    r: [u8; 32],
    /// `S`.
    s: [u8; 32],
}

/// `k = SHA-512(R || A || message)`, over the encodings given.
fn challenge(r: &[u8; 32], key: &[u8; 32]) -> Scalar {
    let payload = borsh::to_vec(&Instruction::Tick).unwrap();
    let message = signed_bytes(&SCRIPT.end.id(), &payload);
    let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// Looks for secrets `a` (of those given) and `r` such that `T_R + k*T_A` is as wanted, where the key
/// is `a*B + T_A` and `R` is `r*B + T_R`: that is what the equation leaves over.
fn grind(
    secrets: impl IntoIterator<Item = u64>,
    of_key: EdwardsPoint,
    (of_r, r_is_large): (EdwardsPoint, bool),
    wanted: impl Fn(&EdwardsPoint) -> bool,
) -> Pattern {
    for a in secrets.into_iter().map(Scalar::from) {
        let key = (a * B + of_key).compress().0;
        let tries = if r_is_large { 1..64u64 } else { 0..1 };
        for r in tries.map(Scalar::from) {
            let r_bytes = (r * B + of_r).compress().0;
            let k = challenge(&r_bytes, &key);
            if wanted(&(of_r + k * of_key)) {
                return Pattern { key, r: r_bytes, s: (r + k * a).to_bytes() };
            }
        }
    }
    panic!("no such signature among so many")
}

/// Adds `L` to a scalar, so that it is the same modulo `L`.
fn plus_order(s: [u8; 32]) -> [u8; 32] {
    let mut carry = 0u16;
    let mut sum = [0; 32];
    for (i, byte) in sum.iter_mut().enumerate() {
        carry += u16::from(s[i]) + u16::from(L[i]);
        *byte = (carry & 0xff) as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    sum
}

#[test]
fn e2_strict_verification_takes_one_of_the_twelve_patterns() {
    let (torsion, none) = (EIGHT_TORSION[1], EIGHT_TORSION[0]);
    let holds = |defect: &EdwardsPoint| defect.is_identity();
    let fails = |defect: &EdwardsPoint| !defect.is_identity();
    let honest = || grind([7], none, (none, true), holds);
    let (small, large) = (0..1, 7..99);
    let overlong_one = beyond_the_field(1);
    let overlong_minus_zero = with_sign(none.compress().0);
    let r_overlong = |r: [u8; 32]| {
        let key = Scalar::from(7u64) * B;
        let key_bytes = key.compress().0;
        // R is the identity, overlong; S = k*a.
        let k = challenge(&r, &key_bytes);
        Pattern { key: key_bytes, r, s: (k * Scalar::from(7u64)).to_bytes() }
    };
    let key_overlong = |key: [u8; 32]| {
        // A is the identity, overlong: R = S*B for any S.
        Pattern { key, r: (Scalar::from(5u64) * B).compress().0, s: Scalar::from(5u64).to_bytes() }
    };
    let patterns: [(&str, Pattern); 12] = [
        ("S = 0, small A, small R", {
            let pairs = EIGHT_TORSION.iter().flat_map(|a| EIGHT_TORSION.map(|r| (*a, r)));
            let mut pairs = pairs.filter(|(a, r)| {
                (r + challenge(&r.compress().0, &a.compress().0) * a).is_identity()
            });
            let (key, r) = pairs.next_back().expect("one of 64 pairs");
            grind([0], key, (r, false), holds)
        }),
        ("small A, mixed R", grind(small, torsion, (torsion, true), holds)),
        ("mixed A, small R", grind(large.clone(), torsion, (torsion, false), holds)),
        ("mixed A, mixed R, holds without the cofactor", {
            grind(large.clone(), torsion, (torsion, true), holds)
        }),
        ("mixed A, mixed R, holds with the cofactor only", {
            grind(large.clone(), torsion, (torsion, true), fails)
        }),
        ("mixed A, R of order L, holds with the cofactor only", {
            grind(large, torsion, (none, true), fails)
        }),
        ("S above L", {
            let pattern = honest();
            Pattern { s: plus_order(pattern.s), ..pattern }
        }),
        ("S far above L", {
            let pattern = honest();
            let mut s = pattern.s;
            for _ in 0..14 {
                s = plus_order(s);
            }
            Pattern { s, ..pattern }
        }),
        ("R overlong, hashed as it stands", r_overlong(overlong_one)),
        ("R with a sign that zero has not", r_overlong(overlong_minus_zero)),
        ("A overlong", key_overlong(overlong_one)),
        ("A with a sign that zero has not", key_overlong(overlong_minus_zero)),
    ];
    for (number, (what, Pattern { key, r, s })) in patterns.into_iter().enumerate() {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(&s);
        let expected = if number == 3 { None } else { Some("E2") };
        assert_eq!(verdict(&tick(&key, signature)), expected, "{number}: {what}");
    }
    // The way these are made is not what makes them fail.
    let Pattern { key, r, s } = honest();
    let signature: Vec<u8> = [r, s].concat();
    assert_eq!(verdict(&tick(&key, signature.try_into().unwrap())), None);
}

/// Why signatures are verified one by one: in a fold an equation is multiplied by a weight, and what is left over of
/// this one is of small order. One weight of eight makes it vanish, so a signature would pass or fail by chance.
#[test]
fn e2_a_fold_would_take_a_signature_that_strict_verification_refuses() {
    let fails = |defect: &EdwardsPoint| !defect.is_identity();
    let Pattern { key, r, s } =
        grind(7..99, EIGHT_TORSION[1], (EIGHT_TORSION[0], true), |defect| {
            fails(defect) && fails(&(defect + defect)) && fails(&(Scalar::from(4u64) * defect))
        });
    let signature: Vec<u8> = [r, s].concat();
    assert_eq!(verdict(&tick(&key, signature.try_into().unwrap())), Some("E2"));
    let decoded = |bytes: [u8; 32]| CompressedEdwardsY(bytes).decompress().unwrap();
    let s = Scalar::from_canonical_bytes(s).unwrap();
    let left = s * B - challenge(&r, &key) * decoded(key) - decoded(r);
    let vanish = (1..=64u64).filter(|weight| (Scalar::from(*weight) * left).is_identity());
    assert!(vanish.eq((1..=8).map(|eighth| 8 * eighth)));
}

#[test]
fn e2_a_signature_has_no_twin() {
    // S + L verifies where S does, for verifiers that reduce: then everybody could make a second
    // signature of what somebody signed.
    let tick = SCRIPT.tick();
    let s: [u8; 32] = tick[64..96].try_into().unwrap();
    let twin = plus_order(s);
    let reduce = Scalar::from_bytes_mod_order;
    assert_eq!(reduce(s), reduce(twin));
    let mut altered = tick.clone();
    altered[64..96].copy_from_slice(&twin);
    assert_eq!(verdict(&tick), None);
    assert_eq!(verdict(&altered), Some("E2"));
}
