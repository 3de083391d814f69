//! What passes `proofs::gate`, and what does not.

use std::sync::Arc;

use crate::{
    fiat_shamir::Context,
    group::{Cipher, QuorumKey, bases, decode_scalar, encode, encode_scalar},
    proofs::{ProofError, gate::*, turns::cut},
    provers::{self, Turn},
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::Identity as _};
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    ranking::{GateProof, GateTurn},
    sealed_bid::Ciphertext,
};

struct Case {
    context: Context,
    head: Digest,
    key: QuorumKey,
    inputs: Vec<(Ciphertext, Ciphertext)>,
    turns: Vec<GateTurn>,
    proof: GateProof,
}

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        let Self { context, head, key, inputs, turns, proof } = self;
        verify(context, head, 1, &key.wire, inputs, turns, proof)
    }

    fn wires(&self) -> Wires {
        let cipher = |c: &Ciphertext| Cipher::decode(c).unwrap();
        let points = self.inputs.iter().map(|(x, y)| (cipher(x), cipher(y))).collect();
        Wires { points, encoded: self.inputs.clone() }
    }

    /// What a closure sees of the message with its challenges.
    fn challenged<T>(&self, see: impl Fn(&Challenged<'_, '_>) -> T) -> T {
        let (inputs, post) = (self.wires(), decode(&self.turns, &self.proof).unwrap());
        see(&challenge(&self.message(&inputs, &post)))
    }

    fn message<'a>(&'a self, inputs: &'a Wires, post: &'a Decoded) -> Message<'a> {
        let Self { context, head, key, .. } = self;
        Message { context: *context, head: *head, chunk: 1, quorum_key: key, inputs, post }
    }
}

/// Signs as given; `true` is +1.
fn case(signs: &[bool]) -> Case {
    case_of(40, &signs.iter().map(|plus| Turn::of(*plus)).collect::<Vec<_>>())
}

fn case_of(seed: u64, turns: &[Turn]) -> Case {
    case_with(seed, turns.len(), |_| turns.to_vec())
}

/// Turns that may depend on what they are made of.
fn case_with(seed: u64, gates: usize, turns: impl Fn(&[(Cipher, Cipher)]) -> Vec<Turn>) -> Case {
    let mut rng = provers::rng(seed);
    let key = QuorumKey::new(RistrettoPoint::random(&mut rng));
    let mut encrypt = |message| provers::encrypt(&mut rng, &key.point, message);
    let inputs: Vec<(Cipher, Cipher)> = (0..gates).map(|_| (encrypt(1), encrypt(2))).collect();
    let context = provers::context(2);
    let head = Digest([6; 32]);
    let turns = turns(&inputs);
    let (turns, proof) =
        provers::gates_of(&mut rng, &context, &head, 1, &key.point, &inputs, &turns);
    let inputs = inputs.iter().map(|(x, y)| (x.encode(), y.encode())).collect();
    Case { context, head, key, inputs, turns, proof }
}

const REFUSED: &str = "the proof of the gates does not hold";

fn refused(case: &Case) -> bool {
    case.verify().is_err_and(|error| error.to_string() == REFUSED)
}

#[test]
fn both_signs_pass() {
    assert_eq!(case(&[true, false, false, true]).verify(), Ok(()));
    assert_eq!(case(&[true]).verify(), Ok(()));
    assert!(matches!(case(&[]).verify(), Err(ProofError::Length { .. })));
}

#[test]
fn there_is_one_vector_for_every_64_gates() {
    for (gates, vectors) in [(63, 1), (64, 1), (65, 2), (130, 3)] {
        let signs: Vec<bool> = (0..gates).map(|i| i % 3 == 0).collect();
        let mut case = case(&signs);
        assert_eq!(case.proof.signs.len(), vectors);
        assert_eq!(case.verify(), Ok(()), "{gates} gates");
        let mut signs = case.proof.signs.to_vec();
        signs.push(signs[0]);
        for vectors in [&signs[..], &signs[..vectors - 1]] {
            case.proof.signs = talea_protocol::bytes::List::new(vectors.to_vec()).unwrap();
            assert!(matches!(case.verify(), Err(ProofError::Length { .. })));
        }
    }
}

#[test]
fn the_statement_is_bound() {
    let signs = [true, false];
    let mut other = case(&signs);
    other.head = Digest([7; 32]);
    assert!(refused(&other));
    let mut other = case(&signs);
    other.context.step ^= 1;
    assert!(refused(&other));
    let mut other = case(&signs);
    other.key = QuorumKey::new(bases().g);
    assert!(refused(&other));
    let mut other = case(&signs);
    other.inputs.swap(0, 1);
    assert!(refused(&other));
    let mut other = case(&signs);
    other.turns.swap(0, 1);
    assert!(refused(&other));
    let mut other = case(&signs);
    other.turns.pop();
    assert!(matches!(other.verify(), Err(ProofError::Length { .. })));
}

/// Each equation by itself: everything else of these proofs is as it must be.
#[test]
fn a_vector_commits_to_the_signs_that_are_answered_for() {
    let honest = [Turn::of(true), Turn::of(false)];
    for at in 0..2 {
        let mut turns = honest;
        turns[at].committed = -turns[at].committed;
        assert!(refused(&case_of(50, &turns)));
    }
    let mut many = vec![Turn::of(true); 66];
    many[65].committed = -Scalar::ONE;
    assert!(refused(&case_of(50, &many)), "the last of the second vector");
}

#[test]
fn a_sign_is_one_or_minus_one() {
    for sign in [Scalar::ZERO, Scalar::from(2u8), -Scalar::from(2u8)] {
        let other = Turn { sign, committed: sign, ..Turn::of(true) };
        assert!(refused(&case_of(51, &[other])));
        assert!(refused(&case_of(51, &[Turn::of(false), other])));
    }
}

#[test]
fn an_output_is_the_signed_input_but_for_an_encryption_of_zero() {
    let (none, g, k) = (RistrettoPoint::identity(), bases().g, bases().k);
    for surplus in [Cipher { r: k, e: none }, Cipher { r: none, e: g }] {
        for at in 0..2 {
            let mut turn = Turn::of(true);
            turn.surplus[at] = surplus;
            assert!(refused(&case_of(52, &[Turn::of(false), turn])));
        }
        // What cancels in the sum of all outputs.
        let turn = Turn { surplus: [surplus, -surplus], ..Turn::of(true) };
        assert!(refused(&case_of(52, &[turn])));
    }
}

#[test]
fn both_ciphertexts_take_the_same_sign() {
    let other_sign = |inputs: &[(Cipher, Cipher)]| {
        let (_, y) = &inputs[0];
        vec![Turn { surplus: [Cipher::zero(), -y.doubled()], ..Turn::of(true) }]
    };
    assert!(refused(&case_with(53, 1, other_sign)));
}

#[test]
fn every_part_of_the_proof_counts() {
    let honest = case(&[true, false]);
    let point = encode(&bases().h);
    let scalar = WireScalar(Scalar::from(5u8).to_bytes());
    let changes: [&dyn Fn(&mut Case); 9] = [
        &|c| c.turns[1].sign.0[17] ^= 1,
        &|c| c.proof.signs = changed(&c.proof, |v| v.commitment = point),
        &|c| c.proof.signs = changed(&c.proof, |v| v.announcement = point),
        &|c| c.proof.signs = changed(&c.proof, |v| v.blinding = scalar),
        &|c| c.proof.squares.linear = point,
        &|c| c.proof.squares.constant = point,
        &|c| c.proof.squares.blinding = scalar,
        &|c| (c.proof.announcement.r, c.proof.announcement.e) = (point, point),
        &|c| c.proof.randomness = scalar,
    ];
    assert_eq!(honest.verify(), Ok(()));
    for (n, change) in changes.iter().enumerate() {
        let mut bad = case(&[true, false]);
        change(&mut bad);
        assert!(refused(&bad), "change {n}");
    }
}

type Vectors = talea_protocol::bytes::List<
    talea_protocol::masked::VectorOpening,
    { talea_protocol::limits::MAX_VECTORS },
>;

/// The last vector, changed.
fn changed(
    proof: &GateProof,
    change: impl Fn(&mut talea_protocol::masked::VectorOpening),
) -> Vectors {
    let mut vectors = proof.signs.to_vec();
    change(vectors.last_mut().unwrap());
    Vectors::new(vectors).unwrap()
}

/// No challenge depends on a response, so nothing but this shows that the weights of a fold do.
#[test]
fn the_weights_depend_on_every_response() {
    let signs = [true; 65];
    let honest = case(&signs).challenged(|message| message.binding);
    let scalar = WireScalar(Scalar::from(5u8).to_bytes());
    let changes: [&dyn Fn(&mut Case); 6] = [
        &|c| c.turns[0].sign.0[0] ^= 1,
        &|c| c.turns[64].sign.0[17] ^= 1,
        &|c| c.proof.signs = changed(&c.proof, |v| v.blinding = scalar),
        &|c| c.proof.squares.blinding = scalar,
        &|c| c.proof.randomness = scalar,
        // What a challenge depends on.
        &|c| c.proof.announcement.e = c.key.wire,
    ];
    let mut seen = vec![honest];
    for (n, change) in changes.iter().enumerate() {
        let mut other = case(&signs);
        change(&mut other);
        let binding = other.challenged(|message| message.binding);
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
    let responses: [&dyn Fn(&mut GateProof, Scalar); 3] = [
        &|p, more| p.signs = changed(p, |v| plus(&mut v.blinding, more)),
        &|p, more| {
            let mut vectors = p.signs.to_vec();
            plus(&mut vectors[0].blinding, more);
            p.signs = Vectors::new(vectors).unwrap();
        },
        &|p, more| plus(&mut p.squares.blinding, more),
    ];
    let turns = |surplus| {
        let mut turns = vec![Turn::of(true); 65];
        turns[0].surplus[0] = surplus;
        turns
    };
    for (n, one) in responses.iter().enumerate() {
        for other in &responses[n + 1..] {
            let mut bad = case_of(54, &turns(Cipher::zero()));
            assert_eq!(bad.verify(), Ok(()));
            one(&mut bad.proof, Scalar::ONE);
            other(&mut bad.proof, -Scalar::ONE);
            assert!(refused(&bad));
        }
        // An output that is off by `H` stands in its equation times -c*e.
        for surplus in [in_r, in_e] {
            let mut bad = case_of(54, &turns(surplus));
            let off = bad.challenged(|message| message.c * message.weights[0]);
            one(&mut bad.proof, off);
            assert!(refused(&bad));
        }
    }
    assert!(refused(&case_of(54, &turns(in_r - in_e))));
}

/// What is off in one message must not be made good by another of the same fold.
#[test]
fn no_two_messages_share_a_weight() {
    let mut cases = [case_of(55, &[Turn::of(true)]), case_of(55, &[Turn::of(true)])];
    cases[1].head = cases[0].head;
    for (case, more) in cases.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
        case.proof.signs = changed(&case.proof, |v| plus(&mut v.blinding, more));
    }
    let parts: Vec<(Wires, Decoded)> =
        cases.iter().map(|c| (c.wires(), decode(&c.turns, &c.proof).unwrap())).collect();
    let messages: Vec<Message<'_>> =
        cases.iter().zip(&parts).map(|(case, (inputs, post))| case.message(inputs, post)).collect();
    assert_eq!(cut(&messages).len(), 1, "they are folded together");
    assert!(judge(&messages).iter().all(Option::is_some));
}

/// Three turns in a row on the same gates, and one elsewhere, folded together.
#[test]
fn turns_in_a_row_are_judged_one_by_one() {
    let mut rng = provers::rng(42);
    let key = QuorumKey::new(RistrettoPoint::random(&mut rng));
    let head = Digest([6; 32]);
    let mut fresh = || {
        let gates: Vec<Gate> = (0..4)
            .map(|_| {
                let y = provers::encrypt(&mut rng, &key.point, 2);
                let half_x = provers::encrypt(&mut rng, &key.point, 1);
                Gate { half_x, y, y_wire: y.encode() }
            })
            .collect();
        Wires::fresh(&gates)
    };
    let starts = [fresh(), fresh()];
    // Turns 0, 2 and 3 follow one another; turn 1 stands by itself.
    for bad in [None, Some(0), Some(1), Some(2), Some(3)] {
        let mut rows: [Vec<(Decoded, Context)>; 2] = [Vec::new(), Vec::new()];
        for (n, row) in [0usize, 1, 0, 0].into_iter().enumerate() {
            let context = provers::context(n as u8);
            let inputs =
                rows[row].last().map_or(&starts[row], |(post, _)| Arc::as_ref(&post.outputs));
            let (mut turns, proof) = provers::gates(
                &mut provers::rng(n as u64),
                &context,
                &head,
                1,
                &key.point,
                &inputs.points,
                &[true, false, n % 2 == 0, true],
            );
            if bad == Some(n) {
                turns[2].sign.0[0] ^= 9;
            }
            rows[row].push((decode(&turns, &proof).unwrap(), context));
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
        let chains: Vec<usize> = cut(&messages).concat().iter().map(|(at, _)| *at).collect();
        assert_eq!(chains, [0, 2, 3, 1]);
        let expected: Vec<Option<ProofError>> = (0..4)
            .map(|n| {
                let named = ProofError::Equation("the proof of the gates".into());
                (bad == Some(n)).then_some(named)
            })
            .collect();
        assert_eq!(judge(&messages), expected);
    }
    assert_eq!(judge(&[]), vec![]);
}

#[test]
fn the_encodings_of_fresh_inputs_are_those_of_their_elements() {
    let mut rng = provers::rng(41);
    let key = RistrettoPoint::random(&mut rng);
    let half_x = provers::encrypt(&mut rng, &key, 1);
    let y = provers::encrypt(&mut rng, &key, 1);
    let wires = Wires::fresh(&[Gate { half_x, y, y_wire: y.encode() }]);
    assert_eq!(wires.encoded, [(half_x.doubled().encode(), y.encode())]);
    assert_eq!(wires.points, [(half_x.doubled(), y)]);
}
