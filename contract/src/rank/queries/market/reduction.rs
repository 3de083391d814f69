//! Trade reduction: a price that no bid of those who trade can move (McAfee 1992). Section 11 of `docs/spec.md`, "Trade
//! reduction".

use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        opened::Opened,
        program::{Lists, LotSetting},
        queries::{
            Comparison, Contest, Found, Participants, Places, PriceSearch, QueryProgress, Winners,
        },
        question::{Answer, Ask},
        sums::Sums,
        vectors::Vector,
        work::Factors,
    },
    ranked_bids::RankedBid,
};
use alloc::{boxed::Box, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use talea_protocol::{
    commitment::TradeSide,
    outcome::{Clearing, Ending, Margins, PriceComparison, Trade},
    price::Level,
};

/// The query, between two questions of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Reduction {
    stage: Stage,
    /// `K`: so many pairs can trade.
    pairs: u16,
    margins: Levels,
    /// How buyers, and sellers, compare with the last of them who can trade.
    buyers: Option<Box<Found>>,
    sellers: Option<Box<Found>>,
    /// Places of the buyers that won.
    bought: Vec<(u32, PriceComparison)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Stage {
    #[default]
    Begun,
    /// The price at which most is traded is searched.
    Pooled(Box<PriceSearch>),
    /// How many could trade at it is being opened.
    Counting,
    Searching(Margin, Box<PriceSearch>),
    /// Who wins is searched on a side.
    Winning(TradeSide, Box<Winners>),
}

/// A bid at the margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Margin {
    LastBuyer,
    NextBuyer,
    LastSeller,
    NextSeller,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Levels {
    last_buyer: u32,
    next_buyer: u32,
    last_seller: u32,
    next_seller: u32,
}

impl Levels {
    /// Nothing if these are no margins (K11).
    fn price(self) -> Option<Level> {
        let Self { last_buyer, next_buyer, last_seller, next_seller } = self;
        let fit = last_seller <= last_buyer
            && next_buyer <= last_buyer
            && last_seller <= next_seller
            && next_buyer <= next_seller;
        let between = next_seller.checked_sub(next_buyer)?;
        fit.then(|| Level(next_buyer.saturating_add(between.div_euclid(2))))
    }

    /// Whether everybody who can trade does, at this price.
    fn all_trade(self, price: Level) -> bool {
        (self.last_seller..=self.last_buyer).contains(&price.0)
    }
}

/// How many bids a side has.
fn count(side: TradeSide, lot_setting: LotSetting<'_>) -> u16 {
    let theirs = lot_setting.ranked().iter().filter(|bid| bid.side == side).count();
    // T8: 63 at most.
    u16::try_from(theirs).unwrap_or(u16::MAX)
}

impl Reduction {
    /// From its beginning: both sides have bids.
    pub(super) fn start(&mut self, lot_setting: LotSetting<'_>) -> QueryProgress<Ending> {
        let limit = count(TradeSide::Sell, lot_setting);
        let participants = Participants::steps(&lot_setting.ranked(), false);
        let (search, progress) = search(participants, limit, lot_setting);
        self.pooled(search, progress, lot_setting)
    }

    /// With the answer to what it asked last.
    pub(super) fn resume(
        &mut self,
        answer: Answer,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        match core::mem::take(&mut self.stage) {
            Stage::Begun => QueryProgress::Alarm,
            Stage::Pooled(mut search) => {
                let progress = search.resume(Some(answer), lot_setting);
                self.pooled(search, progress, lot_setting)
            }
            Stage::Counting => match answer {
                Answer::Opened(opened) => self.counted(&opened, lot_setting),
                Answer::AtMost(_) | Answer::Products(_) => QueryProgress::Alarm,
            },
            Stage::Searching(margin, mut search) => {
                let progress = search.resume(Some(answer), lot_setting);
                self.searched(margin, search, progress, lot_setting)
            }
            Stage::Winning(side, mut winners) => {
                let progress = winners.resume(answer, lot_setting.setting.terms.fan_out);
                self.won(side, winners, progress, lot_setting)
            }
        }
    }

    fn pooled(
        &mut self,
        search: Box<PriceSearch>,
        progress: QueryProgress<Found>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let found = match progress.or_wait(|| self.stage = Stage::Pooled(search)) {
            Ok(found) => found,
            Err(waiting) => return waiting,
        };
        let unit = lot_setting.one().scaled(&found.scale);
        let ranked = lot_setting.ranked();
        let of = |side| {
            let all = ranked.iter().zip(found.above.iter().zip(&found.at_price));
            all.filter(move |(bid, _)| bid.side == side)
        };
        let buyers = of(TradeSide::Buy).map(|(_, (above, at_price))| above.get() + at_price.get());
        let sellers = of(TradeSide::Sell).map(|(_, (above, _))| unit - above.get());
        let sums: [Ciphertext; 2] = [buyers.sum(), sellers.sum()];
        self.buyers = Some(Box::new(found));
        self.stage = Stage::Counting;
        QueryProgress::Ask(Ask::Open(sums.map(Held::from).to_vec()))
    }

    fn counted(&mut self, opened: &[Opened], lot_setting: LotSetting<'_>) -> QueryProgress<Ending> {
        let Some(found) = self.buyers.take() else { return QueryProgress::Alarm };
        let most = [TradeSide::Buy, TradeSide::Sell].map(|side| count(side, lot_setting));
        let sums = Sums::of(opened, &found.scale, lot_setting.setting.generators.value);
        let counts = sums.read(|side| (0, most.get(side).copied().unwrap_or(0).into()));
        // K13
        let pairs = counts.and_then(|counts| u16::try_from(counts.into_iter().min()?).ok());
        let Some(pairs) = pairs else { return QueryProgress::Alarm };
        self.pairs = pairs;
        if pairs == 0 {
            return self.end(found.level, &[], lot_setting);
        }
        self.margins.next_seller = lot_setting.grid().levels.saturating_sub(1);
        self.search_for(Margin::LastBuyer, lot_setting)
    }

    /// Searches a margin, or what comes next where there is no such bid.
    fn search_for(&mut self, margin: Margin, lot_setting: LotSetting<'_>) -> QueryProgress<Ending> {
        let [buyers, sellers] =
            [TradeSide::Buy, TradeSide::Sell].map(|side| count(side, lot_setting));
        let pairs = self.pairs;
        let (side, limit) = match margin {
            Margin::LastBuyer => (TradeSide::Buy, pairs.checked_sub(1)),
            Margin::NextBuyer => (TradeSide::Buy, (buyers > pairs).then_some(pairs)),
            Margin::LastSeller => (TradeSide::Sell, sellers.checked_sub(pairs)),
            Margin::NextSeller => {
                (TradeSide::Sell, sellers.checked_sub(pairs).and_then(|left| left.checked_sub(1)))
            }
        };
        let Some(limit) = limit else { return self.after(margin, lot_setting) };
        let participants = Participants::of_side(&lot_setting.ranked(), side);
        let (search, progress) = search(participants, limit, lot_setting);
        self.searched(margin, search, progress, lot_setting)
    }

    fn searched(
        &mut self,
        margin: Margin,
        search: Box<PriceSearch>,
        progress: QueryProgress<Found>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let found = match progress.or_wait(|| self.stage = Stage::Searching(margin, search)) {
            Ok(found) => found,
            Err(waiting) => return waiting,
        };
        let level = found.level.0;
        match margin {
            Margin::LastBuyer => {
                self.margins.last_buyer = level;
                self.buyers = Some(Box::new(found));
            }
            Margin::NextBuyer => self.margins.next_buyer = level,
            Margin::LastSeller => {
                self.margins.last_seller = level;
                self.sellers = Some(Box::new(found));
            }
            Margin::NextSeller => self.margins.next_seller = level,
        }
        self.after(margin, lot_setting)
    }

    fn after(&mut self, margin: Margin, lot_setting: LotSetting<'_>) -> QueryProgress<Ending> {
        match margin {
            Margin::LastBuyer => self.search_for(Margin::NextBuyer, lot_setting),
            Margin::NextBuyer => self.search_for(Margin::LastSeller, lot_setting),
            Margin::LastSeller => self.search_for(Margin::NextSeller, lot_setting),
            Margin::NextSeller => match (self.margins.price(), self.buyers.take()) {
                (Some(price), Some(_)) if self.trading(price) == 0 => {
                    self.end(price, &[], lot_setting)
                }
                (Some(price), Some(buyers)) => {
                    self.find_winners(TradeSide::Buy, *buyers, price, lot_setting)
                }
                // K11
                _ => QueryProgress::Alarm,
            },
        }
    }

    /// How many pairs trade.
    fn trading(&self, price: Level) -> u16 {
        let all = self.margins.all_trade(price);
        if all { self.pairs } else { self.pairs.saturating_sub(1) }
    }

    fn find_winners(
        &mut self,
        side: TradeSide,
        mut found: Found,
        price: Level,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let bids = found.at_price.len();
        if side == TradeSide::Sell {
            // Of sellers those below the price are better.
            let unit = lot_setting.one().scaled(&found.scale);
            let all = found.above.iter().zip(&found.at_price);
            let below = all.map(|(above, at_price)| unit - above.get() - at_price.get());
            found.above = below.map(Held::from).collect();
        }
        let contest = Contest { units: self.trading(price), opens_above: true, may_run_out: false };
        let mut winners = Box::new(Winners::new(found, bids, contest));
        let progress = winners.start(lot_setting.setting.terms.fan_out);
        self.won(side, winners, progress, lot_setting)
    }

    fn won(
        &mut self,
        side: TradeSide,
        winners: Box<Winners>,
        progress: QueryProgress<Places>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let places = match progress.or_wait(|| self.stage = Stage::Winning(side, winners)) {
            Ok(places) => places,
            Err(waiting) => return waiting,
        };
        let Some(price) = self.margins.price() else { return QueryProgress::Alarm };
        match (side, self.sellers.take()) {
            (TradeSide::Buy, Some(sellers)) => {
                let place = |(place, comparison)| Some((u32::try_from(place).ok()?, comparison));
                self.bought = places.into_iter().filter_map(place).collect();
                self.find_winners(TradeSide::Sell, *sellers, price, lot_setting)
            }
            _ => self.end(price, &places, lot_setting),
        }
    }

    /// The ending, with the places of the sellers that won.
    fn end(
        &self,
        price: Level,
        sold: &[(usize, PriceComparison)],
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        self.ending(price, sold, lot_setting).map_or(QueryProgress::Alarm, QueryProgress::Done)
    }

    fn ending(
        &self,
        price: Level,
        sold: &[(usize, PriceComparison)],
        lot_setting: LotSetting<'_>,
    ) -> Option<Ending> {
        let Levels { last_buyer, next_buyer, last_seller, next_seller } = self.margins;
        let all_trade = self.margins.all_trade(price);
        let pays = |own: u32| if all_trade { price } else { Level(own) };
        let of_side = |side, places: &[(usize, PriceComparison)], own: u32| {
            let ranked = lot_setting.ranked();
            let amount = lot_setting.grid().price(pays(own))?.0;
            let theirs: Vec<(usize, RankedBid)> =
                ranked.into_iter().enumerate().filter(|(_, bid)| bid.side == side).collect();
            let trade = |(place, comparison): &(usize, PriceComparison)| {
                let (at, bid) = theirs.get(*place)?;
                let at_price = u64::from(*comparison == PriceComparison::AtPrice);
                let better = 1u64.saturating_sub(at_price);
                let party = bid.bidder;
                Some((*at, Trade { party, side, better, at_price, shared: at_price, amount }))
            };
            places.iter().map(trade).collect::<Option<Vec<_>>>()
        };
        let bought: Option<Vec<(usize, PriceComparison)>> = self
            .bought
            .iter()
            .map(|(place, comparison)| Some((usize::try_from(*place).ok()?, *comparison)))
            .collect();
        let mut trades = of_side(TradeSide::Buy, &bought?, last_buyer)?;
        trades.extend(of_side(TradeSide::Sell, sold, last_seller)?);
        trades.sort_by_key(|(place, _)| *place);
        let trades: Vec<Trade> = trades.into_iter().map(|(_, trade)| trade).collect();
        let quote = |level: u32| lot_setting.quote(Level(level));
        let margins = match self.pairs {
            0 => None,
            _ => Some(Margins {
                last_buyer: quote(last_buyer)?,
                next_buyer: quote(next_buyer)?,
                last_seller: quote(last_seller)?,
                next_seller: quote(next_seller)?,
            }),
        };
        let is_cleared = !trades.is_empty();
        let price = lot_setting.quote(price)?;
        let clearing = Clearing { price, between: None, margins, excess: Vec::new(), trades };
        Some(if is_cleared { Ending::Cleared(clearing) } else { Ending::NoTrade(clearing) })
    }

    /// The factors of some of the gates that it asked for.
    pub(super) fn factors(
        &self,
        gates: Range<usize>,
        lists: Lists<'_>,
        lot_setting: LotSetting<'_>,
    ) -> Vec<Factors> {
        match &self.stage {
            Stage::Pooled(search) | Stage::Searching(_, search) => {
                search.factors(gates, lists, lot_setting)
            }
            Stage::Begun | Stage::Counting | Stage::Winning(..) => Vec::new(),
        }
    }

    /// Its lists.
    pub(super) fn lists(&mut self) -> Vec<&mut Vector> {
        match &mut self.stage {
            Stage::Pooled(search) | Stage::Searching(_, search) => search.lists(),
            Stage::Begun | Stage::Counting | Stage::Winning(..) => Vec::new(),
        }
    }
}

/// A hidden search among these bids, and how far it comes by itself.
fn search(
    participants: Participants,
    limit: u16,
    lot_setting: LotSetting<'_>,
) -> (Box<PriceSearch>, QueryProgress<Found>) {
    let comparison = Comparison::AtMostOnGrid { limit };
    let mut search = Box::new(PriceSearch::new(participants, comparison, true, lot_setting));
    let progress = search.resume(None, lot_setting);
    (search, progress)
}
