//! What a bidder's own bids came to, in the words of FIX: Hit, Cover, Tied, Done Away, Pass. Only the
//! bidder can tell, for it alone knows what it bid.

use crate::{
    failure::{Code, Failure},
    party::{bidder, desk::Desk},
};
use serde::Serialize;
use talea_protocol::{
    outcome::{Ending, LotResult, PriceComparison},
    price::Level,
};
use talea_text::lot;

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-result/1";

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

/// What every lot came to for this party.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    schema: &'static str,
    lots: Vec<ResultRow>,
}

#[derive(Clone, Debug, Serialize)]
struct ResultRow {
    lot: u32,
    identifier: String,
    bid: Option<String>,
    bid_decimal: Option<String>,
    price: Option<String>,
    price_decimal: Option<String>,
    result: Word,
}

/// What a bid of this level, which counted, came to.
fn word(result: &LotResult, party_won: bool, own: Level) -> Word {
    let Ending::Sold(award) = &result.ending else { return Word::DidNotTrade };
    if party_won {
        return Word::Hit;
    }
    let price = award.quote.level;
    let cover = result.disclosed.cover.as_ref().map(|quote| quote.level);
    let is_tied = award.sales.iter().any(|sale| sale.comparison == PriceComparison::AtPrice);
    match own {
        own if own == price && is_tied => Word::Tied,
        // At a uniform price the best losing bid is the price.
        own if own == price => Word::Cover,
        own if Some(own) == cover => Word::TiedCover,
        _ => Word::DoneAway,
    }
}

impl Results {
    /// What this party's bids came to.
    ///
    /// # Errors
    /// `not-yet` before there is an outcome; those of reading what was kept.
    pub fn of(desk: &Desk) -> Result<Self, Failure> {
        let auction = desk.replica.auction();
        let outcome = auction.outcome().ok_or_else(|| {
            let sentence = format!("the auction is in the phase {}", auction.phase().name());
            Failure::new(Code::NotYet, sentence).with_help("talea watch shows when it is over")
        })?;
        let party = desk.keys.party();
        let lots = (0u32..).zip(auction.terms().lots.iter()).zip(outcome.lots.iter());
        let lines = lots.map(|((number, lot), result)| {
            // What a seller committed is a reserve.
            let made = if party == auction.terms().seller {
                None
            } else {
                bidder::last_made(desk, number)?
            };
            let counted = bidder::active_bid(desk, number)?.map(|secret| secret.level());
            let (won, price) = match &result.ending {
                Ending::Sold(award) => {
                    (award.sales.iter().any(|sale| sale.winner == party), Some(award.quote.level))
                }
                _ => (false, None),
            };
            let bid = counted.or(made);
            Ok(ResultRow {
                lot: number,
                identifier: lot.identifier.to_string(),
                bid: bid.map(|level| lot::price(lot, level)),
                bid_decimal: bid.map(|level| lot::price_decimal(lot, level)),
                price: price.map(|level| lot::price(lot, level)),
                price_decimal: price.map(|level| lot::price_decimal(lot, level)),
                result: match (counted, made) {
                    (Some(counted), _) => word(result, won, counted),
                    (None, Some(_)) => Word::NotRanked,
                    (None, None) => Word::Pass,
                },
            })
        });
        let lots = lines.collect::<Result<_, Failure>>()?;
        Ok(Self { schema: SCHEMA, lots })
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        talea_text::json::to_json(self) + "\n"
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = self.lots.iter().map(|line| {
            let [bid, price] = [&line.bid, &line.price].map(|p| p.clone().unwrap_or("-".into()));
            let result = match line.result {
                Word::Hit => "Hit",
                Word::Cover => "Cover",
                Word::Tied => "Tied",
                Word::TiedCover => "Cover, or tied with it",
                Word::DoneAway => "Done Away",
                Word::DidNotTrade => "did not trade",
                Word::Pass => "Pass",
                Word::NotRanked => "did not count: not revealed, or invalid",
            };
            vec![line.identifier.clone(), bid, price, result.into()]
        });
        let heading = ["lot", "your bid", "price", "result"];
        talea_text::table::table(&heading, rows.collect(), &[1, 2]) + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{List, PartyKey},
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
            assert_eq!(word(result, false, Level(level)), came_to, "{level} in {result:?}");
            assert_eq!(word(result, true, Level(level)), Word::Hit);
        }
        let void = LotResult { ending: Ending::Unsold, ..first_price };
        assert_eq!(word(&void, false, Level(5)), Word::DidNotTrade);
    }
}
