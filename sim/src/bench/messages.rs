//! What a bid's two messages cost.

use super::{fixture::Bench, yardstick::Yardstick};
use serde::Serialize;
use std::{hint::black_box, time::Duration};
use talea_protocol::{commitment::RangeProof, price::PriceGrid, sealed_bid::SealedBid};

/// A bid's two messages.
#[derive(Clone, Debug, Serialize)]
pub struct MessageFigures {
    /// Levels of the grid.
    pub levels: u32,
    /// Its digits.
    pub shape: String,
    /// Making range proof and commitment.
    pub commit_prove: f64,
    /// Verifying them.
    pub commit_verify: f64,
    /// Bytes of the range proof.
    pub range_proof_bytes: usize,
    /// Making the proof of a later round, that the bid is not worse.
    pub improve_prove: f64,
    /// Verifying it.
    pub improve_verify: f64,
    /// Bytes of it.
    pub improvement_bytes: usize,
    /// Making the sealed bid.
    pub reveal_prove: f64,
    /// Verifying one by itself.
    pub reveal_verify: f64,
    /// Verifying one of 64 verified together.
    pub reveal_verify_in_64: f64,
    /// Bytes of the sealed bid.
    pub sealed_bid_bytes: usize,
}

fn encoded_len(proof: &RangeProof) -> usize {
    borsh::to_vec(proof).map_or(0, |bytes| bytes.len())
}

/// Measures them on one grid.
pub(super) fn figures(
    bench: &mut Bench,
    yardstick: &mut Yardstick,
    time: Duration,
    grid: &PriceGrid,
) -> MessageFigures {
    let bid = bench.bid(grid);
    let (statement, level, rho) = &bid;
    let shape = &grid.shape;
    let proof = bench.commit(&bid);
    let sealed: Vec<SealedBid> = (0..64).map(|_| bench.seal(shape, *level, rho)).collect();
    let commitment = bench.decoded(statement);
    let one = [(commitment, &sealed[0])];
    let many: Vec<_> = sealed.iter().map(|sealed| (commitment, sealed)).collect();
    let commit_prove = yardstick.ratio(time, || drop(black_box(bench.commit(&bid))));
    let commit_verify = yardstick.ratio(time, || bench.verify_range(statement, &proof));
    let (again, witness) = bench.bid_again(&bid);
    let improvement = bench.prove(&again, &witness);
    let improve_prove = yardstick.ratio(time, || drop(black_box(bench.prove(&again, &witness))));
    let improve_verify = yardstick.ratio(time, || bench.verify_range(&again, &improvement));
    let reveal_prove = yardstick.ratio(time, || drop(black_box(bench.seal(shape, *level, rho))));
    let reveal_verify = yardstick.ratio(time, || bench.verify_sealed(shape, &one));
    let reveal_verify_in_64 = yardstick.ratio(time, || bench.verify_sealed(shape, &many)) / 64.0;
    MessageFigures {
        levels: grid.levels,
        shape: shape.to_string(),
        commit_prove,
        commit_verify,
        range_proof_bytes: encoded_len(&proof),
        improve_prove,
        improve_verify,
        improvement_bytes: encoded_len(&improvement),
        reveal_prove,
        reveal_verify,
        reveal_verify_in_64,
        sealed_bid_bytes: SealedBid::encoded_len(shape),
    }
}
