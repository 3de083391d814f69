//! That a Merkle tree has grown, and nothing in it was changed (RFC 9162, section 2.1.4).

use crate::board::merkle::{node, root};
use talea_protocol::bytes::Digest;

/// The longest proof between two trees: two hashes for each bit of a number of entries.
pub const MAX_HASHES: usize = 2 * 64;

/// Whether a proof shows that the tree with the root `before` over `from` entries is the beginning of the tree
/// with the root `after` over `to` entries.
#[must_use]
pub fn holds(
    (from, before): (u64, &Digest),
    (to, after): (u64, &Digest),
    proof: &[Digest],
) -> bool {
    // The empty tree is the beginning of every tree.
    if from == 0 {
        return proof.is_empty();
    }
    if from >= to {
        return from == to && before == after && proof.is_empty();
    }
    // RFC 9162, section 2.1.4.2. If the smaller tree is whole, its root is not in the proof.
    let mut path = proof.iter();
    let Some(first) = (if from.is_power_of_two() { Some(before) } else { path.next() }) else {
        return false;
    };
    let (mut at, mut last) = (from - 1, to - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut old, mut new) = (*first, *first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            (old, new) = (node(hash, &old), node(hash, &new));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new = node(&new, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && old == *before && new == *after
}

/// The proof, as section 2.1.4.1 defines it.
#[must_use]
pub fn proof(from: usize, leaves: &[Digest]) -> Vec<Digest> {
    fn sub_proof(from: usize, leaves: &[Digest], is_whole: bool) -> Vec<Digest> {
        if from == leaves.len() {
            return if is_whole { vec![] } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut hashes, beside) = if from <= left.len() {
            (sub_proof(from, left, is_whole), root(right))
        } else {
            (sub_proof(from - left.len(), right, false), root(left))
        };
        hashes.push(beside);
        hashes
    }
    if from == 0 { vec![] } else { sub_proof(from, leaves, true) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::merkle::leaf;

    #[test]
    fn a_proof_shows_of_every_small_tree_that_it_grew_into_every_larger_one_and_nothing_else() {
        let leaves: Vec<Digest> = (0..34u64).map(|n| leaf(&n.to_le_bytes())).collect();
        let other = leaf(b"another");
        for to in 0..leaves.len() {
            let after = root(&leaves[..to]);
            for from in 0..=to {
                let (before, hashes) = (root(&leaves[..from]), proof(from, &leaves[..to]));
                let check =
                    |from: usize, before: &Digest, to: usize, after: &Digest, hashes: &[_]| {
                        holds((from as u64, before), (to as u64, after), hashes)
                    };
                assert!(check(from, &before, to, &after, &hashes), "{from} in {to}");
                assert!(hashes.len() <= MAX_HASHES);
                if from == 0 {
                    continue;
                }
                assert!(!check(from, &other, to, &after, &hashes), "{from} in {to}");
                assert!(!check(from, &before, to, &other, &hashes), "{from} in {to}");
                assert!(!check(to + 1, &before, to, &after, &hashes));
                let longer = [&hashes[..], &[other]].concat();
                assert!(!check(from, &before, to, &after, &longer), "{from} in {to}");
                for at in 0..hashes.len() {
                    let mut changed = hashes.clone();
                    changed[at] = other;
                    assert!(!check(from, &before, to, &after, &changed), "{from} in {to}, {at}");
                    changed.remove(at);
                    assert!(!check(from, &before, to, &after, &changed), "{from} in {to}, {at}");
                }
                // One entry of the beginning changed.
                let mut rewritten = leaves[..to].to_vec();
                rewritten[from - 1] = other;
                assert!(!check(from, &before, to, &root(&rewritten), &proof(from, &rewritten)));
            }
        }
    }
}
