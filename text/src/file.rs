//! What files of terms and scenarios have in common, as their author wrote it: every field, and nothing
//! checked but its type.
//!
//! What stands above a field here is what the author of terms reads: `docs/terms.md` and the file that
//! `talea terms example` prints are made from it.

use serde::{
    Deserialize,
    de::{self, Deserializer, Visitor},
};
use std::fmt;

/// How the price follows from the bids.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "mechanism"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum MechanismFile {
    /// The best bid wins and pays what it bid.
    #[default]
    FirstPrice,
    /// The best bid wins and pays the best losing one.
    SecondPrice,
    /// The best `units` bids win and pay the best losing one.
    UniformPrice {
        /// Units of each lot, 1 to 63.
        units: u16,
    },
    /// A bid is a curve: a few steps, each a price and a quantity. The best steps win the lot's quantity, and what is
    /// left at the price is shared out in proportion.
    Curves {
        /// The most steps of a bid, 1 to 8.
        steps: u8,
        /// Who sees the quantities of steps.
        quantities: QuantitiesFile,
        /// What a winner pays. The price if left out.
        #[serde(default)]
        pricing: PricingFile,
        /// Nobody is given fewer units than this where the price is shared out, 1 to 1048576. 1 if left out.
        #[serde(default = "one")]
        least: u32,
        /// How sums of quantities are compared with what is for sale.
        comparisons: ComparisonsFile,
    },
    /// Buyers and sellers bid curves, and as much is traded as both sides agree to, at one price. Every lot's side is
    /// `"sale"`: prices rise from `start`.
    TwoSided {
        /// The most steps of a bid, 1 to 8.
        steps: u8,
        /// Who sees the quantities of steps.
        quantities: QuantitiesFile,
        /// Which price, of those at which as much as possible is traded. The middle if left out.
        #[serde(default)]
        clearing_price: ClearingPriceFile,
        /// How sums of quantities are compared with one another.
        comparisons: ComparisonsFile,
    },
    /// No market: a bid is an answer, and of all answers only statistics are opened. Lots are questions, and prices are
    /// what can be answered.
    Survey {
        /// Of fewer answers nothing is opened, 2 to 65535.
        min_answers: u32,
        /// Prices in a bin of the histogram, which has 1024 bins at most. No histogram if left out, or 0.
        #[serde(default)]
        bin_levels: u32,
        /// Whether the sum of the squares is opened, and with it the variance. `false` if left out.
        #[serde(default)]
        squares: bool,
    },
}

fn one() -> u32 {
    1
}

/// Who sees the quantities of a bid's steps.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "quantities"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QuantitiesFile {
    /// Everybody, from the commit on.
    Public {
        /// The most units of a whole bid, 1 to 1048576.
        most: u32,
    },
    /// Nobody: they are encrypted, as prices are.
    Sealed {
        /// A step holds less than 2 to the power of this many units, 1 to 16.
        bits: u8,
    },
}

/// What a winner pays.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "pricing"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PricingFile {
    /// The price: that of the worst step that wins.
    #[default]
    Uniform,
    /// What it bid, step by step.
    PayAsBid,
}

/// How sums of quantities are compared.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "comparisons"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparisonsFile {
    /// Encrypted: nothing but the answers is opened. For up to 63 units.
    Hidden,
    /// By what is wanted beyond what is offered, which is opened at every price that the search tests.
    Opened,
}

/// Which price a two-sided market takes, of those at which as much as possible is traded.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "clearing-price"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClearingPriceFile {
    /// The lowest.
    Lowest,
    /// The middle between lowest and highest, rounded down to a price of the grid.
    #[default]
    Middle,
    /// The highest.
    Highest,
    /// One that no bid of those who trade can move, for bids of one unit and hidden comparisons; if need be one pair
    /// less trades (McAfee 1992).
    TradeReduction,
}

/// How ties are broken.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ties"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TiesFile {
    /// The earliest commit wins.
    #[default]
    EarliestCommit,
    /// A lottery decides.
    Lottery,
}

/// What prices are: one currency and one kind of price for the whole auction, so that currencies cannot be mixed.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyFile {
    /// The currency of every amount: a code of ISO 4217, such as `"USD"`.
    pub currency: String,
    /// What a price is.
    pub price: QuotationFile,
}

/// What a price is.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "quotation"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotationFile {
    /// An amount for the whole lot.
    PerLot,
    /// An amount for each unit of the quantity.
    PerUnit,
    /// Per cent of the quantity: the amount for 100 of its units, as bonds are quoted.
    Percent,
    /// A yield, which is no amount.
    Yield,
    /// A spread over a benchmark, which is no amount.
    Spread,
}

/// What becomes of a bid that its bidder opens to an auditor alone.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "openings"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpeningsFile {
    /// Bidder and auditor keep it to themselves.
    #[default]
    Private,
    /// It must be on the board's record.
    Recorded,
}

/// What is opened in addition to winners and price.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisclosureFile {
    /// Every bid, and the reserve. It includes `cover` and `depth_from`, which are then not set.
    pub everything: bool,
    /// The best losing price.
    pub cover: bool,
    /// The depth: how many bids lie in each range of prices, opened if there are at least this many bids.
    pub depth_from: Option<u32>,
}

/// What is at stake, in whole units of the custodian's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct StakesFile {
    /// Locked for each bid; lost if the bid is not revealed.
    pub deposit: Option<u64>,
    /// Locked by each keyholder for each lot; lost if the keyholder's absence voids the lot.
    pub bond: Option<u64>,
    /// Charged for each bid.
    pub commit_fee: Option<u64>,
    /// Added to the fee for each bid that the lot already has.
    pub fee_growth: Option<u64>,
}

/// Defines a table of a file that has the fields of a price grid, after and before its own.
#[macro_export]
macro_rules! table_with_grid {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($before:tt)* }
        then { $($after:tt)* }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($before)*
            /// Which side bids: `"sale"` (the highest price wins) or `"procurement"` (the lowest price wins).
            pub side: Option<$crate::file::SideFile>,
            /// How prices are written: `"decimal 0"` to `"decimal 12"`, `"32nds"`, `"64ths"`, `"128ths"` or
            /// `"256ths"`.
            pub scale: Option<String>,
            /// The first price of the grid, the worst for the seller.
            pub start: Option<$crate::file::PriceText>,
            /// The distance between neighbouring prices: an amount, or a fraction such as `"1/64"`. If left out, the
            /// smallest unit of the scale.
            pub tick: Option<$crate::file::PriceText>,
            /// The last price of the grid, the best for the seller.
            pub end: Option<$crate::file::PriceText>,
            /// The number of prices, in place of `end`.
            pub levels: Option<u32>,
            /// Radices of the digits in which a price's number is written, most significant first. If left out, those
            /// that `talea-sim suggest` suggests.
            pub shape: Option<Vec<u32>>,
            /// How much is offered. 1 if left out.
            pub quantity: Option<u64>,
            $($after)*
        }

        impl $name {
            /// Its own part of its grid.
            #[must_use]
            pub fn grid(&self) -> $crate::file::GridFile {
                $crate::file::GridFile {
                    side: self.side,
                    scale: self.scale.clone(),
                    start: self.start.clone(),
                    tick: self.tick.clone(),
                    end: self.end.clone(),
                    levels: self.levels,
                    shape: self.shape.clone(),
                    quantity: self.quantity,
                }
            }
        }
    };
}

table_with_grid! {
    /// A price grid, or the part of it that holds for every lot.
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[derive(Clone, Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct GridFile {}
    then {}
}

impl GridFile {
    /// What this says, and `common` where it says nothing. An end and a number of levels exclude
    /// each other, so either of them here sets aside both there.
    #[must_use]
    pub fn or(self, common: &Self) -> Self {
        let common = common.clone();
        let own_length = self.end.is_some() || self.levels.is_some();
        let (end, levels) =
            if own_length { (self.end, self.levels) } else { (common.end, common.levels) };
        Self {
            side: self.side.or(common.side),
            scale: self.scale.or(common.scale),
            start: self.start.or(common.start),
            tick: self.tick.or(common.tick),
            end,
            levels,
            shape: self.shape.or(common.shape),
            quantity: self.quantity.or(common.quantity),
        }
    }
}

/// Defines a table of a file that is a group of keyholders, with members of its own kind.
#[macro_export]
macro_rules! table_of_group {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $(#[$members_meta:meta])* members: $members:ty }
        then { $($after:tt)* }
    ) => {
        $(#[$meta])*
        pub struct $name {
            /// Its name.
            pub name: String,
            /// How many of its members must decrypt together.
            pub threshold: u16,
            /// How many members must endorse the set of bids. The threshold if left out.
            pub endorsements: Option<u16>,
            /// Whether its members are witnesses of what the board did not take. If left out, they are if the
            /// threshold is more than 1.
            pub witness: Option<bool>,
            $(#[$members_meta])*
            pub members: $members,
            $($after)*
        }

        impl $name {
            /// How many must act and endorse, and what the group's word counts for.
            #[must_use]
            pub fn rules(&self) -> $crate::rules::GroupRules {
                $crate::rules::GroupRules {
                    threshold: self.threshold,
                    endorsements: self.endorsements,
                    witness: self.witness,
                }
            }
        }
    };
}

/// Which side of the market bids.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "side"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SideFile {
    /// Buyers bid; the highest price wins.
    Sale,
    /// Suppliers bid; the lowest price wins.
    Procurement,
}

/// A price that the scale has exactly, in any of its spellings, such as `"99.50"`, `"99 1/2"` or `"99-16+"`.
/// Whole numbers may stand without quotes.
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "price"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceText(pub String);

/// What to do about a price that is a float.
pub const QUOTES: &str =
    "write a price with a fraction in quotes, as in \"99.50\": a float is not exact";

struct PriceVisitor;

impl Visitor<'_> for PriceVisitor {
    type Value = PriceText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PriceText, E> {
        Ok(PriceText(text.into()))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<PriceText, E> {
        Ok(PriceText(whole.to_string()))
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<PriceText, E> {
        Ok(PriceText(whole.to_string()))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<PriceText, E> {
        Err(E::custom(QUOTES))
    }
}

impl<'de> Deserialize<'de> for PriceText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PriceVisitor)
    }
}

/// A fault of TOML in one sentence: the line, what stands there, and what is wrong with it; `whole` names the
/// file where it is about no line.
#[must_use]
pub fn fault_of_toml(whole: &str, text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    let start = error.span().map(|span| span.start).filter(|start| *start > 0);
    let Some(before) = start.and_then(|start| text.get(..start)) else {
        return format!("{whole}: {message}");
    };
    let number = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or("").trim();
    let shown: String = line.chars().take(60).collect();
    format!("line {number} ({shown}): {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lots_own_length_sets_aside_the_common_one() {
        let common =
            GridFile { end: Some(PriceText("5".into())), quantity: Some(3), ..GridFile::default() };
        let own = GridFile { levels: Some(9), ..GridFile::default() };
        let both = own.or(&common);
        assert_eq!((both.end, both.levels, both.quantity), (None, Some(9), Some(3)));
        let neither = GridFile::default().or(&common);
        assert_eq!(neither.end, Some(PriceText("5".into())));
    }
}
