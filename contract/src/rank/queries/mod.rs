//! The queries about a lot, one to a file: each is a state machine that asks keyholders, receives the answer and
//! asks again, until it is done. Section 11 of `docs/spec.md`.

mod answers;
mod depth;
mod market;
pub(crate) mod opening;
mod participants;
mod price;
mod products;
mod reserve;
mod search;
mod winners;

pub(crate) use answers::Answers;
pub(crate) use depth::DepthSurvey;
pub(crate) use market::Market;
pub(crate) use participants::Participants;
pub(crate) use price::{Comparison, ExcessComparison, Found, PriceSearch};
pub(crate) use reserve::ReserveTest;
pub(crate) use winners::{Contest, Places, Winners};

use super::question::Ask;

/// What a query needs next.
pub(crate) enum QueryProgress<T> {
    Ask(Ask),
    Done(T),
    /// An opened value that no accepted proof allows.
    Alarm,
}

impl<T> QueryProgress<T> {
    /// What is done; or, for whoever asked, that it is not yet. Where keyholders are needed, `wait` puts the rest away.
    pub(crate) fn or_wait<U>(self, wait: impl FnOnce()) -> Result<T, QueryProgress<U>> {
        match self {
            Self::Ask(ask) => {
                wait();
                Err(QueryProgress::Ask(ask))
            }
            Self::Alarm => Err(QueryProgress::Alarm),
            Self::Done(done) => Ok(done),
        }
    }

    /// The same with another result.
    pub(crate) fn map<U>(self, result: impl FnOnce(T) -> U) -> QueryProgress<U> {
        match self {
            Self::Ask(ask) => QueryProgress::Ask(ask),
            Self::Done(done) => QueryProgress::Done(result(done)),
            Self::Alarm => QueryProgress::Alarm,
        }
    }
}
