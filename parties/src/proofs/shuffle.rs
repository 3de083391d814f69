//! A keyholder shuffles a chunk of lists: moves the entries of each by a secret mask, and raises every entry to a
//! secret power (spec section 11).

use super::{
    masked::{self, Squares, Vectors},
    nonces,
};
use crate::{bases::Bases, choices::Move};
use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_TABLE, ristretto::RistrettoPoint, scalar::Scalar,
    traits::MultiscalarMul as _,
};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_point, encode_scalar},
    proofs::shuffle::{
        List as Entries, ListWeights, Statement, absorb_announcements, absorb_commitments, bits_of,
    },
};
use talea_protocol::{
    bytes::{Digest, List, Scalar as WireScalar, TooLong},
    labels,
    ranking::{ShuffleProof, ShuffleTerm},
    sealed_bid::Ciphertext as WireCiphertext,
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// How each list is shuffled: [`Masks::moves`](crate::masks::Masks::moves) draws it. **It serves one input,
/// once.**
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// Of every list.
    pub moves: Vec<Move>,
}

/// Where the lists stand.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// `X`, lists of one length `2^k`. No entry may have `O` for its `R`.
    pub lists: &'a [Entries],
}

/// Shuffles the lists, one move for each, in order.
///
/// # Errors
/// [`TooLong`] if a chunk has no room for so many entries.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    inputs: &Inputs<'_>,
    witness: &Witness,
    rng: &mut R,
) -> Result<(Vec<WireCiphertext>, ShuffleProof), TooLong> {
    let Inputs { head, chunk, quorum_key, lists } = *inputs;
    let Witness { moves } = witness;
    let bases = Bases::new(gens, &quorum_key);
    let k = bits_of(lists.first().map_or(0, Vec::len));

    // Z[i xor r] = s_i X_i
    let outputs: Vec<Vec<WireCiphertext>> =
        lists.par_iter().zip(moves).map(|(list, chosen)| shuffled(list, chosen)).collect();
    let outputs = outputs.concat();
    let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, context);
    Statement { head, chunk, quorum_key, lists, outputs: &outputs }.absorb(&mut fs, gens);

    // S = sum r_l V_l + sigma*H of the bits of all moves, and of the powers
    // Room for all from the start: a vector that grows leaves copies behind.
    let mut bits = Zeroizing::new(Vec::with_capacity(lists.len() * k));
    let mut powers = Zeroizing::new(Vec::with_capacity(outputs.len()));
    for chosen in moves {
        bits.extend((0..k).map(|l| chosen.bit(l)));
        powers.extend_from_slice(&chosen.powers);
    }
    let bit_scalars: Zeroizing<Vec<Scalar>> =
        Zeroizing::new(bits.iter().map(|bit| Scalar::from(*bit)).collect());
    let secrets = || bit_scalars.iter().chain(powers.iter());
    let mut generator = nonces(&mut fs, secrets(), rng);
    let selected = |bits: &[u8]| {
        bits.iter().zip(gens.vector.iter()).map(|(bit, v)| masked::select(*bit, v)).sum()
    };
    let mut move_vectors = Vectors::commit(&bases, &bits, selected, &mut generator);
    let raised = |powers: &[Scalar]| {
        RistrettoPoint::multiscalar_mul(powers, gens.vector.iter().take(powers.len()))
    };
    let mut power_vectors = Vectors::commit(&bases, &powers, raised, &mut generator);
    let (of_moves, of_powers) = (&move_vectors.openings(), &power_vectors.openings());
    let weights = absorb_commitments(&mut fs, of_moves, of_powers, (lists.len(), k));

    let mut generator = nonces(&mut fs, secrets(), rng);
    loop {
        let mut fs = fs.clone();
        let bit_masks = masked::masks(&mut generator, bits.len());
        let power_masks: Zeroizing<Vec<Scalar>> =
            Zeroizing::new(powers.iter().map(|_| Scalar::random(&mut generator)).collect());
        // A = sum a_l V_l + alpha*H
        move_vectors.announce(gens, &bases, &bit_masks, &mut generator);
        power_vectors.announce(gens, &bases, &power_masks, &mut generator);
        let [linear, constant] = squares(&bit_scalars, &bit_masks, &weights.bits);
        let (squares, mut quadratic) =
            Squares::announce(&bases, &linear, &constant, &mut generator);
        // D_e = sum over lists, i of (the coefficient of c^e in F_i z_i) X_i + Enc(0; h_e), N_e = h_e*G
        let term_masks: Zeroizing<Vec<Scalar>> =
            Zeroizing::new((0..=k).map(|_| Scalar::random(&mut generator)).collect());
        let secret = Secret {
            bits: &bit_scalars,
            bit_masks: &bit_masks,
            powers: &powers,
            power_masks: &power_masks,
        };
        let coefficients = coefficients(&weights, &secret, k);
        let polynomial: Vec<ShuffleTerm> = coefficients
            .iter()
            .zip(term_masks.iter())
            .map(|(coefficients, mask)| ShuffleTerm {
                ciphertext: (combine(coefficients, lists) + bases.encrypt_zero(mask)).encode(),
                mask: encode_point(&(RISTRETTO_BASEPOINT_TABLE * mask)),
            })
            .collect();
        let (of_moves, of_powers) = (&move_vectors.openings(), &power_vectors.openings());
        let challenge = absorb_announcements(&mut fs, of_moves, of_powers, &quadratic, &polynomial);

        // z of every bit and of every power
        let responses = masked::respond(&bit_masks, &challenge, bit_scalars.iter());
        let Some(masked) = responses else { continue };
        let raised: Vec<WireScalar> = power_masks
            .iter()
            .zip(powers.iter())
            .map(|(mask, power)| encode_scalar(&(mask + challenge * power)))
            .collect();
        move_vectors.respond(&challenge);
        power_vectors.respond(&challenge);
        squares.respond(&challenge, &Scalar::ZERO, &mut quadratic);
        // h = sum c^e h_e
        let mask = term_masks.iter().rev().fold(Scalar::ZERO, |sum, mask| sum * challenge + mask);
        let proof = ShuffleProof {
            moves: List::new(move_vectors.openings())?,
            squares: quadratic,
            powers: List::new(power_vectors.openings())?,
            polynomial: List::new(polynomial)?,
            masked: List::new(masked)?,
            raised: List::new(raised)?,
            mask: encode_scalar(&mask),
        };
        return Ok((outputs, proof));
    }
}

/// A list's entries, raised and moved.
fn shuffled(list: &Entries, chosen: &Move) -> Vec<WireCiphertext> {
    let raised =
        |((entry, _), power): (&(Ciphertext, WireCiphertext), &Scalar)| entry.scaled(power);
    let mut list: Vec<Ciphertext> = list.iter().zip(&chosen.powers).map(raised).collect();
    chosen.apply(&mut list);
    list.iter().map(Ciphertext::encode).collect()
}

/// The coefficients of `c` and of 1 in `sum e (z_l^2 - c z_l)`, where `z_l = a_l + c*r_l`.
fn squares(bits: &[Scalar], masks: &[Scalar], weights: &[Scalar]) -> [Zeroizing<Scalar>; 2] {
    let mut linear = Zeroizing::new(Scalar::ZERO);
    let mut constant = Zeroizing::new(Scalar::ZERO);
    for ((r, a), e) in bits.iter().zip(masks).zip(weights) {
        let weighed = Zeroizing::new(e * a);
        *linear += *weighed * (r + r - Scalar::ONE);
        *constant += *weighed * a;
    }
    [linear, constant]
}

/// What the responses are made of.
struct Secret<'a> {
    bits: &'a [Scalar],
    bit_masks: &'a [Scalar],
    powers: &'a [Scalar],
    power_masks: &'a [Scalar],
}

/// For `e = 0 .. k` the coefficient of `c^e` in `F_i(c) z_i(c)`, times the weight of the list, for every entry of
/// all lists in order.
///
/// `F_i` is the product over the bits `l` of `i` of `c + (y_l - 1) z_l`, or `y_l c + (1 - y_l) z_l` where the bit
/// is 1, and `z_l = a_l + c*r_l`, `z_i = a_i + c*s_i`.
fn coefficients(
    weights: &ListWeights,
    secret: &Secret<'_>,
    k: usize,
) -> Vec<Zeroizing<Vec<Scalar>>> {
    let length = 1 << k;
    // Without lists there are no bits to a list, and no chunk has length 0.
    let width = k.max(1);
    let bits = secret.bits.par_chunks(width).zip(secret.bit_masks.par_chunks(width));
    let powers = secret.powers.par_chunks(length).zip(secret.power_masks.par_chunks(length));
    let products: Vec<Vec<Zeroizing<Vec<Scalar>>>> = bits
        .zip(powers)
        .zip(&weights.lists)
        .map(|(((bits, bit_masks), (powers, power_masks)), of_list)| {
            let places = polynomials(of_list, &weights.places, bits, bit_masks);
            let powers = powers.iter().zip(power_masks);
            places.iter().zip(powers).map(|(f, (s, a))| times(f, s, a)).collect()
        })
        .collect();
    let of = |e: usize| {
        // Room for all from the start: a vector that grows leaves copies behind.
        let mut coefficients = Zeroizing::new(Vec::with_capacity(secret.powers.len()));
        coefficients.extend(products.iter().flatten().filter_map(|product| product.get(e)));
        coefficients
    };
    (0..=k).map(of).collect()
}

/// The weight of a list times every `F_i`, as ascending coefficients.
fn polynomials(
    of_list: &Scalar,
    places: &[Scalar],
    bits: &[Scalar],
    masks: &[Scalar],
) -> Vec<Zeroizing<Vec<Scalar>>> {
    let mut all: Vec<Zeroizing<Vec<Scalar>>> = vec![Zeroizing::new(vec![*of_list])];
    for ((r, a), y) in bits.iter().zip(masks).zip(places) {
        let (one, slope) = (Scalar::ONE, y - Scalar::ONE);
        let upper: Vec<_> = all.iter().map(|f| times(f, &(y - slope * r), &(-slope * a))).collect();
        all = all.iter().map(|f| times(f, &(one + slope * r), &(slope * a))).collect();
        all.extend(upper);
    }
    all
}

/// A polynomial times `linear*c + constant`.
fn times(f: &[Scalar], linear: &Scalar, constant: &Scalar) -> Zeroizing<Vec<Scalar>> {
    let mut product = Zeroizing::new(vec![Scalar::ZERO; f.len() + 1]);
    for (e, coefficient) in f.iter().enumerate() {
        product[e] += coefficient * constant;
        product[e + 1] += coefficient * linear;
    }
    product
}

/// `sum f_i X_i` over all lists.
fn combine(factors: &[Scalar], lists: &[Entries]) -> Ciphertext {
    let of = |half: fn(&Ciphertext) -> RistrettoPoint| {
        let points: Vec<RistrettoPoint> =
            lists.iter().flatten().map(|(entry, _)| half(entry)).collect();
        masked::combine(factors, &points)
    };
    Ciphertext { r: of(|c| c.r), e: of(|c| c.e) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_POINT, NO_SCALAR, blur, bump, context, encrypt, nudge, on_threads, other_contexts,
        other_generators, rng,
    };
    use curve25519_dalek::traits::IsIdentity as _;
    use talea_contract::{
        fiat_shamir::Weights,
        proofs::{
            ProofFault,
            shuffle::{absorb_responses, verify},
        },
    };
    use talea_protocol::{
        bytes::Point,
        masked::{Masked, VectorOpening},
    };

    const HEAD: Digest = Digest([8; 32]);
    const SECRET: u64 = 5;

    type Post = (Vec<WireCiphertext>, ShuffleProof);

    /// Lists of `2^k` counts: entry `i` of each encrypts `i - zero`, so that one is zero.
    fn lists(count: usize, k: u32, zero: u64) -> Vec<Entries> {
        let gens = Generators::derive();
        let quorum_key = gens.key * Scalar::from(SECRET);
        let mut rng = rng(1);
        let mut entry = |i: u64| {
            let message = Scalar::from(i) - Scalar::from(zero);
            let entry = encrypt(&gens, &quorum_key, &message, &Scalar::random(&mut rng));
            (entry, entry.encode())
        };
        (0..count).map(|_| (0..1u64 << k).map(&mut entry).collect()).collect()
    }

    fn opened(wire: &WireCiphertext) -> RistrettoPoint {
        let c = Ciphertext::decode(wire).unwrap();
        c.e - c.r * Scalar::from(SECRET)
    }

    fn inputs(lists: &[Entries]) -> Inputs<'_> {
        let quorum_key = Generators::derive().key * Scalar::from(SECRET);
        Inputs { head: HEAD, chunk: 3, quorum_key, lists }
    }

    fn statement<'a>(lists: &'a [Entries], outputs: &'a [WireCiphertext]) -> Statement<'a> {
        let Inputs { head, chunk, quorum_key, lists } = inputs(lists);
        Statement { head, chunk, quorum_key, lists, outputs }
    }

    /// Masks that count up from `first`.
    fn witness(lists: &[Entries], first: u8) -> Witness {
        let mut rng = rng(2);
        let moves = lists.iter().zip(0u8..).map(|(list, i)| {
            let powers = list.iter().map(|_| Scalar::random(&mut rng)).collect();
            Move::chosen(first.wrapping_add(i), powers)
        });
        Witness { moves: moves.collect() }
    }

    fn proved(lists: &[Entries], first: u8) -> Post {
        let witness = witness(lists, first);
        prove(&Generators::derive(), &context(), &inputs(lists), &witness, &mut rng(3)).unwrap()
    }

    fn verdict(lists: &[Entries], (outputs, proof): &Post) -> Result<(), ProofFault> {
        let statement = statement(lists, outputs);
        verify(&Generators::derive(), &context(), &statement, proof).map(|_| ())
    }

    #[test]
    fn every_length_is_proved_and_the_zero_goes_where_the_mask_says() {
        let gens = Generators::derive();
        for (count, k, zero) in [(1, 1, 0), (3, 1, 1), (2, 2, 1), (1, 3, 5), (1, 6, 40), (40, 2, 3)]
        {
            let lists = lists(count, k, zero);
            let (outputs, proof) = proved(&lists, 2);
            let shuffled = verify(&gens, &context(), &statement(&lists, &outputs), &proof).unwrap();
            assert_eq!(shuffled.len(), count);
            for (list, mask) in shuffled.iter().zip(2u64..) {
                assert_eq!(list.len(), 1 << k);
                let zeros: Vec<u64> = (0u64..)
                    .zip(list)
                    .filter(|(_, (_, wire))| opened(wire).is_identity())
                    .map(|(place, _)| place)
                    .collect();
                assert_eq!(zeros, [zero ^ (mask % (1 << k))]);
                assert!(list.iter().all(|(c, wire)| c.encode() == *wire));
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_lists_on_any_number_of_threads() {
        for (count, k) in [(150, 1), (40, 3), (6, 6)] {
            let lists = lists(count, k, 0);
            let post = on_threads(1, || proved(&lists, 2));
            assert_eq!(verdict(&lists, &post), Ok(()));
            for threads in [2, 7] {
                assert_eq!(on_threads(threads, || proved(&lists, 2)), post, "{threads} threads");
            }
        }
    }

    #[test]
    fn a_chunk_without_lists_is_proved_to_nobody() {
        let post = proved(&[], 1);
        assert!(matches!(verdict(&[], &post), Err(ProofFault::Length { .. })));
    }

    type Field<T> = Box<dyn Fn(&mut Post) -> &mut T>;
    type Change<T> = fn(&mut T);
    type Length = fn(&mut ShuffleProof, usize);

    fn edit<T: Clone, const MAX: usize>(list: &mut List<T, MAX>, change: impl FnOnce(&mut Vec<T>)) {
        let mut items = list.to_vec();
        change(&mut items);
        *list = List::new(items).unwrap();
    }

    #[test]
    fn every_field_of_a_post_counts() {
        let lists = lists(2, 2, 0);
        let post = proved(&lists, 1);
        assert_eq!(verdict(&lists, &post), Ok(()));
        let changed = |change: &dyn Fn(&mut Post)| {
            let mut other = post.clone();
            change(&mut other);
            verdict(&lists, &other)
        };
        let mut points: Vec<Field<Point>> = vec![
            Box::new(|(_, p)| &mut p.squares.linear),
            Box::new(|(_, p)| &mut p.squares.constant),
        ];
        for at in 0..8 {
            points.push(Box::new(move |(outputs, _)| &mut outputs[at].r));
            points.push(Box::new(move |(outputs, _)| &mut outputs[at].e));
        }
        for (i, field) in points.iter().enumerate() {
            let nudged = changed(&|post| *field(post) = nudge(field(post)));
            assert_eq!(nudged, Err(ProofFault::False), "point {i}");
            let malformed = changed(&|post| *field(post) = NO_POINT);
            assert_eq!(malformed, Err(ProofFault::NotCanonical), "point {i}");
        }
        let scalars: [Field<WireScalar>; 2] =
            [Box::new(|(_, p)| &mut p.squares.blinding), Box::new(|(_, p)| &mut p.mask)];
        for field in scalars {
            let bumped = changed(&|post| *field(post) = bump(field(post)));
            assert_eq!(bumped, Err(ProofFault::False));
            let malformed = changed(&|post| *field(post) = NO_SCALAR);
            assert_eq!(malformed, Err(ProofFault::NotCanonical));
        }
        let of_vectors: [(Change<VectorOpening>, ProofFault); 6] = [
            (|v| v.commitment = nudge(&v.commitment), ProofFault::False),
            (|v| v.announcement = nudge(&v.announcement), ProofFault::False),
            (|v| v.blinding = bump(&v.blinding), ProofFault::False),
            (|v| v.commitment = NO_POINT, ProofFault::NotCanonical),
            (|v| v.announcement = NO_POINT, ProofFault::NotCanonical),
            (|v| v.blinding = NO_SCALAR, ProofFault::NotCanonical),
        ];
        for (change, fault) in of_vectors {
            let moved = changed(&|(_, p)| edit(&mut p.moves, |v| change(&mut v[0])));
            assert_eq!(moved, Err(fault));
            let raised = changed(&|(_, p)| edit(&mut p.powers, |v| change(&mut v[0])));
            assert_eq!(raised, Err(fault));
        }
        let of_terms: [(Change<ShuffleTerm>, ProofFault); 6] = [
            (|t| t.ciphertext.r = nudge(&t.ciphertext.r), ProofFault::False),
            (|t| t.ciphertext.e = nudge(&t.ciphertext.e), ProofFault::False),
            (|t| t.mask = nudge(&t.mask), ProofFault::False),
            (|t| t.ciphertext.r = NO_POINT, ProofFault::NotCanonical),
            (|t| t.ciphertext.e = NO_POINT, ProofFault::NotCanonical),
            (|t| t.mask = NO_POINT, ProofFault::NotCanonical),
        ];
        for (change, fault) in of_terms {
            for e in 0..3 {
                let other = changed(&|(_, p)| edit(&mut p.polynomial, |t| change(&mut t[e])));
                assert_eq!(other, Err(fault), "term {e}");
            }
        }
        for bit in 0..4 {
            let other = changed(&|(_, p)| edit(&mut p.masked, |z| z[bit] = blur(&z[bit])));
            assert_eq!(other, Err(ProofFault::False), "bit {bit}");
        }
        for entry in 0..8 {
            let other = changed(&|(_, p)| edit(&mut p.raised, |z| z[entry] = bump(&z[entry])));
            assert_eq!(other, Err(ProofFault::False), "power {entry}");
            let other = changed(&|(_, p)| edit(&mut p.raised, |z| z[entry] = NO_SCALAR));
            assert_eq!(other, Err(ProofFault::NotCanonical), "power {entry}");
        }
        assert_eq!(changed(&|(outputs, _)| outputs.swap(0, 1)), Err(ProofFault::False));
    }

    #[test]
    fn weights_depend_on_every_response() {
        // A verifier alone has them, so neither prover nor vector would notice one left out.
        let (_, proof) = proved(&lists(1, 1, 0), 1);
        let weight = |proof: &ShuffleProof| {
            let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, &context());
            absorb_responses(&mut fs, proof);
            Weights::after([fs]).draw()
        };
        let changes: [fn(&mut ShuffleProof); 7] = [
            |p| p.mask = bump(&p.mask),
            |p| p.squares.blinding = bump(&p.squares.blinding),
            |p| edit(&mut p.masked, |z| z[0] = blur(&z[0])),
            |p| edit(&mut p.raised, |z| z[0] = bump(&z[0])),
            |p| edit(&mut p.raised, |z| z[1] = bump(&z[1])),
            |p| edit(&mut p.moves, |v| v[0].blinding = bump(&v[0].blinding)),
            |p| edit(&mut p.powers, |v| v[0].blinding = bump(&v[0].blinding)),
        ];
        for change in changes {
            let mut other = proof.clone();
            change(&mut other);
            assert_ne!(weight(&other), weight(&proof));
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let lists = lists(1, 2, 0);
        let post = proved(&lists, 3);
        let (outputs, proof) = &post;
        let right = statement(&lists, outputs);
        let at = |gens: &Generators, context: &Context, statement: Statement<'_>| {
            verify(gens, context, &statement, proof).map(|_| ())
        };
        assert_eq!(at(&gens, &context(), right), Ok(()));
        for statement in [
            Statement { chunk: 4, ..right },
            Statement { head: Digest([9; 32]), ..right },
            Statement { quorum_key: right.quorum_key + gens.key, ..right },
        ] {
            assert_eq!(at(&gens, &context(), statement), Err(ProofFault::False));
        }
        for other in other_contexts() {
            assert_eq!(at(&gens, &other, right), Err(ProofFault::False), "{other:?}");
        }
        let mut other_vector = gens.clone();
        other_vector.vector = gens.vector.with(1, gens.key);
        for other in other_generators().into_iter().chain([other_vector]) {
            assert_eq!(at(&other, &context(), right), Err(ProofFault::False));
        }
        for entry in 0..4 {
            let changes: [fn(&mut Ciphertext, &Generators); 2] =
                [|c, gens| c.r += gens.key, |c, gens| c.e += gens.value];
            for change in changes {
                let mut other = lists.clone();
                let (c, wire) = &mut other[0][entry];
                change(c, &gens);
                *wire = c.encode();
                assert_eq!(verdict(&other, &post), Err(ProofFault::False));
            }
        }
        let mut other = lists.clone();
        other[0].swap(0, 1);
        assert_eq!(verdict(&other, &post), Err(ProofFault::False));
    }

    #[test]
    fn an_identity_or_a_zero_power_is_refused() {
        let gens = Generators::derive();
        let lists = lists(1, 1, 0);
        for zero in [[true, false], [false, true], [true, true]] {
            let powers = zero.map(|zero| if zero { Scalar::ZERO } else { Scalar::from(7u8) });
            let witness = Witness { moves: vec![Move::chosen(1, powers.to_vec())] };
            let post = prove(&gens, &context(), &inputs(&lists), &witness, &mut rng(3)).unwrap();
            assert_eq!(verdict(&lists, &post), Err(ProofFault::Identity));
        }
        let mut public = lists;
        let c = Ciphertext::trivial(gens.value);
        public[0][1] = (c, c.encode());
        assert_eq!(verdict(&public, &proved(&public, 0)), Err(ProofFault::Identity));
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let all = lists(2, 1, 0);
        let post = proved(&all, 0);
        let length = |expected, actual| Err(ProofFault::Length { expected, actual });
        let changed = |change: &dyn Fn(&mut Post)| {
            let mut other = post.clone();
            change(&mut other);
            verdict(&all, &other)
        };
        assert_eq!(changed(&|(outputs, _)| outputs.truncate(3)), length(4, 3));
        assert_eq!(verdict(&all[..1], &post), length(2, 4));
        assert_eq!(verdict(&[], &(Vec::new(), post.1.clone())), length(1, 0));
        let mut ragged = all.clone();
        ragged[1].push(all[0][0]);
        assert_eq!(verdict(&ragged, &post), length(2, 3));
        let single = vec![vec![all[0][0]]];
        assert_eq!(verdict(&single, &post), length(2, 1));
        let lengths: [(Length, usize); 5] = [
            (|p, n| edit(&mut p.moves, |v| v.resize(n, v[0])), 1),
            (|p, n| edit(&mut p.powers, |v| v.resize(n, v[0])), 1),
            (|p, n| edit(&mut p.polynomial, |v| v.resize(n, v[0])), 2),
            (|p, n| edit(&mut p.masked, |v| v.resize(n, v[0])), 2),
            (|p, n| edit(&mut p.raised, |v| v.resize(n, v[0])), 4),
        ];
        for (resize, expected) in lengths {
            for actual in [expected - 1, expected + 1] {
                let other = changed(&|(_, proof)| resize(proof, actual));
                assert_eq!(other, length(expected, actual));
            }
        }
    }

    /// Neither mask nor powers stand in a post: with the same nonces two masks leave nothing alike but the
    /// commitments to what they share.
    #[test]
    fn moves_are_not_told_apart_by_what_is_posted() {
        let lists = lists(1, 1, 0);
        let posts = [0, 1].map(|mask| proved(&lists, mask).1);
        let scalars = |proof: &ShuffleProof| -> Vec<[u8; 32]> {
            proof
                .raised
                .iter()
                .map(|z| z.0)
                .chain([proof.mask.0, proof.squares.blinding.0])
                .collect()
        };
        let [one, other] = posts.each_ref().map(scalars);
        assert!(one.iter().all(|scalar| !other.contains(scalar) && *scalar != [0; 32]));
        let bits: [&Masked; 2] = posts.each_ref().map(|proof| &proof.masked[0]);
        assert_ne!(bits[0], bits[1]);
    }
}
