//! The rules that are measured.

use std::borrow::Cow;
use talea_protocol::{
    price::Level,
    terms::{Depth, Disclosure, Mechanism, Ties},
};

/// The rules of a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// In a few words.
    pub name: Cow<'static, str>,
    /// How the price follows from the bids.
    pub mechanism: Mechanism,
    /// How ties are broken.
    pub ties: Ties,
    /// What is opened besides winners and price.
    pub disclosure: Disclosure,
    /// The seller's reserve, if it has one.
    pub reserve: Option<Level>,
    /// If it is the survey between two rounds that is measured: whether it shows the cover.
    pub survey: Option<bool>,
}

impl Rules {
    /// The best bid wins and pays what it bid; nothing else is opened.
    pub const FIRST_PRICE: Self = Self {
        name: Cow::Borrowed("first price"),
        mechanism: Mechanism::FirstPrice,
        ties: Ties::EarliestCommit,
        disclosure: Disclosure::WINNER_AND_PRICE,
        reserve: None,
        survey: None,
    };

    /// What a round shows before the next one.
    const SURVEY: Self = Self { disclosure: DEPTH, survey: Some(false), ..Self::FIRST_PRICE };

    /// The rules that figures are published for: every mechanism, beginning with the first price, and what may be
    /// added to it.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let named = |name: &'static str, rules: Self| Self { name: name.into(), ..rules };
        let first_price = || Self::FIRST_PRICE;
        let mechanisms = Mechanism::EXAMPLES.map(|mechanism| Self {
            name: mechanism.name().into(),
            mechanism,
            ..first_price()
        });
        let additions = [
            named("ties by lottery", Self { ties: Ties::Lottery, ..first_price() }),
            named("with cover", Self { disclosure: COVER, ..first_price() }),
            named("with depth", Self { disclosure: DEPTH, ..first_price() }),
            named("with a sealed reserve", Self { reserve: Some(Level(1)), ..first_price() }),
            named("everything", Self { disclosure: Disclosure::Everything, ..first_price() }),
            named("survey: depth", Self::SURVEY),
            named("survey: depth and cover", Self { survey: Some(true), ..Self::SURVEY }),
        ];
        mechanisms.into_iter().chain(additions).collect()
    }
}

const COVER: Disclosure = Disclosure::Facts { cover: true, depth: None };
const DEPTH: Disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
