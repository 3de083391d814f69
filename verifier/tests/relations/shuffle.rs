//! What passes `proofs::shuffle`, and what does not.

use std::sync::Arc;

use crate::{
    fiat_shamir::Context,
    group::{Cipher, QuorumKey, bases, decode_scalar, encode, encode_scalar},
    proofs::{ProofError, blind::Item, shuffle::*, turns::cut},
    provers::{self, Announced, Move},
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::Identity as _};
use talea_protocol::{
    bytes::{Digest, List, Point, Scalar as WireScalar},
    masked::VectorOpening,
    ranking::ShuffleProof,
    sealed_bid::Ciphertext,
    terms::AuctionId,
};

#[derive(Clone)]
struct Case {
    context: Context,
    head: Digest,
    chunk: u32,
    key: QuorumKey,
    inputs: Vec<Vec<Ciphertext>>,
    outputs: Vec<Ciphertext>,
    proof: ShuffleProof,
}

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        let Self { context, head, chunk, key, inputs, outputs, proof } = self;
        verify(context, head, *chunk, &key.wire, inputs, outputs, proof)
    }

    /// Changed like this.
    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = self.clone();
        change(&mut case);
        case
    }

    fn lists(&self) -> Lists {
        let item = |wire: &Ciphertext| Item { cipher: Cipher::decode(wire).unwrap(), wire: *wire };
        let entries = self.inputs.iter().flatten().map(item).collect();
        Lists::new(self.inputs[0].len().ilog2(), entries).unwrap()
    }

    /// What a closure sees of the message with its challenges.
    fn challenged<T>(&self, see: impl Fn(&Challenged<'_, '_>) -> T) -> T {
        let (inputs, post) = (self.lists(), decode(&self.outputs, &self.proof).unwrap());
        see(&challenge(&self.message(&inputs, &post)))
    }

    fn message<'a>(&'a self, inputs: &'a Lists, post: &'a Decoded) -> Message<'a> {
        let Self { context, head, chunk, key, .. } = self;
        Message { context: *context, head: *head, chunk: *chunk, quorum_key: key, inputs, post }
    }
}

fn lists(key: &RistrettoPoint, lists: usize, length: usize) -> Vec<Vec<Cipher>> {
    let mut rng = provers::rng(80);
    let mut list = |_| {
        let entry = |i: usize| provers::encrypt(&mut rng, key, i as u64);
        (0..length).map(entry).collect()
    };
    (0..lists).map(&mut list).collect()
}

/// So many lists of `2^k` entries, moved and raised at random.
fn honest(count: usize, k: usize) -> Case {
    case_of(count, k, |_| ())
}

/// A keyholder that says something else of them.
fn case_of(count: usize, k: usize, lie: impl FnOnce(&mut Vec<Move>)) -> Case {
    case_with(count, k, lie, |_| ())
}

/// And changes what it announces.
fn case_with(
    count: usize,
    k: usize,
    lie: impl FnOnce(&mut Vec<Move>),
    announce: impl FnOnce(&mut Announced),
) -> Case {
    let mut rng = provers::rng(81);
    let key = QuorumKey::new(RistrettoPoint::random(&mut rng));
    let mut moves = (0..count).map(|_| Move::random(&mut rng, k)).collect();
    lie(&mut moves);
    let lists = lists(&key.point, count, 1 << k);
    let (context, head) = (provers::context(4), Digest([5; 32]));
    let (outputs, proof) =
        provers::shuffle_with(&mut rng, &context, &head, 6, &key.point, &lists, &moves, announce);
    let inputs = lists.iter().map(|list| list.iter().map(Cipher::encode).collect()).collect();
    Case { context, head, chunk: 6, key, inputs, outputs, proof }
}

fn refused(case: &Case) -> bool {
    let sentence = "the proof of the shuffle does not hold";
    case.verify().is_err_and(|error| error.to_string() == sentence)
}

fn number(n: u64) -> WireScalar {
    WireScalar(Scalar::from(n).to_bytes())
}

fn plus(scalar: &mut WireScalar, more: Scalar) {
    *scalar = encode_scalar(&(decode_scalar(scalar).unwrap() + more));
}

/// One of a list, changed.
fn change<T: Clone, const MAX: usize>(
    list: &mut List<T, MAX>,
    at: usize,
    change: impl FnOnce(&mut T),
) {
    resize(list, |items| change(&mut items[at]));
}

fn resize<T: Clone, const MAX: usize>(list: &mut List<T, MAX>, change: impl FnOnce(&mut Vec<T>)) {
    let mut items = list.to_vec();
    change(&mut items);
    *list = List::new(items).unwrap();
}

#[test]
fn lists_of_every_length_pass() {
    for (count, k) in [(1, 1), (3, 1), (2, 2), (1, 3), (2, 3), (1, 4), (1, 5), (1, 6)] {
        assert_eq!(honest(count, k).verify(), Ok(()), "{count} lists of 2^{k}");
    }
}

#[test]
fn there_is_one_vector_for_every_64_bits_and_powers() {
    // Of bits and of powers: a vector that is full, and one more; lists that two vectors share.
    for (count, k, moves, powers) in [(32, 1, 1, 1), (33, 1, 1, 2), (65, 1, 2, 3), (22, 3, 2, 3)] {
        let good = honest(count, k);
        assert_eq!((good.proof.moves.len(), good.proof.powers.len()), (moves, powers));
        assert_eq!(good.verify(), Ok(()), "{count} lists of 2^{k}");
    }
}

/// Where every entry goes.
#[test]
fn entries_are_moved_by_a_mask_of_their_places() {
    for r in 0..8 {
        let case = case_of(1, 3, |moves| moves[0] = Move::of(3, r, &[Scalar::ONE; 8]));
        assert_eq!(case.verify(), Ok(()));
        for i in 0..8 {
            assert_eq!(case.outputs[i ^ r], case.inputs[0][i]);
        }
    }
    let powers: Vec<Scalar> = (1..5u8).map(Scalar::from).collect();
    let case = case_of(1, 2, |moves| moves[0] = Move::of(2, 1, &powers));
    assert_eq!(case.verify(), Ok(()));
    for i in 0..4 {
        let input = Cipher::decode(&case.inputs[0][i]).unwrap();
        assert_eq!(Cipher::decode(&case.outputs[i ^ 1]).unwrap(), input.times(i as u32 + 1));
    }
}

#[test]
fn the_statement_is_bound() {
    let case = honest(2, 2);
    let changes: [&dyn Fn(&mut Case); 9] = [
        &|c| c.context.step ^= 1,
        &|c| c.context.lot ^= 1,
        &|c| c.context.round ^= 1,
        &|c| c.context.signer.0[0] ^= 1,
        &|c| c.context.auction = AuctionId([0; 32]),
        &|c| c.head = Digest([6; 32]),
        &|c| c.chunk += 1,
        &|c| c.key = QuorumKey::new(c.key.point + bases().g),
        &|c| c.inputs.swap(0, 1),
    ];
    for (n, change) in changes.iter().enumerate() {
        assert!(refused(&case.with(change)), "change {n}");
    }
    for list in 0..2 {
        for i in 0..4 {
            assert!(refused(&case.with(|c| c.inputs[list][i].e = bases().g_wire)));
            assert!(refused(&case.with(|c| c.inputs[list][i].r = bases().g_wire)));
            assert!(refused(&case.with(|c| c.outputs[list * 4 + i].e = bases().g_wire)));
            assert!(refused(&case.with(|c| c.outputs[list * 4 + i].r = bases().g_wire)));
        }
        assert!(refused(&case.with(|c| c.inputs[list].swap(0, 1))));
        assert!(refused(&case.with(|c| c.outputs.swap(list * 4, list * 4 + 1))));
    }
}

/// The challenges of a message, and what it depends on.
fn drawn(case: &Case) -> ([Vec<Scalar>; 3], Scalar) {
    case.challenged(|one| ([one.y.clone(), one.u.clone(), one.g.clone()], one.c))
}

/// What stands in the statement is in the weights, and what the prover says before the challenge is in the
/// challenge: the equations alone do not show it.
#[test]
fn the_challenges_depend_on_all_that_is_said_before_them() {
    let case = honest(33, 1);
    let before = drawn(&case);
    assert_eq!(before.0.each_ref().map(Vec::len), [1, 33, 33]);
    let k = bases().k_wire;
    let of_weights: [&dyn Fn(&mut Case); 15] = [
        &|c| c.context.step ^= 1,
        &|c| c.head = Digest([6; 32]),
        &|c| c.chunk += 1,
        &|c| c.key = QuorumKey::new(bases().g),
        &|c| c.inputs[0][1].r = k,
        &|c| c.inputs[32][0].e = k,
        &|c| c.outputs[1].r = k,
        &|c| c.outputs[64].e = k,
        &|c| c.outputs.swap(1, 2),
        &|c| c.inputs.swap(1, 2),
        &|c| change(&mut c.proof.moves, 0, |v| v.commitment = k),
        &|c| change(&mut c.proof.powers, 0, |v| v.commitment = k),
        &|c| change(&mut c.proof.powers, 1, |v| v.commitment = k),
        &|c| resize(&mut c.proof.powers, |v| v.swap(0, 1)),
        &|c| {
            let (a, b) = (c.proof.moves[0].commitment, c.proof.powers[0].commitment);
            change(&mut c.proof.moves, 0, |v| v.commitment = b);
            change(&mut c.proof.powers, 0, |v| v.commitment = a);
        },
    ];
    for (n, change) in of_weights.iter().enumerate() {
        let (weights, c) = drawn(&case.with(change));
        for (weights, before) in weights.iter().zip(&before.0) {
            assert!(weights.iter().zip(before).all(|(one, other)| one != other), "change {n}");
        }
        assert_ne!(c, before.1, "change {n}");
    }
    let of_challenge: [&dyn Fn(&mut Case); 10] = [
        &|c| change(&mut c.proof.moves, 0, |v| v.announcement = k),
        &|c| change(&mut c.proof.powers, 0, |v| v.announcement = k),
        &|c| change(&mut c.proof.powers, 1, |v| v.announcement = k),
        &|c| c.proof.squares.linear = k,
        &|c| c.proof.squares.constant = k,
        &|c| change(&mut c.proof.polynomial, 0, |d| d.ciphertext.r = k),
        &|c| change(&mut c.proof.polynomial, 1, |d| d.ciphertext.e = k),
        &|c| change(&mut c.proof.polynomial, 0, |d| d.mask = k),
        &|c| change(&mut c.proof.polynomial, 1, |d| d.mask = k),
        &|c| resize(&mut c.proof.polynomial, |d| d.swap(0, 1)),
    ];
    for (n, change) in of_challenge.iter().enumerate() {
        let (weights, c) = drawn(&case.with(change));
        assert_eq!(weights, before.0, "change {n}");
        assert_ne!(c, before.1, "change {n}");
    }
}

/// Each equation by itself: everything else of these proofs is as it must be.
#[test]
fn a_vector_commits_to_the_bits_that_are_answered_for() {
    for (list, bit) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let other = |moves: &mut Vec<Move>| {
            let committed = &mut moves[list].committed_bits[bit];
            *committed = Scalar::ONE - *committed;
        };
        assert!(refused(&case_of(2, 2, other)), "bit {bit} of list {list}");
    }
    let last = |moves: &mut Vec<Move>| moves[64].committed_bits[0] += Scalar::ONE;
    assert!(refused(&case_of(65, 1, last)), "the last of the second vector");
}

#[test]
fn a_power_vector_commits_to_the_powers_that_are_answered_for() {
    for (list, i) in [(0, 0), (0, 3), (1, 0), (1, 3)] {
        let other = |moves: &mut Vec<Move>| moves[list].committed_powers[i] += Scalar::ONE;
        assert!(refused(&case_of(2, 2, other)), "power {i} of list {list}");
    }
    let last = |moves: &mut Vec<Move>| moves[32].committed_powers[1] += Scalar::ONE;
    assert!(refused(&case_of(33, 1, last)), "the last of the second vector");
}

#[test]
fn a_bit_of_a_move_is_zero_or_one() {
    for (list, bit) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for value in [Scalar::from(2u8), -Scalar::ONE] {
            let other = |moves: &mut Vec<Move>| {
                moves[list].bits[bit] = value;
                moves[list].committed_bits[bit] = value;
            };
            assert!(refused(&case_of(2, 2, other)), "bit {bit} of list {list}");
        }
    }
}

#[test]
fn an_output_is_the_raised_entry_in_both_components() {
    let (none, g, k) = (RistrettoPoint::identity(), bases().g, bases().k);
    for surplus in [Cipher { r: k, e: none }, Cipher { r: none, e: g }] {
        for (list, j) in [(0, 0), (0, 3), (1, 0), (1, 3)] {
            let other = |moves: &mut Vec<Move>| moves[list].surplus[j] = surplus;
            assert!(refused(&case_of(2, 2, other)), "output {j} of list {list}");
        }
        // What cancels in the sum of a list, and in the sum of the same place over lists.
        let within = |moves: &mut Vec<Move>| {
            (moves[0].surplus[1], moves[0].surplus[2]) = (surplus, -surplus);
        };
        assert!(refused(&case_of(2, 2, within)));
        let between = |moves: &mut Vec<Move>| {
            (moves[0].surplus[1], moves[1].surplus[1]) = (surplus, -surplus);
        };
        assert!(refused(&case_of(2, 2, between)));
    }
}

/// An encryption of zero that `h` makes up for: only the masks of the polynomial tell.
#[test]
fn an_output_hides_no_encryption_of_zero() {
    for (list, j) in [(0, 0), (0, 3), (1, 2)] {
        let other = |moves: &mut Vec<Move>| moves[list].hidden[j] = Scalar::from(7u8);
        assert!(refused(&case_of(2, 2, other)), "output {j} of list {list}");
    }
    // With it a power of 0 leaves no `O`, and an entry that opens to zero.
    let zero = |moves: &mut Vec<Move>| {
        moves[0] = Move::of(1, 1, &[Scalar::ZERO, Scalar::ONE]);
        moves[0].hidden[1] = Scalar::from(7u8);
    };
    let case = case_of(1, 1, zero);
    assert_ne!(case.outputs[1].r, Point::IDENTITY);
    assert!(refused(&case));
}

/// A power of 0 has a proof, and is refused for what it leaves.
#[test]
fn a_zero_power_is_refused() {
    for powers in [[Scalar::ZERO, Scalar::ONE], [Scalar::ONE, Scalar::ZERO]] {
        for r in 0..2 {
            let case = case_of(1, 1, |moves| moves[0] = Move::of(1, r, &powers));
            assert!(matches!(case.verify(), Err(ProofError::Identity(_))));
        }
    }
    // The second component may be `O`.
    let key = RistrettoPoint::random(&mut provers::rng(1));
    let list = vec![Cipher { r: bases().k, e: RistrettoPoint::identity() }; 2];
    let (context, head) = (provers::context(4), Digest([5; 32]));
    let mut rng = provers::rng(2);
    let lists = [list];
    let (outputs, proof) = provers::shuffle(&mut rng, &context, &head, 0, &key, &lists);
    let inputs = [lists[0].iter().map(Cipher::encode).collect()];
    assert_eq!(verify(&context, &head, 0, &encode(&key), &inputs, &outputs, &proof), Ok(()));
}

#[test]
fn every_part_of_the_proof_counts() {
    let good = honest(33, 1);
    assert_eq!(good.verify(), Ok(()));
    let point = encode(&bases().h);
    type Vectors = List<VectorOpening, { talea_protocol::limits::MAX_VECTORS }>;
    let vectors: [fn(&mut ShuffleProof) -> &mut Vectors; 2] = [|p| &mut p.moves, |p| &mut p.powers];
    for vectors in vectors {
        for at in 0..vectors(&mut good.proof.clone()).len() {
            let changes: [&dyn Fn(&mut VectorOpening); 3] =
                [&|v| v.commitment = point, &|v| v.announcement = point, &|v| {
                    v.blinding = number(5)
                }];
            for one in changes {
                assert!(refused(&good.with(|c| change(vectors(&mut c.proof), at, one))));
            }
        }
    }
    let changes: [&dyn Fn(&mut ShuffleProof); 14] = [
        &|p| p.squares.linear = point,
        &|p| p.squares.constant = point,
        &|p| p.squares.blinding = number(5),
        &|p| change(&mut p.polynomial, 0, |d| d.ciphertext.r = point),
        &|p| change(&mut p.polynomial, 0, |d| d.ciphertext.e = point),
        &|p| change(&mut p.polynomial, 0, |d| d.mask = point),
        &|p| change(&mut p.polynomial, 1, |d| d.ciphertext.r = point),
        &|p| change(&mut p.polynomial, 1, |d| d.ciphertext.e = point),
        &|p| change(&mut p.polynomial, 1, |d| d.mask = point),
        &|p| change(&mut p.masked, 0, |z| z.0[0] ^= 1),
        &|p| change(&mut p.masked, 32, |z| z.0[17] ^= 1),
        &|p| change(&mut p.raised, 0, |s| *s = number(5)),
        &|p| change(&mut p.raised, 65, |s| *s = number(5)),
        &|p| p.mask = number(5),
    ];
    for (n, change) in changes.iter().enumerate() {
        assert!(refused(&good.with(|c| change(&mut c.proof))), "change {n}");
    }
}

/// No challenge depends on a response, so nothing but this shows that the weights of a fold do.
#[test]
fn the_weights_depend_on_every_response() {
    let good = honest(65, 1);
    let changes: [&dyn Fn(&mut ShuffleProof); 13] = [
        &|_| (),
        &|p| change(&mut p.masked, 0, |z| z.0[0] ^= 1),
        &|p| change(&mut p.masked, 64, |z| z.0[17] ^= 1),
        &|p| change(&mut p.raised, 0, |s| *s = number(5)),
        &|p| change(&mut p.raised, 129, |s| *s = number(5)),
        &|p| change(&mut p.moves, 0, |v| v.blinding = number(5)),
        &|p| change(&mut p.moves, 1, |v| v.blinding = number(5)),
        &|p| change(&mut p.powers, 0, |v| v.blinding = number(5)),
        &|p| change(&mut p.powers, 2, |v| v.blinding = number(5)),
        &|p| p.squares.blinding = number(5),
        &|p| p.mask = number(5),
        // What a challenge depends on.
        &|p| change(&mut p.polynomial, 1, |d| d.mask = bases().h_wire),
        &|p| p.squares.constant = bases().h_wire,
    ];
    let mut seen = Vec::new();
    for (n, change) in changes.iter().enumerate() {
        let binding = good.with(|c| change(&mut c.proof)).challenged(|one| one.binding);
        assert!(!seen.contains(&binding), "change {n}");
        seen.push(binding);
    }
}

/// What is announced in each equation, one after the other: `A` of two vectors of moves and of three of
/// powers; `T_0`; `N_0`; both components of `D_0`.
const ANNOUNCED: [fn(&mut Announced) -> &mut RistrettoPoint; 9] = [
    |said| &mut said.vectors[0][0],
    |said| &mut said.vectors[0][1],
    |said| &mut said.vectors[1][0],
    |said| &mut said.vectors[1][1],
    |said| &mut said.vectors[1][2],
    |said| &mut said.constant,
    |said| &mut said.terms[0].1,
    |said| &mut said.terms[0].0.r,
    |said| &mut said.terms[0].0.e,
];

/// Each equation is asked for, and two of which each fails by as much do not make one another good: they have
/// weights of their own.
#[test]
fn no_equation_is_left_out_and_no_two_share_a_weight() {
    let case = |announce: &dyn Fn(&mut Announced)| case_with(65, 1, |_| (), announce);
    let off = bases().h;
    for (n, one) in ANNOUNCED.iter().enumerate() {
        assert!(refused(&case(&|said| *one(said) += off)), "equation {n}");
        for (m, other) in ANNOUNCED.iter().enumerate().skip(n + 1) {
            let both = |said: &mut Announced| {
                *one(said) += off;
                *other(said) -= off;
            };
            assert!(refused(&case(&both)), "equations {n} and {m}");
        }
    }
}

#[test]
fn form() {
    let good = honest(2, 2);
    let (garbage, large) = (Point([0xff; 32]), WireScalar([0xff; 32]));
    let canonical: [&dyn Fn(&mut Case); 17] = [
        &|c| c.outputs[1].r = garbage,
        &|c| c.outputs[7].e = garbage,
        &|c| c.inputs[0][2].e = garbage,
        &|c| change(&mut c.proof.moves, 0, |v| v.commitment = garbage),
        &|c| change(&mut c.proof.moves, 0, |v| v.announcement = garbage),
        &|c| change(&mut c.proof.moves, 0, |v| v.blinding = large),
        &|c| change(&mut c.proof.powers, 0, |v| v.commitment = garbage),
        &|c| change(&mut c.proof.powers, 0, |v| v.announcement = garbage),
        &|c| change(&mut c.proof.powers, 0, |v| v.blinding = large),
        &|c| c.proof.squares.linear = garbage,
        &|c| c.proof.squares.constant = garbage,
        &|c| c.proof.squares.blinding = large,
        &|c| change(&mut c.proof.polynomial, 2, |d| d.ciphertext.r = garbage),
        &|c| change(&mut c.proof.polynomial, 2, |d| d.ciphertext.e = garbage),
        &|c| change(&mut c.proof.polynomial, 2, |d| d.mask = garbage),
        &|c| change(&mut c.proof.raised, 7, |p| *p = large),
        &|c| c.proof.mask = large,
    ];
    for (n, change) in canonical.iter().enumerate() {
        let error = good.with(change).verify();
        assert!(matches!(error, Err(ProofError::NotCanonical(_))), "change {n}");
    }
    let lengths: [&dyn Fn(&mut Case); 21] = [
        &|c| c.outputs.truncate(4),
        &|c| c.outputs.truncate(7),
        &|c| c.outputs.push(c.outputs[0]),
        &|c| c.outputs.clear(),
        &|c| c.inputs.clear(),
        &|c| c.inputs[0].truncate(3),
        &|c| c.inputs[0].truncate(1),
        &|c| c.inputs.truncate(1),
        &|c| c.inputs.push(c.inputs[0].clone()),
        &|c| c.inputs.push(vec![c.inputs[0][0]; 2]),
        &|c| c.inputs.push(Vec::new()),
        &|c| resize(&mut c.proof.moves, |v| v.clear()),
        &|c| resize(&mut c.proof.moves, |v| v.push(v[0])),
        &|c| resize(&mut c.proof.powers, |v| v.clear()),
        &|c| resize(&mut c.proof.powers, |v| v.push(v[0])),
        &|c| resize(&mut c.proof.polynomial, |d| d.truncate(2)),
        &|c| resize(&mut c.proof.polynomial, |d| d.clear()),
        &|c| resize(&mut c.proof.polynomial, |d| d.push(d[0])),
        &|c| resize(&mut c.proof.masked, |z| z.truncate(3)),
        &|c| resize(&mut c.proof.raised, |p| p.truncate(7)),
        &|c| resize(&mut c.proof.raised, |p| p.push(p[0])),
    ];
    for (n, change) in lengths.iter().enumerate() {
        let error = good.with(change).verify();
        assert!(matches!(error, Err(ProofError::Length { .. })), "change {n}: {error:?}");
    }
    // Of the inputs as well.
    let public = good.with(|c| c.inputs[1][3].r = Point::IDENTITY).verify();
    assert!(matches!(public, Err(ProofError::Identity(_))));
}

/// The same entries as lists of another length: a proof of its own, and not of these lists.
#[test]
fn the_length_of_the_lists_is_the_statements() {
    let mut case = honest(2, 2);
    case.inputs = vec![case.inputs.concat()];
    assert!(matches!(case.verify(), Err(ProofError::Length { .. })));
    let mut case = honest(1, 3);
    case.inputs = case.inputs[0].chunks(4).map(<[_]>::to_vec).collect();
    assert!(matches!(case.verify(), Err(ProofError::Length { .. })));
}

/// What is off in one message must not be made good by another of the same fold.
#[test]
fn no_two_messages_share_a_weight() {
    let mut cases = [honest(1, 2), honest(1, 2)];
    for (case, more) in cases.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
        change(&mut case.proof.moves, 0, |v| plus(&mut v.blinding, more));
    }
    let parts: Vec<(Lists, Decoded)> =
        cases.iter().map(|c| (c.lists(), decode(&c.outputs, &c.proof).unwrap())).collect();
    let messages: Vec<Message<'_>> =
        cases.iter().zip(&parts).map(|(case, (inputs, post))| case.message(inputs, post)).collect();
    assert_eq!(cut(&messages).len(), 1, "they are folded together");
    assert!(judge(&messages).iter().all(Option::is_some));
}

/// Three turns in a row on the same lists, and one elsewhere on lists of another length, folded together.
#[test]
fn turns_in_a_row_are_judged_one_by_one() {
    let mut rng = provers::rng(42);
    let key = QuorumKey::new(RistrettoPoint::random(&mut rng));
    let head = Digest([6; 32]);
    let start = |k: usize| {
        let entries = lists(&key.point, 2, 1 << k).concat();
        Lists::new(k as u32, entries.into_iter().map(Item::of).collect()).unwrap()
    };
    let starts = [start(2), start(1)];
    // Turns 0, 2 and 3 follow one another; turn 1 stands by itself.
    for bad in [None, Some(0), Some(1), Some(2), Some(3)] {
        let mut rows: [Vec<(Decoded, Context)>; 2] = [Vec::new(), Vec::new()];
        for (n, row) in [0usize, 1, 0, 0].into_iter().enumerate() {
            let context = provers::context(n as u8);
            let inputs =
                rows[row].last().map_or(&starts[row], |(post, _)| Arc::as_ref(&post.outputs));
            let ciphers: Vec<Cipher> = inputs.entries.iter().map(|entry| entry.cipher).collect();
            let ciphers: Vec<Vec<Cipher>> =
                ciphers.chunks(inputs.length()).map(<[_]>::to_vec).collect();
            let mut rng = provers::rng(n as u64);
            let (outputs, mut proof) =
                provers::shuffle(&mut rng, &context, &head, 1, &key.point, &ciphers);
            if bad == Some(n) {
                change(&mut proof.raised, 2, |p| plus(p, Scalar::ONE));
            }
            rows[row].push((decode(&outputs, &proof).unwrap(), context));
        }
        let message = |row: usize, turn: usize| {
            let (post, context) = &rows[row][turn];
            let inputs = match turn.checked_sub(1) {
                None => &starts[row],
                Some(before) => &rows[row][before].0.outputs,
            };
            let context = *context;
            Message { context, head, chunk: 1, quorum_key: &key, inputs, post }
        };
        let messages = [message(0, 0), message(1, 0), message(0, 1), message(0, 2)];
        assert_eq!(cut(&messages).len(), 1);
        let order: Vec<usize> = cut(&messages).concat().iter().map(|(at, _)| *at).collect();
        assert_eq!(order, [0, 2, 3, 1]);
        let expected: Vec<Option<ProofError>> = (0..4)
            .map(|n| {
                let named = ProofError::Equation("the proof of the shuffle".into());
                (bad == Some(n)).then_some(named)
            })
            .collect();
        assert_eq!(judge(&messages), expected);
    }
    assert_eq!(judge(&[]), vec![]);
}

#[test]
#[ignore = "a measurement"]
fn lists_of_sixteen_in_microseconds() {
    use crate::{group, whole_auctions::processor_seconds};
    const LISTS: usize = 64;
    let mut rng = provers::rng(90);
    let key = QuorumKey::new(RistrettoPoint::random(&mut rng));
    let (context, head) = (provers::context(4), Digest([5; 32]));
    let start = lists(&key.point, LISTS, 16).concat().into_iter().map(Item::of).collect();
    let start = Lists::new(4, start).unwrap();
    // Turns in a row.
    let mut posts: Vec<(Vec<Ciphertext>, ShuffleProof)> = Vec::new();
    let mut turns: Vec<Decoded> = Vec::new();
    for _ in 0..3 {
        let inputs = turns.last().map_or(&start, |turn| Arc::as_ref(&turn.outputs));
        let ciphers: Vec<Cipher> = inputs.entries.iter().map(|entry| entry.cipher).collect();
        let ciphers: Vec<Vec<Cipher>> = ciphers.chunks(16).map(<[_]>::to_vec).collect();
        let post = provers::shuffle(&mut rng, &context, &head, 1, &key.point, &ciphers);
        turns.push(decode(&post.0, &post.1).unwrap());
        posts.push(post);
    }
    // The least of many: the machine may be busy with other things.
    let per_list = |what: &str, turns: usize, work: &mut dyn FnMut()| {
        let seconds = (0..7).map(|_| {
            let before = processor_seconds();
            (0..40).for_each(|_| work());
            (processor_seconds() - before) / 40.0
        });
        let least = seconds.min_by(f64::total_cmp).unwrap();
        println!("{what}: {:.1} us per list and turn", least * 1e6 / (LISTS * turns) as f64);
    };
    let points: Vec<Point> = posts[0].0.iter().flat_map(|z| [z.r, z.e]).collect();
    per_list("decompression of the outputs", 1, &mut || {
        assert!(points.iter().all(|point| group::decode(point).is_some()));
    });
    per_list("decoding", 1, &mut || drop(decode(&posts[0].0, &posts[0].1).unwrap()));
    for count in 1..=3 {
        let messages: Vec<Message<'_>> = (0..count)
            .map(|n: usize| Message {
                context,
                head,
                chunk: 1,
                quorum_key: &key,
                inputs: n.checked_sub(1).map_or(&start, |n| &turns[n].outputs),
                post: &turns[n],
            })
            .collect();
        per_list("hashing", count, &mut || messages.iter().for_each(|m| drop(challenge(m))));
        per_list(&format!("judging, {count} in a row"), count, &mut || {
            assert!(judge(&messages).iter().all(Option::is_none));
        });
    }
}
