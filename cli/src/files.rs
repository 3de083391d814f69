//! Files that are whole or not there, and files that nobody else may read.

use crate::{
    failure::{Code, Failure},
    interrupt::writing,
};
use rand_core::{OsRng, RngCore as _};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// A place at which tests let a process die, before and after everything that it writes: the
/// variable `TALEA_DIE_AT_WRITE` counts them, and `TALEA_WRITE_SLOWLY` lets each last so many
/// milliseconds. Only in builds with debug assertions.
pub fn may_die_here() {
    #[cfg(debug_assertions)]
    {
        use std::sync::atomic::{AtomicU64, Ordering};
        static WRITES: AtomicU64 = AtomicU64::new(0);
        let number = WRITES.fetch_add(1, Ordering::SeqCst);
        let set = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
        if set("TALEA_DIE_AT_WRITE") == Some(number) {
            std::process::abort();
        }
        if let Some(slowly) = set("TALEA_WRITE_SLOWLY") {
            std::thread::sleep(std::time::Duration::from_millis(slowly));
        }
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner.
    Owner,
    /// Whoever may read the folder, whatever the umask: what is handed to others must be of use to them.
    Everybody,
    /// Whom the umask of its owner lets.
    Usual,
}

/// Writes a file so that after a crash it is there whole, or not at all, and replaces what was
/// there.
///
/// # Errors
/// `file.unwritable`; then what was there stands.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    replace(path, bytes, readers).map_err(|error| Failure::unwritable(path, error))
}

/// As [`write()`], for whoever has to know why it failed.
///
/// # Errors
/// Those of the system; then what was there stands.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let _whole = writing();
    let draft = draft_of(path);
    may_die_here();
    let written = write_draft(&draft, bytes, readers).and_then(|()| {
        may_die_here();
        fs::rename(&draft, path)
    });
    may_die_here();
    if let Err(error) = written {
        // Best effort: the draft is in nobody's way.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(path)
}

/// Writes a file that must not be there yet.
///
/// # Errors
/// `file.exists`, `file.unwritable`.
pub fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    let _whole = writing();
    let draft = draft_of(path);
    may_die_here();
    let written = write_draft(&draft, bytes, readers).and_then(|()| {
        may_die_here();
        // Unlike a rename, a link does not replace.
        fs::hard_link(&draft, path)
    });
    may_die_here();
    let _ = fs::remove_file(&draft);
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(Code::FileExists, format!("{} already exists", path.display()))
        }
        _ => Failure::unwritable(path, error),
    })?;
    sync_folder(path).map_err(|error| Failure::unwritable(path, error))
}

/// Says so if a file is there already, before any work is done for it.
///
/// # Errors
/// `file.exists`.
pub fn require_new(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Failure::new(Code::FileExists, format!("{} already exists", path.display())))
}

/// Where a file is written before it gets its name. Nobody else writes there: process numbers would
/// do on one machine, and a folder may be shared by many.
fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.{:016x}", OsRng.next_u64()))
}

fn write_draft(draft: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(draft)?;
    if readers == Readers::Everybody {
        let_everybody_read(&file)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Lets everybody read a file who may read its folder.
///
/// # Errors
/// Those of the system, if the umask has kept others out and the file system does not let them in.
pub fn let_everybody_read(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o444 != 0o444 {
            file.set_permissions(fs::Permissions::from_mode(mode & 0o7777 | 0o444))?;
        }
    }
    // Elsewhere a folder's own rights decide.
    let _ = file;
    Ok(())
}

/// Makes a file's name last.
///
/// # Errors
/// Those of the system.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// `file.unreadable`, `file.too-large`.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| Failure::unreadable(path, error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        let sentence = format!("{} is larger than {limit} bytes", path.display());
        return Err(Failure::new(Code::FileTooLarge, sentence));
    }
    Ok(bytes)
}

/// Reads a file of at most `limit` bytes that somebody else left in a shared folder; nothing if it is
/// no such file. A pipe that lies there keeps nobody waiting.
#[must_use]
pub fn read_strangers(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // No difference for a file. What a name refers to may change after one has looked at it.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= limit).then_some(bytes)
}

/// Makes a folder, and those above it, for its owner alone.
///
/// # Errors
/// `file.unwritable`.
pub fn private_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Failure::unwritable(path, error))
}

/// Ends a line of which a crash left the beginning only, so that it spoils none after it.
///
/// # Errors
/// `file.unwritable`.
pub fn end_torn_line(path: &Path) -> Result<(), Failure> {
    let last = File::open(path).and_then(|mut file| {
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        Ok(last)
    });
    // What is not there, or cannot be read, has no line to end.
    if last.is_ok_and(|last| last == [b'\n']) || !path.exists() {
        return Ok(());
    }
    let file = OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(b"\n"))
        .map_err(|error| Failure::unwritable(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_replaces_nothing_and_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        write_new(&path, b"one", Readers::Owner).unwrap();
        assert_eq!(write_new(&path, b"two", Readers::Owner).unwrap_err().code, Code::FileExists);
        assert_eq!(read(&path, 3).unwrap(), b"one");
        write(&path, b"three", Readers::Everybody).unwrap();
        assert_eq!(read(&path, 4).unwrap_err().code, Code::FileTooLarge);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = folder.path().join("no").join("where");
        assert_eq!(write(&missing, b"", Readers::Owner).unwrap_err().code, Code::FileUnwritable);
        assert_eq!(read(&missing, 1).unwrap_err().code, Code::FileUnreadable);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_new(&path, b"one", Readers::Owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
