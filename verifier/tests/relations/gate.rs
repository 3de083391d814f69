//! What passes `proofs::gate`, and what does not.

use crate::{
    fiat_shamir::Context,
    group::{Cipher, QuorumKey, bases, encode},
    proofs::{ProofError, gate::*},
    provers,
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::{Digest, Point},
    ranking::GateTurn,
    sealed_bid::Ciphertext,
};

struct Case {
    context: Context,
    head: Digest,
    key: Point,
    inputs: Vec<(Ciphertext, Ciphertext)>,
    turns: Vec<GateTurn>,
}

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        verify(&self.context, &self.head, 1, &self.key, &self.inputs, &self.turns)
    }
}

/// Signs as given; `true` is +1.
fn case(signs: &[bool]) -> Case {
    let mut rng = provers::rng(40);
    let key = RistrettoPoint::random(&mut rng);
    let inputs: Vec<(Cipher, Cipher)> = (0..signs.len())
        .map(|_| (provers::encrypt(&mut rng, &key, 1), provers::encrypt(&mut rng, &key, 2)))
        .collect();
    let context = provers::context(2);
    let head = Digest([6; 32]);
    let turns = provers::gates(&mut rng, &context, &head, 1, &key, &inputs, signs);
    Case {
        context,
        head,
        key: encode(&key),
        inputs: inputs.iter().map(|(x, y)| (x.encode(), y.encode())).collect(),
        turns,
    }
}

#[test]
fn both_signs_pass() {
    assert_eq!(case(&[true, false, false, true]).verify(), Ok(()));
    assert_eq!(case(&[true]).verify(), Ok(()));
    assert!(matches!(case(&[]).verify(), Err(ProofError::Length { .. })));
}

#[test]
fn the_statement_is_bound() {
    let signs = [true, false];
    let mut other = case(&signs);
    other.head = Digest([7; 32]);
    assert!(other.verify().is_err());
    let mut other = case(&signs);
    other.context.step ^= 1;
    assert!(other.verify().is_err());
    let mut other = case(&signs);
    other.key = bases().g_wire;
    assert!(other.verify().is_err());
    let mut other = case(&signs);
    other.inputs.swap(0, 1);
    assert!(other.verify().is_err());
    let mut other = case(&signs);
    other.turns.swap(0, 1);
    assert!(other.verify().is_err());
    let mut other = case(&signs);
    other.turns.pop();
    assert!(matches!(other.verify(), Err(ProofError::Length { .. })));
    let mut other = case(&signs);
    other.turns[1].proof.c_plus = number(3);
    assert_eq!(other.verify(), Err(ProofError::Equation("the proof of gate 1".into())));
}

fn number(n: u64) -> talea_protocol::bytes::Scalar {
    talea_protocol::bytes::Scalar(Scalar::from(n).to_bytes())
}

/// Three turns in a row on the same gates, and one elsewhere, folded together.
#[test]
fn turns_in_a_row_are_judged_one_by_one() {
    let mut rng = provers::rng(42);
    let key = QuorumKey::new(RistrettoPoint::random(&mut rng));
    let head = Digest([6; 32]);
    let mut fresh = || {
        let items: Vec<_> = (0..4)
            .map(|_| {
                let y = provers::encrypt(&mut rng, &key.point, 2);
                (provers::encrypt(&mut rng, &key.point, 1), y, y.encode())
            })
            .collect();
        Wires::fresh(items)
    };
    let starts = [fresh(), fresh()];
    // Turns 0, 2 and 3 follow one another; turn 1 stands by itself.
    for bad in [None, Some(0), Some(1), Some(2), Some(3)] {
        let mut rows: [Vec<(Wires, Vec<DecodedGate>, Context)>; 2] = [Vec::new(), Vec::new()];
        for (n, row) in [0usize, 1, 0, 0].into_iter().enumerate() {
            let context = provers::context(n as u8);
            let inputs = rows[row].last().map_or(&starts[row], |(wires, ..)| wires);
            let mut turns = provers::gates(
                &mut provers::rng(n as u64),
                &context,
                &head,
                1,
                &key.point,
                &inputs.points,
                &[true, false, n % 2 == 0, true],
            );
            if bad == Some(n) {
                turns[2].proof.z_plus = number(9);
            }
            let turns = decode(&turns).unwrap();
            rows[row].push((Wires::posted(&turns), turns, context));
        }
        let message = |row: usize, turn: usize| {
            let (outputs, turns, context) = &rows[row][turn];
            let inputs = match turn.checked_sub(1) {
                None => &starts[row],
                Some(before) => &rows[row][before].0,
            };
            let context = *context;
            Message { context, head, chunk: 1, quorum_key: &key, inputs, outputs, turns }
        };
        let messages = [message(0, 0), message(1, 0), message(0, 1), message(0, 2)];
        let chains: Vec<usize> = cut(&messages).concat().iter().map(|(at, _)| *at).collect();
        assert_eq!(chains, [0, 2, 3, 1]);
        let expected: Vec<Option<ProofError>> = (0..4)
            .map(|n| {
                let named = ProofError::Equation("the proof of gate 2".into());
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
    let half = provers::encrypt(&mut rng, &key, 1);
    let y = provers::encrypt(&mut rng, &key, 1);
    let wires = Wires::fresh([(half, y, y.encode())]);
    assert_eq!(wires.encoded(), vec![(half.doubled().encode(), y.encode())]);
    assert_eq!(wires.points, vec![(half.doubled(), y)]);
    assert_eq!(wires.x_randomness(0), None);
}
