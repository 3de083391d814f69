//! A Merkle tree over the entries of a transcript (RFC 6962, section 2.1): a party that holds a
//! signed root can show, years later, that an entry is under it.

use talea_protocol::bytes::Digest;

/// The hash of a leaf.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    Digest::of(&[&[0], bytes])
}

fn node(left: &Digest, right: &Digest) -> Digest {
    Digest::of(&[&[1], &left.0, &right.0])
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// A tree that grows leaf by leaf. It keeps the root of every perfect tree in it, so the root after any number of
/// leaves, a path and a proof of consistency take a few hashes each.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// On level `k` the roots of the perfect trees of `2^k` leaves, from the first leaf on.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for level in 0.. {
            match self.levels.get_mut(level) {
                Some(hashes) => hashes.push(hash),
                None => self.levels.push(vec![hash]),
            }
            // As in adding one to a binary number: two trees of one size are a larger one.
            let hashes = self.levels.get(level).map_or(&[][..], Vec::as_slice);
            let ([.., left, right], true) = (hashes, hashes.len().is_multiple_of(2)) else {
                return;
            };
            hash = node(left, right);
        }
    }

    /// The leaves.
    #[must_use]
    pub fn leaves(&self) -> &[Digest] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The root over `count` leaves from `start` on, where a tree of the standard has a node over these.
    fn over(&self, start: usize, count: usize) -> Option<Digest> {
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.levels.get(usize::try_from(level).ok()?)?.get(start >> level).copied();
        }
        let left = split(count);
        Some(node(&self.over(start, left)?, &self.over(start + left, count - left)?))
    }

    /// The root over the first leaves; nothing if there are not so many. That of no leaves is the hash of nothing.
    #[must_use]
    pub fn root(&self, count: u64) -> Option<Digest> {
        match usize::try_from(count).ok()? {
            0 => Some(Digest::of(&[])),
            count if count <= self.leaves().len() => self.over(0, count),
            _ => None,
        }
    }

    /// The audit path of leaf `index` in the tree of the first `count` leaves, from the leaf up; nothing if there is
    /// no such leaf in it.
    #[must_use]
    pub fn path(&self, index: usize, count: u64) -> Option<Vec<Digest>> {
        let count = usize::try_from(count).ok()?;
        if index >= count || count > self.leaves().len() {
            return None;
        }
        let mut hashes = Vec::new();
        let (mut start, mut rest) = (0, count);
        while rest > 1 {
            let left = split(rest);
            if index < start + left {
                hashes.push(self.over(start + left, rest - left)?);
                rest = left;
            } else {
                hashes.push(self.over(start, left)?);
                (start, rest) = (start + left, rest - left);
            }
        }
        hashes.reverse();
        Some(hashes)
    }

    /// The proof that the tree of the first `from` leaves is the beginning of that of the first `to` (RFC 9162,
    /// section 2.1.4.1); nothing if there are no such trees. It is empty where they are the same, or the first is
    /// empty.
    #[must_use]
    pub fn consistency(&self, from: u64, to: u64) -> Option<Vec<Digest>> {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        if from > to || to > self.leaves().len() {
            return None;
        }
        let mut hashes = Vec::new();
        if from == 0 || from == to {
            return Some(hashes);
        }
        let (mut start, mut rest) = (0, to);
        while from - start < rest {
            let left = split(rest);
            if from - start <= left {
                hashes.push(self.over(start + left, rest - left)?);
                rest = left;
            } else {
                hashes.push(self.over(start, left)?);
                (start, rest) = (start + left, rest - left);
            }
        }
        // Whoever checks the proof knows the root of the smaller tree.
        if start > 0 {
            hashes.push(self.over(start, rest)?);
        }
        hashes.reverse();
        Some(hashes)
    }
}

/// Whether a proof shows that a tree of `from` leaves with one root is the beginning of a tree of `to` leaves with
/// the other (RFC 9162, section 2.1.4.2).
#[must_use]
pub fn is_consistent(
    (from, first): (u64, Digest),
    (to, second): (u64, Digest),
    proof: &[Digest],
) -> bool {
    if from == 0 || from == to {
        return from <= to && proof.is_empty() && (from == 0 || first == second);
    }
    if from > to {
        return false;
    }
    let (mut at, mut last) = (from - 1, to - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let mut hashes = proof.iter();
    // Where the first tree is perfect, its root begins the proof.
    let begin = if from.is_power_of_two() { Some(&first) } else { hashes.next() };
    let Some(begin) = begin else { return false };
    let (mut one, mut other) = (*begin, *begin);
    for hash in hashes {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            (one, other) = (node(hash, &one), node(hash, &other));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            other = node(&other, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    one == first && other == second && last == 0
}

/// The root that a leaf and its audit path imply for a tree of `count` leaves; nothing if the path
/// is not as long as it must be.
#[must_use]
pub fn root_of_path(leaf: Digest, index: u64, count: u64, path: &[Digest]) -> Option<Digest> {
    if index >= count {
        return None;
    }
    // RFC 9162, section 2.1.3.2.
    let (mut at, mut last) = (index, count - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root as the standard defines it.
    fn root(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(&[]),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node(&root(left), &root(right))
            }
        }
    }

    fn tree(count: usize) -> Tree {
        let mut tree = Tree::default();
        (0..count).for_each(|n| tree.push(leaf(&n.to_le_bytes())));
        tree
    }

    #[test]
    fn every_path_of_every_small_tree_leads_to_its_root_and_no_other_does() {
        let tree = tree(40);
        for count in 1..40usize {
            let leaves = &tree.leaves()[..count];
            let root = root(leaves);
            for (index, leaf) in leaves.iter().enumerate() {
                let path = tree.path(index, count as u64).unwrap();
                let found = |leaf, index: usize, count: usize, path: &[Digest]| {
                    root_of_path(leaf, index as u64, count as u64, path)
                };
                assert_eq!(found(*leaf, index, count, &path), Some(root));
                for other in (0..count + 1).filter(|other| *other != index) {
                    assert_ne!(found(*leaf, other, count, &path), Some(root));
                }
                let longer = [&path[..], &[root]].concat();
                assert_ne!(found(*leaf, index, count, &longer), Some(root));
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(found(*leaf, index, count, shorter), Some(root));
                }
            }
            assert_eq!(tree.path(count, count as u64), None);
        }
        assert_eq!(tree.path(0, 41), None);
    }

    #[test]
    fn a_growing_tree_has_the_root_after_every_leaf() {
        let tree = tree(70);
        for count in 0..=70 {
            assert_eq!(tree.root(count as u64), Some(root(&tree.leaves()[..count])), "{count}");
        }
        assert_eq!(tree.root(71), None);
    }

    #[test]
    fn every_two_small_trees_of_one_log_are_consistent_and_no_others() {
        let tree = tree(40);
        let root = |count: u64| (count, tree.root(count).unwrap());
        for to in 0..=40 {
            for from in 0..=to {
                let proof = tree.consistency(from, to).unwrap();
                assert!(is_consistent(root(from), root(to), &proof), "{from} {to}");
                let other = (from, leaf(b"other"));
                assert!(from == 0 || !is_consistent(other, root(to), &proof), "{from} {to}");
                let other = (to, leaf(b"other"));
                assert!(from == 0 || !is_consistent(root(from), other, &proof), "{from} {to}");
                let longer = [&proof[..], &[leaf(b"more")]].concat();
                assert!(!is_consistent(root(from), root(to), &longer), "{from} {to}");
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!is_consistent(root(from), root(to), shorter), "{from} {to}");
                }
                assert_eq!(tree.consistency(to + 1, to), None);
            }
        }
        assert_eq!(tree.consistency(1, 41), None);
    }

    #[test]
    fn the_root_is_that_of_the_standard() {
        // RFC 6962: the empty tree is the hash of the empty string; an interior node is
        // SHA-256(1 || left || right).
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(Tree::default().root(0).unwrap().0), empty);
        // The one-leaf tree over the empty string, as certificate-transparency logs have it.
        let one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        let mut tree = Tree::default();
        tree.push(leaf(b""));
        assert_eq!(hex::encode(tree.root(1).unwrap().0), one);
    }
}
