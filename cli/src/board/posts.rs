//! What parties post to a board over a network: it waits in memory until the board has judged it, so there are
//! bounds on how much of it there may be, for each sender's address, for each key, and in all.
//!
//! Two sides meet here. Whoever listens takes a [`Ticket`] before it reads a body, and hands the body in with it.
//! The board hears what came since it last asked, and says what each came to.

use crate::failure::Failure;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    limits::MAX_INSTRUCTION_BYTES,
};
use tokio::sync::oneshot;

/// How many may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From one address; those that are being read count.
    pub of_address: usize,
    /// Signed with one key.
    pub of_key: usize,
    /// In all.
    pub in_all: usize,
    /// Bytes in all, in MiB. Those of bodies that are being read do not count.
    pub mebibytes: usize,
}

/// So many bytes may wait for each post that an address may have: of the usual limits it is a quarter of a board.
const BYTES_OF_POST: usize = 256 << 10;

/// How many ask after one post at a time: the same bytes from many sides are one post.
const ASKING: usize = 64;

/// Which bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// That of the sender's address.
    Address,
    /// That of the key that signed it.
    Key,
    /// That of the board.
    Board,
    /// The board has stopped, for a fault of its own.
    Stopped,
}

/// What a post came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is in the transcript, synced, and under a checkpoint.
    Accepted {
        /// Which entry it is, from 1.
        entry: u64,
    },
    /// The rules refused it; nothing changed.
    Refused {
        /// The check, such as `C3`.
        check: String,
        /// Why.
        sentence: String,
    },
    /// Too much else waits, and whoever signed it has no part in the auction.
    Crowded,
    /// The board stopped before it could judge it.
    Stopped(Failure),
}

/// One that waits.
struct Post<C> {
    content: Arc<C>,
    bytes: usize,
    signer: PartyKey,
    address: IpAddr,
    asking: Vec<oneshot::Sender<Verdict>>,
}

struct Inner<C> {
    /// What the board has not heard of yet.
    fresh: Vec<Digest>,
    waiting: BTreeMap<Digest, Post<C>>,
    bytes: usize,
    of_address: BTreeMap<IpAddr, usize>,
    bytes_of_address: BTreeMap<IpAddr, usize>,
    of_key: BTreeMap<PartyKey, usize>,
    is_stopped: bool,
}

/// What waits for one board, by the hash of its bytes.
pub struct Posts<C> {
    limits: Limits,
    inner: Mutex<Inner<C>>,
    heard: Condvar,
}

/// Room for one post of an address, while it is read.
pub struct Ticket<'a, C> {
    posts: &'a Posts<C>,
    address: IpAddr,
}

impl<C> Drop for Ticket<'_, C> {
    fn drop(&mut self) {
        let mut inner = self.posts.lock();
        inner.leave_address(self.address);
    }
}

/// So much less of what is counted by a key.
fn count_down<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K, less: usize) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(less);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl<C> Inner<C> {
    fn leave_address(&mut self, address: IpAddr) {
        count_down(&mut self.of_address, &address, 1);
    }

    fn take_out(&mut self, id: &Digest) -> Option<Post<C>> {
        let post = self.waiting.remove(id)?;
        self.bytes = self.bytes.saturating_sub(post.bytes);
        self.leave_address(post.address);
        count_down(&mut self.bytes_of_address, &post.address, post.bytes);
        count_down(&mut self.of_key, &post.signer, 1);
        Some(post)
    }
}

impl<C> Posts<C> {
    /// Nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let inner = Inner {
            fresh: Vec::new(),
            waiting: BTreeMap::new(),
            bytes: 0,
            of_address: BTreeMap::new(),
            bytes_of_address: BTreeMap::new(),
            of_key: BTreeMap::new(),
            is_stopped: false,
        };
        Self { limits, inner: Mutex::new(inner), heard: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<C>> {
        // Each change is whole before anything can panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn most_bytes(&self) -> usize {
        self.limits.mebibytes.saturating_mul(1 << 20)
    }

    /// The most bytes that wait from one address: one instruction at least.
    fn most_bytes_of_address(&self) -> usize {
        self.limits.of_address.saturating_mul(BYTES_OF_POST).max(MAX_INSTRUCTION_BYTES)
    }

    /// Makes room for a post from this address, before any of it is read.
    ///
    /// # Errors
    /// Which bound is reached.
    pub fn admit(&self, address: IpAddr) -> Result<Ticket<'_, C>, Full> {
        let mut inner = self.lock();
        if inner.is_stopped {
            return Err(Full::Stopped);
        }
        if inner.waiting.len() >= self.limits.in_all || inner.bytes >= self.most_bytes() {
            return Err(Full::Board);
        }
        let count = inner.of_address.entry(address).or_insert(0);
        if *count >= self.limits.of_address {
            return Err(Full::Address);
        }
        *count += 1;
        Ok(Ticket { posts: self, address })
    }

    /// Hands in a post that was read: the hash of its bytes, who signed them, how many they are, and what they hold.
    /// Its verdict will come. The same bytes as those of a post that waits are that post.
    ///
    /// # Errors
    /// Which bound is reached; then it was not handed in.
    pub fn hand_in(
        &self,
        ticket: Ticket<'_, C>,
        id: Digest,
        (signer, bytes): (PartyKey, usize),
        content: C,
    ) -> Result<oneshot::Receiver<Verdict>, Full> {
        let address = ticket.address;
        let (says, verdict) = oneshot::channel();
        let mut inner = self.lock();
        if inner.is_stopped {
            drop(inner);
            return Err(Full::Stopped);
        }
        if let Some(post) = inner.waiting.get_mut(&id) {
            post.asking.retain(|asking| !asking.is_closed());
            let has_room = post.asking.len() < ASKING;
            if has_room {
                post.asking.push(says);
            }
            drop(inner);
            return if has_room { Ok(verdict) } else { Err(Full::Key) };
        }
        // Many may have been let in before any of them was read.
        if inner.waiting.len() >= self.limits.in_all
            || inner.bytes.saturating_add(bytes) > self.most_bytes()
        {
            drop(inner);
            return Err(Full::Board);
        }
        let of_address = inner.bytes_of_address.get(&address).copied().unwrap_or(0);
        let of_address = of_address.saturating_add(bytes);
        if of_address > self.most_bytes_of_address() {
            drop(inner);
            return Err(Full::Address);
        }
        let count = inner.of_key.entry(signer).or_insert(0);
        if *count >= self.limits.of_key {
            drop(inner);
            return Err(Full::Key);
        }
        *count += 1;
        // The place of the ticket becomes that of the post.
        let count = inner.of_address.entry(address).or_insert(0);
        *count += 1;
        inner.bytes += bytes;
        inner.bytes_of_address.insert(address, of_address);
        let content = Arc::new(content);
        let post = Post { content, bytes, signer, address, asking: vec![says] };
        inner.waiting.insert(id, post);
        inner.fresh.push(id);
        drop(inner);
        self.heard.notify_one();
        Ok(verdict)
    }

    /// Whether so much waits that the rest of the room is for those who have a part in the auction.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        let inner = self.lock();
        inner.waiting.len() > self.limits.in_all / 2 || inner.bytes > self.most_bytes() / 2
    }

    /// Whether this one waits.
    #[must_use]
    pub fn waits(&self, id: &Digest) -> bool {
        self.lock().waiting.contains_key(id)
    }

    /// Waits until something is handed in, or for so long.
    pub fn wait(&self, most: Duration) {
        let until = Instant::now() + most;
        let mut inner = self.lock();
        while inner.fresh.is_empty() {
            let Some(rest) = until.checked_duration_since(Instant::now()) else { return };
            inner = self
                .heard
                .wait_timeout(inner, rest)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(inner, _)| inner);
        }
    }

    /// What was handed in since the last time.
    #[must_use]
    pub fn take_fresh(&self) -> Vec<Digest> {
        std::mem::take(&mut self.lock().fresh)
    }

    /// What a post that waits holds.
    #[must_use]
    pub fn content(&self, id: &Digest) -> Option<Arc<C>> {
        self.lock().waiting.get(id).map(|post| post.content.clone())
    }

    /// A post is judged, and does not wait any more.
    pub fn settle(&self, id: &Digest, verdict: &Verdict) {
        let post = self.lock().take_out(id);
        for asking in post.into_iter().flat_map(|post| post.asking) {
            // Whoever has stopped asking can ask again.
            let _ = asking.send(verdict.clone());
        }
    }

    /// The board stops: nothing more is taken, and nothing waits any more.
    pub fn stop(&self, why: &Failure) {
        let ids: Vec<Digest> = {
            let mut inner = self.lock();
            inner.is_stopped = true;
            inner.waiting.keys().copied().collect()
        };
        ids.iter().for_each(|id| self.settle(id, &Verdict::Stopped(why.clone())));
    }

    /// How many wait, and how many bytes they are.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.waiting.len(), inner.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    const LIMITS: Limits = Limits { of_address: 3, of_key: 2, in_all: 4, mebibytes: 1 };

    fn address(n: u8) -> IpAddr {
        [127, 0, 0, n].into()
    }

    fn hand_in(
        posts: &Posts<u8>,
        from: u8,
        key: u8,
        bytes: &[u8],
    ) -> Result<oneshot::Receiver<Verdict>, Full> {
        let ticket = posts.admit(address(from))?;
        posts.hand_in(ticket, Digest::of(&[bytes]), (PartyKey([key; 32]), bytes.len()), key)
    }

    #[test]
    fn each_address_each_key_and_the_board_have_their_bounds() {
        let posts = Posts::new(LIMITS);
        let mut asking = vec![hand_in(&posts, 1, 1, b"a").unwrap()];
        asking.push(hand_in(&posts, 1, 1, b"b").unwrap());
        assert_eq!(hand_in(&posts, 1, 1, b"c").err(), Some(Full::Key));
        assert_eq!(hand_in(&posts, 2, 1, b"c").err(), Some(Full::Key), "from another address too");
        let reading = posts.admit(address(1)).unwrap();
        assert_eq!(posts.admit(address(1)).err(), Some(Full::Address), "what is read counts");
        drop(reading);
        asking.push(hand_in(&posts, 1, 2, b"c").unwrap());
        assert_eq!(hand_in(&posts, 1, 3, b"d").err(), Some(Full::Address));
        asking.push(hand_in(&posts, 2, 3, b"d").unwrap());
        assert_eq!(hand_in(&posts, 3, 4, b"e").err(), Some(Full::Board));
        assert_eq!(posts.waiting(), (4, 4));

        let verdict = Verdict::Accepted { entry: 7 };
        posts.settle(&Digest::of(&[b"a"]), &verdict);
        assert_eq!(asking[0].try_recv(), Ok(verdict));
        assert!(asking[1].try_recv().is_err());
        hand_in(&posts, 1, 1, b"e").unwrap();
        for id in [b"b", b"c", b"d", b"e"].map(|bytes| Digest::of(&[bytes])) {
            posts.settle(&id, &Verdict::Accepted { entry: 8 });
        }
        let inner = posts.lock();
        assert!(inner.of_address.is_empty() && inner.of_key.is_empty() && inner.bytes == 0);
        assert!(inner.bytes_of_address.is_empty());
    }

    #[test]
    fn half_of_the_room_is_for_those_who_have_a_part() {
        let posts = Posts::new(LIMITS);
        let crowded: Vec<bool> = [b"a", b"b", b"c"]
            .map(|bytes| {
                let _asking = hand_in(&posts, bytes[0], bytes[0], bytes).unwrap();
                posts.is_crowded()
            })
            .into();
        assert_eq!(crowded, [false, false, true]);
        let posts = Posts::new(LIMITS);
        let _asking = hand_in(&posts, 1, 1, &[0; (1 << 19) + 1]).unwrap();
        assert!(posts.is_crowded());
    }

    #[test]
    fn many_bytes_fill_a_board_too() {
        let posts = Posts::new(LIMITS);
        hand_in(&posts, 1, 1, &[0; 1 << 20]).unwrap();
        assert_eq!(hand_in(&posts, 2, 2, b"a").err(), Some(Full::Board));
    }

    #[test]
    fn large_posts_of_one_address_leave_most_of_a_board_to_others() {
        let posts = Posts::new(Limits { of_address: 4, of_key: 9, in_all: 9, mebibytes: 4 });
        let half = 1 << 19;
        let from = |address, n: u8| hand_in(&posts, address, n, &vec![n; half]).err();
        assert_eq!([from(1, 1), from(1, 2)], [None, None]);
        assert_eq!(from(1, 3), Some(Full::Address));
        assert!(!posts.is_crowded());
        assert_eq!(from(2, 3), None);
        posts.settle(&Digest::of(&[&vec![1; half]]), &Verdict::Crowded);
        assert_eq!(from(1, 4), None);
    }

    #[test]
    fn what_is_let_in_at_the_same_time_stays_within_the_bounds_too() {
        let posts = Posts::new(LIMITS);
        let tickets: Vec<_> = (1..=3).map(|from| posts.admit(address(from)).unwrap()).collect();
        let found: Vec<_> = tickets
            .into_iter()
            .zip(1..)
            .map(|(ticket, key)| {
                let of = (PartyKey([key; 32]), 1 << 19);
                posts.hand_in(ticket, Digest::of(&[&[key]]), of, key).err()
            })
            .collect();
        assert_eq!(found, [None, None, Some(Full::Board)]);
        assert_eq!(posts.waiting(), (2, 1 << 20));
    }

    #[test]
    fn the_same_bytes_are_one_post_and_everybody_who_asks_is_told() {
        let posts = Posts::new(LIMITS);
        let mut asking: Vec<_> =
            (0..ASKING).map(|_| hand_in(&posts, 1, 1, b"a").unwrap()).collect();
        assert_eq!(hand_in(&posts, 2, 1, b"a").err(), Some(Full::Key));
        assert_eq!(posts.waiting(), (1, 1));
        // Whoever has stopped asking makes room.
        asking.pop();
        asking.push(hand_in(&posts, 2, 1, b"a").unwrap());
        assert_eq!(posts.take_fresh(), [Digest::of(&[b"a"])]);
        assert!(posts.take_fresh().is_empty());
        let id = Digest::of(&[b"a"]);
        assert_eq!(posts.content(&id), Some(Arc::new(1)));
        let verdict = Verdict::Refused { check: "C5".into(), sentence: "no money".into() };
        posts.settle(&id, &verdict);
        assert!(asking.iter_mut().all(|asking| asking.try_recv() == Ok(verdict.clone())));
        assert!(!posts.waits(&id) && posts.content(&id).is_none());
    }

    #[test]
    fn a_board_that_stops_tells_everybody_and_takes_nothing_more() {
        let posts = Posts::new(LIMITS);
        let mut asking = hand_in(&posts, 1, 1, b"a").unwrap();
        let ticket = posts.admit(address(1)).unwrap();
        let why = Failure::new(Code::FileUnwritable, "no space");
        posts.stop(&why);
        assert_eq!(asking.try_recv(), Ok(Verdict::Stopped(why)));
        assert_eq!(posts.admit(address(1)).err(), Some(Full::Stopped));
        assert_eq!(
            posts.hand_in(ticket, Digest([0; 32]), (PartyKey([1; 32]), 1), 1).err(),
            Some(Full::Stopped)
        );
    }

    #[test]
    fn whoever_waits_for_posts_is_woken_by_one() {
        let posts = Arc::new(Posts::new(LIMITS));
        let board = {
            let posts = posts.clone();
            std::thread::spawn(move || {
                posts.wait(Duration::from_secs(600));
                posts.take_fresh().len()
            })
        };
        let _asking = hand_in(&posts, 1, 1, b"a").unwrap();
        assert_eq!(board.join().unwrap(), 1);
    }
}
