//! What a screen found: figures, tests and a flag, or why it cannot be run.

use crate::{permutation::Chance, picture::Picture, screen::Screen, statistics::LEVEL};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What an auction's terms have to disclose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Who bid.
    Bidders,
    /// The best losing price, or all bids.
    Cover,
    /// What the winner bid, where it does not pay that.
    WinningBid,
    /// Every bid.
    AllBids,
    /// The seller's reserve.
    Reserve,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bidders => "who bid",
            Self::Cover => "the cover",
            Self::WinningBid => "the winning bid",
            Self::AllBids => "all bids",
            Self::Reserve => "the seller's reserve",
        })
    }
}

/// Why a screen leaves an auction out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It did not disclose this.
    NotDisclosed(Need),
    /// There were too few bids to compare.
    FewBids,
    /// Several units were awarded.
    SeveralUnits,
    /// Nobody won.
    NoAward,
    /// The seller had no reserve.
    NoReserve,
    /// Prices are zero or negative, and a distance is no share of them.
    PriceNotPositive,
    /// Prices lie so far apart that the screen would compare ticks.
    CoarseTicks,
}

impl From<Need> for Why {
    fn from(need: Need) -> Self {
        Self::NotDisclosed(need)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDisclosed(need) => write!(f, "did not disclose {need}"),
            Self::FewBids => f.write_str("had too few bids"),
            Self::SeveralUnits => f.write_str("had several units"),
            Self::NoAward => f.write_str("had no winner"),
            Self::NoReserve => f.write_str("had no reserve"),
            Self::PriceNotPositive => f.write_str("had prices that are not above zero"),
            Self::CoarseTicks => f.write_str("had ticks too coarse for it"),
        }
    }
}

/// What of the records a screen could use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Auctions that it used.
    pub used: usize,
    /// Auctions that it left out, by reason.
    pub left_out: BTreeMap<Why, usize>,
}

impl Coverage {
    /// Sorts what can be used from what cannot.
    pub fn gather<T>(results: impl IntoIterator<Item = Result<T, Why>>) -> (Vec<T>, Self) {
        let mut coverage = Self::default();
        let mut kept = Vec::new();
        for result in results {
            match result {
                Ok(usable) => kept.push(usable),
                Err(why) => coverage.leave_out(why),
            }
        }
        coverage.used = kept.len();
        (kept, coverage)
    }

    /// Counts one more that was left out.
    pub fn leave_out(&mut self, why: Why) {
        let count = self.left_out.entry(why).or_default();
        *count = count.saturating_add(1);
    }

    /// All auctions.
    #[must_use]
    pub fn auctions(&self) -> usize {
        self.left_out.values().fold(self.used, |sum, count| sum.saturating_add(*count))
    }

    /// What is missing, if nothing can be used and all that stands in the way is that it stayed sealed.
    fn sealed(&self) -> Option<String> {
        let needs: Vec<String> = self
            .left_out
            .keys()
            .filter_map(|why| match why {
                Why::NotDisclosed(need) => Some(need.to_string()),
                _ => None,
            })
            .collect();
        (self.used == 0 && !needs.is_empty()).then(|| needs.join(" or "))
    }
}

/// Whom a test is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum Subject {
    /// All auctions together.
    Market,
    /// One bidder.
    Bidder(String),
    /// One seller.
    Seller(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Market => f.write_str("all auctions together"),
            Self::Bidder(name) => write!(f, "bidder {name}"),
            Self::Seller(name) => write!(f, "seller {name}"),
        }
    }
}

/// One test: how likely chance alone shows as much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// Whom it is about.
    pub subject: Subject,
    /// Auctions in it.
    pub auctions: usize,
    /// What was seen, in words.
    pub seen: String,
    /// The probability of as much by chance, of this test alone; 0 to 1.
    pub p: f64,
    /// The same, corrected for all the tests of the screen.
    pub adjusted: f64,
}

impl Test {
    /// Whether it raises a flag.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        self.adjusted <= LEVEL
    }
}

/// A figure of a screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// Its value, as people read it.
    pub value: String,
}

impl Figure {
    /// How chance was drawn.
    pub(crate) fn drawings(chance: Chance) -> Self {
        let value = format!("{} drawings, seed {}", chance.drawings, chance.seed);
        Self { name: "drawings and seed", value }
    }
}

/// What a screen came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// No auction disclosed this.
    NotDisclosed(String),
    /// There are too few to say anything.
    TooFew {
        /// Those that could be used.
        have: usize,
        /// The smallest sample.
        need: usize,
        /// Of what.
        what: &'static str,
    },
    /// It was run.
    Ran {
        /// Figures, in the order in which to read them.
        figures: Vec<Figure>,
        /// Tests, the market first.
        tests: Vec<Test>,
        /// What to look at.
        pictures: Vec<Picture>,
    },
}

/// So many, in words: `1 test`, `2 tests`.
fn of(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What a screen found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which screen.
    pub screen: Screen,
    /// What of the records it used.
    pub coverage: Coverage,
    /// What it came to.
    pub outcome: Outcome,
}

impl Finding {
    /// A screen that was not run: what it needs stayed sealed, or there is too little.
    #[must_use]
    pub fn not_run(
        screen: Screen,
        coverage: Coverage,
        (have, need, what): (usize, usize, &'static str),
    ) -> Self {
        let outcome = match coverage.sealed() {
            Some(needs) => Outcome::NotDisclosed(needs),
            None => Outcome::TooFew { have, need, what },
        };
        Self { screen, coverage, outcome }
    }

    /// The tests that were made.
    #[must_use]
    pub fn tests(&self) -> &[Test] {
        match &self.outcome {
            Outcome::Ran { tests, .. } => tests,
            Outcome::NotDisclosed(_) | Outcome::TooFew { .. } => &[],
        }
    }

    /// Whether it was run.
    #[must_use]
    pub fn was_run(&self) -> bool {
        matches!(self.outcome, Outcome::Ran { .. })
    }

    /// The tests that raise a flag.
    pub fn flags(&self) -> impl Iterator<Item = &Test> {
        self.tests().iter().filter(|test| test.is_flag())
    }

    /// Whether any test raises a flag.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        self.flags().next().is_some()
    }

    /// The result in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.outcome {
            Outcome::NotDisclosed(needs) => {
                format!("Cannot be run: the terms did not disclose {needs}.")
            }
            Outcome::TooFew { have, need, what } => {
                format!("Cannot be run: there are {have} {what}, and it needs {need}.")
            }
            Outcome::Ran { tests, .. } => {
                let flags: Vec<String> =
                    self.flags().map(|test| test.subject.to_string()).collect();
                match flags.as_slice() {
                    [] => format!("No flag in {}.", of(tests.len(), "test")),
                    flags => format!("Flag: {}.", flags.join(", ")),
                }
            }
        }
    }

    /// As tools read it.
    #[must_use]
    pub fn view(&self) -> FindingView<'_> {
        let (status, figures): (_, &[Figure]) = match &self.outcome {
            Outcome::NotDisclosed(_) => ("not-disclosed", &[]),
            Outcome::TooFew { .. } => ("too-few", &[]),
            Outcome::Ran { figures, .. } if self.is_flag() => ("flag", figures),
            Outcome::Ran { figures, .. } => ("no-flag", figures),
        };
        let left_out = self.coverage.left_out.iter();
        FindingView {
            screen: self.screen.name(),
            source: self.screen.source(),
            needs: self.screen.needs(),
            smallest_sample: self.screen.smallest_sample(),
            status,
            sentence: self.sentence(),
            auctions: self.coverage.auctions(),
            used: self.coverage.used,
            left_out: left_out
                .map(|(why, auctions)| LeftOutView { auctions: *auctions, why: why.to_string() })
                .collect(),
            figures,
            tests: self.tests(),
        }
    }
}

/// A finding as JSON has it. Figures are strings; probabilities are numbers.
#[derive(Clone, Debug, Serialize)]
pub struct FindingView<'a> {
    screen: &'static str,
    source: &'static str,
    needs: &'static str,
    smallest_sample: usize,
    status: &'static str,
    sentence: String,
    auctions: usize,
    used: usize,
    left_out: Vec<LeftOutView>,
    figures: &'a [Figure],
    tests: &'a [Test],
}

#[derive(Clone, Debug, Serialize)]
struct LeftOutView {
    auctions: usize,
    why: String,
}
