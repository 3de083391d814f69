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
    /// A bid is a curve of a few steps, each a price and a quantity. The best steps win the lot's quantity, and what
    /// is left at the price is shared out in proportion.
    Curves {
        /// What a bid holds.
        curve: Curve,
        /// What a winner pays.
        pricing: Pricing,
        /// At the price nobody is given less than this by sharing out; at least 1.
        least: u32,
        /// How sums of quantities are compared.
        comparisons: Comparisons,
    },
    /// Buyers and sellers bid curves, and as much is traded as both sides agree to, at one price.
    TwoSided {
        /// What a bid holds.
        curve: Curve,
        /// Which price, of those at which as much as possible is traded.
        rule: ClearingRule,
        /// How sums of quantities are compared.
        comparisons: Comparisons,
    },
    /// No market: of the levels that were committed only statistics are opened.
    Survey {
        /// Of fewer answers nothing is opened; at least 2.
        min_answers: u32,
        /// Levels in a bin of the histogram; 0 for no histogram.
        bin_levels: u32,
        /// Whether the sum of the squares is opened.
        squares: bool,
    },
}

/// What a bid of several steps holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Curve {
    /// Steps of a bid, at most: 1 to [`MAX_STEPS`](crate::limits::MAX_STEPS).
    pub steps: u8,
    /// Who sees the quantities.
    pub quantities: Quantities,
}

/// Who sees the quantities of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Quantities {
    /// Everybody, from the commit on.
    Public {
        /// Units of a whole bid, at most; at least 1.
        most: u32,
    },
    /// Nobody. Every bid has as many steps as the terms allow, of which some may hold nothing.
    Sealed {
        /// A step holds less than `2^bits` units: 1 to [`MAX_QUANTITY_BITS`](crate::limits::MAX_QUANTITY_BITS).
        bits: u8,
    },
}

/// What a winner of a curve auction pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Pricing {
    /// Every winner pays the price: that of the worst step that wins.
    Uniform,
    /// Every winner pays what it bid.
    PayAsBid,
}

/// How sums of quantities are compared with what is for sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Comparisons {
    /// Encrypted: nothing but the answer is opened. For up to [`MAX_UNITS`](crate::limits::MAX_UNITS) units.
    Hidden,
    /// By what is wanted beyond what is offered, opened at every price that the search tests.
    Opened,
}

/// Which price a two-sided market takes, of those that clear it: as much as possible is traded, and nobody goes without who
/// would do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ClearingRule {
    /// The lowest.
    Lowest,
    /// The middle between lowest and highest, rounded down to a level.
    Middle,
    /// The highest.
    Highest,
    /// One that no bid of those who trade can move, at the cost of one trade if need be (McAfee 1992).
    TradeReduction,
}

impl Quantities {
    /// Bits of a step's quantity that are sealed.
    pub fn sealed_bits(self) -> u8 {
        match self {
            Self::Public { .. } => 0,
            Self::Sealed { bits } => bits,
        }
    }
}

impl Curve {
    /// Units of one bid, at most.
    pub fn most(self) -> u64 {
        match self.quantities {
            Quantities::Public { most } => most.into(),
            Quantities::Sealed { bits } => {
                let of_step = 1u64.checked_shl(bits.into()).unwrap_or(u64::MAX).saturating_sub(1);
                of_step.saturating_mul(self.steps.into())
            }
        }
    }
}

impl Mechanism {
    /// The second-price (Vickrey) auction.
    pub const SECOND_PRICE: Self = Self::UniformPrice { units: 1 };

    /// One of each kind where a bid is one price, and the edges of what each takes: for tests, benchmarks and
    /// comparisons, so that a new mechanism of this kind is met by all of them.
    pub const EXAMPLES: [Self; 5] = [
        Self::FirstPrice,
        Self::SECOND_PRICE,
        Self::UniformPrice { units: 2 },
        Self::UniformPrice { units: 10 },
        Self::UniformPrice { units: 63 },
    ];

    /// How many bids win, at most, where each is for one unit.
    pub fn units(self) -> u16 {
        match self {
            Self::UniformPrice { units } => units,
            Self::FirstPrice
            | Self::Curves { .. }
            | Self::TwoSided { .. }
            | Self::Survey { .. } => 1,
        }
    }

    /// What a bid holds, where it is a curve.
    pub fn curve(self) -> Option<Curve> {
        match self {
            Self::Curves { curve, .. } | Self::TwoSided { curve, .. } => Some(curve),
            Self::FirstPrice | Self::UniformPrice { .. } | Self::Survey { .. } => None,
        }
    }

    /// Whether a winner pays its own bid. Where it does not, what it bid itself stays secret.
    pub fn pays_own_bid(self) -> bool {
        match self {
            Self::FirstPrice | Self::Curves { pricing: Pricing::PayAsBid, .. } => true,
            Self::UniformPrice { .. }
            | Self::Curves { .. }
            | Self::TwoSided { .. }
            | Self::Survey { .. } => false,
        }
    }

    /// Its kind, for tools.
    pub fn kind(self) -> &'static str {
        match self {
            Self::FirstPrice => "first-price",
            Self::UniformPrice { .. } => "uniform-price",
            Self::Curves { pricing: Pricing::Uniform, .. } => "uniform-price-curves",
            Self::Curves { pricing: Pricing::PayAsBid, .. } => "pay-as-bid-curves",
            Self::TwoSided { .. } => "two-sided",
            Self::Survey { .. } => "survey",
        }
    }

    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::FirstPrice => "first price".into(),
            Self::SECOND_PRICE => "second price".into(),
            Self::UniformPrice { units } => format!("uniform price, {units} units"),
            Self::Curves { pricing: Pricing::Uniform, .. } => "uniform price, curves".into(),
            Self::Curves { pricing: Pricing::PayAsBid, .. } => "pay as bid, curves".into(),
            Self::TwoSided { rule, .. } => match rule {
                ClearingRule::Lowest => "two-sided, lowest clearing price".into(),
                ClearingRule::Middle => "two-sided, middle clearing price".into(),
                ClearingRule::Highest => "two-sided, highest clearing price".into(),
                ClearingRule::TradeReduction => "two-sided, trade reduction".into(),
            },
            Self::Survey { .. } => "survey".into(),
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
            Self::Curves { pricing, .. } => {
                let pays = match pricing {
                    Pricing::Uniform => "the price of the worst of them",
                    Pricing::PayAsBid => "what they bid",
                };
                format!("the best steps win the quantity of the lot and pay {pays}")
            }
            Self::TwoSided { rule: ClearingRule::TradeReduction, .. } => {
                "buyers and sellers trade at a price that none of their own bids moves".into()
            }
            Self::TwoSided { rule, .. } => {
                let which = match rule {
                    ClearingRule::Lowest => "the lowest",
                    ClearingRule::Middle => "the middle",
                    ClearingRule::Highest | ClearingRule::TradeReduction => "the highest",
                };
                format!("buyers and sellers trade as much as they agree to, at {which} such price")
            }
            Self::Survey { min_answers, .. } => {
                format!("statistics are opened of {min_answers} answers or more, and no answer is")
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
