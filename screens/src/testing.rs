//! Records for tests.

use crate::{
    finding::Finding,
    record::{Bid, Ending, Opened, Record, Reserve},
};
use talea_protocol::price::Side;

/// A procurement of which all bids were opened; the first of the best ones wins.
pub fn tender(order: u64, bids: &[(&str, i64)]) -> Record {
    let best = bids.iter().min_by_key(|(_, price)| *price);
    auction(Side::LowestWins, order, bids, best)
}

/// A sale of which all bids were opened.
pub fn sale(order: u64, bids: &[(&str, i64)]) -> Record {
    let best = bids.iter().rev().max_by_key(|(_, price)| *price);
    auction(Side::HighestWins, order, bids, best)
}

fn auction(side: Side, order: u64, bids: &[(&str, i64)], best: Option<&(&str, i64)>) -> Record {
    let opened = bids.iter().map(|(bidder, price)| Bid { bidder: (*bidder).into(), price: *price });
    Record {
        name: format!("auction {order}"),
        order,
        side,
        seller: "seller".into(),
        tick: 1,
        limit: None,
        reserve: Reserve::None,
        bidders: Some(bids.iter().map(|(bidder, _)| (*bidder).into()).collect()),
        valid_bids: Some(bids.len()),
        units: 1,
        pays_own_bid: true,
        ending: if best.is_some() { Ending::Sold } else { Ending::Nothing },
        winners: best.iter().map(|(bidder, _)| (*bidder).into()).collect(),
        price: best.map(|(_, price)| *price),
        opened: Opened::All(opened.collect()),
    }
}

/// Procurements that `w` wins against `l` by these margins, at prices around 100,000.
pub fn market_of_margins(margins: &[i64]) -> Vec<Record> {
    let auctions = margins.iter().zip(1..);
    auctions
        .map(|(margin, order)| tender(order, &[("w", 100_001), ("l", 100_001 + margin)]))
        .collect()
}

/// 80 procurements, of which none has a margin up to 10; the lower quartile is 20.
pub fn market_with_a_gap() -> Vec<Record> {
    let margin = |at: i64| if at < 20 { 11 + at % 10 } else { 40 + at };
    market_of_margins(&(0..80).map(margin).collect::<Vec<_>>())
}

/// Procurements of which winner and price were opened, and nothing else.
pub fn sealed(count: u64) -> Vec<Record> {
    let open = |order| tender(order, &[("a", 100), ("b", 110), ("c", 120)]);
    (0..count).map(|order| Record { opened: Opened::Nothing, ..open(order) }).collect()
}

/// What a screen makes of records.
pub fn found(records: &[Record], screen: impl Fn(&[&Record]) -> Finding) -> Finding {
    screen(&Record::in_order(records))
}
