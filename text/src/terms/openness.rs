//! What a market of curves or a survey opens of its bids: section 11 of the specification, "What is disclosed".

use serde::Serialize;
use talea_protocol::{
    mechanism::{ClearingRule, Comparisons},
    terms::Mechanism,
};

/// What is opened of bids, and what is not, in sentences without an end.
#[derive(Clone, Debug, Serialize)]
pub struct Openness {
    /// What everybody learns.
    pub opened: Vec<&'static str>,
    /// What nobody does.
    pub kept: Vec<&'static str>,
}

impl Openness {
    /// What a mechanism opens by itself; nothing where the terms choose.
    #[must_use]
    pub fn of(mechanism: Mechanism) -> Option<Self> {
        let of_bids = "of each bid that trades, or would at the price: its side, the units better than the price, those at \
                   it, those traded, and the amount";
        let market = |comparisons, excess| {
            let mut opened = vec!["the price, also where nothing is traded", of_bids];
            let mut kept = vec!["of all other bids more than that they are worse than the price"];
            match comparisons {
                Comparisons::Opened => opened.push(excess),
                Comparisons::Hidden => {
                    kept.push("what is wanted at any other price: comparisons are hidden")
                }
            }
            Openness { opened, kept }
        };
        match mechanism {
            Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => None,
            Mechanism::Curves { comparisons, .. } => Some(market(
                comparisons,
                "at every price that the search tests, what is wanted there or better beyond what is for sale",
            )),
            Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. } => Some(Self {
                opened: vec![
                    "the price, also where nothing is traded",
                    "how many pairs can trade, and the price that the search for it finds",
                    "four bids at the margin: the last buyer and the last seller that can trade, and the next of each; \
                     whose is not opened",
                    "who trades, and whether above the price of its side or at it, and the amount",
                ],
                kept: vec![
                    "of all other bids more than that they are worse",
                    "what is wanted at any other price: comparisons are hidden",
                ],
            }),
            Mechanism::TwoSided { rule, comparisons, .. } => {
                let mut openness = market(
                    comparisons,
                    "at every price that the search tests, what is wanted there or better beyond what sellers ask less for",
                );
                if rule == ClearingRule::Middle {
                    openness
                        .opened
                        .insert(1, "the lowest and the highest price at which as much is traded");
                }
                // A price that the rule finds is some step's.
                openness.opened.push("the price may be that of a losing step; whose is not opened");
                Some(openness)
            }
            Mechanism::Survey { bin_levels, squares, .. } => {
                let mut opened =
                    vec!["the sum of the answers, and so the mean, and how many there are"];
                if bin_levels > 0 {
                    opened.push("how many answers lie in each bin");
                }
                if squares {
                    opened.push("the sum of their squares, and so the variance");
                }
                Some(Openness {
                    opened,
                    kept: vec!["any single answer; of too few answers, anything"],
                })
            }
        }
    }
}
