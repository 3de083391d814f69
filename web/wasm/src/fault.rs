//! Why something stopped: as a failure of the command line, with the same codes.

use serde::Serialize;
#[cfg(feature = "bidder")]
use talea_contract::Refusal;
use talea_text::failure::{Code, Failure};

/// A sentence, a stable code, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A code of `docs/errors.md`.
    pub code: String,
    /// What is wrong.
    pub sentence: String,
    /// What to do.
    pub help: Option<String>,
}

impl Fault {
    /// A fault with a code of the table.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code: code.name().into(), sentence: sentence.into(), help: None }
    }

    /// A fault of the page or of this program: a request that nobody should have made.
    pub fn internal(sentence: impl Into<String>) -> Self {
        Self::new(Code::Internal, sentence)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self { help: failure.help.clone(), ..Self::new(failure.code, failure.sentence) }
    }
}

#[cfg(feature = "bidder")]
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::from(Failure::from(refusal))
    }
}
