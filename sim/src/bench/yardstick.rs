//! What every figure is a multiple of.

use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::{Scalar, ristretto::CompressedRistretto};
use merlin::Transcript;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use rustix::time::{ClockId, clock_gettime};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// What a ratio of 1 is.
pub(super) const UNIT: &str = "one 64-bit Bulletproof verification";

/// One 64-bit Bulletproof verification: the yardstick.
pub struct Yardstick {
    pedersen: PedersenGens,
    generators: BulletproofGens,
    proof: RangeProof,
    commitment: CompressedRistretto,
    rng: ChaCha20Rng,
}

impl Yardstick {
    /// Makes the proof to verify.
    ///
    /// # Panics
    /// Never: 64 bits is a size that Bulletproofs knows.
    #[must_use]
    pub fn new() -> Self {
        let pedersen = PedersenGens::default();
        let generators = BulletproofGens::new(64, 1);
        let mut rng = ChaCha20Rng::seed_from_u64(64);
        let blinding = Scalar::random(&mut rng);
        let (proof, commitment) = RangeProof::prove_single_with_rng(
            &generators,
            &pedersen,
            &mut Transcript::new(b"yardstick"),
            rng.next_u64(),
            &blinding,
            64,
            &mut rng,
        )
        .expect("64 bits is a size that Bulletproofs knows");
        Self { pedersen, generators, proof, commitment, rng }
    }

    /// Verifies it once.
    pub fn verify(&mut self) {
        let valid = self.proof.verify_single_with_rng(
            &self.generators,
            &self.pedersen,
            &mut Transcript::new(b"yardstick"),
            &self.commitment,
            64,
            &mut self.rng,
        );
        assert!(black_box(valid).is_ok(), "the yardstick holds");
    }

    /// The median of `work / yardstick` in processor time of the process, over as many pairs as the time allows, at
    /// least three.
    pub(super) fn ratio(&mut self, time: Duration, mut work: impl FnMut()) -> f64 {
        work();
        let begin = Instant::now();
        let mut ratios = Vec::new();
        while ratios.len() < 3 || begin.elapsed() < time {
            let once = processor_time(&mut work);
            // As many yardsticks as take about as long, so that both see the same disturbances.
            let single = processor_time(|| self.verify());
            let times = (once.as_secs_f64() / single.as_secs_f64()).ceil().clamp(1.0, 200.0);
            let yardsticks = processor_time(|| (0..times as u32).for_each(|_| self.verify()));
            ratios.push(once.as_secs_f64() * times / yardsticks.as_secs_f64());
        }
        median(ratios)
    }
}

/// How many times faster `fast` is than `slow`, by the clock on the wall: the median over as many pairs as the time
/// allows, at least three.
pub(super) fn speedup(time: Duration, mut slow: impl FnMut(), mut fast: impl FnMut()) -> f64 {
    let clock = |work: &mut dyn FnMut()| {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64()
    };
    fast();
    let begin = Instant::now();
    let mut ratios = Vec::new();
    while ratios.len() < 3 || begin.elapsed() < time {
        let slow = clock(&mut slow);
        ratios.push(slow / clock(&mut fast));
    }
    median(ratios)
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Default for Yardstick {
    fn default() -> Self {
        Self::new()
    }
}

/// What all threads of the process together have computed: others on the machine do not count.
pub(super) fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let now = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
    };
    let begin = now();
    work();
    now().saturating_sub(begin)
}
