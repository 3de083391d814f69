//! Instructions altered by somebody who holds every key, at the moment they belong to or at another:
//! a refusal leaves the program as it was, and what is accepted keeps every account balanced.
//!
//! An input is the number of a run, of a moment in it, how many moments later the instruction was
//! made, how late it comes, and what is altered in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::{collections::BTreeSet, sync::LazyLock};
use talea_protocol::{
    bytes::PartyKey,
    instruction::SignedInstruction,
    price::Level,
    terms::{Depth, Disclosure, Mechanism, Ties},
};
use talea_sim::simulate::{BidPlan, BidderConduct, KeyholderConduct, Plan, ReservePlan, Seat};
use talea_tests::{
    Small,
    replay::{Kind, Pens, Replay, Scene},
    with_keyholder,
};

struct Run {
    scenes: Vec<Scene>,
    pens: Pens,
    seller: PartyKey,
}

impl Run {
    fn of(small: &Small, plan: &Plan) -> Self {
        let (_, transcript) = small.simulate(plan);
        let (scenes, _) = Replay::read(&transcript).scenes();
        let cast = small.cast();
        Self { scenes, pens: Pens::of(&cast), seller: cast.seller() }
    }
}

/// A first price in which the board ignores a keyholder, a second price with all that terms can ask for, and
/// rounds of which nobody receives what is forfeited.
static RUNS: LazyLock<[Run; 3]> = LazyLock::new(|| {
    let first_price = Small {
        groups: vec![(1, vec![Seat::Own, Seat::Own])],
        lots: vec![(3, vec![1, 1])],
        bidders: 2,
        ..Small::default()
    };
    let second_price = Small {
        groups: vec![(1, vec![Seat::Own])],
        bidders: 3,
        mechanism: Mechanism::UniformPrice { units: 1 },
        ties: Ties::Lottery,
        disclosure: Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) },
        reserve: Some(true),
        acceptance: true,
        ..first_price.clone()
    };
    let rounds = Small {
        groups: vec![(1, vec![Seat::Own])],
        bidders: 3,
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((3, true)),
        ..first_price.clone()
    };
    let reserves = vec![ReservePlan { lot: 0, level: Level(1), is_revealed: true }];
    let better = BidPlan { lot: 0, bidder: 0, level: Level(2), conduct: BidderConduct::Honest };
    // The other one vouches for it when its turn at the gates has come.
    let ignored = KeyholderConduct::Ignored { from_step: 0 };
    let first_plan = with_keyholder(first_price.plan(&[&[1, 2]]), 0, 1, ignored);
    let mut second_plan = Plan { reserves, ..second_price.plan(&[&[2, 1, 2]]) };
    second_plan.terms.stakes.fee_growth = 3;
    let mut rounds_plan = Plan { rounds: vec![vec![better]], ..rounds.plan(&[&[0, 0, 1]]) };
    rounds_plan.terms.stakes.beneficiary = None;
    let runs = [
        Run::of(&first_price, &first_plan),
        Run::of(&second_price, &second_plan),
        Run::of(&rounds, &rounds_plan),
    ];
    let kinds: BTreeSet<Kind> = runs.iter().flat_map(|run| &run.scenes).map(Scene::kind).collect();
    let missing = Kind::ALL.into_iter().filter(|kind| !kinds.contains(kind));
    assert!(missing.eq([Kind::Complain]), "every kind is simulated but a complaint");
    assert!(runs[2].scenes.iter().any(|scene| scene.before.round() == 2), "the limit is reached");
    runs
});

fuzz_target!(|data: &[u8]| {
    let [run, scene, since, late, rest @ ..] = data else { return };
    let Run { scenes, pens, seller } = &RUNS[usize::from(*run) % RUNS.len()];
    let moment = &scenes[usize::from(*scene) % scenes.len()];
    let made = &scenes[(usize::from(*scene) + usize::from(*since)) % scenes.len()];
    let signed: SignedInstruction = borsh::from_slice(&made.bytes).expect("it was accepted");
    let mut payload = signed.payload.to_vec();
    // Triples of position, position and mask; what is left over is appended.
    for edit in rest.chunks(3) {
        match edit {
            [high, low, mask] => {
                let at = usize::from(u16::from_be_bytes([*high, *low])) % payload.len();
                payload[at] ^= mask;
            }
            tail => payload.extend_from_slice(tail),
        }
    }
    // Ticks may be signed by anybody, so by the seller too.
    let signer = if pens.has(signed.signer) { signed.signer } else { *seller };
    let instruction = pens.sign_payload(signer, &moment.before.id(), &payload);
    let slot = moment.slot + u64::from(late % 4) * 7;
    let mut auction = moment.before.clone();
    match auction.apply(slot, &instruction) {
        Err(_) => assert!(auction == moment.before, "a refusal left a trace"),
        Ok(_) => {
            let accounts = auction.accounts();
            let received: u64 = accounts.iter().map(|a| a.received).sum();
            let forfeited: u64 = accounts.iter().map(|a| a.forfeited).sum();
            let reaches_somebody = auction.terms().stakes.beneficiary.is_some();
            assert_eq!(received, if reaches_somebody { forfeited } else { 0 });
            for a in accounts {
                let held = a.available + a.locked + a.settlement + a.forfeited;
                assert_eq!(a.funded + a.received, held);
            }
        }
    }
});
