//! How bidders bid: each strategy a function of the value and of what the bidder has seen.

use std::fmt;
use talea_protocol::{
    outcome::Survey,
    price::{Level, PriceGrid},
};

/// What a bidder makes of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Bids its value, and in rounds keeps it.
    Truthful,
    /// Bids `(n - 1) / n` of its value: among `n` bidders with uniform values who pay what they bid,
    /// and care for the mean alone, nobody does better while all do so (Vickrey 1961; Krishna,
    /// *Auction Theory*, chapter 2).
    Shading,
    /// In rounds: bids the shaded bid at once and keeps it, whatever it sees.
    Holding,
    /// In rounds: opens at half its value. While what is shown does not exclude that somebody is
    /// before it, it goes to the next bucket above the best one shown, at most to its value.
    Improving,
    /// In rounds: bids the lowest level, keeps it, and jumps in the last round that the terms allow,
    /// which may never come.
    Sniping,
    /// Like sniping, but jumps in round 1: the last one that is sure to come.
    EarlySniping,
    /// Like sniping, but meanwhile goes up by a bucket a round at the bottom, where it is shown: so the
    /// rounds do not end for want of movement.
    Creeping,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Truthful => "truthful",
            Self::Shading => "shading",
            Self::Holding => "holding",
            Self::Improving => "improving",
            Self::Sniping => "sniping",
            Self::EarlySniping => "sniping in round 1",
            Self::Creeping => "creeping sniper",
        })
    }
}

/// What everybody knows beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// How many bid.
    pub bidders: u32,
    /// The lot's grid.
    pub grid: &'a PriceGrid,
    /// Rounds at most; 1 without rounds.
    pub limit: u32,
}

/// What a bidder has seen when it bids.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// The round that it bids in.
    pub round: u32,
    /// Its own bid of the round before.
    pub own: Option<Level>,
    /// What the round before has shown.
    pub survey: Option<&'a Survey>,
}

impl Strategy {
    /// The bid, never above the value and never below the bid of the round before.
    #[must_use]
    pub fn bid(self, value: Level, known: &Known<'_>, seen: &Seen<'_>) -> Level {
        let own = seen.own.unwrap_or(Level(0));
        let is_last = seen.round.saturating_add(1) >= known.limit;
        let wish = match self {
            Self::Truthful => value,
            Self::Shading | Self::Holding => known.shaded(value),
            Self::Improving if seen.own.is_none() => Level(value.0.div_euclid(2)),
            Self::Improving if known.may_be_beaten(own, seen) => known.above_shown(seen),
            Self::Sniping | Self::Creeping if is_last => known.jump(value, seen),
            Self::EarlySniping if seen.round == 1 => known.jump(value, seen),
            Self::Creeping if seen.own.is_some() => known.next_bucket(own),
            Self::Improving | Self::Sniping | Self::EarlySniping | Self::Creeping => own,
        };
        wish.min(value).max(own)
    }
}

impl Known<'_> {
    /// `(n - 1) / n` of a value, rounded down.
    fn shaded(&self, value: Level) -> Level {
        let share = u64::from(value.0) * u64::from(self.bidders.saturating_sub(1));
        let shaded = share.checked_div(u64::from(self.bidders)).unwrap_or(0);
        Level(u32::try_from(shaded).unwrap_or(value.0))
    }

    /// The bits of a level below its bucket.
    fn lower_bits(&self) -> u32 {
        self.grid.shape.digit_bits().iter().skip(1).map(|bits| u32::from(*bits)).sum()
    }

    fn bucket(&self, level: Level) -> u32 {
        level.0 >> self.lower_bits()
    }

    /// The first level of the bucket after this level's.
    fn next_bucket(&self, level: Level) -> Level {
        Level(self.bucket(level).saturating_add(1) << self.lower_bits())
    }

    /// The best bucket shown, which the best bid of all is not in or not alone.
    fn best_shown(&self, seen: &Seen<'_>) -> Option<u32> {
        let depth = seen.survey?.depth.as_ref()?;
        let place = depth.iter().rposition(|count| *count > 0)?;
        u32::try_from(place).ok()
    }

    /// Whether what was shown does not exclude that another bid is as good. The best bid is left
    /// out of a depth, so a bid above all that is shown is the best.
    fn may_be_beaten(&self, own: Level, seen: &Seen<'_>) -> bool {
        self.best_shown(seen).is_some_and(|best| best >= self.bucket(own))
    }

    /// The first level above the best bucket shown.
    fn above_shown(&self, seen: &Seen<'_>) -> Level {
        let best = self.best_shown(seen).map(|best| Level(best << self.lower_bits()));
        best.map_or(Level(0), |best| self.next_bucket(best))
    }

    /// A sniper's one true bid: shaded, or a level more than those who improve would bid now, if that
    /// is more.
    fn jump(&self, value: Level, seen: &Seen<'_>) -> Level {
        let Level(above) = self.above_shown(seen);
        self.shaded(value).max(Level(above.saturating_add(1)).min(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{
        market::grid,
        values::{Use, below, generator},
    };
    use talea_protocol::bytes::List;

    const ALL: [Strategy; 7] = [
        Strategy::Truthful,
        Strategy::Shading,
        Strategy::Holding,
        Strategy::Improving,
        Strategy::Sniping,
        Strategy::EarlySniping,
        Strategy::Creeping,
    ];

    fn survey(buckets: &[usize]) -> Survey {
        let mut depth = vec![0; 16];
        buckets.iter().for_each(|bucket| depth[*bucket] += 1);
        Survey { depth: Some(List::new(depth).unwrap()), cover: None }
    }

    fn bid(strategy: Strategy, value: u32, round: u32, own: u32, shown: &[usize]) -> u32 {
        let grid = grid(1_024).unwrap();
        let known = Known { bidders: 5, grid: &grid, limit: 8 };
        let survey = survey(shown);
        let own = (round > 0).then_some(Level(own));
        let seen = Seen { round, own, survey: own.map(|_| &survey) };
        strategy.bid(Level(value), &known, &seen).0
    }

    #[test]
    fn a_bidder_stands_when_nobody_can_be_before_it() {
        // Buckets of 64 levels; 600 lies in bucket 9.
        assert_eq!(bid(Strategy::Improving, 900, 0, 0, &[]), 450);
        assert_eq!(bid(Strategy::Improving, 900, 1, 600, &[8, 8, 3]), 600, "all are below");
        assert_eq!(bid(Strategy::Improving, 900, 1, 600, &[9, 8, 3]), 640, "one may be level");
        assert_eq!(bid(Strategy::Improving, 900, 1, 600, &[12, 8, 3]), 832, "one is before it");
        assert_eq!(bid(Strategy::Improving, 700, 1, 600, &[12, 8, 3]), 700, "its value");
    }

    #[test]
    fn a_sniper_waits() {
        assert_eq!(bid(Strategy::Sniping, 1_000, 0, 0, &[]), 0);
        assert_eq!(bid(Strategy::Sniping, 1_000, 6, 0, &[13]), 0);
        assert_eq!(bid(Strategy::Sniping, 1_000, 7, 0, &[13]), 897);
        assert_eq!(bid(Strategy::Sniping, 1_000, 7, 0, &[2]), 800, "shaded is more");
        assert_eq!(bid(Strategy::EarlySniping, 1_000, 1, 0, &[0]), 800);
        assert_eq!(bid(Strategy::EarlySniping, 1_000, 2, 800, &[14]), 800, "it has jumped");
        assert_eq!(bid(Strategy::Creeping, 1_000, 1, 0, &[5]), 64);
        assert_eq!(bid(Strategy::Creeping, 1_000, 7, 384, &[5]), 800);
    }

    #[test]
    fn bids_never_fall_and_never_exceed_the_value() {
        let rng = &mut generator(1, Use::Values, 0);
        for _ in 0..2_000 {
            let value = below(1_023, rng) + 1;
            let mut own = [0; ALL.len()];
            for round in 0..8 {
                let shown: Vec<usize> =
                    (0..below(5, rng)).map(|_| usize::try_from(below(16, rng)).unwrap()).collect();
                for (own, strategy) in own.iter_mut().zip(ALL) {
                    let next = bid(strategy, value, round, *own, &shown);
                    assert!(next >= *own && next <= value, "{strategy} {round}: {own}, {next}");
                    *own = next;
                }
            }
        }
    }
}
