//! Packages of releases and of records.

use super::{
    publication::{Publication, Publisher},
    release::Release,
    shape::Shape,
};
use serde::Serialize;
use talea_report::Report;
use talea_text::failure::Failure;

const BIDS: &str = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/master/extension.json";
const LOTS: &str = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/master/extension.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a, T: Serialize> {
    uri: &'a str,
    version: &'static str,
    extensions: Vec<&'static str>,
    published_date: &'a str,
    publisher: &'a Publisher,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publication_policy: Option<&'a str>,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct Releases {
    releases: Vec<Release>,
}

#[derive(Serialize)]
struct Records {
    records: [Record; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    ocid: String,
    releases: Vec<Release>,
    compiled_release: Option<Release>,
}

fn package<T: Serialize>(report: &Report, publication: &Publication, content: T) -> String {
    let extensions = match Shape::of(report) {
        Shape::One => vec![BIDS],
        Shape::Several => vec![BIDS, LOTS],
    };
    let package = Package {
        uri: &publication.uri,
        version: "1.1",
        extensions,
        published_date: &publication.date,
        publisher: &publication.publisher,
        license: publication.license.as_deref(),
        publication_policy: publication.publication_policy.as_deref(),
        content,
    };
    talea_text::json::to_json(&package) + "\n"
}

/// The releases of an auction, as JSON.
///
/// # Errors
/// `standard.mechanism`, `standard.currency`, `standard.number`; `board.invalid` of a transcript that breaks the rules.
pub fn release_package(report: &Report, publication: &Publication) -> Result<String, Failure> {
    let releases = Release::all(report, publication)?;
    Ok(package(report, publication, Releases { releases }))
}

/// The record of an auction, as JSON: its releases, and what they come to.
///
/// # Errors
/// As [`release_package`].
pub fn record_package(report: &Report, publication: &Publication) -> Result<String, Failure> {
    let releases = Release::all(report, publication)?;
    let ocid = releases.first().map_or(String::new(), |release| release.ocid.clone());
    let compiled_release = Release::compiled(&releases);
    let record = Record { ocid, releases, compiled_release };
    Ok(package(report, publication, Records { records: [record] }))
}
