//! The markets that screens are tested on.

use super::{
    cartel::{Meeting, Ring, Turn},
    equilibrium::Costs,
    market::{Declines, Market, Stream, Twist},
};
use crate::compare::values::{self, Use};
use serde::Serialize;
use talea_screens::Record;

/// What is true of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// Honest, and as the screens assume.
    Honest,
    /// Honest, and otherwise than a screen assumes.
    HonestOtherwise,
    /// Somebody colludes.
    Collusive,
}

impl Truth {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::HonestOtherwise => "honest, not as assumed",
            Self::Collusive => "collusive",
        }
    }
}

/// A market to test screens on.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// What it is, in a few words.
    pub name: &'static str,
    /// What is true of it.
    pub truth: Truth,
    /// Its bidders.
    pub market: Market,
    /// Who colludes.
    pub ring: Option<Ring>,
}

const fn honest(name: &'static str, market: Market) -> Line {
    Line { name, truth: Truth::Honest, market, ring: None }
}

const fn otherwise(name: &'static str, market: Market) -> Line {
    Line { name, truth: Truth::HonestOtherwise, market, ring: None }
}

/// Cover bids two to five per cent above, where costs lie over 20 %.
const CLOSE: (f64, f64) = (0.1, 0.25);
/// Five to ten per cent.
const WIDE: (f64, f64) = (0.25, 0.5);

const fn ring(name: &'static str, market: Market, ring: Ring) -> Line {
    Line { name, truth: Truth::Collusive, market, ring: Some(ring) }
}

const TENDERS: Market = Market::TENDERS;
const BONDS: Market = Market::BONDS;

/// All of them.
pub const LINES: [Line; 17] = [
    honest("5 bidders, uniform costs", TENDERS),
    honest("3 bidders, uniform costs", Market { come: (3, 3), ..TENDERS }),
    honest("2 to 8 bidders, uniform costs", Market { come: (2, 8), ..TENDERS }),
    honest("12 bidders, uniform costs", Market { come: (12, 12), ..TENDERS }),
    honest("5 bidders, costs in a bell", Market { costs: Costs::Bell, ..TENDERS }),
    honest("5 bidders, costs with a long tail", Market { costs: Costs::LongTail, ..TENDERS }),
    honest("5 bidders, ticks of 0.5 %", Market { tick: 5_000, ..TENDERS }),
    honest("bonds, 4 to 9 dealers, declines at random", BONDS),
    otherwise("a strong bidder", Market { twist: Some(Twist::Strong), ..TENDERS }),
    otherwise("little capacity after a win", Market { twist: Some(Twist::Capacity), ..TENDERS }),
    otherwise("a calm third", Market { twist: Some(Twist::Calm), ..TENDERS }),
    otherwise(
        "a ceiling that half exceed",
        Market { costs: Costs::Bell, come: (8, 8), ceiling: 0.5, ..TENDERS },
    ),
    otherwise("bonds, a choosy seller", Market { declines: Declines::Choosy, ..BONDS }),
    ring(
        "a ring of all 5, by turns, covers 2 to 5 %",
        Market { pool: 5, ..TENDERS },
        Ring { members: 5, cover: CLOSE, turn: Turn::Longest },
    ),
    ring(
        "a ring of all 5, the cheapest wins, covers 5 to 10 %",
        Market { pool: 5, ..TENDERS },
        Ring { members: 5, cover: WIDE, turn: Turn::Cheapest },
    ),
    ring(
        "a ring of 6 of 12, by turns, covers 2 to 5 %",
        TENDERS,
        Ring { members: 6, cover: CLOSE, turn: Turn::Longest },
    ),
    Line {
        name: "bonds, a seller who fishes",
        truth: Truth::Collusive,
        market: Market { declines: Declines::Fishing, ..BONDS },
        ring: None,
    },
];

impl Line {
    /// The auctions of one repetition. `number` tells lines and repetitions apart.
    #[must_use]
    pub fn records(&self, auctions: usize, seed: u64, number: u32) -> Vec<Record> {
        let rng = &mut values::generator(seed, Use::Screens, number.wrapping_mul(2));
        // A ring has numbers of its own, so that without it the market is the same.
        let of_ring =
            &mut values::generator(seed, Use::Screens, number.wrapping_mul(2).wrapping_add(1));
        let mut meeting = self.ring.map(Meeting::new);
        let mut stream = Stream::new(&self.market, auctions, rng);
        let one = |number| {
            let mut draft = stream.draft(number);
            if let Some(meeting) = &mut meeting {
                meeting.collude(&mut draft, of_ring);
            }
            stream.close(&draft)
        };
        (0..auctions).map(one).collect()
    }
}
