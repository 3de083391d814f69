//! The answers that a board gives: a convenience, which shortens a party's wait and proves nothing. None
//! is made to last through a crash, so many are kept and no more, and nothing in their way matters.

use crate::board::{
    folder::Answer,
    queue::Priority,
    shared::{Name, Shared},
};
use std::{collections::VecDeque, path::Path, time::SystemTime};
use talea_protocol::bytes::Digest;

/// Answers kept to those who have a part in the auction.
pub const TO_PARTS: usize = 4_096;
/// Answers kept to those who have none, who push nobody else's out.
pub const TO_STRANGERS: usize = 1_024;

/// The answers of a board, the oldest of each kind first.
#[derive(Debug, Default)]
pub struct Answers {
    to_parts: VecDeque<Digest>,
    to_strangers: VecDeque<Digest>,
}

impl Answers {
    /// Takes over what a process before this one left: the newest answers, as those to parties. What is no
    /// answer by its name goes, and so do older ones.
    #[must_use]
    pub fn take_over(folder: &Path) -> Self {
        let mut answers = Self::default();
        let Ok(shared) = Shared::open(folder) else { return answers };
        let mut found: Vec<(SystemTime, Digest)> = Vec::new();
        let prune = |found: &mut Vec<(SystemTime, Digest)>, most: usize| {
            found.sort_unstable_by(|a, b| b.cmp(a));
            for (_, id) in found.drain(most.min(found.len())..) {
                let _ = shared.remove(&Name::of_hash(id.0));
            }
        };
        // What cannot be listed or removed is in nobody's way.
        let _ = shared.each(|name, is_file| match name.hash() {
            Some(hash) if is_file => {
                let metadata = folder.join(hex::encode(hash)).symlink_metadata();
                let written = metadata.and_then(|metadata| metadata.modified());
                found.push((written.unwrap_or(SystemTime::UNIX_EPOCH), Digest(hash)));
                if found.len() >= 2 * TO_PARTS {
                    prune(&mut found, TO_PARTS);
                }
            }
            _ => drop(shared.remove(&name)),
        });
        prune(&mut found, TO_PARTS);
        answers.to_parts = found.into_iter().rev().map(|(_, id)| id).collect();
        answers
    }

    /// Gives an answer, and lets go of the oldest one if there are too many. Whether it could be written.
    pub fn give(&mut self, shared: &Shared, id: &Digest, answer: &Answer, to: Priority) -> bool {
        let text = serde_json::to_vec(answer).unwrap_or_default();
        if shared.write(&Name::of_hash(id.0), &text).is_err() {
            return false;
        }
        let (kept, most) = match to {
            Priority::Part => (&mut self.to_parts, TO_PARTS),
            Priority::Carrier | Priority::Stranger => (&mut self.to_strangers, TO_STRANGERS),
        };
        kept.push_back(*id);
        let oldest = if kept.len() > most { kept.pop_front() } else { None };
        if let Some(oldest) = oldest {
            // An answer that was given again since is further back in the queue: a stranger that hands in a
            // party's bytes takes no answer of it away.
            let is_kept = self.to_parts.contains(&oldest) || self.to_strangers.contains(&oldest);
            if !is_kept {
                let _ = shared.remove(&Name::of_hash(oldest.0));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::folder::Folder;
    use std::fs;

    fn refused() -> Answer {
        Answer::Refused { check: "C5".into(), sentence: "no money".into() }
    }

    fn id(n: usize) -> Digest {
        Digest::of(&[&n.to_le_bytes()])
    }

    #[test]
    fn so_many_are_kept_and_no_more_also_after_a_restart() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path());
        folder.create().unwrap();
        let shared = Shared::open(&folder.answers()).unwrap();
        let count = || fs::read_dir(folder.answers()).unwrap().count();
        let mut answers = Answers::take_over(&folder.answers());
        assert!(answers.give(&shared, &id(0), &refused(), Priority::Part));
        for n in 1..TO_STRANGERS + 100 {
            assert!(answers.give(&shared, &id(n), &refused(), Priority::Stranger));
        }
        assert_eq!(count(), 1 + TO_STRANGERS);
        // Nor does a stranger who hands in what a party handed in, and then so many of its own.
        assert!(answers.give(&shared, &id(0), &refused(), Priority::Stranger));
        for n in 1..TO_STRANGERS + 100 {
            assert!(answers.give(&shared, &id(n), &refused(), Priority::Stranger));
        }
        assert_eq!(count(), 1 + TO_STRANGERS);
        assert_eq!(folder.answer(&id(0)), Some(refused()), "strangers push nobody else's out");
        assert_eq!(folder.answer(&id(50)), None);
        for n in 0..TO_PARTS {
            assert!(answers.give(&shared, &id(10_000 + n), &refused(), Priority::Part));
        }
        assert_eq!(count(), TO_PARTS + TO_STRANGERS);
        assert_eq!(folder.answer(&id(0)), None);

        for n in 0..2 * TO_PARTS {
            fs::write(folder.answers().join(hex::encode(id(20_000 + n).0)), "old").unwrap();
        }
        fs::write(folder.answers().join(".draft"), "").unwrap();
        fs::create_dir_all(folder.answers().join("a").join("full")).unwrap();
        let mut answers = Answers::take_over(&folder.answers());
        assert_eq!(count(), TO_PARTS + 1, "a folder that is not empty stays, in nobody's way");
        assert!(answers.give(&shared, &id(1), &refused(), Priority::Part));
        assert_eq!(count(), TO_PARTS + 1);
        assert_eq!(folder.answer(&id(1)), Some(refused()));
    }

    #[test]
    fn what_stands_in_the_way_of_an_answer_is_left_there() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path());
        folder.create().unwrap();
        let shared = Shared::open(&folder.answers()).unwrap();
        fs::create_dir_all(folder.answers().join(hex::encode(id(1).0)).join("full")).unwrap();
        let mut answers = Answers::take_over(&folder.answers());
        assert!(!answers.give(&shared, &id(1), &refused(), Priority::Part));
        assert!(answers.give(&shared, &id(2), &refused(), Priority::Part));
        assert_eq!(fs::read_dir(folder.answers()).unwrap().count(), 2);
        let missing = folder.path().join("missing");
        assert!(Answers::take_over(&missing).to_parts.is_empty());
    }
}
