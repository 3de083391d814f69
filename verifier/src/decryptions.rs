//! What keyholders decrypted, as far as a transcript shows it: each decryption share with the step that it answers,
//! and each such step with what it was asked for and what it opened (section 11).
//!
//! Kept only where it is asked for, because it grows with the transcript. It says nothing of what keyholders
//! decrypt in private.

use std::collections::BTreeMap;

use talea_protocol::{bytes::PartyKey, quorum::KeyholderId};

/// What a lot's program wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Whether a bid reaches the reserve.
    ReserveTest,
    /// The price.
    PriceSearch,
    /// Who wins at the price, or above it.
    Winners,
    /// The best losing bid.
    Cover,
    /// How many bids lie in each bucket.
    Depth,
    /// The reserve, which the terms open.
    OpenedReserve,
    /// All bids, which the terms open.
    Everything,
    /// What each bid holds that is better than the price, and at it.
    Trades,
    /// What winners pay who pay what they bid.
    Amounts,
    /// What a survey comes to.
    Statistics,
    /// Between rounds: how many bids lie in each bucket.
    SurveyDepth,
    /// Between rounds: the best bid without the best ones.
    SurveyCover,
}

impl Topic {
    /// Its name for tools.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReserveTest => "reserve-test",
            Self::PriceSearch => "price-search",
            Self::Winners => "winners",
            Self::Cover => "cover",
            Self::Depth => "depth",
            Self::OpenedReserve => "opened-reserve",
            Self::Everything => "everything",
            Self::Trades => "trades",
            Self::Amounts => "amounts",
            Self::Statistics => "statistics",
            Self::SurveyDepth => "survey-depth",
            Self::SurveyCover => "survey-cover",
        }
    }
}

/// The question of which a Decrypt step is the last part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// What is in each of these?
    Open,
    /// Which of these are encryptions of 0?
    ZeroTest,
    /// Which of these are at most the limit? Each is a list of so many shuffled entries, of which one is zero if so.
    AtMostTest {
        /// The limit.
        limit: u16,
        /// The entries of a list.
        length: usize,
    },
    /// The signs of gates, each a fair coin.
    Product,
}

impl Question {
    /// Its name for tools.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ZeroTest => "zero-test",
            Self::AtMostTest { .. } => "at-most-test",
            Self::Product => "product",
        }
    }
}

/// What a program asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purpose {
    /// What it wants to know.
    pub topic: Topic,
    /// What it asks to that end.
    pub question: Question,
}

/// Which step of which lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepId {
    /// Index of the lot.
    pub lot: u32,
    /// Round.
    pub round: u32,
    /// Step of the ranking, counted through a survey and the ranking after it.
    pub step: u32,
}

/// A Decrypt step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecryptStep {
    /// What it is for.
    pub purpose: Purpose,
    /// How many ciphertexts are decrypted.
    pub items: usize,
    /// What they came to. Nothing if the step was not completed: then nothing was opened.
    pub opened: Option<OpenedItems>,
}

/// What a completed step opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedItems {
    /// How many items are zero.
    pub zeros: usize,
    /// Of an Open, the number that is in each item, ones that are public among them.
    pub values: Vec<i64>,
}

/// A keyholder's decryption shares for a chunk, in one accepted message. Their proof held, unless the report
/// says that one failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePost {
    /// The entry, from 1.
    pub entry: u64,
    /// Its slot.
    pub slot: u64,
    /// Who made them.
    pub keyholder: KeyholderId,
    /// Its signing key.
    pub signer: PartyKey,
    /// For which step.
    pub step: StepId,
    /// For which chunk of it.
    pub chunk: u32,
    /// How many shares: one for each item of the chunk.
    pub items: usize,
}

/// Everything that was decrypted as the rules ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decryptions {
    /// By lot, round and step.
    pub steps: BTreeMap<StepId, DecryptStep>,
    /// As they stand in the transcript.
    pub posts: Vec<SharePost>,
}
