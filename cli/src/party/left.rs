//! What others leave in a keyholder's folder. Anybody may write there: as many files as they like, of
//! any name, size and content, and change them while they are read. So a look has an end, a file is read
//! once as long as it does not change, and what is remembered of files is bounded.

use crate::{files, party::handed::Handed};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    time::{Duration, Instant, UNIX_EPOCH},
};
use talea_contract::Phase;
use talea_protocol::{
    bytes::Digest, instruction::SignedInstruction, limits::MAX_INSTRUCTION_BYTES,
};

/// The largest file that is read.
pub const MAX_LEFT: u64 = 4 << 20;
/// The longest name of a file, in bytes.
const MAX_NAME: usize = 128;
/// How many times as long as a look took there is none after it, and how long at most.
const REST: u32 = 9;
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How many files are remembered. Beyond that they are read again.
const MOST_FILES: usize = 1 << 17;

/// A folder in which others leave files.
pub struct LeftFolder {
    path: PathBuf,
    /// What makes of a file what is in it.
    unlock: Box<Unlock>,
    /// How far a look at the folder has come; none between two looks.
    listing: Option<fs::ReadDir>,
    /// How long this look has taken so far, and until when there is none after it.
    spent: Duration,
    rests_until: Option<Instant>,
    /// The phase and round in which `read` was read.
    during: (Phase, u32),
    read: Remembered,
    /// Files that hold nothing, in whatever phase.
    rubbish: Remembered,
}

/// What is in a file of these bytes; nothing if it is for somebody else.
pub type Unlock = dyn Fn(Vec<u8>) -> Option<Vec<u8>>;

/// A file with something in it.
pub struct Left {
    /// Its name, which anybody may have given it.
    pub name: String,
    /// What it was when it was read.
    pub fingerprint: Fingerprint,
    /// What is in it.
    pub content: Content,
}

/// What may be in a file.
pub enum Content {
    /// What a bidder has for the board.
    Handed(Handed),
    /// What a keyholder says, perhaps.
    Post(Vec<u8>),
}

impl Content {
    fn read(bytes: Vec<u8>, lots: usize) -> Option<Self> {
        let fits = |handed: &Handed| handed.commits.len() <= lots && handed.reveals.len() <= lots;
        if let Some(handed) = borsh::from_slice(&bytes).ok().filter(fits) {
            return Some(Self::Handed(handed));
        }
        if bytes.len() > MAX_INSTRUCTION_BYTES {
            return None;
        }
        borsh::from_slice::<SignedInstruction>(&bytes).ok()?;
        Some(Self::Post(bytes))
    }
}

/// A file as it was when it was looked at: a hash of its name, its size, and when it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

/// Files that were looked at, at most so many.
#[derive(Debug, Default)]
pub struct Remembered(BTreeSet<Fingerprint>);

impl Remembered {
    /// Remembers one; whether it was new.
    pub fn insert(&mut self, fingerprint: Fingerprint) -> bool {
        if self.0.len() >= MOST_FILES {
            self.0.clear();
        }
        self.0.insert(fingerprint)
    }

    fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.0.contains(fingerprint)
    }
}

impl Fingerprint {
    fn at(name: &str, metadata: &fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| since.as_nanos());
        let mut fields =
            vec![metadata.len().to_le_bytes().to_vec(), modified.to_le_bytes().to_vec()];
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            // Unlike the time of its change, that of the system cannot be set back.
            fields.extend([metadata.ino().to_le_bytes().to_vec()]);
            fields.extend(
                [metadata.ctime(), metadata.ctime_nsec()].map(|n| n.to_le_bytes().to_vec()),
            );
        }
        fields.push(name.as_bytes().to_vec());
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        let mut look = [0; 16];
        look.iter_mut().zip(Digest::of(&fields).0).for_each(|(to, from)| *to = from);
        Self(look)
    }
}

impl LeftFolder {
    /// The folder at this path, whether or not it is there.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self::locked(path, Box::new(Some))
    }

    /// A folder of files that have to be unlocked.
    #[must_use]
    pub fn locked(path: PathBuf, unlock: Box<Unlock>) -> Self {
        Self {
            path,
            unlock,
            listing: None,
            spent: Duration::ZERO,
            rests_until: None,
            during: (Phase::Deals, 0),
            read: Remembered::default(),
            rubbish: Remembered::default(),
        }
    }

    /// The next file with something in it that was not read in this phase and round; nothing at the end of
    /// the folder, or when it is time. One bidder leaves one commit and one sealed bid for a lot at most:
    /// a file with more is rubbish.
    pub fn next(&mut self, during: (Phase, u32), lots: usize, until: Instant) -> Option<Left> {
        if self.during != during {
            (self.during, self.listing, self.read) = (during, None, Remembered::default());
            self.rests_until = None;
        }
        let since = Instant::now();
        if self.rests_until.is_some_and(|rests| since < rests) {
            return None;
        }
        let left = self.look(lots, until);
        self.spent += since.elapsed();
        if self.listing.is_none() {
            // Many files make a look slow, and it must not take all the time.
            let rest = self.spent.saturating_mul(REST).min(LONGEST_REST);
            self.rests_until = Some(Instant::now() + rest);
            self.spent = Duration::ZERO;
        }
        left
    }

    fn look(&mut self, lots: usize, until: Instant) -> Option<Left> {
        while Instant::now() < until {
            let listing = match &mut self.listing {
                Some(listing) => listing,
                None => self.listing.insert(fs::read_dir(&self.path).ok()?),
            };
            let Some(file) = listing.next() else {
                self.listing = None;
                return None;
            };
            let left = file.ok().and_then(|file| self.read_once(&file, lots));
            if left.is_some() {
                return left;
            }
        }
        None
    }

    /// This one is read again: what is in it may become of use.
    pub fn read_again(&mut self, fingerprint: &Fingerprint) {
        self.read.0.remove(fingerprint);
    }

    fn read_once(&mut self, file: &fs::DirEntry, lots: usize) -> Option<Left> {
        let name = file.file_name().into_string().ok()?;
        let metadata = file.metadata().ok()?;
        // Who writes a file whole gives it a name with a dot before it has its own.
        let is_draft = name.len() > MAX_NAME || name.starts_with('.');
        if is_draft || !metadata.is_file() || !(1..=MAX_LEFT).contains(&metadata.len()) {
            return None;
        }
        let fingerprint = Fingerprint::at(&name, &metadata);
        if self.rubbish.contains(&fingerprint) || self.read.contains(&fingerprint) {
            return None;
        }
        let bytes = files::read_strangers(&file.path(), MAX_LEFT)?;
        match (self.unlock)(bytes).and_then(|bytes| Content::read(bytes, lots)) {
            Some(content) => {
                self.read.insert(fingerprint);
                Some(Left { name, fingerprint, content })
            }
            None => {
                self.rubbish.insert(fingerprint);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: (Phase, u32) = (Phase::Reveals, 0);

    /// The names in what is left of a look, or in the next one.
    fn names(folder: &mut LeftFolder, during: (Phase, u32)) -> Vec<String> {
        let rests = folder.rests_until.take_if(|_| folder.during == during);
        let rest = rests.map(|rests| rests.saturating_duration_since(Instant::now()));
        assert!(rest.is_none_or(|rest| rest <= LONGEST_REST));
        let until = Instant::now() + Duration::from_secs(60);
        let next = || folder.next(during, 2, until).map(|left| left.name);
        let mut names: Vec<String> = std::iter::from_fn(next).collect();
        names.sort();
        names
    }

    fn handed(commits: usize) -> Vec<u8> {
        let handed = Handed { commits: vec![vec![7]; commits], reveals: Vec::new() };
        borsh::to_vec(&handed).unwrap()
    }

    #[test]
    fn a_file_is_read_once_until_it_changes_or_the_phase_does() {
        let temporary = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let draft = temporary.path().join(".draft");
            fs::write(&draft, bytes).unwrap();
            fs::rename(draft, temporary.path().join(name)).unwrap();
        };
        let mut folder = LeftFolder::new(temporary.path().to_owned());
        write("one", &handed(1));
        write("two", &handed(2));
        assert_eq!(names(&mut folder, NOW), ["one", "two"]);
        assert_eq!(names(&mut folder, NOW), Vec::<String>::new());
        // The same size, and its time set back: it is another file all the same.
        let modified = fs::metadata(temporary.path().join("one")).unwrap().modified().unwrap();
        write("one", &handed(1));
        let one = fs::File::options().append(true).open(temporary.path().join("one")).unwrap();
        one.set_modified(modified).unwrap();
        if cfg!(unix) {
            assert_eq!(names(&mut folder, NOW), ["one"]);
        }
        assert_eq!(names(&mut folder, (Phase::Commits, 1)), ["one", "two"]);
    }

    #[test]
    fn what_is_no_file_of_a_bidder_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let path = |name: &str| temporary.path().join(name);
        let mut folder = LeftFolder::new(temporary.path().to_owned());
        fs::write(path(".draft"), handed(1)).unwrap();
        fs::write(path(&"n".repeat(MAX_NAME + 1)), handed(1)).unwrap();
        fs::write(path("too-many"), handed(3)).unwrap();
        fs::write(path("rubbish"), "rubbish").unwrap();
        fs::write(path("empty"), "").unwrap();
        fs::File::create(path("large")).unwrap().set_len(MAX_LEFT + 1).unwrap();
        fs::create_dir(path("folder")).unwrap();
        fs::write(path("elsewhere"), handed(1)).unwrap();
        assert_eq!(names(&mut folder, NOW), ["elsewhere"]);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(path("elsewhere"), path("link")).unwrap();
            assert_eq!(names(&mut folder, NOW), Vec::<String>::new());
        }
        assert_eq!(folder.rubbish.0.len(), 2);
    }

    /// A look has an end, and the next one goes on where it was.
    #[test]
    fn a_look_ends_when_it_is_time() {
        let temporary = tempfile::tempdir().unwrap();
        for n in 0..50 {
            fs::write(temporary.path().join(n.to_string()), handed(1)).unwrap();
        }
        let mut folder = LeftFolder::new(temporary.path().to_owned());
        assert!(folder.next(NOW, 2, Instant::now()).is_none());
        folder.rests_until = None;
        let long = Instant::now() + Duration::from_secs(60);
        let mut found: BTreeSet<String> = BTreeSet::new();
        found.extend((0..20).filter_map(|_| Some(folder.next(NOW, 2, long)?.name)));
        assert_eq!(found.len(), 20);
        assert!(folder.next(NOW, 2, Instant::now()).is_none());
        found.extend(names(&mut folder, NOW));
        assert_eq!(found.len(), 50);
    }

    #[test]
    fn a_post_is_told_from_what_a_bidder_leaves() {
        let identity = talea_parties::identity::Identity::from_seed(&[3; 32]);
        let auction = talea_protocol::terms::AuctionId([5; 32]);
        let tick = talea_protocol::instruction::Instruction::Tick;
        let post = identity.sign(&auction, &tick).unwrap();
        let Some(Content::Post(bytes)) = Content::read(post.clone(), 2) else { panic!() };
        assert_eq!(bytes, post);
        assert!(matches!(Content::read(handed(2), 2), Some(Content::Handed(_))));
        assert!(Content::read(handed(3), 2).is_none());
        assert!(Content::read(vec![7; 300], 2).is_none());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut remembered = Remembered::default();
        for n in 0..MOST_FILES as u128 + 9 {
            assert!(remembered.insert(Fingerprint(n.to_le_bytes())));
            assert!(remembered.0.len() <= MOST_FILES);
        }
    }
}
