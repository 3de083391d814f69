//! Trade reduction case by case: who trades at what, the questions in their order, and opened values that no bids give.

use talea_protocol::{
    check::Check,
    commitment::TradeSide::{Buy, Sell},
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Quantities},
    outcome::{Clearing, Ending, Margins},
    price::Side,
};

use super::{Case, alarm, lied, steps};
use crate::{
    auction::{quote, report},
    markets::{run, small},
    ranking::name,
    replay::rank::dialogue::Halt,
};

/// Buyers at these levels, and then sellers.
fn market(shape: &[u8], buyers: &[u32], sellers: &[u32]) -> Case {
    let bids = buyers.iter().map(|level| (Buy, *level));
    let bids = bids.chain(sellers.iter().map(|level| (Sell, *level)));
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    Case {
        shape: shape.to_vec(),
        levels: 1 << shape.iter().sum::<u8>(),
        side: Side::HighestWins,
        quantity: 1,
        fan_out: 1,
        mechanism: Mechanism::TwoSided {
            curve,
            rule: ClearingRule::TradeReduction,
            comparisons: Comparisons::Hidden,
        },
        bids: bids.map(|(side, level)| (side, vec![(level, 1)])).collect(),
    }
}

/// That the price is at this level, and these trade, each for what a level comes to.
fn trades(case: &Case, price: u32, expected: &[(usize, u32)]) {
    let (_, clearing) = case.clearing(1);
    assert_eq!(clearing.price, case.quote(price), "{case:?}");
    let told: Vec<_> = clearing.trades.iter().map(|trade| (trade.party, trade.amount)).collect();
    let expected: Vec<_> =
        expected.iter().map(|(n, level)| (name(*n), case.price(*level))).collect();
    assert_eq!(told, expected, "{case:?}");
}

#[test]
fn all_pairs_trade_at_a_price_to_which_the_last_of_them_agrees() {
    // Those who cannot trade bid 2 and ask 6.
    trades(&market(&[3], &[7, 5, 2], &[1, 3, 6]), 4, &[(0, 4), (1, 4), (3, 4), (4, 4)]);
    // Without them it is the middle of the grid.
    trades(&market(&[3], &[7, 5], &[1, 3]), 3, &[(0, 3), (1, 3), (2, 3), (3, 3)]);
}

#[test]
fn the_last_pair_gives_up_where_it_does_not_agree_and_its_bids_are_the_prices() {
    // The middle of 3 and 6 is less than what the second seller asks.
    trades(&market(&[3], &[7, 6, 3], &[1, 5, 6]), 4, &[(0, 6), (3, 5)]);
    // It is more than the second buyer bids.
    trades(&market(&[3], &[7, 3, 3], &[1, 2, 7]), 5, &[(0, 3), (3, 2)]);
    // An only pair gives up all there is.
    trades(&market(&[3], &[3], &[2]), 3, &[(0, 3), (1, 3)]);
    trades(&market(&[3], &[2], &[1]), 3, &[]);
}

#[test]
fn of_equal_bids_at_the_margin_the_first_in_tie_order_trade() {
    trades(&market(&[2], &[2, 2, 2], &[0, 2]), 2, &[(0, 2), (1, 2), (3, 2), (4, 2)]);
    trades(&market(&[2], &[3, 2], &[1, 1, 1]), 0, &[(0, 2), (2, 1)]);
}

#[test]
fn the_questions_of_trade_reduction_stand_in_their_order() {
    // Of one digit of two levels. Two sellers are the first limit: a list has four entries.
    let first = [('M', 1), ('U', 4)];
    let (none, one) = ([('B', 1), ('U', 1)], [('M', 1), ('U', 2)]);
    // At level 0 every buyer is at the price or above it, at level 1 every seller at it or below: that is read.
    let count = [('U', 1)];
    let no_pair = market(&[1], &[0, 0], &[1, 1]);
    assert_eq!(steps(&no_pair), [&first[..], &count].concat());
    // Of one pair buyers are searched for the limits 0 and 1, sellers for 1 and 0. It gives up.
    let one_pair = market(&[1], &[1, 0], &[1, 1]);
    let expected = [&first[..], &count, &none, &one, &one, &none].concat();
    assert_eq!(steps(&one_pair), expected);
    // Of two pairs nobody is left over: buyers for the limit 1, sellers for 0. Buyers are all at the last level, sellers
    // at the first: none can be better. Of each side the first winner is searched, and the other is the only one left.
    let two_pairs = market(&[1], &[1, 1], &[0, 0]);
    let expected = [&first[..], &count, &one, &none, &none, &none].concat();
    assert_eq!(steps(&two_pairs), expected);
}

#[test]
fn k13_a_count_of_pairs_that_no_bids_give_halts_the_lot() {
    // The first search finds 1: a shuffle, a gate and a shuffle. Two buyers, at scale 2, are at 1 or above.
    let case = market(&[1, 1], &[3, 1], &[0, 2]);
    for buyers in [0, 2, 4] {
        assert!(lied(&case, (3, buyers)).finding.is_ok(), "{buyers}");
    }
    for buyers in [-2, 1, 6] {
        alarm(&case, (3, buyers));
    }
}

#[test]
fn k11_margins_that_no_bids_have_halt_the_lot() {
    // The buyer is found at 3; told that nobody reaches 2, the search ends below what the seller asks.
    let case = market(&[1, 1], &[3], &[2]);
    assert!(case.clearing(1).1.margins.is_some());
    let ended = lied(&case, (4, 0));
    assert!(matches!(ended.finding, Err(Halt::Alarm)));
    assert_eq!(ended.count(Check::PriceOnGrid).1, 1);
}

/// The text of a report in which a lot ended so.
fn told(clearing: Clearing) -> String {
    let (auction, _) = run(1, &small(), &[1, 2], None);
    let mut report = report(&auction.closed(), 1);
    report.lots[0].ending = Some(Ending::Cleared(clearing));
    report.to_text()
}

#[test]
fn a_report_tells_the_margins_and_what_buyers_pay_and_sellers_get() {
    let margins = Margins {
        last_buyer: quote(2),
        next_buyer: quote(0),
        last_seller: quote(1),
        next_seller: quote(3),
    };
    let clearing = |price| Clearing {
        price: quote(price),
        between: None,
        margins: Some(margins),
        excess: Vec::new(),
        trades: Vec::new(),
    };
    let text = told(clearing(1));
    assert!(text.contains("CLEARED at 95.05 (level 1): 0 units are traded"), "{text}");
    let last = "last pair that can trade: 95.10 (level 2) is bid, 95.05 (level 1) is asked";
    assert!(text.contains(last), "{text}");
    let next =
        "next pair, or the ends of the grid: 95.00 (level 0) is bid, 95.15 (level 3) is asked";
    assert!(text.contains(next), "{text}");
    // The last pair does not agree to the price.
    let text = told(clearing(3));
    let sentence = "0 units are traded, buyers pay 95.10 (level 2), sellers get 95.05 (level 1)";
    assert!(text.contains(sentence), "{text}");
    let text = told(Clearing { margins: None, ..clearing(1) });
    assert!(!text.contains("last pair"), "{text}");
}
