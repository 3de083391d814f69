//! A bidder encrypts its level in unary, digit by digit, and proves that it is the committed one (spec
//! section 9).

use super::{
    Unprovable, commit,
    masked::{self, Squares, Vector, squares},
    nonces,
};
use crate::bases::Bases;
use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_TABLE,
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
};
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_scalar},
    proofs::unary::{Statement, absorb_announcements, absorb_bits, absorb_entries},
};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    labels,
    price::{Level, Shape},
    sealed_bid::{Ciphertext as WireCiphertext, SealedBid, UnaryArgument},
};
use zeroize::{Zeroize as _, Zeroizing};

/// Seals a bid: encrypts `level` under the quorum's key and proves that the unary encoding is that of
/// `C = level*G + rho*H`.
///
/// # Errors
/// [`Unprovable`] if the shape cannot write the level.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    shape: &Shape,
    quorum_key: &RistrettoPoint,
    level: Level,
    rho: &Scalar,
    rng: &mut R,
) -> Result<SealedBid, Unprovable> {
    let levels = shape.radices().fold(1u64, |product, radix| product.saturating_mul(radix as u64));
    if u64::from(level.0) >= levels {
        return Err(Unprovable::NoSuchLevel { level: level.0, levels });
    }
    let b = Zeroizing::new(Scalar::from(level.0));
    let commitment = commit(gens, &b, rho);
    let bases = Bases::new(gens, quorum_key);
    let mut fs = FiatShamir::begin(labels::KIND_UNARY, context);
    Statement { shape, quorum_key: *quorum_key, commitment }.absorb(&mut fs, gens);

    // U[t][j] = Enc([b_t >= j]; r)
    let mut generator = nonces(&mut fs, [&*b, rho], rng);
    let halves: Zeroizing<Vec<Scalar>> =
        Zeroizing::new((0..shape.entries()).map(|_| Scalar::random(&mut generator)).collect());
    let randomness: Zeroizing<Vec<Scalar>> =
        Zeroizing::new(halves.iter().map(|half| half + half).collect());
    let half = Scalar::from(2u8).invert();
    let half_unit = RISTRETTO_BASEPOINT_TABLE * &half;
    let half_entries = indicators(shape, level);
    let half_entries = half_entries.iter().zip(halves.iter()).map(|(is_reached, half_r)| {
        let Ciphertext { r, e } = bases.encrypt_zero(half_r);
        Ciphertext { r, e: e + masked::select(*is_reached, &half_unit) }
    });
    let unary = encode_doubles(half_entries);
    absorb_entries(&mut fs, &unary);

    // 1. S = sum i_l V_l + sigma*H
    let secrets = Zeroizing::new([&[*b, *rho], randomness.as_slice()].concat());
    let mut generator = nonces(&mut fs, secrets.iter(), rng);
    let bits: Zeroizing<Vec<u8>> =
        Zeroizing::new((0..shape.bits()).map(|l| u8::from((level.0 >> l) & 1 == 1)).collect());
    let sum = bits.iter().zip(gens.vector.iter()).map(|(bit, v)| masked::select(*bit, v)).sum();
    let mut vector = Vector::draw(&mut generator);
    let mut opening = vector.commit(&bases, &sum);
    let y = absorb_bits(&mut fs, shape, &opening);

    let bits: Zeroizing<Vec<Scalar>> =
        Zeroizing::new(bits.iter().map(|bit| Scalar::from(*bit)).collect());
    let mut generator = nonces(&mut fs, secrets.iter(), rng);
    loop {
        let mut fs = fs.clone();
        // 2. A = sum a_l V_l + alpha*H
        let masks = masked::masks(&mut generator, bits.len());
        vector.blind_announcement(&mut generator);
        vector.announce(gens, &bases, &masks, &mut opening);
        let [linear, constant] = squares(&bits, &masks, &powers_of_two(bits.len()), &y);
        let (squares, quadratic) = Squares::announce(&bases, &linear, &constant, &mut generator);
        // D_c = Enc(sum over t, j of p[t][j][c] * y^position; R_c)
        let coefficients = coefficients(shape, &bits, &masks, &y);
        let term_randomness: Zeroizing<Vec<Scalar>> = Zeroizing::new(
            (0..shape.longest_digit_bits()).map(|_| Scalar::random(&mut generator)).collect(),
        );
        let half_terms = coefficients.iter().zip(term_randomness.iter());
        let polynomial = encode_doubles(half_terms.map(|(coefficient, r)| {
            let [coefficient, r] = [coefficient * half, r * half].map(Zeroizing::new);
            bases.encrypt(&coefficient, &r)
        }));
        let mut argument = UnaryArgument {
            bits: opening,
            squares: quadratic,
            polynomial,
            masked: Vec::new(),
            randomness: WireScalar::default(),
        };
        let x = absorb_announcements(&mut fs, &argument);

        // 3. z of every bit, w, t and R.
        let Some(masked) = masked::respond(&masks, &x, bits.iter()) else { continue };
        argument.masked = masked;
        vector.respond(&x, &mut argument.bits);
        squares.respond(&x, rho, &mut argument.squares);
        // R = x^m * sum y^position r_e[t][j] + sum x^c R_c
        let mut whole = Zeroizing::new(Scalar::ZERO);
        let mut power_of_x = Scalar::ONE;
        for r in term_randomness.iter() {
            *whole += power_of_x * r;
            power_of_x *= x;
        }
        *whole += power_of_x * *of_differences(shape, &randomness, &y);
        argument.randomness = encode_scalar(&whole);
        return Ok(SealedBid { unary, argument });
    }
}

/// The encodings of the doubles of these ciphertexts, for the price of one inversion: each by itself takes a square
/// root, which is most of what an entry costs beside its multiplications.
fn encode_doubles(halves: impl Iterator<Item = Ciphertext>) -> Vec<WireCiphertext> {
    let halves: Vec<RistrettoPoint> = halves.flat_map(|half| [half.r, half.e]).collect();
    let encoded = RistrettoPoint::double_and_compress_batch(&halves);
    let point = |encoded: &CompressedRistretto| Point(encoded.to_bytes());
    let pairs = encoded.chunks_exact(2);
    pairs.map(|pair| WireCiphertext { r: point(&pair[0]), e: point(&pair[1]) }).collect()
}

/// The place values of a level's bits.
fn powers_of_two(bits: usize) -> Vec<Scalar> {
    std::iter::successors(Some(Scalar::ONE), |power| Some(power + power)).take(bits).collect()
}

/// `[b_t >= j]` for every entry in wire order, without a comparison that could branch.
fn indicators(shape: &Shape, level: Level) -> Zeroizing<Vec<u8>> {
    let mut indicators = Zeroizing::new(Vec::with_capacity(shape.entries()));
    let mut shift = shape.bits();
    for (bits, radix) in shape.digit_bits().iter().zip(shape.radices()) {
        shift = shift.saturating_sub(usize::from(*bits));
        let radix = radix as u64;
        let digit = (u64::from(level.0) >> shift) & (radix - 1);
        for j in 1..radix {
            // The top bit of digit - j is set exactly if digit < j.
            indicators.push(1 ^ (digit.wrapping_sub(j) >> 63) as u8);
        }
    }
    indicators
}

/// `sum over t, j of p[t][j][c] * y^position` for `c = 0 .. m - 1`.
///
/// Within a digit the sum over `j` is the product over its bits of
/// `(x - z_l) + y^(2^(l - s_t)) z_l`, which is linear in `x` because `z_l = i_l x + a_l`: with
/// `Y = y^(2^(l - s_t))` it is `(1 - i_l + Y i_l) x + (Y - 1) a_l`.
fn coefficients(
    shape: &Shape,
    bits: &[Scalar],
    masks: &[Scalar],
    y: &Scalar,
) -> Zeroizing<Vec<Scalar>> {
    let longest = shape.longest_digit_bits();
    let mut sums = Zeroizing::new(vec![Scalar::ZERO; longest]);
    let mut rest = (bits, masks);
    let mut position_power = Scalar::ONE;
    for (length, radix) in shape.digit_bits().iter().zip(shape.radices()) {
        let length = usize::from(*length);
        let lower = rest.0.len() - length;
        let (digit, digit_masks) = (&rest.0[lower..], &rest.1[lower..]);
        rest = (&rest.0[..lower], &rest.1[..lower]);
        // Ascending coefficients of the product so far, times x^(m - m_t) and y^(first position).
        let mut product = Zeroizing::new(vec![Scalar::ZERO; longest + 1]);
        product[longest - length] = position_power;
        let mut power = *y;
        for (bit, mask) in digit.iter().zip(digit_masks) {
            let linear = Scalar::ONE - bit + power * bit;
            let constant = (power - Scalar::ONE) * mask;
            let mut carried = Scalar::ZERO;
            for coefficient in product.iter_mut() {
                let old = *coefficient;
                *coefficient = old * constant + carried;
                carried = old * linear;
            }
            carried.zeroize();
            power *= power;
        }
        // The coefficient of x^m is y^position of the one entry that is 1: not for the prover to
        // commit to.
        for (sum, coefficient) in sums.iter_mut().zip(product.iter()) {
            *sum += coefficient;
        }
        position_power *= (0..radix).fold(Scalar::ONE, |power, _| power * y);
    }
    sums
}

/// `sum over t, j of y^position r_e[t][j]`, where `r_e[t][j]` is the randomness of entry `j` less
/// that of entry `j + 1`; entries 0 and `B_t` have none.
fn of_differences(shape: &Shape, randomness: &[Scalar], y: &Scalar) -> Zeroizing<Scalar> {
    let mut sum = Zeroizing::new(Scalar::ZERO);
    let mut rest = randomness.iter();
    let mut power = Scalar::ONE;
    for radix in shape.radices() {
        let mut current = Scalar::ZERO;
        for next in rest.by_ref().take(radix - 1) {
            *sum += power * (current - next);
            power *= y;
            current = *next;
        }
        *sum += power * current;
        power *= y;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_POINT, NO_SCALAR, blur, bump, context, nudge, other_contexts, other_generators, rng,
    };
    use talea_contract::{
        fiat_shamir::Weights,
        proofs::{
            ProofFault,
            unary::{Claim, Decoded, absorb_responses, decode, verify, verify_batch},
        },
    };
    use talea_protocol::masked::Masked;

    /// A bid with all that a verifier has.
    #[derive(Clone)]
    struct Bid {
        context: Context,
        shape: Shape,
        secret: Scalar,
        quorum_key: RistrettoPoint,
        commitment: RistrettoPoint,
        sealed_bid: SealedBid,
    }

    impl Bid {
        fn new(digits: &[u8], level: u32) -> Self {
            Self::by(digits, level, context(), 1)
        }

        fn by(digits: &[u8], level: u32, context: Context, seed: u8) -> Self {
            let gens = Generators::derive();
            let secret = Scalar::random(&mut rng(99));
            let mut rng = rng(seed);
            let quorum_key = gens.key * secret;
            let shape = Shape::new(digits).unwrap();
            let rho = Scalar::random(&mut rng);
            let commitment = commit(&gens, &level.into(), &rho);
            let sealed_bid =
                prove(&gens, &context, &shape, &quorum_key, Level(level), &rho, &mut rng).unwrap();
            Self { context, shape, secret, quorum_key, commitment, sealed_bid }
        }

        fn claim(&self) -> Claim<'_> {
            let Self { context, ref shape, commitment, ref sealed_bid, .. } = *self;
            Claim { context, shape, commitment, sealed_bid }
        }

        fn verdict(&self) -> Result<(), ProofFault> {
            verify(&Generators::derive(), &self.quorum_key, self.claim()).map(|_| ())
        }
    }

    const SHAPES: &[&[u8]] =
        &[&[1], &[2], &[3], &[1, 1], &[2, 1], &[1, 2], &[3, 1, 2], &[1; 5], &[4, 3], &[5]];

    #[test]
    fn every_level_of_small_shapes_is_sealed_and_spells_itself() {
        let gens = Generators::derive();
        for shape in SHAPES {
            let bits: u32 = shape.iter().map(|b| u32::from(*b)).sum();
            let levels: Vec<u32> = match bits {
                0..=4 => (0..1 << bits).collect(),
                _ => vec![0, 1, (1 << bits) / 2 - 1, (1 << bits) / 2, (1 << bits) - 1],
            };
            for level in levels {
                let bid = Bid::new(shape, level);
                let unary = verify(&gens, &bid.quorum_key, bid.claim()).unwrap();
                let mut opened = unary.iter().map(|u| u.e - u.r * bid.secret);
                for (digit, radix) in
                    bid.shape.digits_of(Level(level)).into_iter().zip(bid.shape.radices())
                {
                    for j in 1..radix {
                        let expected = gens.value * Scalar::from(u8::from(digit >= j));
                        assert_eq!(opened.next(), Some(expected), "{shape:?}, level {level}");
                    }
                }
                assert_eq!(opened.next(), None);
            }
        }
    }

    #[test]
    fn the_edges_of_long_shapes_are_sealed() {
        for (shape, last) in [(&[1u8; 16][..], 65_535), (&[10], 1_023), (&[4, 4, 4, 4], 65_535)] {
            for level in [0, last] {
                assert_eq!(Bid::new(shape, level).verdict(), Ok(()), "{shape:?}, level {level}");
            }
        }
        assert_eq!(Bid::new(&[1; 32], u32::MAX).verdict(), Ok(()));
    }

    #[test]
    fn a_level_that_the_shape_cannot_write_is_not_provable() {
        let gens = Generators::derive();
        let shape = Shape::new(&[2, 1]).unwrap();
        let rho = Scalar::ONE;
        let sealed = prove(&gens, &context(), &shape, &gens.key, Level(8), &rho, &mut rng(1));
        assert_eq!(sealed, Err(Unprovable::NoSuchLevel { level: 8, levels: 8 }));
    }

    #[test]
    fn the_squares_are_the_coefficients_of_the_verifiers_sum() {
        // f(x) = sum y^(l+1) (z_l^2 - x z_l) + x * sum 2^l z_l, as the verifier computes it.
        let mut rng = rng(5);
        let y = Scalar::random(&mut rng);
        let level = 0b1_0110u32;
        let bits: Vec<Scalar> = (0..5).map(|l| Scalar::from((level >> l) & 1)).collect();
        let masks: Vec<Scalar> = (0..5).map(|_| Scalar::random(&mut rng)).collect();
        let [linear, constant] = squares(&bits, &masks, &powers_of_two(5), &y);
        for x in [Scalar::ZERO, Scalar::ONE, Scalar::from(1u64 << 40)] {
            let (mut power_of_y, mut power_of_two) = (y, Scalar::ONE);
            let mut sum = Scalar::ZERO;
            for (i, a) in bits.iter().zip(&masks) {
                let z = a + x * i;
                sum += power_of_y * (z * z - x * z) + x * power_of_two * z;
                power_of_y *= y;
                power_of_two += power_of_two;
            }
            // Its leading coefficient is the level itself.
            assert_eq!(sum, x * x * Scalar::from(level) + x * *linear + *constant);
        }
    }

    #[test]
    fn the_coefficients_are_those_of_the_sum_over_all_entries() {
        // The plain way: p[t][j] as a polynomial for every entry, times y^position, summed.
        let mut rng = rng(5);
        let y = Scalar::random(&mut rng);
        let shape = Shape::new(&[2, 3, 1]).unwrap();
        // Digits 2, 6 and 1.
        let level = (2 << 4) | (6 << 1) | 1u32;
        let bits: Vec<Scalar> = (0..6).map(|l| Scalar::from((level >> l) & 1)).collect();
        let masks: Vec<Scalar> = (0..6).map(|_| Scalar::random(&mut rng)).collect();
        let m = 3;
        let mut expected = vec![Scalar::ZERO; m + 1];
        let mut power = Scalar::ONE;
        for (s, length) in [(4usize, 2usize), (1, 3), (0, 1)] {
            for j in 0..1usize << length {
                let mut p = vec![Scalar::ZERO; m + 1];
                p[m - length] = Scalar::ONE;
                for k in 0..length {
                    let (i, a) = (bits[s + k], masks[s + k]);
                    // z = a + i x, or x - z
                    let (c, l) = match (j >> k) & 1 {
                        1 => (a, i),
                        _ => (-a, Scalar::ONE - i),
                    };
                    let lower = p.clone();
                    for (index, p) in p.iter_mut().enumerate() {
                        *p = lower[index] * c;
                        if index > 0 {
                            *p += lower[index - 1] * l;
                        }
                    }
                }
                for (sum, p) in expected.iter_mut().zip(p) {
                    *sum += p * power;
                }
                power *= y;
            }
        }
        assert_eq!(*coefficients(&shape, &bits, &masks, &y), expected[..m]);
        // They are at positions 2, 4 + 6 and 12 + 1.
        let powers = |n: u32| (0..n).fold(Scalar::ONE, |p, _| p * y);
        assert_eq!(expected[m], powers(2) + powers(10) + powers(13));
    }

    #[test]
    fn several_bids_are_verified_at_once_and_one_false_bid_spoils_them() {
        let gens = Generators::derive();
        let bids: Vec<Bid> = SHAPES
            .iter()
            .zip(1..)
            .map(|(shape, seed)| {
                let mut context = context();
                context.signer.0[0] = seed;
                Bid::by(shape, 1, context, seed)
            })
            .collect();
        let decoded: Vec<Decoded<'_>> =
            bids.iter().map(|bid| decode(bid.claim()).unwrap()).collect();
        let quorum_key = bids[0].quorum_key;
        assert_eq!(verify_batch(&gens, &quorum_key, &[]), Ok(()));
        assert_eq!(verify_batch(&gens, &quorum_key, &decoded), Ok(()));
        for spoiled in 0..bids.len() {
            let mut bids = bids.clone();
            bids[spoiled].commitment += gens.value;
            let decoded: Vec<_> = bids.iter().map(|bid| decode(bid.claim()).unwrap()).collect();
            assert_eq!(verify_batch(&gens, &quorum_key, &decoded), Err(ProofFault::False));
        }
    }

    type Field<T> = Box<dyn Fn(&mut SealedBid) -> &mut T>;

    #[test]
    fn every_field_of_a_sealed_bid_counts() {
        let bid = Bid::new(&[2, 1], 5);
        let mut points: Vec<Field<Point>> = Vec::new();
        let mut scalars: Vec<Field<WireScalar>> = Vec::new();
        for i in 0..4 {
            points.push(Box::new(move |s| &mut s.unary[i].r));
            points.push(Box::new(move |s| &mut s.unary[i].e));
        }
        points.push(Box::new(|s| &mut s.argument.bits.commitment));
        points.push(Box::new(|s| &mut s.argument.bits.announcement));
        scalars.push(Box::new(|s| &mut s.argument.bits.blinding));
        points.push(Box::new(|s| &mut s.argument.squares.linear));
        points.push(Box::new(|s| &mut s.argument.squares.constant));
        scalars.push(Box::new(|s| &mut s.argument.squares.blinding));
        for i in 0..2 {
            points.push(Box::new(move |s| &mut s.argument.polynomial[i].r));
            points.push(Box::new(move |s| &mut s.argument.polynomial[i].e));
        }
        scalars.push(Box::new(|s| &mut s.argument.randomness));
        let fields = points.len() + scalars.len();
        let masked = bid.sealed_bid.argument.masked.len();
        assert_eq!(fields * 32 + masked * 18, SealedBid::encoded_len(&bid.shape));
        for l in 0..masked {
            let mut other = bid.clone();
            let bit: &mut Masked = &mut other.sealed_bid.argument.masked[l];
            *bit = blur(bit);
            assert_eq!(other.verdict(), Err(ProofFault::False), "bit {l}");
        }
        for (i, field) in points.iter().enumerate() {
            let mut other = bid.clone();
            let point = field(&mut other.sealed_bid);
            *point = nudge(point);
            assert_eq!(other.verdict(), Err(ProofFault::False), "point {i}");
            *field(&mut other.sealed_bid) = NO_POINT;
            assert_eq!(other.verdict(), Err(ProofFault::NotCanonical), "point {i}");
        }
        for (i, field) in scalars.iter().enumerate() {
            let mut other = bid.clone();
            let scalar = field(&mut other.sealed_bid);
            *scalar = bump(scalar);
            assert_eq!(other.verdict(), Err(ProofFault::False), "scalar {i}");
            *field(&mut other.sealed_bid) = NO_SCALAR;
            assert_eq!(other.verdict(), Err(ProofFault::NotCanonical), "scalar {i}");
        }
    }

    #[test]
    fn weights_depend_on_every_response() {
        // A verifier alone has them, so neither prover nor vector would notice one left out.
        let argument = Bid::new(&[2, 1], 5).sealed_bid.argument;
        let weight = |argument: &UnaryArgument| {
            let mut fs = FiatShamir::begin(labels::KIND_UNARY, &context());
            absorb_responses(&mut fs, argument);
            Weights::after([fs]).draw()
        };
        let changes: [fn(&mut UnaryArgument); 6] = [
            |a| a.randomness = bump(&a.randomness),
            |a| a.bits.blinding = bump(&a.bits.blinding),
            |a| a.squares.blinding = bump(&a.squares.blinding),
            |a| a.masked[0] = blur(&a.masked[0]),
            |a| a.masked[1] = blur(&a.masked[1]),
            |a| a.masked[2] = blur(&a.masked[2]),
        ];
        for change in changes {
            let mut other = argument.clone();
            change(&mut other);
            assert_ne!(weight(&other), weight(&argument));
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let bid = Bid::new(&[2, 2], 9);
        let mut other = bid.clone();
        other.commitment += gens.value;
        assert_eq!(other.verdict(), Err(ProofFault::False));
        let mut other = bid.clone();
        other.commitment += gens.blinding;
        assert_eq!(other.verdict(), Err(ProofFault::False));
        let mut other = bid.clone();
        other.quorum_key += gens.key;
        assert_eq!(other.verdict(), Err(ProofFault::False));
        let mut other = bid.clone();
        other.sealed_bid.unary.swap(0, 3);
        assert_eq!(other.verdict(), Err(ProofFault::False));
        for context in other_contexts() {
            let other = Bid { context, ..bid.clone() };
            assert_eq!(other.verdict(), Err(ProofFault::False), "{context:?}");
        }
        let mut other_vector = gens.clone();
        other_vector.vector = gens.vector.with(1, gens.key);
        for wrong in other_generators().into_iter().chain([other_vector]) {
            let verdict = verify(&wrong, &bid.quorum_key, bid.claim());
            assert_eq!(verdict.map(|_| ()), Err(ProofFault::False));
        }
        // [2, 1, 1] and [1, 2, 1] have equally many entries and bits, and the same longest digit.
        let mut other = Bid::new(&[2, 1, 1], 9);
        other.shape = Shape::new(&[1, 2, 1]).unwrap();
        assert_eq!(other.verdict(), Err(ProofFault::False));
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let bid = Bid::new(&[2, 1], 5);
        type Change = fn(&mut SealedBid);
        let changes: [(Change, Change, usize); 3] = [
            (|s| s.unary.truncate(3), |s| s.unary.push(s.unary[0]), 4),
            (
                |s| s.argument.polynomial.truncate(1),
                |s| s.argument.polynomial.push(s.argument.polynomial[0]),
                2,
            ),
            (
                |s| s.argument.masked.truncate(2),
                |s| s.argument.masked.push(s.argument.masked[0]),
                3,
            ),
        ];
        for (shorten, lengthen, expected) in changes {
            for (change, actual) in [(shorten, expected - 1), (lengthen, expected + 1)] {
                let mut other = bid.clone();
                change(&mut other.sealed_bid);
                assert_eq!(other.verdict(), Err(ProofFault::Length { expected, actual }));
            }
        }
    }

    #[test]
    fn randomness_that_opens_an_entry_or_a_difference_is_refused() {
        // Entries 0, 1, 2 are the first digit's, 3 the second's.
        let bid = Bid::new(&[2, 1], 5);
        for entry in 0..4 {
            let mut other = bid.clone();
            other.sealed_bid.unary[entry].r = Point::IDENTITY;
            assert_eq!(other.verdict(), Err(ProofFault::Identity));
        }
        for (one, two, fault) in
            [(0, 1, ProofFault::Identity), (1, 2, ProofFault::Identity), (2, 3, ProofFault::False)]
        {
            let mut other = bid.clone();
            other.sealed_bid.unary[one].r = other.sealed_bid.unary[two].r;
            assert_eq!(other.verdict(), Err(fault), "entries {one} and {two}");
        }
    }
}
