//! A transcript file as a stream of records (section 4, **X1**).
//!
//! A record's header is compared with its kind's bound before anything is allocated, and a body's
//! buffer grows with the bytes that really arrive.

use std::io::{self, BufRead, BufReader, Read};

use sha2::{Digest as _, Sha256};
use talea_protocol::{
    bytes::Digest,
    transcript::{MAGIC, RECORD_HEADER_BYTES, RecordKind},
};

/// A record, its body not yet decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: RecordKind,
    pub(crate) body: Vec<u8>,
}

/// Why there is no next record.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The source failed.
    Io(io::Error),
    /// The bytes are no transcript: **X1**, in a sentence. The kind, where a header was read.
    Framing(String, Option<RecordKind>),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads records, and hashes all it reads.
pub(crate) struct Records<R> {
    source: BufReader<R>,
    hash: Sha256,
    bytes: u64,
    is_transcript: bool,
}

/// What is allocated for a body before any of it has arrived.
const FIRST_BUFFER: usize = 1 << 12;

impl<R: Read> Records<R> {
    pub(crate) fn new(source: R) -> Self {
        let source = BufReader::with_capacity(1 << 16, source);
        Self { source, hash: Sha256::new(), bytes: 0, is_transcript: false }
    }

    /// Whether it begins with the magic bytes. Known once they were read.
    pub(crate) fn is_transcript(&self) -> bool {
        self.is_transcript
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Up to `len` bytes: fewer only where the file ends.
    fn take(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(len.min(FIRST_BUFFER));
        let limit = u64::try_from(len).unwrap_or(u64::MAX);
        (&mut self.source).take(limit).read_to_end(&mut bytes)?;
        self.hash.update(&bytes);
        let arrived = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(arrived);
        Ok(bytes)
    }

    /// Reads the magic bytes.
    pub(crate) fn magic(&mut self) -> Result<(), Trouble> {
        let bytes = self.take(MAGIC.len())?;
        let framing = |sentence: &str| Err(Trouble::Framing(sentence.into(), None));
        if bytes.is_empty() {
            return framing("the file is empty");
        }
        if bytes.len() < MAGIC.len() && MAGIC.starts_with(&bytes) {
            return framing("the file ends within its magic bytes");
        }
        if bytes != MAGIC {
            return framing(
                "this is not a transcript: it must begin with the line \"talea transcript 2\"",
            );
        }
        self.is_transcript = true;
        Ok(())
    }

    /// The next record; nothing where the file ends after a whole one.
    pub(crate) fn next(&mut self) -> Result<Option<Record>, Trouble> {
        let bytes = self.take(RECORD_HEADER_BYTES)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let Ok(header) = <[u8; RECORD_HEADER_BYTES]>::try_from(bytes) else {
            return Err(Trouble::Framing(
                "the file ends within a record's header: it is truncated".into(),
                None,
            ));
        };
        let Some((kind, len)) = RecordKind::read_header(&header) else {
            return Err(bad_header(header));
        };
        let body = self.take(len)?;
        if body.len() < len {
            let sentence = format!(
                "the record's body must have {len} bytes and the file ends after {}: it is truncated",
                body.len()
            );
            return Err(Trouble::Framing(sentence, Some(kind)));
        }
        Ok(Some(Record { kind, body }))
    }

    /// Reads what is left, and gives the SHA-256 of the whole file and its length.
    pub(crate) fn finish(mut self) -> io::Result<(Digest, u64)> {
        loop {
            let chunk = match self.source.fill_buf() {
                Ok([]) => break,
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let len = chunk.len();
            self.hash.update(chunk);
            let arrived = u64::try_from(len).unwrap_or(u64::MAX);
            self.bytes = self.bytes.saturating_add(arrived);
            self.source.consume(len);
        }
        Ok((Digest(self.hash.finalize().into()), self.bytes))
    }
}

/// Says what is wrong with a header that was refused.
fn bad_header(header: [u8; RECORD_HEADER_BYTES]) -> Trouble {
    let [kind, length @ ..] = header;
    let length = u32::from_le_bytes(length);
    let known = [RecordKind::Genesis, RecordKind::Entry, RecordKind::Closing]
        .into_iter()
        .find(|known| known.byte() == kind);
    let sentence = match known {
        None => format!("a record's kind must be 0, 1 or 2 and is {kind}"),
        Some(known) => format!(
            "a record of kind {kind} has at most {} bytes and claims {length}",
            known.max_len()
        ),
    };
    Trouble::Framing(sentence, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(bytes: &[u8]) -> Records<&[u8]> {
        Records::new(bytes)
    }

    fn framing(trouble: Trouble) -> String {
        match trouble {
            Trouble::Framing(sentence, _) => sentence,
            Trouble::Io(error) => panic!("{error}"),
        }
    }

    #[test]
    fn magic() {
        let mut reader = records(MAGIC);
        assert!(reader.magic().is_ok() && reader.is_transcript());
        let mut reader = records(b"# A README");
        assert!(reader.magic().is_err() && !reader.is_transcript());
        assert!(framing(records(b"").magic().unwrap_err()).contains("empty"));
        assert!(framing(records(&MAGIC[..5]).magic().unwrap_err()).contains("ends within"));
        assert!(framing(records(b"{\"json\": true, ...}").magic().unwrap_err()).contains("not a"));
        assert!(framing(records(b"talea transcript 1\n").magic().unwrap_err()).contains("not a"));
    }

    #[test]
    fn a_huge_length_allocates_nothing() {
        // The bound refuses it.
        let mut header = vec![1u8];
        header.extend(u32::MAX.to_le_bytes());
        let sentence = framing(records(&header).next().unwrap_err());
        assert!(sentence.contains("claims 4294967295"), "{sentence}");
        // Within the bound, the buffer grows with what arrives.
        let mut header = vec![2u8];
        header.extend((1u32 << 26).to_le_bytes());
        header.push(7);
        let sentence = framing(records(&header).next().unwrap_err());
        assert!(sentence.contains("ends after 1"), "{sentence}");
    }

    #[test]
    fn unknown_kinds_are_named() {
        let sentence = framing(records(&[9, 0, 0, 0, 0]).next().unwrap_err());
        assert_eq!(sentence, "a record's kind must be 0, 1 or 2 and is 9");
    }

    #[test]
    fn the_hash_covers_everything() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 2, 0, 0, 0, 5, 6]);
        bytes.extend([200; 100]);
        let mut reader = records(&bytes);
        reader.magic().unwrap();
        let record = reader.next().unwrap().unwrap();
        assert_eq!(record.body, [5, 6]);
        assert!(reader.next().is_err());
        assert_eq!(reader.finish().unwrap(), (Digest::of(&[&bytes]), bytes.len() as u64));
    }

    #[test]
    fn a_source_that_fails_is_no_verdict() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        assert!(matches!(Records::new(Broken).magic(), Err(Trouble::Io(_))));
    }
}
