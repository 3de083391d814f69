//! The same work as `talea-sim bench`, under criterion: `cargo bench -p talea-sim`.
//!
//! Read every time as a multiple of `yardstick`, one 64-bit Bulletproof verification of the same
//! run.

#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use talea_sim::bench::{Bench, Rules, Yardstick, grid, one_lot, replay, standard_grids};
use talea_verifier::{Options, verify};

fn yardstick(criterion: &mut Criterion) {
    let mut yardstick = Yardstick::new();
    criterion.bench_function("yardstick", |b| b.iter(|| yardstick.verify()));
}

fn bids(criterion: &mut Criterion) {
    let mut bench = Bench::new();
    for (levels, digit_bits) in standard_grids() {
        let grid = grid(levels, &digit_bits);
        let mut group = criterion.benchmark_group(format!("{levels} levels as {}", grid.shape));
        let bid = bench.bid(&grid);
        let (statement, level, rho) = &bid;
        group.bench_function("commit/prove", |b| b.iter(|| bench.commit(&bid)));
        let proof = bench.commit(&bid);
        group.bench_function("commit/verify", |b| {
            b.iter(|| bench.verify_range(statement, &proof));
        });
        group.bench_function("reveal/prove", |b| b.iter(|| bench.seal(&grid.shape, *level, rho)));
        let sealed = bench.seal(&grid.shape, *level, rho);
        let one = [(bench.decoded(statement), &sealed)];
        group
            .bench_function("reveal/verify", |b| b.iter(|| bench.verify_sealed(&grid.shape, &one)));
        group.finish();
    }
}

fn auctions(criterion: &mut Criterion) {
    for bidders in [8usize, 32] {
        let grid = grid(65_536, &[1; 16]);
        let transcript =
            one_lot(&grid, bidders, &Rules::FIRST_PRICE).expect("honest parties are not refused");
        let mut group = criterion.benchmark_group(format!("{bidders} bidders"));
        group.sample_size(10).throughput(Throughput::Elements(bidders as u64));
        group.bench_function("contract", |b| {
            b.iter_batched(|| (), |()| replay(&transcript), BatchSize::PerIteration);
        });
        for jobs in [Some(1), None] {
            let name = if jobs.is_some() { "verifier, one core" } else { "verifier, all cores" };
            let options = Options { jobs };
            group.bench_function(name, |b| {
                b.iter(|| verify(transcript.as_slice(), &options, |_| ()));
            });
        }
        group.finish();
    }
}

criterion_group!(costs, yardstick, bids, auctions);
criterion_main!(costs);
