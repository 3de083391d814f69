//! Where an address book stands, and how it is written.

use crate::{
    failure::{Code, Failure},
    files::{self, Readers},
    lists,
};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use std::{
    ops::Deref,
    path::{Path, PathBuf},
};

pub use talea_text::book::*;

/// An address book, and its file.
#[derive(Clone, Debug)]
pub struct BookFile {
    path: PathBuf,
    book: Book,
}

impl Deref for BookFile {
    type Target = Book;

    fn deref(&self) -> &Book {
        &self.book
    }
}

/// The book at this place, or where this user's stands: `talea/book.csv` in the user's folder of settings.
fn place(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let settings = choose_base_strategy().map_err(|error| {
        Failure::new(
            Code::FileUnreadable,
            format!("there is no place for an address book: {error}"),
        )
        .with_help("name a file with --book")
    })?;
    Ok(settings.config_dir().join("talea").join("book.csv"))
}

impl BookFile {
    /// Reads a book: this one, or else the user's, which need not be there.
    ///
    /// # Errors
    /// `file.unreadable`, `file.too-large`, `book.entry`.
    pub fn open(named: Option<&Path>) -> Result<Self, Failure> {
        match place(named) {
            Ok(path) if named.is_some() || path.exists() => Self::read(path),
            Ok(path) => Ok(Self { path, book: Book::default() }),
            // Who has no folder of settings knows nobody.
            Err(_) => Ok(Self { path: PathBuf::new(), book: Book::default() }),
        }
    }

    /// Reads a book that somebody is to be added to or removed from: this one, or else the user's. It
    /// need not be there.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_or_new(named: Option<&Path>) -> Result<Self, Failure> {
        let path = place(named)?;
        if path.exists() { Self::read(path) } else { Ok(Self { path, book: Book::default() }) }
    }

    fn read(path: PathBuf) -> Result<Self, Failure> {
        let book = Book::read(&path.display().to_string(), &lists::bytes(&path)?)?;
        Ok(Self { path, book })
    }

    /// Adds somebody, and writes the book.
    ///
    /// # Errors
    /// `name.malformed`, `book.entry`, `file.unwritable`.
    pub fn add(&mut self, name: &str, key: &str, how: &str) -> Result<(), Failure> {
        self.book.add(name, key, how)?;
        self.write()
    }

    /// Removes somebody by name, and writes the book.
    ///
    /// # Errors
    /// `book.entry`, `file.unwritable`.
    pub fn remove(&mut self, name: &str) -> Result<(), Failure> {
        if !self.book.remove(name) {
            let sentence = format!("nobody is called {name:?} in {}", self.path.display());
            return Err(
                Failure::new(Code::Book, sentence).with_help("talea book list shows everybody")
            );
        }
        self.write()
    }

    fn write(&self) -> Result<(), Failure> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            files::private_folder(folder)?;
        }
        files::write(&self.path, &self.book.csv(), Readers::Usual)
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{PartyKey, Point},
        quorum::Member,
    };

    #[test]
    fn who_is_added_is_there_until_removed() {
        let ash = Member { signing: PartyKey([7; 32]), encryption: Point([9; 32]) };
        let oak = PartyKey([8; 32]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings").join("book.csv");
        let mut first = BookFile::open_or_new(Some(&path)).unwrap();
        first.add("Ash, \"A\" & Co", &ash.to_string(), "by phone").unwrap();
        first.add("=Oak", &oak.to_string(), "card, 2026").unwrap();
        let mut again = BookFile::open(Some(first.path())).unwrap();
        assert_eq!(again.text(), first.text());
        assert_eq!(again.keyholder(&ash), Acquaintance::Known("Ash, \"A\" & Co"));
        again.remove("Ash, \"A\" & Co").unwrap();
        assert_eq!(again.remove("Ash, \"A\" & Co").unwrap_err().code, Code::Book);
        let again = BookFile::open(Some(first.path())).unwrap();
        assert_eq!(again.keyholder(&ash), Acquaintance::Stranger);
        assert_eq!(again.party(&oak), Acquaintance::Known("=Oak"));
    }

    #[test]
    fn a_book_that_is_named_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = BookFile::open(Some(&folder.path().join("nowhere.csv"))).unwrap_err();
        assert_eq!(nowhere.code, Code::FileUnreadable);
    }
}
