//! An auction from its opening to the last claim.

use crate::common::{code, scenario, sender, state};
use cosmwasm_std::Uint256;
use std::{collections::VecDeque, path::Path};
use talea_chain::message::{Entries, ExecuteMsg, Outcome, QueryMsg, Status};
use talea_chain_demo::{
    chain::{Chain, Failed},
    claims,
    home::{DENOM, OnChain},
    node,
};
use talea_contract::Auction;
use talea_export::{events::Events, transcript};
use talea_parties::custodian::Custodian;
use talea_protocol::{bytes::PartyKey, transcript::Genesis};
use talea_sim::{
    simulate::{Home, SimulationError, simulate_in},
    verify_after::verify_transcript,
};
use talea_verifier::Options;

const ROOM: usize = 8_000;

#[test]
fn an_auction_runs_on_the_machine_and_the_transcript_from_its_events_is_valid() {
    let (cast, plan, mut rng) = scenario("chain.toml");
    let identities = cast.identities();
    let open = |genesis: &_| OnChain::open(Chain::new(code()), genesis, ROOM);
    let mut home = simulate_in(open, cast, &plan, &mut rng).unwrap();

    let status: Status = home.chain().query(&QueryMsg::Status {}).unwrap();
    assert_eq!((status.phase.as_str(), status.deadline), ("Closed", None));
    let outcome: Outcome =
        home.chain().query(&QueryMsg::Outcome { from: None, limit: None }).unwrap();
    let [lot] = &outcome.lots[..] else { panic!("one lot") };
    assert_eq!((lot.ending.as_str(), lot.price.as_deref()), ("sold", Some("455.00")));
    let expected = home.auction().outcome().unwrap();
    assert_eq!(lot.result.as_slice(), borsh::to_vec(&expected.lots[0]).unwrap());

    // What a party takes home is what the outcome says, and nothing is left.
    let paid = claims::claim_everything(&mut home, &identities).unwrap();
    let paid: Uint256 = paid.values().copied().sum();
    let held: u64 =
        expected.accounts.iter().map(|account| account.available + account.settlement).sum();
    assert_eq!(paid, Uint256::from(held));
    assert_eq!(home.chain().balance(home.chain().contract(), DENOM), Uint256::zero());

    // The events of a node are the transcript.
    let shown = node::tx_search(home.chain()).to_string();
    let mut events = Events::default();
    events.read("the chain", shown.as_bytes()).unwrap();
    let mut exported = Vec::new();
    let written = transcript::write(&events, &mut exported).unwrap();
    assert!(written.is_closed);
    assert_eq!(written.entries, status.entries);
    let name = Path::new("exported.talea");
    let verified = verify_transcript(&exported[..], name, &Options::default(), |_| ()).unwrap();
    assert_eq!(verified.entries, written.entries);

    // So are the heads that the contract shows, page by page.
    let mut from = 1;
    let mut heads = Vec::new();
    while from <= status.entries {
        let page = QueryMsg::Entries { from: Some(from), limit: Some(7) };
        let page: Entries = home.chain().query(&page).unwrap();
        assert!(page.entries.len() <= 7 && page.total == status.entries);
        from += u64::try_from(page.entries.len()).unwrap();
        heads.extend(page.entries);
    }
    assert_eq!(heads.last().unwrap().head, status.head);
    assert!(heads.iter().zip(1..).all(|(entry, number)| entry.number == number));
}

/// No message of these takes more than chains give one, and the machine comes to what the program comes to.
#[test]
fn markets_and_a_survey_run_on_the_machine() {
    for (name, ending) in
        [("curves.toml", "cleared"), ("lending-club.toml", "cleared"), ("survey.toml", "surveyed")]
    {
        let (cast, plan, mut rng) = scenario(name);
        let open = |genesis: &_| OnChain::open(Chain::new(code()), genesis, ROOM);
        let home = simulate_in(open, cast, &plan, &mut rng).unwrap();
        let query = QueryMsg::Outcome { from: None, limit: None };
        let outcome: Outcome = home.chain().query(&query).unwrap();
        let [lot] = &outcome.lots[..] else { panic!("one lot") };
        assert_eq!(lot.ending, ending, "{name}");
        let expected = home.auction().outcome().unwrap();
        assert_eq!(lot.result.as_slice(), borsh::to_vec(&expected.lots[0]).unwrap(), "{name}");
        let steps = home.steps();
        let most = steps.iter().skip(1).map(|step| step.gas.machine + step.gas.storage).max();
        println!("{name}: {} messages, {most:?} gas at most", steps.len());
        assert!(most < Some(20_000_000), "{name}: {most:?}");
    }
}

#[test]
fn a_message_without_enough_gas_leaves_nothing() {
    let (cast, plan, mut rng) = scenario("chain.toml");
    let open = |genesis: &_| Starved::open(genesis, VecDeque::new());
    let home = simulate_in(open, cast, &plan, &mut rng).unwrap().home;
    // Every message again on a second chain, each first with less gas than it takes.
    let (cast, plan, mut rng) = scenario("chain.toml");
    let open = |genesis: &_| {
        let limits = home.steps().iter().skip(1).map(|step| step.gas.machine + step.gas.storage);
        Starved::open(genesis, limits.collect())
    };
    let starved = simulate_in(open, cast, &plan, &mut rng).unwrap();
    assert_eq!(starved.home.auction().head(), home.auction().head());
    assert!(starved.starved > 50);
}

/// An auction of which every instruction is a message of its own, first sent with too little gas.
struct Starved {
    home: OnChain,
    /// What each message takes. Once there is none, messages are sent as they are.
    limits: VecDeque<u64>,
    starved: usize,
}

impl Starved {
    fn open(genesis: &Genesis, limits: VecDeque<u64>) -> Result<Self, SimulationError> {
        let home = OnChain::open(Chain::new(code()), genesis, ROOM)?;
        Ok(Self { home, limits, starved: 0 })
    }

    /// Half of what the next message takes is too little, and it leaves nothing.
    fn starve(&mut self, slot: u64, message: &ExecuteMsg) {
        let Some(limit) = self.limits.pop_front() else { return };
        let chain = self.home.chain_mut();
        chain.advance_to(slot);
        let before = state(chain);
        chain.limit_gas(limit / 2);
        let failed = chain.execute(&sender(), message, &[]);
        assert!(matches!(failed, Err(Failed::Machine(_))), "{failed:?}");
        chain.limit_gas(1_000_000_000);
        assert_eq!(state(chain), before);
        self.starved += 1;
    }
}

impl Home for Starved {
    fn auction(&self) -> &Auction {
        self.home.auction()
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        let instructions = vec![instruction.into()];
        self.starve(slot, &ExecuteMsg::Apply { instructions });
        self.home.submit(slot, instruction)?;
        self.home.finish()
    }

    fn fund(
        &mut self,
        slot: u64,
        custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        self.limits.pop_front();
        self.home.fund(slot, custodian, party, amount)
    }

    fn room(&self) -> usize {
        ROOM
    }
}
