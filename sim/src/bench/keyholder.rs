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
    /// Bytes of it.
    pub gate_bytes: usize,
    /// One switch of a shuffle, of a list of two.
    pub switch_prove: f64,
    /// Verifying it.
    pub switch_verify: f64,
    /// Bytes of it.
    pub switch_bytes: usize,
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
    let switch = switch(bench, &pairs, &encoded, &mut per_item);
    let decrypt = decrypt(bench, &pairs, &mut per_item);
    KeyholderFigures {
        gate_prove: gate.prove,
        gate_verify: gate.verify,
        gate_bytes: gate.bytes,
        switch_prove: switch.prove,
        switch_verify: switch.verify,
        switch_bytes: switch.bytes,
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
    };
    let turns = prove();
    let bytes = encoded_bytes(turns.first());
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
        gate::verify(&bench.generators, &bench.context, &statement).expect("the gates hold");
    });
    Item { prove, verify, bytes }
}

fn switch(
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
    let masks = Masks::new(labels::KIND_SHUFFLE, &SEED, &bench.context, &HEAD, 0, 0);
    let mut prove = || {
        let crossings = masks.crossings(&lists_encoded, &mut bench.rng);
        let witness = provers::shuffle::Witness { crossings };
        provers::shuffle::prove(&bench.context, (HEAD, 0), &lists, &witness, &mut bench.rng)
    };
    let shuffled = prove();
    let bytes = encoded_bytes(shuffled.switches.first());
    let prove = per_item(&mut || drop(black_box(prove())));
    let verify = per_item(&mut || {
        shuffle::verify(&bench.context, (HEAD, 0), &lists, &shuffled.switches, &shuffled.challenge)
            .expect("the switches hold");
    });
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
    let bytes = encoded_bytes(shares.first());
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

fn encoded_bytes(item: Option<&impl borsh::BorshSerialize>) -> usize {
    item.and_then(|item| borsh::to_vec(item).ok()).map_or(0, |bytes| bytes.len())
}
