//! What a bidder bids, given its value and what it has seen.

/// How a bidder behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Bids its value, and stands.
    Truthful,
    /// Bids `(n-1)/n` of its value: the equilibrium of a first price with `n` bidders and uniform
    /// values (Vickrey 1961).
    Shading,
    /// Shades once, and stands in every round.
    Standing,
    /// Begins at half of what shading would bid, and goes up one bucket after every round that shows
    /// a losing bid in its own bucket or above, as far as shading goes.
    Improving,
    /// Bids the least, and what shading would bid in the last round of the limit.
    Sniping,
}

/// What a bidder knows when it bids.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Bidders.
    pub bidders: u32,
    /// The round, from 0.
    pub round: u32,
    /// Rounds at most; 1 without rounds.
    pub limit: u32,
    /// Its bid in the last round.
    pub standing: Option<u32>,
    /// Bids per bucket, without the best, after the last round.
    pub depth: Option<&'a [u32]>,
    /// Rungs in a bucket.
    pub bucket: u32,
}

impl Strategy {
    /// As tables name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Truthful => "truthful",
            Self::Shading => "shading",
            Self::Standing => "standing",
            Self::Improving => "improving",
            Self::Sniping => "sniping",
        }
    }

    /// The rung that it bids; never less than what it stands by.
    #[must_use]
    pub fn bid(self, value: u32, sight: &Sight<'_>) -> u32 {
        let shaded = shade(value, sight.bidders);
        let wanted = match self {
            Self::Truthful => value,
            Self::Shading | Self::Standing => shaded,
            Self::Sniping if sight.round.saturating_add(1) >= sight.limit => shaded,
            Self::Sniping => 0,
            Self::Improving => match sight.standing {
                None => shaded / 2,
                Some(own) if is_challenged(own, sight) => {
                    own.saturating_add(sight.bucket).min(shaded)
                }
                Some(own) => own,
            },
        };
        wanted.max(sight.standing.unwrap_or(0))
    }
}

/// `floor(value * (n-1) / n)`.
fn shade(value: u32, bidders: u32) -> u32 {
    let n = u64::from(bidders.max(1));
    u32::try_from(u64::from(value) * (n - 1) / n).unwrap_or(u32::MAX)
}

/// Whether a bid that lost stands in one's own bucket or above. One's own counts too: whoever sees
/// it does not know that it leads.
fn is_challenged(own: u32, sight: &Sight<'_>) -> bool {
    let bucket = usize::try_from(own / sight.bucket.max(1)).unwrap_or(usize::MAX);
    let above = sight.depth.unwrap_or_default().iter().skip(bucket);
    above.sum::<u32>() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Strategy; 5] = [
        Strategy::Truthful,
        Strategy::Shading,
        Strategy::Standing,
        Strategy::Improving,
        Strategy::Sniping,
    ];

    #[test]
    fn nobody_bids_more_than_the_value_nor_less_than_before() {
        let depth = [1, 0, 2, 1];
        for strategy in ALL {
            for value in [0, 1, 17, 63] {
                let mut standing = None;
                for round in 0..8 {
                    let sight = Sight {
                        bidders: 4,
                        round,
                        limit: 8,
                        standing,
                        depth: standing.map(|_| &depth[..]),
                        bucket: 16,
                    };
                    let bid = strategy.bid(value, &sight);
                    assert!(bid <= value && bid >= standing.unwrap_or(0), "{strategy:?} {value}");
                    standing = Some(bid);
                }
            }
        }
    }

    #[test]
    fn shading_is_the_equilibrium_of_uniform_values() {
        assert_eq!(shade(100, 5), 80);
        assert_eq!(shade(100, 1), 0);
        assert_eq!(shade(u32::MAX, 2), u32::MAX / 2);
    }

    #[test]
    fn a_sniper_waits_for_the_last_round() {
        let sight = |round| Sight {
            bidders: 2,
            round,
            limit: 3,
            standing: Some(0),
            depth: None,
            bucket: 8,
        };
        assert_eq!([0, 1, 2].map(|round| Strategy::Sniping.bid(10, &sight(round))), [0, 0, 5]);
    }
}
