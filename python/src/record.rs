//! A transcript that was verified, and what it says.

use crate::{
    guard::guarded,
    lots,
    raised::raised,
    signals::{Reader, Signals},
};
use pyo3::{PyResult, Python, pyclass, pymethods};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};
use talea_protocol::bytes::PartyKey;
use talea_text::{
    ending,
    failure::{Code, Failure},
    histogram,
    terms::TermsData,
};
use talea_verifier::{Fault, Options, Report, report::LotRow, verify};

/// A transcript that the independent verifier has read to its end, or to where it is wrong.
#[pyclass(frozen, module = "talea._native")]
pub struct Record {
    report: Report,
}

#[pymethods]
impl Record {
    /// Verifies a file.
    #[staticmethod]
    fn of_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let open = || File::open(&path).map_err(|error| Failure::unreadable(&path, error));
        Self::verified(py, || Ok(BufReader::new(open()?)), &path)
    }

    /// Verifies bytes.
    #[staticmethod]
    fn of_bytes(py: Python<'_>, transcript: &[u8]) -> PyResult<Self> {
        Self::verified(py, || Ok(transcript), Path::new("the transcript"))
    }

    /// The verifier's report, in JSON.
    fn verification(&self) -> String {
        self.report.to_json()
    }

    /// The verifier's report, for people.
    fn text(&self) -> String {
        self.report.to_text()
    }

    /// The verdict in a sentence.
    fn headline(&self) -> String {
        self.report.headline()
    }

    /// The terms in JSON, once they passed.
    fn terms(&self) -> Option<String> {
        self.report.terms.as_ref().map(|terms| TermsData::of(terms).json())
    }

    /// The lots in JSON, with every price as a decimal number too.
    fn lots(&self) -> PyResult<String> {
        guarded(|| lots::json(&self.report)).map_err(raised)
    }

    /// The depths that were disclosed, or what a survey counted, of one lot or of all, as a picture. Nothing if none was.
    fn depth_svg(
        &self,
        title: &str,
        names: BTreeMap<String, String>,
        lot: Option<usize>,
    ) -> PyResult<Option<String>> {
        let called = |key: &PartyKey| {
            let key = key.to_string();
            names.get(&key).cloned().unwrap_or(key)
        };
        let row = |row: &LotRow| {
            let ending = row.ending.as_ref();
            let ending = ending.map(|ending| ending::in_words(&row.lot, ending, called));
            histogram::Row::of_lot(
                row.mechanism,
                &row.lot,
                &row.disclosed,
                row.ending.as_ref(),
                ending.unwrap_or_default(),
            )
        };
        let rows = self.report.lots.iter().enumerate();
        let rows = rows.filter(|(index, _)| lot.is_none_or(|lot| lot == *index));
        guarded(|| {
            let rows: Vec<_> = rows.filter_map(|(_, lot)| row(lot)).collect();
            Ok((!rows.is_empty()).then(|| histogram::svg(title, &rows)))
        })
        .map_err(raised)
    }
}

impl Record {
    /// Verifies what `open` gives, while Python does other things.
    fn verified<R: Read>(
        py: Python<'_>,
        open: impl FnOnce() -> Result<R, Failure> + Send,
        name: &Path,
    ) -> PyResult<Self> {
        let (report, raised_by_signal) = py.detach(|| {
            let signals = Signals::default();
            let report = guarded(|| {
                let source = Reader(open()?, &signals);
                let verified = verify(source, &Options::default(), |_| signals.look());
                verified.map_err(|fault| failure(fault, name))
            });
            (report, signals.into_raised())
        });
        match (report, raised_by_signal) {
            (_, Some(error)) => Err(error),
            (report, None) => Ok(Self { report: report.map_err(raised)? }),
        }
    }
}

fn failure(fault: Fault, name: &Path) -> Failure {
    match fault {
        Fault::Read(error) => Failure::unreadable(name, error),
        Fault::Internal(what) => Failure::new(Code::Internal, what),
    }
}
