//! The verifier on a transcript of our own making.

/// Verifies it on so many threads.
///
/// # Panics
/// If it is not valid: the contract has accepted it.
pub(super) fn verify(transcript: &[u8], jobs: usize) {
    let options = talea_verifier::Options { jobs: Some(jobs) };
    let is_valid = talea_verifier::verify(transcript, &options, |_| ())
        .is_ok_and(|report| report.verdict == talea_verifier::Verdict::Valid);
    assert!(is_valid, "the verifier accepts what the contract accepted");
}
