//! Tables and JSON of a comparison.

use super::{Compared, statistics::Statistic};
use crate::report::table;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-sim-compare/1";

/// A mean in per cent with its interval.
fn percent(statistic: &Statistic) -> String {
    format!("{:.2} ± {:.2}", statistic.mean() * 100.0, statistic.half_width() * 100.0)
}

fn number(statistic: &Statistic) -> Value {
    json!({ "mean": statistic.mean(), "half_width_95": statistic.half_width() })
}

impl Compared {
    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { comparison, .. } = self;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} auctions a line, {} bidders, {} rungs, seed {}; mean ± half of the 95 % interval",
            comparison.auctions, comparison.bidders, comparison.rungs, comparison.seed
        );
        text.push_str("\nEverybody does the same; per cent of the best possible value\n");
        let rows = self.lines.iter().map(|line| {
            vec![
                line.rules.name().into(),
                line.strategy.name().into(),
                percent(&line.revenue),
                percent(&line.efficiency),
                percent(&line.surplus),
                format!("{:.2}", line.rounds.mean()),
            ]
        });
        let heading = ["mechanism", "strategy", "revenue", "efficiency", "surplus", "rounds"];
        text.push_str(&table(&heading, rows.collect(), &[2, 3, 4, 5]));
        text.push_str(
            "\n\nOne bidder does otherwise; its own surplus, per cent of the last rung\n",
        );
        let rows = self.deviations.iter().map(|line| {
            vec![
                line.rules.name().into(),
                line.rest.name().into(),
                line.deviator.name().into(),
                percent(&line.conforming),
                percent(&line.deviating),
                percent(&line.gain),
            ]
        });
        let heading = ["mechanism", "the others", "it", "if it did as they", "as it does", "gain"];
        text.push_str(&table(&heading, rows.collect(), &[3, 4, 5]));
        text.push_str(
            "\n\nNot revealing after the value fell; per cent of auctions, and of the last rung\n",
        );
        let rows = self.walk_aways.iter().map(|line| {
            vec![format!("{:.1}", line.deposit * 100.0), percent(&line.pays), percent(&line.gain)]
        });
        let heading = ["deposit", "it pays in", "mean gain"];
        text.push_str(&table(&heading, rows.collect(), &[0, 1, 2]));
        text.push_str(
            "\n\nA lottery whose last revealer holds several of the tied bids; per cent won\n",
        );
        let rows = self.lottery.iter().map(|line| {
            vec![
                line.tied.to_string(),
                line.own.to_string(),
                percent(&line.honest),
                percent(&line.last),
                format!("{:.2}", line.expected * 100.0),
            ]
        });
        let heading = ["tied", "its own", "revealing all", "revealing what suits it", "in theory"];
        text.push_str(&table(&heading, rows.collect(), &[0, 1, 2, 3, 4]));
        let _ = writeln!(
            text,
            "\n\n{} auctions were played with real cryptography too: the same outcomes",
            self.played
        );
        text
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            json!({
                "mechanism": line.rules.name(), "strategy": line.strategy.name(),
                "revenue": number(&line.revenue), "efficiency": number(&line.efficiency),
                "surplus": number(&line.surplus), "rounds": number(&line.rounds),
            })
        });
        let deviations = self.deviations.iter().map(|line| {
            json!({
                "mechanism": line.rules.name(), "others": line.rest.name(),
                "deviator": line.deviator.name(), "conforming": number(&line.conforming),
                "deviating": number(&line.deviating), "gain": number(&line.gain),
            })
        });
        let walk_aways = self.walk_aways.iter().map(|line| {
            json!({ "deposit": line.deposit, "pays": number(&line.pays), "gain": number(&line.gain) })
        });
        let lottery = self.lottery.iter().map(|line| {
            json!({
                "tied": line.tied, "own": line.own, "honest": number(&line.honest),
                "last": number(&line.last), "expected": line.expected,
            })
        });
        let comparison = &self.comparison;
        let value = json!({
            "schema": SCHEMA,
            "auctions": comparison.auctions, "bidders": comparison.bidders,
            "rungs": comparison.rungs, "seed": comparison.seed.to_string(), "played": self.played,
            "lines": lines.collect::<Vec<_>>(), "deviations": deviations.collect::<Vec<_>>(),
            "walk_aways": walk_aways.collect::<Vec<_>>(), "lottery": lottery.collect::<Vec<_>>(),
        });
        format!("{value:#}\n")
    }
}
