//! The address of a board that is reached over HTTP: a server, and which of its auctions.

use crate::{
    failure::{Code, Failure},
    names,
};
use std::{fmt, path::Path};
use talea_protocol::{bytes::Digest, terms::AuctionId};
use ureq::http::Uri;

/// What stands before an auction's name in an address that people pass on, and in one of the interface.
const BEFORE_AUCTION: [&str; 2] = ["/a/", "/v1/auctions/"];
/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2_048;

/// Where a board is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a folder, or in a file that is a transcript.
    Folder(std::path::PathBuf),
    /// At an address.
    Address(Address),
}

impl Location {
    /// What somebody wrote: an address begins with `http://` or `https://`, and anything else is a path.
    ///
    /// # Errors
    /// `board.address`.
    pub fn read(written: &Path) -> Result<Self, Failure> {
        match written.to_str().filter(|text| is_address(text)) {
            Some(text) => Address::read(text).map(Self::Address),
            None => Ok(Self::Folder(written.to_owned())),
        }
    }

    /// The same, for whoever makes or runs a board: that needs its folder.
    ///
    /// # Errors
    /// `board.address` if it is an address.
    pub fn read_folder(written: &Path) -> Result<std::path::PathBuf, Failure> {
        match Self::read(written)? {
            Self::Folder(path) => Ok(path),
            Self::Address(address) => {
                let sentence = format!("expected the board's folder, found the address {address}");
                Err(Failure::new(Code::BoardAddress, sentence)
                    .with_help("a board is opened and run where its folder is"))
            }
        }
    }
}

fn is_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    })
}

/// A server, and which of its auctions.
///
/// # Invariants
/// `server` is a scheme, a host, maybe a port, and maybe a path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    server: String,
    auction: Option<AuctionId>,
}

impl Address {
    /// Reads `http://HOST:PORT`, the same with `/a/AUCTION`, or with `/v1/auctions/AUCTION`.
    ///
    /// # Errors
    /// `board.address`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            let sentence = format!("{text:?} is not the address of a board: {why}");
            Failure::new(Code::BoardAddress, sentence)
                .with_help("an address looks like https://board.example/a/taleaauction1...")
        };
        if text.len() > MAX_ADDRESS {
            return Err(wrong("it is too long"));
        }
        let uri: Uri = text.parse().map_err(|error| wrong(&format!("{error}")))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("it has no host"));
        };
        if authority.host().is_empty() {
            return Err(wrong("it has no host"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("it holds a user's name, and a board asks for none"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a part after a question mark"));
        }
        let path = uri.path().trim_end_matches('/');
        let parts = BEFORE_AUCTION.iter().find_map(|before| path.rsplit_once(before));
        let (before, auction) = match parts {
            None => (path, None),
            Some((before, name)) => {
                let auction = names::read(name).map_err(|failure| wrong(&failure.sentence))?;
                (before, Some(auction))
            }
        };
        let host = authority.as_str().to_ascii_lowercase();
        Ok(Self { server: format!("{scheme}://{host}{before}"), auction })
    }

    /// The auction that it names, if it names one.
    #[must_use]
    pub fn auction(&self) -> Option<&AuctionId> {
        self.auction.as_ref()
    }

    /// The same server, and this auction.
    #[must_use]
    pub fn of(&self, auction: AuctionId) -> Self {
        Self { auction: Some(auction), ..self.clone() }
    }

    /// Where the interface lists the auctions of the server.
    #[must_use]
    pub fn list(&self) -> String {
        format!("{}/v1/auctions", self.server)
    }

    /// Whether what is said there is encrypted, and by whom is checked.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.server.starts_with("https:")
    }

    /// A name for files of the server: its host, for people, and a hash, for no other server has it.
    #[must_use]
    pub fn file_name(&self) -> String {
        let host = self.server.split_once("://").map_or("", |(_, rest)| rest);
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' };
        let host: String = host.chars().map(plain).take(64).collect();
        let hash: String =
            hex::encode(Digest::of(&[self.server.as_bytes()]).0).chars().take(16).collect();
        format!("{host}-{hash}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.auction {
            None => f.write_str(&self.server),
            Some(auction) => write!(f, "{}/a/{auction}", self.server),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auction() -> AuctionId {
        AuctionId([7; 32])
    }

    #[test]
    fn every_way_to_write_an_address_is_the_same_address() {
        let id = auction();
        for text in [
            format!("https://Board.Example/a/{id}"),
            format!("https://board.example/a/{id}/"),
            format!("https://board.example/v1/auctions/{id}"),
        ] {
            let address = Address::read(&text).unwrap();
            assert_eq!(address.to_string(), format!("https://board.example/a/{id}"));
            assert_eq!(address.auction(), Some(&id));
        }
        let server = Address::read("http://127.0.0.1:8480/").unwrap();
        assert_eq!(
            (server.to_string().as_str(), server.auction()),
            ("http://127.0.0.1:8480", None)
        );
        assert_eq!(server.of(id).to_string(), format!("http://127.0.0.1:8480/a/{id}"));
        // Behind another server, under a path.
        let inner = Address::read(&format!("http://[::1]:80/talea/a/{id}")).unwrap();
        assert_eq!(inner.list(), "http://[::1]:80/talea/v1/auctions");
    }

    #[test]
    fn what_is_no_address_is_said_in_a_sentence() {
        for text in [
            "http://",
            "http://:80",
            "http://user:secret@board.example",
            "http://board.example/?key=1",
            "http://board.example/a/nonsense",
            "https://board example",
            &format!("http://board.example/{}", "x".repeat(MAX_ADDRESS)),
        ] {
            assert_eq!(Address::read(text).unwrap_err().code, Code::BoardAddress, "{text}");
        }
    }

    #[test]
    fn a_path_is_no_address_and_an_address_is_no_folder_to_run_a_board_in() {
        for path in ["market", "/tmp/http://x", "https:", "http:/market"] {
            let found = Location::read(Path::new(path)).unwrap();
            assert_eq!(found, Location::Folder(path.into()));
        }
        let failure = Location::read_folder(Path::new("HTTP://board.example")).unwrap_err();
        assert_eq!(failure.code, Code::BoardAddress);
    }

    #[test]
    fn two_servers_have_two_names() {
        let name = |text: &str| Address::read(text).unwrap().file_name();
        assert!(name("http://127.0.0.1:8480").starts_with("127.0.0.1_8480-"));
        assert_ne!(name("http://a.example/b"), name("http://a.example_b"));
        assert_ne!(name("http://a.example"), name("https://a.example"));
    }
}
