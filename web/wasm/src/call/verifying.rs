//! Requests about a file that the page has at hand.

use super::{Answer, only};
use crate::{fault::Fault, host::PageFile, timeline::Timeline, verification};
use serde::Deserialize;
use serde_json::Value;

/// What can be asked.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The verifier's report.
    Verify,
    /// The timeline.
    Timeline,
}

/// Answers.
pub fn serve(request: &Request, _: &[u8]) -> Answer {
    match request {
        Request::Verify => {
            let report: Result<Value, _> = serde_json::from_str(&verification::report()?);
            only(report.map_err(|error| Fault::internal(error.to_string()))?)
        }
        Request::Timeline => only(Timeline::read(PageFile)),
    }
}
