//! What keyholders' work costs.

use super::{
    fixture::Bench,
    yardstick::{Yardstick, speedup},
};
use curve25519_dalek::{RistrettoPoint, Scalar};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;
use std::{hint::black_box, sync::Mutex, time::Duration};
use talea_contract::{
    elgamal::Ciphertext,
    group::encode_point,
    proofs::{decryption_share, gate, shuffle},
};
use talea_parties::{masks::Masks, proofs as provers};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    sealed_bid::Ciphertext as WireCiphertext,
};

/// Keyholders' work, per item.
#[derive(Clone, Debug, Serialize)]
pub struct KeyholderFigures {
    /// One turn on one gate.
    pub gate_prove: f64,
    /// How many times faster it is on all cores.
    pub gate_prove_speedup: f64,
    /// Verifying it.
    pub gate_verify: f64,
    /// Bytes of it, its part of the message's proof with it.
    pub gate_bytes: usize,
    /// One entry of a shuffle, of a list of two.
    pub shuffle_prove: f64,
    /// How many times faster it is on all cores.
    pub shuffle_prove_speedup: f64,
    /// Verifying it.
    pub shuffle_verify: f64,
    /// Bytes of it, its part of the message's proof with it.
    pub shuffle_bytes: usize,
    /// One decryption share.
    pub decryption_share_prove: f64,
    /// Verifying it.
    pub decryption_share_verify: f64,
    /// Threads of the runs that are compared with one core.
    pub threads: usize,
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
    threads: usize,
) -> KeyholderFigures {
    let mut clock = Clock { yardstick, time, one: pool(1), all: pool(threads) };
    let pairs = bench.pairs(ITEMS);
    let encoded: Vec<PairEncoded> = pairs.iter().map(|(x, y)| (x.encode(), y.encode())).collect();
    let gate = gate(bench, &pairs, &encoded, &mut clock);
    let shuffle = shuffle(bench, &pairs, &encoded, &mut clock);
    let decrypt = decrypt(bench, &pairs, &mut clock);
    KeyholderFigures {
        gate_prove: gate.prove,
        gate_prove_speedup: gate.prove_speedup,
        gate_verify: gate.verify,
        gate_bytes: gate.bytes,
        shuffle_prove: shuffle.prove,
        shuffle_prove_speedup: shuffle.prove_speedup,
        shuffle_verify: shuffle.verify,
        shuffle_bytes: shuffle.bytes,
        decryption_share_prove: decrypt.prove,
        decryption_share_verify: decrypt.verify,
        threads,
    }
}

/// What one item of a message costs.
struct Item {
    prove: f64,
    prove_speedup: f64,
    verify: f64,
    bytes: usize,
}

/// What work on all items is measured with.
struct Clock<'a> {
    yardstick: &'a mut Yardstick,
    time: Duration,
    one: ThreadPool,
    all: ThreadPool,
}

impl Clock<'_> {
    /// Work on one thread, as a multiple of the yardstick for each item.
    fn per_item(&mut self, mut work: impl FnMut() + Send) -> f64 {
        let Self { yardstick, time, one, .. } = self;
        yardstick.ratio(*time, || one.install(&mut work)) / ITEMS as f64
    }

    /// How many times faster it is on all.
    fn speedup(&self, work: impl FnMut() + Send) -> f64 {
        let work = Mutex::new(work);
        let work = || work.lock().map_or_else(|_| (), |mut work| work());
        speedup(self.time, || self.one.install(work), || self.all.install(work))
    }
}

/// # Panics
/// If threads cannot be started.
fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start")
}

fn gate(bench: &mut Bench, pairs: &[Pair], encoded: &[PairEncoded], clock: &mut Clock<'_>) -> Item {
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
    let prove_speedup = clock.speedup(|| drop(black_box(prove())));
    let prove = clock.per_item(|| drop(black_box(prove())));
    let verify = clock.per_item(|| {
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
    Item { prove, prove_speedup, verify, bytes }
}

fn shuffle(
    bench: &mut Bench,
    pairs: &[Pair],
    encoded: &[PairEncoded],
    clock: &mut Clock<'_>,
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
    let prove_speedup = clock.speedup(|| drop(black_box(prove())));
    let prove = clock.per_item(|| drop(black_box(prove()))) / 2.0;
    let verify = clock.per_item(|| {
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
    Item { prove, prove_speedup, verify, bytes }
}

fn decrypt(bench: &mut Bench, pairs: &[Pair], clock: &mut Clock<'_>) -> Item {
    let share = Scalar::random(&mut bench.rng);
    let share_key = share * bench.generators.key;
    let randomness: Vec<RistrettoPoint> = pairs.iter().map(|(x, _)| x.r).collect();
    let encoded: Vec<Point> = randomness.iter().map(encode_point).collect();
    let randomness = (randomness.as_slice(), encoded.as_slice());
    let witness = provers::decryption_share::Witness { share };
    let mut prove = || {
        let Bench { generators, context, rng, .. } = &mut *bench;
        provers::decryption_share::prove(generators, context, HEAD, 0, randomness, &witness, rng)
    };
    let (shares, proof) = prove();
    let bytes = shares.first().map_or(0, encoded_bytes);
    let prove = clock.per_item(|| drop(black_box(prove())));
    let verify = clock.per_item(|| {
        let statement = decryption_share::Statement {
            head: HEAD,
            chunk: 0,
            share_key,
            randomness: randomness.0,
            randomness_encoded: randomness.1,
            shares: &shares,
        };
        decryption_share::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the shares are right");
    });
    // It is made on one core.
    Item { prove, prove_speedup: 1.0, verify, bytes }
}

fn encoded_bytes(item: &impl borsh::BorshSerialize) -> usize {
    borsh::object_length(item).unwrap_or_default()
}
