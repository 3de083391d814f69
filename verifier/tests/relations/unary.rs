//! What passes `proofs::unary`, and what does not.

use crate::{
    fiat_shamir::{Binding, Context},
    group::{Cipher, QuorumKey, bases, decode, decode_scalar, encode, encode_scalar},
    proofs::{ProofError, unary::*},
    provers::{self, Bid},
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::Identity as _};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    price::{Level, Shape},
    sealed_bid::SealedBid,
};

struct Case {
    context: Context,
    shape: Shape,
    key: RistrettoPoint,
    commitment: Point,
    bytes: Vec<u8>,
}

fn case(seed: u64, digits: &[u8], level: u32) -> Case {
    case_of(seed, digits, level, |_| ())
}

/// A bidder whose commitment is to `level`, and who says something else of it.
fn case_of(seed: u64, digits: &[u8], level: u32, lie: impl Fn(&mut Bid)) -> Case {
    let mut rng = provers::rng(seed);
    let context = provers::context(3);
    let shape = Shape::new(digits).unwrap();
    let key = RistrettoPoint::random(&mut rng);
    let rho = Scalar::random(&mut rng);
    let commitment = encode(&(bases().g * Scalar::from(level) + bases().h * rho));
    let mut bid = Bid::of(&shape, Level(level & ((1 << shape.bits()) - 1)), &rho);
    lie(&mut bid);
    let bid = provers::unary_of(&mut rng, &context, &shape, &key, &commitment, &bid);
    Case { context, shape, key, commitment, bytes: bid.to_bytes() }
}

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        verify(&self.context, &self.shape, &encode(&self.key), &self.commitment, &self.bytes)
    }

    fn refused(&self) -> bool {
        let sentence = "the unary encoding's argument does not hold";
        self.verify().is_err_and(|error| error.to_string() == sentence)
    }

    /// The challenges `y` and `x`, and what the weights of a fold depend on.
    fn challenged(&self) -> (Scalar, Scalar, Binding) {
        let sealed = Sealed::decode(&self.bytes, &self.shape).unwrap();
        let key = QuorumKey::new(self.key);
        let claim = claim(self, &key, &sealed);
        let challenged = challenge(&claim);
        (challenged.y, challenged.x, challenged.binding)
    }

    fn change(&mut self, change: impl Fn(&mut SealedBid)) {
        let mut bid = SealedBid::from_bytes(&self.bytes, &self.shape).unwrap();
        change(&mut bid);
        self.bytes = bid.to_bytes();
    }
}

fn claim<'a>(case: &'a Case, key: &'a QuorumKey, sealed: &'a Sealed) -> Claim<'a> {
    Claim {
        context: case.context,
        shape: &case.shape,
        quorum_key: key,
        commitment: case.commitment,
        commitment_point: decode(&case.commitment).unwrap(),
        sealed,
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

/// Each equation by itself: everything else of these arguments is as it must be.
#[test]
fn the_vector_commits_to_the_bits_that_are_answered_for() {
    for at in 0..4 {
        let other = |bid: &mut Bid| bid.committed[at] = Scalar::ONE - bid.committed[at];
        assert!(case_of(24, &[2, 1, 1], 5, other).refused(), "bit {at}");
    }
}

#[test]
fn the_bits_are_those_of_the_committed_bid() {
    // Five, in a unary encoding of four.
    let shape = Shape::new(&[2, 1, 1]).unwrap();
    let other = |bid: &mut Bid| *bid = Bid::of(&shape, Level(4), &bid.rho);
    assert!(case_of(25, &[2, 1, 1], 5, other).refused());
}

#[test]
fn a_bit_is_zero_or_one() {
    // The sum of the bits is what is committed to, and the entries are what the polynomials make of them:
    // with one bit of 2, `e` is -1 and 2.
    let two = Scalar::from(2u8);
    let other = |bid: &mut Bid| {
        (bid.bits, bid.committed, bid.entries) = (vec![two], vec![two], vec![two]);
    };
    assert!(case_of(26, &[1], 2, other).refused());
    let other = |bid: &mut Bid| {
        let bits = vec![two, Scalar::ZERO];
        (bid.bits, bid.committed) = (bits.clone(), bits);
        bid.entries = vec![Scalar::ZERO, two];
    };
    assert!(case_of(26, &[1, 1], 2, other).refused());
}

#[test]
fn an_entry_is_what_the_bits_make_it() {
    let (none, g, k) = (RistrettoPoint::identity(), bases().g, bases().k);
    for surplus in [Cipher { r: k, e: none }, Cipher { r: none, e: g }] {
        assert!(case_of(27, &[2, 1], 6, |bid| bid.surplus = surplus).refused());
    }
    for at in 0..4 {
        let other = |bid: &mut Bid| bid.entries[at] = Scalar::ONE - bid.entries[at];
        assert!(case_of(27, &[2, 1], 6, other).refused(), "entry {at}");
    }
}

#[test]
fn every_part_of_the_bytes_counts() {
    let honest = case(22, &[2, 1], 6);
    assert_eq!(honest.verify(), Ok(()));
    // Four entries; S, A, w; T_1, T_0, t; two terms; three masked bits; R.
    let (points, scalars) = ([0..10, 11..13, 14..18], [10..11, 13..14]);
    assert_eq!(honest.bytes.len(), 18 * 32 + 3 * 18 + 32);
    let refused_with = |at: usize, replacement: &[u8]| {
        let mut bad = case(22, &[2, 1], 6);
        bad.bytes[at..][..replacement.len()].copy_from_slice(replacement);
        assert!(bad.refused(), "byte {at}");
    };
    // Exchange each encoding for another valid one of its kind.
    let point = encode(&RistrettoPoint::random(&mut provers::rng(1)));
    let scalar = Scalar::from(5u8).to_bytes();
    points.into_iter().flatten().for_each(|unit| refused_with(unit * 32, &point.0));
    scalars.into_iter().flatten().for_each(|unit| refused_with(unit * 32, &scalar));
    (0..3).for_each(|bit| refused_with(18 * 32 + bit * 18, &[7; 18]));
    refused_with(18 * 32 + 3 * 18, &scalar);
}

/// No challenge depends on a response, so nothing but this shows that the weights of a fold do.
#[test]
fn the_weights_depend_on_every_response() {
    let scalar = WireScalar(Scalar::from(5u8).to_bytes());
    let changes: [&dyn Fn(&mut SealedBid); 7] = [
        &|_| (),
        &|bid| bid.argument.masked[0].0[0] ^= 1,
        &|bid| bid.argument.masked[2].0[17] ^= 1,
        &|bid| bid.argument.bits.blinding = scalar,
        &|bid| bid.argument.squares.blinding = scalar,
        &|bid| bid.argument.randomness = scalar,
        // What a challenge depends on.
        &|bid| bid.argument.polynomial[1].e = bid.argument.polynomial[0].e,
    ];
    let mut seen = Vec::new();
    for (n, change) in changes.iter().enumerate() {
        let mut other = case(28, &[2, 1], 6);
        other.change(change);
        let (.., binding) = other.challenged();
        assert!(!seen.contains(&binding), "change {n}");
        seen.push(binding);
    }
}

fn plus(scalar: &mut WireScalar, more: Scalar) {
    *scalar = encode_scalar(&(decode_scalar(scalar).unwrap() + more));
}

/// Each of two equations fails by a multiple of `H`, which would cancel if they had one weight. (What multiplies
/// `H` in a response is free, once the challenges are known.)
#[test]
fn no_two_equations_share_a_weight() {
    let (none, h) = (RistrettoPoint::identity(), bases().h);
    let in_r = Cipher { r: h, e: none };
    let in_e = Cipher { r: none, e: h };
    let responses: [&dyn Fn(&mut SealedBid, Scalar); 2] =
        [&|bid, more| plus(&mut bid.argument.bits.blinding, more), &|bid, more| {
            plus(&mut bid.argument.squares.blinding, more)
        }];
    let mut bad = case(29, &[1, 1], 2);
    bad.change(|bid| {
        responses[0](bid, Scalar::ONE);
        responses[1](bid, -Scalar::ONE);
    });
    assert!(bad.refused());
    for surplus in [in_r, in_e] {
        for response in responses {
            let mut bad = case_of(29, &[1, 1], 2, |bid| bid.surplus = surplus);
            // `U[1][1]` stands in `e[1][1]`, and negated in `e[1][0]`.
            let (y, x, _) = bad.challenged();
            bad.change(|bid| response(bid, -(x * (y - Scalar::ONE))));
            assert!(bad.refused());
        }
    }
    assert!(case_of(29, &[1, 1], 2, |bid| bid.surplus = in_r - in_e).refused());
}

/// What is off in one argument must not be made good by another of the same fold.
#[test]
fn no_two_arguments_share_a_weight() {
    let mut cases = [case(31, &[1, 1], 2), case(31, &[1, 1], 2)];
    for (case, more) in cases.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
        case.change(|bid| plus(&mut bid.argument.bits.blinding, more));
    }
    let key = QuorumKey::new(cases[0].key);
    let sealed: Vec<Sealed> =
        cases.iter().map(|case| Sealed::decode(&case.bytes, &case.shape).unwrap()).collect();
    let claims = [claim(&cases[0], &key, &sealed[0]), claim(&cases[1], &key, &sealed[1])];
    assert_eq!(judge(&claims), [false, false]);
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
            let mut claim = claim(case, &key, sealed);
            if i % 13 == 5 {
                (claim.commitment, claim.commitment_point) = (bases().g_wire, bases().g);
            }
            claim
        })
        .collect();
    let expected: Vec<bool> = (0..40).map(|i| i % 13 != 5).collect();
    assert_eq!(judge(&claims), expected);
    assert_eq!(judge(&[]), Vec::<bool>::new());
}
