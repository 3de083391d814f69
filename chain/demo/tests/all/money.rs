//! The coins of the contract are what the accounts say, after every message of whatever history.

use crate::common::{code, genesis, identity, opening, scenario, sender};
use cosmwasm_std::{Coin, Uint256, coins};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use talea_chain::message::{Accounts, ExecuteMsg, Pocket, QueryMsg, Status};
use talea_chain_demo::{
    chain::Chain,
    claims::claim,
    home::{DENOM, OnChain},
};
use talea_protocol::{instruction::Instruction, terms::Terms};
use talea_sim::simulate::{Home as _, simulate_in};

/// What somebody tries.
#[derive(Clone, Debug)]
enum Act {
    /// To fund the party of this number.
    Fund { party: usize, amount: u64, is_other: bool },
    /// To let so much time pass.
    Pass { blocks: u64 },
    /// To tick, with coins or without.
    Tick { coins: u64 },
    /// To claim for the party of this number.
    Claim { party: usize, signer: usize, is_settlement: bool },
    /// To send coins to the bank's address of the contract, in no message: nobody's account has them.
    Gift { amount: u64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0..6usize, 0..100_000u64, any::<bool>())
            .prop_map(|(party, amount, is_other)| Act::Fund { party, amount, is_other: is_other && amount % 3 == 0 }),
        2 => (1..60u64).prop_map(|blocks| Act::Pass { blocks }),
        2 => (0..3u64).prop_map(|coins| Act::Tick { coins }),
        3 => (0..6usize, 0..6usize, any::<bool>())
            .prop_map(|(party, signer, is_settlement)| Act::Claim { party, signer, is_settlement }),
        1 => Just(Act::Gift { amount: 11 }),
    ];
    vec(act, 1..60)
}

/// What the accounts say that the contract holds: what is not paid out, and forfeits that nobody receives.
fn accounted(chain: &Chain) -> Uint256 {
    let accounts: Accounts =
        chain.query(&QueryMsg::Accounts { start_after: None, limit: None }).unwrap();
    let sum = |of: &dyn Fn(&talea_chain::message::Account) -> u64| -> u64 {
        accounts.accounts.iter().map(of).sum()
    };
    let held = sum(&|account| {
        let available = if account.is_claimed { 0 } else { account.available.u64() };
        let settlement = if account.is_settled { 0 } else { account.settlement.u64() };
        available + account.locked.u64() + settlement
    });
    let lost = sum(&|account| account.forfeited.u64()) - sum(&|account| account.received.u64());
    Uint256::from(held + lost)
}

#[test]
fn the_contract_holds_what_the_accounts_say_after_every_message() {
    let cases = std::env::var("TALEA_CHAIN_CASES").ok().and_then(|text| text.parse().ok());
    let config =
        Config { cases: cases.unwrap_or(12), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&acts(), |acts| {
            history(&acts);
            Ok(())
        })
        .unwrap();
}

fn history(acts: &[Act]) {
    let (cast, plan, _) = scenario("chain.toml");
    let genesis = genesis(&cast, &plan);
    let id = Terms::auction_id_of_bytes(&genesis.terms);
    let mut chain = Chain::new(code());
    chain.advance_to(genesis.slot);
    for denom in [DENOM, "uother"] {
        chain.mint(&sender(), &Coin::new(100_000_000u64, denom));
    }
    chain.instantiate(&sender(), &opening(&genesis), &[]).unwrap();
    let identities = cast.identities();
    let party = |number: usize| identities[number % identities.len()].party();
    let mut gifts = Uint256::zero();
    for act in acts {
        // Whether it is refused or not.
        match act {
            Act::Fund { party: number, amount, is_other } => {
                let message = ExecuteMsg::Fund { party: party(*number).to_string() };
                let funds = coins((*amount).into(), if *is_other { "uother" } else { DENOM });
                let _ = chain.execute(&sender(), &message, &funds);
            }
            Act::Pass { blocks } => {
                let height = chain.height() + blocks;
                chain.advance_to(height);
            }
            Act::Tick { coins: amount } => {
                let tick = identities[0].sign(&id, &Instruction::Tick).unwrap();
                let message = ExecuteMsg::Apply { instructions: vec![tick.into()] };
                let funds = if *amount == 0 { vec![] } else { coins((*amount).into(), DENOM) };
                let _ = chain.execute(&sender(), &message, &funds);
            }
            Act::Claim { party: number, signer, is_settlement } => {
                let pocket = if *is_settlement { Pocket::Settlement } else { Pocket::Available };
                let signer = &identities[signer % identities.len()];
                let _ = chain.execute(
                    &sender(),
                    &claim(signer, &id, (party(*number), pocket), &sender()),
                    &[],
                );
            }
            Act::Gift { amount } => {
                let contract = chain.contract().to_owned();
                chain.mint(&contract, &Coin::new(*amount, DENOM));
                gifts += Uint256::from(*amount);
            }
        }
        let holds = chain.balance(chain.contract(), DENOM);
        assert_eq!(holds, accounted(&chain) + gifts, "after {act:?}");
        assert_eq!(chain.balance(chain.contract(), "uother"), Uint256::zero());
    }
}

#[test]
fn a_whole_auction_pays_each_pocket_once_to_whom_its_claimant_says() {
    let (cast, plan, mut rng) = scenario("chain.toml");
    let identities = cast.identities();
    let stranger = identity(&cast, cast.bidder(4).unwrap());
    let open = |genesis: &_| OnChain::open(Chain::new(code()), genesis, 8_000);
    let mut home = simulate_in(open, cast, &plan, &mut rng).unwrap();
    let (id, seller) = (home.auction().id(), home.auction().terms().seller);
    let accounts = home.auction().accounts();
    let code_of = |failed: Result<_, talea_chain_demo::chain::Failed>| -> String {
        let sentence = failed.map(|_: talea_chain_demo::chain::Done| ()).unwrap_err().to_string();
        sentence.split(':').next().unwrap().to_owned()
    };
    let mut settled = 0;
    for account in accounts {
        for (pocket, claimant, amount) in [
            (Pocket::Available, account.party, account.available),
            (Pocket::Settlement, seller, account.settlement),
        ] {
            let to = talea_chain_demo::chain::address(&format!("{} {pocket:?}", account.party));
            let claimant = identities.iter().find(|identity| identity.party() == claimant).unwrap();
            let message = claim(claimant, &id, (account.party, pocket), &to);
            let chain = home.chain_mut();
            if amount == 0 {
                assert_eq!(code_of(chain.execute(&sender(), &message, &[])), "chain.nothing");
                continue;
            }
            let forged = claim(&stranger, &id, (account.party, pocket), &to);
            if stranger.party() != claimant.party() {
                let failed = chain.execute(&sender(), &forged, &[]);
                assert_eq!(code_of(failed), "chain.claim-signature");
            }
            let lost = claim(claimant, &id, (account.party, pocket), "nowhere");
            assert_eq!(code_of(chain.execute(&sender(), &lost, &[])), "chain.address");
            chain.execute(&sender(), &message, &[]).unwrap();
            assert_eq!(chain.balance(&to, DENOM), Uint256::from(amount));
            assert_eq!(code_of(chain.execute(&sender(), &message, &[])), "chain.claimed");
            assert_eq!(chain.balance(chain.contract(), DENOM), accounted(chain));
            settled += usize::from(pocket == Pocket::Settlement);
        }
    }
    assert_eq!(settled, 1, "one deposit is held for settlement");
    let status: Status = home.chain().query(&QueryMsg::Status {}).unwrap();
    assert_eq!(status.phase, "Closed");
}
