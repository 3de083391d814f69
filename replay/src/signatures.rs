//! What a board has signed of its transcript.

use serde::Serialize;

/// What a folder shows of its board's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Signatures {
    /// Entries of the transcript.
    pub entries: usize,
    /// How many of them the board signed, from the first on; nothing if none of its signatures is here.
    pub signed_entries: Option<u64>,
    /// Lines of the checkpoints that cannot be read, or that this board did not sign for this auction.
    pub unusable_lines: usize,
}

impl Signatures {
    /// In a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { entries, signed_entries, unusable_lines } = self;
        let signed = match signed_entries {
            None => {
                "the folder has no signature of the board, so nothing shows that others saw the \
                 same history"
                    .into()
            }
            Some(signed) => format!("the board signed {signed} of {entries} entries"),
        };
        match unusable_lines {
            0 => signed,
            lines => {
                format!("{signed}; {lines} lines of `checkpoints` are not signatures of this board")
            }
        }
    }
}
