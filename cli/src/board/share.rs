//! Whom a board's folder is shared with, where one machine has several users: the bits of its folders.
//!
//! | | the folder, `answers` | `inbox` |
//! |---|---|---|
//! | nothing said | as the umask says | as the umask says |
//! | [`Share::Group`] | `2750` | `3770` |
//! | [`Share::Everybody`] | `0755` | `1777` |
//!
//! Others add to the inbox and write nowhere else. By its sticky bit nobody removes or replaces what
//! somebody else has handed in, but for the inbox's owner, who therefore must be whoever runs the board.

use std::{io, path::Path};

/// Whom a board's folder is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Share {
    /// The users of the folder's group.
    Group,
    /// Every user of this machine.
    Everybody,
}

/// Which of a board's folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The one that holds all the others.
    Whole,
    /// Where instructions wait.
    Inbox,
    /// What became of them.
    Answers,
}

impl Share {
    /// The bits of a folder. With the set-group-ID bit, what is made in it has its group.
    #[must_use]
    pub fn mode(self, part: Part) -> u32 {
        match (self, part) {
            (Self::Group, Part::Whole | Part::Answers) => 0o2750,
            (Self::Group, Part::Inbox) => 0o3770,
            (Self::Everybody, Part::Whole | Part::Answers) => 0o755,
            (Self::Everybody, Part::Inbox) => 0o1777,
        }
    }

    /// The group that a folder has, to give it to those in it.
    ///
    /// # Errors
    /// Those of the system.
    #[cfg(unix)]
    pub fn group_of(folder: &Path) -> io::Result<u32> {
        use std::os::unix::fs::MetadataExt as _;
        Ok(std::fs::metadata(folder)?.gid())
    }

    /// Shares one of a board's folders, and gives it this group. No link is followed to `inbox` or to
    /// `answers`.
    ///
    /// # Errors
    /// Those of the system: only its owner may.
    #[cfg(unix)]
    pub fn apply(self, path: &Path, part: Part, group: u32) -> io::Result<()> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        use std::{
            fs::{File, Permissions},
            os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown},
        };
        let follow = if part == Part::Whole { OFlags::empty() } else { OFlags::NOFOLLOW };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | follow;
        let folder = File::from(openat(CWD, path, flags, Mode::empty())?);
        if folder.metadata()?.gid() != group {
            fchown(&folder, None, Some(group))?;
        }
        folder.set_permissions(Permissions::from_mode(self.mode(part)))?;
        // A system may drop a bit that it does not let this user set.
        if folder.metadata()?.mode() & 0o7777 != self.mode(part) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    /// The group that a folder has; here folders have none.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub fn group_of(_folder: &Path) -> io::Result<u32> {
        Ok(0)
    }

    /// Here folders have no such bits.
    ///
    /// # Errors
    /// `Unsupported`.
    #[cfg(not(unix))]
    pub fn apply(self, _path: &Path, _part: Part, _group: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
