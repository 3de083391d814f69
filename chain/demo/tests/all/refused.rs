//! What the contract refuses: one sentence with a stable code, and nothing has changed.

use crate::common::{genesis, identity, opened, opening, refused, scenario, sender, state};
use cosmwasm_std::{Binary, Coin, coins};
use talea_chain::{
    apply::MAX_MESSAGE_BYTES,
    message::{ExecuteMsg, Pocket, QueryMsg, Status},
    refusal::CODES,
};
use talea_chain_demo::{
    chain::{Chain, Failed},
    claims::claim,
    home::DENOM,
};
use talea_parties::identity::Identity;
use talea_protocol::{
    bytes::{Domain, PartyKey},
    chain::custodian_seed,
    instruction::{Fund, Instruction},
    limits::MAX_INSTRUCTION_BYTES,
    terms::{AuctionId, Terms},
    transcript::Genesis,
};
use talea_sim::simulate::Plan;

fn code_of(sentence: &str) -> &str {
    sentence.split(':').next().unwrap()
}

fn apply(instructions: &[&[u8]]) -> ExecuteMsg {
    let instructions = instructions.iter().map(|bytes| Binary::new(bytes.to_vec())).collect();
    ExecuteMsg::Apply { instructions }
}

fn fund(party: PartyKey) -> ExecuteMsg {
    ExecuteMsg::Fund { party: party.to_string() }
}

#[test]
fn coins_of_another_kind_of_two_kinds_none_or_too_many_are_refused() {
    let (mut chain, cast, _) = opened();
    let message = fund(cast.seller());
    let other = coins(5, "uother");
    let both = [coins(5, DENOM), other.clone()].concat();
    let cases = [
        (other, "chain.denom: the auction is in utoken alone, and 5uother came with the message"),
        (
            both,
            "chain.denom: the auction is in utoken alone, and 5utoken and 5uother came with the message",
        ),
        (vec![], "chain.coins-missing: the message funds a party, and no utoken came with it"),
        (
            coins(0, DENOM),
            "chain.coins-missing: the message funds a party, and no utoken came with it",
        ),
    ];
    for (funds, sentence) in cases {
        assert_eq!(refused(&mut chain, &message, &funds), sentence);
    }
    let many = Coin::new(u128::from(u64::MAX) + 1, DENOM);
    chain.mint(&sender(), &many);
    let sentence = refused(&mut chain, &message, &[many]);
    assert_eq!(
        sentence,
        "chain.amount: an amount has at most 64 bits, and 18446744073709551616 is more"
    );
    // What the program itself does not take: a sum beyond 64 bits.
    chain.mint(&sender(), &Coin::new(u64::MAX, DENOM));
    chain.execute(&sender(), &message, &coins(5, DENOM)).unwrap();
    let rest = [Coin::new(u64::MAX, DENOM)];
    assert_eq!(code_of(&refused(&mut chain, &message, &rest)), "M2");
}

#[test]
fn coins_with_a_message_that_takes_none_are_refused() {
    let (mut chain, cast, genesis) = opened();
    let id = Terms::auction_id_of_bytes(&genesis.terms);
    let seller = identity(&cast, cast.seller());
    let tick = seller.sign(&id, &Instruction::Tick).unwrap();
    let claim = claim(&seller, &id, (cast.seller(), Pocket::Available), &sender());
    for message in [apply(&[&tick]), claim] {
        let sentence = refused(&mut chain, &message, &coins(7, DENOM));
        assert_eq!(
            sentence,
            "chain.coins-unwanted: this message takes no coins, and 7utoken came with it"
        );
    }
}

#[test]
fn instructions_that_are_oversized_of_another_auction_or_to_fund_are_refused() {
    let (mut chain, cast, genesis) = opened();
    let id = Terms::auction_id_of_bytes(&genesis.terms);
    let seller = identity(&cast, cast.seller());
    let cases: [(ExecuteMsg, &str); 7] = [
        (apply(&[]), "chain.empty"),
        (apply(&[&[]]), "E1"),
        (apply(&[&vec![7; MAX_MESSAGE_BYTES]]), "E1"),
        (apply(&[&vec![7; MAX_MESSAGE_BYTES + 1]]), "chain.too-long"),
        (apply(&[&vec![7; MAX_INSTRUCTION_BYTES + 1]]), "chain.too-long"),
        (apply(&[&seller.sign(&AuctionId([9; 32]), &Instruction::Tick).unwrap()]), "E2"),
        (apply(&[&seller.sign(&id, &Instruction::Tick).unwrap()]), "E4"),
    ];
    for (message, code) in cases {
        assert_eq!(code_of(&refused(&mut chain, &message, &[])), code);
    }
    // Everybody has the key of the chain as a custodian, and it opens nothing.
    let custodian = custodian_seed(&terms(&genesis).domain);
    let custodian = Identity::from_seed(&custodian);
    let money = Instruction::Fund(Fund { sequence: 0, party: cast.seller(), amount: 1_000 });
    let message = apply(&[&custodian.sign(&id, &money).unwrap()]);
    assert_eq!(code_of(&refused(&mut chain, &message, &[])), "chain.fund-alone");
}

fn terms(genesis: &Genesis) -> Terms {
    borsh::from_slice(&genesis.terms).unwrap()
}

#[test]
fn of_several_instructions_each_is_applied_that_the_rules_allow() {
    let (mut chain, cast, genesis) = opened();
    let id = Terms::auction_id_of_bytes(&genesis.terms);
    chain.advance_to(terms(&genesis).schedule.deals_until + 1);
    let tick = identity(&cast, cast.seller()).sign(&id, &Instruction::Tick).unwrap();
    // The first passes the deadline, and the second has none to pass. Whoever copies it keeps the other out of nothing.
    let stray = b"no instruction".to_vec();
    chain.execute(&sender(), &apply(&[&stray, &tick, &tick]), &[]).unwrap();
    assert_eq!(code_of(&refused(&mut chain, &apply(&[&stray, &tick]), &[])), "E1");
    let status: Status = chain.query(&QueryMsg::Status {}).unwrap();
    assert_eq!((status.entries, status.phase.as_str()), (1, "Complaints"));
}

/// A message that must be refused by the chain's library, which names what it does not know.
fn unreadable(chain: &mut Chain, message: &str, words: &str) {
    let before = state(chain);
    let failed = chain.execute_bytes(&sender(), message.as_bytes(), &coins(5, DENOM));
    let Err(Failed::Refused(sentence)) = failed else { panic!("{failed:?}") };
    assert!(sentence.contains(words), "{sentence}");
    assert_eq!(state(chain), before);
}

#[test]
fn a_message_that_is_unknown_is_refused_by_name() {
    let (mut chain, ..) = opened();
    for (message, words) in [
        (
            r#"{"withdraw":{}}"#,
            "unknown variant `withdraw`, expected one of `apply`, `fund`, `claim`",
        ),
        (r#"{"fund":{}}"#, "missing field `party`"),
        (r#"{"fund""#, "EOF"),
    ] {
        unreadable(&mut chain, message, words);
    }
}

#[test]
fn a_message_with_a_field_that_it_does_not_have_is_refused() {
    let (mut chain, cast, genesis) = opened();
    let party = cast.seller();
    for (message, words) in [
        (r#"{"apply":{"instructions":[],"slot":1}}"#.to_owned(), "unknown field `slot`"),
        (
            format!(r#"{{"fund":{{"party":"{party}","amount":"9"}}}}"#),
            "unknown field `amount`, expected `party`",
        ),
        (
            format!(
                r#"{{"claim":{{"party":"{party}","pocket":"available","to":"a","signature":"","memo":1}}}}"#
            ),
            "unknown field `memo`",
        ),
        // One message, and another one beside it.
        (format!(r#"{{"fund":{{"party":"{party}"}},"apply":{{"instructions":[]}}}}"#), "expected"),
    ] {
        unreadable(&mut chain, &message, words);
    }
    for (query, words) in [
        (r#"{"status":{"verbose":true}}"#.to_owned(), "unknown field `verbose`"),
        (format!(r#"{{"bid":{{"lot":0,"bidder":"{party}","round":0}}}}"#), "unknown field `round`"),
        (r#"{"entries":{"start_after":1}}"#.to_owned(), "unknown field `start_after`"),
    ] {
        let answer = chain.query_bytes(query.as_bytes());
        let Err(Failed::Refused(sentence)) = answer else { panic!("{answer:?}") };
        assert!(sentence.contains(words), "{sentence}");
    }
    // Whoever means to choose a denomination learns that the terms do.
    let message = serde_json::to_value(opening(&genesis)).unwrap();
    let mut other = Chain::new(crate::common::code());
    other.advance_to(genesis.slot);
    let mut with_denom = message.clone();
    with_denom["denom"] = "uother".into();
    let failed = other.instantiate_bytes(&sender(), with_denom.to_string().as_bytes(), &[]);
    let Err(Failed::Refused(sentence)) = failed else { panic!("{failed:?}") };
    assert!(sentence.contains("unknown field `denom`"), "{sentence}");
    other.instantiate_bytes(&sender(), message.to_string().as_bytes(), &[]).unwrap();
}

#[test]
fn a_party_that_cannot_be_read_is_refused() {
    let (mut chain, ..) = opened();
    let message = ExecuteMsg::Fund { party: "cosmwasm1abc".into() };
    let sentence = refused(&mut chain, &message, &coins(5, DENOM));
    assert!(
        sentence.starts_with("chain.name: it is not a party, which begins with taleaparty1"),
        "{sentence}"
    );
}

#[test]
fn money_cannot_be_claimed_before_the_outcome() {
    let (mut chain, cast, genesis) = opened();
    let id = Terms::auction_id_of_bytes(&genesis.terms);
    let seller = identity(&cast, cast.seller());
    chain.execute(&sender(), &fund(cast.seller()), &coins(5, DENOM)).unwrap();
    let message = claim(&seller, &id, (cast.seller(), Pocket::Available), &sender());
    let sentence = refused(&mut chain, &message, &[]);
    assert_eq!(
        sentence,
        "chain.not-closed: money is claimed when the auction is closed, and it is in the phase Deals"
    );
}

#[test]
fn terms_of_another_home_or_opened_too_early_are_refused() {
    let (cast, plan, _) = scenario("chain.toml");
    let chain = || {
        let mut chain = Chain::new(crate::common::code());
        chain.advance_to(plan.opening_slot);
        chain
    };
    let open = |alter: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        alter(&mut plan);
        let failed = chain().instantiate(&sender(), &opening(&genesis(&cast, &plan)), &[]);
        let Err(Failed::Refused(sentence)) = failed else { panic!("{failed:?}") };
        sentence
    };
    let domain = |text: &str| Domain::new(text).unwrap();
    let address = chain().contract().to_owned();
    type Alter<'a> = &'a dyn Fn(&mut Plan);
    let set = |plan: &mut Plan, text: &str| plan.terms.domain = domain(text);
    let of = |chain: &str, more: &str| format!("talea-chain/1 {chain} {address} blocks{more}");
    let cases: [(Alter<'_>, &str); 8] = [
        (&|plan| set(plan, "talea-sim"), "chain.no-home"),
        (&|plan| set(plan, &of("talea-test-1", "")), "chain.no-home"),
        (&|plan| set(plan, &of("talea-test-1", " 1token")), "chain.no-home"),
        (&|plan| set(plan, &of("other-1", " utoken")), "chain.elsewhere"),
        (
            &|plan| set(plan, "talea-chain/1 talea-test-1 cosmwasm1x blocks utoken"),
            "chain.elsewhere",
        ),
        // The custodian's key is that of one denomination.
        (&|plan| set(plan, &of("talea-test-1", " uother")), "chain.custodian"),
        (&|plan| plan.terms.custodian = cast.custodian(), "chain.custodian"),
        (&|plan| plan.opening_slot += 1, "chain.opening"),
    ];
    for (alter, code) in cases {
        assert_eq!(code_of(&open(alter)), code);
    }
    let mut message = opening(&genesis(&cast, &plan));
    message.signature = Binary::new(vec![1; 63]);
    let failed = chain().instantiate(&sender(), &message, &[]);
    assert!(format!("{failed:?}").contains("chain.signature"), "{failed:?}");
    message.signature = Binary::new(vec![1; 64]);
    let failed = chain().instantiate(&sender(), &message, &[]);
    assert!(format!("{failed:?}").contains("T6"), "{failed:?}");
}

#[test]
fn a_query_past_the_end_is_refused() {
    let (chain, cast, _) = opened();
    let sentence = |message: QueryMsg| {
        let answer: Result<cosmwasm_std::Empty, _> = chain.query(&message);
        let Err(Failed::Refused(sentence)) = answer else { panic!("{answer:?}") };
        sentence
    };
    let entries = |from| QueryMsg::Entries { from: Some(from), limit: None };
    assert_eq!(sentence(entries(2)), "chain.page: there are 0 entries, and the page begins at 2");
    assert_eq!(code_of(&sentence(entries(0))), "chain.page");
    let empty: talea_chain::message::Entries = chain.query(&entries(1)).unwrap();
    assert_eq!((empty.total, empty.entries.len()), (0, 0));
    let keyholder = cast.member(0, 0).unwrap().signing.to_string();
    let dues = QueryMsg::Dues { keyholder, skip: Some(1), limit: None };
    assert_eq!(code_of(&sentence(dues)), "chain.page");
    let dues = QueryMsg::Dues { keyholder: cast.seller().to_string(), skip: None, limit: None };
    assert_eq!(sentence(dues), "chain.unknown: there is no such keyholder");
    let bid = QueryMsg::Bid { lot: 1, bidder: cast.seller().to_string() };
    assert_eq!(sentence(bid), "chain.unknown: there is no such lot");
    let outcome = QueryMsg::Outcome { from: None, limit: None };
    assert_eq!(code_of(&sentence(outcome)), "chain.not-closed");
}

#[test]
fn the_guide_lists_every_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/chain.md");
    let guide = std::fs::read_to_string(path).unwrap();
    for (code, _) in CODES {
        assert!(guide.contains(&format!("| `{code}` |")), "{code} is not in docs/chain.md");
    }
}
