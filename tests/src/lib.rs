//! What the tests share: small auctions, and their outcome computed the plain way.
//!
//! The tests themselves live in `tests/tests/`, one file per kind of question.

pub mod chosen_unary;
pub mod harness;
pub mod onlooker;
pub mod opinions;
pub mod replay;
pub mod spec;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use std::collections::{BTreeMap, BTreeSet};
use talea_protocol::{
    builder::TermsBuilder,
    bytes::{Domain, List, PartyKey, Text},
    commitment::TradeSide,
    outcome::Ending,
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    quorum::{Group, KeyholderId},
    terms::{
        Acceptance, Disclosure, Lot, Mechanism, Reserve, Rounds, Schedule, Stakes, Terms, Ties,
    },
};
use talea_sim::{
    plain::PlainLot,
    simulate::{
        BidPlan, BidderConduct, Cast, CurvePlan, KeyholderConduct, Plan, Seat, Simulated, simulate,
    },
};

/// A bid in a market: its side, and steps of a level and its units.
pub type CurveBid = (TradeSide, Vec<(u32, u32)>);

/// A generator for this seed.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The knobs of a small auction.
#[derive(Clone, Debug)]
pub struct Small {
    /// Per group: threshold and who sits there.
    pub groups: Vec<(u16, Vec<Seat>)>,
    /// Per lot: levels and the bit lengths of its digits.
    pub lots: Vec<(u32, Vec<u8>)>,
    /// How much of each lot there is.
    pub quantity: u64,
    /// Bids that a lot takes.
    pub max_bids: u32,
    /// Which side wins on every lot.
    pub side: Side,
    /// Bidders in the cast.
    pub bidders: usize,
    /// Test points per question.
    pub fan_out: u16,
    /// Items per chunk.
    pub chunk_items: u16,
    /// How the price follows from the bids.
    pub mechanism: Mechanism,
    /// How ties are broken.
    pub ties: Ties,
    /// What is opened besides.
    pub disclosure: Disclosure,
    /// Whether there are reserves, and if so whether they are opened at the end.
    pub reserve: Option<bool>,
    /// Whether the seller may decline.
    pub acceptance: bool,
    /// Rounds at most, and whether the cover is shown between them.
    pub rounds: Option<(u32, bool)>,
    /// Whether only the cast's bidders may bid.
    pub listed: bool,
    /// What is at stake: deposit, bond, commit fee.
    pub stakes: (u64, u64, u64),
    /// Seeds everything.
    pub seed: u64,
}

impl Default for Small {
    fn default() -> Self {
        Self {
            groups: vec![(2, vec![Seat::Own; 3])],
            lots: vec![(5, vec![3])],
            quantity: 1,
            max_bids: 500,
            side: Side::HighestWins,
            bidders: 3,
            fan_out: 15,
            chunk_items: 512,
            mechanism: Mechanism::FirstPrice,
            ties: Ties::EarliestCommit,
            disclosure: Disclosure::WINNER_AND_PRICE,
            reserve: None,
            acceptance: false,
            rounds: None,
            listed: false,
            stakes: (100, 30, 1),
            seed: 1,
        }
    }
}

impl Small {
    /// The cast: the same for the same knobs.
    pub fn cast(&self) -> Cast {
        let seats: Vec<Vec<Seat>> = self.groups.iter().map(|(_, seats)| seats.clone()).collect();
        Cast::draw(&seats, self.bidders, &mut rng(self.seed))
    }

    /// The terms that this cast agrees on.
    pub fn terms(&self) -> Terms {
        let cast = self.cast();
        let groups = self.groups.iter().enumerate().map(|(g, (threshold, seats))| Group {
            name: text(&format!("group {g}")),
            threshold: *threshold,
            endorsements: *threshold,
            is_witness: true,
            members: list((0..seats.len()).map(|m| cast.member(g, m).expect("it was drawn"))),
        });
        let lots = self.lots.iter().enumerate().map(|(l, (levels, bits))| Lot {
            name: text(&format!("Lot {l}")),
            identifier: text(&format!("LOT{l}")),
            quantity: self.quantity,
            grid: PriceGrid {
                side: self.side,
                start: Price(10_000),
                tick: 25,
                levels: *levels,
                scale: Scale::Decimal(2),
                shape: Shape::new(bits).expect("a possible shape"),
            },
        });
        let keys = || (0..self.bidders).map(|b| cast.bidder(b).expect("it was drawn")).collect();
        let schedule = Schedule { step_slots: 5, witness_slots: 2, ..Schedule::even(10) };
        let domain = Domain::new("talea tests").expect("a short text");
        let builder = TermsBuilder {
            nonce: [self.seed as u8; 32],
            lots: lots.collect(),
            mechanism: self.mechanism,
            ties: self.ties,
            disclosure: self.disclosure,
            reserve: self.reserve.map(|opened| Reserve { until: 25, opened }),
            acceptance: self.acceptance.then_some(Acceptance { slots: 7 }),
            rounds: self.rounds.map(|(limit, cover)| Rounds {
                limit,
                commit_slots: 6,
                reveal_slots: 5,
                cover,
            }),
            stakes: Stakes {
                deposit: self.stakes.0,
                bond: self.stakes.1,
                commit_fee: self.stakes.2,
                fee_growth: 0,
                beneficiary: Some(cast.beneficiary()),
            },
            bidders: self.listed.then(keys),
            max_bids_per_lot: self.max_bids,
            quorum: groups.collect(),
            fan_out: self.fan_out,
            chunk_items: self.chunk_items,
            ..TermsBuilder::new(domain, cast.seller(), cast.custodian(), schedule)
        };
        builder.build().expect("short lists")
    }

    /// A plan in which everybody behaves: per lot, the levels of bidders 0, 1, 2 and so on, who
    /// commit in that order.
    pub fn plan(&self, levels: &[&[u32]]) -> Plan {
        let bids = (0u32..).zip(levels).flat_map(|(lot, levels)| {
            levels.iter().enumerate().map(move |(bidder, level)| BidPlan {
                lot,
                bidder,
                level: Level(*level),
                conduct: BidderConduct::Honest,
            })
        });
        Plan {
            terms: self.terms(),
            opening_slot: 1,
            bids: bids.collect(),
            curves: Vec::new(),
            rounds: Vec::new(),
            reserves: Vec::new(),
            declines: BTreeSet::new(),
            keyholders: BTreeMap::new(),
        }
    }

    /// A plan of curves on the first lot, everybody honest: side and steps of bidders 0, 1, 2 and so on, who commit in
    /// that order.
    pub fn plan_of_curves(&self, curves: &[CurveBid]) -> Plan {
        let curve = |(bidder, (side, steps)): (usize, &CurveBid)| CurvePlan {
            lot: 0,
            bidder,
            side: *side,
            steps: steps.iter().map(|(level, units)| (Level(*level), *units)).collect(),
            conduct: BidderConduct::Honest,
        };
        let curves = curves.iter().enumerate().map(curve).collect();
        Plan { curves, ..self.plan(&[]) }
    }

    /// Runs `plan` and gives back the transcript too.
    pub fn simulate(&self, plan: &Plan) -> (Simulated, Vec<u8>) {
        let mut transcript = Vec::new();
        let simulated = simulate(self.cast(), plan, &mut transcript, &mut rng(self.seed + 1000));
        (simulated.expect("honest parties are not refused"), transcript)
    }
}

/// A plan with one bidder's conduct changed, on every lot.
pub fn with_bidder(mut plan: Plan, bidder: usize, conduct: BidderConduct) -> Plan {
    for bid in plan.bids.iter_mut().filter(|bid| bid.bidder == bidder) {
        bid.conduct = conduct;
    }
    plan
}

/// A plan with one keyholder's conduct changed.
pub fn with_keyholder(mut plan: Plan, group: u16, member: u16, conduct: KeyholderConduct) -> Plan {
    plan.keyholders.insert(KeyholderId { group, member }, conduct);
    plan
}

/// Every list of up to `bidders` bids on a grid of `levels`.
pub fn patterns(levels: u32, bidders: usize) -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![vec![]];
    let mut last = all.clone();
    for _ in 0..bidders {
        last = last
            .iter()
            .flat_map(|bids| (0..levels).map(move |level| [&bids[..], &[level]].concat()))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// The outcome of a lot as anybody computes it who may see the bids, in commit order.
pub fn plain_ending(terms: &Terms, lot: u32, bids: &[(PartyKey, Level)]) -> Ending {
    let grid = &terms.lots[lot as usize].grid;
    PlainLot { terms, grid, bids, reserve: None, declines: false }.result().ending
}

/// Whether a lot was sold to this party alone.
pub fn is_sold_to(ending: &Ending, party: PartyKey) -> bool {
    match ending {
        Ending::Sold(award) => matches!(&award.sales[..], [sale] if sale.winner == party),
        _ => false,
    }
}

/// A text of the protocol.
pub fn text(text: &str) -> Text {
    Text::new(text).expect("a text within its rules")
}

/// A bounded list.
pub fn list<T, const MAX: usize>(items: impl IntoIterator<Item = T>) -> List<T, MAX> {
    List::new(items.into_iter().collect()).expect("a list within its bound")
}

/// Of many cases, one in `one_of`. Which, says the variable `TALEA_TURN`: another text is another turn, as the
/// commit's name is in CI, and `all` is every case. A test that fails shows it.
pub fn in_turn<T>(cases: Vec<T>, one_of: usize) -> Vec<T> {
    let turn = std::env::var("TALEA_TURN").unwrap_or_default();
    println!("one case in {one_of}, by TALEA_TURN={turn}");
    in_this_turn(cases, one_of, &turn)
}

fn in_this_turn<T>(cases: Vec<T>, one_of: usize, turn: &str) -> Vec<T> {
    if turn == "all" {
        return cases;
    }
    let sum =
        turn.bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    cases.into_iter().skip(sum % one_of).step_by(one_of).collect()
}

/// Does the work for every item, on as many threads as there are cores.
pub fn on_all_cores<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for core in 0..cores {
            let work = &work;
            scope.spawn(move || items.iter().skip(core).step_by(cores).for_each(work));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_its_turn() {
        let all: Vec<u32> = (0..100).collect();
        let turn = |text: &str| in_this_turn(all.clone(), 7, text);
        assert_eq!(turn("all"), all);
        let turns: BTreeSet<Vec<u32>> = (0..100).map(|n| turn(&format!("commit {n}"))).collect();
        assert_eq!(turns.len(), 7);
        let cases: BTreeSet<u32> = turns.into_iter().flatten().collect();
        assert!(cases.into_iter().eq(all.clone()));
        assert_eq!(turn("commit 1"), turn("commit 1"));
    }
}
