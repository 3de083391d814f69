//! What a bid came to, in the words of FIX: Hit, Cover, Tied, Done Away, Pass.

use serde::Serialize;
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Ending, LotResult, PriceComparison, Trade},
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
    /// It answered a survey, and its answer was counted.
    Counted,
    /// It answered a survey, of which nothing was opened.
    TooFewAnswers,
}

/// Whether a party won a lot, and the level of the price if the lot was sold.
#[must_use]
pub fn won_at(result: &LotResult, party: &PartyKey) -> (bool, Option<Level>) {
    match &result.ending {
        Ending::Sold(award) => {
            (award.sales.iter().any(|sale| sale.winner == *party), Some(award.quote.level))
        }
        Ending::Cleared(clearing) => {
            let own = clearing.trades.iter().filter(|trade| trade.party == *party);
            (own.map(Trade::units).any(|units| units > 0), Some(clearing.price.level))
        }
        // A price that nothing is traded at is shown too.
        Ending::NoTrade(clearing) => (false, Some(clearing.price.level)),
        Ending::Declined(_)
        | Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted
        | Ending::OneSided
        | Ending::Surveyed(_)
        | Ending::TooFewAnswers => (false, None),
    }
}

/// What a party trades of a lot that cleared; nothing where it has no step at the price or better.
#[must_use]
pub fn trade_of<'a>(result: &'a LotResult, party: &PartyKey) -> Option<&'a Trade> {
    match &result.ending {
        Ending::Cleared(clearing) | Ending::NoTrade(clearing) => {
            clearing.trades.iter().find(|trade| trade.party == *party)
        }
        _ => None,
    }
}

impl Word {
    /// What a bid of this level, which counted, came to.
    #[must_use]
    pub fn of(result: &LotResult, party_won: bool, own: Level) -> Self {
        let award = match &result.ending {
            Ending::Sold(award) => award,
            Ending::Surveyed(_) => return Self::Counted,
            Ending::TooFewAnswers => return Self::TooFewAnswers,
            _ => return Self::DidNotTrade,
        };
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

    /// What a curve of this party, which counted, came to.
    #[must_use]
    pub fn of_curve(result: &LotResult, party: &PartyKey) -> Self {
        let Ending::Cleared(_) = &result.ending else { return Self::DidNotTrade };
        match trade_of(result, party) {
            None => Self::DoneAway,
            Some(trade) if trade.units() > 0 => Self::Hit,
            Some(_) => Self::Tied,
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
            Self::Counted => "counted",
            Self::TooFewAnswers => "too few answers: nothing was opened",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::List,
        commitment::TradeSide,
        outcome::{Award, Clearing, Disclosed, Quote, ReserveResult, Sale, Statistics},
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

    #[test]
    fn a_curve_is_hit_if_it_trades_tied_if_it_would_and_done_away_else() {
        let trade = |party: u8, better, at_price, shared| Trade {
            party: PartyKey([party; 32]),
            side: TradeSide::Buy,
            better,
            at_price,
            shared,
            amount: 0,
        };
        let clearing = Clearing {
            price: quote(5),
            between: None,
            margins: None,
            excess: Vec::new(),
            trades: vec![trade(1, 3, 0, 0), trade(2, 0, 4, 1), trade(3, 0, 2, 0)],
        };
        let no_trade = LotResult { ending: Ending::NoTrade(clearing.clone()), ..sold(&[], None) };
        let cleared = LotResult { ending: Ending::Cleared(clearing), ..no_trade.clone() };
        for (party, word, won) in [
            (1, Word::Hit, true),
            (2, Word::Hit, true),
            (3, Word::Tied, false),
            (4, Word::DoneAway, false),
        ] {
            let party = PartyKey([party; 32]);
            assert_eq!(Word::of_curve(&cleared, &party), word);
            assert_eq!(won_at(&cleared, &party), (won, Some(Level(5))));
            assert_eq!(Word::of_curve(&no_trade, &party), Word::DidNotTrade);
            assert_eq!(won_at(&no_trade, &party), (false, Some(Level(5))));
        }
        let one_sided = LotResult { ending: Ending::OneSided, ..cleared };
        assert_eq!(Word::of_curve(&one_sided, &PartyKey([1; 32])), Word::DidNotTrade);
    }

    #[test]
    fn an_answer_is_counted_or_one_of_too_few() {
        let statistics = Statistics { sum: 9, bins: None, squares: None };
        let surveyed = LotResult { ending: Ending::Surveyed(statistics), ..sold(&[], None) };
        let few = LotResult { ending: Ending::TooFewAnswers, ..surveyed.clone() };
        for (result, word) in [(surveyed, Word::Counted), (few, Word::TooFewAnswers)] {
            assert_eq!(Word::of(&result, false, Level(3)), word);
            assert_eq!(won_at(&result, &PartyKey([1; 32])), (false, None));
        }
    }
}
