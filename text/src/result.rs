//! What a bid came to, in the words of FIX: Hit, Cover, Tied, Done Away, Pass.

use serde::Serialize;
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Ending, LotResult, PriceComparison},
    price::Level,
};

/// What a bid came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Word {
    /// It won.
    Hit,
    /// It was the best that lost.
    Cover,
    /// It was as good as the price, and another was taken.
    Tied,
    /// It was as good as the best that lost, which the terms have opened; so may others have been.
    TiedCover,
    /// Others were better.
    DoneAway,
    /// Nobody was dealt with: the lot did not trade.
    DidNotTrade,
    /// This party made no bid.
    Pass,
    /// Its bid did not count: it was never revealed, or proved nothing.
    NotRanked,
}

/// Whether a party won a lot, and the level of the price if the lot was sold.
#[must_use]
pub fn won_at(result: &LotResult, party: &PartyKey) -> (bool, Option<Level>) {
    match &result.ending {
        Ending::Sold(award) => {
            (award.sales.iter().any(|sale| sale.winner == *party), Some(award.quote.level))
        }
        _ => (false, None),
    }
}

impl Word {
    /// What a bid of this level, which counted, came to.
    #[must_use]
    pub fn of(result: &LotResult, party_won: bool, own: Level) -> Self {
        let Ending::Sold(award) = &result.ending else { return Self::DidNotTrade };
        if party_won {
            return Self::Hit;
        }
        let price = award.quote.level;
        let cover = result.disclosed.cover.as_ref().map(|quote| quote.level);
        let is_tied = award.sales.iter().any(|sale| sale.comparison == PriceComparison::AtPrice);
        match own {
            own if own == price && is_tied => Self::Tied,
            // At a uniform price the best losing bid is the price.
            own if own == price => Self::Cover,
            own if Some(own) == cover => Self::TiedCover,
            _ => Self::DoneAway,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Hit => "Hit",
            Self::Cover => "Cover",
            Self::Tied => "Tied",
            Self::TiedCover => "Cover, or tied with it",
            Self::DoneAway => "Done Away",
            Self::DidNotTrade => "did not trade",
            Self::Pass => "Pass",
            Self::NotRanked => "did not count: not revealed, or invalid",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::List,
        outcome::{Award, Disclosed, Quote, ReserveResult, Sale},
        price::Price,
    };

    fn quote(level: u32) -> Quote {
        Quote { level: Level(level), price: Price(i64::from(level)) }
    }

    /// A lot that was sold at level 5 to winners who stand like this.
    fn sold(comparisons: &[PriceComparison], cover: Option<u32>) -> LotResult {
        let sale = |comparison: &PriceComparison| Sale {
            winner: PartyKey([1; 32]),
            comparison: *comparison,
        };
        let sales = List::new(comparisons.iter().map(sale).collect()).unwrap();
        LotResult {
            commits: 4,
            ranked: 4,
            invalid: 0,
            reserve: ReserveResult::None,
            disclosed: Disclosed { cover: cover.map(quote), ..Disclosed::default() },
            ending: Ending::Sold(Award { quote: quote(5), sales }),
        }
    }

    #[test]
    fn a_loser_at_the_price_is_tied_or_the_cover() {
        use PriceComparison::{AbovePrice, AtPrice};
        let first_price = sold(&[AtPrice], Some(3));
        let uniform = sold(&[AbovePrice, AbovePrice], None);
        let tied = sold(&[AbovePrice, AtPrice], None);
        for (result, level, came_to) in [
            (&first_price, 5, Word::Tied),
            (&first_price, 3, Word::TiedCover),
            (&first_price, 2, Word::DoneAway),
            (&uniform, 5, Word::Cover),
            (&tied, 5, Word::Tied),
            (&tied, 4, Word::DoneAway),
        ] {
            assert_eq!(Word::of(result, false, Level(level)), came_to, "{level} in {result:?}");
            assert_eq!(Word::of(result, true, Level(level)), Word::Hit);
        }
        let void = LotResult { ending: Ending::Unsold, ..first_price };
        assert_eq!(Word::of(&void, false, Level(5)), Word::DidNotTrade);
    }
}
