//! The mechanisms: how price and winners follow from the bids. One table for everybody; what a program asks to
//! find them from encrypted bids is in `rank/mechanism` of the contract, and again of the verifier.

use alloc::{format, string::String};
use borsh::{BorshDeserialize, BorshSerialize};

/// How the price follows from the bids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Mechanism {
    /// The best bid wins and pays what it bid. Not strategy-proof: bidders gain by shading.
    FirstPrice,
    /// Each lot is `units` identical units, of which a bidder wants one. The best bids win, and all
    /// pay the best losing one. With one unit the second-price (Vickrey) auction.
    UniformPrice {
        /// Units of each lot: 1 to [`MAX_UNITS`](crate::limits::MAX_UNITS).
        units: u16,
    },
}

impl Mechanism {
    /// The second-price (Vickrey) auction.
    pub const SECOND_PRICE: Self = Self::UniformPrice { units: 1 };

    /// One of each kind, and the edges of what each takes: for tests, benchmarks and comparisons, so that a
    /// new mechanism is met by all of them.
    pub const EXAMPLES: [Self; 5] = [
        Self::FirstPrice,
        Self::SECOND_PRICE,
        Self::UniformPrice { units: 2 },
        Self::UniformPrice { units: 10 },
        Self::UniformPrice { units: 63 },
    ];

    /// How many bids win, at most.
    pub fn units(self) -> u16 {
        match self {
            Self::FirstPrice => 1,
            Self::UniformPrice { units } => units,
        }
    }

    /// Whether a winner pays its own bid. Where it does not, what it bid itself stays secret.
    pub fn pays_own_bid(self) -> bool {
        match self {
            Self::FirstPrice => true,
            Self::UniformPrice { .. } => false,
        }
    }

    /// Its kind, for tools.
    pub fn kind(self) -> &'static str {
        match self {
            Self::FirstPrice => "first-price",
            Self::UniformPrice { .. } => "uniform-price",
        }
    }

    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::FirstPrice => "first price".into(),
            Self::SECOND_PRICE => "second price".into(),
            Self::UniformPrice { units } => format!("uniform price, {units} units"),
        }
    }

    /// Its rule, in a sentence without an end.
    pub fn in_words(self) -> String {
        match self {
            Self::FirstPrice => "the best bid wins and pays what it bid".into(),
            Self::SECOND_PRICE => "the best bid wins and pays the best losing one".into(),
            Self::UniformPrice { units } => {
                format!("the best {units} bids win and pay the best losing one")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn examples_differ_in_every_way_and_reach_the_edge() {
        let words: BTreeSet<String> = Mechanism::EXAMPLES.map(Mechanism::in_words).into();
        let names: BTreeSet<String> = Mechanism::EXAMPLES.map(Mechanism::name).into();
        assert_eq!([words.len(), names.len()], [Mechanism::EXAMPLES.len(); 2]);
        let most = Mechanism::EXAMPLES.iter().map(|mechanism| mechanism.units()).max();
        assert_eq!(most.map(usize::from), Some(crate::limits::MAX_UNITS));
    }
}
