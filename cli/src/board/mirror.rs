//! The mirror of a board that is reached over HTTP: an ordinary board's folder in a party's own state. It holds what
//! the board signed, and nothing else; what it holds is never changed or taken back. Several processes may use it.
//!
//! | in the mirror | what it is |
//! |---|---|
//! | `transcript.talea`, `checkpoints` | what the board signed, as it came |
//! | `inbox/` | what is to be handed in |
//! | `answers/` | what the board said of that |
//! | `in-step` | when the board was asked last and everything was there, in milliseconds since 1970 |
//! | `shown-<hash>/` | another history that the board has shown: evidence |

use crate::{
    board::{
        checkpoint::Checkpoint,
        folder::Folder,
        history::{History, Next},
        serve,
    },
    failure::{Code, Failure},
    files::{self, Readers},
    interrupt::writing,
    names,
    replica::{Record, Replica, read_record, record},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use talea_protocol::{
    bytes::Digest,
    terms::AuctionId,
    transcript::{Closing, RECORD_HEADER_BYTES, RecordKind},
};
use tempfile::TempDir;

/// How many other histories are kept as evidence. Two convict a board; the rest says no more.
const MOST_SHOWN: usize = 16;
/// How many of them may be such that no signature says so: anybody on the way can show them.
const MOST_CLAIMED: usize = 8;
/// How much of one is kept, in bytes.
pub const MAX_SHOWN: u64 = 1 << 30;
/// By how much one may be longer than what the mirror holds, in bytes: whoever sends it may have no key.
const SHOWN_MARGIN: u64 = 64 << 20;
/// The largest transcript that a mirror holds, in bytes.
const MAX_TRANSCRIPT: u64 = 1 << 36;
const SHOWN: &str = "shown-";

/// The mirror of one auction's board at one address.
pub struct Mirror {
    folder: Folder,
    /// What the file holds, and what of it is staged.
    history: History,
    /// How long the file is that is read.
    kept: u64,
    checkpoint: Option<Checkpoint>,
    checkpoints_bytes: u64,
}

/// Records on their way into the mirror: on disk, for nobody knows yet how many there will be.
pub struct Staged {
    file: File,
    /// Where they go.
    begin: u64,
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> Failure + '_ {
    move |error| Failure::unwritable(path, error)
}

impl Mirror {
    /// The mirror in this place; nothing if there is none.
    ///
    /// # Errors
    /// As [`History::of`]; `file.unwritable`.
    pub fn open(place: &Path) -> Result<Option<Self>, Failure> {
        let folder = Folder::new(place);
        if !folder.transcript().exists() {
            return Ok(None);
        }
        let history = History::open(&folder.transcript())?;
        let mut mirror = Self { folder, history, kept: 0, checkpoint: None, checkpoints_bytes: 0 };
        mirror.refresh()?;
        if mirror.history.is_closed() {
            mirror.cut_underived()?;
        }
        Ok(Some(mirror))
    }

    /// The record of the outcome that the rules derive from the entries here, which end at this byte, if they derive
    /// one.
    ///
    /// # Errors
    /// As [`Replica::of`].
    pub fn derived(&self, end: u64) -> Result<Option<Record>, Failure> {
        let mut replica = Replica::open(&self.folder.transcript())?;
        replica.advance_within(end)?;
        let Some(outcome) = replica.auction().outcome() else { return Ok(None) };
        let closing = Closing { outcome, head: replica.auction().head() };
        let whole = record(RecordKind::Closing, &closing)?;
        Ok(whole.get(RECORD_HEADER_BYTES..).map(|body| (RecordKind::Closing, body.to_vec())))
    }

    /// Where the entries end in the file.
    fn entries_end(&self, path: &Path) -> Result<u64, Failure> {
        let mut history = History::open(path)?;
        history.advance_to_outcome()?;
        Ok(history.offset())
    }

    /// Cuts off an outcome that the entries do not lead to: nobody signs one, so a server may have sent it.
    fn cut_underived(&mut self) -> Result<(), Failure> {
        let path = self.folder.transcript();
        // Entries against the rules are the board's fault, and whoever replays them says so.
        let end = self.entries_end(&path)?;
        let Ok(derived) = self.derived(end) else { return Ok(()) };
        let mut file = File::open(&path).map_err(|error| Failure::unreadable(&path, error))?;
        let read = file.seek(SeekFrom::Start(end)).and_then(|_| read_record(&mut file));
        if derived.is_some() && read.ok().flatten() == derived {
            return Ok(());
        }
        {
            let _lock = self.lock()?;
            let file = OpenOptions::new().write(true).open(&path);
            let cut = file.and_then(|file| {
                file.set_len(end)?;
                file.sync_data()
            });
            cut.map_err(unwritable(&path))?;
        }
        self.history = History::open(&path)?;
        self.refresh()
    }

    /// How much is kept of a history that the board shows instead, in bytes.
    #[must_use]
    pub fn most_shown(&self) -> u64 {
        self.kept.saturating_add(SHOWN_MARGIN).min(MAX_SHOWN)
    }

    /// Begins a mirror with the beginning of a transcript, up to its first entry.
    ///
    /// # Errors
    /// `board.other-auction` if it begins another auction, `board.invalid` if none, `file.unwritable`.
    pub fn begin(place: &Path, auction: &AuctionId, beginning: &[u8]) -> Result<Self, Failure> {
        let folder = Folder::new(place);
        for part in [folder.path().to_owned(), folder.inbox(), folder.answers()] {
            files::private_folder(&part)?;
        }
        let mut draft = tempfile::NamedTempFile::new_in(place).map_err(unwritable(place))?;
        draft.write_all(beginning).map_err(unwritable(place))?;
        let found = History::open(draft.path())?.auction;
        if found != *auction {
            let [expected, found] = [auction, &found].map(names::auction);
            let sentence = format!("expected the auction {expected}, found {found}");
            return Err(Failure::new(Code::BoardOther, sentence));
        }
        match files::write_new(&folder.transcript(), beginning, Readers::Usual) {
            // Another process was first.
            Err(failure) if failure.code == Code::FileExists => {}
            written => written?,
        }
        Self::open(place)?.ok_or_else(|| Failure::new(Code::Internal, "a mirror vanished"))
    }

    /// The folder, as every command takes one.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What it holds.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The last checkpoint in it.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.checkpoint.as_ref()
    }

    /// As long as it lives, no other process writes the transcript or the checkpoints.
    fn lock(&self) -> Result<File, Failure> {
        let path = self.folder.path().join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(unwritable(&path))
    }

    /// Reads what other processes have brought since. A record or a line that one of them did not live to finish
    /// is cut off.
    ///
    /// # Errors
    /// As [`History::of`]; `file.unwritable`.
    pub fn refresh(&mut self) -> Result<(), Failure> {
        let _lock = self.lock()?;
        self.refresh_locked()
    }

    fn refresh_locked(&mut self) -> Result<(), Failure> {
        let path = self.folder.transcript();
        self.history.advance()?;
        let length = fs::metadata(&path).map_err(|error| Failure::unreadable(&path, error))?.len();
        if length < self.history.offset() {
            let sentence =
                format!("{} is shorter than it was: somebody changed it", path.display());
            return Err(Failure::new(Code::BoardRewritten, sentence));
        }
        if length > self.history.offset() {
            let file = OpenOptions::new().write(true).open(&path);
            let cut = file.and_then(|file| file.set_len(self.history.offset()));
            cut.map_err(unwritable(&path))?;
        }
        self.kept = self.history.offset();
        let checkpoints = self.folder.checkpoints();
        let bytes = fs::metadata(checkpoints).map_or(0, |metadata| metadata.len());
        if bytes != self.checkpoints_bytes {
            self.checkpoint = serve::last_checkpoint(&self.folder);
            self.checkpoints_bytes = bytes;
        }
        Ok(())
    }

    /// Forgets what was staged and not kept.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub fn forget_staged(&mut self) -> Result<(), Failure> {
        if self.history.offset() == self.kept {
            return Ok(());
        }
        self.history = History::open(&self.folder.transcript())?;
        self.refresh()
    }

    /// Begins to stage records.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn stage(&self) -> Result<Staged, Failure> {
        let place = self.folder.path();
        let file = tempfile::tempfile_in(place).map_err(unwritable(place))?;
        Ok(Staged { file, begin: self.history.offset() })
    }

    /// Stages the next record, unless it cannot stand there.
    ///
    /// # Errors
    /// `file.unwritable`; `board.answer` if there is more than a mirror holds.
    pub fn stage_record(&mut self, staged: &mut Staged, record: &Record) -> Result<Next, Failure> {
        let (kind, body) = record;
        let next = self.history.push(record);
        if next == Next::Fits {
            let bytes = RecordKind::write(*kind, body)
                .ok_or_else(|| Failure::new(Code::Internal, "a record exceeds its bound"))?;
            staged.file.write_all(&bytes).map_err(unwritable(self.folder.path()))?;
        }
        if self.history.offset() > MAX_TRANSCRIPT {
            let sentence =
                format!("the board shows a transcript of more than {MAX_TRANSCRIPT} bytes");
            return Err(Failure::new(Code::BoardAnswer, sentence));
        }
        Ok(next)
    }

    /// Keeps what is staged, and then the checkpoint that is over it: whoever reads a folder reads checkpoints
    /// first. If another process kept something meanwhile, that stands instead.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn keep(
        &mut self,
        mut staged: Staged,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<(), Failure> {
        let path = self.folder.transcript();
        {
            let _lock = self.lock()?;
            let _whole = writing();
            let mut file =
                OpenOptions::new().append(true).open(&path).map_err(unwritable(&path))?;
            let length = file.metadata().map_err(unwritable(&path))?.len();
            if length == staged.begin {
                files::may_die_here();
                let mut copy = || {
                    staged.file.seek(SeekFrom::Start(0))?;
                    io::copy(&mut staged.file, &mut file)?;
                    file.sync_data()
                };
                let copied = copy();
                files::may_die_here();
                copied.map_err(|error| {
                    // Half a record is cut off at the next look too.
                    let _ = file.set_len(staged.begin);
                    unwritable(&path)(error)
                })?;
                if let Some(checkpoint) = checkpoint {
                    self.keep_checkpoint(checkpoint)?;
                }
                return self.refresh_locked();
            }
        }
        self.forget_staged()
    }

    fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let path = self.folder.checkpoints();
        files::end_torn_line(&path)?;
        let mut line = serde_json::to_vec(checkpoint).unwrap_or_default();
        line.push(b'\n');
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| {
            file.write_all(&line)?;
            file.sync_data()
        });
        files::may_die_here();
        written.map_err(unwritable(&path))
    }

    /// Notes that everything the board shows now is here. Best effort: it is only said.
    pub fn note_in_step(&self, now: SystemTime) {
        let ms = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let _ = fs::write(self.folder.path().join("in-step"), ms.to_string());
    }

    /// When everything that the board showed was here last, if that is known.
    #[must_use]
    pub fn in_step(&self) -> Option<SystemTime> {
        let text = fs::read_to_string(self.folder.path().join("in-step")).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(text.trim().parse().ok()?))
    }

    /// A folder for another history that the board shows, until it is judged. It is removed unless it is
    /// [kept](Self::keep_shown).
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn draft_shown(&self) -> Result<TempDir, Failure> {
        let place = self.folder.path();
        tempfile::Builder::new().prefix(".shown-").tempdir_in(place).map_err(unwritable(place))
    }

    /// Keeps another history that the board shows, named by what tells it apart; where. Nothing if there are enough.
    /// One that convicts the board takes the place of one of the same name that may not.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn keep_shown(
        &self,
        draft: TempDir,
        what: &Digest,
        is_proven: bool,
    ) -> Result<Option<PathBuf>, Failure> {
        let hash: String = hex::encode(what.0).chars().take(16).collect();
        let path = self.folder.path().join(format!("{SHOWN}{hash}"));
        if path.exists() {
            if !is_proven {
                return Ok(Some(path));
            }
            fs::remove_dir_all(&path).map_err(unwritable(&path))?;
        }
        let names = fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        let kept =
            names.filter(|item| item.file_name().to_string_lossy().starts_with(SHOWN)).count();
        if kept >= if is_proven { MOST_SHOWN } else { MOST_CLAIMED } {
            return Ok(None);
        }
        fs::rename(draft.path(), &path).map_err(unwritable(&path))?;
        Ok(Some(path))
    }
}
