//! What the program refuses, under which check, and that a refusal changes nothing.
//!
//! First a table over every kind of instruction, made by stopping a real auction just before its
//! entries: copies, wrong phases, wrong slots, wrong parties, other auctions, damaged bytes. Then one
//! small test per numbered check, named `<number>_<rule>`; the last test here sees that none is
//! missing.

use std::{collections::BTreeSet, sync::LazyLock};
use talea_contract::{Auction, Phase};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    instruction::{Fund, Instruction},
    limits::MAX_INSTRUCTION_BYTES,
    price::Level,
    quorum::KeyholderId,
    terms::Mechanism,
};
use talea_sim::simulate::{BidderConduct, KeyholderConduct, ReservePlan, Seat};
use talea_tests::{
    Small,
    harness::Harness,
    replay::{Kind, Pens, Replay, Scene, accepted, refused},
    with_bidder, with_keyholder,
};

mod bids;
mod ceremony;
mod markets;
mod ranking;
mod rounds;
mod seller;
mod signatures;
mod terms;
mod vouches;

/// A simulated auction to stop anywhere in.
struct Script {
    small: Small,
    scenes: Vec<Scene>,
    end: Auction,
    pens: Pens,
}

/// One auction in which every kind of instruction stands: a second price over a reserve, with the
/// seller's say. Keyholder 4 of 4 deals a wrong share and is expelled, the board drops what keyholder 2
/// posts and the others vouch for it, bidders 3 and 4 never reveal.
static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let small = Small {
        groups: vec![(2, vec![Seat::Own; 4])],
        lots: vec![(8, vec![1, 2])],
        bidders: 5,
        mechanism: Mechanism::UniformPrice { units: 1 },
        reserve: Some(false),
        acceptance: true,
        ..Small::default()
    };
    let mut plan = small.plan(&[&[5, 2, 7, 1, 3]]);
    plan.reserves = vec![ReservePlan { lot: 0, level: Level(3), is_revealed: true }];
    let plan = with_bidder(plan, 3, BidderConduct::NeverReveals);
    let plan = with_bidder(plan, 4, BidderConduct::NeverReveals);
    let plan = with_keyholder(plan, 0, 4, KeyholderConduct::DealsWrongShare { to: 1 });
    let plan = with_keyholder(plan, 0, 2, KeyholderConduct::Ignored { from_step: 2 });
    let (_, transcript) = small.simulate(&plan);
    let (scenes, end) = Replay::read(&transcript).scenes();
    Script { pens: Pens::of(&small.cast()), small, scenes, end }
});

/// The check under which the harness refuses these bytes now.
#[track_caller]
fn refuses(harness: &Harness, bytes: &[u8]) -> &'static str {
    refused(harness.auction(), harness.slot, bytes)
}

impl Script {
    /// The first entry of a kind that somebody of the cast signed.
    fn first(&self, kind: Kind) -> &Scene {
        let by_cast = |scene: &&Scene| self.pens.has(scene.signer);
        let mut scenes = self.scenes.iter().filter(by_cast);
        scenes.find(|scene| scene.kind() == kind).expect("every kind is in the script")
    }

    /// The auction when time has come for the first entry of a kind, but not a slot further: the
    /// deadlines that this entry would pass are passed by a tick.
    fn ready(&self, kind: Kind) -> Auction {
        let Scene { before, slot, .. } = self.first(kind);
        match before.deadline() {
            Some(deadline) if *slot > deadline && kind != Kind::Tick => {
                accepted(before, *slot, &self.tick())
            }
            _ => before.clone(),
        }
    }

    /// The last state of a phase.
    fn last_of(&self, phase: Phase) -> &Auction {
        let mut states = self.scenes.iter().map(|scene| &scene.before).chain([&self.end]);
        states.rfind(|auction| auction.phase() == phase).expect("every phase is in the script")
    }

    fn seller(&self) -> PartyKey {
        self.small.cast().seller()
    }

    fn bidder(&self, index: usize) -> PartyKey {
        self.small.cast().bidder(index).expect("it was drawn")
    }

    /// A keyholder's key, by its index from 1.
    fn keyholder(&self, member: usize) -> PartyKey {
        self.small.cast().member(0, member - 1).expect("it was drawn").signing
    }

    fn tick(&self) -> Vec<u8> {
        self.pens.sign(self.seller(), &self.end.id(), &Instruction::Tick)
    }
}

const PHASES: [Phase; 8] = [
    Phase::Deals,
    Phase::Complaints,
    Phase::Reserves,
    Phase::Commits,
    Phase::Reveals,
    Phase::Endorsing,
    Phase::Ranking,
    Phase::Closed,
];

/// The one phase that takes a kind, or the last one; nothing for those that are not bound to one.
fn phase_of(kind: Kind) -> Option<Phase> {
    match kind {
        Kind::Tick | Kind::Fund => None,
        Kind::Deal => Some(Phase::Deals),
        Kind::Complain => Some(Phase::Complaints),
        Kind::Reserve => Some(Phase::Reserves),
        Kind::Commit | Kind::CommitCurve => Some(Phase::Commits),
        Kind::Reveal => Some(Phase::Reveals),
        Kind::Endorse => Some(Phase::Endorsing),
        Kind::Gate | Kind::Shuffle | Kind::Blind | Kind::Decrypt | Kind::Decide | Kind::Vouch => {
            Some(Phase::Ranking)
        }
    }
}

#[test]
fn every_kind_of_instruction_stands_in_the_script() {
    let kinds: BTreeSet<Kind> = SCRIPT.scenes.iter().map(Scene::kind).collect();
    assert!(kinds.into_iter().eq(Kind::ALL));
    assert_eq!(SCRIPT.end.phase(), Phase::Closed);
}

// ---- copies ----

#[test]
fn a_copy_of_what_was_just_accepted_is_refused() {
    for kind in Kind::ALL {
        let scene = SCRIPT.first(kind);
        let expected = match kind {
            Kind::Tick => "E4",
            Kind::Fund => "M1",
            Kind::Deal => "S1",
            Kind::Complain => "S5",
            Kind::Commit | Kind::CommitCurve | Kind::Reserve => "C3",
            Kind::Reveal => "R1",
            Kind::Endorse => "K2",
            Kind::Gate | Kind::Shuffle | Kind::Blind | Kind::Decrypt => "K4",
            Kind::Vouch => "K15",
            // It ended the last lot.
            Kind::Decide => "E4",
        };
        assert_eq!(refused(&scene.after(), scene.slot, &scene.bytes), expected, "{kind:?}");
    }
}

#[test]
fn no_entry_is_accepted_twice_whether_at_once_or_at_the_end() {
    for scene in &SCRIPT.scenes {
        refused(&scene.after(), scene.slot, &scene.bytes);
        assert_eq!(refused(&SCRIPT.end, SCRIPT.end.slot(), &scene.bytes), "E4");
    }
}

// ---- slots ----

#[test]
fn x3_slots_never_go_back() {
    for scene in &SCRIPT.scenes {
        let slot = scene.before.slot();
        assert_eq!(refused(&scene.before, slot - 1, &scene.bytes), "X3");
        assert_eq!(refused(&scene.before, 0, &scene.bytes), "X3");
    }
}

#[test]
fn a_deadline_is_the_last_slot_of_its_phase() {
    for kind in Kind::ALL.into_iter().filter(|kind| phase_of(*kind).is_some()) {
        let (ready, bytes) = (SCRIPT.ready(kind), &SCRIPT.first(kind).bytes);
        let deadline = ready.deadline().expect("it waits for something");
        let [before, at] = [deadline - 1, deadline].map(|slot| accepted(&ready, slot, bytes));
        assert_eq!(before.phase(), at.phase(), "{kind:?}");
        assert_eq!(before.accounts(), at.accounts(), "{kind:?}");

        let late = match kind {
            // It was this keyholder's turn, so the time-out excluded it from the lot.
            Kind::Gate => "K4",
            // The other one out is the one whom the board ignores, and the lot is void without both.
            Kind::Shuffle => "E4",
            // So was the one for whom somebody vouches.
            Kind::Vouch => "K14",
            _ => "E4",
        };
        assert_eq!(refused(&ready, deadline + 1, bytes), late, "{kind:?}");
    }
}

#[test]
fn an_instruction_of_the_next_phase_is_early_until_the_deadline() {
    for kind in Kind::ALL {
        let Some(phase) = phase_of(kind) else { continue };
        let place = PHASES.iter().position(|p| *p == phase).expect("it is one of them");
        let Some(previous) = place.checked_sub(1) else { continue };
        // Endorsing takes vouches too, for endorsements.
        let early = if kind == Kind::Vouch { "K14" } else { "E4" };
        let auction = SCRIPT.last_of(PHASES[previous]);
        let deadline = auction.deadline().expect("it waits for something");
        for slot in [auction.slot(), deadline] {
            assert_eq!(refused(auction, slot, &SCRIPT.first(kind).bytes), early, "{kind:?}");
        }
    }
}

#[test]
fn a_tick_is_taken_from_the_slot_after_a_deadline_on() {
    let tick = SCRIPT.tick();
    for phase in PHASES {
        let auction = SCRIPT.last_of(phase);
        let Some(deadline) = auction.deadline() else {
            assert_eq!(refused(auction, auction.slot(), &tick), "E4");
            assert_eq!(refused(auction, u64::MAX, &tick), "E4");
            continue;
        };
        assert_eq!(refused(auction, deadline, &tick), "E4", "{phase:?}");
        let after = accepted(auction, deadline + 1, &tick);
        assert_eq!(refused(&after, deadline + 1, &tick), "E4", "{phase:?}");
        assert!(after.phase() != phase || after.deadline() > Some(deadline), "{phase:?}");
    }
}

#[test]
fn time_alone_closes_every_auction() {
    for scene in &SCRIPT.scenes {
        let mut auction = scene.before.clone();
        // Each tick may come as late as it likes.
        for late in 1.. {
            let Some(deadline) = auction.deadline() else { break };
            auction = accepted(&auction, deadline + late * 1_000, &SCRIPT.tick());
            assert!(late < 20, "it goes on and on");
        }
        assert_eq!(auction.phase(), Phase::Closed);
    }
}

// ---- phases ----

#[test]
fn a_phase_takes_its_own_instructions_only() {
    for phase in PHASES {
        let auction = SCRIPT.last_of(phase);
        for kind in Kind::ALL {
            let bytes = &SCRIPT.first(kind).bytes;
            let mut tried = auction.clone();
            let answer = tried.apply(auction.slot(), bytes).map_err(|refusal| refusal.check);
            let belongs = match kind {
                Kind::Tick => false,
                Kind::Fund => phase != Phase::Closed,
                Kind::Vouch => [Phase::Endorsing, Phase::Ranking].contains(&phase),
                _ => phase_of(kind) == Some(phase),
            };
            let is_refused_for_phase = answer == Err(Check::EnvelopePhase);
            assert_eq!(is_refused_for_phase, !belongs, "{kind:?} in {phase:?}: {answer:?}");
            assert!(answer.is_ok() || tried == *auction, "{kind:?} in {phase:?}");
        }
    }
}

#[test]
fn money_is_reported_in_every_phase_but_the_last() {
    let funds = SCRIPT.scenes.iter().filter(|scene| scene.kind() == Kind::Fund).count();
    let (custodian, party) = (SCRIPT.small.cast().custodian(), SCRIPT.bidder(0));
    let fund = Instruction::Fund(Fund { sequence: funds as u64, party, amount: 7 });
    let fund = SCRIPT.pens.sign(custodian, &SCRIPT.end.id(), &fund);
    for phase in PHASES {
        let auction = SCRIPT.last_of(phase);
        let Some(deadline) = auction.deadline() else {
            assert_eq!(refused(auction, auction.slot(), &fund), "E4");
            continue;
        };
        for slot in [deadline - 1, deadline] {
            assert_eq!(accepted(auction, slot, &fund).phase(), phase);
        }
        // A slot later it is the next phase's, unless there is none.
        let next = accepted(auction, deadline + 1, &SCRIPT.tick());
        if next.phase() == Phase::Closed {
            assert_eq!(refused(auction, deadline + 1, &fund), "E4");
        } else {
            assert_eq!(accepted(auction, deadline + 1, &fund).phase(), next.phase());
        }
    }
}

// ---- parties ----

/// Who else might sign the first instruction of a kind, and the check that stands against it.
fn others(kind: Kind) -> Vec<(PartyKey, Option<&'static str>)> {
    let [seller, custodian] = [SCRIPT.seller(), SCRIPT.small.cast().custodian()];
    let [bidder, next_bidder] = [SCRIPT.bidder(0), SCRIPT.bidder(1)];
    let [due, dealt_only] = [1, 4].map(|member| SCRIPT.keyholder(member));
    let Scene { before, signer, .. } = SCRIPT.first(kind);
    let is_excluded =
        |member: &usize| before.is_excluded(0, KeyholderId { group: 0, member: *member as u16 });
    let (out, keyholders): (Vec<usize>, Vec<usize>) = (1..=3).partition(is_excluded);
    // Keyholder 2, once the board has ignored it for the time of a step.
    assert_eq!(out, if is_ranked_without_keyholder_2(kind) { vec![2] } else { vec![] }, "{kind:?}");
    let out: Vec<_> = out.iter().map(|out| (SCRIPT.keyholder(*out), Some("K4"))).collect();
    let mut keyholders = keyholders.into_iter().map(|member| SCRIPT.keyholder(member));
    let next = keyholders.find(|party| party != signer).expect("two are in at least");
    match kind {
        // Anybody may say that time has passed.
        Kind::Tick => [custodian, bidder, due, dealt_only].map(|party| (party, None)).into(),
        Kind::Fund => [seller, bidder, due].map(|party| (party, Some("E3"))).into(),
        // The proofs of a deal are its dealer's own.
        Kind::Deal => vec![(seller, Some("E3")), (bidder, Some("E3")), (next, Some("S3"))],
        // So is that of a complaint; nobody complains about itself.
        Kind::Complain => vec![
            (seller, Some("E3")),
            (bidder, Some("E3")),
            (next, Some("S6")),
            (dealt_only, Some("S5")),
        ],
        // So is that of a commit.
        Kind::Commit | Kind::CommitCurve => {
            vec![(seller, Some("C2")), (custodian, Some("C2")), (next_bidder, Some("C6"))]
        }
        // A reveal authenticates itself.
        Kind::Reveal => [custodian, bidder, due, dealt_only].map(|party| (party, None)).into(),
        Kind::Endorse => vec![
            (seller, Some("E3")),
            (bidder, Some("E3")),
            (dealt_only, Some("E3")),
            // Endorsements are all alike.
            (next, None),
        ],
        // The reserve and the last word are the seller's alone.
        Kind::Reserve | Kind::Decide => {
            [custodian, bidder, due, dealt_only].map(|party| (party, Some("E3"))).into()
        }
        Kind::Vouch => vec![
            (seller, Some("E3")),
            (bidder, Some("E3")),
            (dealt_only, Some("E3")),
            // Nobody vouches for itself, and all vouches for another are alike.
            (SCRIPT.keyholder(2), Some("K14")),
            (SCRIPT.keyholder(3), None),
        ],
        Kind::Gate | Kind::Shuffle | Kind::Blind | Kind::Decrypt => {
            let check = match kind {
                // It is not its turn.
                Kind::Gate | Kind::Shuffle => "K4",
                Kind::Blind => "K7",
                _ => "K9",
            };
            let strangers = [seller, bidder, dealt_only].map(|party| (party, Some("E3")));
            strangers.into_iter().chain(out).chain([(next, Some(check))]).collect()
        }
    }
}

/// Whether keyholder 2 is excluded when the first of a kind is due.
fn is_ranked_without_keyholder_2(kind: Kind) -> bool {
    [Kind::Shuffle, Kind::Blind, Kind::Decide].contains(&kind)
}

#[test]
fn nobody_takes_anothers_instruction_for_its_own() {
    for kind in Kind::ALL {
        let Scene { before, slot, signer, instruction, .. } = SCRIPT.first(kind);
        for (party, expected) in others(kind) {
            assert_ne!(party, *signer, "{kind:?}");
            let bytes = SCRIPT.pens.sign(party, &before.id(), instruction);
            match expected {
                Some(check) => assert_eq!(refused(before, *slot, &bytes), check, "{kind:?}"),
                None => drop(accepted(before, *slot, &bytes)),
            }
        }
    }
}

#[test]
fn a_signature_does_not_pass_to_another_signer() {
    for kind in Kind::ALL {
        let Scene { before, slot, bytes, .. } = SCRIPT.first(kind);
        for (party, _) in others(kind) {
            let mut bytes = bytes.clone();
            bytes[..32].copy_from_slice(&party.0);
            assert_eq!(refused(before, *slot, &bytes), "E2", "{kind:?}");
        }
    }
}

// ---- auctions ----

#[test]
fn an_instruction_to_one_auction_is_none_to_another() {
    let small = &SCRIPT.small;
    let mut terms = small.terms();
    terms.nonce[31] ^= 1;
    let pen = SCRIPT.pens.identity(SCRIPT.seller());
    let genesis = talea_parties::seller::open(pen, &terms, 1).unwrap();
    let other = Auction::open(1, &genesis.terms, &genesis.signature).unwrap();
    assert_ne!(other.id(), SCRIPT.end.id());
    for scene in &SCRIPT.scenes {
        assert_eq!(refused(&other, scene.slot, &scene.bytes), "E2", "{:?}", scene.kind());
    }
}

// ---- bytes ----

#[test]
fn every_byte_of_a_signature_counts() {
    for kind in Kind::ALL {
        let Scene { before, slot, bytes, .. } = SCRIPT.first(kind);
        for place in 32..32 + 64 {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1 << (place % 8);
            assert_eq!(refused(before, *slot, &bytes), "E2", "{kind:?}, byte {place}");
        }
    }
}

#[test]
fn a_payload_is_what_was_signed() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Tick) {
        let Scene { before, slot, bytes, .. } = SCRIPT.first(kind);
        // The last byte is inside a proof, an amount or a digest: another is no less canonical.
        let mut bytes = bytes.clone();
        let last = bytes.len() - 1;
        bytes[last] ^= if kind == Kind::Endorse { 0 } else { 1 };
        if kind == Kind::Endorse {
            // An endorsement ends with the length of its list; the head stands before.
            bytes[last - 4] ^= 1;
        }
        assert_eq!(refused(before, *slot, &bytes), "E2", "{kind:?}");
    }
}

#[test]
fn e1_an_instruction_is_exactly_its_canonical_bytes() {
    for kind in Kind::ALL {
        let Scene { before, slot, bytes, signer, instruction } = SCRIPT.first(kind);
        let refused = |bytes: &[u8]| refused(before, *slot, bytes);
        let signed = |payload: &[u8]| SCRIPT.pens.sign_payload(*signer, &before.id(), payload);

        assert_eq!(refused(&[]), "E1");
        assert_eq!(refused(&bytes[..bytes.len() - 1]), "E1", "{kind:?}, cut");
        assert_eq!(refused(&[bytes, &[0][..]].concat()), "E1", "{kind:?}, with a tail");

        // The same inside: cut, with a tail, of a variant that there is not.
        let payload = borsh::to_vec(instruction).unwrap();
        assert_eq!(&signed(&payload), bytes);
        assert_eq!(refused(&signed(&[])), "E1");
        assert_eq!(refused(&signed(&payload[..payload.len() - 1])), "E1", "{kind:?}, cut inside");
        let tail = [&payload, &[0][..]].concat();
        assert_eq!(refused(&signed(&tail)), "E1", "{kind:?}, with a tail inside");
        for variant in [15, 16, 128, 255] {
            let mut payload = payload.clone();
            payload[0] = variant;
            assert_eq!(refused(&signed(&payload)), "E1", "variant {variant}");
        }
    }
}

#[test]
fn e1_an_instruction_has_at_most_a_mebibyte() {
    // Six sealed bids of junk; the length of the last is trimmed to the byte.
    let (signer, auction) = (SCRIPT.seller(), SCRIPT.last_of(Phase::Reveals));
    let of_len = |len: usize| {
        let bid = |bytes: usize| talea_protocol::sealed_bid::Reveal {
            bid: talea_protocol::commitment::BidId { lot: 0, round: 0, bidder: signer },
            sealed_bid: talea_tests::list(vec![7; bytes]),
        };
        let overhead = 32 + 64 + 4 + 1 + 4 + 6 * (40 + 4);
        let rest = len - overhead - 5 * 180_000;
        let reveals = (0..5).map(|_| bid(180_000)).chain([bid(rest)]);
        let reveals = Instruction::Reveal(talea_tests::list(reveals));
        let bytes = SCRIPT.pens.sign(signer, &auction.id(), &reveals);
        assert_eq!(bytes.len(), len);
        bytes
    };
    // Of the greatest length it is read, and refused for what it says: this is not the seller's reserve.
    assert_eq!(refused(auction, auction.slot(), &of_len(MAX_INSTRUCTION_BYTES)), "R2");
    assert_eq!(refused(auction, auction.slot(), &of_len(MAX_INSTRUCTION_BYTES + 1)), "E1");
    // A byte more is not even asked who signed it.
    let mut damaged = of_len(MAX_INSTRUCTION_BYTES + 1);
    damaged[40] ^= 1;
    assert_eq!(refused(auction, auction.slot(), &damaged), "E1");
    assert_eq!(refused(auction, auction.slot(), &vec![0; MAX_INSTRUCTION_BYTES + 1]), "E1");
    assert_eq!(refused(auction, auction.slot(), &vec![0xff; 8 * MAX_INSTRUCTION_BYTES]), "E1");
}

// ---- the order of the checks ----

#[test]
fn the_first_check_that_fails_is_named() {
    let deal = SCRIPT.first(Kind::Deal);
    let closed = &SCRIPT.end;
    // Everything is wrong with this one; then one fault less each time.
    let mut damaged = deal.bytes.clone();
    damaged[40] ^= 1;
    let mut cut = damaged.clone();
    cut.pop();
    assert_eq!(refused(closed, 0, &cut), "X3");
    assert_eq!(refused(closed, closed.slot(), &cut), "E1");
    assert_eq!(refused(closed, closed.slot(), &damaged), "E2");
    let by_bidder = SCRIPT.pens.sign(SCRIPT.bidder(0), &closed.id(), &deal.instruction);
    assert_eq!(refused(closed, closed.slot(), &by_bidder), "E4");
    assert_eq!(refused(&deal.before, deal.slot, &by_bidder), "E3");
}

#[test]
fn e2_a_signature_is_asked_for_before_anything_it_says() {
    // A stranger's claim to have signed costs the program one verification and tells nothing.
    for scene in &SCRIPT.scenes {
        let mut bytes = scene.bytes.clone();
        bytes[40] ^= 1;
        assert_eq!(refused(&SCRIPT.end, SCRIPT.end.slot(), &bytes), "E2");
    }
}

#[test]
fn e3_a_role_is_asked_for_before_what_is_in_the_instruction() {
    let Scene { before, slot, bytes, .. } = SCRIPT.first(Kind::Fund);
    let fund = SCRIPT.pens.alter(before, bytes, |instruction| {
        *instruction = Instruction::Fund(Fund { sequence: 9, party: SCRIPT.bidder(0), amount: 0 });
    });
    assert_eq!(refused(before, *slot, &fund), "M1");
    let (_, instruction) = talea_tests::replay::opened(&fund);
    let by_seller = SCRIPT.pens.sign(SCRIPT.seller(), &before.id(), &instruction);
    assert_eq!(refused(before, *slot, &by_seller), "E3");
}

#[test]
fn e4_a_phase_is_asked_for_before_the_role() {
    let Scene { before, slot, instruction, .. } = SCRIPT.first(Kind::Endorse);
    let by_seller = SCRIPT.pens.sign(SCRIPT.seller(), &before.id(), instruction);
    assert_eq!(refused(before, *slot, &by_seller), "E3");
    let earlier = SCRIPT.last_of(Phase::Commits);
    assert_eq!(refused(earlier, earlier.slot(), &by_seller), "E4");
}

// ---- the list is complete ----

/// Checks that the program never refuses an instruction or an opening with.
const NEVER_REFUSED_WITH: &[(Check, &str)] = &[
    (Check::RecordFraming, "a rule of the transcript's file: the verifier's"),
    (Check::ChainHead, "the program computes heads and is told none: the verifier's"),
    (Check::OutcomeDerived, "the program derives the outcome: the verifier's"),
    (Check::SignOpened, "halts a lot; accepted proofs exclude it"),
    (Check::PriceOnGrid, "halts a lot; accepted proofs exclude it"),
    (Check::CountOpened, "halts a lot; accepted proofs exclude it"),
    (Check::LedgerBalance, "an invariant, not a condition: see money.rs"),
];

#[test]
fn every_check_has_a_small_test_of_its_name() {
    let sources = [
        include_str!("refusals.rs"),
        include_str!("refusals/bids.rs"),
        include_str!("refusals/ceremony.rs"),
        include_str!("refusals/markets.rs"),
        include_str!("refusals/ranking.rs"),
        include_str!("refusals/rounds.rs"),
        include_str!("refusals/seller.rs"),
        include_str!("refusals/signatures.rs"),
        include_str!("refusals/terms.rs"),
        include_str!("refusals/vouches.rs"),
        // M4: as many accounts as it takes are too many to sign for.
        include_str!("../../contract/src/ledger.rs"),
    ];
    let tests: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.split("#[test]\n").skip(1))
        .filter_map(|test| test.trim_start().strip_prefix("fn ")?.split('(').next())
        .collect();
    let has_test = |check: &Check| {
        let prefix = format!("{}_", check.number().to_lowercase());
        tests.iter().any(|test| test.starts_with(&prefix))
    };
    for check in Check::ALL {
        let excepted = NEVER_REFUSED_WITH.iter().any(|(never, _)| never == check);
        assert!(has_test(check) != excepted, "{check}: {}", check.sentence());
    }
}
