//! The rules that are measured.

use talea_protocol::{
    price::Level,
    terms::{Depth, Disclosure, Mechanism, Ties},
};

/// The rules of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// In a few words.
    pub name: &'static str,
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
        name: "first price",
        mechanism: Mechanism::FirstPrice,
        ties: Ties::EarliestCommit,
        disclosure: Disclosure::WINNER_AND_PRICE,
        reserve: None,
        survey: None,
    };

    /// What a round shows before the next one.
    const SURVEY: Self = Self { disclosure: DEPTH, survey: Some(false), ..Self::FIRST_PRICE };

    /// The rules that figures are published for.
    pub const ALL: [Self; 10] = [
        Self::FIRST_PRICE,
        Self { name: "ties by lottery", ties: Ties::Lottery, ..Self::FIRST_PRICE },
        Self { name: "with cover", disclosure: COVER, ..Self::FIRST_PRICE },
        Self { name: "with depth", disclosure: DEPTH, ..Self::FIRST_PRICE },
        Self { name: "with a sealed reserve", reserve: Some(Level(1)), ..Self::FIRST_PRICE },
        Self { name: "second price", mechanism: units(1), ..Self::FIRST_PRICE },
        Self { name: "ten units, one price", mechanism: units(10), ..Self::FIRST_PRICE },
        Self { name: "everything", disclosure: Disclosure::Everything, ..Self::FIRST_PRICE },
        Self { name: "survey: depth", ..Self::SURVEY },
        Self { name: "survey: depth and cover", survey: Some(true), ..Self::SURVEY },
    ];
}

const COVER: Disclosure = Disclosure::Facts { cover: true, depth: None };
const DEPTH: Disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };

const fn units(units: u16) -> Mechanism {
    Mechanism::UniformPrice { units }
}
