//! What keyholders' work costs.

use super::{fixture::Bench, yardstick::Yardstick};
use curve25519_dalek::{RistrettoPoint, Scalar};
use serde::Serialize;
use std::{hint::black_box, time::Duration};
use talea_contract::{
    elgamal::Ciphertext,
    proofs::{decryption_share, gate, shuffle},
};
use talea_parties::{masks::Masks, proofs as provers};
use talea_protocol::{bytes::Digest, labels, sealed_bid::Ciphertext as WireCiphertext};

/// Keyholders' work, per item.
#[derive(Clone, Debug, Serialize)]
pub struct KeyholderFigures {
    /// One turn on one gate.
    pub gate_prove: f64,
    /// Verifying it.
    pub gate_verify: f64,
    /// Bytes of it, its part of the message's proof with it.
    pub gate_bytes: usize,
    /// One entry of a shuffle, of a list of two.
    pub shuffle_prove: f64,
    /// Verifying it.
    pub shuffle_verify: f64,
    /// Bytes of it, its part of the message's proof with it.
    pub shuffle_bytes: usize,
    /// One decryption share.
    pub decryption_share_prove: f64,
    /// Verifying it.
    pub decryption_share_verify: f64,
}

/// Items of the messages that keyholders' figures are taken on.
const ITEMS: usize = 128;

/// The place of the messages in the transcript.
const HEAD: Digest = Digest([3; 32]);

/// What masks are derived from.
const SEED: [u8; 32] = [4; 32];

/// Two ciphertexts, and their encodings.
type Pair = (Ciphertext, Ciphertext);
type PairEncoded = (WireCiphertext, WireCiphertext);

/// Measures all of it.
pub(super) fn figures(
    bench: &mut Bench,
    yardstick: &mut Yardstick,
    time: Duration,
) -> KeyholderFigures {
    let mut per_item = |work: &mut dyn FnMut()| yardstick.ratio(time, work) / ITEMS as f64;
    let pairs = bench.pairs(ITEMS);
    let encoded: Vec<PairEncoded> = pairs.iter().map(|(x, y)| (x.encode(), y.encode())).collect();
    let gate = gate(bench, &pairs, &encoded, &mut per_item);
    let shuffle = shuffle(bench, &pairs, &encoded, &mut per_item);
    let decrypt = decrypt(bench, &pairs, &mut per_item);
    KeyholderFigures {
        gate_prove: gate.prove,
        gate_verify: gate.verify,
        gate_bytes: gate.bytes,
        shuffle_prove: shuffle.prove,
        shuffle_verify: shuffle.verify,
        shuffle_bytes: shuffle.bytes,
        decryption_share_prove: decrypt.prove,
        decryption_share_verify: decrypt.verify,
    }
}

/// What one item of a message costs.
struct Item {
    prove: f64,
    verify: f64,
    bytes: usize,
}

/// Measures work on all items, as a multiple of the yardstick for each.
type PerItem<'a> = dyn FnMut(&mut dyn FnMut()) -> f64 + 'a;

fn gate(
    bench: &mut Bench,
    pairs: &[Pair],
    encoded: &[PairEncoded],
    per_item: &mut PerItem<'_>,
) -> Item {
    let quorum_key = bench.quorum_key;
    let masks = Masks::new(labels::KIND_GATE, &SEED, &bench.context, &HEAD, 0, 0);
    let inputs = provers::gate::Inputs {
        head: HEAD,
        chunk: 0,
        quorum_key,
        inputs: pairs,
        inputs_encoded: encoded,
    };
    let mut prove = || {
        let witnesses = masks.gates(encoded, &mut bench.rng);
        let rng = &mut bench.rng;
        provers::gate::prove(&bench.generators, &bench.context, &inputs, &witnesses, rng)
            .expect("the gates fit in a chunk")
    };
    let (turns, proof) = prove();
    let bytes = (encoded_bytes(&turns) + encoded_bytes(&proof)) / ITEMS;
    let prove = per_item(&mut || drop(black_box(prove())));
    let verify = per_item(&mut || {
        let statement = gate::Statement {
            head: HEAD,
            chunk: 0,
            quorum_key,
            inputs: pairs,
            inputs_encoded: encoded,
            turns: &turns,
        };
        gate::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the gates hold");
    });
    Item { prove, verify, bytes }
}

fn shuffle(
    bench: &mut Bench,
    pairs: &[Pair],
    encoded: &[PairEncoded],
    per_item: &mut PerItem<'_>,
) -> Item {
    let lists: Vec<Vec<_>> = pairs
        .iter()
        .zip(encoded)
        .map(|((x, y), (x_wire, y_wire))| vec![(*x, *x_wire), (*y, *y_wire)])
        .collect();
    let lists_encoded: Vec<Vec<_>> = encoded.iter().map(|(x, y)| vec![*x, *y]).collect();
    let quorum_key = bench.quorum_key;
    let masks = Masks::new(labels::KIND_SHUFFLE, &SEED, &bench.context, &HEAD, 0, 0);
    let inputs = provers::shuffle::Inputs { head: HEAD, chunk: 0, quorum_key, lists: &lists };
    let mut prove = || {
        let moves = masks.moves(&lists_encoded, &mut bench.rng);
        let witness = provers::shuffle::Witness { moves };
        let rng = &mut bench.rng;
        provers::shuffle::prove(&bench.generators, &bench.context, &inputs, &witness, rng)
            .expect("the lists fit in a chunk")
    };
    let (outputs, proof) = prove();
    // A list of two is two items.
    let bytes = (encoded_bytes(&outputs) + encoded_bytes(&proof)) / (2 * ITEMS);
    let prove = per_item(&mut || drop(black_box(prove()))) / 2.0;
    let verify = per_item(&mut || {
        let statement = shuffle::Statement {
            head: HEAD,
            chunk: 0,
            quorum_key,
            lists: &lists,
            outputs: &outputs,
        };
        shuffle::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the lists are shuffled");
    }) / 2.0;
    Item { prove, verify, bytes }
}

fn decrypt(bench: &mut Bench, pairs: &[Pair], per_item: &mut PerItem<'_>) -> Item {
    let share = Scalar::random(&mut bench.rng);
    let share_key = share * bench.generators.key;
    let randomness: Vec<RistrettoPoint> = pairs.iter().map(|(x, _)| x.r).collect();
    let witness = provers::decryption_share::Witness { share };
    let mut prove = || {
        let Bench { generators, context, rng, .. } = &mut *bench;
        provers::decryption_share::prove(generators, context, HEAD, 0, &randomness, &witness, rng)
    };
    let (shares, proof) = prove();
    let bytes = shares.first().map_or(0, encoded_bytes);
    let prove = per_item(&mut || drop(black_box(prove())));
    let verify = per_item(&mut || {
        let statement = decryption_share::Statement {
            head: HEAD,
            chunk: 0,
            share_key,
            randomness: &randomness,
            shares: &shares,
        };
        decryption_share::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the shares are right");
    });
    Item { prove, verify, bytes }
}

fn encoded_bytes(item: &impl borsh::BorshSerialize) -> usize {
    borsh::object_length(item).unwrap_or_default()
}
