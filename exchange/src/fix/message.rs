//! A message in tag=value encoding.

/// What ends a field.
const SOH: char = '\u{1}';

/// Written first in every message, and not counted.
const BEGIN: &str = "FIXT.1.1";

/// Fields of a message, in their order, without the first two and the last.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(String);

impl Message {
    pub(super) fn with(mut self, tag: u16, value: impl std::fmt::Display) -> Self {
        self.0.push_str(&format!("{tag}={}{SOH}", printable(&value.to_string())));
        self
    }

    pub(super) fn with_some(self, tag: u16, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(tag, value),
            None => self,
        }
    }

    /// A field of data, with the field that has its length before it: any text, in UTF-8.
    pub(super) fn with_data(mut self, length_tag: u16, tag: u16, text: &str) -> Self {
        let text: String = text.chars().map(|c| if c == SOH { ' ' } else { c }).collect();
        self.0.push_str(&format!("{length_tag}={}{SOH}{tag}={text}{SOH}", text.len()));
        self
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// With its length before it and the sum of its bytes after it.
    pub(super) fn bytes(self) -> Vec<u8> {
        let Self(body) = self;
        let counted = format!("8={BEGIN}{SOH}9={}{SOH}{body}", body.len());
        let sum = counted.bytes().fold(0u8, u8::wrapping_add);
        format!("{counted}10={sum:03}{SOH}").into_bytes()
    }
}

/// Text that FIX takes everywhere: ASCII without control characters. Others are written by their number.
pub(super) fn printable(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    text.chars()
        .map(|c| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_sum_are_those_of_the_bytes() {
        let bytes = Message::default().with(35, "AI").with(58, "a\u{1}10=000").bytes();
        let text = String::from_utf8(bytes).unwrap();
        // 35=AI, 58=a\u{1}10=000, each with its separator: 6 and 16 bytes.
        assert_eq!(text, "8=FIXT.1.1\u{1}9=22\u{1}35=AI\u{1}58=a\\u{1}10=000\u{1}10=174\u{1}");
        let summed = text.len() - "10=174\u{1}".len();
        let sum: u32 = text.bytes().take(summed).map(u32::from).sum();
        assert_eq!(sum % 256, 174);
    }

    #[test]
    fn data_is_counted_in_bytes() {
        let bytes = Message::default().with_data(350, 351, "Börse\u{1}").bytes();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("350=7\u{1}351=Börse \u{1}10="), "{text:?}");
    }
}
