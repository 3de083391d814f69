//! Turns in a row: where keyholders act one after the other on a chunk, what one puts out the next takes
//! in. What stands between two turns occurs in the equations of both, so they are folded together and it is
//! multiplied once.

use std::{collections::BTreeMap, sync::Arc};

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rayon::prelude::*;

use super::ProofError;
use crate::{
    fiat_shamir::{Binding, Weights},
    group::{FOLD_POINTS, Fold, QuorumKey},
};

/// What a turn takes in, or puts out.
pub(crate) trait Items {
    /// How many points it has.
    fn count(&self) -> usize;

    /// All points, in order.
    fn points(&self) -> impl Iterator<Item = &RistrettoPoint>;
}

/// A keyholder's turn on a chunk.
pub(crate) trait Turn: Sync {
    /// What it takes in, and puts out.
    type Items: Items;

    /// The outputs of the turn before, if any; the same allocation identifies it.
    fn inputs(&self) -> &Self::Items;

    /// What the next turn takes in.
    fn outputs(&self) -> &Arc<Self::Items>;

    /// Points that a fold of this turn weighs besides inputs and outputs.
    fn other_points(&self) -> usize;
}

/// Points that a fold of turns in a row weighs.
pub(crate) fn points<'a, T: Turn + 'a>(turns: impl IntoIterator<Item = &'a T>) -> usize {
    let mut turns = turns.into_iter().peekable();
    let inputs = turns.peek().map_or(0, |first| first.inputs().count());
    turns.fold(inputs, |sum, turn| {
        sum.saturating_add(turn.outputs().count()).saturating_add(turn.other_points())
    })
}

/// Cuts turns into folds, each with the place of its turns among all: turns in a row are in one, and then
/// as many as are worth it. Which share a fold depends on nothing but the turns.
pub(crate) fn cut<T: Turn>(turns: &[T]) -> Vec<Vec<(usize, &T)>> {
    // A turn belongs to the chain whose last outputs are its inputs.
    let mut chains: Vec<Vec<(usize, &T)>> = Vec::new();
    let mut chain_of: BTreeMap<*const T::Items, usize> = BTreeMap::new();
    for (at, turn) in turns.iter().enumerate() {
        let known = chain_of.remove(&std::ptr::from_ref(turn.inputs()));
        let chain = known.unwrap_or(chains.len());
        match chains.get_mut(chain) {
            Some(chain) => chain.push((at, turn)),
            None => chains.push(vec![(at, turn)]),
        }
        chain_of.insert(Arc::as_ptr(turn.outputs()), chain);
    }
    let mut folds: Vec<Vec<(usize, &T)>> = Vec::new();
    let mut room = 0usize;
    for chain in chains {
        let points = points(chain.iter().map(|(_, turn)| *turn));
        match folds.last_mut().filter(|_| room > 0) {
            Some(fold) => fold.extend(chain),
            None => {
                room = FOLD_POINTS;
                folds.push(chain);
            }
        }
        room = room.saturating_sub(points);
    }
    folds
}

/// Judges turns: nothing for one that holds. Where a fold does not hold, each of its turns is judged by
/// itself.
pub(crate) fn judge<'a, T: Turn, C: Send + Sync>(
    turns: &'a [T],
    challenge: impl Fn(&'a T) -> C + Sync,
    hold: impl Fn(&[&C]) -> bool + Sync,
    fault: impl Fn(&C) -> ProofError + Sync,
) -> Vec<Option<ProofError>> {
    let verdicts: Vec<Vec<(usize, Option<ProofError>)>> = cut(turns)
        .into_par_iter()
        .with_max_len(1)
        .map(|fold| {
            let challenged: Vec<(usize, C)> =
                fold.into_iter().map(|(at, turn)| (at, challenge(turn))).collect();
            let all: Vec<&C> = challenged.iter().map(|(_, one)| one).collect();
            if hold(&all) {
                return challenged.iter().map(|(at, _)| (*at, None)).collect();
            }
            let alone = |(at, one): &(usize, C)| (*at, (!hold(&[one])).then(|| fault(one)));
            challenged.par_iter().map(alone).collect()
        })
        .collect();
    let mut verdicts = verdicts.concat();
    verdicts.sort_by_key(|(at, _)| *at);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Whether all equations of these proofs vanish together; `add` adds those of each, with weights that depend on
/// every byte of all.
pub(crate) fn fold_vanishes<'a, T: Items + 'a>(
    bindings: &[Binding],
    points: usize,
    quorum_key: &QuorumKey,
    add: impl FnOnce(&mut Fold, &mut Sums<'a, T>, &mut Weights),
) -> bool {
    let mut weights = Weights::for_proofs(bindings.iter());
    let mut fold = Fold::with_capacity(points);
    let mut sums = Sums::new();
    add(&mut fold, &mut sums, &mut weights);
    sums.add_to(&mut fold);
    fold.vanishes(&quorum_key.point)
}

/// What multiplies the points of items, gathered over all turns of a fold.
pub(crate) struct Sums<'a, T> {
    place: BTreeMap<*const T, usize>,
    sums: Vec<(&'a T, Vec<Scalar>)>,
}

impl<'a, T: Items> Sums<'a, T> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { place: BTreeMap::new(), sums: Vec::new() }
    }

    /// The sums of these items, `N` for each of them.
    pub(crate) fn of<const N: usize>(&mut self, items: &'a T) -> &mut [[Scalar; N]] {
        let next = self.sums.len();
        let place = *self.place.entry(std::ptr::from_ref(items)).or_insert(next);
        if place == next {
            self.sums.push((items, vec![Scalar::ZERO; items.count()]));
        }
        match self.sums.get_mut(place) {
            Some((_, sums)) => sums.as_chunks_mut().0,
            None => &mut [],
        }
    }

    /// Adds them to a fold.
    pub(crate) fn add_to(&self, fold: &mut Fold) {
        for (items, sums) in &self.sums {
            for (point, scalar) in items.points().zip(sums) {
                fold.add(*scalar, point);
            }
        }
    }
}

/// Adds to the sums of one item.
pub(crate) fn gather<const N: usize>(sums: &mut [Scalar; N], scalars: [Scalar; N]) {
    for (sum, scalar) in sums.iter_mut().zip(scalars) {
        *sum += scalar;
    }
}
