//! A chain on which an auction takes place, as the terms name it in their domain.
//!
//! The chain is the custodian: its contract takes coins and pays them out. It can keep no secret, so its key pair is
//! derived from the domain, and everybody can make its signatures. They say nothing; that a party's coins came in is the
//! chain's word. What keeps strangers from funding themselves is that the contract makes every
//! [`Fund`](crate::instruction::Fund) itself, and accepts none from outside.

use crate::{
    bytes::{Digest, Domain},
    labels,
    transcript::{Entry, Genesis},
};
use alloc::format;
use core::fmt;

/// The first word of a domain that names a chain.
const MAGIC: &str = "talea-chain/1";

/// What a slot is on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUnit {
    /// The block's time, in seconds since 1970.
    Seconds,
    /// The block's height.
    Blocks,
}

impl SlotUnit {
    fn word(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Blocks => "blocks",
        }
    }
}

impl fmt::Display for SlotUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A contract on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHome<'a> {
    /// The chain's own name, such as `osmosis-1`.
    pub chain_id: &'a str,
    /// The contract's address.
    pub contract: &'a str,
    /// What its slots are.
    pub slots: SlotUnit,
    /// The denomination of the coins in which the terms count, such as `uosmo`.
    pub denom: &'a str,
}

/// What makes no domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHome {
    /// The chain's name.
    #[error(
        "the name of a chain has 1 to {MAX_CHAIN_ID} bytes, without spaces and control characters"
    )]
    ChainId,
    /// The address.
    #[error(
        "an address has no spaces and control characters, and is neither empty nor longer than all that a domain holds"
    )]
    Contract,
    /// The denomination.
    #[error(
        "a denomination has 3 to {MAX_DENOM} characters: a letter, then letters, digits and / : . _ - (all ASCII)"
    )]
    Denom,
}

/// Bytes of a chain's name, at most: `MaxChainIDLen` of CometBFT.
const MAX_CHAIN_ID: usize = 50;

/// Bytes of a denomination, at least and at most, by the Cosmos SDK: `[a-zA-Z][a-zA-Z0-9/:._-]{2,127}`.
const MIN_DENOM: usize = 3;
const MAX_DENOM: usize = 128;

/// Whether a denomination has the form that the Cosmos SDK asks for.
fn is_denom(text: &str) -> bool {
    let may_follow = |byte: u8| byte.is_ascii_alphanumeric() || b"/:._-".contains(&byte);
    (MIN_DENOM..=MAX_DENOM).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(may_follow)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c == ' ' || c.is_control())
}

impl<'a> ChainHome<'a> {
    /// Reads the domain of terms; nothing if it names no chain.
    #[must_use]
    pub fn of(domain: &'a Domain) -> Option<Self> {
        let mut words = domain.as_str().split(' ');
        if words.next()? != MAGIC {
            return None;
        }
        let (chain_id, contract) = (words.next()?, words.next()?);
        let slots = match words.next()? {
            "seconds" => SlotUnit::Seconds,
            "blocks" => SlotUnit::Blocks,
            _ => return None,
        };
        let denom = words.next()?;
        let home = Self { chain_id, contract, slots, denom };
        (words.next().is_none() && home.check().is_ok()).then_some(home)
    }

    fn check(&self) -> Result<(), BadHome> {
        if !is_word(self.chain_id) || self.chain_id.len() > MAX_CHAIN_ID {
            return Err(BadHome::ChainId);
        }
        if !is_word(self.contract) {
            return Err(BadHome::Contract);
        }
        if is_denom(self.denom) { Ok(()) } else { Err(BadHome::Denom) }
    }

    /// As the domain of terms.
    ///
    /// # Errors
    /// [`BadHome`] if a part cannot stand in one, or all together are too long.
    pub fn domain(&self) -> Result<Domain, BadHome> {
        self.check()?;
        let Self { chain_id, contract, slots, denom } = self;
        // The other parts have bounds with which a domain has room for an address.
        Domain::new(&format!("{MAGIC} {chain_id} {contract} {slots} {denom}"))
            .map_err(|_| BadHome::Contract)
    }
}

/// The seed of the Ed25519 key (RFC 8032) of the custodian that a chain is: public, like everything on it.
#[must_use]
pub fn custodian_seed(domain: &Domain) -> [u8; 32] {
    Digest::of(&[labels::CHAIN_CUSTODIAN, domain.as_str().as_bytes()]).0
}

/// What an event of a contract announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// How the auction opened.
    Genesis(Genesis),
    /// An accepted instruction.
    Entry(Entry),
}

impl Announced {
    /// The type of these events. A chain writes `wasm-` before it.
    pub const EVENT: &'static str = "talea";
    /// The attribute that counts them: 0 for the genesis, then the entries from 1.
    pub const NUMBER: &'static str = "number";
    /// The attribute that holds the bytes of a genesis or an entry, in base64.
    pub const RECORD: &'static str = "record";

    /// Reads the bytes of the event of this number; nothing if they are no such record.
    #[must_use]
    pub fn read(number: u64, record: &[u8]) -> Option<Self> {
        if number == 0 {
            borsh::from_slice(record).ok().map(Self::Genesis)
        } else {
            borsh::from_slice(record).ok().map(Self::Entry)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{List, Signature};

    const HOME: ChainHome<'_> = ChainHome {
        chain_id: "testing-1",
        contract: "cosmos1abc",
        slots: SlotUnit::Seconds,
        denom: "uatom",
    };

    #[test]
    fn a_domain_names_its_chain_and_nothing_else_does() {
        let domain = HOME.domain().unwrap();
        assert_eq!(domain.as_str(), "talea-chain/1 testing-1 cosmos1abc seconds uatom");
        assert_eq!(ChainHome::of(&domain), Some(HOME));
        let blocks = ChainHome { slots: SlotUnit::Blocks, ..HOME };
        assert_eq!(ChainHome::of(&blocks.domain().unwrap()), Some(blocks));
        for other in [
            "talea-chain/1",
            "talea-chain/1 testing-1 cosmos1abc",
            "talea-chain/1 testing-1 cosmos1abc seconds",
            "talea-chain/1 testing-1 cosmos1abc hours uatom",
            "talea-chain/1 testing-1  seconds uatom",
            "talea-chain/1 testing-1 cosmos1abc seconds ",
            "talea-chain/1 testing-1 cosmos1abc seconds ua",
            "talea-chain/1 testing-1 cosmos1abc seconds uatom more",
            "talea-chain/2 testing-1 cosmos1abc seconds uatom",
            "talea-board/1 key 0 1000",
        ] {
            assert_eq!(ChainHome::of(&Domain::new(other).unwrap()), None, "{other}");
        }
    }

    #[test]
    fn denominations_have_the_form_of_the_cosmos_sdk() {
        let (ibc, longest) = (format!("ibc/{}", "A9".repeat(32)), "d".repeat(128));
        let factory = "factory/osmo1z0qrq605sjgcqpylfl4aa6s90x738j7m58wyatt0tdzflg2ha26q67k743/usd";
        for denom in ["usd", "uatom", &ibc, factory, "gamm/pool/1", "a:b.c_d-E9", &longest] {
            let home = ChainHome { denom, ..HOME };
            assert_eq!(ChainHome::of(&home.domain().unwrap()), Some(home), "{denom}");
        }
        let long = "d".repeat(129);
        for denom in ["", "ua", "1atom", "/atom", "u atom", "uatöm", "u+atom", "uatom\n", &long] {
            let home = ChainHome { denom, ..HOME };
            assert_eq!(home.domain(), Err(BadHome::Denom), "{denom:?}");
        }
    }

    #[test]
    fn names_that_make_no_domain_are_refused() {
        let (denom, longest, long) = ("d".repeat(128), "a".repeat(50), "a".repeat(51));
        let with_chain = |chain_id| ChainHome { chain_id, ..HOME }.domain();
        for chain_id in ["", "two words", &long] {
            assert_eq!(with_chain(chain_id), Err(BadHome::ChainId), "{chain_id:?}");
        }
        // Beside the longest of all others there is room for the longest address of a prefix of 50 characters.
        let address = "c".repeat(50 + 1 + 52 + 6);
        let home = ChainHome { chain_id: &longest, contract: &address, denom: &denom, ..HOME };
        assert_eq!(ChainHome::of(&home.domain().unwrap()), Some(home));
        let endless = "c".repeat(320);
        for contract in ["", "two words", "line\n", &endless] {
            let home = ChainHome { contract, ..HOME };
            assert_eq!(home.domain(), Err(BadHome::Contract), "{contract:?}");
        }
    }

    #[test]
    fn every_home_has_its_own_custodian() {
        let seed = |home: ChainHome<'_>| custodian_seed(&home.domain().unwrap());
        let others = [
            ChainHome { chain_id: "testing-2", ..HOME },
            ChainHome { contract: "cosmos1abd", ..HOME },
            ChainHome { slots: SlotUnit::Blocks, ..HOME },
            ChainHome { denom: "uosmo", ..HOME },
        ];
        for other in others {
            assert_ne!(seed(other), seed(HOME));
        }
    }

    #[test]
    fn an_event_is_read_by_its_number() {
        let terms = List::new(alloc::vec![1; 40]).unwrap();
        let genesis = Genesis { slot: 3, terms, signature: Signature([2; 64]) };
        let instruction = List::new(alloc::vec![5; 9]).unwrap();
        let entry = Entry { slot: 7, instruction, head: Digest([6; 32]) };
        let [opening, accepted] = [borsh::to_vec(&genesis), borsh::to_vec(&entry)];
        let (opening, accepted) = (opening.unwrap(), accepted.unwrap());
        assert_eq!(Announced::read(0, &opening), Some(Announced::Genesis(genesis)));
        assert_eq!(Announced::read(41, &accepted), Some(Announced::Entry(entry)));
        assert_eq!(Announced::read(0, &accepted), None, "an entry is no genesis");
        assert_eq!(Announced::read(41, &accepted[1..]), None);
    }
}
