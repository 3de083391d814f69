//! The forms in which a report is written.

use crate::{
    failure::{Code, Failure},
    files,
};
use std::path::Path;
use talea_exchange::{
    fix,
    ocds::{self, Publication, publication},
    table,
};
use talea_report::{Auctions, Reader, Report};

/// A form that the ending of a name does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A release package of the Open Contracting Data Standard.
    Ocds,
    /// A record package of the same standard, with its compiled release.
    OcdsRecord,
}

/// How a report is written.
pub(crate) enum Export {
    Page(Reader),
    Data(Reader),
    Rows,
    Workbook,
    Parquet,
    Fix,
    Releases(Box<Publication>),
    Record(Box<Publication>),
}

impl Export {
    /// By the ending of a name, and of a standard that is written as JSON by its own name. `metadata` is what OCDS asks
    /// for besides.
    ///
    /// # Errors
    /// `file.unwritable` of other endings; `ocds.publication` and those of reading a file.
    pub(crate) fn of(
        (out, reader): (&Path, Reader),
        format: Option<Format>,
        metadata: Option<&Path>,
    ) -> Result<Self, Failure> {
        let ending = out.extension().and_then(|extension| extension.to_str());
        let wrong = |endings: &str| {
            let sentence = format!("the name {} must end in {endings}", out.display());
            Err(Failure::new(Code::FileUnwritable, sentence))
        };
        let Some(format) = format else {
            return match ending {
                Some("html") => Ok(Self::Page(reader)),
                Some("json") => Ok(Self::Data(reader)),
                Some("csv") => Ok(Self::Rows),
                Some("xlsx") => Ok(Self::Workbook),
                Some("parquet") => Ok(Self::Parquet),
                Some("fix") => Ok(Self::Fix),
                _ => wrong(".html, .json, .csv, .xlsx, .parquet or .fix"),
            };
        };
        if ending != Some("json") {
            return wrong(".json");
        }
        let publication = Box::new(read_publication(metadata)?);
        Ok(match format {
            Format::Ocds => Self::Releases(publication),
            Format::OcdsRecord => Self::Record(publication),
        })
    }

    /// Whether it says why a record is invalid. The others are about what happened, and of that nothing is known then.
    pub(crate) fn shows_objections(&self) -> bool {
        matches!(self, Self::Page(_) | Self::Data(_) | Self::Rows)
    }

    /// Whether it is about many auctions: a table, or what a regulator reads.
    pub(crate) fn takes_several(&self) -> bool {
        matches!(
            self,
            Self::Parquet | Self::Page(Reader::Regulator) | Self::Data(Reader::Regulator)
        )
    }

    /// What is written of a report, and of others in a form that takes several.
    ///
    /// # Errors
    /// Those of the form.
    pub(crate) fn bytes(&self, report: Report, others: Vec<Report>) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Page(Reader::Regulator) if !others.is_empty() => {
                Ok(many(report, others).html().into_bytes())
            }
            Self::Data(Reader::Regulator) if !others.is_empty() => {
                Ok(many(report, others).json().into_bytes())
            }
            Self::Page(reader) => Ok(report.html(*reader).into_bytes()),
            Self::Data(_) => Ok(report.json().into_bytes()),
            Self::Rows => Ok(report.csv().into_bytes()),
            Self::Workbook => table::workbook(&report),
            Self::Parquet => {
                let all: Vec<Report> = std::iter::once(report).chain(others).collect();
                table::parquet(&all)
            }
            Self::Fix => fix::messages(&report),
            Self::Releases(publication) => {
                ocds::release_package(&report, publication).map(String::into_bytes)
            }
            Self::Record(publication) => {
                ocds::record_package(&report, publication).map(String::into_bytes)
            }
        }
    }
}

fn many(report: Report, others: Vec<Report>) -> Auctions {
    Auctions::of(std::iter::once(report).chain(others).collect())
}

fn read_publication(metadata: Option<&Path>) -> Result<Publication, Failure> {
    let path = metadata.ok_or_else(|| {
        let sentence = "--format asks for --ocds FILE: who publishes, where and when";
        Failure::new(Code::OcdsPublication, sentence)
            .with_help("docs/standards.md has an example of such a file")
    })?;
    let bytes = files::read(path, publication::MAX_BYTES)?;
    let in_file = |failure: Failure| {
        let sentence = format!("{}: {}", path.display(), failure.sentence);
        Failure { sentence, ..failure }
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| in_file(Failure::new(Code::OcdsPublication, "it is not UTF-8")))?;
    Publication::read(&text).map_err(in_file)
}
