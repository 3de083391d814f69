//! Depth: how many bids lie in each price bucket, without the best (section 11).

use curve25519_dalek::scalar::Scalar;
use talea_protocol::{bytes::List, check::Check, limits::MAX_BUCKETS};

use std::ops::Range;

use super::{
    super::unary_encoding::UnaryEncoding,
    dialogue::{Halt, KeyholderChannel},
    unary::{Counts, FirstSums, Rows},
};

/// Bids per first digit, whose entries are at the indices `first`, without the `limit` best, `M'`.
pub(crate) async fn depth(
    channel: &KeyholderChannel,
    limit: u16,
    first: Range<usize>,
    bids: &[&UnaryEncoding],
    known: Option<&FirstSums>,
) -> Result<List<u32, MAX_BUCKETS>, Halt> {
    // T_j = sum over ranked bids of U_i[1][j], 0 < j < B_1
    let width = first.len();
    let columns: Vec<usize> = (1..=width).collect();
    let mut totals = Rows::first(bids, first, known).sums(&columns, |_| 1).ok_or(Halt::Lost)?;
    let at_most = channel.are_at_most(limit, Scalar::ONE, totals.clone()).await?;

    // K13: those that are more are the first ones, ...
    let more = at_most.iter().take_while(|at_most| !**at_most).count();
    let are_first = at_most.iter().skip(more).all(|at_most| *at_most);
    channel.judge(Check::CountOpened, are_first)?;
    totals.truncate(more);
    let opened = channel.open(totals).await?;
    // ... each a count in M'+1 ..= n, and none greater than the one before.
    let n = bids.len();
    let limit = usize::from(limit);
    let mut most = n;
    // D_j of 0 ..= B_1.
    let mut beyond = vec![n.saturating_sub(limit)];
    let counts = Counts::up_to(n).of(&opened);
    channel.has_counted(counts.iter().filter_map(|count| *count));
    for count in counts {
        let count = count.filter(|count| *count > limit && *count <= most);
        channel.judge(Check::CountOpened, count.is_some())?;
        most = count.ok_or(Halt::Lost)?;
        beyond.push(most.saturating_sub(limit));
    }
    beyond.resize(width.saturating_add(2), 0);
    let buckets = beyond
        .iter()
        .zip(beyond.iter().skip(1))
        .map(|(here, next)| u32::try_from(here.saturating_sub(*next)).ok());
    let buckets: Option<Vec<u32>> = buckets.collect();
    List::new(buckets.ok_or(Halt::Lost)?).map_err(|_| Halt::Lost)
}
