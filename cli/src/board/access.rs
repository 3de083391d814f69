//! How a command comes to a board: by its folder, or by a mirror of the board at an address. From then on both are
//! the same.

use crate::{
    board::{
        address::Location,
        courier::{Courier, visited},
        folder::Folder,
    },
    failure::{Code, Failure},
};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use std::path::{Path, PathBuf};

/// A board within reach.
pub struct Access {
    folder: Folder,
    courier: Option<Courier>,
}

impl From<Folder> for Access {
    fn from(folder: Folder) -> Self {
        Self { folder, courier: None }
    }
}

impl Access {
    /// Comes to what somebody wrote. Where that is an address, its mirror lies in this folder, and is kept in step as
    /// long as this lives.
    ///
    /// # Errors
    /// `board.address`, and those of a board that is reached over HTTP.
    pub fn open(written: &Path, mirrors: &Path) -> Result<Self, Failure> {
        Ok(match Location::read(written)? {
            Location::Folder(path) => Folder::new(path).into(),
            Location::Address(address) => {
                let courier = Courier::start(&address, mirrors)?;
                Self { folder: courier.folder().clone(), courier: Some(courier) }
            }
        })
    }

    /// The same, for whoever only looks and has no key.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn follow(written: &Path) -> Result<Self, Failure> {
        match Location::read(written)? {
            Location::Folder(path) => Ok(Folder::new(path).into()),
            Location::Address(_) => Self::open(written, &mirrors()?),
        }
    }

    /// The board's folder, or its mirror.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether a party can go on with what is there.
    ///
    /// # Errors
    /// As [`Courier::check`].
    pub fn check(&self) -> Result<(), Failure> {
        self.courier.as_ref().map_or(Ok(()), Courier::check)
    }

    /// Why the board cannot be reached now, if it cannot.
    #[must_use]
    pub fn trouble(&self) -> Option<Failure> {
        self.courier.as_ref().and_then(Courier::trouble)
    }
}

/// What somebody wrote as a path: that of a mirror, brought into step, where it is an address.
///
/// # Errors
/// As [`Access::open`].
pub fn path_of(written: &Path) -> Result<PathBuf, Failure> {
    match Location::read(written)? {
        Location::Folder(path) => Ok(path),
        Location::Address(address) => Ok(visited(&address, &mirrors()?)?.path().to_owned()),
    }
}

/// Where mirrors lie of those who have no key: in `talea/mirrors` in this user's folder of state, on Linux
/// `~/.local/state`.
fn mirrors() -> Result<PathBuf, Failure> {
    let strategy = choose_base_strategy().map_err(|error| {
        let sentence = format!("there is no place for the mirror of a board: {error}");
        Failure::new(Code::FileUnwritable, sentence)
    })?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(state.join("talea").join("mirrors"))
}
