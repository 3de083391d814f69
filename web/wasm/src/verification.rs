//! A file, verified by the independent verifier: what `talea-verify --json` writes of it, check by check, and the depths
//! that it discloses as pictures.

use crate::{fault::Fault, host};
use talea_text::{failure::Code, histogram};
use talea_verifier::{Fault as VerifierFault, Options, verify};

/// The verifier's report of the file that the page has at hand, as JSON (schema `talea-verify/2`), and the pictures of
/// each lot.
///
/// # Errors
/// `file.unreadable` if the browser cannot read it, `internal` if the verifier is at fault.
pub fn report() -> Result<(String, Vec<Vec<String>>), Fault> {
    let progress = |at: talea_verifier::Progress| host::report_progress(at.bytes, at.entries);
    match verify(host::PageFile, &Options::default(), progress) {
        Ok(report) => {
            let lots = || report.lots.iter();
            // All lots have the mechanism of the terms.
            let pictures = lots().next().map(|row| {
                let lots = lots().map(|row| (&row.lot, &row.disclosed, row.ending.as_ref()));
                histogram::panels_of(row.mechanism, lots)
            });
            Ok((report.to_json(), pictures.unwrap_or_default()))
        }
        Err(VerifierFault::Read(error)) => Err(Fault::new(Code::FileUnreadable, error.to_string())),
        Err(VerifierFault::Internal(what)) => Err(Fault::internal(what)),
    }
}
