//! FIX messages, read by a library of somebody else.

use crate::common::{
    bonds, bonds_without_clock, endings, moorings, of_yields, out_of_order, report_of, transcript,
    works,
};
use fixlite::{__private::TagCursor, FixDeserialize, FixError, decode};
use talea_exchange::fix::messages;
use talea_report::Report;
use talea_text::failure::Code;

/// The fields of a message, in their order.
#[derive(Debug)]
struct Fields(Vec<(u32, String)>);

impl<'fix> FixDeserialize<'fix> for Fields {
    fn deserialize_fields<F: Fn(u32) -> bool>(
        cursor: &mut TagCursor<'fix>,
        _: F,
    ) -> Result<Self, FixError> {
        let mut fields = Vec::new();
        while let Some(tag) = cursor.peek_tag_u32() {
            fields.push((tag, cursor.next_value().unwrap().to_owned()));
        }
        Ok(Self(fields))
    }

    fn is_known_tag(_: u32) -> bool {
        true
    }
}

impl Fields {
    fn all(&self, wanted: u32) -> Vec<&str> {
        self.0.iter().filter(|(tag, _)| *tag == wanted).map(|(_, value)| value.as_str()).collect()
    }

    fn get(&self, tag: u32) -> Option<&str> {
        self.all(tag).first().copied()
    }
}

/// The messages, each between its first field and its check sum.
fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let starts: Vec<usize> = text.match_indices("8=FIXT.1.1\u{1}9=").map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| text.as_bytes()[*start..end].to_vec()).collect()
}

/// Reads messages; the library takes ASCII alone, so text in UTF-8 is checked for here and left to the tests that look
/// for it.
fn read(report: &Report) -> Vec<Fields> {
    let bytes = messages(report).unwrap();
    assert_eq!(bytes, messages(report).unwrap());
    let all = split(&bytes);
    all.iter()
        .filter(|message| message.is_ascii())
        .map(|message| decode(message).unwrap())
        .collect()
}

fn of_kind<'a>(messages: &'a [Fields], kind: &str) -> Vec<&'a Fields> {
    messages.iter().filter(|message| message.get(35) == Some(kind)).collect()
}

#[test]
fn every_ending_makes_messages_that_another_library_reads() {
    for (name, report) in endings() {
        if *name == "several lots without a clock" {
            continue;
        }
        let messages = read(report);
        let statuses = of_kind(&messages, "AI");
        let ascii = report.lots.iter().filter(|lot| lot.name.is_ascii());
        assert_eq!(statuses.len(), ascii.count(), "{name}");
        for message in &messages {
            assert_eq!(message.get(1128), Some("9"), "{name}");
            assert_eq!(message.0[2].0, 35, "{name}");
            // What a message sums to is checked when it is read.
            assert_eq!(message.0.last().unwrap().0, 10, "{name}");
        }
    }
}

#[test]
fn a_message_of_which_a_byte_was_changed_is_not_read() {
    let report = report_of(&transcript(&works()));
    let message = split(&messages(&report).unwrap()).remove(0);
    let at = message.len() - 20;
    let mut changed = message.clone();
    changed[at] ^= 1;
    assert!(decode::<Fields>(&message).is_ok());
    assert!(decode::<Fields>(&changed).is_err());
}

#[test]
fn each_ending_of_a_lot_has_its_status() {
    let expected = [
        ("nobody bid", "7"),
        ("nothing revealed", "7"),
        ("nothing valid", "7"),
        ("below the reserve", "5"),
        ("declined", "11"),
        ("void", "17"),
        ("halted", "17"),
        ("awarded by lottery", "0"),
        ("several lots, only opened", "16"),
    ];
    let endings = endings();
    for (name, status) in expected {
        let (_, report) = endings.iter().find(|(of, _)| *of == name).unwrap();
        let messages = read(report);
        assert_eq!(of_kind(&messages, "AI")[0].get(297), Some(status), "{name}");
        let is_sold = status == "0";
        assert_eq!(of_kind(&messages, "AE").is_empty(), !is_sold, "{name}");
    }
}

#[test]
fn a_trade_names_instrument_price_amount_and_both_sides_by_their_keys() {
    let report = report_of(&transcript(&bonds()));
    let messages = read(&report);
    let trade = of_kind(&messages, "AE")[0];
    let expected = [
        (48, "999101AB4"),
        (22, "1"),
        (107, "Larkspur Mill CLO 2027-1 B"),
        (423, "1"),
        (32, "5000000"),
        (31, "99.53125"),
        (15, "USD"),
        (381, "4976562.5"),
        (150, "F"),
        (75, "20270115"),
        (552, "2"),
    ];
    for (tag, value) in expected {
        assert_eq!(trade.get(tag), Some(value), "{tag}");
    }
    assert_eq!(trade.all(54), ["1", "2"]);
    let seller = report.terms.as_ref().unwrap().seller.as_str();
    assert_eq!(trade.all(448), [report.lots[0].winners[0].as_str(), seller]);
    // The winner, and the cover, whose bidder nobody knows.
    let responses = of_kind(&messages, "AJ");
    let first: Vec<_> = responses.iter().filter(|m| m.get(48) == Some("999101AB4")).collect();
    assert_eq!([first[0].get(694), first[1].get(694)], [Some("1"), Some("4")]);
    assert_eq!((first[1].get(448), first[1].get(44)), (None, Some("99.515625")));
    let sent = trade.get(52).unwrap();
    assert!(sent.starts_with("20270115-") && sent.len() == 17, "{sent}");
}

#[test]
fn bids_fared_as_hit_tied_and_done_away() {
    let report = report_of(&transcript(&works()));
    let messages = read(&report);
    let responses = of_kind(&messages, "AJ");
    let fared: Vec<_> = responses.iter().map(|message| message.get(694).unwrap()).collect();
    assert_eq!(fared, ["1", "9", "5"]);
    // Whoever bids sells, and the town buys.
    assert_eq!(of_kind(&messages, "AE")[0].all(54), ["2", "1"]);
    assert_eq!(responses[0].get(423), Some("3"));
}

#[test]
fn the_cover_is_the_best_bid_that_lost_wherever_it_stands() {
    let fared = |side: &str, prices: &[&str]| {
        let scenario = out_of_order("[disclosure]\neverything = true\n", side, prices);
        let messages = read(&report_of(&transcript(&scenario)));
        let responses = of_kind(&messages, "AJ");
        let words = responses
            .iter()
            .map(|message| format!("{} {}", message.get(44).unwrap(), message.get(694).unwrap()));
        words.collect::<Vec<_>>()
    };
    // Earlier commits stand first: 1 is a hit, 4 the cover, 5 done away, 9 tied, 10 a tied cover.
    assert_eq!(fared("procurement", &["98", "95", "90", "96"]), ["98 5", "95 4", "90 1", "96 5"]);
    assert_eq!(fared("sale", &["101", "104", "107", "103"]), ["101 5", "104 4", "107 1", "103 5"]);
    assert_eq!(
        fared("sale", &["101", "104", "107", "104"]),
        ["101 5", "104 10", "107 1", "104 10"]
    );
    // The best that lost is tied, so there is no other cover.
    assert_eq!(fared("sale", &["101", "107", "105", "107"]), ["101 5", "107 1", "105 5", "107 9"]);
}

#[test]
fn a_cover_at_the_price_is_tied() {
    for (second, word) in [("107", "9"), ("106", "4")] {
        let rules = "[disclosure]\ncover = true\n";
        let scenario = out_of_order(rules, "sale", &["107", second, "101"]);
        let messages = read(&report_of(&transcript(&scenario)));
        let responses = of_kind(&messages, "AJ");
        let fared: Vec<_> = responses.iter().map(|message| message.get(694)).collect();
        assert_eq!(fared, [Some("1"), Some(word)]);
        assert_eq!([responses[1].get(44), responses[1].get(448)], [Some(second), None]);
    }
}

#[test]
fn an_identifier_is_of_the_numbering_whose_check_digit_it_has() {
    let mut report = report_of(&transcript(&works()));
    for (identifier, source) in [
        ("999101AB4", "1"),
        ("999101AB5", "M"),
        ("ZZ0004120778", "4"),
        ("BBG000BLNNH6", "S"),
        // ISINs of Barbados begin likewise, and the last digit is right for one as well.
        ("BBG000006NH3", "S"),
        ("BBG000BLNNH5", "M"),
        ("UH-27-04", "M"),
    ] {
        report.lots[0].identifier = identifier.into();
        let messages = read(&report);
        assert!(messages.iter().all(|message| message.get(22) == Some(source)), "{identifier}");
    }
}

#[test]
fn each_of_several_winners_has_a_trade_of_one_unit_without_an_amount() {
    let messages = read(&report_of(&transcript(&moorings())));
    let trades = of_kind(&messages, "AE");
    assert_eq!(trades.len(), 2);
    for trade in trades {
        assert_eq!(
            [trade.get(32), trade.get(31), trade.get(381)],
            [Some("1"), Some("125.00"), None]
        );
        assert_eq!(trade.get(423), Some("2"));
    }
}

#[test]
fn a_yield_is_a_price_of_its_own_type() {
    let messages = read(&report_of(&transcript(&of_yields())));
    let trade = of_kind(&messages, "AE")[0];
    assert_eq!([trade.get(423), trade.get(31), trade.get(381)], [Some("9"), Some("101.25"), None]);
}

#[test]
fn a_name_that_is_not_ascii_is_escaped_and_stands_in_full_beside_it() {
    let bytes = messages(&report_of(&transcript(&bonds()))).unwrap();
    let message = split(&bytes).into_iter().find(|message| !message.is_ascii()).unwrap();
    let text = String::from_utf8(message).unwrap();
    let field = |tag: &str| text.split('\u{1}').find_map(|field| field.strip_prefix(tag));
    let escaped = "=HYPERLINK(\"https://example.org\") \\u{202e}\"quoted\", B\\u{f6}rse";
    assert_eq!(field("107="), Some(escaped));
    // What turns the direction of writing is escaped in the report itself.
    let name = "=HYPERLINK(\"https://example.org\") \\u{202e}\"quoted\", Börse";
    assert_eq!(field("351="), Some(name));
    assert_eq!(field("350="), Some(name.len().to_string().as_str()));
    assert_eq!(field("347="), Some("UTF-8"));
    let body = text.split_once("\u{1}35=").unwrap().1.split_once("\u{1}10=").unwrap().0;
    assert_eq!(field("9="), Some((body.len() + 4).to_string().as_str()));
}

#[test]
fn no_name_ends_its_field_or_its_message() {
    let mut report = report_of(&transcript(&works()));
    for name in ["a\u{1}10=000\u{1}8=FIXT.1.1\u{1}9=5", "a\nb\rc", "=1+1|58=x", "\u{202e}x"] {
        report.lots[0].name = name.into();
        report.lots[0].identifier = name.into();
        let bytes = messages(&report).unwrap();
        let messages = split(&bytes);
        assert_eq!(messages.len(), 5, "{name:?}");
        for message in messages.iter().filter(|message| message.is_ascii()) {
            let fields: Fields = decode(message).unwrap();
            assert_eq!((fields.all(107).len(), fields.all(10).len()), (1, 1), "{name:?}");
        }
    }
}

#[test]
fn a_price_of_more_digits_than_fix_keeps_makes_no_message() {
    let mut report = report_of(&transcript(&works()));
    report.lots[0].price_decimal = Some("1234567890123.4567".into());
    assert_eq!(messages(&report).unwrap_err().code, Code::StandardNumber);
}

#[test]
fn without_a_clock_there_is_no_message() {
    let failure = messages(&report_of(&transcript(&bonds_without_clock()))).unwrap_err();
    assert_eq!((failure.code, failure.code.exit().status()), (Code::StandardClock, 6));
}

#[test]
fn of_an_invalid_transcript_there_is_no_message() {
    let mut bytes = transcript(&works());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(messages(&report_of(&bytes)).unwrap_err().code, Code::BoardInvalid);
}
