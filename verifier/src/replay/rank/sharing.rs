//! Sharing out units among bids at the price (section 11, Trades).
//!
//! In proportion to what bids hold there, remainders by the method of Hamilton. Where a share has a least size, the
//! smallest bids are left out until nobody's share is smaller. Where there is enough for all nothing is shared out.

use std::cmp::Reverse;

/// Who shares: the place in tie order, and the units that are held.
type Sharer = (usize, u64);

/// What each bid is given, in tie order, of units which are no more than all hold together. Those that hold nothing
/// take no part. If there is less than all hold, no share is smaller than `least`: whoever would have less has none.
pub(crate) fn shared_out(units: u64, held: &[u64], least: u64) -> Vec<u64> {
    if held.iter().fold(0u64, |sum, held| sum.saturating_add(*held)) == units {
        return held.to_vec();
    }
    let mut shares = vec![0u64; held.len()];
    let mut sharers: Vec<Sharer> =
        held.iter().copied().enumerate().filter(|(_, held)| *held > 0).collect();
    // The first to be left out stands first.
    sharers.sort_unstable_by_key(|(place, held)| (*held, Reverse(*place)));
    let mut groups = Groups::of(&sharers);
    let mut rest = sharers.as_slice();
    let mut whole = rest.iter().fold(0u64, |sum, (_, held)| sum.saturating_add(*held));
    while let Some(((_, smallest), others)) = rest.split_first() {
        let units = units.min(whole);
        if !groups.fall_short(units, whole, least) {
            let parts = in_proportion(units, whole, rest);
            if parts.iter().all(|(_, share)| *share >= least) {
                for (place, share) in parts {
                    if let Some(given) = shares.get_mut(place) {
                        *given = share;
                    }
                }
                return shares;
            }
        }
        groups.leave_out_smallest();
        whole = whole.saturating_sub(*smallest);
        rest = others;
    }
    shares
}

/// `floor(L*h / B)` each, and the units left go one each to those with the largest `L*h mod B`, of equals to the first
/// in tie order.
fn in_proportion(units: u64, whole: u64, sharers: &[Sharer]) -> Vec<Sharer> {
    let mut parts: Vec<(usize, u64, u64)> = sharers
        .iter()
        .map(|(place, held)| {
            let (share, remainder) = part(units, *held, whole);
            (*place, share, remainder)
        })
        .collect();
    parts.sort_unstable_by_key(|(place, _, remainder)| (Reverse(*remainder), *place));
    let given = parts.iter().fold(0u64, |sum, (_, share, _)| sum.saturating_add(*share));
    let mut left = units.saturating_sub(given);
    let give = |(place, share, _): (usize, u64, u64)| {
        let more = u64::from(left > 0);
        left = left.saturating_sub(more);
        (place, share.saturating_add(more))
    };
    parts.into_iter().map(give).collect()
}

/// `floor(L*h / B)` and `L*h mod B`.
fn part(units: u64, held: u64, whole: u64) -> (u64, u64) {
    let product = u128::from(units).saturating_mul(held.into());
    let whole = u128::from(whole);
    let narrow = |n: Option<u128>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    (narrow(product.checked_div(whole)), narrow(product.checked_rem(whole)))
}

/// Sharers that hold the same, of which there are few kinds. They tell at once of most sharings that some share is too
/// small: else many bids that are left out one by one would cost the square of their number.
struct Groups {
    /// What each of a group holds, and how many there are; who holds the most stands first.
    largest_first: Vec<(u64, u64)>,
}

impl Groups {
    fn of(sharers: &[Sharer]) -> Self {
        let mut groups: Vec<(u64, u64)> = Vec::new();
        for (_, held) in sharers.iter().rev() {
            match groups.last_mut() {
                Some((same, count)) if same == held => *count = count.saturating_add(1),
                _ => groups.push((*held, 1)),
            }
        }
        Self { largest_first: groups }
    }

    fn leave_out_smallest(&mut self) {
        if let Some((_, count)) = self.largest_first.last_mut() {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.largest_first.pop();
            }
        }
    }

    /// Whether somebody's share is certainly less than `least`. Where remainders are equal and decide, it may be too
    /// although this says no.
    fn fall_short(&self, units: u64, whole: u64, least: u64) -> bool {
        let Some((smallest, _)) = self.largest_first.last() else { return false };
        let (share, _) = part(units, *smallest, whole);
        if share >= least {
            return false;
        }
        if share.saturating_add(1) < least {
            return true;
        }
        // The smallest shares are one too small. Does a unit that is left come to each of them?
        let parts =
            || self.largest_first.iter().map(|(held, count)| (part(units, *held, whole), *count));
        let given = parts()
            .fold(0u64, |sum, ((share, _), count)| sum.saturating_add(share.saturating_mul(count)));
        let needy = parts().filter(|((share, _), _)| *share < least);
        let last = needy.map(|((_, remainder), _)| remainder).min().unwrap_or(0);
        let before = parts().filter(|((share, remainder), _)| {
            *remainder > last || (*share < least && *remainder == last)
        });
        let before = before.fold(0u64, |sum, (_, count)| sum.saturating_add(count));
        before > units.saturating_sub(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule as it is written.
    fn plainly(units: u64, held: &[u64], least: u64) -> Vec<u64> {
        if units == held.iter().sum::<u64>() {
            return held.to_vec();
        }
        let mut takes_part: Vec<usize> = (0..held.len()).filter(|i| held[*i] > 0).collect();
        loop {
            let whole: u64 = takes_part.iter().map(|i| held[*i]).sum();
            let mut shares = vec![0; held.len()];
            if whole == 0 {
                return shares;
            }
            let units = units.min(whole);
            takes_part.iter().for_each(|i| shares[*i] = units * held[*i] / whole);
            let mut order = takes_part.clone();
            order.sort_by_key(|i| (Reverse(units * held[*i] % whole), *i));
            let left = units - shares.iter().sum::<u64>();
            order.iter().take(left as usize).for_each(|i| shares[*i] += 1);
            if takes_part.iter().all(|i| shares[*i] >= least) {
                return shares;
            }
            let out = *takes_part.iter().min_by_key(|i| (held[**i], Reverse(**i))).unwrap();
            takes_part.retain(|i| *i != out);
        }
    }

    #[test]
    fn all_trade_what_they_hold_where_it_is_enough() {
        assert_eq!(shared_out(9, &[2, 0, 3, 4], 0), [2, 0, 3, 4]);
        assert_eq!(shared_out(0, &[2, 3], 0), [0, 0]);
        assert!(shared_out(0, &[], 1).is_empty());
        assert_eq!(shared_out(5, &[0, 5], 1), [0, 5]);
        // However little: then nothing is shared out.
        assert_eq!(shared_out(7, &[2, 5], 3), [2, 5]);
    }

    #[test]
    fn units_left_go_to_the_largest_remainders_and_of_equals_to_the_first() {
        // 10/3 each: one unit is left, and all remainders are equal.
        assert_eq!(shared_out(10, &[5, 5, 5], 0), [4, 3, 3]);
        assert_eq!(shared_out(11, &[5, 5, 5], 0), [4, 4, 3]);
        // 7 of 1 + 2 + 6: 7/9, 14/9 and 42/9 leave 7, 5 and 6 ninths.
        assert_eq!(shared_out(7, &[1, 2, 6], 0), [1, 1, 5]);
        assert_eq!(shared_out(1, &[3, 4, 4], 0), [0, 1, 0]);
    }

    #[test]
    fn who_would_have_less_than_the_least_is_left_out_the_smallest_and_last_first() {
        // 4 of 10: 1, 1, 2. The second of the equals goes, then 4 of 7 are 2 and 2.
        assert_eq!(shared_out(4, &[3, 3, 4], 2), [2, 0, 2]);
        // What the others hold is then less than what there is: some is not traded.
        assert_eq!(shared_out(9, &[4, 6], 5), [0, 6]);
        assert_eq!(shared_out(9, &[4, 4, 2], 5), [0, 0, 0]);
        // Of those who are left too, although there is enough for them.
        assert_eq!(shared_out(6, &[4, 3, 1], 5), [0, 0, 0]);
    }

    #[test]
    fn sharing_is_as_the_rule_is_written() {
        let mut state = 7u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..20_000 {
            let held: Vec<u64> = (0..next(9)).map(|_| next(12)).collect();
            let whole: u64 = held.iter().sum();
            let (units, least) = (next(whole + 1), next(5));
            let shares = shared_out(units, &held, least);
            assert_eq!(shares, plainly(units, &held, least), "{units} of {held:?}, {least}");
            assert!(shares.iter().zip(&held).all(|(share, held)| share <= held));
            if least == 0 {
                assert_eq!(shares.iter().sum::<u64>(), units);
                let fair =
                    |(share, held): (&u64, &u64)| (share * whole).abs_diff(units * held) < whole;
                assert!(whole == 0 || shares.iter().zip(&held).all(fair));
            }
        }
    }

    #[test]
    fn many_bids_that_are_left_out_cost_no_square() {
        let held = vec![1u64; 65_535];
        let shares = shared_out(1_000, &held, 1);
        assert!(shares.iter().take(1_000).all(|share| *share == 1));
        assert!(shares.iter().skip(1_000).all(|share| *share == 0));
        let rising: Vec<u64> = (1..=11_000).collect();
        let shares = shared_out(50_000, &rising, 40);
        assert_eq!(shares.iter().sum::<u64>(), 50_000);
        assert!(shares.iter().all(|share| *share == 0 || *share >= 40));
    }
}
