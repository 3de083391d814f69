//! What is known of a bid or a reserve.

use std::sync::Arc;

use talea_protocol::{
    bytes::{Digest, PartyKey},
    sealed_bid::Contribution,
};

use super::unary_encoding::UnaryEncoding;
use crate::group::Element;

/// A commit of a lot, or its reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Commit(usize),
    Update(usize),
    Reserve,
}

/// One commit, an update of it, or a reserve.
#[derive(Debug)]
pub(crate) struct CommitState {
    pub(crate) bidder: PartyKey,
    pub(crate) commitment: Element,
    pub(crate) seal: Digest,
    pub(crate) status: Status,
    /// Of a ranked bid, until its lot is ranked.
    pub(crate) unary: Option<Arc<UnaryEncoding>>,
    /// Of a bid ranked in round 0, where ties go by lottery; its updates bring none.
    pub(crate) contribution: Option<Contribution>,
    /// An active bid that its bidder failed to bid again in some round: its deposit is lost.
    pub(crate) in_default: bool,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revealed.
    Open,
    /// Revealed; its argument is not judged yet.
    Judging,
    /// Revealed with a valid argument: a bid is ranked, a reserve binds.
    Ranked,
    /// Revealed, and closed as invalid.
    Invalid,
    /// Never revealed, and not attested.
    Unrevealed,
    /// Never revealed, but attested.
    Attested,
}
