//! A scenario that was run: every party in one process, with real cryptography.

use crate::{
    guard::guarded,
    raised::raised,
    signals::{Signals, Writer},
};
use pyo3::{
    Py, PyResult, Python, pyclass, pyfunction, pymethods,
    types::{PyBytes, PyDict, PyDictMethods as _},
};
use std::path::{Path, PathBuf};
use talea_sim::{
    failure::Failure,
    run::{self, Run},
    scenario::Scenario,
};

/// A scenario that was run.
#[pyclass(frozen, get_all, module = "talea._native")]
pub struct Simulated {
    /// What the scenario says it is about.
    title: String,
    /// Where every secret came from.
    seed: u64,
    /// Who together may decrypt, in words.
    quorum: String,
    /// What the parties are called, by their keys.
    names: Py<PyDict>,
    /// The transcript.
    transcript: Py<PyBytes>,
}

#[pymethods]
impl Simulated {
    fn __repr__(&self) -> String {
        format!("Simulated({:?}, seed={})", self.title, self.seed)
    }
}

/// Runs the scenario in a file.
#[pyfunction]
#[pyo3(signature = (path, seed=None))]
pub fn simulate_file(py: Python<'_>, path: PathBuf, seed: Option<u64>) -> PyResult<Simulated> {
    simulate(py, || Scenario::read(&path), seed)
}

/// Runs the scenario that a text says; files that it names are in the working folder.
#[pyfunction]
#[pyo3(signature = (text, seed=None))]
pub fn simulate_text(py: Python<'_>, text: &str, seed: Option<u64>) -> PyResult<Simulated> {
    simulate(py, || Scenario::from_text(text, Path::new("")), seed)
}

fn simulate(
    py: Python<'_>,
    read: impl FnOnce() -> Result<Scenario, Failure> + Send,
    seed: Option<u64>,
) -> PyResult<Simulated> {
    let (done, raised_by_signal) = py.detach(|| {
        let signals = Signals::default();
        let done = guarded(|| {
            let scenario = read()?;
            let mut transcript = Vec::new();
            let seed = seed.unwrap_or(scenario.seed);
            let run = run::run(&scenario, (seed, 0), Writer(&mut transcript, &signals))?;
            Ok((scenario, run, transcript))
        });
        (done, signals.into_raised())
    });
    if let Some(error) = raised_by_signal {
        return Err(error);
    }
    let (scenario, Run { seed, names, .. }, transcript) = done.map_err(raised)?;
    let called = PyDict::new(py);
    for (key, name) in names {
        called.set_item(key.to_string(), name)?;
    }
    Ok(Simulated {
        quorum: scenario.quorum_in_words(),
        title: scenario.title,
        seed,
        names: called.unbind(),
        transcript: PyBytes::new(py, &transcript).unbind(),
    })
}
