//! How a lot ended, in a few words.

use crate::{
    clearing::{ClearingReport, common_price},
    money::grouped,
    statistics::StatisticsReport,
};
use std::fmt::Display;
use talea_protocol::{
    bytes::PartyKey,
    commitment::TradeSide,
    mechanism::ClearingRule,
    outcome::{Award, Ending},
    terms::{Lot, Mechanism, Terms},
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
        Ending::Cleared(_) => "cleared",
        Ending::NoTrade(_) => "no trade",
        Ending::OneSided => "one-sided",
        Ending::Surveyed(_) => "surveyed",
        Ending::TooFewAnswers => "too few answers",
    }
}

/// How a lot of curves, of two sides or of a survey ended, in a sentence without an end; nothing of any other.
#[must_use]
pub fn of_market(terms: &Terms, lot: &Lot, answers: u32, ending: &Ending) -> Option<String> {
    let words = match ending {
        Ending::Sold(_)
        | Ending::Declined(_)
        | Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted => return None,
        Ending::Cleared(clearing) => {
            format!("cleared: {}", ClearingReport::of(terms, lot, clearing).in_words())
        }
        Ending::NoTrade(clearing) => {
            let price = lot.grid.scale.write(clearing.price.price);
            match terms.mechanism {
                Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. } => format!(
                    "no trade: no pair trades at a price that its own bids do not move; the price found is {price}"
                ),
                Mechanism::TwoSided { .. } => {
                    format!(
                        "no trade: no price suits a buyer and a seller; the price found is {price}"
                    )
                }
                _ => format!(
                    "no trade: all that was bid is a quantity of 0; the price found is {price}"
                ),
            }
        }
        Ending::OneSided => {
            "one-sided: either no buyer or no seller has a valid bid, and nothing was opened".into()
        }
        Ending::Surveyed(statistics) => {
            let report = StatisticsReport::of(terms.mechanism, lot, answers, statistics);
            format!("surveyed: {}", report.in_words())
        }
        Ending::TooFewAnswers => {
            let needed = match terms.mechanism {
                Mechanism::Survey { min_answers, .. } => min_answers,
                _ => 0,
            };
            format!(
                "too few answers: {answers}, and the terms ask for {needed}; nothing was opened"
            )
        }
    };
    Some(words)
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
        Ending::Cleared(clearing) => {
            let traded = clearing.trades.iter().filter(|trade| trade.units() > 0);
            let traded = traded.map(|trade| {
                let verb = match trade.side {
                    TradeSide::Buy => "buys",
                    TradeSide::Sell => "sells",
                };
                format!("{} {verb} {}", called(&trade.party), grouped(trade.units().into()))
            });
            let traded: Vec<String> = traded.collect();
            let price = common_price(clearing).map_or(String::new(), |quote| {
                format!(" at {}", lot.grid.scale.write(quote.price))
            });
            format!("{word}{price}: {}", traded.join(", "))
        }
        Ending::NoTrade(clearing) => {
            format!("{word}; the price found is {}", lot.grid.scale.write(clearing.price.price))
        }
        Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted
        | Ending::OneSided
        | Ending::Surveyed(_)
        | Ending::TooFewAnswers => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        builder::TermsBuilder,
        bytes::{Domain, List, Text},
        mechanism::{Comparisons, Curve, Pricing, Quantities},
        outcome::{Clearing, Clears, PriceComparison, Quote, Sale, Statistics, Trade, VoidCause},
        price::{Level, Price, PriceGrid, Scale, Shape, Side},
        terms::Schedule,
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

    fn terms(mechanism: Mechanism) -> Terms {
        let schedule = Schedule::even(10);
        let [seller, custodian] = [1, 2].map(|byte| PartyKey([byte; 32]));
        let new = TermsBuilder::new(Domain::new("test").unwrap(), seller, custodian, schedule);
        TermsBuilder { mechanism, lots: vec![lot()], ..new }.build().unwrap()
    }

    fn trade(party: u8, side: TradeSide, [better, at_price, shared]: [u64; 3]) -> Trade {
        let party = PartyKey([party; 32]);
        let amount = i64::try_from(better + shared).unwrap() * (99 * 256 + 132);
        Trade { party, side, better, at_price, shared, amount }
    }

    fn clearing(trades: Vec<Trade>) -> Clearing {
        let price = Quote { level: Level(1), price: Price(99 * 256 + 132) };
        Clearing { price, between: None, margins: None, excess: Vec::new(), trades }
    }

    #[test]
    fn a_market_says_how_much_is_traded_by_whom_and_a_survey_what_it_opened() {
        use TradeSide::{Buy, Sell};
        let curve = Curve { steps: 2, quantities: Quantities::Public { most: 9_000 } };
        let comparisons = Comparisons::Hidden;
        let (rule, pricing) = (ClearingRule::Lowest, Pricing::Uniform);
        let two_sided = terms(Mechanism::TwoSided { curve, rule, comparisons });
        let curves = terms(Mechanism::Curves { curve, pricing, least: 1, comparisons });
        let survey = terms(Mechanism::Survey { min_answers: 5, bin_levels: 0, squares: false });
        let said = |ending: &Ending| in_words(&lot(), ending, |key| format!("dealer {}", key.0[0]));
        let of = |terms: &Terms, ending: &Ending| of_market(terms, &lot(), 4, ending).unwrap();

        let trades = vec![
            trade(1, Buy, [1_200, 0, 0]),
            trade(2, Sell, [800, 600, 400]),
            trade(3, Buy, [0, 7, 0]),
        ];
        let cleared = Ending::Cleared(clearing(trades));
        assert_eq!(said(&cleared), "cleared at 99-16+: dealer 1 buys 1,200, dealer 2 sells 1,200");
        assert_eq!(of(&two_sided, &cleared), "cleared: 1,200 units at 99-16+");
        // What each pays is not one price where winners pay as bid.
        let other = Trade { amount: 1, ..trade(1, Buy, [7, 0, 0]) };
        let own = Ending::Cleared(clearing(vec![other]));
        assert_eq!(said(&own), "cleared: dealer 1 buys 7");
        assert_eq!(of(&curves, &own), "cleared: 7 units, the last of them at 99-16+");
        let clears = Clears {
            lowest: Quote { level: Level(0), price: Price(0) },
            highest: Quote { level: Level(1), price: Price(256) },
        };
        let between = Clearing { between: Some(clears), ..clearing(Vec::new()) };
        assert_eq!(
            of(&two_sided, &Ending::Cleared(between)),
            "cleared: 0 units at 99-16+, the middle of 0-00 and 1-00"
        );

        let nothing = Ending::NoTrade(clearing(Vec::new()));
        assert_eq!(said(&nothing), "no trade; the price found is 99-16+");
        assert!(
            of(&two_sided, &nothing).starts_with("no trade: no price suits a buyer and a seller;")
        );
        assert!(
            of(&curves, &nothing).starts_with("no trade: all that was bid is a quantity of 0;")
        );
        assert_eq!(said(&Ending::OneSided), "one-sided");
        assert!(of(&two_sided, &Ending::OneSided).ends_with("and nothing was opened"));

        let statistics = Statistics { sum: 3, bins: None, squares: None };
        let surveyed = Ending::Surveyed(statistics);
        assert_eq!(said(&surveyed), "surveyed");
        assert_eq!(
            of(&survey, &surveyed),
            "surveyed: 4 answers, sum 0.01171875, mean 0.0029296875"
        );
        let few = "too few answers: 4, and the terms ask for 5; nothing was opened";
        assert_eq!(of(&survey, &Ending::TooFewAnswers), few);
        assert_eq!(of_market(&survey, &lot(), 4, &Ending::Unsold), None);
    }

    #[test]
    fn every_ending_has_its_own_state() {
        let statistics = Statistics { sum: 0, bins: None, squares: None };
        let endings = [
            Ending::Sold(award(&[1])),
            Ending::Declined(award(&[1])),
            Ending::BelowReserve,
            Ending::Unsold,
            Ending::Void(VoidCause::Setup),
            Ending::Halted,
            Ending::Cleared(clearing(Vec::new())),
            Ending::NoTrade(clearing(Vec::new())),
            Ending::OneSided,
            Ending::Surveyed(statistics),
            Ending::TooFewAnswers,
        ];
        let states: std::collections::BTreeSet<&str> = endings.iter().map(Ending::kind).collect();
        assert_eq!(states.len(), endings.len());
        assert!(states.iter().all(|state| !state.contains(' ')));
    }
}
