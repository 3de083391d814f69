//! What the contract answers when somebody asks for a bid, from before its commit to the ending of its lot.

use crate::common::{code, scenario};
use std::collections::BTreeMap;
use talea_chain::message::{Account, ActiveBid, Bid, BidCommit, QueryMsg};
use talea_chain_demo::{chain::Chain, home::OnChain};
use talea_contract::Auction;
use talea_parties::custodian::Custodian;
use talea_protocol::{bytes::PartyKey, transcript::Genesis};
use talea_sim::simulate::{BidPlan, BidderConduct, Cast, Home, Plan, SimulationError, simulate_in};

/// An auction of one lot in which somebody asks for every bid after every message.
struct Watched {
    home: OnChain,
    bidders: Vec<PartyKey>,
    /// What the answers were, those that repeat the one before left out.
    seen: BTreeMap<PartyKey, Vec<String>>,
    /// The commitments of active bids, by bidder and round.
    commitments: BTreeMap<(PartyKey, u32), String>,
}

impl Watched {
    fn open(genesis: &Genesis, bidders: Vec<PartyKey>) -> Result<Self, SimulationError> {
        let home = OnChain::open(Chain::new(code()), genesis, 8_000)?;
        Ok(Self { home, bidders, seen: BTreeMap::new(), commitments: BTreeMap::new() })
    }

    fn look(&mut self) {
        for bidder in &self.bidders {
            let chain = self.home.chain();
            let query = QueryMsg::Bid { lot: 0, bidder: bidder.to_string() };
            let bid: Bid = chain.query(&query).unwrap();
            // A bidder holds nothing else at stake.
            let query = QueryMsg::Account { party: bidder.to_string() };
            let account: Account = chain.query(&query).unwrap();
            assert_eq!(bid.locked, account.locked);
            let active = self.home.auction().active_commitment(0, bidder);
            let hex = |active: &ActiveBid| active.commitment.clone();
            let expected = active.map(|point| point.0.map(|byte| format!("{byte:02x}")).concat());
            assert_eq!(bid.active.as_ref().map(hex), expected);
            if let Some(ActiveBid { round, commitment }) = &bid.active {
                let known = self.commitments.entry((*bidder, *round)).or_insert(commitment.clone());
                assert_eq!(known, commitment, "one commitment is active for each round");
            }
            let words = in_words(&bid);
            let seen = self.seen.entry(*bidder).or_default();
            if seen.last() != Some(&words) {
                seen.push(words);
            }
        }
    }
}

/// For example: `revealed 1, active 1, 50000 locked`.
fn in_words(bid: &Bid) -> String {
    let Bid { commit, active, is_in_default, locked, ending } = bid;
    let commit = commit
        .as_ref()
        .map_or("none".into(), |BidCommit { round, state }| format!("{state} {round}"));
    let active =
        active.as_ref().map_or(String::new(), |active| format!(", active {}", active.round));
    let default = if *is_in_default { ", in default" } else { "" };
    let ending = ending.as_ref().map_or(String::new(), |ending| format!(", {ending}"));
    format!("{commit}{active}{default}, {locked} locked{ending}")
}

impl Home for Watched {
    fn auction(&self) -> &Auction {
        self.home.auction()
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        self.home.submit(slot, instruction)?;
        self.home.finish()?;
        self.look();
        Ok(())
    }

    fn fund(
        &mut self,
        slot: u64,
        custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        self.home.fund(slot, custodian, party, amount)?;
        self.look();
        Ok(())
    }

    fn room(&self) -> usize {
        8_000
    }
}

/// What the answers were for every bidder, in the order of the cast.
fn watched(name: &str, alter: impl FnOnce(&Cast, &mut Plan)) -> Vec<Vec<String>> {
    let (cast, mut plan, mut rng) = scenario(name);
    alter(&cast, &mut plan);
    let bidders: Vec<PartyKey> = (0..).map_while(|index| cast.bidder(index)).collect();
    let open = |genesis: &_| Watched::open(genesis, bidders.clone());
    let watched = simulate_in(open, cast, &plan, &mut rng).unwrap();
    bidders.iter().map(|bidder| watched.seen[bidder].clone()).collect()
}

#[test]
fn a_bid_is_answered_from_its_commit_to_the_ending_of_its_lot() {
    let seen =
        watched("chain.toml", |_, plan| plan.bids[4].conduct = BidderConduct::RevealsRubbish);
    let honest = [
        "none, 0 locked",
        "open 0, 50000 locked",
        "revealed 0, active 0, 50000 locked",
        "revealed 0, active 0, 0 locked, sold",
    ];
    assert_eq!(seen[0], honest, "a bid that loses");
    assert_eq!(seen[1], honest, "the one that wins");
    let silent = [
        "none, 0 locked",
        "open 0, 50000 locked",
        "lapsed 0, 50000 locked",
        "lapsed 0, 0 locked, sold",
    ];
    assert_eq!(seen[3], silent);
    let rubbish = [
        "none, 0 locked",
        "open 0, 50000 locked",
        "invalid 0, 50000 locked",
        "invalid 0, 0 locked, sold",
    ];
    assert_eq!(seen[4], rubbish);
}

#[test]
fn a_bid_of_a_later_round_is_told_from_the_active_one_before_it() {
    // The third does not reveal what it commits in round 1.
    let seen = watched("rounds.toml", |_, plan| {
        let third = BidPlan { conduct: BidderConduct::NeverReveals, ..plan.bids[2] };
        assert_eq!(third.bidder, 2);
        plan.rounds[0].retain(|bid| bid.bidder != 2);
        plan.rounds[0].push(third);
    });
    let of_rounds = [
        "none, 0 locked",
        "open 0, 1000 locked",
        "revealed 0, active 0, 1000 locked",
        "open 1, active 0, 1000 locked",
        // Until the reveals end, the bid before it is the active one.
        "revealed 1, active 0, 1000 locked",
        "revealed 1, active 1, 1000 locked",
    ];
    assert_eq!(seen[0][..6], of_rounds);
    assert_eq!(seen[2][..4], of_rounds[..4]);
    assert_eq!(seen[2][4], "dropped 1, active 0, in default, 1000 locked");
    for bidder in &seen {
        assert!(bidder.last().unwrap().ends_with("0 locked, sold"), "{bidder:?}");
    }
}
