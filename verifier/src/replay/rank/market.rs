//! The market search: the level at which what is wanted meets what is offered, digit by digit (section 11).
//!
//! Its participants are the steps of all ranked bids. Where quantities are public they are weights. Where they are
//! sealed a step's encrypted quantity is its flag from the first digit on, and takes part in every product.

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    commitment::TradeSide,
    mechanism::Comparisons,
    outcome::Excess,
    price::{Level, PriceGrid},
};

use super::{
    super::{
        curve::most_of_step,
        unary_encoding::{self, UnaryEncoding},
    },
    dialogue::{Halt, KeyholderChannel},
    price::{Found, select},
    reading::{Bounded, read},
    search::Search,
    unary::{Rows, level},
};
use crate::group::{Cipher, bases};

/// What is for sale or wanted on a lot, and how it is compared.
pub(crate) struct Market<'a> {
    pub(crate) grid: &'a PriceGrid,
    pub(crate) fan_out: u16,
    /// Bits of a step's quantity that are sealed; 0 where it is public.
    pub(crate) bits: u8,
    pub(crate) comparisons: Comparisons,
    /// The ranked bids, in tie order; at least one.
    pub(crate) bids: Vec<MarketBid>,
}

/// A ranked bid.
pub(crate) struct MarketBid {
    pub(crate) bidder: PartyKey,
    pub(crate) side: TradeSide,
    pub(crate) steps: Vec<MarketStep>,
}

/// A step of it.
pub(crate) struct MarketStep {
    pub(crate) unary: UnaryEncoding,
    /// Where it is public; else 0.
    pub(crate) quantity: u32,
}

/// What is offered, against what all steps want.
pub(crate) struct Offered {
    /// `A`, at scale 1.
    pub(crate) units: Cipher,
    /// How many those are, if that is public.
    pub(crate) known: Option<u64>,
    /// `W`: how many at most.
    pub(crate) most: u64,
}

/// At which levels the predicate of a search holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Where more is wanted than is offered.
    Low,
    /// Where as much is wanted, or more.
    High,
}

impl Offered {
    /// So many units, which is public.
    pub(crate) fn public(units: u64) -> Self {
        Self { units: Cipher::public(units), known: Some(units), most: units }
    }
}

impl Market<'_> {
    pub(crate) fn is_sealed(&self) -> bool {
        self.bits > 0
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &MarketStep> {
        self.bids.iter().flat_map(|bid| &bid.steps)
    }

    /// `g_i`.
    pub(crate) fn weight(&self, step: &MarketStep) -> u32 {
        if self.is_sealed() { 1 } else { step.quantity }
    }

    /// Units that these steps hold: all of them where that is public, and else at most.
    pub(crate) fn most_units<'b>(&self, steps: impl IntoIterator<Item = &'b MarketStep>) -> u64 {
        let of_step = |step: &MarketStep| match self.is_sealed() {
            true => most_of_step(self.bits),
            false => step.quantity.into(),
        };
        steps.into_iter().map(of_step).fold(0, u64::saturating_add)
    }

    /// What a step holds, at scale 1.
    pub(crate) fn units(&self, step: &MarketStep) -> Option<Cipher> {
        if !self.is_sealed() {
            return Some(Cipher::public(step.quantity.into()));
        }
        // Q_i: the entries of its last digits are the bits of the quantity, the most significant first.
        let from = self.grid.shape.entries();
        let bits = step.unary.entries(from..from.checked_add(self.bits.into())?)?;
        Some(bits.iter().fold(Cipher::zero(), |sum, bit| sum.doubled() + *bit))
    }
}

/// Searches the level among all steps, and adds to what was told of the excess at levels.
pub(crate) async fn search(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    offered: &Offered,
    direction: Direction,
    told: &mut Vec<Excess>,
) -> Result<Found, Halt> {
    let steps: Vec<&MarketStep> = market.steps().collect();
    search_among(channel, market, &steps, offered, direction, told).await
}

/// The same among some of its steps.
pub(crate) async fn search_among(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    steps: &[&MarketStep],
    offered: &Offered,
    direction: Direction,
    told: &mut Vec<Excess>,
) -> Result<Found, Halt> {
    let grid = market.grid;
    let encodings: Vec<&UnaryEncoding> = steps.iter().map(|step| &step.unary).collect();
    let weights: Vec<u32> = steps.iter().map(|step| market.weight(step)).collect();
    let mut above = vec![Cipher::zero(); steps.len()];
    let (mut at, first) = if market.is_sealed() {
        let units: Option<_> = steps.par_iter().map(|step| market.units(step)).collect();
        (units.ok_or(Halt::Lost)?, 1)
    } else {
        (Vec::new(), 0)
    };
    let mut test = Test { market, offered, direction, units: offered.units, scale: Scalar::ONE };
    let mut digits = Vec::new();
    // Where quantities are sealed the first digit is one of products, like the others.
    for (t, indices) in (first..).zip(unary_encoding::digits(&grid.shape)) {
        if t > 0 {
            test.double();
            above.par_iter_mut().for_each(|above| *above = above.doubled());
        }
        let most = indices.len();
        let rows = Rows::of(channel, (t, indices), &encodings, &at, None).await?;
        // T_j = sum over i of g_i (above_i + P[i][j])
        let sure: Cipher =
            above.iter().zip(&weights).map(|(above, weight)| above.times(*weight)).sum();
        let weight = |i: usize| weights.get(i).copied().unwrap_or(0);
        let mut search = Search::up_to(most);
        let digit = loop {
            if let Some(digit) = search.found() {
                break digit;
            }
            let points = search.points(market.fan_out);
            let sums = rows.sums(&points, weight).ok_or(Halt::Lost)?;
            let totals = sums.into_iter().map(|sum| sure + sum).collect();
            let levels = levels_of(grid, &digits, &points).ok_or(Halt::Lost)?;
            let holds = test.holds(channel, &levels, totals, told).await?;
            search.narrow(&points, &holds);
        };
        at = select(&rows, digit, &mut above).ok_or(Halt::Lost)?;
        digits.push(digit);
    }
    Ok(Found { level: level(channel, grid, &digits)?, above, at, scale: test.scale })
}

/// The levels that have the digits found so far, one of these, and then zeros.
fn levels_of(grid: &PriceGrid, found: &[usize], points: &[usize]) -> Option<Vec<Level>> {
    let level = |point: &usize| {
        let digits = found.iter().chain([point]).copied().chain(std::iter::repeat(0));
        let value = digits
            .zip(grid.shape.radices())
            .try_fold(0usize, |value, (digit, radix)| value.checked_mul(radix)?.checked_add(digit));
        u32::try_from(value?).ok().map(Level)
    };
    points.iter().map(level).collect()
}

/// The predicate of a search, at the digit at hand.
struct Test<'a> {
    market: &'a Market<'a>,
    offered: &'a Offered,
    direction: Direction,
    /// `u*A`.
    units: Cipher,
    /// `u`.
    scale: Scalar,
}

impl Test<'_> {
    fn double(&mut self) {
        self.scale += self.scale;
        self.units = self.units.doubled();
    }

    /// Whether the predicate holds at each of these levels, of which the `totals` are the `T_j`.
    async fn holds(
        &self,
        channel: &KeyholderChannel,
        levels: &[Level],
        totals: Vec<Cipher>,
        told: &mut Vec<Excess>,
    ) -> Result<Vec<bool>, Halt> {
        let mut holds = match self.market.comparisons {
            Comparisons::Hidden => self.hidden(channel, totals).await?,
            Comparisons::Opened => self.opened(channel, levels, totals, told).await?,
        };
        // Beyond the grid it does not, whatever the answer.
        for (holds, level) in holds.iter_mut().zip(levels) {
            *holds &= level.0 < self.market.grid.levels;
        }
        Ok(holds)
    }

    /// By at-most-tests of what is wanted.
    async fn hidden(
        &self,
        channel: &KeyholderChannel,
        totals: Vec<Cipher>,
    ) -> Result<Vec<bool>, Halt> {
        // **T8** bounds them.
        let units = self.offered.known.and_then(|units| u16::try_from(units).ok());
        let limit = match self.direction {
            Direction::Low => units,
            Direction::High => units.and_then(|units| units.checked_sub(1)),
        };
        let limit = limit.ok_or(Halt::Lost)?;
        let at_most = channel.are_at_most(limit, self.scale, totals).await?;
        Ok(at_most.into_iter().map(|at_most| !at_most).collect())
    }

    /// By opening what is wanted beyond what is offered. **K13**: that is an integer in its bounds.
    async fn opened(
        &self,
        channel: &KeyholderChannel,
        levels: &[Level],
        totals: Vec<Cipher>,
        told: &mut Vec<Excess>,
    ) -> Result<Vec<bool>, Halt> {
        let excess = totals.into_iter().map(|total| total - self.units).collect();
        let opened = channel.open(excess).await?;
        let lost = |_| Halt::Lost;
        let less = i64::try_from(self.offered.most).map_err(lost)?.saturating_neg();
        let more = i64::try_from(self.market.most_units(self.market.steps())).map_err(lost)?;
        let bounded: Vec<Bounded> = opened.into_iter().map(|m| (m, less..=more)).collect();
        let found = read(&(bases().g * self.scale), &bounded);
        channel.has_read(found.iter().filter_map(|units| *units));
        let mut holds = Vec::with_capacity(found.len());
        for (level, units) in levels.iter().zip(found) {
            channel.judge(Check::CountOpened, units.is_some())?;
            let units = units.ok_or(Halt::Lost)?;
            told.push(Excess { level: *level, units });
            holds.push(match self.direction {
                Direction::Low => units > 0,
                Direction::High => units >= 0,
            });
        }
        Ok(holds)
    }
}
