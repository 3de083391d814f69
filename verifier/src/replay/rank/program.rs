//! The program of a lot: its questions, in order, and what they come to (section 11).

use std::sync::Arc;

use talea_protocol::{
    bytes::{List, PartyKey},
    commitment::TradeSide,
    limits::MAX_BUCKETS,
    mechanism::Comparisons,
    outcome::{Award, Disclosed, Ending, OpenedBid, PriceComparison, Quote, Sale, Survey},
    price::{Level, PriceGrid},
    sealed_bid::Contribution,
    terms::{Disclosure, Mechanism},
};

use crate::decryptions::Topic;

use super::{
    super::{
        curve::{sealed_bits, step_shape},
        terms::quote,
        unary_encoding::{self, UnaryEncoding},
    },
    depth::depth,
    dialogue::{Halt, KeyholderChannel},
    market::{Market, MarketBid, MarketStep},
    mechanism::{
        self, Entrants,
        curves::{self, Sale as CurveSale},
        survey::{self, Questions},
        two_sided,
    },
    price::{self, Participant},
    reserve,
    unary::{FirstSums, open_levels},
};

/// One ranked bid.
#[derive(Debug)]
pub(crate) struct Bid {
    pub(crate) bidder: PartyKey,
    pub(crate) unary: Arc<UnaryEncoding>,
    /// Where ties go by lottery.
    pub(crate) contribution: Option<Contribution>,
    /// Where a bid is one: then the unary encoding is of all its steps.
    pub(crate) curve: Option<BidCurve>,
}

/// What is public of a curve.
#[derive(Clone, Debug)]
pub(crate) struct BidCurve {
    pub(crate) side: TradeSide,
    /// Of every step, in order; 0 where they are sealed.
    pub(crate) quantities: Vec<u32>,
}

/// A reserve that binds.
#[derive(Debug)]
pub(crate) struct Reserve {
    pub(crate) unary: Arc<UnaryEncoding>,
    /// Whether the terms open it.
    pub(crate) opened: bool,
}

/// What is to be ranked, and by which rules.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) grid: PriceGrid,
    /// The lot's.
    pub(crate) quantity: u64,
    pub(crate) mechanism: Mechanism,
    pub(crate) disclosure: Disclosure,
    pub(crate) fan_out: u16,
    /// In tie order; at least one.
    pub(crate) bids: Vec<Bid>,
    /// Of these bids, if it is known.
    pub(crate) first_sums: Option<FirstSums>,
    pub(crate) reserve: Option<Reserve>,
}

/// What a lot's questions come to.
#[derive(Debug)]
pub(crate) enum Found {
    /// Those between rounds.
    Survey(Survey),
    /// Those at the end.
    Finding(Finding),
    /// Those at the end where the mechanism ends the lot.
    Ending(Ending),
}

/// What ranking a lot came to.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Nothing if no bid reached the reserve.
    pub(crate) award: Option<Award>,
    pub(crate) disclosed: Disclosed,
    pub(crate) reserve: Option<Quote>,
}

impl Program {
    /// Asks everything there is to ask at the end.
    pub(crate) async fn find(self, channel: KeyholderChannel) -> Result<Found, Halt> {
        let ending = match self.mechanism {
            Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => {
                return self.run(channel).await.map(Found::Finding);
            }
            Mechanism::Curves { pricing, least, comparisons, .. } => {
                let market = self.market(comparisons).ok_or(Halt::Lost)?;
                let sale = CurveSale { quantity: self.quantity, pricing, least };
                curves::clear(&channel, &market, sale).await?
            }
            Mechanism::TwoSided { rule, comparisons, .. } => {
                let market = self.market(comparisons).ok_or(Halt::Lost)?;
                two_sided::clear(&channel, &market, rule).await?
            }
            Mechanism::Survey { min_answers, bin_levels, squares } => {
                let questions = Questions { min_answers, bin_levels, squares };
                survey::survey(&channel, &self.grid, questions, &self.encodings()).await?
            }
        };
        Ok(Found::Ending(ending))
    }

    /// Bids as curves.
    fn market(&self, comparisons: Comparisons) -> Option<Market<'_>> {
        let bits = sealed_bits(self.mechanism);
        let entries = step_shape(&self.grid, bits)?.entries();
        let bid = |bid: &Bid| {
            let BidCurve { side, quantities } = bid.curve.as_ref()?;
            let steps = UnaryEncoding::steps(&bid.unary, quantities.len(), entries);
            let steps = steps.into_iter().zip(quantities);
            let steps = steps.map(|(unary, quantity)| MarketStep { unary, quantity: *quantity });
            Some(MarketBid { bidder: bid.bidder, side: *side, steps: steps.collect() })
        };
        Some(Market {
            grid: &self.grid,
            fan_out: self.fan_out,
            bits,
            comparisons,
            bids: self.bids.iter().map(bid).collect::<Option<_>>()?,
        })
    }

    /// The same where a bid is one price, and the best win.
    pub(crate) async fn run(self, channel: KeyholderChannel) -> Result<Finding, Halt> {
        match self.disclosure {
            Disclosure::Everything => self.in_the_clear(&channel).await,
            Disclosure::Facts { cover, depth } => {
                let depth = depth.map(|depth| depth.min_bids);
                self.unopened(&channel, cover, depth).await
            }
        }
    }

    /// Every bid is opened, and the award follows by the plain rule.
    async fn in_the_clear(&self, channel: &KeyholderChannel) -> Result<Finding, Halt> {
        let mut encodings = self.encodings();
        encodings.extend(self.reserve.as_ref().map(|reserve| reserve.unary.as_ref()));
        channel.turn_to(Topic::Everything);
        let levels = open_levels(channel, &self.grid, &encodings).await?;
        let (bids, reserve) = levels.split_at_checked(self.bids.len()).ok_or(Halt::Lost)?;
        let reserve = reserve.first().copied();
        let found = mechanism::in_the_clear(self.mechanism, bids, reserve)?;
        let opened =
            self.bids.iter().zip(bids).map(|(bid, level)| {
                Ok(OpenedBid { bidder: bid.bidder, quote: self.quote(*level)? })
            });
        Ok(Finding {
            award: match found {
                Some((level, comparisons)) => Some(self.award(level, &comparisons)?),
                None => None,
            },
            disclosed: Disclosed {
                bids: Some(opened.collect::<Result<_, _>>()?),
                ..Disclosed::default()
            },
            reserve: reserve.map(|level| self.quote(level)).transpose()?,
        })
    }

    /// No bid is opened; what the terms disclose of them is asked for.
    async fn unopened(
        &self,
        channel: &KeyholderChannel,
        cover: bool,
        min_bids: Option<u32>,
    ) -> Result<Finding, Halt> {
        let mut disclosed = Disclosed::default();
        // 1. Reserve test.
        let is_met = match &self.reserve {
            None => true,
            Some(reserve) => {
                let shape = &self.grid.shape;
                channel.turn_to(Topic::ReserveTest);
                reserve::is_met(channel, shape, &self.encodings(), &reserve.unary).await?
            }
        };
        let award = if is_met {
            // 2. Price search, 3. winners.
            channel.turn_to(Topic::PriceSearch);
            let (level, comparisons) =
                mechanism::price_and_winners(self.mechanism, &self.entrants(), channel).await?;
            // 4. Cover.
            if cover {
                channel.turn_to(Topic::Cover);
                disclosed.cover = self.cover(channel, &comparisons).await?;
            }
            // 5. Depth.
            channel.turn_to(Topic::Depth);
            disclosed.depth = self.depth(channel, min_bids).await?;
            Some(self.award(level, &comparisons)?)
        } else {
            None
        };
        // 6. Opened reserve.
        let reserve = match self.reserve.as_ref().filter(|reserve| reserve.opened) {
            None => None,
            Some(reserve) => {
                channel.turn_to(Topic::OpenedReserve);
                let levels = open_levels(channel, &self.grid, &[&reserve.unary]).await?;
                Some(self.quote(*levels.first().ok_or(Halt::Lost)?)?)
            }
        };
        Ok(Finding { award, disclosed, reserve })
    }

    /// What a round shows before the next: the depth, and if the rounds show the `cover` the best bid
    /// without the `M'` best ones.
    pub(crate) async fn survey(
        self,
        channel: &KeyholderChannel,
        cover: bool,
    ) -> Result<Survey, Halt> {
        let min_bids = match self.disclosure {
            Disclosure::Facts { depth, .. } => depth.map(|depth| depth.min_bids),
            Disclosure::Everything => None,
        };
        channel.turn_to(Topic::SurveyDepth);
        let depth = self.depth(channel, min_bids).await?;
        let limit = self.mechanism.units();
        let cover = if cover && self.bids.len() > usize::from(limit) {
            let bids = self.entrants().participants();
            channel.turn_to(Topic::SurveyCover);
            let found = price::search(
                channel,
                &self.grid,
                self.fan_out,
                limit,
                &bids,
                self.first_sums.as_ref(),
            )
            .await?;
            Some(self.quote(found.level)?)
        } else {
            None
        };
        Ok(Survey { depth, cover })
    }

    /// The bids without the `M'` best per bucket, if there are enough of them.
    async fn depth(
        &self,
        channel: &KeyholderChannel,
        min_bids: Option<u32>,
    ) -> Result<Option<List<u32, MAX_BUCKETS>>, Halt> {
        let n = u64::try_from(self.bids.len()).unwrap_or(u64::MAX);
        if min_bids.is_none_or(|least| n < u64::from(least)) {
            return Ok(None);
        }
        let first =
            unary_encoding::digits(&self.grid.shape).into_iter().next().ok_or(Halt::Lost)?;
        depth(channel, self.mechanism.units(), first, &self.encodings(), self.first_sums.as_ref())
            .await
            .map(Some)
    }

    /// The best losing price, if some ranked bid lost.
    async fn cover(
        &self,
        channel: &KeyholderChannel,
        comparisons: &[Option<PriceComparison>],
    ) -> Result<Option<Quote>, Halt> {
        let losers: Vec<Participant<'_>> = self
            .encodings()
            .into_iter()
            .zip(comparisons)
            .filter(|(_, comparison)| comparison.is_none())
            .map(|(unary, _)| Participant { unary, weight: 1 })
            .collect();
        if losers.is_empty() {
            return Ok(None);
        }
        let found = price::search(channel, &self.grid, self.fan_out, 0, &losers, None).await?;
        self.quote(found.level).map(Some)
    }

    fn encodings(&self) -> Vec<&UnaryEncoding> {
        self.bids.iter().map(|bid| bid.unary.as_ref()).collect()
    }

    fn entrants(&self) -> Entrants<'_> {
        Entrants {
            grid: &self.grid,
            fan_out: self.fan_out,
            bids: self.encodings(),
            first_sums: self.first_sums.as_ref(),
            reserve: self.reserve.as_ref().map(|reserve| reserve.unary.as_ref()),
        }
    }

    fn quote(&self, level: Level) -> Result<Quote, Halt> {
        quote(&self.grid, level).ok_or(Halt::Lost)
    }

    /// Winners in tie order.
    fn award(&self, level: Level, comparisons: &[Option<PriceComparison>]) -> Result<Award, Halt> {
        let sales = self.bids.iter().zip(comparisons).filter_map(|(bid, comparison)| {
            Some(Sale { winner: bid.bidder, comparison: (*comparison)? })
        });
        let sales = List::new(sales.collect()).map_err(|_| Halt::Lost)?;
        Ok(Award { quote: self.quote(level)?, sales })
    }
}
