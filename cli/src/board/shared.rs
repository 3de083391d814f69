//! A folder into which strangers write, held by its handle. Whatever they put there, no call waits, no
//! call leads elsewhere, and no link is followed: not one in the place of a file, nor, once the folder is
//! open, one in the place of the folder.

use crate::{
    files::{let_everybody_read, may_die_here},
    interrupt::writing,
};
use rand_core::{OsRng, RngCore as _};
use std::{borrow::Cow, io, path::Path, sync::Arc};

/// The name of a file in such a folder. Those of instructions, hashes in lower case, take 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Inner);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Inner {
    Hash([u8; 32]),
    Other(Arc<[u8]>),
}

impl Name {
    /// From the bytes of a name.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        let is_hash = hex::decode_to_slice(bytes, &mut hash).is_ok()
            && !bytes.iter().any(u8::is_ascii_uppercase);
        Self(if is_hash { Inner::Hash(hash) } else { Inner::Other(bytes.into()) })
    }

    /// The name that is this hash.
    #[must_use]
    pub fn of_hash(hash: [u8; 32]) -> Self {
        Self(Inner::Hash(hash))
    }

    /// The hash that it is, if it is one.
    #[must_use]
    pub fn hash(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Inner::Hash(hash) => Some(*hash),
            Inner::Other(_) => None,
        }
    }

    /// As the system has it.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.0 {
            Inner::Hash(hash) => Cow::Owned(hex::encode(hash).into_bytes()),
            Inner::Other(bytes) => Cow::Borrowed(bytes),
        }
    }

    /// Whether it names what somebody is still writing.
    #[must_use]
    pub fn is_draft(&self) -> bool {
        matches!(&self.0, Inner::Other(bytes) if bytes.first() == Some(&b'.'))
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file that can be read, of no more than the bytes that were asked for.
    Bytes(Vec<u8>),
    /// Nothing any more.
    Gone,
    /// No file, or none that can be read, or a larger one.
    Other,
}

/// A folder into which strangers write.
pub struct Shared(system::Folder);

impl Shared {
    /// Opens it, if it is a folder, and no link to one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(path: &Path) -> io::Result<Self> {
        system::open(path).map(Self)
    }

    /// Shows every name, and whether it seems to be a file's. Reads nothing but the names.
    ///
    /// # Errors
    /// Those of the system; then not all were shown.
    pub fn each(&self, show: impl FnMut(Name, bool)) -> io::Result<()> {
        system::each(&self.0, show)
    }

    /// Reads a file of at most `limit` bytes.
    #[must_use]
    pub fn read(&self, name: &Name, limit: u64) -> Found {
        match system::read(&self.0, &name.bytes(), limit) {
            Ok(Some(bytes)) => Found::Bytes(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Gone,
            Ok(None) | Err(_) => Found::Other,
        }
    }

    /// Removes a file, whatever its kind, or an empty folder.
    ///
    /// # Errors
    /// Those of the system; none if it is gone already.
    pub fn remove(&self, name: &Name) -> io::Result<()> {
        match system::remove(&self.0, &name.bytes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Writes a file whole, in the place of what is there, and without making it last: a crash may undo
    /// it.
    ///
    /// # Errors
    /// Those of the system; then what was there remains.
    pub fn write(&self, name: &Name, bytes: &[u8]) -> io::Result<()> {
        let _whole = writing();
        let name = name.bytes();
        let draft = [&b"."[..], &name, format!(".{:016x}", OsRng.next_u64()).as_bytes()].concat();
        may_die_here();
        let written = system::write_new(&self.0, &draft, bytes).and_then(|()| {
            may_die_here();
            system::rename(&self.0, &draft, &name)
        });
        may_die_here();
        if written.is_err() {
            // Best effort: the draft is in nobody's way.
            let _ = system::remove(&self.0, &draft);
        }
        written
    }
}

#[cfg(unix)]
mod system {
    use super::Name;
    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, renameat, unlinkat};
    use std::{
        fs::File,
        io::{self, Read as _, Write as _},
        os::fd::OwnedFd,
        path::Path,
    };

    pub(super) type Folder = OwnedFd;

    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(CWD, path, flags, Mode::empty())?)
    }

    pub(super) fn each(folder: &Folder, mut show: impl FnMut(Name, bool)) -> io::Result<()> {
        for item in Dir::read_from(folder)? {
            let item = item?;
            let name = item.file_name().to_bytes();
            if name != b"." && name != b".." {
                let kind = item.file_type();
                show(Name::new(name), matches!(kind, FileType::RegularFile | FileType::Unknown));
            }
        }
        Ok(())
    }

    pub(super) fn read(folder: &Folder, name: &[u8], limit: u64) -> io::Result<Option<Vec<u8>>> {
        // A pipe keeps nobody waiting.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(folder, name, flags, Mode::empty())?);
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > limit {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= limit).then_some(bytes))
    }

    pub(super) fn remove(folder: &Folder, name: &[u8]) -> io::Result<()> {
        let error = match unlinkat(folder, name, AtFlags::empty()) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // Systems differ in how they refuse to unlink a folder.
        unlinkat(folder, name, AtFlags::REMOVEDIR).map_err(|_| error.into())
    }

    pub(super) fn write_new(folder: &Folder, name: &[u8], bytes: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file = File::from(openat(folder, name, flags, Mode::from_raw_mode(0o644))?);
        super::let_everybody_read(&file)?;
        file.write_all(bytes)
    }

    pub(super) fn rename(folder: &Folder, from: &[u8], to: &[u8]) -> io::Result<()> {
        Ok(renameat(folder, from, folder, to)?)
    }
}

/// Where folders have no handles: by path, each time looked at first.
#[cfg(not(unix))]
mod system {
    use super::Name;
    use std::{
        fs::{self, File, OpenOptions},
        io::{self, Read as _, Write as _},
        path::{Path, PathBuf},
    };

    pub(super) type Folder = PathBuf;

    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        if path.symlink_metadata()?.is_dir() {
            return Ok(path.to_owned());
        }
        Err(io::ErrorKind::NotADirectory.into())
    }

    fn place(folder: &Folder, name: &[u8]) -> io::Result<PathBuf> {
        let name = std::str::from_utf8(name).map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(folder.join(name))
    }

    pub(super) fn each(folder: &Folder, mut show: impl FnMut(Name, bool)) -> io::Result<()> {
        for item in fs::read_dir(folder)? {
            let item = item?;
            let is_file = item.file_type().is_ok_and(|kind| kind.is_file());
            show(Name::new(item.file_name().as_encoded_bytes()), is_file);
        }
        Ok(())
    }

    pub(super) fn read(folder: &Folder, name: &[u8], limit: u64) -> io::Result<Option<Vec<u8>>> {
        let path = place(folder, name)?;
        let metadata = path.symlink_metadata()?;
        if !metadata.is_file() || metadata.len() > limit {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= limit).then_some(bytes))
    }

    pub(super) fn remove(folder: &Folder, name: &[u8]) -> io::Result<()> {
        let path = place(folder, name)?;
        fs::remove_file(&path).or_else(|error| fs::remove_dir(&path).map_err(|_| error))
    }

    pub(super) fn write_new(folder: &Folder, name: &[u8], bytes: &[u8]) -> io::Result<()> {
        let path = place(folder, name)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        super::let_everybody_read(&file)?;
        file.write_all(bytes)
    }

    pub(super) fn rename(folder: &Folder, from: &[u8], to: &[u8]) -> io::Result<()> {
        fs::rename(place(folder, from)?, place(folder, to)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn names_read_back_as_they_were() {
        let hash = hex::encode([0xab; 32]);
        for name in ["", "a", ".a", &hash, &hash.to_uppercase(), &hash[1..]] {
            let read = Name::new(name.as_bytes());
            assert_eq!(read.bytes(), name.as_bytes());
            assert_eq!(read.hash(), (name == hash).then_some([0xab; 32]));
            assert_eq!(read.is_draft(), name.starts_with('.'));
        }
        assert_eq!(Name::of_hash([0xab; 32]), Name::new(hash.as_bytes()));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_and_nothing_is_waited_for() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir(path("shared")).unwrap();
        fs::write(path("bystander"), "untouched").unwrap();
        let shared = Shared::open(&path("shared")).unwrap();
        let name = Name::new(b"name");
        let at = path("shared").join("name");

        assert_eq!(shared.read(&name, 9), Found::Gone);
        shared.write(&name, b"nine here").unwrap();
        assert_eq!(shared.read(&name, 9), Found::Bytes(b"nine here".to_vec()));
        assert_eq!(shared.read(&name, 8), Found::Other);
        shared.remove(&name).unwrap();
        shared.remove(&name).unwrap();

        symlink(path("bystander"), &at).unwrap();
        assert_eq!(shared.read(&name, 99), Found::Other);
        shared.write(&name, b"mine").unwrap();
        assert_eq!(shared.read(&name, 99), Found::Bytes(b"mine".to_vec()));
        shared.remove(&name).unwrap();

        assert!(std::process::Command::new("mkfifo").arg(&at).status().unwrap().success());
        assert_eq!(shared.read(&name, 99), Found::Other);
        shared.remove(&name).unwrap();

        // A full folder stays; an empty one goes. Where there is one, nothing is written, nor left over.
        fs::create_dir_all(at.join("full")).unwrap();
        assert_eq!(shared.read(&name, 99), Found::Other);
        assert!(shared.write(&name, b"mine").is_err() && shared.remove(&name).is_err());
        let mut shown = Vec::new();
        shared.each(|name, is_file| shown.push((name, is_file))).unwrap();
        assert_eq!(shown, [(name.clone(), false)]);
        fs::remove_dir(at.join("full")).unwrap();
        shared.remove(&name).unwrap();

        // The folder is the one that was opened, whatever takes its name.
        fs::create_dir(path("elsewhere")).unwrap();
        fs::write(path("elsewhere").join("name"), "untouched").unwrap();
        fs::rename(path("shared"), path("moved")).unwrap();
        symlink(path("elsewhere"), path("shared")).unwrap();
        assert!(Shared::open(&path("shared")).is_err());
        shared.remove(&name).unwrap();
        shared.write(&Name::new(b"other"), b"mine").unwrap();
        assert_eq!(fs::read_dir(path("elsewhere")).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(path("elsewhere").join("name")).unwrap(), "untouched");
        assert_eq!(fs::read_to_string(path("bystander")).unwrap(), "untouched");
    }
}
