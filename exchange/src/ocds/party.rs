//! Organizations: the seller of the terms, and whoever committed a bid.

use super::publication::{Identifier, Publication};
use serde::Serialize;
use std::collections::BTreeSet;
use talea_report::Report;

/// The scheme of public keys: no register of organizations has it.
const KEY_SCHEME: &str = "X-TALEA";

/// An organization, in the list of parties.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Party {
    id: String,
    name: String,
    identifier: PartyIdentifier,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    additional_identifiers: Vec<PartyIdentifier>,
    roles: Vec<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartyIdentifier {
    scheme: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

/// An organization, by its place in the list of parties.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PartyReference {
    id: String,
    name: String,
}

/// How an auction's parties are published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties<'a> {
    pub(super) report: &'a Report,
    pub(super) publication: &'a Publication,
}

impl Parties<'_> {
    /// Where the publication gives an identifier, that; otherwise the public key.
    pub(super) fn reference(self, party: &str) -> PartyReference {
        let organization = self.publication.organization(party);
        let identifier = organization.and_then(|known| known.identifier.as_ref());
        let id = identifier.map_or_else(
            || party.to_owned(),
            |Identifier { scheme, id, .. }| format!("{scheme}-{id}"),
        );
        let known = organization.map(|known| known.name.as_str());
        // Nobody is given a name that nobody has given to it.
        let name = known.or_else(|| self.report.name_of(party)).unwrap_or(party);
        PartyReference { id, name: name.to_owned() }
    }

    fn party(self, party: &str, roles: Vec<&'static str>) -> Party {
        let PartyReference { id, name } = self.reference(party);
        let key = PartyIdentifier {
            scheme: KEY_SCHEME.into(),
            id: party.to_owned(),
            legal_name: None,
            uri: None,
        };
        let organization = self.publication.organization(party);
        let registered = organization.and_then(|known| known.identifier.as_ref());
        let registered = registered.map(|Identifier { scheme, id, legal_name, uri }| {
            let (scheme, id) = (scheme.clone(), id.clone());
            PartyIdentifier { scheme, id, legal_name: legal_name.clone(), uri: uri.clone() }
        });
        let (identifier, additional_identifiers) = match registered {
            Some(registered) => (registered, vec![key]),
            None => (key, Vec::new()),
        };
        Party { id, name, identifier, additional_identifiers, roles }
    }

    /// The seller, then the tenderers; who among them won is a supplier too.
    pub(super) fn all(
        self,
        seller: &str,
        roles_of_seller: Vec<&'static str>,
        tenderers: &[&str],
        suppliers: &BTreeSet<&str>,
    ) -> Vec<Party> {
        let bidder = |party: &&str| {
            let supplier = suppliers.contains(party).then_some("supplier");
            self.party(party, std::iter::once("tenderer").chain(supplier).collect())
        };
        let seller = self.party(seller, roles_of_seller);
        std::iter::once(seller).chain(tenderers.iter().map(bidder)).collect()
    }
}
