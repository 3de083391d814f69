//! When a party hands in again what its replica does not show. Whatever else lies in the board's folder
//! proves nothing: a file in the inbox may be anybody's, and an answer too.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use talea_protocol::bytes::Digest;

/// How long the first attempt is left alone: some looks at the transcript.
const FIRST: Duration = Duration::from_secs(1);
/// How long every later one is at most: each wait is twice the one before, up to this.
pub const LONGEST: Duration = Duration::from_secs(8);
/// How many instructions are remembered. Whoever hands in more than that hands some in too early.
const MOST: usize = 1 << 16;

/// What was handed in and is not in the transcript.
#[derive(Clone, Debug, Default)]
pub struct Attempts(BTreeMap<Digest, Attempt>);

#[derive(Clone, Copy, Debug)]
struct Attempt {
    first: Instant,
    last: Instant,
    wait: Duration,
    /// Whether a refusal that came since was judged.
    is_judged: bool,
}

impl Attempts {
    /// Whether it is time to hand this in, for the first time or again. What seems to wait in the inbox
    /// still is left there as long as it may be, and no longer.
    #[must_use]
    pub fn is_due(&self, id: &Digest, now: Instant, waits: impl FnOnce() -> bool) -> bool {
        self.0.get(id).is_none_or(|attempt| {
            let since = now.saturating_duration_since(attempt.last);
            since >= attempt.wait && (since >= LONGEST || !waits())
        })
    }

    /// It is handed in now.
    pub fn made(&mut self, id: Digest, now: Instant) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let attempt = match self.0.get(&id) {
            None => Attempt { first: now, last: now, wait: FIRST, is_judged: false },
            Some(before) => {
                let wait = before.wait.saturating_mul(2).min(LONGEST);
                Attempt { last: now, wait, is_judged: false, ..*before }
            }
        };
        self.0.insert(id, attempt);
    }

    /// It was accepted, or nobody wants it any more.
    pub fn forget(&mut self, id: &Digest) {
        self.0.remove(id);
    }

    /// When it was handed in first.
    #[must_use]
    pub fn first(&self, id: &Digest) -> Option<Instant> {
        self.0.get(id).map(|attempt| attempt.first)
    }

    /// Whether a refusal of the last attempt is to be judged: once for each.
    pub fn judges(&mut self, id: &Digest) -> bool {
        let judged = self.0.get_mut(id).map(|attempt| &mut attempt.is_judged);
        judged.is_none_or(|judged| !std::mem::replace(judged, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often something is handed in within an hour of looks.
    fn within_an_hour(waits: bool) -> Vec<u64> {
        let (mut attempts, id, start) = (Attempts::default(), Digest([7; 32]), Instant::now());
        let mut made = Vec::new();
        for second in 0..3_600 {
            let now = start + Duration::from_secs(second);
            if attempts.is_due(&id, now, || waits) {
                attempts.made(id, now);
                made.push(second);
            }
        }
        assert_eq!(attempts.first(&id), Some(start));
        made
    }

    #[test]
    fn the_waits_grow_to_a_bound() {
        let made = within_an_hour(false);
        assert_eq!(made[..7], [0, 1, 3, 7, 15, 23, 31]);
        assert!(made.windows(2).all(|pair| pair[1] - pair[0] <= LONGEST.as_secs()));
        assert_eq!(made.len(), 4 + (3_600 - 15_usize).div_ceil(8));
    }

    #[test]
    fn a_name_in_the_inbox_keeps_nothing_from_being_handed_in_for_ever() {
        assert_eq!(within_an_hour(true)[..4], [0, 8, 16, 24]);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_each_attempt_is_judged_once() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for n in 0..MOST as u64 + 3 {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&n.to_le_bytes());
            attempts.made(Digest(id), now);
            assert!(attempts.0.len() <= MOST);
            assert!(attempts.judges(&Digest(id)) && !attempts.judges(&Digest(id)));
        }
        let id = Digest([9; 32]);
        attempts.made(id, now);
        attempts.forget(&id);
        assert!(attempts.is_due(&id, now, || true));
    }
}
