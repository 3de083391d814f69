//! How a lot ended, in a few words.

use std::fmt::Display;
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Award, Ending},
    terms::Lot,
};

/// The ending in one or two words.
#[must_use]
pub fn word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Sold(_) => "sold",
        Ending::Declined(_) | Ending::BelowReserve => "did not trade",
        Ending::Unsold => "unsold",
        Ending::Void(_) => "void",
        Ending::Halted => "halted",
    }
}

/// The ending, to whom and at what price: `sold to Cedar at 99.62`.
#[must_use]
pub fn in_words<N: Display>(lot: &Lot, ending: &Ending, called: impl Fn(&PartyKey) -> N) -> String {
    let to = |award: &Award| {
        let winners = award.sales.iter().map(|sale| called(&sale.winner).to_string());
        let winners: Vec<String> = winners.collect();
        format!("to {} at {}", winners.join(", "), lot.grid.scale.write(award.quote.price))
    };
    let word = word(ending);
    match ending {
        Ending::Sold(award) => format!("{word} {}", to(award)),
        Ending::Declined(award) => format!("{word}; it would have gone {}", to(award)),
        Ending::BelowReserve | Ending::Unsold | Ending::Void(_) | Ending::Halted => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{List, Text},
        outcome::{PriceComparison, Quote, Sale, VoidCause},
        price::{Level, Price, PriceGrid, Scale, Shape, Side},
    };

    fn lot() -> Lot {
        Lot {
            name: Text::new("Note").unwrap(),
            identifier: Text::new("note").unwrap(),
            quantity: 1,
            grid: PriceGrid {
                side: Side::HighestWins,
                start: Price(0),
                tick: 1,
                levels: 2,
                scale: Scale::Binary(8),
                shape: Shape::new(&[1]).unwrap(),
            },
        }
    }

    fn award(winners: &[u8]) -> Award {
        let sale = |winner: &u8| Sale {
            winner: PartyKey([*winner; 32]),
            comparison: PriceComparison::AtPrice,
        };
        let quote = Quote { level: Level(1), price: Price(99 * 256 + 132) };
        Award { quote, sales: List::new(winners.iter().map(sale).collect()).unwrap() }
    }

    #[test]
    fn an_ending_says_to_whom_and_at_what_price_a_lot_goes_or_would_have_gone() {
        let said = |ending| in_words(&lot(), &ending, |key| format!("dealer {}", key.0[0]));
        assert_eq!(said(Ending::Sold(award(&[3]))), "sold to dealer 3 at 99-16+");
        assert_eq!(said(Ending::Sold(award(&[1, 2]))), "sold to dealer 1, dealer 2 at 99-16+");
        let declined = "did not trade; it would have gone to dealer 3 at 99-16+";
        assert_eq!(said(Ending::Declined(award(&[3]))), declined);
        assert_eq!(said(Ending::BelowReserve), "did not trade");
        assert_eq!(said(Ending::Void(VoidCause::Setup)), "void");
    }
}
