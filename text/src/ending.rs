//! How a lot ended, in a few words.

use std::fmt::Display;
use talea_protocol::{bytes::PartyKey, outcome::Ending, terms::Lot};

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
    let word = word(ending);
    let (Ending::Sold(award) | Ending::Declined(award)) = ending else { return word.into() };
    let winners: Vec<String> =
        award.sales.iter().map(|sale| called(&sale.winner).to_string()).collect();
    let to = if winners.is_empty() { String::new() } else { format!(" to {}", winners.join(", ")) };
    format!("{word}{to} at {}", lot.grid.scale.write(award.quote.price))
}
