//! A party's keys in a file: encrypted with a passphrase in the age format, for its owner alone.
//!
//! What an ordinary `age -d` shows is four lines: `talea-key/1`, the seed of the signing key, the
//! encryption secret of a keyholder, and an age identity to which everything is encrypted that the
//! party keeps between commands.

use crate::{
    agent::Agent,
    failure::{Code, Failure},
    files::{self, Readers},
    party::left::Unlock,
    passphrase::{draw, show},
    recipient,
    say::{say, say_if_slow},
};
use age::{
    armor::{ArmoredReader, ArmoredWriter, Format},
    secrecy::{ExposeSecret as _, SecretString},
    x25519,
};
use rand_core::OsRng;
use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    str::FromStr as _,
};
use talea_parties::{
    auditor::Auditor,
    identity::Identity,
    keyholder::{Candidate, EncryptionSecret},
};
use talea_protocol::{bytes::PartyKey, opening::Recipient, quorum::Member};
use zeroize::Zeroizing;

/// The first line of a key file's contents.
const MAGIC: &str = "talea-key/1";
const MAX_KEY_FILE: u64 = 1 << 16;
/// The shortest passphrase that a new key takes, in characters.
const SHORTEST_PASSPHRASE: usize = 12;

/// `N = 2^18` of scrypt, as age's own tool has it: about a second and 256 MiB.
pub const WORK_FACTOR: u8 = 18;
/// Work that takes longer than one reads that it does.
const LONG_WORK: u8 = 16;
/// The most work for which a key file is opened: four times the usual.
const MOST_WORK: u8 = 20;

/// A party's keys, unlocked.
pub struct Keys {
    path: PathBuf,
    signing: Zeroizing<[u8; 32]>,
    encryption: Zeroizing<[u8; 32]>,
    storage: x25519::Identity,
}

/// Where a passphrase comes from: never from a flag or the environment, which others can see.
#[derive(Clone, Debug, Default)]
pub struct PassphraseSource {
    /// A file whose first line it is; asked for on the terminal if there is none.
    pub file: Option<PathBuf>,
}

impl PassphraseSource {
    fn get(&self, question: &str) -> Result<SecretString, Failure> {
        if let Some(path) = &self.file {
            refuse_readable_by_others(path)?;
            let bytes = Zeroizing::new(files::read(path, MAX_KEY_FILE)?);
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            let line = text.lines().next().unwrap_or_default();
            return Ok(SecretString::from(line.to_owned()));
        }
        if !std::io::stdin().is_terminal() {
            let sentence = "a passphrase is needed, and there is no terminal to ask on";
            return Err(Failure::new(Code::KeyPassphrase, sentence).with_help(
                "use --passphrase-file FILE; the passphrase is the first line of FILE",
            ));
        }
        let typed = rpassword::prompt_password(question);
        let unheard = |error| {
            Failure::new(Code::KeyPassphrase, format!("the passphrase could not be read: {error}"))
        };
        Ok(SecretString::from(typed.map_err(unheard)?))
    }

    /// A passphrase for a new key. On a terminal none is one that is drawn, and shown there once; one that is
    /// typed is typed twice.
    fn get_new(&self, path: &Path) -> Result<SecretString, Failure> {
        let question =
            format!("Passphrase for the new key {} (empty: talea makes one): ", path.display());
        let secret = self.get(&question)?;
        let length = secret.expose_secret().chars().count();
        if length == 0 && self.file.is_none() {
            return Self::draw_and_show();
        }
        if length < SHORTEST_PASSPHRASE {
            let sentence = format!(
                "the passphrase has {length} characters, and must have at least {SHORTEST_PASSPHRASE}"
            );
            return Err(Failure::new(Code::KeyPassphrase, sentence));
        }
        if self.file.is_none() {
            let again = self.get("The same again: ")?;
            if again.expose_secret() != secret.expose_secret() {
                return Err(Failure::new(Code::KeyPassphrase, "the two passphrases differ"));
            }
        }
        Ok(secret)
    }

    /// A passphrase that is drawn: into the file, which must not be there, or onto the terminal.
    fn make(&self) -> Result<SecretString, Failure> {
        let Some(path) = &self.file else { return Self::draw_and_show() };
        let secret = draw();
        let line = Zeroizing::new(format!("{}\n", secret.expose_secret()));
        files::write_new(path, line.as_bytes(), Readers::Owner)?;
        say(&format!("the passphrase is in {}", path.display()));
        Ok(secret)
    }

    fn draw_and_show() -> Result<SecretString, Failure> {
        let secret = draw();
        let words = Zeroizing::new(format!(
            "The passphrase; it is shown only once, so write it down: {}",
            secret.expose_secret()
        ));
        show(&words)?;
        Ok(secret)
    }
}

/// Refuses a secret file that its group or the world may read.
fn refuse_readable_by_others(path: &Path) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(path).map_err(|e| Failure::unreadable(path, e))?;
        let mode = metadata.permissions().mode() & 0o777;
        if metadata.is_file() && mode & 0o077 != 0 {
            let sentence =
                format!("other users may read {} (mode {mode:04o}, expected 0600)", path.display());
            return Err(Failure::new(Code::KeyMode, sentence)
                .with_help(format!("chmod 600 {}", path.display())));
        }
    }
    Ok(())
}

fn require_no_key(path: &Path, force: bool) -> Result<(), Failure> {
    if path.exists() && !force {
        let sentence = format!("{} already exists", path.display());
        return Err(Failure::new(Code::FileExists, sentence).with_help(
            "choose another name; --force would overwrite the key, and the party could not sign with it \
             again",
        ));
    }
    Ok(())
}

/// Who thinks of the passphrase of new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPassphrase {
    /// Whoever makes them: it is read from where passphrases come from.
    Given,
    /// Nobody, it is drawn: it goes into the file of the source, which must not be there, or is shown once on the
    /// terminal.
    Drawn,
}

impl Keys {
    /// Draws new keys and writes them to `path`, which must not be there unless `force` says so.
    ///
    /// # Errors
    /// `file.exists`, `file.unwritable`, `key.passphrase`.
    pub fn create(
        path: &Path,
        passphrase: &PassphraseSource,
        by: NewPassphrase,
        work_factor: u8,
        force: bool,
    ) -> Result<Self, Failure> {
        require_no_key(path, force)?;
        let secret = match by {
            NewPassphrase::Given => passphrase.get_new(path)?,
            NewPassphrase::Drawn => passphrase.make()?,
        };
        let identity = Identity::generate(&mut OsRng);
        let encryption = EncryptionSecret::generate(&mut OsRng);
        let keys = Self {
            path: path.to_owned(),
            signing: identity.seed(),
            encryption: encryption.to_bytes(),
            storage: x25519::Identity::generate(),
        };
        let mut recipient = age::scrypt::Recipient::new(secret);
        recipient.set_work_factor(work_factor);
        if work_factor >= LONG_WORK {
            say(&format!(
                "locking the key with scrypt: 2^{work_factor} rounds and {} MiB of memory; on a slow \
                 machine this takes a while",
                1u64 << (work_factor - 10)
            ));
        }
        let sealed = encrypt(&recipient, keys.contents().as_bytes(), Format::AsciiArmor)?;
        let write = if force { files::write } else { files::write_new };
        write(path, &sealed, Readers::Owner)?;
        Ok(keys)
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// `file.unreadable`, `key.mode`, `key.file`, `key.passphrase`.
    pub fn open(path: &Path, passphrase: &PassphraseSource) -> Result<Self, Failure> {
        let bytes = files::read(path, MAX_KEY_FILE)?;
        refuse_readable_by_others(path)?;
        let secret = passphrase.get(&format!("Passphrase for {}: ", path.display()))?;
        let mut identity = age::scrypt::Identity::new(secret);
        identity.set_max_work_factor(MOST_WORK);
        let slow = format!("unlocking {}; on a slow machine this takes a while", path.display());
        let contents = say_if_slow(&slow, || decrypt(&identity, &bytes)).map_err(|error| {
            let (code, why) = match error {
                age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => {
                    (Code::KeyPassphrase, "the passphrase is wrong".to_owned())
                }
                age::DecryptError::NoMatchingKeys => {
                    (Code::KeyPassphrase, "it is not locked with a passphrase".to_owned())
                }
                other => (Code::KeyFile, other.to_string()),
            };
            Failure::new(code, format!("{} cannot be unlocked: {why}", path.display()))
        })?;
        Self::parse(path, &contents).ok_or_else(|| {
            Failure::new(Code::KeyFile, format!("{} does not hold keys of Talea", path.display()))
                .with_help("make one with: talea key new FILE")
        })
    }

    fn contents(&self) -> Zeroizing<String> {
        let [signing, encryption] =
            [&self.signing, &self.encryption].map(|secret| Zeroizing::new(hex::encode(**secret)));
        let storage = self.storage.to_string();
        Zeroizing::new(format!(
            "{MAGIC}\nsigning {}\nencryption {}\nstorage {}\n",
            *signing,
            *encryption,
            storage.expose_secret()
        ))
    }

    fn parse(path: &Path, contents: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(contents).ok()?.lines();
        if lines.next()? != MAGIC {
            return None;
        }
        let mut secret = |name: &str| -> Option<Zeroizing<[u8; 32]>> {
            let mut bytes = Zeroizing::new([0; 32]);
            let text = lines.next()?.strip_prefix(name)?.strip_prefix(' ')?;
            hex::decode_to_slice(text, bytes.as_mut()).ok()?;
            Some(bytes)
        };
        let (signing, encryption) = (secret("signing")?, secret("encryption")?);
        let storage = lines.next()?.strip_prefix("storage ")?;
        let storage = x25519::Identity::from_str(storage).ok()?;
        EncryptionSecret::from_bytes(*encryption)?;
        Some(Self { path: path.to_owned(), signing, encryption, storage })
    }

    /// Signs as this party.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::from_seed(&self.signing)
    }

    /// The party's public key.
    #[must_use]
    pub fn party(&self) -> PartyKey {
        self.identity().party()
    }

    /// Somebody whom terms may name as a keyholder.
    ///
    /// # Errors
    /// `key.file` never: the secret was read when the file was opened.
    pub fn candidate(&self) -> Result<Candidate, Failure> {
        let secret = EncryptionSecret::from_bytes(*self.encryption)
            .ok_or_else(|| Failure::new(Code::KeyFile, "the encryption secret is not a scalar"))?;
        Ok(Candidate::new(self.identity(), secret))
    }

    /// The public keys by which terms name this keyholder.
    ///
    /// # Errors
    /// As [`candidate`](Self::candidate).
    pub fn member(&self) -> Result<Member, Failure> {
        Ok(self.candidate()?.member())
    }

    /// The public keys by which bidders name this party as their agent.
    ///
    /// # Errors
    /// `key.file` never: the identity was read when the file was opened.
    pub fn agent(&self) -> Result<Agent, Failure> {
        let recipient = self.storage.to_public().to_string();
        Agent::new(self.party(), &recipient)
            .ok_or_else(|| Failure::new(Code::KeyFile, "the age identity has no public name"))
    }

    /// The auditor that this party is, to whom bidders open their bids.
    ///
    /// # Errors
    /// `key.file` never: the identity was read when the file was opened.
    pub fn auditor(&self) -> Result<Auditor, Failure> {
        let recipient = recipient::read(&self.storage.to_public().to_string());
        let recipient = recipient
            .ok_or_else(|| Failure::new(Code::KeyFile, "the age identity has no public name"))?;
        Ok(Auditor::of(&self.identity(), recipient))
    }

    /// What others encrypted to this party.
    ///
    /// # Errors
    /// Those of age: that it is for somebody else, or is damaged.
    pub fn unlock_file(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
        decrypt(&self.storage, sealed)
    }

    /// What opens files that were encrypted to this party as an agent.
    #[must_use]
    pub fn unlock(&self) -> Box<Unlock> {
        let identity = self.storage.clone();
        Box::new(move |sealed| decrypt(&identity, &sealed).ok().map(|bytes| bytes.to_vec()))
    }

    /// Where this party keeps what it must not forget between commands: beside the key file.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".state");
        self.path.with_file_name(name)
    }

    /// Where this party keeps the mirrors of boards that it reaches over HTTP.
    #[must_use]
    pub fn mirrors(&self) -> PathBuf {
        self.state_folder().join("mirrors")
    }

    /// Writes a secret for this party alone.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn keep(&self, path: &Path, secret: &[u8]) -> Result<(), Failure> {
        let sealed = encrypt(&self.storage.to_public(), secret, Format::Binary)?;
        files::write(path, &sealed, Readers::Owner)
    }

    /// Writes a secret for this party alone, where there is none yet.
    ///
    /// # Errors
    /// `file.exists`, `file.unwritable`.
    pub fn keep_new(&self, path: &Path, secret: &[u8]) -> Result<(), Failure> {
        let sealed = encrypt(&self.storage.to_public(), secret, Format::Binary)?;
        files::write_new(path, &sealed, Readers::Owner)
    }

    /// Reads a secret that this party wrote.
    ///
    /// # Errors
    /// `file.unreadable`, or `key.other` if it was written with another key.
    pub fn recall(&self, path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let sealed = files::read(path, limit)?;
        decrypt(&self.storage, &sealed).map_err(|error| {
            let sentence = format!("{} cannot be decrypted with this key: {error}", path.display());
            Failure::new(Code::KeyOther, sentence)
        })
    }
}

/// Encrypts something to one party alone.
///
/// # Errors
/// `name.malformed` if nothing can be encrypted to it.
pub fn lock_for(recipient: &Recipient, secret: &[u8]) -> Result<Vec<u8>, Failure> {
    recipient::require_usable(recipient)?;
    let text = recipient::text(recipient);
    let recipient = text.and_then(|text| x25519::Recipient::from_str(&text).ok());
    let recipient = recipient.ok_or_else(|| {
        Failure::new(Code::NameMalformed, "nothing can be encrypted to the key in this name")
    })?;
    encrypt(&recipient, secret, Format::Binary)
}

fn encrypt(
    recipient: &dyn age::Recipient,
    secret: &[u8],
    format: Format,
) -> Result<Vec<u8>, Failure> {
    let seal = || -> Option<Vec<u8>> {
        let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient)).ok()?;
        let armored = ArmoredWriter::wrap_output(Vec::new(), format).ok()?;
        let mut writer = encryptor.wrap_output(armored).ok()?;
        writer.write_all(secret).ok()?;
        writer.finish().and_then(ArmoredWriter::finish).ok()
    };
    seal().ok_or_else(|| Failure::new(Code::Internal, "writing to memory failed"))
}

fn decrypt(
    identity: &dyn age::Identity,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    let decryptor = age::Decryptor::new(ArmoredReader::new(sealed))?;
    let mut reader = decryptor.decrypt(std::iter::once(identity))?;
    let mut secret = Zeroizing::new(Vec::new());
    reader.read_to_end(&mut secret)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: u8 = 4;

    fn passphrase(folder: &Path, text: &str) -> PassphraseSource {
        let path = folder.join(format!("passphrase-{}", text.len()));
        files::write(&path, text.as_bytes(), Readers::Owner).unwrap();
        PassphraseSource { file: Some(path) }
    }

    #[test]
    fn keys_open_again_with_their_passphrase_only() {
        let folder = tempfile::tempdir().unwrap();
        let right = passphrase(folder.path(), "correct horse battery");
        let path = folder.path().join("birch.key");
        let keys = Keys::create(&path, &right, NewPassphrase::Given, CHEAP, false).unwrap();
        let again = Keys::open(&path, &right).unwrap();
        assert_eq!(keys.party(), again.party());
        assert_eq!(keys.member(), again.member());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));

        let wrong = passphrase(folder.path(), "incorrect horse battery");
        let failure = |result: Result<Keys, Failure>| result.err().unwrap().code;
        assert_eq!(failure(Keys::open(&path, &wrong)), Code::KeyPassphrase);
        assert_eq!(
            failure(Keys::create(&path, &right, NewPassphrase::Given, CHEAP, false)),
            Code::FileExists
        );
        let short = passphrase(folder.path(), "short");
        let other = folder.path().join("other.key");
        assert_eq!(
            failure(Keys::create(&other, &short, NewPassphrase::Given, CHEAP, false)),
            Code::KeyPassphrase
        );
        files::write(&other, b"rubbish", Readers::Owner).unwrap();
        assert_eq!(failure(Keys::open(&other, &right)), Code::KeyFile);

        let secret = folder.path().join("secret");
        keys.keep(&secret, b"rung 7").unwrap();
        assert_eq!(**again.recall(&secret, 4096).unwrap(), *b"rung 7");
        Keys::create(&path, &right, NewPassphrase::Given, CHEAP, true).unwrap();
        let new = Keys::open(&path, &right).unwrap();
        assert_eq!(new.recall(&secret, 4096).unwrap_err().code, Code::KeyOther);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let right = passphrase(folder.path(), "correct horse battery");
        let path = folder.path().join("birch.key");
        Keys::create(&path, &right, NewPassphrase::Given, CHEAP, false).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(Keys::open(&path, &right).err().unwrap().code, Code::KeyMode);
    }
}
