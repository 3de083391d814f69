//! How the chain announces what it accepted, and how that is read again.
//!
//! The genesis and every entry is an event of its own. Whoever has them all has the transcript: they are
//! numbered, and chained by their heads.

use cosmwasm_std::{Binary, Event};
use talea_protocol::transcript::{Entry, Genesis};

/// The type of these events. A chain writes `wasm-` before it.
pub const TYPE: &str = "talea";
/// The attribute that counts them: 0 for the genesis, then the entries from 1.
pub const NUMBER: &str = "number";
/// The attribute that holds the bytes of a genesis or an entry, in base64.
pub const RECORD: &str = "record";

/// What an event announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// How the auction opened.
    Genesis(Genesis),
    /// An accepted instruction.
    Entry(Entry),
}

/// The event of the opening.
pub(crate) fn genesis(genesis: &Genesis) -> Event {
    event(0, genesis)
}

/// The event of an entry.
pub(crate) fn entry(number: u64, entry: &Entry) -> Event {
    event(number, entry)
}

fn event(number: u64, record: &impl borsh::BorshSerialize) -> Event {
    let bytes = borsh::to_vec(record).unwrap_or_default();
    Event::new(TYPE)
        .add_attribute(NUMBER, number.to_string())
        .add_attribute(RECORD, Binary::new(bytes).to_base64())
}

/// What an event with these attributes announces, and its number. Nothing if it is none of ours.
#[must_use]
pub fn read(number: &str, record: &str) -> Option<(u64, Announced)> {
    let number: u64 = number.parse().ok()?;
    let bytes = Binary::from_base64(record).ok()?;
    let announced = if number == 0 {
        Announced::Genesis(borsh::from_slice(&bytes).ok()?)
    } else {
        Announced::Entry(borsh::from_slice(&bytes).ok()?)
    };
    Some((number, announced))
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::bytes::{Digest, List, Signature};

    fn written(event: &Event) -> (&str, &str) {
        let [number, record] = &event.attributes[..] else { panic!("two attributes") };
        assert_eq!((number.key.as_str(), record.key.as_str()), (NUMBER, RECORD));
        (&number.value, &record.value)
    }

    #[test]
    fn what_is_announced_reads_back() {
        let opened = Genesis {
            slot: 3,
            terms: List::new(vec![1; 40]).unwrap(),
            signature: Signature([2; 64]),
        };
        let event = genesis(&opened);
        let (number, record) = written(&event);
        assert_eq!(read(number, record), Some((0, Announced::Genesis(opened))));

        let accepted =
            Entry { slot: 7, instruction: List::new(vec![5; 9]).unwrap(), head: Digest([6; 32]) };
        let event = entry(41, &accepted);
        let (number, record) = written(&event);
        assert_eq!(read(number, record), Some((41, Announced::Entry(accepted))));
        assert_eq!(read("0", record), None, "an entry is no genesis");
        assert_eq!(read("-1", record), None);
        assert_eq!(read("41", "?"), None);
    }
}
