//! Fixed and bounded byte types.
//!
//! [`Point`] and [`Scalar`] are *encodings as they arrived*: nothing says yet that they are
//! canonical. A user decodes it first, and the decoder refuses every encoding but the canonical one.

use crate::limits::{MAX_DOMAIN_BYTES, MAX_TEXT_BYTES};
use alloc::{string::String, vec::Vec};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Error, ErrorKind, Read, Result},
};
use core::fmt;
use sha2::{Digest as _, Sha256};

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize,
        )]
        pub struct $name(pub [u8; 32]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }
    };
}
pub(crate) use bytes32;

macro_rules! written_in_hexadecimal {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
    )*};
}
written_in_hexadecimal!(Digest, Point, Scalar);

bytes32! {
    /// A SHA-256 digest.
    Digest
}
bytes32! {
    /// A party's Ed25519 public key, by which the party is known throughout an auction. Written as
    /// [`names`](crate::names) has it.
    PartyKey
}
bytes32! {
    /// The encoding of a ristretto255 element, not yet decoded.
    Point
}
bytes32! {
    /// The encoding of a scalar modulo the group order, not yet decoded.
    Scalar
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}

impl Point {
    /// The one encoding of the identity `O`.
    pub const IDENTITY: Self = Self([0; 32]);
}

impl Digest {
    /// SHA-256 over the concatenation of `parts`. Callers start with a label and frame whatever
    /// has no fixed length.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// A list of at most `MAX` items: a `u32` count, then the items.
///
/// # Invariants
/// `len() <= MAX`, at construction and when decoding; the count is checked before any item is
/// read, and memory grows with the items that are really there.
#[derive(Clone, PartialEq, Eq, BorshSerialize)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// Takes `items` if they are not too many.
    ///
    /// # Errors
    /// [`TooLong`] with both numbers otherwise.
    pub fn new(items: Vec<T>) -> core::result::Result<Self, TooLong> {
        if items.len() > MAX {
            return Err(TooLong { len: items.len(), max: MAX });
        }
        Ok(Self(items))
    }

    /// The items, given back.
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> core::ops::Deref for List<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: fmt::Debug, const MAX: usize> fmt::Debug for List<T, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for List<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let count = u32::deserialize_reader(reader)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > MAX {
            return Err(Error::new(ErrorKind::InvalidData, "a list is longer than its bound"));
        }
        let mut items = Vec::new();
        for _ in 0..count {
            if items.len() == items.capacity() {
                // A quarter more at a time, and never more than the count: doubling would hold up
                // to three times what is there while it copies.
                let room = items.len().div_euclid(4).max(16);
                items.reserve_exact(room.min(count.saturating_sub(items.len())));
            }
            items.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(items))
    }
}

/// A list that was longer than its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a list of {len} items is longer than its bound of {max}")]
pub struct TooLong {
    /// Items given.
    pub len: usize,
    /// Items allowed.
    pub max: usize,
}

/// A printable text of 1 to `MAX` bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize)]
pub struct Text<const MAX: usize = MAX_TEXT_BYTES>(String);

/// Where an auction takes place, as its terms name it.
pub type Domain = Text<MAX_DOMAIN_BYTES>;

impl<const MAX: usize> Text<MAX> {
    /// Takes `text` if it is neither empty, nor too long, nor holds control characters.
    ///
    /// # Errors
    /// [`BadText`] otherwise.
    pub fn new(text: &str) -> core::result::Result<Self, BadText> {
        if text.is_empty() || text.len() > MAX || text.chars().any(char::is_control) {
            return Err(BadText { max: MAX });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// For people: see [`printable`].
impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&printable(&self.0))
    }
}

/// A text in which characters that are invisible or turn the direction of writing are escaped: a name
/// in the terms must not be able to rewrite the line in which it is shown.
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { printed.extend(c.escape_unicode()) } else { printed.push(c) }
    }
    printed
}

impl<const MAX: usize> BorshDeserialize for Text<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let bytes = List::<u8, MAX>::deserialize_reader(reader)?;
        let text = core::str::from_utf8(&bytes)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "a text is not UTF-8"))?;
        Self::new(text).map_err(|_| Error::new(ErrorKind::InvalidData, "a text breaks its rules"))
    }
}

/// A text that is empty, too long, or holds control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text must have 1 to {max} bytes and no control characters")]
pub struct BadText {
    /// Bytes allowed.
    pub max: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_rewrite_their_line() {
        assert_eq!(printable("Ardbeg CLO 2019-1 B"), "Ardbeg CLO 2019-1 B");
        assert_eq!(printable("Börse 東京"), "Börse 東京");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(printable("a\nb"), "a\\u{a}b");
        let text = <Text>::new("a\u{202e}b").unwrap();
        assert_eq!(alloc::format!("{text:>12}"), "  a\\u{202e}b");
    }

    #[test]
    fn a_huge_count_is_refused_before_allocation() {
        let bytes = u32::MAX.to_le_bytes();
        assert!(borsh::from_slice::<List<u8, 10>>(&bytes).is_err());
        assert!(borsh::from_slice::<List<[u8; 32], { 1 << 30 }>>(&bytes).is_err());
    }

    #[test]
    fn a_tail_is_refused() {
        assert!(borsh::from_slice::<List<u8, 10>>(&[1, 0, 0, 0, 7]).is_ok());
        assert!(borsh::from_slice::<List<u8, 10>>(&[1, 0, 0, 0, 7, 7]).is_err());
    }

    #[test]
    fn text_rules() {
        assert!(<Text>::new("Ardbeg CLO 2019-1 B").is_ok());
        for bad in ["", "a\nb", &"a".repeat(129)] {
            assert_eq!(<Text>::new(bad), Err(BadText { max: 128 }), "{bad:?}");
        }
        assert!(borsh::from_slice::<Text>(&[1, 0, 0, 0, 0xff]).is_err());
    }
}
