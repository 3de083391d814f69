//! A failure, as Python raises it.

use pyo3::PyErr;
use talea_text::failure::Failure;

/// The exception, which is written in Python: it is pickled, compared and shown as others are.
mod class {
    pyo3::import_exception!(talea._errors, TaleaError);
}

/// `talea.TaleaError`, with code, sentence and help.
pub fn raised(failure: Failure) -> PyErr {
    let Failure { code, sentence, help } = failure;
    class::TaleaError::new_err((code.name(), sentence, help))
}
