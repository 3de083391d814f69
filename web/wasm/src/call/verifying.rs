//! Requests about a file that the page has at hand.

use super::{Answer, only};
use crate::{host::PageFile, timeline::Timeline, verification};
use serde::Deserialize;

/// What can be asked.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The verifier's report.
    Verify,
    /// The timeline.
    Timeline,
}

/// Answers.
pub fn serve(request: &Request, _: &[u8]) -> Answer {
    match request {
        Request::Verify => Ok((verification::report()?, Vec::new())),
        Request::Timeline => only(Timeline::read(PageFile)),
    }
}
