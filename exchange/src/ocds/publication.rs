//! What a publication says that an auction does not: who publishes it, where, when, and who the parties are.

use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use talea_protocol::bytes::PartyKey;
use talea_text::{
    failure::{Code, Failure},
    names,
};

/// A file of more bytes is not read.
pub const MAX_BYTES: u64 = 1 << 20;

/// Of a publication whose file names no language: the sentences are English.
const LANGUAGE: &str = "en";

/// What a publication says that an auction does not.
#[derive(Clone, Debug)]
pub struct Publication {
    /// `ocds-` and six letters or digits.
    pub(super) ocid_prefix: String,
    /// Where the package will be.
    pub(super) uri: String,
    /// When it is published, by RFC 3339 in UTC.
    pub(super) date: String,
    pub(super) language: String,
    pub(super) license: Option<String>,
    pub(super) publication_policy: Option<String>,
    pub(super) publisher: Publisher,
    organizations: BTreeMap<PartyKey, Organization>,
}

/// Who publishes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publisher {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

/// Who a party is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organization {
    pub(super) name: String,
    pub(super) identifier: Option<Identifier>,
}

/// Where an organization is registered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Identifier {
    pub(super) scheme: String,
    pub(super) id: String,
    pub(super) legal_name: Option<String>,
    pub(super) uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PublicationFile {
    ocid_prefix: String,
    uri: String,
    date: String,
    language: Option<String>,
    license: Option<String>,
    publication_policy: Option<String>,
    publisher: Publisher,
    #[serde(default)]
    parties: BTreeMap<String, Organization>,
}

impl Publication {
    /// Reads a file of TOML.
    ///
    /// # Errors
    /// `ocds.publication`, `name.malformed`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let file: PublicationFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                let before = text.get(..span.start).unwrap_or_default();
                before.matches('\n').count() + 1
            });
            invalid(format!("line {line}: {}", error.message()))
        })?;
        file.check()?;
        let organizations = file
            .parties
            .into_iter()
            .map(|(key, organization)| Ok((names::read_party(&key)?, organization)))
            .collect::<Result<BTreeMap<_, _>, Failure>>()?;
        require_distinct(&organizations)?;
        Ok(Self {
            ocid_prefix: file.ocid_prefix,
            uri: file.uri,
            date: in_utc(&file.date)?,
            language: file.language.unwrap_or_else(|| LANGUAGE.into()),
            license: file.license,
            publication_policy: file.publication_policy,
            publisher: file.publisher,
            organizations,
        })
    }

    /// Who a party is, if the file says so.
    pub(super) fn organization(&self, party: &str) -> Option<&Organization> {
        self.organizations.get(&names::read_party(party).ok()?)
    }
}

impl PublicationFile {
    fn check(&self) -> Result<(), Failure> {
        let Self { ocid_prefix, uri, language, license, publication_policy, publisher, .. } = self;
        require_prefix(ocid_prefix)?;
        require_uri("uri", uri)?;
        for (field, uri) in [
            ("license", license),
            ("publication-policy", publication_policy),
            ("publisher.uri", &publisher.uri),
        ] {
            uri.as_ref().map_or(Ok(()), |uri| require_uri(field, uri))?;
        }
        require_text("publisher.name", &publisher.name)?;
        language.as_ref().map_or(Ok(()), |language| require_language(language))?;
        for (party, organization) in &self.parties {
            organization.check(&format!("parties.{party}"))?;
        }
        Ok(())
    }
}

impl Organization {
    fn check(&self, at: &str) -> Result<(), Failure> {
        require_text(&format!("{at}.name"), &self.name)?;
        let Some(Identifier { scheme, id, legal_name: _, uri }) = &self.identifier else {
            return Ok(());
        };
        require_text(&format!("{at}.identifier.scheme"), scheme)?;
        require_text(&format!("{at}.identifier.id"), id)?;
        uri.as_ref().map_or(Ok(()), |uri| require_uri(&format!("{at}.identifier.uri"), uri))
    }
}

fn invalid(sentence: String) -> Failure {
    Failure::new(Code::OcdsPublication, sentence)
        .with_help("docs/standards.md has an example of such a file")
}

fn require_text(field: &str, text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() { Err(invalid(format!("{field} is empty"))) } else { Ok(()) }
}

/// The registry gives such prefixes to publishers.
fn require_prefix(prefix: &str) -> Result<(), Failure> {
    let is_own = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let own = prefix.strip_prefix("ocds-");
    if own.is_some_and(|own| own.len() == 6 && own.chars().all(is_own)) {
        return Ok(());
    }
    Err(invalid(format!(
        "ocid-prefix: expected ocds- and six small letters or digits, found {prefix:?}"
    )))
}

fn require_uri(field: &str, uri: &str) -> Result<(), Failure> {
    match Uri::parse(uri) {
        Ok(_) => Ok(()),
        Err(error) => Err(invalid(format!("{field}: {uri:?} is not a URI: {error}"))),
    }
}

/// Two letters of ISO 639-1, and a country or not.
fn require_language(language: &str) -> Result<(), Failure> {
    let (language_code, country) = language.split_once('-').unwrap_or((language, "XX"));
    let is_language =
        language_code.len() == 2 && language_code.chars().all(|c| c.is_ascii_lowercase());
    let is_country = country.len() == 2 && country.chars().all(|c| c.is_ascii_uppercase());
    if is_language && is_country {
        return Ok(());
    }
    Err(invalid(format!("language: expected one such as en or en-GB, found {language:?}")))
}

/// Times are written in UTC: the standard's own tools order releases by the text of their dates.
fn in_utc(date: &str) -> Result<String, Failure> {
    let time: Result<jiff::Timestamp, _> = date.parse();
    let time = time.map_err(|error| {
        invalid(format!("date: {date:?} is not a time by RFC 3339, with its offset: {error}"))
    })?;
    let seconds = jiff::Timestamp::from_second(time.as_second());
    seconds
        .map(|time| time.to_string())
        .map_err(|error| invalid(format!("date: {date:?} is out of range: {error}")))
}

/// Two parties with one identifier would be one organization.
fn require_distinct(organizations: &BTreeMap<PartyKey, Organization>) -> Result<(), Failure> {
    let mut seen = BTreeMap::new();
    for (party, organization) in organizations {
        let Some(Identifier { scheme, id, .. }) = &organization.identifier else { continue };
        if let Some(other) = seen.insert((scheme, id), party) {
            let [one, other] = [other, party].map(names::short);
            return Err(invalid(format!(
                "the parties {one} and {other} have one identifier, {scheme} {id}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "ocid-prefix = \"ocds-213czf\"\nuri = \"https://example.org/p.json\"\ndate = \
                        \"2027-03-15T10:00:00+01:00\"\n[publisher]\nname = \"Town of Example\"\n";

    fn refused(from: &str, to: &str) -> String {
        let file = FILE.replace(from, to);
        assert_ne!(file, FILE);
        let failure = Publication::read(&file).unwrap_err();
        assert_eq!(failure.code, Code::OcdsPublication, "{failure}");
        failure.sentence
    }

    #[test]
    fn a_publication_is_dated_in_utc_and_in_english_unless_it_says_otherwise() {
        let publication = Publication::read(FILE).unwrap();
        assert_eq!(publication.date, "2027-03-15T09:00:00Z");
        assert_eq!(publication.language, "en");
        let file = format!("language = \"de-CH\"\n{FILE}");
        assert_eq!(Publication::read(&file).unwrap().language, "de-CH");
    }

    #[test]
    fn a_file_that_cannot_be_published_is_refused_by_the_field() {
        assert!(refused("213czf", "X").contains("ocid-prefix"));
        assert!(refused("https://example.org/p.json", "p.json").contains("uri"));
        assert!(refused("https://example.org/p.json", "https://a b").contains("uri"));
        assert!(refused("+01:00", "").contains("date"));
        assert!(refused("2027-03-15T10", "2027-02-30T10").contains("date"));
        assert!(refused("Town of Example", " ").contains("publisher.name"));
        assert!(refused("[publisher]", "colour = 1\n[publisher]").contains("line 4"));
        assert!(refused("[publisher]", "language = \"English\"\n[publisher]").contains("language"));
        let party = format!("{FILE}[parties.nobody]\nname = \"Nobody\"\n");
        assert_eq!(Publication::read(&party).unwrap_err().code, Code::NameMalformed);
    }

    #[test]
    fn two_parties_are_not_one_organization() {
        let party = |byte: u8| {
            let key = names::party(&PartyKey([byte; 32]));
            format!(
                "[parties.{key}]\nname = \"A\"\nidentifier = {{ scheme = \"GB-COH\", id = \"7\" }}\n"
            )
        };
        assert!(Publication::read(&format!("{FILE}{}", party(1))).is_ok());
        let failure = Publication::read(&format!("{FILE}{}{}", party(1), party(2))).unwrap_err();
        assert!(failure.sentence.contains("have one identifier, GB-COH 7"), "{failure}");
    }
}
