//! What was compared, for people and for tools.

use super::{
    Options,
    curves::{CurvesDeviation, CurvesFigures},
    lottery::Bias,
    market::UNITS,
    profile::{Deviation, Figures},
    sample::Sample,
    statistics::Estimate,
    withholding::Withholding,
};
use crate::report::SCHEMA;
use serde::Serialize;
use std::fmt::Write as _;
use talea_text::{json::to_json, table::table};

/// Everything compared.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    kind: &'static str,
    seed: String,
    auctions: u32,
    bidders: usize,
    levels: u32,
    units: u16,
    rounds_limit: u32,
    /// Everybody bids alike.
    pub strategies: Vec<Figures>,
    /// One bidder does something else.
    pub deviations: Vec<Deviation>,
    /// Markets of quantities and of two sides, everybody truthful.
    pub curves: Vec<CurvesFigures>,
    /// One bidder of them is not.
    pub curves_deviations: Vec<CurvesDeviation>,
    /// What the last revealer can bias.
    pub lottery: Vec<Bias>,
    /// What a bidder has of not revealing.
    pub withholding: Vec<Withholding>,
    /// What was simulated with real cryptography.
    pub sample: Sample,
}

impl Report {
    /// Gathers what was found.
    #[must_use]
    pub fn new(
        options: &Options,
        (strategies, deviations): (Vec<Figures>, Vec<Deviation>),
        (curves, curves_deviations): (Vec<CurvesFigures>, Vec<CurvesDeviation>),
        (lottery, withholding): (Vec<Bias>, Vec<Withholding>),
        sample: Sample,
    ) -> Self {
        Self {
            schema: SCHEMA,
            kind: "compare",
            seed: options.seed.to_string(),
            auctions: options.auctions,
            bidders: options.bidders,
            levels: options.grid.levels,
            units: UNITS,
            rounds_limit: options.limit,
            strategies,
            deviations,
            curves,
            curves_deviations,
            lottery,
            withholding,
            sample,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let Self { seed, auctions, bidders, levels, rounds_limit, sample, .. } = self;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{auctions} auctions per line, {bidders} bidders, values uniform on {levels} levels, at most \
             {rounds_limit} rounds, seed {seed}; means ± 95 %\n"
        );
        let _ = writeln!(text, "Everybody bids alike (shares in % of the best bidders' values)");
        let _ = writeln!(text, "{}\n", self.strategies_table());
        let _ = writeln!(text, "One bidder does something else (its surplus, in levels)");
        let _ = writeln!(text, "{}\n", self.deviations_table());
        let _ = writeln!(
            text,
            "Markets of quantities and of two sides, everybody truthful (% of what trade can gain)"
        );
        let _ = writeln!(text, "{}\n", self.curves_table());
        let _ = writeln!(text, "One bidder of them is not truthful (its surplus, in levels)");
        let _ = writeln!(text, "{}\n", self.curves_deviations_table());
        let _ = writeln!(text, "What the last revealer can bias in a lottery (wins in %)");
        let _ = writeln!(text, "{}\n", self.lottery_table());
        let _ = writeln!(
            text,
            "What a bidder gains by not revealing, at first price, when its value fell after the commit \
             (gains in levels)"
        );
        let _ = writeln!(text, "{}\n", self.withholding_table());
        let Sample { auctions, entries, bytes, checks } = sample;
        let _ = match auctions {
            0 => writeln!(text, "none repeated with real cryptography"),
            _ => writeln!(
                text,
                "{auctions} auctions repeated with real cryptography: {entries} entries, {bytes} bytes, \
                 {checks} checks by the independent verifier; every result equals the one in the clear"
            ),
        };
        text
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(self)
    }

    fn strategies_table(&self) -> String {
        let heading = ["rules", "strategy", "revenue", "efficiency", "surplus", "price", "rounds"];
        let cells = |figures: &Figures| {
            let Figures { rules, strategy, revenue, efficiency, surplus, price, rounds } = figures;
            vec![
                rules.clone(),
                strategy.clone(),
                in_per_cent(revenue),
                in_per_cent(efficiency),
                in_per_cent(surplus),
                format!("{price:.1}"),
                rounds.to_string(),
            ]
        };
        table(&heading, self.strategies.iter().map(cells).collect(), &[2, 3, 4, 5, 6])
    }

    fn deviations_table(&self) -> String {
        let heading = [
            "rules",
            "the others",
            "one",
            "as they do",
            "instead",
            "gain",
            "better, %",
            "worse, %",
        ];
        let cells = |deviation: &Deviation| {
            let Deviation { rules, others, one, before, after, gain, better, worse } = deviation;
            vec![
                rules.clone(),
                others.clone(),
                one.clone(),
                format!("{:.1}", before.mean),
                format!("{:.1}", after.mean),
                format!("{gain:.1}"),
                format!("{:.1}", better.per_cent().mean),
                format!("{:.1}", worse.per_cent().mean),
            ]
        };
        table(&heading, self.deviations.iter().map(cells).collect(), &[3, 4, 5, 6, 7])
    }

    fn curves_table(&self) -> String {
        let heading = ["market", "revenue", "welfare", "volume"];
        let cells = |figures: &CurvesFigures| {
            let CurvesFigures { market, revenue, welfare, volume } = figures;
            vec![market.clone(), in_per_cent(revenue), in_per_cent(welfare), in_per_cent(volume)]
        };
        table(&heading, self.curves.iter().map(cells).collect(), &[1, 2, 3])
    }

    fn curves_deviations_table(&self) -> String {
        let heading = ["market", "one", "with the truth", "gain", "better, %"];
        let cells = |deviation: &CurvesDeviation| {
            let CurvesDeviation { market, instead, truth, gain, better } = deviation;
            let better = format!("{:.1}", better.per_cent().mean);
            let truth = format!("{:.1}", truth.mean);
            vec![market.clone(), instead.clone(), truth, format!("{gain:.1}"), better]
        };
        table(&heading, self.curves_deviations.iter().map(cells).collect(), &[2, 3, 4])
    }

    fn lottery_table(&self) -> String {
        let heading = [
            "last revealer",
            "ties with",
            "draws",
            "fair",
            "closed form",
            "measured",
            "deposits",
            "measured",
        ];
        let cells = |bias: &Bias| {
            let Bias { last, honest, draws, fair, closed, measured, deposits, deposits_measured } =
                bias;
            vec![
                (*last).to_owned(),
                honest.to_string(),
                draws.to_string(),
                format!("{:.2}", fair * 100.0),
                format!("{:.2}", closed * 100.0),
                in_per_cent(measured),
                format!("{deposits:.3}"),
                format!("{deposits_measured:.3}"),
            ]
        };
        table(&heading, self.lottery.iter().map(cells).collect(), &[1, 2, 3, 4, 5, 6, 7])
    }

    fn withholding_table(&self) -> String {
        let heading =
            ["deposit, % of the grid", "pays blindly, %", "gain", "pays knowing all, %", "gain"];
        let cells = |row: &Withholding| {
            let Withholding { deposit_per_cent, blind, blind_gain, knowing, knowing_gain } = row;
            vec![
                deposit_per_cent.to_string(),
                in_per_cent(blind),
                format!("{blind_gain:.2}"),
                in_per_cent(knowing),
                format!("{knowing_gain:.2}"),
            ]
        };
        table(&heading, self.withholding.iter().map(cells).collect(), &[0, 1, 2, 3, 4])
    }
}

fn in_per_cent(share: &Estimate) -> String {
    share.per_cent().to_string()
}
