//! What of a tender is simulated.
//!
//! The grid starts at the ceiling and goes down, so a bid above the ceiling is not on it, and it
//! ends at the floor, so a bid below the floor is not either: the rules of the tender become the
//! shape of the grid. Where there is no floor it goes down to the last whole unit. Disqualified
//! and blank bids are not handed in.
//!
//! The unit is the largest of 1,000, 100, 10 and 1 yen that divides the distance of every bid
//! handed in from the ceiling. It is chosen with the bids known, as a replay must; in earnest the
//! terms fix it, and who wants to bid finer cannot.

use crate::{
    failure::Failure,
    tenders::record::{RecordedBid, ResultCode, Tender, Yen},
};
use talea_protocol::price::{Level, Price, PriceGrid, Scale, Side};
use talea_text::suggest::{self, Load};

/// Why a bid is not handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotSubmitted {
    /// There was no bid.
    Blank,
    /// It is void: below the floor.
    BelowFloor,
    /// It was disqualified or withdrawn.
    Disqualified,
    /// It exceeds the ceiling.
    AboveCeiling,
}

impl NotSubmitted {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::BelowFloor => "below the floor",
            Self::Disqualified => "disqualified or withdrawn",
            Self::AboveCeiling => "above the ceiling",
        }
    }
}

/// Why a tender is not simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// A tie was decided by lottery, which is no matter of bids.
    Lottery,
    /// The record names no winner, so there is nothing to compare with.
    NoPublishedWinner,
    /// Its bids need more than 2^32 - 1 levels.
    GridTooLong,
}

impl Skip {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Lottery => "decided by lottery",
            Self::NoPublishedWinner => "no winner published",
            Self::GridTooLong => "no grid holds its bids",
        }
    }
}

/// A tender as a lot of an auction.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The price grid.
    pub grid: PriceGrid,
    /// The bids that are handed in: their place in the tender, and their level.
    pub bids: Vec<(usize, Level)>,
    /// The bids that are not.
    pub not_submitted: Vec<NotSubmitted>,
    /// How many of the bids handed in are the lowest: more than one is a tie.
    pub lowest: usize,
}

/// Why this bid is not handed in; nothing if it is.
#[must_use]
pub fn not_submitted(tender: &Tender, bid: &RecordedBid) -> Option<NotSubmitted> {
    let Some(price) = bid.price else { return Some(NotSubmitted::Blank) };
    if tender.floor.is_some_and(|floor| price < floor) {
        return Some(NotSubmitted::BelowFloor);
    }
    if bid.result == ResultCode::Out {
        return Some(NotSubmitted::Disqualified);
    }
    (price > tender.ceiling).then_some(NotSubmitted::AboveCeiling)
}

/// What of a tender is simulated, or why it is not.
///
/// # Errors
/// None that a checked record can cause.
pub fn prepare(tender: &Tender, load: Load) -> Result<Result<Submission, Skip>, Failure> {
    if tender.bids.iter().any(|bid| bid.result == ResultCode::WonByLottery) {
        return Ok(Err(Skip::Lottery));
    }
    if tender.winner().is_none() {
        return Ok(Err(Skip::NoPublishedWinner));
    }
    let excluded: Vec<Option<NotSubmitted>> =
        tender.bids.iter().map(|bid| not_submitted(tender, bid)).collect();
    let handed_in: Vec<(usize, Yen)> = tender
        .bids
        .iter()
        .zip(&excluded)
        .enumerate()
        .filter_map(|(place, (bid, excluded))| {
            Some((place, bid.price?)).filter(|_| excluded.is_none())
        })
        .collect();
    let prices: Vec<Yen> = handed_in.iter().map(|(_, price)| *price).collect();
    let tick = unit(tender.ceiling, &prices);
    let Some(levels) = levels(tender, &prices, tick) else { return Ok(Err(Skip::GridTooLong)) };
    let bidders = u32::try_from(prices.len()).unwrap_or(u32::MAX).max(1);
    let grid = PriceGrid {
        side: Side::LowestWins,
        start: yen(tender.ceiling),
        tick,
        levels,
        scale: Scale::Decimal(0),
        shape: suggest::suggest(&Load { levels, bidders, ..load })?,
    };
    let bids: Option<Vec<(usize, Level)>> =
        handed_in.iter().map(|(place, price)| Some((*place, grid.level(yen(*price))?))).collect();
    let Some(bids) = bids else { return Ok(Err(Skip::GridTooLong)) };
    let best = bids.iter().map(|(_, level)| *level).max();
    Ok(Ok(Submission {
        lowest: bids.iter().filter(|(_, level)| Some(*level) == best).count(),
        grid,
        bids,
        not_submitted: excluded.into_iter().flatten().collect(),
    }))
}

/// The record holds no amount that does not fit.
fn yen(amount: Yen) -> Price {
    Price(i64::try_from(amount).unwrap_or(i64::MAX))
}

/// The largest unit in which every price can be counted down from the ceiling.
fn unit(ceiling: Yen, prices: &[Yen]) -> Yen {
    let fits = |unit: &Yen| {
        prices.iter().all(|price| ceiling.abs_diff(*price).checked_rem(*unit) == Some(0))
    };
    [1_000, 100, 10].into_iter().find(fits).unwrap_or(1)
}

/// From the ceiling down to the floor, or without one to the last whole unit. If that is more than
/// a grid holds, to the lowest price; nothing if that is too.
fn levels(tender: &Tender, prices: &[Yen], unit: Yen) -> Option<u32> {
    let down_to = |lowest: Yen| {
        let steps = tender.ceiling.saturating_sub(lowest).checked_div(unit)?;
        u32::try_from(steps.saturating_add(1)).ok()
    };
    let lowest = prices.iter().copied().min().unwrap_or(tender.ceiling);
    let levels = down_to(tender.floor.unwrap_or(unit)).or_else(|| down_to(lowest));
    // A grid has two levels, even where the floor is the ceiling.
    levels.map(|levels| levels.max(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load { levels: 2, bidders: 1, acts: 2, fan_out: 15 };

    fn tender(ceiling: Yen, floor: Option<Yen>, bids: &[(Yen, ResultCode)]) -> Tender {
        let bids = bids.iter().enumerate().map(|(at, (price, result))| RecordedBid {
            line: 0,
            bidder: at.to_string(),
            price: Some(*price).filter(|price| *price > 0),
            result: *result,
        });
        let bids = bids.collect();
        Tender { auction: "1".into(), date: "20200101".into(), ceiling, floor, bids }
    }

    fn simulated(ceiling: Yen, floor: Option<Yen>, bids: &[(Yen, ResultCode)]) -> Submission {
        prepare(&tender(ceiling, floor, bids), LOAD).unwrap().unwrap()
    }

    use ResultCode::{Lost, Out, Won, WonByLottery};

    #[test]
    fn the_grid_goes_from_the_ceiling_to_the_floor() {
        let simulated =
            simulated(5_000_000, Some(4_000_500), &[(4_001_000, Won), (4_900_000, Lost)]);
        assert_eq!((simulated.grid.tick, simulated.grid.levels), (1_000, 1_000));
        assert_eq!(simulated.bids, [(0, Level(999)), (1, Level(100))]);
        assert_eq!(simulated.grid.fault(), None);
    }

    #[test]
    fn without_a_floor_it_goes_to_the_last_unit() {
        let simulated = simulated(5_000_000, None, &[(4_001_000, Won)]);
        assert_eq!(simulated.grid.levels, 5_000);
        assert_eq!(simulated.grid.price(Level(4_999)), Some(Price(1_000)));
    }

    #[test]
    fn the_unit_is_the_largest_that_fits() {
        for (price, unit) in [(4_001_000, 1_000), (4_001_100, 100), (4_001_110, 10), (4_001_111, 1)]
        {
            let simulated = simulated(5_000_000, None, &[(price, Won), (4_900_000, Lost)]);
            assert_eq!(simulated.grid.tick, unit);
        }
        // A disqualified bid does not make the grid finer.
        assert_eq!(
            simulated(5_000_000, None, &[(4_001_000, Won), (4_000_001, Out)]).grid.tick,
            1_000
        );
    }

    #[test]
    fn bids_that_are_void_are_not_handed_in() {
        let bids = [(80, Won), (0, Out), (70, Out), (90, Out), (101, Lost), (90, Lost)];
        let simulated = simulated(100, Some(75), &bids);
        assert_eq!(simulated.bids.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 5]);
        assert_eq!(
            simulated.not_submitted,
            [
                NotSubmitted::Blank,
                NotSubmitted::BelowFloor,
                NotSubmitted::Disqualified,
                NotSubmitted::AboveCeiling
            ]
        );
    }

    #[test]
    fn lotteries_and_tenders_without_a_winner_are_skipped() {
        let skip = |bids| prepare(&tender(100, None, bids), LOAD).unwrap().unwrap_err();
        assert_eq!(skip(&[(80, WonByLottery), (80, Lost)]), Skip::Lottery);
        assert_eq!(skip(&[(80, Lost)]), Skip::NoPublishedWinner);
        let long = prepare(&tender(1 << 40, None, &[(1, Won)]), LOAD).unwrap();
        assert_eq!(long.unwrap_err(), Skip::GridTooLong);
    }

    #[test]
    fn a_long_way_down_is_cut_at_the_lowest_bid() {
        let ceiling = (1 << 40) + 1;
        assert_eq!(simulated(ceiling, None, &[(ceiling - 7, Won)]).grid.levels, 8);
    }

    #[test]
    fn ties_are_counted() {
        assert_eq!(simulated(100, None, &[(80, Won), (80, Lost), (90, Lost)]).lowest, 2);
        assert_eq!(simulated(100, None, &[(80, Won), (90, Lost)]).lowest, 1);
    }

    #[test]
    fn a_floor_at_the_ceiling_still_makes_a_grid() {
        let simulated = simulated(1_000, Some(1_000), &[(1_000, Won)]);
        assert_eq!(simulated.grid.fault(), None);
        assert_eq!(simulated.bids, [(0, Level(0))]);
    }
}
