//! What is shared out among bids at the price of a market. Section 11 of `docs/spec.md`, "Sharing".

use alloc::{vec, vec::Vec};
use core::cmp::Reverse;

/// Shares `units` out among bids that hold `held` units each, in tie order: in proportion, the units left by the largest
/// remainders. Nobody gets less than `least`, unless all get what they hold.
pub(crate) fn share(held: &[u64], units: u64, least: u64) -> Vec<u64> {
    if held.iter().sum::<u64>() <= units {
        return held.to_vec();
    }
    let mut shares = vec![0; held.len()];
    // The first to be left out stands last: of the smallest the last in tie order.
    let mut sharers: Vec<(usize, u64)> =
        held.iter().copied().enumerate().filter(|(_, held)| *held > 0).collect();
    sharers.sort_by_key(|(place, held)| (Reverse(*held), *place));
    let mut all: u64 = sharers.iter().map(|(_, held)| *held).sum();
    let mut groups = groups(&sharers);
    while let Some((_, smallest)) = sharers.last().copied() {
        let units = units.min(all);
        if !falls_short(&groups, units, all, least) {
            let parts = proportional(&sharers, units, all);
            if parts.iter().all(|(_, part)| *part >= least) {
                for (place, part) in parts {
                    if let Some(share) = shares.get_mut(place) {
                        *share = part;
                    }
                }
                return shares;
            }
        }
        sharers.pop();
        all = all.saturating_sub(smallest);
        if let Some((_, count)) = groups.last_mut() {
            *count = count.saturating_sub(1);
        }
        groups.pop_if(|(_, count)| *count == 0);
    }
    shares
}

/// How many hold each number of units, largest first: of a million bids that hold the same there is one.
fn groups(sharers: &[(usize, u64)]) -> Vec<(u64, u64)> {
    let alike = sharers.chunk_by(|(_, one), (_, other)| one == other);
    let group = |alike: &[(usize, u64)]| {
        Some((alike.first()?.1, u64::try_from(alike.len()).unwrap_or(u64::MAX)))
    };
    alike.filter_map(group).collect()
}

/// Whether somebody gets less than the least: certainly if so, and possibly too if not, where those who tie for the last
/// units hold different numbers. Without this, leaving bids out one by one would cost the square of their number.
fn falls_short(groups: &[(u64, u64)], units: u64, all: u64, least: u64) -> bool {
    // Of those who lack a unit of the least: how many, and the smallest of their remainders.
    let (mut given, mut short, mut last) = (0u64, 0u64, u64::MAX);
    for (held, count) in groups {
        let (part, remainder) = part(*held, units, all);
        if part.saturating_add(1) < least {
            return true;
        }
        given = given.saturating_add(part.saturating_mul(*count));
        if part < least {
            short = short.saturating_add(*count);
            last = last.min(remainder);
        }
    }
    let left = units.saturating_sub(given);
    if short == 0 || short > left {
        return short > left;
    }
    // Whoever has a larger remainder comes before the last of them.
    let before = groups.iter().filter(|(held, _)| {
        let (part, remainder) = part(*held, units, all);
        part >= least && remainder > last
    });
    before.fold(short, |before, (_, count)| before.saturating_add(*count)) > left
}

/// What somebody gets who holds so many of all, and what remains of the division.
fn part(held: u64, units: u64, all: u64) -> (u64, u64) {
    let product = u128::from(held).saturating_mul(units.into());
    let narrow = |number: Option<u128>| number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    (narrow(product.checked_div(all.into())), narrow(product.checked_rem(all.into())))
}

/// The method of Hamilton, of no more units than all hold.
fn proportional(sharers: &[(usize, u64)], units: u64, all: u64) -> Vec<(usize, u64)> {
    let parts = sharers.iter().map(|(place, held)| (*place, part(*held, units, all)));
    let mut parts: Vec<(usize, (u64, u64))> = parts.collect();
    let given: u64 = parts.iter().map(|(_, (part, _))| *part).sum();
    let left = usize::try_from(units.saturating_sub(given)).unwrap_or(usize::MAX);
    // Of equals the first in tie order.
    parts.sort_by_key(|(place, (_, remainder))| (Reverse(*remainder), *place));
    for (_, (part, _)) in parts.iter_mut().take(left) {
        *part = part.saturating_add(1);
    }
    parts.into_iter().map(|(place, (part, _))| (place, part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_shared_in_proportion_and_what_is_left_goes_by_remainder_and_then_in_order() {
        assert_eq!(share(&[6, 3, 1], 5, 0), [3, 2, 0]);
        assert_eq!(share(&[1, 1, 1], 2, 0), [1, 1, 0]);
        assert_eq!(share(&[5, 5], 20, 1), [5, 5]);
        assert_eq!(share(&[0, 4, 0, 4], 3, 1), [0, 2, 0, 1]);
        assert_eq!(share(&[], 3, 1), []);
    }

    #[test]
    fn who_would_get_less_than_the_least_gets_nothing_and_the_rest_share_it() {
        // 10 : 10 : 2 of 6 would be 3, 3, 0: the third is left out.
        assert_eq!(share(&[10, 10, 2], 6, 1), [3, 3, 0]);
        // Of equals the last in tie order is left out first.
        assert_eq!(share(&[3, 3, 3], 5, 2), [3, 2, 0]);
        assert_eq!(share(&[3, 3, 3], 1, 2), [0, 0, 0]);
        // The rest cannot take more than it holds.
        assert_eq!(share(&[4, 1, 1], 5, 2), [4, 0, 0]);
    }

    #[test]
    fn many_who_are_left_out_cost_no_square() {
        let held = vec![1u64; 65_535];
        let shares = share(&held, 1_000, 1);
        assert!(shares.iter().take(1_000).all(|share| *share == 1));
        assert!(shares.iter().skip(1_000).all(|share| *share == 0));
        assert!(share(&held, 1_000, 2).iter().all(|share| *share == 0));
    }

    /// Large holders take the units that small ones lack, so that the small ones are left out, one after the other: how
    /// many there are must not matter much.
    #[test]
    fn small_bids_outrun_by_large_remainders_cost_no_square() {
        let large = vec![4u64; 34_000];
        let held: Vec<u64> = large.into_iter().chain(vec![1; 30_000]).collect();
        let all: u64 = held.iter().sum();
        let shares = share(&held, all * 39 / 100, 1);
        assert!(shares.iter().take(34_000).all(|share| *share >= 1));
        let least = shares.iter().copied().filter(|share| *share > 0).min();
        assert_eq!(least, Some(1));
    }

    /// The rule as it is written.
    fn plainly(held: &[u64], units: u64, least: u64) -> Vec<u64> {
        let mut shares = vec![0; held.len()];
        let mut left_in: Vec<usize> = (0..held.len()).filter(|place| held[*place] > 0).collect();
        while let Some(out) = left_in.iter().copied().min_by_key(|at| (held[*at], Reverse(*at))) {
            let all: u64 = left_in.iter().map(|at| held[*at]).sum();
            let sharers: Vec<(usize, u64)> = left_in.iter().map(|at| (*at, held[*at])).collect();
            let parts = proportional(&sharers, units.min(all), all);
            if parts.iter().all(|(_, part)| *part >= least) {
                parts.into_iter().for_each(|(place, part)| shares[place] = part);
                return shares;
            }
            left_in.retain(|at| *at != out);
        }
        shares
    }

    #[test]
    fn who_is_left_out_is_told_from_groups_as_from_everybody() {
        for case in 0..6_000u64 {
            let held: Vec<u64> =
                (0..case % 7).map(|i| ((case * 2_654_435_761) >> (3 * i)) % 9).collect();
            let all: u64 = held.iter().sum();
            let (units, least) = (case * 31 % (all + 1), case % 5);
            if units < all {
                assert_eq!(share(&held, units, least), plainly(&held, units, least), "{held:?}");
            }
        }
    }

    #[test]
    fn no_unit_is_lost_and_nobody_gets_more_than_it_holds() {
        for a in 0..6 {
            for b in 0..6 {
                for c in 0..6 {
                    for units in 0..=a + b + c {
                        let shares = share(&[a, b, c], units, 0);
                        assert_eq!(shares.iter().sum::<u64>(), units);
                        for (share, held) in shares.iter().zip([a, b, c]) {
                            assert!(*share <= held);
                            // Within a unit of its part.
                            let part = held * units;
                            let all = a + b + c;
                            assert!(all == 0 || part.abs_diff(share * all) < all);
                        }
                    }
                }
            }
        }
    }
}
