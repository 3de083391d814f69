//! What a message costs does not depend on how many came before it.

use crate::common::{code, on_chain};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
    rc::Rc,
};
use talea_chain_demo::{
    chain::Chain,
    home::{OnChain, Step},
    one_lot::one_lot,
};
use talea_contract::{Auction, Phase};
use talea_parties::custodian::Custodian;
use talea_protocol::{bytes::PartyKey, ranking::Duty};
use talea_sim::{
    scenario::Scenario,
    simulate::{Home, SimulationError, simulate_in},
};

/// Bytes of sealed bids in a message: too few for two bids.
const ONE_BID: usize = 1;

/// The gas of messages, by what they are and how long.
type GasOf = BTreeMap<(&'static str, usize), Vec<u64>>;

/// An auction that tells messages by which it moves on from the others: what they begin grows with the lot.
struct Observed {
    home: OnChain,
    /// Of every message, but of those that complete a phase or a step.
    gas: Rc<RefCell<GasOf>>,
    /// Whether it stops before the ranking.
    is_short: bool,
}

/// Why an auction stops that has shown what it should.
const ENOUGH: &str = "the bids are revealed";

impl Observed {
    /// How far the auction is: its phase, and the steps that keyholders work on.
    fn place(&self) -> (&'static str, BTreeSet<(u32, u32)>) {
        let auction = self.home.auction();
        let step = |duty| match duty {
            Duty::Endorsement => None,
            Duty::Chunk { lot, step, chunk: _ } => Some((lot, step)),
        };
        (auction.phase().name(), auction.duties().into_iter().filter_map(step).collect())
    }

    fn note(&mut self, before: &(&'static str, BTreeSet<(u32, u32)>)) {
        if self.place() == *before {
            let Step { kind, bytes, gas, .. } = self.home.steps().last().unwrap();
            self.gas.borrow_mut().entry((kind, *bytes)).or_default().push(gas.total());
        }
    }
}

impl Home for Observed {
    fn auction(&self) -> &Auction {
        self.home.auction()
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        let before = self.place();
        if self.is_short && before.0 == Phase::Endorsing.name() {
            return Err(SimulationError::Home(ENOUGH.into()));
        }
        self.home.submit(slot, instruction)?;
        self.home.finish()?;
        self.note(&before);
        Ok(())
    }

    fn fund(
        &mut self,
        slot: u64,
        custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        let before = self.place();
        self.home.fund(slot, custodian, party, amount)?;
        self.note(&before);
        Ok(())
    }

    fn room(&self) -> usize {
        ONE_BID
    }
}

/// The gas of messages on a lot for which so many bid.
fn observed(bidders: usize, is_short: bool) -> GasOf {
    let scenario = Scenario::from_text(&one_lot(bidders, 256), Path::new("")).unwrap();
    let (cast, plan, mut rng) = on_chain(&scenario);
    let gas = Rc::new(RefCell::new(GasOf::new()));
    let open = |genesis: &_| {
        let home = OnChain::open(Chain::new(code()), genesis, ONE_BID)?;
        Ok(Observed { home, gas: Rc::clone(&gas), is_short })
    };
    match simulate_in(open, cast, &plan, &mut rng) {
        Ok(_) => assert!(!is_short),
        Err(error) => assert!(is_short && error.to_string() == ENOUGH, "{error}"),
    }
    gas.take()
}

/// So many bids are added up together, with the reveal of the last of them: the contract's `first_digits`.
const TOGETHER: usize = 15;

/// What comes after the tenth message of a kind and size costs at most a tenth more. Of reveals, that holds of each
/// fifteen in a row together, and of those among them that cost most.
fn assert_flat(gas: &GasOf) {
    for ((kind, bytes), gas) in gas {
        let in_a_row = |take: fn(&[u64]) -> u64| gas.chunks_exact(TOGETHER).map(take).collect();
        let gas: &Vec<u64> = if *kind == "reveal" && gas.len() >= 2 * TOGETHER {
            let most: Vec<u64> = in_a_row(|row| row.iter().copied().max().unwrap_or(0));
            let (first, later) = (most[0], most.iter().max().unwrap());
            println!(
                "of {bytes} bytes: the most of the first {TOGETHER} {first} gas, later {later}"
            );
            assert!(later * 100 <= first * 110, "{later} gas after {first}");
            &in_a_row(|row| row.iter().sum())
        } else {
            gas
        };
        // Where there are fewer of a size, the first stands for the tenth.
        let tenth = *gas.get(9).unwrap_or(&gas[0]);
        let most = *gas.iter().skip(10).max().unwrap_or(gas.iter().max().unwrap());
        println!(
            "{} {kind} of {bytes} bytes: the tenth {tenth} gas, later {most} at most",
            gas.len()
        );
        assert!(most * 100 <= tenth * 110, "{kind} of {bytes} bytes: {most} gas after {tenth}");
    }
}

/// How many messages there are of a kind and the size that is most frequent.
fn frequency(gas: &GasOf, kind: &str) -> usize {
    let of_kind = gas.iter().filter(|((name, _), _)| *name == kind);
    of_kind.map(|(_, gas)| gas.len()).max().unwrap_or(0)
}

#[test]
fn the_last_of_a_thousand_bids_costs_what_the_tenth_did() {
    let gas = observed(1_000, true);
    assert_flat(&gas);
    // The last commit and the last reveal may complete their phases.
    assert!(frequency(&gas, "commit") >= 999 && frequency(&gas, "reveal") >= 999);
}

/// How many bids are ranked, says `TALEA_CHAIN_RANKED`.
#[test]
fn a_post_costs_what_others_of_its_kind_and_size_do() {
    let ranked = std::env::var("TALEA_CHAIN_RANKED").ok().and_then(|text| text.parse().ok());
    let gas = observed(ranked.unwrap_or(100), false);
    assert_flat(&gas);
    assert!(["gate", "blind", "decrypt"].iter().all(|kind| frequency(&gas, kind) > 1));
}
