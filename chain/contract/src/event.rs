//! How the chain announces what it accepted.
//!
//! The genesis and every entry is an event of its own. Whoever has them all has the transcript: they are
//! numbered, and chained by their heads. [`Announced`] reads them again.

use cosmwasm_std::{Binary, Event};
use talea_protocol::{
    chain::Announced,
    transcript::{Entry, Genesis},
};

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
    Event::new(Announced::EVENT)
        .add_attribute(Announced::NUMBER, number.to_string())
        .add_attribute(Announced::RECORD, Binary::new(bytes).to_base64())
}

/// What an event announces; nothing if it is none of ours.
#[must_use]
pub fn read(event: &Event) -> Option<Announced> {
    let value = |key| Some(event.attributes.iter().find(|a| a.key == key)?.value.as_str());
    let number = value(Announced::NUMBER)?.parse().ok()?;
    Announced::read(number, &Binary::from_base64(value(Announced::RECORD)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::bytes::{Digest, List, Signature};

    #[test]
    fn what_is_announced_reads_back() {
        let opened = Genesis {
            slot: 3,
            terms: List::new(vec![1; 40]).unwrap(),
            signature: Signature([2; 64]),
        };
        assert_eq!(read(&genesis(&opened)), Some(Announced::Genesis(opened)));
        let accepted =
            Entry { slot: 7, instruction: List::new(vec![5; 9]).unwrap(), head: Digest([6; 32]) };
        assert_eq!(read(&entry(41, &accepted)), Some(Announced::Entry(accepted.clone())));
        assert_eq!(read(&entry(0, &accepted)), None, "an entry is no genesis");
        assert_eq!(read(&Event::new(Announced::EVENT)), None);
    }
}
