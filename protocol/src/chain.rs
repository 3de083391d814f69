//! A chain on which an auction takes place, as the terms name it in their domain.
//!
//! The chain is the custodian: its contract takes coins and pays them out. It can keep no secret, so its key pair is
//! derived from the domain, and everybody can make its signatures. They say nothing; that a party's coins came in is the
//! chain's word. What keeps strangers from funding themselves is that the contract makes every
//! [`Fund`](crate::instruction::Fund) itself, and accepts none from outside.

use crate::{
    bytes::{BadText, Digest, Text},
    labels,
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
}

impl<'a> ChainHome<'a> {
    /// Reads the domain of terms; nothing if it names no chain.
    #[must_use]
    pub fn of(domain: &'a Text) -> Option<Self> {
        let mut words = domain.as_str().split(' ');
        let mut word = || words.next().filter(|word| !word.is_empty());
        if word()? != MAGIC {
            return None;
        }
        let (chain_id, contract) = (word()?, word()?);
        let slots = match word()? {
            "seconds" => SlotUnit::Seconds,
            "blocks" => SlotUnit::Blocks,
            _ => return None,
        };
        words.next().is_none().then_some(Self { chain_id, contract, slots })
    }

    /// As the domain of terms.
    ///
    /// # Errors
    /// [`BadText`] if a name has a space or is empty, or if both together are too long.
    pub fn domain(&self) -> Result<Text, BadText> {
        let Self { chain_id, contract, slots } = self;
        let domain = Text::new(&format!("{MAGIC} {chain_id} {contract} {slots}"))?;
        if ChainHome::of(&domain) == Some(*self) { Ok(domain) } else { Err(BadText) }
    }
}

/// The seed of the Ed25519 key (RFC 8032) of the custodian that a chain is: public, like everything on it.
#[must_use]
pub fn custodian_seed(domain: &Text) -> [u8; 32] {
    Digest::of(&[labels::CHAIN_CUSTODIAN, domain.as_str().as_bytes()]).0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: ChainHome<'_> =
        ChainHome { chain_id: "testing-1", contract: "cosmos1abc", slots: SlotUnit::Seconds };

    #[test]
    fn a_domain_names_its_chain_and_nothing_else_does() {
        let domain = HOME.domain().unwrap();
        assert_eq!(domain.as_str(), "talea-chain/1 testing-1 cosmos1abc seconds");
        assert_eq!(ChainHome::of(&domain), Some(HOME));
        let blocks = ChainHome { slots: SlotUnit::Blocks, ..HOME };
        assert_eq!(ChainHome::of(&blocks.domain().unwrap()), Some(blocks));
        for other in [
            "talea-chain/1",
            "talea-chain/1 testing-1 cosmos1abc",
            "talea-chain/1 testing-1 cosmos1abc hours",
            "talea-chain/1 testing-1  seconds",
            "talea-chain/1 testing-1 cosmos1abc seconds more",
            "talea-chain/2 testing-1 cosmos1abc seconds",
            "talea-board/1 key 0 1000",
        ] {
            assert_eq!(ChainHome::of(&Text::new(other).unwrap()), None, "{other}");
        }
    }

    #[test]
    fn names_that_make_no_domain_are_refused() {
        let long = "a".repeat(100);
        for chain_id in ["", "two words", &long] {
            assert_eq!(ChainHome { chain_id, ..HOME }.domain(), Err(BadText), "{chain_id:?}");
        }
    }

    #[test]
    fn every_home_has_its_own_custodian() {
        let seed = |home: ChainHome<'_>| custodian_seed(&home.domain().unwrap());
        let others = [
            ChainHome { chain_id: "testing-2", ..HOME },
            ChainHome { contract: "cosmos1abd", ..HOME },
            ChainHome { slots: SlotUnit::Blocks, ..HOME },
        ];
        for other in others {
            assert_ne!(seed(other), seed(HOME));
        }
    }
}
