//! Any bytes as a transcript: the verifier never panics, and calls valid only what it closed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talea_protocol::transcript::MAGIC;
use talea_verifier::{Options, Verdict, verify};

fuzz_target!(|data: &[u8]| {
    let transcript = [MAGIC.as_slice(), data].concat();
    let report = verify(transcript.as_slice(), &Options { jobs: Some(1) }, |_| ());
    let report = report.expect("memory can be read");
    assert_eq!(report.verdict == Verdict::Invalid, report.failure.is_some());
});
