//! What a round showed: the depth and the cover, with prices as people write them.

use crate::table;
use serde::Serialize;
use std::iter;
use talea_protocol::{
    outcome::Survey,
    price::{Level, PriceGrid},
};

/// What a round showed.
#[derive(Clone, Debug, Serialize)]
pub struct SurveyReport {
    round: usize,
    depth: Option<Vec<BucketReport>>,
    cover: Option<String>,
    cover_decimal: Option<String>,
}

/// So many bids with prices from here to there, the best bids left out.
#[derive(Clone, Debug, Serialize)]
pub struct BucketReport {
    /// The worst of these prices for the seller.
    pub from: String,
    from_decimal: String,
    /// The best.
    pub to: String,
    to_decimal: String,
    /// How many bids.
    pub bids: u32,
}

impl SurveyReport {
    /// The surveys of a lot, from round 0.
    #[must_use]
    pub fn all(grid: &PriceGrid, surveys: &[Survey]) -> Vec<Self> {
        let report = |(round, survey): (usize, &Survey)| Self {
            round,
            depth: survey.depth.as_ref().map(|depth| buckets(grid, depth)),
            cover: survey.cover.as_ref().map(|quote| grid.scale.write(quote.price)),
            cover_decimal: survey.cover.as_ref().map(|quote| grid.scale.write_decimal(quote.price)),
        };
        surveys.iter().enumerate().map(report).collect()
    }
}

/// A column for each round, a row for each bucket, the best prices first.
#[must_use]
pub fn table(surveys: &[SurveyReport]) -> String {
    let depths = || surveys.iter().map(|survey| survey.depth.as_deref());
    let buckets = depths().flatten().next().unwrap_or_default();
    let rounds: Vec<String> = surveys.iter().map(|survey| survey.round.to_string()).collect();
    let heading: Vec<&str> =
        iter::once("price / round").chain(rounds.iter().map(String::as_str)).collect();
    let bids_in = |bucket: usize| {
        let bids = move |depth: Option<&[BucketReport]>| {
            depth.and_then(|depth| depth.get(bucket)).map(|b| b.bids).filter(|bids| *bids > 0)
        };
        depths().map(move |depth| bids(depth).map_or(String::new(), |bids| bids.to_string()))
    };
    let row = |(bucket, prices): (usize, &BucketReport)| {
        let prices = format!("{} .. {}", prices.from, prices.to);
        iter::once(prices).chain(bids_in(bucket)).collect()
    };
    let mut rows: Vec<Vec<String>> = buckets.iter().enumerate().rev().map(row).collect();
    if surveys.iter().any(|survey| survey.cover.is_some()) {
        let covers = surveys.iter().map(|survey| survey.cover.clone().unwrap_or_default());
        rows.push(iter::once("cover".to_owned()).chain(covers).collect());
    }
    let right: Vec<usize> = (0..heading.len()).collect();
    table::table(&heading, rows, &right)
}

/// The buckets of a depth, with the prices that they hold.
#[must_use]
pub fn buckets(grid: &PriceGrid, depth: &[u32]) -> Vec<BucketReport> {
    let lower_bits: u32 = grid.shape.digit_bits().iter().skip(1).map(|bits| u32::from(*bits)).sum();
    let last = grid.levels.saturating_sub(1);
    let width = 1u32.checked_shl(lower_bits).unwrap_or(u32::MAX);
    let scale = grid.scale;
    let buckets = (0u32..).zip(depth).map_while(|(bucket, bids)| {
        let first = bucket.checked_mul(width).filter(|first| *first <= last)?;
        let end = first.saturating_add(width.saturating_sub(1)).min(last);
        let (from, to) = (grid.price(Level(first))?, grid.price(Level(end))?);
        Some(BucketReport {
            from: scale.write(from),
            from_decimal: scale.write_decimal(from),
            to: scale.write(to),
            to_decimal: scale.write_decimal(to),
            bids: *bids,
        })
    });
    buckets.collect()
}
