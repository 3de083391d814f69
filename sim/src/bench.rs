//! What an auction costs, as ratios to one 64-bit Bulletproof verification in the same run.
//!
//! Machines differ and this one may be busy, so nothing here is a time: every figure is the median
//! of pairs, the work measured and the yardstick measured right after it.

mod rules;

pub use rules::{Rules, RulesFigures};

use crate::simulate::{
    BidPlan, BidderConduct, Cast, Plan, ReservePlan, Seat, SimulationError, simulate,
};
use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use curve25519_dalek::{RistrettoPoint, Scalar};
use merlin::Transcript;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use serde::Serialize;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use talea_contract::{
    Auction,
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{Generators, encode_point},
    proofs::{decryption_share, gate, range, shuffle, unary},
};
use talea_parties::{masks::Masks, proofs as provers};
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Text},
    labels,
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    quorum::Group,
    sealed_bid::SealedBid,
    terms::{Admission, AuctionId, Lot, Reserve, Rounds, Schedule, Terms},
    transcript::{Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};

/// How much memory the process holds: known only where a counting allocator is installed.
pub trait Memory {
    /// Forgets the peak so far; returns the bytes held now.
    fn reset(&self) -> usize;
    /// The most bytes held since the last reset.
    fn peak(&self) -> usize;
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to measure each figure.
    pub time_per_figure: Duration,
    /// Bidders per lot, for whole auctions.
    pub bidders: Vec<usize>,
    /// Levels and digits, most significant first, as bit lengths.
    pub grids: Vec<(u32, Vec<u8>)>,
    /// Threads for the verifier's parallel run; 0 takes all cores.
    pub jobs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time_per_figure: Duration::from_millis(600),
            bidders: vec![8, 32, 128],
            grids: standard_grids(),
            jobs: 0,
        }
    }
}

impl Options {
    /// A look at everything, within a minute or so: short grids, few bidders.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            time_per_figure: Duration::from_millis(150),
            bidders: vec![8],
            grids: vec![(256, vec![1; 8]), (65_536, vec![1; 16])],
            jobs: 0,
        }
    }
}

/// The grids that figures are published for.
pub fn standard_grids() -> Vec<(u32, Vec<u8>)> {
    let bits = |first: &[u8], ones: usize| [first, &vec![1; ones][..]].concat();
    vec![
        (256, bits(&[], 8)),
        (256, vec![2; 4]),
        (1_024, bits(&[], 10)),
        (1_024, vec![2; 5]),
        (1_024, bits(&[4], 6)),
        (1_024, vec![10]),
        (65_536, bits(&[], 16)),
        (65_536, vec![2; 8]),
        (65_536, bits(&[4], 12)),
    ]
}

/// Everything measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Names this layout.
    pub schema: &'static str,
    /// What a ratio of 1 is.
    pub unit: &'static str,
    /// Figures of single messages.
    pub messages: Vec<MessageFigures>,
    /// Figures of keyholders' work, per item of a message of 128.
    pub keyholder: KeyholderFigures,
    /// Figures of whole auctions.
    pub auctions: Vec<AuctionFigures>,
    /// Figures of ranking under every rule, on the last grid with the most bidders.
    pub rules: Vec<RulesFigures>,
}

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

/// One lot with a quorum of 2 of 3.
#[derive(Clone, Debug, Serialize)]
pub struct AuctionFigures {
    /// Levels of the grid.
    pub levels: u32,
    /// Its digits.
    pub shape: String,
    /// Bidders.
    pub bidders: usize,
    /// The contract on the whole transcript, per bidder, one core.
    pub contract_per_bidder: f64,
    /// The verifier on the whole transcript, per bidder, one core.
    pub verifier_per_bidder: f64,
    /// How many times faster the verifier is on all cores.
    pub verifier_speedup: f64,
    /// Threads of that run.
    pub verifier_jobs: usize,
    /// Bytes of the transcript per bidder.
    pub bytes_per_bidder: u64,
    /// Most bytes that the contract held.
    pub contract_peak_bytes: Option<usize>,
    /// Most bytes that the verifier held.
    pub verifier_peak_bytes: Option<usize>,
}

/// One 64-bit Bulletproof verification: the yardstick.
pub struct Yardstick {
    pedersen: PedersenGens,
    generators: BulletproofGens,
    proof: RangeProof,
    commitment: curve25519_dalek::ristretto::CompressedRistretto,
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

    /// The median of `work / yardstick`, over as many pairs as the time allows, at least three.
    fn ratio(&mut self, time: Duration, mut work: impl FnMut()) -> f64 {
        work();
        let begin = Instant::now();
        let mut ratios = Vec::new();
        while ratios.len() < 3 || begin.elapsed() < time {
            let once = clock(&mut work);
            // As many yardsticks as take about as long, so that both see the same disturbances.
            let single = clock(|| self.verify());
            let times = (once.as_secs_f64() / single.as_secs_f64()).ceil().clamp(1.0, 200.0);
            let yardsticks = clock(|| (0..times as u32).for_each(|_| self.verify()));
            ratios.push(once.as_secs_f64() * times / yardsticks.as_secs_f64());
        }
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

impl Default for Yardstick {
    fn default() -> Self {
        Self::new()
    }
}

fn clock(mut work: impl FnMut()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

/// What proofs are measured on: keys and a place, drawn once.
pub struct Bench {
    /// `G`, `H`, `K`.
    pub generators: Generators,
    /// The place of every proof.
    pub context: Context,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// Bulletproofs' generators.
    pub range: range::RangeVerifier,
    /// Draws everything.
    pub rng: ChaCha20Rng,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// Draws keys.
    #[must_use]
    pub fn new() -> Self {
        let generators = Generators::derive();
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let quorum_key = Scalar::random(&mut rng) * generators.key;
        let context = Context {
            auction: AuctionId([1; 32]),
            lot: 0,
            round: 0,
            step: 1,
            signer: PartyKey([2; 32]),
        };
        Self { generators, context, quorum_key, range: range::RangeVerifier::new(), rng }
    }

    /// A committed bid of the middle level: its statement and secret.
    pub fn bid(&mut self, grid: &PriceGrid) -> (range::Statement, Level, Scalar) {
        let level = Level(grid.levels / 2);
        let rho = Scalar::random(&mut self.rng);
        let commitment =
            Scalar::from(level.0) * self.generators.value + rho * self.generators.blinding;
        let (levels, bits) = (grid.levels, grid.range_bits());
        let quorum_key = encode_point(&self.quorum_key);
        (range::Statement { levels, bits, quorum_key, commitment, active: None }, level, rho)
    }

    /// The same bid once more, a round later: its statement and secret.
    pub fn bid_again(
        &mut self,
        (active, level, rho_0): &(range::Statement, Level, Scalar),
    ) -> (range::Statement, provers::range::Witness) {
        let rho = Scalar::random(&mut self.rng);
        let commitment =
            Scalar::from(level.0) * self.generators.value + rho * self.generators.blinding;
        let statement = range::Statement { commitment, active: Some(active.commitment), ..*active };
        let active = Some((*level, *rho_0));
        (statement, provers::range::Witness { level: *level, rho, active })
    }

    /// A bid's range proof.
    ///
    /// # Panics
    /// Never: the level is on the grid.
    pub fn commit(
        &mut self,
        (statement, level, rho): &(range::Statement, Level, Scalar),
    ) -> Vec<u8> {
        let witness = provers::range::Witness { level: *level, rho: *rho, active: None };
        self.prove(statement, &witness)
    }

    /// The range proof of a statement, in any round.
    ///
    /// # Panics
    /// If the statement is not of these levels.
    pub fn prove(
        &mut self,
        statement: &range::Statement,
        witness: &provers::range::Witness,
    ) -> Vec<u8> {
        let Self { range, generators, context, rng, .. } = self;
        provers::range::prove(range, generators, context, statement, witness, rng)
            .expect("the level is on the grid")
    }

    /// Its sealed bid.
    ///
    /// # Panics
    /// Never: the level is on the grid.
    pub fn seal(&mut self, shape: &Shape, level: Level, rho: &Scalar) -> SealedBid {
        let Self { generators, context, quorum_key, rng, .. } = self;
        provers::unary::prove(generators, context, shape, quorum_key, level, rho, rng)
            .expect("the level is on the grid")
    }

    /// Verifies these sealed bids together.
    ///
    /// # Panics
    /// If one is false.
    pub fn verify_sealed(&self, shape: &Shape, bids: &[(RistrettoPoint, &SealedBid)]) {
        let decoded: Vec<unary::Decoded<'_>> = bids
            .iter()
            .map(|(commitment, sealed_bid)| {
                let (context, commitment) = (self.context, *commitment);
                unary::decode(unary::Claim { context, shape, commitment, sealed_bid })
                    .expect("well formed")
            })
            .collect();
        unary::verify_batch(&self.generators, &self.quorum_key, &decoded).expect("it holds");
    }

    /// Pairs to multiply.
    pub fn pairs(&mut self, count: usize) -> Vec<(Ciphertext, Ciphertext)> {
        let mut encrypt = |message: Scalar| {
            let r = Scalar::random(&mut self.rng);
            Ciphertext {
                r: r * self.generators.key,
                e: message * self.generators.value + r * self.quorum_key,
            }
        };
        (0..count).map(|_| (encrypt(Scalar::ONE), encrypt(Scalar::ONE))).collect()
    }
}

/// A grid for measuring.
///
/// # Panics
/// If the digits are no shape.
#[must_use]
pub fn grid(levels: u32, digit_bits: &[u8]) -> PriceGrid {
    PriceGrid {
        side: Side::HighestWins,
        start: Price(0),
        tick: 1,
        levels,
        scale: Scale::Decimal(2),
        shape: Shape::new(digit_bits).expect("a possible shape"),
    }
}

fn message_figures(
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
    let one = [(statement.commitment, &sealed[0])];
    let many: Vec<_> = sealed.iter().map(|sealed| (statement.commitment, sealed)).collect();
    let commit_prove = yardstick.ratio(time, || drop(black_box(bench.commit(&bid))));
    let commit_verify = yardstick.ratio(time, || {
        bench
            .range
            .verify(&bench.generators, &bench.context, statement, &proof)
            .expect("the range proof holds");
    });
    let (again, witness) = bench.bid_again(&bid);
    let improvement = bench.prove(&again, &witness);
    let improve_prove = yardstick.ratio(time, || drop(black_box(bench.prove(&again, &witness))));
    let improve_verify = yardstick.ratio(time, || {
        bench
            .range
            .verify(&bench.generators, &bench.context, &again, &improvement)
            .expect("the improvement holds");
    });
    let reveal_prove = yardstick.ratio(time, || drop(black_box(bench.seal(shape, *level, rho))));
    let reveal_verify = yardstick.ratio(time, || bench.verify_sealed(shape, &one));
    let reveal_verify_in_64 = yardstick.ratio(time, || bench.verify_sealed(shape, &many)) / 64.0;
    MessageFigures {
        levels: grid.levels,
        shape: shape.to_string(),
        commit_prove,
        commit_verify,
        range_proof_bytes: proof.len(),
        improve_prove,
        improve_verify,
        improvement_bytes: improvement.len(),
        reveal_prove,
        reveal_verify,
        reveal_verify_in_64,
        sealed_bid_bytes: SealedBid::encoded_len(shape),
    }
}

/// Items of the messages that keyholders' figures are taken on.
const KEYHOLDER_ITEMS: usize = 128;

/// Bytes of an encoding.
fn encoded_len(item: &impl borsh::BorshSerialize) -> usize {
    borsh::object_length(item).unwrap_or_default()
}

fn keyholder_figures(
    bench: &mut Bench,
    yardstick: &mut Yardstick,
    time: Duration,
) -> KeyholderFigures {
    let pairs = bench.pairs(KEYHOLDER_ITEMS);
    let encoded: Vec<_> = pairs.iter().map(|(x, y)| (x.encode(), y.encode())).collect();
    let head = Digest([3; 32]);
    let masks = Masks::new(labels::KIND_GATE, &[4; 32], &bench.context, &head, 0, 0);
    let inputs = provers::gate::Inputs {
        head,
        chunk: 0,
        quorum_key: bench.quorum_key,
        inputs: &pairs,
        inputs_encoded: &encoded,
    };
    let mut prove = || {
        let witnesses = masks.gates(&encoded, &mut bench.rng);
        let rng = &mut bench.rng;
        provers::gate::prove(&bench.generators, &bench.context, &inputs, &witnesses, rng)
            .expect("the gates fit in a chunk")
    };
    let (turns, proof) = prove();
    let per_item = KEYHOLDER_ITEMS as f64;
    let gate_prove = yardstick.ratio(time, || drop(black_box(prove()))) / per_item;
    let gate_verify = yardstick.ratio(time, || {
        let statement = gate::Statement {
            head,
            chunk: 0,
            quorum_key: bench.quorum_key,
            inputs: &pairs,
            inputs_encoded: &encoded,
            turns: &turns,
        };
        gate::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the gates hold");
    }) / per_item;
    let gate_bytes = encoded_len(&turns).saturating_add(encoded_len(&proof)) / KEYHOLDER_ITEMS;

    let lists: Vec<Vec<_>> = pairs
        .iter()
        .zip(&encoded)
        .map(|((x, y), (x_wire, y_wire))| vec![(*x, *x_wire), (*y, *y_wire)])
        .collect();
    let lists_encoded: Vec<Vec<_>> = encoded.iter().map(|(x, y)| vec![*x, *y]).collect();
    let entries = 2 * KEYHOLDER_ITEMS;
    let per_entry = entries as f64;
    let masks = Masks::new(labels::KIND_SHUFFLE, &[4; 32], &bench.context, &head, 0, 0);
    let quorum_key = bench.quorum_key;
    let inputs = provers::shuffle::Inputs { head, chunk: 0, quorum_key, lists: &lists };
    let mut prove = || {
        let moves = masks.moves(&lists_encoded, &mut bench.rng);
        let witness = provers::shuffle::Witness { moves };
        let rng = &mut bench.rng;
        provers::shuffle::prove(&bench.generators, &bench.context, &inputs, &witness, rng)
            .expect("the lists fit in a chunk")
    };
    let (outputs, proof) = prove();
    let shuffle_prove = yardstick.ratio(time, || drop(black_box(prove()))) / per_entry;
    let shuffle_verify = yardstick.ratio(time, || {
        let statement =
            shuffle::Statement { head, chunk: 0, quorum_key, lists: &lists, outputs: &outputs };
        shuffle::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the lists are shuffled");
    }) / per_entry;
    let shuffle_bytes = encoded_len(&outputs).saturating_add(encoded_len(&proof)) / entries;

    let share = Scalar::random(&mut bench.rng);
    let share_key = share * bench.generators.key;
    let randomness: Vec<RistrettoPoint> = pairs.iter().map(|(x, _)| x.r).collect();
    let witness = provers::decryption_share::Witness { share };
    let mut prove = || {
        let Bench { generators, context, rng, .. } = &mut *bench;
        provers::decryption_share::prove(generators, context, head, 0, &randomness, &witness, rng)
    };
    let (shares, proof) = prove();
    let decryption_share_prove = yardstick.ratio(time, || drop(black_box(prove()))) / per_item;
    let decryption_share_verify = yardstick.ratio(time, || {
        let statement = decryption_share::Statement {
            head,
            chunk: 0,
            share_key,
            randomness: &randomness,
            shares: &shares,
        };
        decryption_share::verify(&bench.generators, &bench.context, &statement, &proof)
            .expect("the shares are right");
    }) / per_item;
    KeyholderFigures {
        gate_prove,
        gate_verify,
        gate_bytes,
        shuffle_prove,
        shuffle_verify,
        shuffle_bytes,
        decryption_share_prove,
        decryption_share_verify,
    }
}

/// One lot, this many bidders with different bids, quorum 2 of 3: its transcript.
///
/// # Errors
/// [`SimulationError`] if the run fails.
///
/// # Panics
/// Never: the terms are within every bound.
pub fn one_lot(
    grid: &PriceGrid,
    bidders: usize,
    rules: &Rules,
) -> Result<Vec<u8>, SimulationError> {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let cast = Cast::draw(&[vec![Seat::Own; 3]], bidders, &mut rng);
    let text = |text| Text::new(text).expect("a short text");
    let members = (0..3).filter_map(|place| cast.member(0, place)).collect();
    let group = Group {
        name: text("keyholders"),
        threshold: 2,
        endorsements: 2,
        is_witness: true,
        members: List::new(members).expect("three members"),
    };
    let lot = Lot { name: text("lot"), identifier: text("LOT"), quantity: 1, grid: grid.clone() };
    let terms = Terms {
        version: labels::PROTOCOL_VERSION,
        nonce: [9; 32],
        domain: text("bench"),
        seller: cast.seller(),
        custodian: cast.custodian(),
        lots: List::new(vec![lot]).expect("one lot"),
        mechanism: rules.mechanism,
        ties: rules.ties,
        disclosure: rules.disclosure,
        reserve: rules.reserve.map(|_| Reserve { until: 25, opened: false }),
        acceptance: None,
        rounds: rules.survey.map(|cover| Rounds {
            limit: 2,
            commit_slots: 10,
            reveal_slots: 10,
            cover,
        }),
        schedule: Schedule {
            deals_until: 10,
            complaints_until: 20,
            commits_until: 30,
            reveals_until: 40,
            endorse_slots: 10,
            step_slots: 10,
            step_slots_per_bid: 1,
            witness_slots: 1,
        },
        stakes: cast.token_stakes(),
        admission: Admission::Open,
        max_bids_per_lot: 1_000,
        quorum: List::new(vec![group]).expect("one group"),
        fan_out: 15,
        chunk_items: 1024,
    };
    // Spread over the grid by a multiplier that is odd, so bids differ while there is room.
    let level = |bidder: usize| Level((bidder as u32).wrapping_mul(2_654_435_761) % grid.levels);
    let bids = (0..bidders)
        .map(|bidder| BidPlan {
            lot: 0,
            bidder,
            level: level(bidder),
            conduct: BidderConduct::Honest,
        })
        .collect();
    let plan = Plan {
        terms,
        opening_slot: 1,
        bids,
        rounds: Vec::new(),
        reserves: rules
            .reserve
            .map(|level| ReservePlan { lot: 0, level, is_revealed: true })
            .into_iter()
            .collect(),
        declines: Default::default(),
        keyholders: Default::default(),
    };
    let mut transcript = Vec::new();
    simulate(cast, &plan, &mut transcript, &mut rng)?;
    Ok(transcript)
}

/// The records of a transcript of our own making: the auction before its first entry, and the
/// entries one by one.
///
/// # Panics
/// If it is not one.
pub(crate) fn open(transcript: &[u8]) -> (Auction, impl Iterator<Item = Entry>) {
    let mut rest = &transcript[MAGIC.len()..];
    let mut record = move || {
        let (header, after) = rest.split_first_chunk::<RECORD_HEADER_BYTES>()?;
        let (kind, length) = RecordKind::read_header(header).expect("a record");
        let (body, after) = after.split_at(length);
        rest = after;
        Some((kind, body))
    };
    let (_, genesis) = record().expect("a transcript has a genesis");
    let genesis: Genesis = borsh::from_slice(genesis).expect("a genesis");
    let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature);
    let entries = std::iter::from_fn(record)
        .filter(|(kind, _)| *kind == RecordKind::Entry)
        .map(|(_, body)| borsh::from_slice(body).expect("an entry"));
    (auction.expect("possible terms"), entries)
}

/// Replays a transcript of our own making through the contract.
///
/// # Panics
/// If it is not one.
pub fn replay(transcript: &[u8]) -> Auction {
    let (mut auction, entries) = open(transcript);
    for entry in entries {
        auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
    }
    auction
}

fn auction_figures(
    yardstick: &mut Yardstick,
    options: &Options,
    memory: Option<&dyn Memory>,
    grid: &PriceGrid,
    bidders: usize,
) -> Result<AuctionFigures, SimulationError> {
    let transcript = one_lot(grid, bidders, &Rules::FIRST_PRICE)?;
    let time = options.time_per_figure;
    let per_bidder = bidders as f64;
    let peak_of = |work: &dyn Fn()| {
        memory.map(|memory| {
            let before = memory.reset();
            work();
            memory.peak().saturating_sub(before)
        })
    };
    let verify = |jobs: usize| {
        let valid = verify_transcript(&transcript, jobs);
        assert!(valid, "the verifier accepts what the contract accepted");
    };
    let contract = yardstick.ratio(time, || drop(black_box(replay(&transcript))));
    let verifier = yardstick.ratio(time, || verify(1));
    let jobs = if options.jobs == 0 {
        std::thread::available_parallelism().map_or(1, usize::from)
    } else {
        options.jobs
    };
    let on_all_cores = yardstick.ratio(time, || verify(jobs));
    Ok(AuctionFigures {
        levels: grid.levels,
        shape: grid.shape.to_string(),
        bidders,
        contract_per_bidder: contract / per_bidder,
        verifier_per_bidder: verifier / per_bidder,
        verifier_speedup: verifier / on_all_cores,
        verifier_jobs: jobs,
        bytes_per_bidder: transcript.len() as u64 / bidders as u64,
        contract_peak_bytes: peak_of(&|| drop(black_box(replay(&transcript)))),
        verifier_peak_bytes: peak_of(&|| verify(1)),
    })
}

/// Measures everything asked for; `progress` hears of each part before it begins.
///
/// # Errors
/// [`SimulationError`] if a run fails.
pub fn run(
    options: &Options,
    memory: Option<&dyn Memory>,
    progress: impl Fn(&str),
) -> Result<Report, SimulationError> {
    let mut yardstick = Yardstick::new();
    let mut bench = Bench::new();
    let time = options.time_per_figure;
    progress("keyholders' work");
    let keyholder = keyholder_figures(&mut bench, &mut yardstick, time);
    let grids: Vec<PriceGrid> =
        options.grids.iter().map(|(levels, bits)| grid(*levels, bits)).collect();
    let mut messages = Vec::new();
    let mut auctions = Vec::new();
    for grid in &grids {
        let name = format!("{} levels as {}", grid.levels, grid.shape);
        progress(&name);
        messages.push(message_figures(&mut bench, &mut yardstick, time, grid));
        for bidders in &options.bidders {
            progress(&format!("{name}, {bidders} bidders"));
            let figures = auction_figures(&mut yardstick, options, memory, grid, *bidders)?;
            auctions.push(figures);
        }
    }
    let rules = match (grids.last(), options.bidders.iter().max()) {
        (Some(grid), Some(bidders)) => {
            rules::figures(&mut yardstick, time, grid, *bidders, &progress)?
        }
        (None, _) | (_, None) => Vec::new(),
    };
    let unit = "one 64-bit Bulletproof verification";
    Ok(Report { schema: "talea-sim-bench/2", unit, messages, keyholder, auctions, rules })
}

impl Report {
    /// The figures as JSON.
    ///
    /// # Errors
    /// Never, for figures that are numbers.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The figures as tables.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut messages = table(&[
            "levels", "shape", "commit", "verify", "bytes", "improve", "verify", "bytes", "reveal",
            "verify", "in 64", "bytes",
        ]);
        for m in &self.messages {
            messages.add_row([
                m.levels.to_string(),
                m.shape.clone(),
                ratio(m.commit_prove),
                ratio(m.commit_verify),
                m.range_proof_bytes.to_string(),
                ratio(m.improve_prove),
                ratio(m.improve_verify),
                m.improvement_bytes.to_string(),
                ratio(m.reveal_prove),
                ratio(m.reveal_verify),
                ratio(m.reveal_verify_in_64),
                m.sealed_bid_bytes.to_string(),
            ]);
        }
        let k = &self.keyholder;
        let mut keyholder = table(&["per item of 128", "prove", "verify", "bytes"]);
        let bytes = k.gate_bytes.to_string();
        keyholder.add_row(["gate step", &ratio(k.gate_prove), &ratio(k.gate_verify), &bytes]);
        let bytes = k.shuffle_bytes.to_string();
        keyholder.add_row(["entry of a shuffle", &ratio(k.shuffle_prove), &ratio(k.shuffle_verify), &bytes]);
        let (prove, verify) = (ratio(k.decryption_share_prove), ratio(k.decryption_share_verify));
        keyholder.add_row(["decryption share", &prove, &verify, "32"]);
        let mut auctions = table(&[
            "levels",
            "shape",
            "bidders",
            "contract",
            "verifier",
            "x faster",
            "bytes",
            "contract KiB",
            "verifier KiB",
        ]);
        let kib = |bytes: Option<usize>| bytes.map_or("-".into(), |b| (b / 1024).to_string());
        for a in &self.auctions {
            auctions.add_row([
                a.levels.to_string(),
                a.shape.clone(),
                a.bidders.to_string(),
                ratio(a.contract_per_bidder),
                ratio(a.verifier_per_bidder),
                format!("{:.2} on {}", a.verifier_speedup, a.verifier_jobs),
                a.bytes_per_bidder.to_string(),
                kib(a.contract_peak_bytes),
                kib(a.verifier_peak_bytes),
            ]);
        }
        format!(
            "All figures are multiples of {}.\n\nA bid's two messages\n{messages}\n\n\
             Keyholders' work\n{keyholder}\n\n\
             One lot, quorum 2 of 3: cost and bytes per bidder, memory of the whole\n{auctions}\n\n\
             One lot under every rule: the contract's rank phase, and bytes, per bidder\n{}\n",
            self.unit,
            rules::to_table(&self.rules)
        )
    }
}

fn ratio(value: f64) -> String {
    if value < 1.0 { format!("{value:.3}") } else { format!("{value:.2}") }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(header);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn verify_transcript(transcript: &[u8], jobs: usize) -> bool {
    let options = talea_verifier::Options { jobs: Some(jobs) };
    talea_verifier::verify(transcript, &options, |_| ())
        .is_ok_and(|report| report.verdict == talea_verifier::Verdict::Valid)
}
