//! The transcript that the events make.
//!
//! The rules are applied again to what the events hold, so that the transcript ends with the outcome, and what a
//! node left out or made up is found here.

use crate::events::Events;
use std::io::Write;
use talea_parties::board::{Board, BoardError};
use talea_protocol::{chain::Announced, transcript::Entry};
use talea_text::failure::{Code, Failure};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many entries.
    pub entries: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Whether the auction is closed, so that the transcript ends with its outcome.
    pub is_closed: bool,
}

/// Writes the transcript that these events make.
///
/// # Errors
/// `chain.events` if there are none, `chain.incomplete` if one is missing, `chain.differs` if the rules make
/// something else of them, `file.unwritable`.
pub fn write<W: Write>(events: &Events, transcript: W) -> Result<Written, Failure> {
    let announced = events.announced();
    let Some(last) = announced.keys().next_back() else {
        let sentence = "the files hold no events of an auction";
        return Err(Failure::new(Code::ChainEvents, sentence));
    };
    let missing = (0..=*last).find(|number| !announced.contains_key(number));
    if let Some(number) = missing {
        let sentence =
            format!("event {number} of the auction is missing, and there is one numbered {last}");
        let help = "ask the node for all pages, and hand in every answer";
        return Err(Failure::new(Code::ChainIncomplete, sentence).with_help(help));
    }
    let mut records = announced.iter();
    let Some((_, Announced::Genesis(genesis))) = records.next() else {
        return Err(Failure::new(Code::ChainDiffers, "event 0 is not the opening of an auction"));
    };
    let mut board = Board::open(genesis, transcript).map_err(|error| failure(0, error))?;
    for (number, record) in records {
        let Announced::Entry(entry) = record else {
            let sentence = format!("event {number} is not an entry");
            return Err(Failure::new(Code::ChainDiffers, sentence));
        };
        let Entry { slot, instruction, head } = entry;
        board.submit(*slot, instruction).map_err(|error| failure(*number, error))?;
        if board.auction().head() != *head {
            let sentence =
                format!("entry {number} has the head {head}, and the rules give another");
            return Err(Failure::new(Code::ChainDiffers, sentence));
        }
    }
    let is_closed = board.auction().outcome().is_some();
    Ok(Written { entries: board.entries(), bytes: board.bytes(), is_closed })
}

fn failure(number: u64, error: BoardError) -> Failure {
    match error {
        BoardError::Refused(refusal) => {
            let sentence = format!("the rules refuse event {number}: {refusal}");
            Failure::new(Code::ChainDiffers, sentence)
        }
        BoardError::Write(error) => {
            Failure::new(Code::FileUnwritable, format!("the transcript cannot be written: {error}"))
        }
    }
}
