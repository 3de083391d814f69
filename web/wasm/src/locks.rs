//! Key files, as the command line has them: a passphrase opens them, for `talea` and for an ordinary `age -d` alike.

use crate::{
    fault::Fault,
    key::{Key, MAX_CONTENTS},
};
use age::{
    armor::{ArmoredReader, ArmoredWriter, Format},
    secrecy::SecretString,
};
use std::io::{Read as _, Write as _};
use talea_text::failure::Code;
use zeroize::Zeroizing;

/// The shortest passphrase that a new file takes, in characters, as on the command line.
const SHORTEST_PASSPHRASE: usize = 12;
/// `N = 2^16` of scrypt: 64 MiB, and a fraction of a second. A telephone's browser may have no more to give.
const WORK_FACTOR: u8 = 16;
/// The most work for which a file is opened: 1 GiB, as on the command line.
const MOST_WORK: u8 = 20;

/// A file that the passphrase opens.
///
/// # Errors
/// `key.passphrase` if it is too short.
pub fn lock(key: &Key, passphrase: String) -> Result<Vec<u8>, Fault> {
    let length = passphrase.chars().count();
    if length < SHORTEST_PASSPHRASE {
        let sentence = format!(
            "the passphrase has {length} characters, and must have at least {SHORTEST_PASSPHRASE}"
        );
        return Err(Fault::new(Code::KeyPassphrase, sentence));
    }
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    let seal = || -> Option<Vec<u8>> {
        let recipients = std::iter::once(&recipient as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).ok()?;
        let armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).ok()?;
        let mut writer = encryptor.wrap_output(armored).ok()?;
        writer.write_all(key.lines().as_bytes()).ok()?;
        writer.finish().and_then(ArmoredWriter::finish).ok()
    };
    seal().ok_or_else(|| Fault::internal("writing to memory failed"))
}

/// Opens a file.
///
/// # Errors
/// `key.passphrase`, `key.file`.
pub fn unlock(file: &[u8], passphrase: String) -> Result<Key, Fault> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase));
    identity.set_max_work_factor(MOST_WORK);
    let unlocked = || -> Result<Zeroizing<String>, age::DecryptError> {
        let decryptor = age::Decryptor::new(ArmoredReader::new(file))?;
        let reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))?;
        let mut text = Zeroizing::new(String::new());
        reader.take(MAX_CONTENTS as u64).read_to_string(&mut text)?;
        Ok(text)
    };
    let text = unlocked().map_err(|error| match error {
        age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => {
            Fault::new(Code::KeyPassphrase, "the passphrase is wrong")
        }
        age::DecryptError::NoMatchingKeys => {
            Fault::new(Code::KeyPassphrase, "the file is not locked with a passphrase")
        }
        _ => Fault::new(Code::KeyFile, "the file cannot be unlocked"),
    })?;
    Key::read(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "correct horse battery";

    #[test]
    fn a_key_comes_back_out_of_its_file() {
        let key = Key::generate();
        let file = lock(&key, PASSPHRASE.into()).unwrap();
        assert!(file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"));
        let again = unlock(&file, PASSPHRASE.into()).unwrap();
        assert_eq!(again.lines(), key.lines());
        assert_eq!(again.identity().party(), key.identity().party());
    }

    #[test]
    fn what_opens_no_file_says_why() {
        let file = lock(&Key::generate(), PASSPHRASE.into()).unwrap();
        let code = |result: Result<Key, Fault>| result.err().map(|fault| fault.code);
        assert_eq!(
            code(unlock(&file, "another horse battery".into())).as_deref(),
            Some("key.passphrase")
        );
        assert_eq!(code(unlock(b"rubbish", PASSPHRASE.into())).as_deref(), Some("key.file"));
        let short = lock(&Key::generate(), "short".into());
        assert_eq!(short.err().map(|fault| fault.code).as_deref(), Some("key.passphrase"));
        for text in ["", "talea-key/1\n", "talea-key/1\nsigning 00\nencryption 00\nstorage x\n"] {
            assert_eq!(code(Key::read(text)).as_deref(), Some("key.file"));
        }
    }
}
