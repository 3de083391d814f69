//! Requests about a file that the page has at hand.

use super::{Answer, only, written};
use crate::{host::PageFile, timeline::Timeline, verification};
use serde::Deserialize;

/// What can be asked.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The verifier's report. The pictures come along in bytes, as JSON: a list for each lot.
    Verify,
    /// The timeline.
    Timeline,
}

/// Answers.
pub fn serve(request: &Request, _: &[u8]) -> Answer {
    match request {
        Request::Verify => {
            let (report, pictures) = verification::report()?;
            Ok((report, written(&pictures)?.into_bytes()))
        }
        Request::Timeline => only(Timeline::read(PageFile)),
    }
}
