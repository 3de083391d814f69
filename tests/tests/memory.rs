//! Hostile bytes cost memory in proportion to their own length: at most four times as much, and 64
//! KiB. A bidder costs what is kept of it, and not what it sent.
//!
//! A test binary of its own, for it counts every allocation of the process.

use peak_alloc::PeakAlloc;
use std::sync::Mutex;
use talea_contract::Auction;
use talea_parties::seller;
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point, Scalar, Signature},
    commitment::{BidId, Commit, CurveCommit, CurveStep, RangeProof, TradeSide},
    instruction::{Instruction, SignedInstruction},
    limits::{
        MASKED_BYTES, MAX_ATTESTED, MAX_CHUNK_ITEMS, MAX_INSTRUCTION_BYTES, MAX_LOTS, MAX_MEMBERS,
        MAX_REVEALS, MAX_SEALED_BID_BYTES, MAX_SHUFFLE_TERMS, MAX_STEPS, MAX_VECTOR, MAX_VECTORS,
    },
    masked::{Masked, Quadratic, VectorOpening},
    ranking::{
        BlindPost, DecryptionSharePost, Endorsement, GatePost, GateProof, GateTurn, RankHeader,
        ShufflePost, ShuffleProof, ShuffleTerm,
    },
    sealed_bid::{Ciphertext, Reveal},
    setup::{CompactProof, Deal},
    terms::Terms,
};
use talea_sim::bench::{self, Rules};
use talea_tests::{Small, harness::Harness, list, replay::Pens};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One measures at a time.
static TURN: Mutex<()> = Mutex::new(());

/// The most memory in use during `work` beyond what was in use before, in bytes.
fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = work();
    let peak = MEMORY.peak_usage();
    drop(result);
    peak.saturating_sub(before)
}

const ZERO: Scalar = Scalar([0; 32]);
const NOTHING: Ciphertext = Ciphertext { r: Point([0; 32]), e: Point([0; 32]) };
const MASKED: Masked = Masked([0; MASKED_BYTES]);
const VECTOR: VectorOpening =
    VectorOpening { commitment: NOTHING.r, announcement: NOTHING.r, blinding: ZERO };
const SQUARES: Quadratic = Quadratic { linear: NOTHING.r, constant: NOTHING.r, blinding: ZERO };
const PROOF: CompactProof = CompactProof { challenge: ZERO, response: ZERO };
const BID: BidId = BidId { lot: 0, round: 0, bidder: PartyKey([0; 32]) };
const HEADER: RankHeader =
    RankHeader { lot: 0, round: 0, step: 0, chunk: 0, head: Digest([0; 32]) };

fn commit(bits: usize) -> Commit {
    let range_proof =
        RangeProof { bits: VECTOR, squares: SQUARES, masked: list(vec![MASKED; bits]) };
    let (commitment, seal) = (Point([0; 32]), Digest([0; 32]));
    Commit { lot: 0, round: 0, commitment, range_proof, seal }
}

/// How much of a list's bound is used, in words and in items.
type Share = (&'static str, fn(usize) -> usize);

/// Instructions of every kind that has a list, with this share of what the list may hold.
fn instructions(share: impl Fn(usize) -> usize) -> Vec<(&'static str, Instruction)> {
    let turn = GateTurn { x: NOTHING, y: NOTHING, sign: MASKED };
    let vectors = share(MAX_VECTORS);
    let items = share(MAX_CHUNK_ITEMS);
    let sealed = |bytes: usize| Reveal { bid: BID, sealed_bid: list(vec![1; bytes]) };
    let members = share(MAX_MEMBERS);
    vec![
        ("deal", {
            Instruction::Deal(Deal {
                commitments: list(vec![Point([0; 32]); members]),
                ephemeral: Point([0; 32]),
                shares: list(vec![ZERO; members]),
                constant_proof: PROOF,
                ephemeral_proof: PROOF,
            })
        }),
        ("commit", Instruction::Commit(commit(share(MAX_VECTOR)))),
        ("curve", {
            let range_proof = commit(share(MAX_VECTOR)).range_proof;
            let step = CurveStep { quantity: 0, commitment: Point([0; 32]), range_proof };
            let (side, seal) = (TradeSide::Buy, Digest([0; 32]));
            let steps = list(vec![step; share(MAX_STEPS)]);
            Instruction::CommitCurve(CurveCommit { lot: 0, round: 0, side, steps, seal })
        }),
        ("reserve", Instruction::Reserve(commit(share(MAX_VECTOR)))),
        ("small reveals", {
            Instruction::Reveal(list((0..share(MAX_REVEALS)).map(|_| sealed(0))))
        }),
        ("large reveals", {
            let size = share(MAX_SEALED_BID_BYTES);
            let count = ((MAX_INSTRUCTION_BYTES - 1024) / (size + 44)).min(MAX_REVEALS);
            Instruction::Reveal(list((0..count).map(|_| sealed(size))))
        }),
        ("one reveal", Instruction::Reveal(list([sealed(share(MAX_SEALED_BID_BYTES))]))),
        ("endorse", {
            let attested = list(vec![BID; share(MAX_ATTESTED)]);
            Instruction::Endorse(Endorsement { round: 0, head: Digest([0; 32]), attested })
        }),
        ("gate", {
            let proof = GateProof {
                signs: list(vec![VECTOR; vectors]),
                squares: SQUARES,
                announcement: NOTHING,
                randomness: ZERO,
            };
            Instruction::Gate(GatePost { header: HEADER, turns: list(vec![turn; items]), proof })
        }),
        ("shuffle", {
            let term = ShuffleTerm { ciphertext: NOTHING, mask: NOTHING.r };
            let proof = ShuffleProof {
                moves: list(vec![VECTOR; vectors]),
                squares: SQUARES,
                powers: list(vec![VECTOR; vectors]),
                polynomial: list(vec![term; share(MAX_SHUFFLE_TERMS)]),
                masked: list(vec![MASKED; items]),
                raised: list(vec![ZERO; items]),
                mask: ZERO,
            };
            let outputs = list(vec![NOTHING; items]);
            Instruction::Shuffle(ShufflePost { header: HEADER, outputs, proof })
        }),
        ("blind", {
            Instruction::Blind(BlindPost {
                header: HEADER,
                blinded: list(vec![NOTHING; items]),
                challenge: ZERO,
                responses: list(vec![ZERO; items]),
            })
        }),
        ("decrypt", {
            let shares = list(vec![Point([0; 32]); items]);
            Instruction::Decrypt(DecryptionSharePost { header: HEADER, shares, proof: PROOF })
        }),
    ]
}

fn envelope(payload: Vec<u8>) -> Vec<u8> {
    let payload = List::new(payload).expect("within its bound");
    let signed =
        SignedInstruction { signer: PartyKey([1; 32]), signature: Signature([2; 64]), payload };
    borsh::to_vec(&signed).expect("to memory")
}

/// Bytes that are, begin like, or claim to be instructions.
fn hostile() -> Vec<(String, Vec<u8>)> {
    let mut hostile = Vec::new();
    // Full lists, and lists just beyond where a vector doubles.
    let shares: [Share; 6] = [
        ("full", |max| max),
        ("half and one", |max| max / 2 + 1),
        ("half", |max| max / 2),
        ("a quarter and one", |max| max / 4 + 1),
        ("five eighths", |max| max * 5 / 8),
        ("a thirty-second and one", |max| max / 32 + 1),
    ];
    for (share_name, share) in shares {
        for (name, instruction) in instructions(share) {
            let payload = borsh::to_vec(&instruction).unwrap();
            let name = format!("{name}, {share_name}");
            let half = payload[..payload.len() / 2].to_vec();
            hostile.push((format!("{name}, cut in the middle"), envelope(half)));
            let last = payload[..payload.len() - 1].to_vec();
            hostile.push((format!("{name}, cut at the end"), envelope(last)));
            hostile.push((name, envelope(payload)));
        }
    }
    // Lengths without anything behind them.
    for length in [u32::MAX, 1 << 31, 1 << 20, (1 << 20) - 1, 1 << 16] {
        let mut bytes = envelope(vec![0; 8]);
        bytes[96..100].copy_from_slice(&length.to_le_bytes());
        hostile.push((format!("a payload of {length} that is not there"), bytes));
        for (name, instruction) in instructions(|_| 1) {
            let payload = borsh::to_vec(&instruction).unwrap();
            for place in 0..payload.len().min(256).saturating_sub(4) {
                let mut payload = payload.clone();
                payload[place..place + 4].copy_from_slice(&length.to_le_bytes());
                hostile.push((format!("{name}, {length} at {place}"), envelope(payload)));
            }
        }
    }
    for len in [0, 1, 99, 100, MAX_INSTRUCTION_BYTES, MAX_INSTRUCTION_BYTES + 1] {
        for byte in [0, 1, 0xff] {
            hostile.push((format!("{len} times {byte}"), vec![byte; len]));
        }
    }
    hostile
}

/// What the program decodes before anybody has proved to be anybody.
fn decode(bytes: &[u8]) -> Option<(SignedInstruction, Option<Instruction>)> {
    let signed: SignedInstruction = borsh::from_slice(bytes).ok()?;
    let instruction = borsh::from_slice(&signed.payload).ok();
    Some((signed, instruction))
}

/// Terms of many lots with one-letter names: the most structure in the fewest bytes.
fn wide_terms(lots: usize) -> Vec<u8> {
    let mut terms: Terms = Small::default().terms();
    let mut lot = terms.lots[0].clone();
    lot.name = talea_tests::text("a");
    lot.identifier = talea_tests::text("b");
    terms.lots = list(vec![lot; lots]);
    borsh::to_vec(&terms).unwrap()
}

/// Every input that cost more than `factor` times its length and 64 KiB.
fn excesses(factor: usize) -> Vec<String> {
    let _turn = TURN.lock().expect("nobody panics while measuring");
    let small = Small::default();
    let pens = Pens::of(&small.cast());
    let genesis = seller::open(pens.identity(small.cast().seller()), &small.terms(), 1).unwrap();
    let mut auction = Auction::open(1, &genesis.terms, &genesis.signature).unwrap();

    let mut most = 0;
    let mut excesses = Vec::new();
    let mut check = |what: &str, bytes: &[u8], peak: usize| {
        most = most.max(peak);
        let limit = factor * bytes.len() + 64 * 1024;
        if peak > limit {
            excesses.push(format!("{what}: {peak} bytes for {}, limit {limit}", bytes.len()));
        }
    };
    for (what, bytes) in hostile() {
        check(&format!("decode {what}"), &bytes, peak(|| decode(&bytes)));
        let applied = peak(|| assert!(auction.apply(1, &bytes).is_err()));
        check(&format!("apply {what}"), &bytes, applied);
    }
    for lots in [1, 100, 129, 257, 513, 700, MAX_LOTS] {
        let bytes = wide_terms(lots);
        for cut in [bytes.len(), bytes.len() - 1, bytes.len() / 2] {
            let bytes = &bytes[..cut];
            let what = format!("{lots} lots, {cut} bytes");
            check(&what, bytes, peak(|| borsh::from_slice::<Terms>(bytes).is_ok()));
        }
    }
    assert!(most > MAX_INSTRUCTION_BYTES, "something was measured");
    excesses
}

#[test]
fn hostile_bytes_cost_at_most_four_times_their_length() {
    let excesses = excesses(4);
    assert!(excesses.is_empty(), "{}", excesses.join("\n"));
}

fn transcript(levels: u32, digits: &[u8], bidders: usize) -> Vec<u8> {
    let grid = bench::grid(levels, digits);
    bench::one_lot(&grid, bidders, &Rules::FIRST_PRICE).expect("a possible lot")
}

/// Verifies on one thread; gives the most that was held between two batches of records, in bytes.
fn held(transcript: &[u8]) -> usize {
    let options = talea_verifier::Options { jobs: Some(1) };
    let before = MEMORY.current_usage();
    let mut most = 0;
    let hear = |_| most = most.max(MEMORY.current_usage().saturating_sub(before));
    let report = talea_verifier::verify(transcript, &options, hear).expect("it is all there");
    assert_eq!(report.verdict, talea_verifier::Verdict::Valid);
    most
}

/// Of a long digit, which takes few bidders to be much.
#[test]
fn of_a_bid_little_more_is_held_than_the_bytes_of_its_unary_encoding() {
    let _turn = TURN.lock().expect("nobody panics while measuring");
    const ENTRIES: usize = 255;
    const MORE: usize = 64;
    let [half, all] = [MORE, 2 * MORE].map(|bidders| {
        let transcript = transcript(256, &[8], bidders);
        // What is made once stands before the second lot is measured.
        [held(&transcript), peak(|| bench::replay(&transcript))]
    });
    for (at, who) in ["verifier", "contract"].into_iter().enumerate() {
        let added = all[at].saturating_sub(half[at]) / MORE / ENTRIES;
        println!("the {who} takes {} bytes, {added} for each entry more", all[at]);
        // An entry has 64, and its randomness, of which none may occur again, 32; decoded it would have 320.
        assert!(added <= 160, "the {who} holds {added} bytes more for each entry");
    }
}

/// Passing a deadline changes the state before the instruction is judged.
#[test]
fn an_instruction_refused_beyond_a_deadline_copies_no_state() {
    let _turn = TURN.lock().expect("nobody panics while measuring");
    const BIDDERS: usize = 32;
    let small = Small { lots: vec![(256, vec![8])], bidders: BIDDERS, ..Small::default() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let commit = |bidder| harness.commit(bidder, 0, bidder as u32);
    let mut reveals: Vec<Reveal> = (0..BIDDERS).map(commit).collect();
    harness.pass();
    let late = reveals.split_off(BIDDERS - 1);
    reveals.into_iter().for_each(|reveal| harness.reveal(vec![reveal]));
    let late = harness.carry(late);
    let beyond = harness.auction().deadline().expect("reveals are due") + 1;

    let before = MEMORY.current_usage();
    let mut auction = harness.auction().clone();
    let state = MEMORY.current_usage().saturating_sub(before);
    let peak = peak(|| assert!(auction.apply(beyond, &late).is_err()));
    assert!(auction == *harness.auction());
    println!("a clone shares what is large and takes {state} bytes, the refusal {peak}");
    assert!(peak <= 4 * late.len() + 64 * 1024 && peak < state, "{peak} bytes, of {state}");
}

#[test]
#[ignore = "an auction of ten thousand takes a quarter of an hour"]
fn ten_thousand_bidders_are_verified_in_a_hundred_megabytes() {
    let _turn = TURN.lock().expect("nobody panics while measuring");
    let transcript = transcript(65_536, &[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 10_000);
    let [verifier, contract] = [peak(|| held(&transcript)), peak(|| bench::replay(&transcript))];
    println!("the verifier takes {verifier} bytes, the contract {contract}");
    assert!(verifier.max(contract) <= 100_000_000);
}
