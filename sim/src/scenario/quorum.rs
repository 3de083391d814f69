//! Who together may decrypt, and who of them does not behave.

use super::{
    RESERVED,
    file::{GroupFile, KeyholderConductFile, MembersFile},
};
use crate::{
    failure::{Code, Failure},
    simulate::{KeyholderConduct, Seat},
};
use std::collections::{BTreeMap, BTreeSet};
use talea_protocol::{
    bytes::Text,
    limits::{MAX_GROUPS, MAX_MEMBERS},
    quorum::KeyholderId,
};
use talea_text::rules::named;

/// A group of the quorum, before keys are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// What people call it.
    pub name: Text,
    /// How many must act together.
    pub threshold: u16,
    /// How many must endorse.
    pub endorsements: u16,
    /// Whether its word counts for what the board did not take.
    pub is_witness: bool,
    /// Who sits in it.
    pub members: Vec<(String, Seat)>,
}

/// Groups, and keyholders who do not behave.
pub(super) type Quorum = (Vec<GroupPlan>, BTreeMap<KeyholderId, KeyholderConduct>);

/// Reads the groups; a member may be one of the bidders.
///
/// # Errors
/// `scenario.quorum`, `scenario.member`, `scenario.conduct`, `scenario.text`.
pub(super) fn read_quorum(files: Vec<GroupFile>, bidders: &[String]) -> Result<Quorum, Failure> {
    if files.is_empty() || files.len() > MAX_GROUPS {
        let sentence = format!("quorum: found {} groups, expected 1 to {MAX_GROUPS}", files.len());
        return Err(Failure::new(Code::ScenarioQuorum, sentence));
    }
    let mut groups = Vec::new();
    let mut keyholders = BTreeMap::new();
    let mut seated: BTreeSet<String> = BTreeSet::new();
    for (index, file) in (0u16..).zip(files) {
        let at = format!("quorum[{index}]");
        let rules = file.rules();
        let GroupFile { name, threshold, members, conduct, .. } = file;
        let name = named(&format!("{at}.name"), &name)?;
        let members = read_members(&at, &name, members, bidders)?;
        for (member, _) in &members {
            if !seated.insert(member.clone()) {
                let sentence = format!("{at}.members: {member:?} sits in the quorum twice");
                return Err(Failure::new(Code::ScenarioMember, sentence));
            }
        }
        let (endorsements, is_witness) = rules.of(&at, name.as_str(), members.len())?;
        for (who, file) in conduct {
            let at = format!("{at}.conduct.{who:?}");
            let member = place_of(&at, &members, &who)?;
            let conduct = keyholder_conduct(&at, file, &members, member)?;
            keyholders.insert(KeyholderId { group: index, member }, conduct);
        }
        groups.push(GroupPlan { name, threshold, endorsements, is_witness, members });
    }
    Ok((groups, keyholders))
}

fn read_members(
    at: &str,
    group: &Text,
    members: MembersFile,
    bidders: &[String],
) -> Result<Vec<(String, Seat)>, Failure> {
    let count = match &members {
        MembersFile::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
        MembersFile::Named(names) => names.len(),
    };
    if count == 0 || count > MAX_MEMBERS {
        let sentence = format!("{at}.members: a group has 1 to {MAX_MEMBERS} members, not {count}");
        return Err(Failure::new(Code::ScenarioQuorum, sentence));
    }
    let names = match members {
        MembersFile::Count(_) => (1..=count).map(|place| format!("{group} {place}")).collect(),
        MembersFile::Named(names) => names,
    };
    names
        .into_iter()
        .map(|name| {
            named(&format!("{at}.members"), &name)?;
            let seat = match bidders.iter().position(|bidder| *bidder == name) {
                Some(index) => Seat::Bidder(index),
                None if name == "seller" => Seat::Seller,
                None if RESERVED.contains(&name.as_str()) => {
                    let sentence = format!("{at}.members: the {name} may not hold keys");
                    return Err(Failure::new(Code::ScenarioMember, sentence));
                }
                None => Seat::Own,
            };
            Ok((name, seat))
        })
        .collect()
}

/// The index of a member of a group, from 1.
fn place_of(at: &str, members: &[(String, Seat)], who: &str) -> Result<u16, Failure> {
    let place = (1u16..).zip(members).find(|(_, (name, _))| name == who);
    place.map(|(place, _)| place).ok_or_else(|| {
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        Failure::new(Code::ScenarioMember, format!("{at}: the group has no member {who:?}"))
            .with_help(format!("its members are {}", names.join(", ")))
    })
}

fn keyholder_conduct(
    at: &str,
    file: KeyholderConductFile,
    members: &[(String, Seat)],
    own: u16,
) -> Result<KeyholderConduct, Failure> {
    let another = |who: &str| {
        let member = place_of(at, members, who)?;
        if member == own {
            let sentence = format!("{at}: {who:?} cannot do this to itself");
            return Err(Failure::new(Code::ScenarioConduct, sentence));
        }
        Ok(member)
    };
    Ok(match file {
        KeyholderConductFile::Honest => KeyholderConduct::Honest,
        KeyholderConductFile::NeverDeals => KeyholderConduct::NeverDeals,
        KeyholderConductFile::DealsWrongShare { to } => {
            KeyholderConduct::DealsWrongShare { to: another(&to)? }
        }
        KeyholderConductFile::ComplainsFalsely { about } => {
            KeyholderConduct::ComplainsFalsely { about: another(&about)? }
        }
        KeyholderConductFile::NeverEndorses => KeyholderConduct::NeverEndorses,
        KeyholderConductFile::Leaves { from_step } => KeyholderConduct::Leaves { from_step },
        KeyholderConductFile::Ignored { from_step } => KeyholderConduct::Ignored { from_step },
    })
}
