//! What is shared out among bids at the price of a market. Section 11 of `docs/spec.md`, "Sharing".

use alloc::{vec, vec::Vec};

/// Shares `units` out among bids that hold `held` units each, in tie order: in proportion, the units left by the largest
/// remainders. Nobody gets less than `least`, unless all get what they hold.
pub(crate) fn share(held: &[u64], units: u64, least: u64) -> Vec<u64> {
    let mut shares = vec![0; held.len()];
    let total = |places: &[usize]| places.iter().filter_map(|place| held.get(*place)).sum::<u64>();
    let mut places: Vec<usize> =
        (0..held.len()).filter(|place| held.get(*place) > Some(&0)).collect();
    if total(&places) <= units {
        return held.to_vec();
    }
    while !places.is_empty() {
        let holds: Vec<u64> = places.iter().filter_map(|place| held.get(*place).copied()).collect();
        let parts = proportional(&holds, units.min(total(&places)));
        if parts.iter().all(|part| *part >= least) {
            for (place, part) in places.iter().zip(parts) {
                if let Some(share) = shares.get_mut(*place) {
                    *share = part;
                }
            }
            return shares;
        }
        // Of the smallest the last in tie order.
        let smallest = (0..).zip(&holds).min_by_key(|(at, held)| (**held, core::cmp::Reverse(*at)));
        if let Some((at, _)) = smallest {
            places.remove(at);
        }
    }
    shares
}

/// The method of Hamilton, of no more units than are held.
fn proportional(held: &[u64], units: u64) -> Vec<u64> {
    let all: u128 = held.iter().map(|held| u128::from(*held)).sum();
    let exact = |held: &u64| {
        let product = u128::from(*held).saturating_mul(units.into());
        let quotient = product.checked_div(all).unwrap_or(0);
        (u64::try_from(quotient).unwrap_or(u64::MAX), product.checked_rem(all).unwrap_or(0))
    };
    let (mut parts, remainders): (Vec<u64>, Vec<u128>) = held.iter().map(exact).unzip();
    let given: u64 = parts.iter().sum();
    let mut order: Vec<usize> = (0..held.len()).collect();
    // Stable: of equals the first in tie order.
    order.sort_by_key(|at| core::cmp::Reverse(remainders.get(*at).copied()));
    let left = usize::try_from(units.saturating_sub(given)).unwrap_or(usize::MAX);
    for at in order.into_iter().take(left) {
        if let Some(part) = parts.get_mut(at) {
            *part = part.saturating_add(1);
        }
    }
    parts
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
