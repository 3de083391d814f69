//! What passes `proofs::unary`, and what does not.

use crate::{
    fiat_shamir::Context,
    group::{QuorumKey, bases, decode, encode},
    proofs::{ProofError, unary::*},
    provers,
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::Point,
    price::{Level, Shape},
};

struct Case {
    context: Context,
    shape: Shape,
    key: RistrettoPoint,
    commitment: Point,
    bytes: Vec<u8>,
}

fn case(seed: u64, digits: &[u8], level: u32) -> Case {
    let mut rng = provers::rng(seed);
    let context = provers::context(3);
    let shape = Shape::new(digits).unwrap();
    let key = RistrettoPoint::random(&mut rng);
    let rho = Scalar::random(&mut rng);
    let commitment = encode(&(bases().g * Scalar::from(level) + bases().h * rho));
    let bid = provers::unary(&mut rng, &context, &shape, &key, &commitment, Level(level), &rho);
    Case { context, shape, key, commitment, bytes: bid.to_bytes() }
}

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        verify(&self.context, &self.shape, &encode(&self.key), &self.commitment, &self.bytes)
    }
}

#[test]
fn honest_unary_encodings_of_many_shapes_pass() {
    let shapes: [(&[u8], u32); 7] = [
        (&[1], 1),
        (&[3], 0),
        (&[1, 1, 1, 1], 9),
        (&[4, 1, 1], 63),
        (&[1, 2, 3], 37),
        (&[3, 1, 2], 45),
        (&[2, 5], 0),
    ];
    for (seed, (digits, level)) in (10..).zip(shapes) {
        assert_eq!(case(seed, digits, level).verify(), Ok(()), "{digits:?} {level}");
    }
}

#[test]
fn a_unary_encoding_opens_its_own_commitment_only() {
    let mut case = case(20, &[2, 1, 1], 5);
    case.commitment = encode(&(crate::group::decode(&case.commitment).unwrap() + bases().g));
    assert!(case.verify().is_err());
}

#[test]
fn the_statement_is_bound() {
    let mut other = case(21, &[2, 1], 5);
    other.context.signer.0[0] ^= 1;
    assert!(other.verify().is_err());
    let mut other = case(21, &[2, 1], 5);
    other.key += bases().g;
    assert!(other.verify().is_err());
    // [2, 2, 2] and [4, 2] differ in length; [4, 2] and [2, 4] do not.
    let mut other = case(21, &[2, 1], 5);
    other.shape = Shape::new(&[1, 2]).unwrap();
    assert!(other.verify().is_err());
}

#[test]
fn every_part_of_the_bytes_counts() {
    let honest = case(22, &[2, 1], 6);
    assert_eq!(honest.verify(), Ok(()));
    // Exchange each encoding for another valid one of its kind.
    let units = honest.bytes.len() / 32;
    let scalars_from = units - (3 * 3 + 1);
    let point = encode(&RistrettoPoint::random(&mut provers::rng(1)));
    for unit in 0..units {
        let mut bad = case(22, &[2, 1], 6);
        let replacement = if unit < scalars_from { point.0 } else { Scalar::from(5u8).to_bytes() };
        bad.bytes[unit * 32..][..32].copy_from_slice(&replacement);
        assert!(bad.verify().is_err(), "unit {unit}");
    }
}

#[test]
fn form() {
    let honest = case(23, &[2], 1);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = honest.bytes.clone();
        change(&mut bytes);
        Sealed::decode(&bytes, &honest.shape).err()
    };
    assert_eq!(with(&|_| ()), None);
    assert!(matches!(with(&|b| b.truncate(32)), Some(ProofError::Length { .. })));
    assert!(matches!(with(&|b| b.push(0)), Some(ProofError::Length { .. })));
    assert!(matches!(with(&|b| b[..32].fill(0)), Some(ProofError::Identity(_))));
    assert!(matches!(with(&|b| b.copy_within(..32, 64)), Some(ProofError::Identity(_))));
    assert!(matches!(with(&|b| b[..32].fill(0xff)), Some(ProofError::NotCanonical(_))));
    let last = honest.bytes.len() - 1;
    assert!(matches!(with(&|b| b[last] = 0xff), Some(ProofError::NotCanonical(_))));
}

#[test]
fn in_a_batch_the_bad_ones_are_found_and_only_they() {
    let cases: Vec<Case> = (0..40).map(|i| case(100 + i, &[2, 1, 1, 1], 7)).collect();
    let key = QuorumKey::new(cases[0].key);
    let mut rng = provers::rng(30);
    // Under one key, so that they fold.
    let cases: Vec<(Case, Sealed)> = cases
        .into_iter()
        .map(|mut case| {
            let rho = Scalar::random(&mut rng);
            case.commitment = encode(&(bases().g * Scalar::from(7u8) + bases().h * rho));
            let bid = provers::unary(
                &mut rng,
                &case.context,
                &case.shape,
                &key.point,
                &case.commitment,
                Level(7),
                &rho,
            );
            let sealed = Sealed::decode(&bid.to_bytes(), &case.shape).unwrap();
            (case, sealed)
        })
        .collect();
    let claims: Vec<Claim<'_>> = cases
        .iter()
        .enumerate()
        .map(|(i, (case, sealed))| {
            let commitment = if i % 13 == 5 { bases().g_wire } else { case.commitment };
            Claim {
                context: case.context,
                shape: &case.shape,
                quorum_key: &key,
                commitment,
                commitment_point: decode(&commitment).unwrap(),
                sealed,
            }
        })
        .collect();
    let expected: Vec<bool> = (0..40).map(|i| i % 13 != 5).collect();
    assert_eq!(judge(&claims), expected);
    assert_eq!(judge(&[]), Vec::<bool>::new());
}
