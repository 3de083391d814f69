//! Forgers of curves: steps that change places, sealed bytes of another bid, and commits that are changed after they
//! were signed. The proofs are those of `range.rs` and `unary.rs`; here it is the place of each that is forged.
//!
//! The flawed verifiers are made of the contract's own proofs: each believes the prover in one thing that the
//! real ones take from the board. Of the real ones both judge a whole auction.

use super::*;
use std::sync::LazyLock;
use talea_contract::proofs::{range, unary};
use talea_protocol::{
    bytes::List,
    check::Check,
    commitment::{CurveCommit, TradeSide},
    instruction::{Instruction, SignedInstruction},
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::Ending,
    price::{Level, Shape},
    sealed_bid::{Reveal, SealedBid},
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    harness::Harness,
    opinions::{agree_that_it_is_valid, second_opinion},
    replay::{Kind, Pens, Replay, Scene, accepted, edit, opened, refused},
};

const LEVELS: u32 = 3;
const BITS: u8 = 2;
const BUY: TradeSide = TradeSide::Buy;

fn sealed_curves() -> Small {
    let curve = Curve { steps: 2, quantities: Quantities::Sealed { bits: BITS } };
    let (pricing, comparisons) = (Pricing::Uniform, Comparisons::Opened);
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(LEVELS, vec![1, 1])],
        quantity: 3,
        bidders: 2,
        max_bids: 5,
        mechanism: Mechanism::Curves { curve, pricing, least: 1, comparisons },
        ..Small::default()
    }
}

fn two_sides() -> Small {
    let curve = Curve { steps: 2, quantities: Quantities::Public { most: 4 } };
    let (rule, comparisons) = (ClearingRule::Lowest, Comparisons::Opened);
    Small { mechanism: Mechanism::TwoSided { curve, rule, comparisons }, ..sealed_curves() }
}

/// An auction to stop at its first commit.
struct Script {
    pens: Pens,
    replay: Replay,
    index: usize,
    scene: Scene,
}

impl Script {
    fn of(small: &Small, curves: &[(TradeSide, Vec<(u32, u32)>)]) -> Self {
        let (_, transcript) = small.simulate(&small.plan_of_curves(curves));
        let replay = Replay::read(&transcript);
        let (scenes, _) = replay.scenes();
        let is_commit = |scene: &Scene| scene.kind() == Kind::CommitCurve;
        let index = scenes.iter().position(is_commit).unwrap();
        Self { pens: Pens::of(&small.cast()), replay, index, scene: scenes[index].clone() }
    }

    fn commit(&self) -> CurveCommit {
        let Instruction::CommitCurve(commit) = &self.scene.instruction else { panic!("a curve") };
        commit.clone()
    }

    /// The commit changed, and signed again by its bidder.
    fn altered(&self, alter: impl FnOnce(&mut CurveCommit)) -> (CurveCommit, Vec<u8>) {
        let mut commit = self.commit();
        alter(&mut commit);
        let Scene { before, signer, .. } = &self.scene;
        let instruction = Instruction::CommitCurve(commit.clone());
        let bytes = self.pens.sign(*signer, &before.id(), &instruction);
        (commit, bytes)
    }

    /// Whether the range proofs of a commit hold, each at the step that `place` says.
    fn proofs_hold(&self, commit: &CurveCommit, levels: u32, place: impl Fn(u32) -> u32) -> bool {
        let Scene { before, signer, .. } = &self.scene;
        let quorum_key = before.quorum_keys().unwrap().key;
        (0u32..).zip(commit.steps.iter()).all(|(step, of)| {
            let (auction, lot, round) = (before.id(), commit.lot, commit.round);
            let step = place(step);
            let context = Context { auction, lot, round, step, signer: *signer };
            let commitment = of.commitment;
            let statement = range::Statement { levels, quorum_key, commitment, active: None };
            let claim = range::Claim { context, statement, proof: &of.range_proof };
            range::verify(&generators(), claim).is_ok()
        })
    }

    /// Both refuse these bytes in the place of the commit, under this check.
    #[track_caller]
    fn both_refuse(&self, bytes: &[u8], check: Check) {
        assert_eq!(refused(&self.scene.before, self.scene.slot, bytes), check.number());
        let report = second_opinion(&self.replay.ending_with(self.index, bytes));
        let second = report.failure.as_ref().map(|failure| failure.check);
        assert_eq!(second, Some(check), "{}", report.to_text());
    }
}

/// One commit of a curve with sealed quantities.
static SEALED: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&sealed_curves(), &[(BUY, vec![(2, 1), (1, 2)]), (BUY, vec![(1, 3)])])
});

/// A market of two sides with public quantities.
static PUBLIC: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&two_sides(), &[(BUY, vec![(2, 1), (1, 2)]), (TradeSide::Sell, vec![(1, 3)])])
});

#[test]
fn two_steps_of_a_commit_that_change_places() {
    let numbers = LEVELS << BITS;
    assert!(SEALED.proofs_hold(&SEALED.commit(), numbers, |step| step), "it was honest");
    let (swapped, bytes) = SEALED.altered(|commit| edit(&mut commit.steps, |s| s.swap(0, 1)));
    // Who asks the prover which step it is.
    assert!(SEALED.proofs_hold(&swapped, numbers, |step| 1 - step), "the attack is alive");
    assert!(!SEALED.proofs_hold(&swapped, numbers, |step| step));
    SEALED.both_refuse(&bytes, Check::CommitRange);
}

/// One number, committed to once and counted twice.
#[test]
fn a_proof_of_one_step_used_for_another() {
    let numbers = LEVELS << BITS;
    for from in [0, 1] {
        let (doubled, bytes) = SEALED.altered(|commit| {
            edit(&mut commit.steps, |steps| steps[1 - from] = steps[from].clone());
        });
        let of_both = |_| from as u32;
        assert!(SEALED.proofs_hold(&doubled, numbers, of_both), "the attack is alive");
        SEALED.both_refuse(&bytes, Check::CommitRange);
    }
}

/// A proof that is right for so many levels is none for other levels: of the price alone, or of a longer quantity.
#[test]
fn a_proof_for_other_bits_of_the_quantity() {
    for bits in [0, 1, 3, 4] {
        assert!(!SEALED.proofs_hold(&SEALED.commit(), LEVELS << bits, |step| step), "{bits}");
    }
}

/// A commit of public quantities whose board changes what its bidder signed.
#[test]
fn a_public_quantity_or_a_side_that_is_changed_after_it_was_signed() {
    let more = |commit: &mut CurveCommit| edit(&mut commit.steps, |steps| steps[0].quantity = 2);
    let other_side = |commit: &mut CurveCommit| commit.side = TradeSide::Sell;
    let swapped_quantities = |commit: &mut CurveCommit| {
        edit(&mut commit.steps, |steps| {
            (steps[0].quantity, steps[1].quantity) = (steps[1].quantity, steps[0].quantity);
        });
    };
    let changes: [&dyn Fn(&mut CurveCommit); 3] = [&more, &other_side, &swapped_quantities];
    for change in changes {
        let (commit, signed_again) = PUBLIC.altered(change);
        // Who does not look at the signature: nothing else is wrong with it.
        accepted(&PUBLIC.scene.before, PUBLIC.scene.slot, &signed_again);
        let mut signed: SignedInstruction = borsh::from_slice(&PUBLIC.scene.bytes).unwrap();
        let payload = borsh::to_vec(&Instruction::CommitCurve(commit)).unwrap();
        signed.payload = List::new(payload).unwrap();
        PUBLIC.both_refuse(&borsh::to_vec(&signed).unwrap(), Check::EnvelopeSignature);
    }
}

/// A quantity where it is to be sealed, none where it is to be public, and too many: by the bidder itself.
#[test]
fn quantities_of_another_form() {
    let (_, named) = SEALED.altered(|commit| edit(&mut commit.steps, |s| s[0].quantity = 1));
    SEALED.both_refuse(&named, Check::CommitForm);
    let (_, fewer) = SEALED.altered(|commit| edit(&mut commit.steps, |s| s.truncate(1)));
    SEALED.both_refuse(&fewer, Check::CommitForm);
    let (_, selling) = SEALED.altered(|commit| commit.side = TradeSide::Sell);
    SEALED.both_refuse(&selling, Check::CommitForm);
    for units in [0, 4, u32::MAX] {
        let (_, other) =
            PUBLIC.altered(|commit| edit(&mut commit.steps, |s| s[0].quantity = units));
        PUBLIC.both_refuse(&other, Check::CommitForm);
    }
}

// ---- sealed bids ----

/// Whether the sealed steps of a reveal hold against commitments, each at the place that a verifier takes it to be.
fn arguments_hold(
    harness: &Harness,
    (reveal, commit): (&Reveal, &CurveCommit),
    place: impl Fn(usize) -> (PartyKey, usize),
) -> bool {
    let shape = Shape::new(&[1, 1, 1, 1]).unwrap();
    let auction = harness.auction();
    let quorum_key = auction.quorum_keys().unwrap().key;
    let steps = reveal.sealed_bid.chunks(SealedBid::encoded_len(&shape)).enumerate();
    let mut holds = steps.map(|(number, bytes)| {
        let sealed_bid = SealedBid::from_bytes(bytes, &shape).unwrap();
        let (signer, step) = place(number);
        let context = Context {
            auction: auction.id(),
            lot: 0,
            round: 0,
            step: u32::try_from(step).unwrap(),
            signer,
        };
        let commitment = decode_point(&commit.steps[step].commitment).unwrap();
        let claim = unary::Claim { context, shape: &shape, commitment, sealed_bid: &sealed_bid };
        unary::verify(&generators(), &quorum_key, claim).is_ok()
    });
    holds.all(|holds| holds)
}

/// Commits a curve of two steps whose sealed bytes are what `alter` makes of the right ones.
fn commits(
    harness: &mut Harness,
    bidder: usize,
    steps: [(u32, u32); 2],
    alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> (Reveal, CurveCommit) {
    let steps = steps.map(|(level, units)| (Level(level), units));
    let of = &harness.bidders[bidder];
    let auction = harness.board.auction();
    let curve = of.commit_curve_altered(auction, (0, BUY), &steps, alter, &mut harness.rng);
    let curve = curve.unwrap();
    harness.submit(&curve.commit);
    let (_, Instruction::CommitCurve(commit)) = opened(&curve.commit) else { panic!("a curve") };
    (curve.reveal, commit)
}

/// Reveals all, and ends the auction: both verifications say that this many bids were ranked.
#[track_caller]
fn assert_ranked(mut harness: Harness, reveals: Vec<Reveal>, ranked: u32) {
    harness.pass();
    harness.reveal(reveals);
    let outcome = harness.finish();
    let lot = &outcome.lots[0];
    assert_eq!(lot.ranked, ranked);
    assert!(matches!(lot.ending, Ending::Cleared(_)), "{:?}", lot.ending);
    agree_that_it_is_valid(&harness.board.into_inner().1, &outcome);
}

fn at_commits() -> Harness {
    let small = sealed_curves();
    Harness::at_commits(&small, &small.terms())
}

#[test]
fn sealed_steps_that_change_places_between_commit_and_reveal() {
    let mut harness = at_commits();
    let swap = |bytes: Vec<u8>| {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        [second, first].concat()
    };
    let (swapped, commit) = commits(&mut harness, 0, [(2, 1), (1, 2)], swap);
    let (honest, own) = commits(&mut harness, 1, [(1, 1), (0, 1)], |bytes| bytes);
    let [forger, other] = [harness.bidder(0), harness.bidder(1)];
    // Who lets the prover say to which step some bytes belong.
    assert!(arguments_hold(&harness, (&swapped, &commit), |n| (forger, 1 - n)), "it is alive");
    assert!(!arguments_hold(&harness, (&swapped, &commit), |n| (forger, n)));
    assert!(arguments_hold(&harness, (&honest, &own), |n| (other, n)));
    assert_ranked(harness, vec![swapped, honest], 1);
}

#[test]
fn one_sealed_step_in_the_place_of_both() {
    let mut harness = at_commits();
    let twice = |bytes: Vec<u8>| bytes[..bytes.len() / 2].repeat(2);
    let (doubled, commit) = commits(&mut harness, 0, [(2, 1), (2, 1)], twice);
    let (honest, _) = commits(&mut harness, 1, [(1, 1), (0, 1)], |bytes| bytes);
    let forger = harness.bidder(0);
    assert!(arguments_hold(&harness, (&doubled, &commit), |_| (forger, 0)), "it is alive");
    assert!(!arguments_hold(&harness, (&doubled, &commit), |n| (forger, n)));
    assert_ranked(harness, vec![doubled, honest], 1);
}

/// Two bidders in league: one reveals what the other sealed.
#[test]
fn a_step_sealed_by_another_bidder() {
    for replaced in [0..1, 1..2, 0..2] {
        let mut harness = at_commits();
        let (honest, own) = commits(&mut harness, 1, [(2, 1), (1, 1)], |bytes| bytes);
        let theirs = honest.sealed_bid.to_vec();
        let copy = |mut bytes: Vec<u8>| {
            let half = bytes.len() / 2;
            let range = replaced.start * half..replaced.end * half;
            bytes[range.clone()].copy_from_slice(&theirs[range]);
            bytes
        };
        let (copied, commit) = commits(&mut harness, 0, [(2, 1), (1, 1)], copy);
        let [forger, owner] = [harness.bidder(0), harness.bidder(1)];
        if replaced == (0..2) {
            // Who takes bidder and commitment from whoever sealed them.
            assert!(arguments_hold(&harness, (&copied, &own), |n| (owner, n)), "it is alive");
        }
        assert!(!arguments_hold(&harness, (&copied, &commit), |n| (forger, n)));
        assert_ranked(harness, vec![copied, honest], 1);
    }
}
