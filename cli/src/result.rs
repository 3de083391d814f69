//! What a bidder's own bids came to, in the words of FIX: Hit, Cover, Tied, Done Away, Pass. Only the
//! bidder can tell, for it alone knows what it bid.

use crate::{
    failure::{Code, Failure},
    party::{bidder, desk::Desk},
};
use serde::Serialize;
use talea_text::{
    lot,
    result::{Word, won_at},
};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-result/1";

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
            let (won, price) = won_at(result, &party);
            let bid = counted.or(made);
            Ok(ResultRow {
                lot: number,
                identifier: lot.identifier.to_string(),
                bid: bid.map(|level| lot::price(lot, level)),
                bid_decimal: bid.map(|level| lot::price_decimal(lot, level)),
                price: price.map(|level| lot::price(lot, level)),
                price_decimal: price.map(|level| lot::price_decimal(lot, level)),
                result: match (counted, made) {
                    (Some(counted), _) => Word::of(result, won, counted),
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
            vec![line.identifier.clone(), bid, price, line.result.in_words().into()]
        });
        let heading = ["lot", "your bid", "price", "result"];
        talea_text::table::table(&heading, rows.collect(), &[1, 2]) + "\n"
    }
}
