//! The award in the clear, where the terms disclose everything: by the plain rule.

use talea_protocol::{outcome::Standing, price::Rung, terms::Mechanism};

/// The price and how each bid, in tie order, stands to it, if it wins. Nothing if no bid reaches
/// the reserve.
pub(crate) fn award(
    mechanism: Mechanism,
    bids: &[Rung],
    reserve: Option<Rung>,
) -> Option<(Rung, Vec<Option<Standing>>)> {
    if reserve.is_some_and(|reserve| bids.iter().all(|bid| *bid < reserve)) {
        return None;
    }
    let limit = usize::from(mechanism.limit());
    if reserve.is_none() && bids.len() <= limit {
        return Some((Rung(0), vec![Some(Standing::NotCompared); bids.len()]));
    }
    // The price is what at most M are above; at a uniform price the reserve stands for M units.
    let mut all = bids.to_vec();
    if let Some(reserve) = reserve {
        all.extend(std::iter::repeat_n(reserve, limit));
    }
    all.sort_by(|a, b| b.cmp(a));
    let price = *all.get(limit)?;
    let above = match mechanism {
        Mechanism::FirstPrice => 0,
        Mechanism::UniformPrice { .. } => bids.iter().filter(|bid| **bid > price).count(),
    };
    let mut places = usize::from(mechanism.units()).saturating_sub(above);
    let standings = bids
        .iter()
        .map(|bid| {
            if *bid > price {
                return Some(Standing::AbovePrice);
            }
            if *bid < price || places == 0 {
                return None;
            }
            places = places.saturating_sub(1);
            Some(Standing::AtPrice)
        })
        .collect();
    Some((price, standings))
}
