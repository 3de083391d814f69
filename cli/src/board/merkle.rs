//! A Merkle tree over the entries of a transcript (RFC 6962, section 2.1): a party that holds a
//! signed root can show, years later, that an entry is under it.

use talea_protocol::bytes::Digest;

/// The hash of a leaf.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    Digest::of(&[&[0], bytes])
}

/// The hash of what stands above two hashes.
pub(crate) fn node(left: &Digest, right: &Digest) -> Digest {
    Digest::of(&[&[1], &left.0, &right.0])
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// The root over these leaves; that of no leaves is the hash of nothing.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The roots of the perfect trees that a growing list of leaves falls into, the largest first: what
/// it takes to know the root after every leaf.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    count: u64,
    perfect: Vec<Digest>,
}

impl Frontier {
    /// Adds a leaf; the root over all so far.
    pub fn push(&mut self, leaf: Digest) -> Digest {
        let mut right = leaf;
        // As in adding one to a binary number: a tree as large as the new one joins it.
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.perfect.pop() {
                right = node(&left, &right);
            }
        }
        self.perfect.push(right);
        self.count += 1;
        let smallest_first = self.perfect.iter().rev().copied();
        smallest_first.reduce(|right, left| node(&left, &right)).unwrap_or(leaf)
    }
}

/// The audit path of leaf `index`, from the leaf up; nothing if there is no such leaf.
#[must_use]
pub fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let mut hashes = Vec::new();
    let (mut rest, mut index) = (leaves, index);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if index < left.len() {
            hashes.push(root(right));
            rest = left;
        } else {
            index -= left.len();
            hashes.push(root(left));
            rest = right;
        }
    }
    hashes.reverse();
    Some(hashes)
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

    #[test]
    fn every_path_of_every_small_tree_leads_to_its_root_and_no_other_does() {
        for count in 1..40usize {
            let leaves: Vec<Digest> = (0..count).map(|n| leaf(&n.to_le_bytes())).collect();
            let root = root(&leaves);
            for index in 0..count {
                let path = path(&leaves, index).unwrap();
                let found = |leaf, index: usize, count: usize, path: &[Digest]| {
                    root_of_path(leaf, index as u64, count as u64, path)
                };
                assert_eq!(found(leaves[index], index, count, &path), Some(root));
                for other in (0..count + 1).filter(|other| *other != index) {
                    assert_ne!(found(leaves[index], other, count, &path), Some(root));
                }
                let longer = [&path[..], &[root]].concat();
                assert_ne!(found(leaves[index], index, count, &longer), Some(root));
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(found(leaves[index], index, count, shorter), Some(root));
                }
            }
            assert_eq!(path(&leaves, count), None);
        }
    }

    #[test]
    fn a_frontier_has_the_root_after_every_leaf() {
        let leaves: Vec<Digest> = (0..70u64).map(|n| leaf(&n.to_le_bytes())).collect();
        let mut frontier = Frontier::default();
        for (at, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.push(*leaf), root(&leaves[..=at]), "{at}");
        }
    }

    #[test]
    fn the_root_is_that_of_the_standard() {
        // RFC 6962: the empty tree is the hash of the empty string; an interior node is
        // SHA-256(1 || left || right).
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(root(&[]).0), empty);
        // The one-leaf tree over the empty string, as certificate-transparency logs have it.
        let one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex::encode(root(&[leaf(b"")]).0), one);
    }
}
