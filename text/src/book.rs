//! A party's address book: whose key a key is, by which name this party knows them, and how it learnt so.
//!
//! Terms name keys. Who holds them no transcript proves: a seller can draw the keys of three houses by
//! itself. So each party keeps what it has learnt elsewhere, in a CSV file that people can read and edit.
//! A name out of it is said with the words "known as", and nowhere stands in place of a key.

use crate::{
    board::BoardTerms,
    failure::{Code, Failure},
    lists::{List, ListRow},
    names,
    nobody::has_no_custodian,
    table::table,
};
use serde::Serialize;
use std::fmt;
use talea_protocol::{
    bytes::{PartyKey, Text, printable},
    limits::MAX_LOTS,
    names::{KEYHOLDER, PARTY},
    quorum::{Member, keyholders},
    terms::Terms,
};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-book/1";

/// The columns of the file.
const COLUMNS: [&str; 3] = ["name", "key", "how"];
/// How many people a book has, at most.
const MOST: usize = MAX_LOTS;
/// How many keyholders a warning names one by one.
const MOST_NAMED: usize = 8;

/// An address book.
#[derive(Default, Clone, Debug)]
pub struct Book {
    people: Vec<Entry>,
}

/// Somebody in it.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    key: Key,
    how: String,
}

/// A key as `talea key show` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Party(PartyKey),
    Keyholder(Member),
}

impl Key {
    fn read(text: &str) -> Result<Self, Failure> {
        if text.starts_with(KEYHOLDER) {
            return names::read_keyholder(text).map(Self::Keyholder);
        }
        names::read_party(text).map(Self::Party).map_err(|failure| {
            failure.with_help(format!(
                "a key begins with {PARTY}1 or, of a keyholder, with {KEYHOLDER}1; talea key show prints both"
            ))
        })
    }

    fn signing(&self) -> PartyKey {
        match self {
            Self::Party(key) => *key,
            Self::Keyholder(member) => member.signing,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party(key) => key.fmt(f),
            Self::Keyholder(member) => member.fmt(f),
        }
    }
}

/// What a book says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquaintance<'a> {
    /// Whose it is.
    Known(&'a str),
    /// Of a keyholder: who signs with it. Who reads what is encrypted to it the book does not say.
    SigningKeyAlone(&'a str),
    /// Of a keyholder: who signs with it, and has another encryption key in the book.
    OtherEncryptionKey(&'a str),
    /// Nothing.
    Stranger,
}

impl Acquaintance<'_> {
    /// By which name it is known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Known(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Acquaintance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => write!(f, "known as \"{name}\""),
            Self::SigningKeyAlone(name) => write!(
                f,
                "not known: the address book has the signing key of \"{name}\", and not what {KEYHOLDER}1... says"
            ),
            Self::OtherEncryptionKey(name) => write!(
                f,
                "NOT KNOWN: \"{name}\" signs with this key, and has another encryption key in the address book"
            ),
            Self::Stranger => f.write_str("not in the address book"),
        }
    }
}

/// Somebody whom terms name, and what a book says of them.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// `seller`, `board`, `custodian`, `beneficiary`, or group and member as in `dealers 2`.
    pub role: String,
    /// The key by which the terms name them.
    pub key: String,
    /// By which name the address book has that key.
    pub known_as: Option<String>,
    /// The same in words.
    pub in_words: String,
}

impl Person {
    fn of(role: impl Into<String>, key: impl fmt::Display, found: Acquaintance<'_>) -> Self {
        Self {
            role: role.into(),
            key: key.to_string(),
            known_as: found.name().map(str::to_owned),
            in_words: found.to_string(),
        }
    }
}

impl Book {
    /// Reads the bytes of a book called `name`.
    ///
    /// # Errors
    /// `book.entry`.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let list = List::read(name, bytes, &COLUMNS, &[], Code::Book)?;
        let mut book = Self::default();
        for line in list.lines() {
            let entry = Self::read_line(line)?;
            book.admit(entry).map_err(|(column, why)| line.fault(column, &why))?;
        }
        Ok(book)
    }

    fn read_line(line: ListRow<'_>) -> Result<Entry, Failure> {
        let name = line.need("name", "write by which name you know them")?;
        let how = line.need("how", "write how you learnt whose key it is")?;
        let key = line.need("key", "write what talea key show printed")?;
        let key = Key::read(key).map_err(|failure| Failure {
            sentence: line.fault("key", "is no key of Talea").sentence,
            ..failure
        })?;
        Ok(Entry { name: name.into(), key, how: how.into() })
    }

    /// Takes somebody in; or says in which column what is wrong.
    fn admit(&mut self, entry: Entry) -> Result<(), (&'static str, String)> {
        for (column, text) in [("name", &entry.name), ("how", &entry.how)] {
            <Text>::new(text).map_err(|fault| (column, fault.to_string()))?;
            if printable(text) != *text {
                return Err((column, "has characters that nobody sees".into()));
            }
        }
        let name = entry.name.to_lowercase();
        if [PARTY, KEYHOLDER].iter().any(|prefix| name.starts_with(prefix)) {
            return Err(("name", "looks like a key, and is a name".into()));
        }
        if name.trim() != name {
            return Err(("name", "begins or ends with a blank".into()));
        }
        if self.people.iter().any(|other| other.name.to_lowercase() == name) {
            return Err(("name", "is in the address book already".into()));
        }
        let is_same = |other: &&Entry| other.key.signing() == entry.key.signing();
        if let Some(other) = self.people.iter().find(is_same) {
            return Err(("key", format!("is in the address book already, as \"{}\"", other.name)));
        }
        if self.people.len() >= MOST {
            return Err(("name", format!("is one too many: {MOST} people are the most")));
        }
        self.people.push(entry);
        Ok(())
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// `name.malformed`, `book.entry`.
    pub fn add(&mut self, name: &str, key: &str, how: &str) -> Result<(), Failure> {
        let entry = Entry { name: name.into(), key: Key::read(key)?, how: how.into() };
        self.admit(entry).map_err(|(column, why)| {
            let text = match column {
                "name" => name,
                "how" => how,
                _ => key,
            };
            Failure::new(Code::Book, format!("the {column} {text:?}: {why}")).with_help(
                "talea book list shows who is in it; talea book remove NAME removes them",
            )
        })
    }

    /// Removes somebody by name; whether anybody is called so.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.people.len();
        self.people.retain(|entry| entry.name != name);
        self.people.len() < before
    }

    /// As a file has it.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory cannot fail.
        let _ = writer.write_record(COLUMNS);
        for Entry { name, key, how } in &self.people {
            let _ = writer.write_record([name, &key.to_string(), how]);
        }
        writer.into_inner().unwrap_or_default()
    }

    /// Everybody in it, as people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = self
            .people
            .iter()
            .map(|Entry { name, key, how }| vec![name.clone(), key.to_string(), how.clone()]);
        table(&COLUMNS, rows.collect(), &[]) + "\n"
    }

    /// Everybody in it, as tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        let people = self.people.iter().map(|Entry { name, key, how }| {
            serde_json::json!({ "name": name, "key": key.to_string(), "how": how })
        });
        let people: Vec<_> = people.collect();
        format!("{:#}\n", serde_json::json!({ "schema": SCHEMA, "people": people }))
    }

    fn entry(&self, signing: &PartyKey) -> Option<&Entry> {
        self.people.iter().find(|entry| entry.key.signing() == *signing)
    }

    /// What it says of a party.
    #[must_use]
    pub fn party(&self, key: &PartyKey) -> Acquaintance<'_> {
        self.entry(key).map_or(Acquaintance::Stranger, |entry| Acquaintance::Known(&entry.name))
    }

    /// What it says of a keyholder. Both of its keys count: shares go to whoever has the encryption key.
    #[must_use]
    pub fn keyholder(&self, member: &Member) -> Acquaintance<'_> {
        let Some(Entry { name, key, .. }) = self.entry(&member.signing) else {
            return Acquaintance::Stranger;
        };
        match key {
            Key::Party(_) => Acquaintance::SigningKeyAlone(name),
            Key::Keyholder(known) if known == member => Acquaintance::Known(name),
            Key::Keyholder(_) => Acquaintance::OtherEncryptionKey(name),
        }
    }

    /// Whom terms name, but for the bidders, and what the book says of each.
    #[must_use]
    pub fn people(&self, terms: &Terms) -> Vec<Person> {
        let mut parties = vec![("seller", terms.seller)];
        parties.extend(BoardTerms::of(terms).ok().map(|board| ("board", board.key)));
        if !has_no_custodian(terms) {
            parties.push(("custodian", terms.custodian));
        }
        parties.extend(terms.stakes.beneficiary.map(|key| ("beneficiary", key)));
        let parties =
            parties.into_iter().map(|(role, key)| Person::of(role, key, self.party(&key)));
        let members = keyholders(&terms.quorum).map(|(id, member)| {
            let group = terms.quorum.get(usize::from(id.group));
            let group = group.map_or(String::new(), |group| group.name.to_string());
            Person::of(format!("{group} {}", id.member), member, self.keyholder(member))
        });
        parties.chain(members).collect()
    }

    /// What somebody with the keys of `own` should read before it bids to these keyholders; nothing if it
    /// knows all of them.
    #[must_use]
    pub fn warning(&self, terms: &Terms, own: &Member) -> Option<String> {
        let is_known = |member: &Member| member == own || self.keyholder(member).name().is_some();
        let strangers = keyholders(&terms.quorum).filter(|(_, member)| !is_known(member));
        let strangers: Vec<String> = strangers
            .map(|(id, member)| {
                let group = terms.quorum.get(usize::from(id.group));
                let group = group.map_or(String::new(), |group| group.name.to_string());
                let key = names::shortened(&names::keyholder(member));
                format!("{group} {} ({key}): {}", id.member, self.keyholder(member))
            })
            .collect();
        if strangers.is_empty() {
            return None;
        }
        let suffice = terms.quorum.iter().all(|group| {
            let strangers = group.members.iter().filter(|member| !is_known(member)).count();
            strangers >= usize::from(group.threshold)
        });
        let together = if suffice {
            "These are enough, and one person may have made all of their keys"
        } else {
            "These are not enough without others"
        };
        let more = match strangers.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        Some(format!(
            "{} of {} keyholders are not known:\n  {}{more}\nWho holds a threshold of every group can read every \
             bid once it is revealed, the losing ones too, and nobody would see it. {together}. Ask each for what \
             talea key show prints, and keep it: talea book add NAME KEY --how \"how you learnt it\"",
            strangers.len(),
            keyholders(&terms.quorum).count(),
            strangers.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join("\n  "),
        ))
    }
}

/// Who is known and who is not, a line each.
#[must_use]
pub fn in_lines(people: &[Person]) -> String {
    let line = |person: &Person| format!("people   {}: {}\n", person.role, person.in_words);
    people.iter().map(line).collect()
}

/// The same of the board, the custodian and the keyholders who are known, in one line: a warning names the
/// others.
#[must_use]
pub fn in_a_line(people: &[Person]) -> String {
    let is_said = |person: &&Person| {
        let is_known_keyholder = person.key.starts_with(KEYHOLDER) && person.known_as.is_some();
        is_known_keyholder || ["board", "custodian"].contains(&person.role.as_str())
    };
    let said = people.iter().filter(is_said);
    let said: Vec<String> =
        said.map(|person| format!("{}: {}", person.role, person.in_words)).collect();
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::bytes::Point;

    const ASH: Member = Member { signing: PartyKey([7; 32]), encryption: Point([9; 32]) };

    #[test]
    fn a_keyholder_is_known_by_both_of_its_keys() {
        let mut book = Book::default();
        book.add("Ash", &names::keyholder(&ASH), "card").unwrap();
        book.add("Oak", &names::party(&PartyKey([8; 32])), "card").unwrap();
        let other = Member { encryption: Point([1; 32]), ..ASH };
        assert_eq!(book.keyholder(&other), Acquaintance::OtherEncryptionKey("Ash"));
        let oak = Member { signing: PartyKey([8; 32]), encryption: Point([9; 32]) };
        assert_eq!(book.keyholder(&oak), Acquaintance::SigningKeyAlone("Oak"));
        for found in [book.keyholder(&other), book.keyholder(&oak), Acquaintance::Stranger] {
            assert_eq!(found.name(), None);
        }
        assert_eq!(book.party(&ASH.signing), Acquaintance::Known("Ash"));
    }

    #[test]
    fn a_name_is_no_key_and_nobody_elses() {
        let mut book = Book::default();
        book.add("Ash", &names::keyholder(&ASH), "card").unwrap();
        let oak = names::party(&PartyKey([8; 32]));
        let long = "n".repeat(129);
        for name in
            ["ash", "", " Oak", "taleaparty1qq", "TaleaKeyholder1", "O\u{202e}ak", "a\nb", &long]
        {
            assert_eq!(book.add(name, &oak, "card").unwrap_err().code, Code::Book, "{name:?}");
        }
        let twice = book.add("Oak", &names::party(&ASH.signing), "card").unwrap_err();
        assert!(twice.sentence.contains("as \"Ash\""), "{}", twice.sentence);
        assert_eq!(book.add("Oak", &oak, "").unwrap_err().code, Code::Book);
        assert_eq!(book.add("Oak", "rubbish", "card").unwrap_err().code, Code::NameMalformed);
        assert_eq!(Book::read("book.csv", &book.csv()).unwrap().people.len(), 1);
    }

    #[test]
    fn a_slip_in_the_file_is_named_with_its_line_and_column() {
        let (ash, oak) = (names::keyholder(&ASH), names::party(&PartyKey([8; 32])));
        for (lines, words) in [
            (format!("Ash,{ash},card\nash,{oak},card\n"), "line 3, column name: \"ash\""),
            (format!("Ash,{ash}x,card\n"), "line 2, column key"),
            (format!("Ash,{ash},\n"), "line 2, column how"),
        ] {
            let text = format!("name,key,how\n{lines}");
            let failure = Book::read("book.csv", text.as_bytes()).unwrap_err();
            assert!(failure.sentence.contains(words), "{}", failure.sentence);
        }
    }
}
