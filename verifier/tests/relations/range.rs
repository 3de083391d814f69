//! What passes `proofs::range`, and what does not.
//!
//! Each forger counts on a verifier that leaves something out, and convinces it: [`Case::convinces`].

use crate::{
    fiat_shamir::{Binding, Context, Weights},
    group::{Element, bases, decode_scalar, encode, encode_scalar, masked_integer},
    proofs::{ProofError, range::*},
    provers::{self, Former, Omitted, Said, Spelling, places, power, spelled},
};
use curve25519_dalek::{
    RistrettoPoint,
    scalar::Scalar,
    traits::{Identity as _, IsIdentity as _},
};
use talea_protocol::{
    bytes::{List, Point, Scalar as WireScalar},
    commitment::RangeProof,
    masked::Masked,
};

/// A quorum key, of which these proofs see the encoding alone.
const KEY: Point = Point([3; 32]);
const OTHER_KEY: Point = Point([4; 32]);

#[derive(Clone)]
struct Case {
    context: Context,
    quorum_key: Point,
    levels: u32,
    commitment: Point,
    active: Option<Point>,
    proof: RangeProof,
}

/// A bidder that says this of its commitment.
fn case(seed: u64, spelling: &Spelling) -> Case {
    case_under(KEY, seed, spelling)
}

fn case_under(quorum_key: Point, seed: u64, spelling: &Spelling) -> Case {
    let context = provers::context(9);
    let (commitment, proof, _) =
        provers::range_of(&mut provers::rng(seed), &context, &quorum_key, spelling);
    let active = spelling.former.map(|former| former.commitment);
    Case { context, quorum_key, levels: spelling.levels, commitment, active, proof }
}

fn honest(seed: u64, levels: u32, level: u32) -> Case {
    case(seed, &Spelling::level(levels, level))
}

/// An active bid of this level.
fn former(seed: u64, level: u32) -> Former {
    let rho = Scalar::random(&mut provers::rng(seed));
    let commitment = bases().g * Scalar::from(level) + bases().h * rho;
    Former { commitment: encode(&commitment), level, rho }
}

fn improved(seed: u64, levels: u32, old: u32, new: u32) -> Case {
    case(seed, &Spelling::improvement(levels, new, &former(1000 + seed, old), new - old))
}

/// One of either kind, on the same grid.
fn both_kinds() -> [Case; 2] {
    [honest(20, 200, 150), improved(21, 200, 7, 150)]
}

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        let Self { context, quorum_key, levels, commitment, active, proof } = self;
        match active {
            None => verify(context, quorum_key, *levels, commitment, proof),
            Some(active) => {
                verify_improvement(context, quorum_key, *levels, commitment, active, proof)
            }
        }
    }

    fn refused(&self) -> bool {
        self.verify().is_err_and(|error| error.to_string() == "the range proof does not hold")
    }

    fn decode(&self) -> Decoded {
        decode(&self.commitment, &self.proof).unwrap()
    }

    fn claim<'a>(&self, post: &'a Decoded) -> Claim<'a> {
        let element = |wire: Point| Element { point: decode_point(&wire), wire };
        Claim {
            context: self.context,
            quorum_key: self.quorum_key,
            levels: self.levels,
            active: self.active.map(element),
            post,
        }
    }

    /// What the weights of a fold depend on.
    fn binding(&self) -> Binding {
        challenge(&self.claim(&self.decode())).binding
    }

    /// The equations as the text has them, but for what is omitted.
    fn evaluated(&self, omitted: Option<Omitted>) -> Evaluated {
        let Self { context, quorum_key, levels, commitment, active, proof } = self;
        let RangeProof { bits, squares, masked } = proof;
        let mut said =
            Said::begin(context, quorum_key, *levels, commitment, active.as_ref(), omitted);
        let q: Vec<Scalar> = places(*levels).into_iter().map(Scalar::from).collect();
        let n = q.len();
        said.integer("bits", masked.len() as u32);
        said.point("vector", &bits.commitment);
        let y = said.y();
        said.point("vector-announcement", &bits.announcement);
        said.point("linear", &squares.linear);
        said.point("constant", &squares.constant);
        let x = said.x();

        let z: Vec<Scalar> = masked.iter().map(masked_integer).collect();
        let sum = z.iter().zip(&bases().v).map(|(z, v)| v * z).sum::<RistrettoPoint>();
        let of_vector = sum + bases().h * scalar(&bits.blinding)
            - decode_point(&bits.announcement)
            - decode_point(&bits.commitment) * x;

        let u = power(&y, 2 * n + 1) * Omitted::Gain.unless(omitted);
        let of_value = Omitted::Value.unless(omitted);
        let mut value = Scalar::ZERO;
        for (l, z) in z.iter().enumerate() {
            let place = if l < n { q[l] } else { u * q[l - n] };
            let square = power(&y, l + 1) * (z * z - x * z);
            value += Omitted::Squares.unless(omitted) * square + of_value * x * place * z;
        }
        let c = decode_point(commitment);
        let committed =
            c + active.map_or(RistrettoPoint::identity(), |active| (c - decode_point(&active)) * u);
        let of_squares = bases().g * value + bases().h * scalar(&squares.blinding)
            - committed * (of_value * x * x)
            - decode_point(&squares.linear) * x
            - decode_point(&squares.constant);
        let of_vector = of_vector * Omitted::Vector.unless(omitted);
        Evaluated { x, u, left: [of_vector, of_squares] }
    }

    fn convinces(&self, omitted: Option<Omitted>) -> bool {
        self.evaluated(omitted).left.iter().all(RistrettoPoint::is_identity)
    }

    /// Whoever leaves this out is convinced, and nobody else.
    #[track_caller]
    fn is_a_forgery_without(&self, omitted: Omitted) {
        assert!(self.convinces(Some(omitted)), "the forgery is none: {omitted:?}");
        assert!(!self.convinces(None), "the text accepts a forgery: {omitted:?}");
        assert!(self.refused(), "A FORGERY IS ACCEPTED: {omitted:?}");
    }
}

struct Evaluated {
    x: Scalar,
    u: Scalar,
    /// What is left of each equation when its right side is subtracted.
    left: [RistrettoPoint; 2],
}

fn decode_point(point: &Point) -> RistrettoPoint {
    crate::group::decode(point).unwrap()
}

fn scalar(scalar: &WireScalar) -> Scalar {
    decode_scalar(scalar).unwrap()
}

fn move_point(point: &mut Point, by: RistrettoPoint) {
    *point = encode(&(decode_point(point) + by));
}

fn plus(wire: &mut WireScalar, more: Scalar) {
    *wire = encode_scalar(&(scalar(wire) + more));
}

fn integers(bits: &[i64]) -> Vec<Scalar> {
    let integer = |i: &i64| match u64::try_from(*i) {
        Ok(i) => Scalar::from(i),
        Err(_) => -Scalar::from(i.unsigned_abs()),
    };
    bits.iter().map(integer).collect()
}

#[test]
fn a_grid_has_the_fewest_bits_that_hold_its_levels() {
    let cases: [(u32, &[u32]); 8] = [
        (2, &[1]),
        (3, &[1, 1]),
        (4, &[1, 2]),
        (5, &[1, 2, 1]),
        (7, &[1, 2, 3]),
        (200, &[1, 2, 4, 8, 16, 32, 64, 72]),
        (256, &[1, 2, 4, 8, 16, 32, 64, 128]),
        (257, &[1, 2, 4, 8, 16, 32, 64, 128, 1]),
    ];
    for (levels, expected) in cases {
        assert_eq!(bits(levels), expected.len());
        assert!(place_values(levels).eq(expected.iter().copied()), "{levels}");
    }
    let last = |levels| (bits(levels), place_values(levels).last().unwrap());
    assert_eq!(last(1 << 31), (31, 1 << 30));
    assert_eq!(last((1 << 31) + 1), (32, 1));
    assert_eq!(last(u32::MAX), (32, (1 << 31) - 1));
}

/// The sums of some of the place values are the levels, each of them and no other number.
#[test]
fn place_values_spell_the_levels_and_nothing_else() {
    for levels in 2..=300u32 {
        let mut sums = std::collections::BTreeSet::from([0]);
        for place in place_values(levels) {
            let more: Vec<u32> = sums.iter().map(|sum| sum + place).collect();
            sums.extend(more);
        }
        assert!(sums.into_iter().eq(0..levels), "{levels}");
    }
    for levels in [65_537, 1 << 31, u32::MAX - 1, u32::MAX] {
        assert_eq!(place_values(levels).map(u64::from).sum::<u64>(), u64::from(levels) - 1);
        let (last, half) = (place_values(levels).last().unwrap(), 1 << (bits(levels) - 1));
        assert!((1..=half).contains(&last), "no number is between those without it and with it");
    }
}

#[test]
fn every_level_of_a_grid_passes() {
    for levels in [2, 3, 4, 5, 7] {
        for level in 0..levels {
            assert_eq!(honest(4, levels, level).verify(), Ok(()), "{level} of {levels}");
        }
    }
    for levels in [200, 256, 257, 70_000, u32::MAX - 1, u32::MAX] {
        let half = 1u32 << (bits(levels) - 1);
        for level in [0, half - 1, half, levels - 1] {
            let case = honest(5, levels, level);
            assert_eq!(case.verify(), Ok(()), "{level} of {levels}");
            assert!(case.convinces(None));
        }
    }
}

/// Of 11 levels, with the place values 1, 2, 4 and 3.
#[test]
fn both_spellings_of_a_level_pass() {
    for bits in [[1, 1, 0, 0], [0, 0, 0, 1]] {
        let spelling = Spelling::of(11, Scalar::from(3u8), integers(&bits));
        assert_eq!(case(6, &spelling).verify(), Ok(()));
    }
    assert_eq!(spelled(11, 3), integers(&[1, 1, 0, 0]));
    assert_eq!(spelled(11, 8), integers(&[1, 0, 1, 1]));
}

#[test]
fn improvements_pass() {
    let cases = [
        (2, 0, 1),
        (2, 1, 1),
        (3, 1, 2),
        (200, 7, 199),
        (300, 0, 0),
        (70_000, 3, 69_999),
        (u32::MAX, 0, u32::MAX - 1),
    ];
    for (levels, old, new) in cases {
        let case = improved(7, levels, old, new);
        assert_eq!(case.proof.masked.len(), 2 * bits(levels));
        assert_eq!(case.verify(), Ok(()), "from {old} to {new} of {levels}");
        assert!(case.convinces(None));
    }
}

/// The last level's successor, and the predecessor of the first, in every spelling that a mask can hide.
#[test]
fn a_commitment_to_no_level_has_no_proof() {
    for levels in [2u32, 3, 4, 5] {
        let n = bits(levels) as u32;
        for value in [-1, i64::from(levels)] {
            // Each bit from -1 to 4: those that sum to the value, and those that are bits.
            for spelling in 0..6i64.pow(n) {
                let digits: Vec<i64> = (0..n).map(|l| spelling / 6i64.pow(l) % 6 - 1).collect();
                let weighed = digits.iter().zip(place_values(levels));
                let sum: i64 = weighed.map(|(i, q)| i * i64::from(q)).sum();
                let are_bits = digits.iter().all(|i| [0, 1].contains(i));
                if sum != value && !are_bits {
                    continue;
                }
                let value = integers(&[value])[0];
                let case = case(8, &Spelling::of(levels, value, integers(&digits)));
                assert!(case.refused(), "{digits:?} of {levels}");
            }
        }
    }
    for levels in [200, 65_537, u32::MAX] {
        let beyond = Scalar::from(levels);
        let n = bits(levels);
        let mut spellings = vec![spelled(levels, levels - 1), spelled(levels, 0)];
        let mut last_twice = spelled(levels, levels - 1);
        last_twice[0] += Scalar::ONE;
        spellings.push(last_twice);
        for spelling in &spellings {
            assert!(case(9, &Spelling::of(levels, beyond, spelling.clone())).refused());
        }
        let mut minus_one = vec![Scalar::ZERO; n];
        minus_one[0] = -Scalar::ONE;
        for spelling in [minus_one, spelled(levels, levels - 1), spelled(levels, 0)] {
            assert!(case(9, &Spelling::of(levels, -Scalar::ONE, spelling)).refused());
        }
        // As much as all bits of the width.
        let most = Scalar::from((1u64 << n) - 1);
        assert!(case(9, &Spelling::of(levels, most, vec![Scalar::ONE; n])).refused());
    }
}

#[test]
fn a_worse_bid_has_no_proof() {
    let active = former(10, 7);
    for gain in [0, 1, 199] {
        assert!(case(11, &Spelling::improvement(200, 6, &active, gain)).refused());
    }
    let mut bits = [spelled(200, 6), spelled(200, 0)].concat();
    bits[8] = -Scalar::ONE;
    let worse = Spelling { former: Some(active), ..Spelling::of(200, Scalar::from(6u8), bits) };
    assert!(case(11, &worse).refused());
    // Better, but no level: above the last, from the first and from the last.
    for old in [0, 199] {
        let active = former(12, old);
        for gain in [200 - old, 199 - old] {
            let bits = [spelled(200, 199), spelled(201, gain)].concat();
            let beyond = Spelling::of(200, Scalar::from(200u8), bits);
            assert!(case(11, &Spelling { former: Some(active), ..beyond }).refused());
        }
    }
}

/// Each equation by itself, and each part of the second.
#[test]
fn a_forger_convinces_whoever_leaves_out_an_equation() {
    let forge = |omitted, spelling: Spelling| {
        let omitted_by = Spelling { omitted: Some(omitted), ..spelling };
        case(13, &omitted_by).is_a_forgery_without(omitted);
    };
    let active = former(14, 7);
    let firsts = Spelling::level(200, 150);
    let later = Spelling::improvement(200, 150, &active, 143);
    // The vector commits to another bit than is answered for.
    for (spelling, at) in [(&firsts, 0), (&firsts, 7), (&later, 3), (&later, 8), (&later, 15)] {
        let mut other = spelling.clone();
        other.committed[at] = Scalar::ONE - other.committed[at];
        forge(Omitted::Vector, other);
    }
    // One "bit" is the whole of a number that is no level; one, of the gain, is negative.
    for value in [200, 255, -1] {
        let mut bits = vec![0; 8];
        bits[0] = value;
        forge(Omitted::Squares, Spelling::of(200, integers(&[value])[0], integers(&bits)));
    }
    let mut bits = [spelled(200, 6), spelled(200, 0)].concat();
    bits[8] = -Scalar::ONE;
    let worse = Spelling::of(200, Scalar::from(6u8), bits);
    forge(Omitted::Squares, Spelling { former: Some(active), ..worse });
    // The bits are bits, but of another number.
    let beyond = Scalar::from(200u8);
    forge(Omitted::Value, Spelling { value: beyond, ..firsts });
    forge(Omitted::Value, Spelling { value: beyond, ..later.clone() });
    // And of a gain that is none.
    forge(Omitted::Gain, Spelling::improvement(200, 6, &active, 0));
    // 3^2 - 3, what is left of a "bit" of 3, makes 3 the 9 that is no level.
    forge(Omitted::Powers, Spelling::of(9, Scalar::from(9u8), integers(&[3, 0, 0, 0])));
    // What the bid lacks, the gain has too much.
    let (spelled, value) = (Spelling::improvement(200, 150, &active, 145), Scalar::from(151u8));
    forge(Omitted::Powers, Spelling { value, ..spelled });
}

const HASHED: [&str; 13] = [
    "value-base",
    "blinding-base",
    "key-base",
    "vector-bases",
    "quorum-key",
    "levels",
    "commitment",
    "active",
    "bits",
    "vector",
    "vector-announcement",
    "linear",
    "constant",
];

/// Honest but for the hash: nobody else would have drawn these challenges.
#[test]
fn every_message_is_hashed() {
    let later = Spelling::improvement(200, 150, &former(15, 7), 143);
    for spelling in [Spelling::level(200, 150), later] {
        for label in HASHED {
            if label == "active" && spelling.former.is_none() {
                continue;
            }
            let omitted = Omitted::Message(label);
            let unsaid = Spelling { omitted: Some(omitted), ..spelling.clone() };
            case(16, &unsaid).is_a_forgery_without(omitted);
        }
    }
}

/// A point on which no challenge depends makes up for a lie.
#[test]
fn no_point_is_chosen_after_the_challenges() {
    // One bit is not the one that the vector commits to; or it is 2, and the vector commits to that.
    let other = |mut spelling: Spelling, at: usize| {
        spelling.committed[at] = Scalar::ONE - spelling.committed[at];
        spelling
    };
    let two = |mut spelling: Spelling, at: usize| {
        (spelling.bits[at], spelling.committed[at]) = (Scalar::from(2u8), Scalar::from(2u8));
        spelling
    };
    let first = || Spelling::level(200, 150);
    let later = || Spelling::improvement(200, 150, &former(17, 7), 143);
    let forge = |label, spelling, make_up: &dyn Fn(&mut Case, Evaluated)| {
        let omitted = Omitted::Message(label);
        let mut case = case(18, &Spelling { omitted: Some(omitted), ..spelling });
        let evaluated = case.evaluated(Some(omitted));
        make_up(&mut case, evaluated);
        case.is_a_forgery_without(omitted);
    };
    for lie in [other(first(), 0), other(later(), 0), other(later(), 15)] {
        forge("vector", lie.clone(), &|c, Evaluated { x, left: [left, _], .. }| {
            move_point(&mut c.proof.bits.commitment, left * x.invert());
        });
        forge("vector-announcement", lie, &|c, Evaluated { left: [left, _], .. }| {
            move_point(&mut c.proof.bits.announcement, left);
        });
    }
    for lie in [two(first(), 0), two(later(), 0), two(later(), 15)] {
        forge("linear", lie.clone(), &|c, Evaluated { x, left: [_, left], .. }| {
            move_point(&mut c.proof.squares.linear, left * x.invert());
        });
        forge("constant", lie.clone(), &|c, Evaluated { left: [_, left], .. }| {
            move_point(&mut c.proof.squares.constant, left);
        });
        forge("commitment", lie, &|c, Evaluated { x, u, left: [_, left] }| {
            let of_gain = if c.active.is_some() { u } else { Scalar::ZERO };
            let times = x * x * (Scalar::ONE + of_gain);
            move_point(&mut c.commitment, left * times.invert());
        });
    }
    for lie in [two(later(), 0), two(later(), 15)] {
        forge("active", lie, &|c, Evaluated { x, u, left: [_, left] }| {
            move_point(c.active.as_mut().unwrap(), -left * (x * x * u).invert());
        });
    }
}

/// Else a bid could be brought from the history that its bidder was shown to one under whose key it can never be
/// revealed.
#[test]
fn a_proof_is_of_one_quorum_key() {
    let omitted = Omitted::Message("quorum-key");
    let later = Spelling::improvement(200, 150, &former(19, 7), 143);
    for spelling in [Spelling::level(200, 150), later] {
        let mut case = case(19, &Spelling { omitted: Some(omitted), ..spelling });
        for key in [KEY, OTHER_KEY, Point::IDENTITY] {
            case.quorum_key = key;
            case.is_a_forgery_without(omitted);
        }
    }
    for honest in both_kinds() {
        for quorum_key in [OTHER_KEY, Point::IDENTITY] {
            assert!(Case { quorum_key, ..honest.clone() }.refused());
        }
    }
}

#[test]
fn the_statement_is_bound() {
    let element = encode(&bases().k);
    let changes: [&dyn Fn(&mut Case); 8] = [
        &|c| c.context.signer.0[0] ^= 1,
        &|c| c.context.lot ^= 1,
        &|c| c.context.round ^= 1,
        &|c| c.levels += 1,
        &|c| c.levels -= 1,
        &|c| move_point(&mut c.commitment, bases().g),
        &|c| move_point(&mut c.commitment, -bases().h),
        &|c| c.commitment = element,
    ];
    for honest in both_kinds() {
        assert_eq!(honest.verify(), Ok(()));
        for (n, change) in changes.iter().enumerate() {
            let mut other = honest.clone();
            change(&mut other);
            assert!(other.refused(), "change {n}");
        }
    }
    let [first, later] = both_kinds();
    for active in [element, later.commitment, first.commitment, Point::IDENTITY] {
        assert!(Case { active: Some(active), ..later.clone() }.refused());
    }
}

/// Neither kind is a proof of the other, also where the number of bits is the same: twice one bit, and two.
#[test]
fn a_proof_is_of_one_kind() {
    let first = honest(22, 3, 1);
    let later = improved(23, 2, 0, 1);
    assert_eq!(first.proof.masked.len(), later.proof.masked.len());
    assert!(Case { levels: 3, active: None, ..later.clone() }.refused());
    assert!(Case { levels: 2, active: later.active, ..first }.refused());
    // And of the same grid.
    let [first, later] = both_kinds();
    let plain = Case { active: None, ..later.clone() };
    assert!(matches!(plain.verify(), Err(ProofError::Length { expected: 8, actual: 16, .. })));
    let improvement = Case { active: later.active, ..first };
    assert!(matches!(improvement.verify(), Err(ProofError::Length { .. })));
}

#[test]
fn every_part_of_the_proof_counts() {
    let point = encode(&(bases().g + bases().k));
    let scalar = WireScalar(Scalar::from(5u8).to_bytes());
    let changes: [&dyn Fn(&mut RangeProof); 12] = [
        &|p| p.bits.commitment = point,
        &|p| p.bits.announcement = point,
        &|p| p.bits.blinding = scalar,
        &|p| p.squares.linear = point,
        &|p| p.squares.constant = point,
        &|p| p.squares.blinding = scalar,
        &|p| p.bits.commitment = Point::IDENTITY,
        &|p| p.bits.announcement = Point::IDENTITY,
        &|p| p.squares.linear = Point::IDENTITY,
        &|p| p.squares.constant = Point::IDENTITY,
        &|p| p.masked = masked(p, |z| z.swap(0, 1)),
        &|p| p.masked = masked(p, |z| *z = vec![Masked([7; 18]); z.len()]),
    ];
    for honest in both_kinds() {
        for (n, change) in changes.iter().enumerate() {
            let mut bad = honest.clone();
            change(&mut bad.proof);
            assert!(bad.refused(), "change {n}");
        }
        for bit in 0..honest.proof.masked.len() {
            for byte in [0, 17] {
                let mut bad = honest.clone();
                bad.proof.masked = masked(&bad.proof, |z| z[bit].0[byte] ^= 1);
                assert!(bad.refused(), "byte {byte} of bit {bit}");
            }
        }
    }
}

type Bits = List<Masked, { talea_protocol::limits::MAX_VECTOR }>;

fn masked(proof: &RangeProof, change: impl Fn(&mut Vec<Masked>)) -> Bits {
    let mut masked = proof.masked.to_vec();
    change(&mut masked);
    List::new(masked).unwrap()
}

#[test]
fn form() {
    let garbage = Point([0xff; 32]);
    let too_large = WireScalar([0xff; 32]);
    let changes: [&dyn Fn(&mut Case); 7] = [
        &|c| c.commitment = garbage,
        &|c| c.proof.bits.commitment = garbage,
        &|c| c.proof.bits.announcement = garbage,
        &|c| c.proof.bits.blinding = too_large,
        &|c| c.proof.squares.linear = garbage,
        &|c| c.proof.squares.constant = garbage,
        &|c| c.proof.squares.blinding = too_large,
    ];
    for honest in both_kinds() {
        for (n, change) in changes.iter().enumerate() {
            let mut bad = honest.clone();
            change(&mut bad);
            assert!(matches!(bad.verify(), Err(ProofError::NotCanonical(_))), "change {n}");
        }
        let nothing = Case { commitment: Point::IDENTITY, ..honest.clone() };
        assert_eq!(nothing.verify(), Err(ProofError::Identity("the commitment".into())));
        let n = honest.proof.masked.len();
        for length in [0, 1, n / 2, n - 1, n + 1, 64] {
            let mut bad = honest.clone();
            bad.proof.masked = masked(&bad.proof, |z| z.resize(length, Masked([0; 18])));
            let what = "bits of the range proof";
            let expected = ProofError::Length { what, expected: n, actual: length };
            assert_eq!(bad.verify(), Err(expected));
        }
    }
    let [_, later] = both_kinds();
    let garbage = Case { active: Some(garbage), ..later };
    assert!(matches!(garbage.verify(), Err(ProofError::NotCanonical(_))));
}

/// No challenge depends on a response, so nothing but this shows that the weights of a fold do.
#[test]
fn the_weights_depend_on_every_response() {
    let scalar = WireScalar(Scalar::from(5u8).to_bytes());
    for honest in both_kinds() {
        let mut seen = vec![honest.binding()];
        let mut is_new = |change: &dyn Fn(&mut RangeProof)| {
            let mut other = honest.clone();
            change(&mut other.proof);
            let binding = other.binding();
            assert!(!seen.contains(&binding));
            seen.push(binding);
        };
        for bit in 0..honest.proof.masked.len() {
            for byte in [0, 17] {
                is_new(&|p| p.masked = masked(p, |z| z[bit].0[byte] ^= 1));
            }
        }
        is_new(&|p| p.bits.blinding = scalar);
        is_new(&|p| p.squares.blinding = scalar);
        // What a challenge depends on.
        is_new(&|p| p.squares.constant = p.squares.linear);
    }
}

/// Once the weights are known, what one response leaves over in its equation another takes away in the other.
#[test]
fn no_response_is_chosen_after_the_weights() {
    let weights = |case: &Case| {
        let mut weights = Weights::for_proofs([case.binding()].iter());
        [weights.next(), weights.next()]
    };
    for honest in both_kinds() {
        let w: fn(&mut Case) -> &mut WireScalar = |c| &mut c.proof.bits.blinding;
        let t: fn(&mut Case) -> &mut WireScalar = |c| &mut c.proof.squares.blinding;
        for (early, late, is_swapped) in [(w, t, false), (t, w, true)] {
            let mut bad = honest.clone();
            plus(early(&mut bad), Scalar::ONE);
            // Those of a verifier that leaves the late response out.
            let known = weights(&bad);
            let [of_early, of_late] = if is_swapped { [known[1], known[0]] } else { known };
            plus(late(&mut bad), -(of_early * of_late.invert()));
            let Evaluated { left, .. } = bad.evaluated(None);
            assert!((left[0] * known[0] + left[1] * known[1]).is_identity());
            assert!(bad.refused());
        }
    }
}

/// Each of the two equations fails by a multiple of `H`, which would cancel if they had one weight.
#[test]
fn no_two_equations_share_a_weight() {
    for mut bad in both_kinds() {
        plus(&mut bad.proof.bits.blinding, Scalar::ONE);
        plus(&mut bad.proof.squares.blinding, -Scalar::ONE);
        assert!(bad.refused());
    }
}

/// What is off in one proof must not be made good by another of the same fold.
#[test]
fn no_two_proofs_share_a_weight() {
    let responses: [fn(&mut Case) -> &mut WireScalar; 2] =
        [|c| &mut c.proof.bits.blinding, |c| &mut c.proof.squares.blinding];
    for response in responses {
        let mut cases = both_kinds();
        for (case, more) in cases.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
            plus(response(case), more);
        }
        let posts = cases.each_ref().map(Case::decode);
        let claims = [cases[0].claim(&posts[0]), cases[1].claim(&posts[1])];
        assert!(judge(&claims).iter().all(Option::is_some));
    }
}

/// Both kinds, all widths and several keys in a fold, and more than one fold.
#[test]
fn in_a_fold_the_bad_ones_are_found_and_only_they() {
    let mut good = vec![honest(30, 2, 1), honest(31, 200, 3), honest(32, u32::MAX, 70_000)];
    good.extend([improved(33, 2, 0, 1), improved(34, 200, 3, 3), improved(35, 1 << 17, 0, 1)]);
    good.push(case_under(OTHER_KEY, 36, &Spelling::level(200, 3)));
    for (n, case) in good.iter().enumerate() {
        assert_eq!(case.verify(), Ok(()), "case {n}");
    }
    let equation = ProofError::Equation("the range proof".into());
    let what = "bits of the range proof";
    let short = ProofError::Length { what, expected: 8, actual: 7 };
    let mut bad = vec![good[1].clone(); 3];
    plus(&mut bad[0].proof.squares.blinding, Scalar::ONE);
    bad[1].quorum_key = OTHER_KEY;
    bad[2].proof.masked = masked(&bad[2].proof, |z| z.truncate(7));
    let bad = bad.iter().zip([&equation, &equation, &short]);

    let posts: Vec<(&Case, Decoded)> = good.iter().map(|case| (case, case.decode())).collect();
    let bad: Vec<(&Case, Decoded, &ProofError)> =
        bad.map(|(case, error)| (case, case.decode(), error)).collect();
    let count = 2 * FOLD_PROOFS + 9;
    let with = |bad_at: &[usize]| {
        let mut claims = Vec::new();
        let mut expected = Vec::new();
        for at in 0..count {
            match bad_at.iter().position(|bad| *bad == at) {
                None => {
                    let (case, post) = &posts[at % posts.len()];
                    claims.push(case.claim(post));
                    expected.push(None);
                }
                Some(nth) => {
                    let (case, post, error) = &bad[nth % bad.len()];
                    claims.push(case.claim(post));
                    expected.push(Some((*error).clone()));
                }
            }
        }
        assert_eq!(judge(&claims), expected);
    };
    with(&[]);
    with(&[5, FOLD_PROOFS - 1, 2 * FOLD_PROOFS]);
    assert_eq!(judge(&[]), vec![]);
}

/// `cargo test --release -p talea-verifier --test all -- --ignored --nocapture a_commit_in_microseconds`.
#[test]
#[ignore = "a measurement"]
fn a_commit_in_microseconds() {
    use crate::whole_auctions::processor_seconds;
    for case in [honest(40, 1024, 700), improved(41, 1024, 7, 700)] {
        // The least of many: the machine may be busy with other things.
        let per_commit = |what: &str, commits: usize, work: &dyn Fn()| {
            let seconds = (0..7).map(|_| {
                let before = processor_seconds();
                (0..20).for_each(|_| work());
                (processor_seconds() - before) / 20.0
            });
            let least = seconds.min_by(f64::total_cmp).unwrap();
            println!("{what}: {:.1} us per commit", least * 1e6 / commits as f64);
        };
        println!("{} bits", case.proof.masked.len());
        let post = case.decode();
        let claims: Vec<Claim<'_>> = (0..FOLD_PROOFS).map(|_| case.claim(&post)).collect();
        per_commit("decoding", 1000, &|| (0..1000).for_each(|_| drop(case.decode())));
        per_commit("hashing", FOLD_PROOFS, &|| claims.iter().for_each(|c| drop(challenge(c))));
        per_commit("verification in a fold", FOLD_PROOFS, &|| {
            assert!(judge(&claims).iter().all(Option::is_none));
        });
        let first = &claims[..1];
        per_commit("verification alone", 100, &|| {
            (0..100).for_each(|_| assert_eq!(judge(first), [None]));
        });
    }
}
