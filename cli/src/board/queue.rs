//! What waits for a board: what has arrived, when, and what is judged next. A data structure that reads
//! no clock, no file and no network: whoever keeps it looks at what is there, and tells it.
//!
//! - *Arrival* is what the board saw. Each look bears the slot in which it was taken; what it shows for
//!   the first time has arrived in that slot. Among what one look shows for the first time a draw
//!   decides. No date, no name and no order of a sender's goes into either. What arrives by itself, as a post over a
//!   network does, is *heard*: what is heard at once has arrived in the slot in which it is, as if a look had shown
//!   it.
//! - *Sorting* follows, in the order of arrival: the keeper reads an item once, drops what is no
//!   instruction, and says whose turn the rest is.
//! - *Judging* goes in passes. In one pass every party has a few turns; who has a part in the auction
//!   comes before who has none, and within that the order is that of arrival.
//!
//! Nothing is lost on the way: an item is here from the look that showed it until it is done, set
//! aside, or not shown any more by two looks in a row. What has arrived up to a slot can be asked for by
//! itself, so that all of it is judged before a deadline passes, and nothing else keeps that waiting.
//!
//! Memory: some 300 bytes for each item and its key; of at most [`MOST`] items. What is shown
//! beyond that arrives once there is room.

use std::collections::{BTreeMap, BTreeSet};
use talea_protocol::bytes::{Digest, PartyKey};

/// The most items that a queue knows of at a time.
pub const MOST: usize = 1 << 20;

/// Who comes first in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The signer has a part in this auction.
    Part,
    /// The signer has none, and carries what somebody who has one is due to say.
    Carrier,
    /// Neither.
    Stranger,
}

/// Whose turn an item takes, and where that stands. An item of a carrier takes a turn of the party for
/// which it carries, so that many carriers are no more than one party.
pub type QueueKey = (Priority, PartyKey);

/// When an item arrived: the slot, the look, and the draw among what that look showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    slot: u64,
    look: u64,
    draw: u64,
}

#[derive(Clone, Debug)]
enum State {
    Unsorted,
    Sorted(Box<(QueueKey, Digest)>),
    Condemned,
    Aside,
}

#[derive(Clone, Debug)]
struct Known {
    place: Place,
    /// The whole look that showed it last; nothing of what was heard, which stays until it is done.
    last_shown: Option<u64>,
    state: State,
}

/// What waits, by keys of the keeper's: file names, or numbers.
pub struct Queue<K> {
    seed: [u8; 32],
    drawn: u64,
    /// Looks, and times that something was heard.
    look: u64,
    /// Looks alone.
    shown: u64,
    slot: u64,
    known: BTreeMap<K, Known>,
    unsorted: BTreeMap<Place, K>,
    turns: BTreeMap<QueueKey, BTreeMap<Place, K>>,
    contents: BTreeSet<Digest>,
}

impl<K: Ord + Clone> Queue<K> {
    /// An empty queue. Nobody else may know the seed of its draws.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            drawn: 0,
            look: 0,
            shown: 0,
            slot: 0,
            known: BTreeMap::new(),
            unsorted: BTreeMap::new(),
            turns: BTreeMap::new(),
            contents: BTreeSet::new(),
        }
    }

    /// Begins a look: what it shows for the first time has arrived in this slot, or in that of the look
    /// before if that is later.
    pub fn begin_look(&mut self, slot: u64) {
        self.shown += 1;
        self.begin(slot);
    }

    fn begin(&mut self, slot: u64) {
        self.look += 1;
        self.slot = self.slot.max(slot);
    }

    /// The look shows this.
    pub fn show(&mut self, key: K) {
        let last_shown = Some(self.shown);
        if let Some(known) = self.known.get_mut(&key) {
            known.last_shown = last_shown;
            return;
        }
        if self.known.len() < MOST {
            self.arrive(key, last_shown);
        }
    }

    /// These arrive by themselves, at once, in this slot or in that of the look before if that is later. There is
    /// always room for them: whoever hears bounds how many there are.
    pub fn hear(&mut self, slot: u64, keys: impl IntoIterator<Item = K>) {
        self.begin(slot);
        for key in keys {
            if !self.known.contains_key(&key) {
                self.arrive(key, None);
            }
        }
    }

    fn arrive(&mut self, key: K, last_shown: Option<u64>) {
        let place = Place { slot: self.slot, look: self.look, draw: self.draw() };
        self.known.insert(key.clone(), Known { place, last_shown, state: State::Unsorted });
        self.unsorted.insert(place, key);
    }

    /// Ends a look. What neither it nor the one before has shown is not there any more. Only a look that
    /// was whole may be ended; one that broke off says nothing of what it did not show.
    pub fn end_look(&mut self) {
        let look = self.shown;
        let is_gone = |known: &Known| known.last_shown.is_some_and(|shown| shown + 1 < look);
        let gone: Vec<K> = self
            .known
            .iter()
            .filter(|(_, known)| is_gone(known))
            .map(|(key, _)| key.clone())
            .collect();
        gone.iter().for_each(|key| self.done(key));
    }

    /// A number that nobody outside can tell, and that no other item has.
    fn draw(&mut self) -> u64 {
        loop {
            let [a, b, c, d, e, f, g, h, ..] =
                Digest::of(&[&self.seed, &self.drawn.to_le_bytes()]).0;
            self.drawn += 1;
            let draw = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
            let place = Place { slot: self.slot, look: self.look, draw };
            if !self.unsorted.contains_key(&place) {
                return draw;
            }
        }
    }

    /// What arrived first of what is not sorted.
    #[must_use]
    pub fn unsorted(&self) -> Option<K> {
        self.unsorted.values().next().cloned()
    }

    /// Sorts an item: whose turn it takes, and the hash of what it holds. Not if another one that is
    /// sorted holds the same, or if it is not there to be sorted.
    pub fn sort(&mut self, key: &K, turn: QueueKey, content: Digest) -> bool {
        let Some(known) = self.known.get_mut(key) else { return false };
        if !matches!(known.state, State::Unsorted) || !self.contents.insert(content) {
            return false;
        }
        known.state = State::Sorted(Box::new((turn, content)));
        self.unsorted.remove(&known.place);
        self.turns.entry(turn).or_default().insert(known.place, key.clone());
        true
    }

    /// What is judged next, in this order: of what is sorted and arrived up to slot `until`, so many
    /// turns at most for each party, and so many items at most of each priority, so that no crowd of
    /// strangers makes a pass long. All of it stays until it is done or set aside.
    #[must_use]
    pub fn pass(&self, turns: usize, most: usize, until: u64) -> Vec<K> {
        let mut found: Vec<((Priority, usize, Place), &K)> = Vec::new();
        for (turn, items) in &self.turns {
            let due = items.iter().take_while(|(place, _)| place.slot <= until).take(turns);
            found.extend(
                due.enumerate().map(|(round, (place, key))| ((turn.0, round, *place), key)),
            );
        }
        found.sort_unstable_by_key(|(order, _)| *order);
        let of_one_priority = found.chunk_by(|one, other| one.0.0 == other.0.0);
        of_one_priority
            .flat_map(|items| items.iter().take(most))
            .map(|(_, key)| (*key).clone())
            .collect()
    }

    /// The place of a sorted item, and the hash of what it holds.
    #[must_use]
    pub fn sorted(&self, key: &K) -> Option<(Priority, Digest)> {
        match &self.known.get(key)?.state {
            State::Sorted(sorted) => Some((sorted.0.0, sorted.1)),
            State::Unsorted | State::Condemned | State::Aside => None,
        }
    }

    /// The slot in which an item arrived.
    #[must_use]
    pub fn arrival(&self, key: &K) -> Option<u64> {
        self.known.get(key).map(|known| known.place.slot)
    }

    /// Whether anything waits that arrived up to this slot.
    #[must_use]
    pub fn holds(&self, until: u64) -> bool {
        let firsts = self.turns.values().filter_map(|items| items.keys().next());
        let mut firsts = firsts.chain(self.unsorted.keys().next());
        firsts.any(|place| place.slot <= until)
    }

    /// How many items wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.unsorted.len() + self.turns.values().map(BTreeMap::len).sum::<usize>()
    }

    /// An item is dealt with, and not there any more. If a look shows it again it has arrived anew.
    pub fn done(&mut self, key: &K) {
        if let Some(known) = self.known.remove(key) {
            self.leave(&known);
        }
    }

    /// An item is dealt with, and will be removed from where it lies when there is time: it does not arrive
    /// again as long as looks show it.
    pub fn condemn(&mut self, key: &K) {
        self.put(key, State::Condemned);
    }

    /// Whether an item is still to be removed.
    #[must_use]
    pub fn is_condemned(&self, key: &K) -> bool {
        self.known.get(key).is_some_and(|known| matches!(known.state, State::Condemned))
    }

    /// An item is dealt with, and cannot be removed from where it lies: it does not arrive again as long as
    /// looks show it, until [`retry`](Self::retry).
    pub fn set_aside(&mut self, key: &K) {
        self.put(key, State::Aside);
    }

    fn put(&mut self, key: &K, state: State) {
        let Some(known) = self.known.get_mut(key) else { return };
        let before = known.clone();
        known.state = state;
        self.leave(&before);
    }

    /// How many items are set aside.
    #[must_use]
    pub fn aside(&self) -> usize {
        self.known.values().filter(|known| matches!(known.state, State::Aside)).count()
    }

    /// What is set aside arrives anew with the next look that shows it.
    pub fn retry(&mut self) {
        self.known.retain(|_, known| !matches!(known.state, State::Aside));
    }

    /// Takes an item out of its line.
    fn leave(&mut self, known: &Known) {
        match &known.state {
            State::Unsorted => {
                self.unsorted.remove(&known.place);
            }
            State::Sorted(sorted) => {
                let (turn, content) = &**sorted;
                self.contents.remove(content);
                if let Some(items) = self.turns.get_mut(turn) {
                    items.remove(&known.place);
                    if items.is_empty() {
                        self.turns.remove(turn);
                    }
                }
            }
            State::Condemned | State::Aside => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Carrier, Part, Stranger};

    fn party(n: u8) -> PartyKey {
        PartyKey([n; 32])
    }

    fn content(n: u32) -> Digest {
        Digest::of(&[&n.to_le_bytes()])
    }

    fn look(queue: &mut Queue<u32>, slot: u64, keys: impl IntoIterator<Item = u32>) {
        queue.begin_look(slot);
        keys.into_iter().for_each(|key| queue.show(key));
        queue.end_look();
    }

    /// Sorts everything, each item as the function says.
    fn sort_all(queue: &mut Queue<u32>, turn: impl Fn(u32) -> QueueKey) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(key) = queue.unsorted() {
            assert!(queue.sort(&key, turn(key), content(key)));
            order.push(key);
        }
        order
    }

    #[test]
    fn what_one_look_shows_first_is_in_an_order_that_no_key_decides() {
        let order = |seed: u8, keys: &[u32]| {
            let mut queue = Queue::new([seed; 32]);
            look(&mut queue, 5, keys.iter().copied());
            sort_all(&mut queue, |_| (Part, party(1)))
        };
        let keys = [1, 2, 3, 4];
        let orders: BTreeSet<Vec<u32>> = (0..200).map(|seed| order(seed, &keys)).collect();
        assert_eq!(orders.len(), 24, "every order of four comes up");
        // The same item in the same company is not always in the same place.
        let firsts = (0..200).map(|seed| order(seed, &keys)[0]);
        let mut counts = BTreeMap::new();
        firsts.for_each(|first| *counts.entry(first).or_insert(0) += 1);
        assert!(counts.values().all(|count| (20..90).contains(count)), "{counts:?}");
        // And within one queue the draw is new at every look.
        let mut queue = Queue::new([7; 32]);
        let mut first = BTreeSet::new();
        for slot in 0..40 {
            look(&mut queue, slot, [1, 2]);
            first.insert(queue.unsorted().unwrap());
            [1, 2].iter().for_each(|key| queue.done(key));
        }
        assert_eq!(first.len(), 2);
    }

    #[test]
    fn an_earlier_look_comes_before_a_later_one() {
        let mut queue = Queue::new([1; 32]);
        look(&mut queue, 3, [9]);
        look(&mut queue, 3, [9, 1]);
        look(&mut queue, 2, [9, 1, 0]);
        assert_eq!(sort_all(&mut queue, |_| (Stranger, party(1))), [9, 1, 0]);
        assert_eq!([9, 1, 0].map(|key| queue.arrival(&key)), [Some(3); 3], "time never goes back");
        assert_eq!(queue.pass(9, MOST, 3), [9, 1, 0]);
    }

    #[test]
    fn in_a_pass_each_party_has_its_turns_and_a_part_goes_first() {
        let mut queue = Queue::new([2; 32]);
        // A stranger's flood came first, then a carrier's copies, then two with a part.
        look(&mut queue, 1, 0..1_000);
        look(&mut queue, 2, 0..1_100);
        look(&mut queue, 3, 0..1_104);
        let turn = |key| match key {
            0..1_000 => (Stranger, party(1)),
            1_000..1_100 => (Carrier, party(2)),
            1_100..1_102 => (Part, party(3)),
            _ => (Part, party(4)),
        };
        sort_all(&mut queue, turn);
        let pass = queue.pass(2, MOST, 3);
        let whose: Vec<QueueKey> = pass.iter().map(|key| turn(*key)).collect();
        assert_eq!(pass.len(), 8);
        assert!(whose.is_sorted_by_key(|turn| turn.0), "{whose:?}");
        let parts: Vec<PartyKey> = whose[..4].iter().map(|turn| turn.1).collect();
        assert_ne!(parts[0], parts[1], "nobody has two turns before the other had one");
        assert_ne!(parts[2], parts[3]);
        assert_eq!(pass, queue.pass(2, MOST, 3), "nothing is gone before it is done");
        pass.iter().for_each(|key| queue.done(key));
        assert_eq!(queue.waiting(), 1_096);
        assert_eq!(queue.pass(3, MOST, 3).len(), 6);
        assert_eq!(queue.pass(3, MOST, 1).len(), 3, "only what came by then");
        assert_eq!(queue.pass(3, 2, 3).len(), 4, "so many of each priority");
    }

    #[test]
    fn the_same_bytes_under_two_names_take_one_turn() {
        let mut queue = Queue::new([3; 32]);
        look(&mut queue, 1, [1, 2]);
        assert!(queue.sort(&1, (Part, party(1)), content(0)));
        assert!(!queue.sort(&2, (Part, party(1)), content(0)));
        assert_eq!(queue.unsorted(), Some(2), "it stays until it is done");
        queue.done(&2);
        queue.done(&1);
        assert!(!queue.holds(u64::MAX));
        look(&mut queue, 2, [2]);
        assert!(queue.sort(&2, (Part, party(1)), content(0)), "once more is once more");
    }

    #[test]
    fn what_is_aside_does_not_arrive_again_until_it_is_tried_anew() {
        let mut queue = Queue::new([4; 32]);
        look(&mut queue, 1, [1, 2]);
        queue.condemn(&1);
        queue.retry();
        look(&mut queue, 1, [1, 2]);
        assert!(queue.is_condemned(&1) && queue.waiting() == 1);
        queue.set_aside(&1);
        assert!(!queue.is_condemned(&1));
        assert!(queue.sort(&2, (Part, party(1)), content(2)));
        queue.set_aside(&2);
        for slot in 2..9 {
            look(&mut queue, slot, [1, 2]);
            assert!(!queue.holds(u64::MAX) && queue.pass(9, MOST, u64::MAX).is_empty());
        }
        assert_eq!((queue.aside(), queue.waiting()), (2, 0));
        queue.retry();
        look(&mut queue, 9, [1]);
        assert_eq!((queue.aside(), queue.arrival(&1)), (0, Some(9)));
    }

    #[test]
    fn what_two_looks_do_not_show_is_forgotten() {
        let mut queue = Queue::new([5; 32]);
        look(&mut queue, 1, [1, 2]);
        look(&mut queue, 2, [2]);
        assert_eq!(queue.arrival(&1), Some(1), "a look may have missed it");
        look(&mut queue, 3, [2]);
        assert_eq!((queue.arrival(&1), queue.waiting()), (None, 1));
    }

    #[test]
    fn what_is_heard_arrives_between_looks_and_stays_until_it_is_done() {
        let mut queue = Queue::new([6; 32]);
        look(&mut queue, 1, [1]);
        queue.hear(2, [10, 11]);
        queue.hear(1, [12, 10]);
        look(&mut queue, 3, [1, 2]);
        assert_eq!([1, 10, 11, 12, 2].map(|key| queue.arrival(&key)), [1, 2, 2, 2, 3].map(Some));
        let order = sort_all(&mut queue, |_| (Part, party(1)));
        assert_eq!((order[0], order[3], order[4]), (1, 12, 2), "the order of arrival: {order:?}");
        for slot in 4..9 {
            look(&mut queue, slot, [2]);
            queue.hear(slot, []);
        }
        assert_eq!(queue.pass(9, MOST, 9).len(), 4, "looks show no post, and lose none");
        queue.done(&10);
        assert_eq!(queue.arrival(&10), None);
        // Looks alone count for what looks show: hearing in between makes nothing gone.
        look(&mut queue, 9, [2, 3]);
        (0..5).for_each(|_| queue.hear(9, []));
        look(&mut queue, 9, [2]);
        assert_eq!(queue.arrival(&3), Some(9));
    }

    /// A keeper that looks, sorts, judges and lets deadlines pass in any order loses nothing, judges
    /// everything by the deadline that it arrived before, and gives nobody more turns than there are.
    #[test]
    fn whatever_is_done_in_whatever_order_nothing_is_lost_and_deadlines_wait() {
        const TURNS: usize = 2;
        for seed in 0..400u64 {
            let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut roll = |sides: u64| {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                (dice >> 11) % sides
            };
            let turn = |key: u32| match key % 5 {
                0 => (Part, party((key % 3) as u8)),
                1 => (Carrier, party(9)),
                _ => (Stranger, party((key % 7) as u8)),
            };
            let mut queue = Queue::new([seed as u8; 32]);
            let (mut slot, mut deadline, mut next) = (0, 5, 0);
            let mut there: BTreeSet<u32> = BTreeSet::new();
            let mut arrived: BTreeMap<u32, u64> = BTreeMap::new();
            let mut judged: BTreeMap<u32, u64> = BTreeMap::new();
            for _ in 0..300 {
                match roll(6) {
                    0 => {
                        for _ in 0..roll(6) {
                            there.insert(next);
                            next += 1;
                        }
                    }
                    1 => {
                        slot += roll(2);
                        look(&mut queue, slot, there.iter().copied());
                        for key in &there {
                            arrived.entry(*key).or_insert(slot);
                        }
                    }
                    2 | 3 => {
                        let Some(key) = queue.unsorted() else { continue };
                        assert!(queue.sort(&key, turn(key), content(key)));
                    }
                    4 => {
                        let mut taken = BTreeMap::new();
                        let mut last = None;
                        for key in queue.pass(TURNS, MOST, deadline) {
                            *taken.entry(turn(key)).or_insert(0) += 1;
                            assert!(arrived[&key] <= deadline);
                            assert!(last <= Some(turn(key).0), "a part before a stranger");
                            last = Some(turn(key).0);
                            assert!(judged.insert(key, deadline).is_none(), "twice");
                            there.remove(&key);
                            queue.done(&key);
                        }
                        assert!(taken.values().all(|turns| *turns <= TURNS));
                    }
                    _ => {
                        if slot > deadline && !queue.holds(deadline) {
                            deadline = slot + roll(4);
                        }
                    }
                }
                let waits = arrived.keys().filter(|key| !judged.contains_key(key)).count();
                assert_eq!(queue.waiting(), waits, "seed {seed}");
                let late = |key: &u32| arrived[key] <= deadline && !judged.contains_key(key);
                assert_eq!(queue.holds(deadline), arrived.keys().any(late), "seed {seed}");
            }
            // Whoever is patient sees the end of it.
            look(&mut queue, slot, there.iter().copied());
            sort_all(&mut queue, turn);
            while queue.holds(u64::MAX) {
                let pass = queue.pass(TURNS, MOST, u64::MAX);
                assert!(!pass.is_empty());
                for key in pass {
                    assert!(judged.insert(key, u64::MAX).is_none());
                    queue.done(&key);
                }
            }
            assert_eq!(judged.len(), next as usize, "seed {seed}");
        }
    }
}
