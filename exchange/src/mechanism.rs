//! Which mechanisms a standard has a form for.

use talea_text::{
    failure::{Code, Failure},
    terms::TermsData,
};

/// That a bid is one price and the best bids win the lot, which is what `standard` can say.
///
/// # Errors
/// `standard.mechanism` of curves, two-sided markets and surveys.
pub(crate) fn require_one_price(standard: &str, terms: &TermsData) -> Result<(), Failure> {
    let mechanism = &terms.mechanism;
    if mechanism.curve.is_none() && mechanism.survey.is_none() {
        return Ok(());
    }
    let sentence = format!(
        "the mechanism is \"{}\", and {standard} is written of bids of one price alone",
        mechanism.name
    );
    Err(Failure::new(Code::StandardMechanism, sentence)
        .with_help("write the report as .html, .json, .csv, .xlsx or .parquet"))
}
