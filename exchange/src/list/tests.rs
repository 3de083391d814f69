//! Lists as desks keep them, read as a whole.

use super::{
    cells::{MAX_UNPACKED, separated},
    headings::{self, Column, Unit},
    identifier::Kind,
    offers::{Offers, offers},
    questions::{Answers, Asked, Face, Stop},
    understood::{Understood, understand},
    values::{Mark, Quote},
    write::{csv, lots_list, message, workbook},
};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::Write as _;
use talea_protocol::{
    bytes::Text,
    price::{Price, PriceGrid, Scale, Shape, Side},
    terms::{Currency, Lot, Money, Quotation},
};
use talea_text::{
    failure::{Code, Failure},
    terms::read_lots_list,
};

fn read(text: &str) -> Result<Understood, Stop> {
    understand("list.csv", text.as_bytes(), &Answers::default())
}

#[track_caller]
fn understood(text: &str) -> Understood {
    read(text).map_err(Stop::failure).unwrap()
}

/// The identifier, the name and the quantity of each line.
fn lots(list: &Understood) -> Vec<(String, String, u64)> {
    let lines = list.lines.iter().map(|line| {
        let identifier = line.identifier.as_ref().map_or(String::new(), |(_, code)| code.clone());
        (identifier, line.name.clone(), line.quantity)
    });
    lines.collect()
}

fn lot(identifier: &str, name: &str, quantity: u64) -> (String, String, u64) {
    (identifier.into(), name.into(), quantity)
}

#[track_caller]
fn refused(outcome: Result<Understood, Stop>, code: Code, words: &[&str]) {
    says(&outcome.map(drop).map_err(Stop::failure).unwrap_err(), code, words);
}

#[track_caller]
fn says(failure: &Failure, code: Code, words: &[&str]) {
    let said = format!("{failure}; {}", failure.help.as_deref().unwrap_or(""));
    assert_eq!(failure.code, code, "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "{word}: {said}"));
}

/// What is asked of a list, and where.
#[track_caller]
fn asked(text: &str) -> Vec<(Asked, String)> {
    match read(text) {
        Err(Stop::Questions(questions)) => {
            questions.into_iter().map(|question| (question.asked, question.sentence)).collect()
        }
        Err(Stop::Failure(failure)) => panic!("{failure}"),
        Ok(list) => panic!("nothing is asked: {:?}", lots(&list)),
    }
}

const BONDS: [&str; 2] = ["Orchard 4% 2035", "Larkspur Mill 2031"];

#[test]
fn headings_of_desks_are_understood_in_any_order_and_case() {
    let expected = vec![lot("037833100", BONDS[0], 5_000_000), lot("912828XG0", BONDS[1], 250_000)];
    for text in [
        "CUSIP,Security,Face\n037833100,Orchard 4% 2035,\"5,000,000\"\n912828XG0,Larkspur Mill 2031,250k\n",
        "orig face;SECURITY NAME;Cusip;Trader\n5mm;Orchard 4% 2035;037833100;AB\n250K;Larkspur Mill 2031;912828XG0;CD\n",
        "Amt (000s)\tBond\tIdentifier\n5,000.0\tOrchard 4% 2035\t037833100\n250\tLarkspur Mill 2031\t912828XG0\n",
        "BWIC for Monday\n\nId | Description | Size ($mm)\n037833100 | Orchard 4% 2035 | 5\n912828XG0 | Larkspur Mill 2031 | .25\nTotal | | 5.25\n",
        "SECURITY            CUSIP      PAR\nOrchard 4% 2035     037833100  $5,000,000\nLarkspur Mill 2031  912828XG0  $250,000\n",
    ] {
        assert_eq!(lots(&understood(text)), expected, "{text}");
    }
    let list = understood("CUSIP,Face,Px Talk\n037833100,5mm,99.5\n");
    assert_eq!(list.quotes, [Quote::Price]);
    let list = understood("CUSIP,Face,Talk\n037833100,5mm,99.5\n");
    assert_eq!(list.quotes, []);
    let list = understood("Trader,Security,Size\nAB,Orchard,5mm\n");
    assert_eq!(list.columns.ignored, ["Trader"]);
}

#[test]
fn a_message_is_read_line_by_line() {
    let text = "BWIC tomorrow 10:30 NY, bids by chat\n\
                1) 037833100 Orchard 4% 2035 5mm talk 99-16+\n\
                2) 912828XG0 Larkspur Mill 2031 250k T+125 area settle 2027-03-01\n\
                10mm US0378331005 Avalon Housing 2040\n\
                thanks!\n";
    let list = understand("message.txt", text.as_bytes(), &Answers::default());
    let list = list.map_err(Stop::failure).unwrap_err();
    // The third is the first under its other name.
    says(&list, Code::ListCell, &["message.txt line 4", "twice", "message.txt line 2"]);
    let text = text.replace("US0378331005", "XS0004120779");
    let list = understand("message.txt", text.as_bytes(), &Answers::default());
    let list = list.map_err(Stop::failure).unwrap();
    let expected = vec![
        lot("037833100", BONDS[0], 5_000_000),
        lot("912828XG0", BONDS[1], 250_000),
        lot("XS0004120779", "Avalon Housing 2040", 10_000_000),
    ];
    assert_eq!(lots(&list), expected);
    assert_eq!(list.quotes, [Quote::Price, Quote::Spread]);
    let settle = list.lines[1].settle.as_ref().unwrap();
    assert_eq!(settle.text(), "2027-03-01");
    assert_eq!(list.not_read.len(), 2);
    for (text, words) in [
        ("037833100 Orchard 4% 2035\n", ["line 1", "is an amount"]),
        ("037833100 Orchard 5mm\nLarkspur 250k\n", ["line 2", "no identifier"]),
        ("037833100 912828XG0 Orchard 5mm\n", ["line 1", "could both be the cusip"]),
    ] {
        let failure = understand("m.txt", text.as_bytes(), &Answers::default());
        refused(failure, Code::ListCell, &words);
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_asked_and_never_guessed() {
    for (text, question, words) in [
        ("CUSIP,Face\n037833100,1.000\n", Asked::Decimal, "line 2, column Face: \"1.000\" is 1 if"),
        ("CUSIP,Face\n037833100,\"500,000\"\n", Asked::Decimal, "and 500000 if"),
        ("CUSIP,Face\n037833100,2.5M\n", Asked::LetterM, "a thousand on some desks"),
        ("CUSIP,Face (M)\n037833100,2500\n", Asked::LetterM, "in the heading"),
        ("CUSIP,Size\n037833100,5\n", Asked::Unit, "5\" is little for a face"),
        ("CUSIP,Face,Orig Face\n037833100,5mm,5mm\n", Asked::Face, "\"Face\" and \"Orig Face\""),
        (
            "CUSIP,ISIN,Face\n037833100,US0378331005,5mm\n",
            Asked::Identifier,
            "\"CUSIP\" and \"ISIN\"",
        ),
        ("CUSIP,Face,Settle\n037833100,5mm,03/04/27\n", Asked::Date, "\"03/04/27\" can be read"),
    ] {
        let asked = asked(text);
        let [(asked, sentence)] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(*asked, question, "{text}");
        assert!(sentence.contains(words), "{sentence}");
        let failure = read(text).map(drop).map_err(Stop::failure).unwrap_err();
        says(&failure, Code::ListQuestion, &[question.flag(), " or "]);
    }
    // All at once, so that one command answers them all.
    let both = asked("CUSIP,Face,Settle\n037833100,2.5M,03/04/27\n");
    assert_eq!(both.len(), 2);
}

#[test]
fn an_answer_or_another_line_settles_what_is_open() {
    let quantity = |text: &str, asked: Asked, answer: &str| {
        let mut answers = Answers::default();
        answers.take(asked, answer).unwrap();
        let list = understand("list.csv", text.as_bytes(), &answers).map_err(Stop::failure);
        list.unwrap().lines[0].quantity
    };
    let open = "CUSIP,Face\n037833100,1.000k\n";
    assert_eq!(quantity(open, Asked::Decimal, "point"), 1_000);
    assert_eq!(quantity(open, Asked::Decimal, "comma"), 1_000_000);
    assert_eq!(quantity("CUSIP,Face\n037833100,2.5M\n", Asked::LetterM, "thousand"), 2_500);
    assert_eq!(quantity("CUSIP,Face\n037833100,2.5M\n", Asked::LetterM, "mm"), 2_500_000);
    assert_eq!(quantity("CUSIP,Face\n037833100,5\n", Asked::Unit, "million"), 5_000_000);
    assert_eq!(quantity("CUSIP,Face\n037833100,5\n", Asked::Unit, "one"), 5);
    let faces = "CUSIP,Orig Face,Current Face\n037833100,5mm,2mm\n";
    assert_eq!(quantity(faces, Asked::Face, "original"), 5_000_000);
    assert_eq!(quantity(faces, Asked::Face, "current"), 2_000_000);
    let european = understood("CUSIP;Face\n037833100;1.000\n912828XG0;2.000.000,00\n");
    assert_eq!(european.lines[0].quantity, 1_000);
    let american = understood("CUSIP,Face\n037833100,\"500,000\"\n912828XG0,\"2,000,000\"\n");
    assert_eq!(american.lines[0].quantity, 500_000);
    let dates = understood("CUSIP,Face,Settle\n037833100,5mm,03/04/27\n912828XG0,5mm,13/04/27\n");
    assert_eq!(dates.lines[0].settle.as_ref().unwrap().text(), "2027-04-03");
    let failure = Answers::default().take(Asked::Decimal, "dot").unwrap_err();
    says(&failure, Code::ListQuestion, &["\"dot\"", "point or comma"]);
    let answers =
        Answers { decimal: Some(Mark::Point), unit: Some(Unit::Million), ..Answers::default() };
    let wrong = understand("list.csv", b"CUSIP;Face\n037833100;\"1,5\"\n", &answers);
    refused(wrong, Code::ListCell, &["line 2, column Face", "no number as the rest"]);
}

#[test]
fn a_wrong_line_is_refused_with_its_place() {
    for (text, words) in [
        ("CUSIP,Face\n037833101,5mm\n", ["line 2, column CUSIP", "check digit"]),
        ("Isin,Face\nUS0378331006,5mm\n", ["line 2, column Isin", "check digit"]),
        ("FIGI,Face\nBBG000BLNNH5,5mm\n", ["line 2, column FIGI", "check digit"]),
        ("CUSIP,Face\n37833100,5mm\n", ["line 2, column CUSIP", "takes the zeros"]),
        (
            "CUSIP,Face\n9.12828E+50,5mm\n",
            ["line 2, column CUSIP", "a spreadsheet made of a CUSIP"],
        ),
        (
            "CUSIP,ISIN,Face\n912828XG0,US0378331005,5mm\n",
            ["line 2, column ISIN", "is not the ISIN of"],
        ),
        (
            "CUSIP,Face\n037833100,5mm\n\n037833100,6mm\n",
            ["line 4", "twice, first in list.csv line 2"],
        ),
        (
            "CUSIP,Face\n037833100,$5mm\n912828XG0,€5mm\n",
            ["line 3, column Face", "EUR, and list.csv line 2"],
        ),
        (
            "CUSIP,Face,Ccy\n037833100,5mm,USD\n912828XG0,5mm,GBP\n",
            ["line 3, column Ccy", "in GBP"],
        ),
        ("CUSIP,Face\n037833100,five\n", ["line 2, column Face", "no amount"]),
        ("CUSIP,Face\n037833100,-5mm\n", ["line 2, column Face", "begins as a formula"]),
        ("CUSIP,Face\n037833100,\n", ["line 2", "how much is offered"]),
        ("CUSIP,Face\n037833100,0.0000005mm\n", ["line 2, column Face", "no whole number"]),
        ("CUSIP,Face\n037833100,5,000,000\n", ["line 2, column 3", "stands under no heading"]),
        (
            "CUSIP,Face,Talk\n037833100,5,000\n",
            ["line 2, column Face", "\"5,000\" separate columns"],
        ),
        ("CUSIP,Face\n,5mm\n", ["line 2", "names no bond"]),
        ("CUSIP,Face,Size\n037833100,5mm,5mm\n", ["line 1, column Size", "both mean face"]),
        ("CUSIP,Face (mm)\n037833100,5k\n", ["line 2, column Face (mm)", "another unit"]),
        ("CUSIP,Face,Settle\n037833100,5mm,31/02/2027\n", ["line 2, column Settle", "no day"]),
        (
            "CUSIP,Face\n037833100,\"1,5mm\"\n912828XG0,2.5mm\n",
            ["line 3, column Face", "another mark"],
        ),
        (
            "CUSIP,Security,Face\n037833100,\"a\nb\",5mm\n",
            ["line 2, column 2", "more than one line"],
        ),
    ] {
        refused(read(text), Code::ListCell, &words);
    }
    for (text, words) in [
        ("a,b\n1,2\n", "no row names the columns"),
        ("CUSIP,Face\n", "no line"),
        ("CUSIP,Security\n037833100,Orchard\n", "no column says how much"),
        ("", "no row names the columns"),
    ] {
        refused(read(text), Code::ListFile, &["list.csv", words]);
    }
    refused(
        understand("x", b"\xff\xfe\x00\xd8", &Answers::default()),
        Code::ListFile,
        &["not UTF-8"],
    );
    refused(
        understand("x", b"hello\n", &Answers::default()),
        Code::ListFile,
        &["no line names columns"],
    );
}

#[test]
fn what_desks_put_around_their_lines_is_told_apart_from_them() {
    let bond = [lot("037833100", "Orchard", 20_000_000)];
    for (text, not_read) in [
        // The heading once more, as printed pages repeat it.
        (
            "CUSIP,Security,Face\n037833100,Orchard,20mm\nCUSIP,Security,Face\n",
            "CUSIP Security Face",
        ),
        (
            "CUSIP,Security,Face\n037833100,Orchard,20mm\n\"Total 20,000,000\",,\n",
            "Total 20,000,000",
        ),
        (
            "CUSIP,Security,Face\n037833100,Orchard,20mm\n,,\"Total 20,000,000\"\n",
            "Total 20,000,000",
        ),
        (
            "CUSIP,Security,Face\n037833100,Orchard,20mm\n,Total Face:,\"20,000,000\"\n",
            "Total Face: 20,000,000",
        ),
        (
            "CUSIP,Security,Face\n037833100,Orchard,20mm\n* bids subject to reserve\n",
            "* bids subject to reserve",
        ),
        ("CUSIP,Security,Face\n037833100,Orchard,20mm\nBids due 10:30 NY,,\n", "Bids due 10:30 NY"),
        ("Monday,,\nCUSIP,Security,Face\n\n037833100,Orchard,20mm\n\n\n", "Monday"),
    ] {
        let list = understood(text);
        assert_eq!(lots(&list), bond, "{text}");
        assert_eq!(list.not_read, [not_read], "{text}");
    }
    // A company may be called so.
    let list = understood("CUSIP,Security,Face\n037833100,Total 4% 2031,20mm\n");
    assert_eq!(lots(&list), [lot("037833100", "Total 4% 2031", 20_000_000)]);
    let list = understood("Security,Face\nTotalEnergies 4 2031,20mm\n");
    assert_eq!(list.lines.len(), 1);
    for (text, words) in [
        (
            "Security,Face\nOrchard,20mm\nTotal,20mm\n",
            ["line 3: \"Total\" may be a bond or", "the sum of the list"],
        ),
        (
            "Security,Face\nOrchard,20mm\nTotal 1 item,20mm\n",
            ["line 3", "may be a bond or the sum"],
        ),
        (
            "CUSIP,Security,Face\n037833100,Orchard,20mm\n,,20mm\n",
            ["line 3: it names no bond", "20mm"],
        ),
        (
            "CUSIP,Security,Face,Talk\nID,Name,Size,Px\n037833100,Orchard,20mm,99\n",
            ["line 2: it names other columns", "\"ID\", \"Name\""],
        ),
        ("Security,Face\nOrchard,20mm\n(1) settles T+2,\n", ["line 3", "how much is offered"]),
        (
            "CUSIP,Face\n037833100,20mm\n* see 912828XG0 later\n",
            ["line 3, column CUSIP", "* see 912828XG0"],
        ),
        (
            "CUSIP,Face\n037833100,20mm\n=see notes below\n",
            ["line 3, column CUSIP", "begins as a formula"],
        ),
    ] {
        refused(read(text), Code::ListCell, &words);
    }
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_with_its_place_and_its_reason() {
    let digits = "1".repeat(40);
    for (heading, cell, words) in [
        ("Face", "0", "is nothing"),
        ("Face", "\"(5,000,000)\"", "is no amount"),
        ("Face", "５００００００", "is no amount"),
        ("Face", digits.as_str(), "is too large"),
        ("Face", &digits[..25], "is too large"),
        ("Face", "5000000.5", "is no whole number"),
        ("Face,Factor", "5mm,0", "is no factor"),
        ("Face,Factor", "5mm,1.25", "above 1"),
        ("Face,Factor", "5mm,98.7", "above 1"),
        ("Face,Px Talk", "5mm,0", "a price of nothing"),
        ("Face,Px Talk", "5mm,0.00", "a price of nothing"),
        ("Face,Px Talk", &format!("5mm,99.{digits}"), "has more digits than a level has"),
        ("Face,Talk", "5mm,Oct-99", "takes 99-10 for a month"),
        ("Face,Talk", "5mm,16-Sep", "takes 99-10 for a month"),
        ("Face,Talk", "5mm,1999-10-01", "takes 99-10 for a month"),
        ("Face,Price", "5mm,10/1/1999", "takes 99-10 for a month"),
        ("Face,Start", "5mm,Oct-99", "takes 99-10 for a month"),
    ] {
        let text = format!("CUSIP,{heading}\n037833100,{cell}\n");
        let column = heading.rsplit(',').next().unwrap();
        refused(read(&text), Code::ListCell, &[&format!("line 2, column {column}"), words]);
    }
    let failure = of_bids("CUSIP,Bid\n037833100,Oct-99\n").map(drop).map_err(Stop::failure);
    says(&failure.unwrap_err(), Code::ListCell, &["line 2, column Bid", "for a month"]);
    for (cell, words) in [
        ("０３７８３３１００", "has a character in it that a CUSIP has not"),
        ("037833100\u{200b}", "\"037833100\\u{200b}\" has a character in it"),
    ] {
        let text = format!("CUSIP,Face\n{cell},5mm\n");
        refused(read(&text), Code::ListCell, &["line 2, column CUSIP", words]);
    }
    // What is written in another way, and means one thing.
    for cell in ["5\u{2009}000\u{2009}000", "5\u{a0}000\u{a0}000", "5\u{2007}000\u{202f}000"] {
        let list = understood(&format!("CUSIP;Face;Factor\n037833100;{cell};1.00000000\n"));
        assert_eq!(list.lines[0].quantity, 5_000_000, "{cell:?}");
    }
    let list = understood("CUSIP,Face,Talk\n037833100,5mm,+425dm\n912828XG0,5mm,+38a\n");
    assert_eq!(list.quotes, [Quote::Spread]);
}

#[test]
fn two_columns_that_name_a_bond_agree_or_are_refused() {
    let list = understood("CUSIP,ID,Face\n037833100,037833100,5mm\n");
    assert_eq!(lots(&list), [lot("037833100", "037833100", 5_000_000)]);
    for (text, words) in [
        (
            "CUSIP,ID,Face\n037833100,912828XG0,5mm\n",
            "column ID: \"912828XG0\" is another CUSIP than \"037833100\"",
        ),
        (
            "ISIN,ID,Face\nXS0004120779,US0378331005,5mm\n",
            "column ID: \"US0378331005\" is another ISIN",
        ),
        ("CUSIP,CUSIP,Face\n037833100,037833100,5mm\n", "\"CUSIP\" and \"CUSIP\" both mean CUSIP"),
    ] {
        refused(read(text), Code::ListCell, &[words]);
    }
}

#[test]
fn however_a_file_ends_its_lines_and_writes_its_letters_they_are_counted_alike() {
    let text = "CUSIP,Security,Face\n037833100,Orchard,5mm\n\n912828XG0,Larkspur,0\n";
    let utf16 = |text: &str, swap: bool| -> Vec<u8> {
        let units = text.encode_utf16().map(|unit| if swap { unit.swap_bytes() } else { unit });
        units.flat_map(u16::to_le_bytes).collect()
    };
    for bytes in [
        text.into(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', "\r").into_bytes(),
        text.replace('\n', "\u{2028}").into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(&format!("\u{feff}{text}"), false),
        utf16(&format!("\u{feff}{text}"), true),
    ] {
        let outcome = understand("list.csv", &bytes, &Answers::default());
        refused(outcome, Code::ListCell, &["list.csv line 4, column Face", "\"0\" is nothing"]);
    }
    let message = "037833100 Orchard 5mm\r912828XG0 Larkspur 2mm\r";
    let list = understand("m.txt", message.as_bytes(), &Answers::default()).map_err(Stop::failure);
    assert_eq!(list.unwrap().lines[1].at, "m.txt line 2");
    let mut cut = utf16(&format!("\u{feff}{text}"), false);
    cut.push(b'x');
    for bytes in [cut, b"CUSIP,Security,Face\n037833100,Gr\xf6\xdfe,5mm\n".to_vec()] {
        let outcome = understand("list.csv", &bytes, &Answers::default());
        refused(outcome, Code::ListFile, &["list.csv: it is not UTF-8 text", "CSV UTF-8"]);
    }
}

#[test]
fn a_file_that_is_too_wide_or_too_long_in_one_line_is_refused_and_empty_cells_are_not() {
    let wide = format!("CUSIP,Face{}\n037833100,5mm\n", ",x".repeat(16_382));
    refused(read(&wide), Code::ListCell, &["line 1", "more than 256 columns"]);
    let commas = ",".repeat(16_382);
    let list = understood(&format!("CUSIP,Face{commas}\n037833100,5mm{commas}\n"));
    assert_eq!(list.lines.len(), 1);
    let long = "x".repeat(4 << 20);
    refused(
        read(&format!("CUSIP,Security,Face\n037833100,{long},5mm\n")),
        Code::ListCell,
        &["line 2, column 2", "goes on, and is too long"],
    );
    let message = format!("037833100 Orchard {long} 5mm\n");
    let outcome = understand("m.txt", message.as_bytes(), &Answers::default());
    refused(outcome, Code::ListCell, &["m.txt line 1", "is not allowed as a name"]);
}

#[test]
fn messages_are_read_in_the_styles_of_desks() {
    let line = |text: &str| {
        let text = format!("{text}\n912828XG0 Larkspur 2mm\n");
        let answers = Answers { face: Some(Face::Original), ..Answers::default() };
        let list = understand("m.txt", text.as_bytes(), &answers);
        let list = list.map_err(Stop::failure).unwrap();
        let line = list.lines[0].clone();
        let talk = line.talk.as_ref().map(|talk| (talk.written.clone(), talk.quote));
        (line, talk, list.said.currency.map(|word| word.is))
    };
    let price = |text: &str| Some((text.to_owned(), Some(Quote::Price)));
    for (text, talk, currency) in [
        ("037833100 Orchard A1 5.0mm orig px talk 99-28", price("99-28"), None),
        ("[10:31:02] Rowan: 037833100 Orchard A1 5mm @ 99-28", price("99-28"), None),
        ("10:31:02 A. Rowan: 037833100 Orchard A1 5mm 99-28", price("99-28"), None),
        ("Orchard A1, CUSIP: 037833100, size: 5,000,000, talk: 99-28", price("99-28"), None),
        ("037833100 EUR 5mm Orchard A1 99-28", price("99-28"), Some("EUR")),
        ("037833100 Orchard A1 5mm EUR 99-28", price("99-28"), Some("EUR")),
        ("037833100 Orchard A1 5,000,000 EUR", None, Some("EUR")),
        ("> 037833100 Orchard A1 5mm @ 99-28", price("99-28"), None),
    ] {
        let (line, found, money) = line(text);
        assert_eq!((line.name.as_str(), line.quantity), ("Orchard A1", 5_000_000), "{text}");
        assert_eq!(found, talk, "{text}");
        assert_eq!(money.as_deref(), currency, "{text}");
    }
    let text = b"037833100 Orchard M2 12.5mm orig 0.3127 factor low 80s\n";
    let list = understand("m.txt", text, &Answers::default()).map_err(Stop::failure).unwrap();
    assert_eq!(list.lines[0].current_face.unwrap().to_string(), "3908750");
    assert_eq!(list.lines[0].talk.as_ref().unwrap().written, "low 80s");
}

#[test]
fn what_a_spreadsheet_would_run_is_refused_in_any_column() {
    for cell in ["=HYPERLINK(\"\"x\"\")", "+cmd|x", "-1+1", "@SUM(A1)", "\t=1", "＝1", "+1+1"] {
        for text in [
            format!("CUSIP,Security,Face\n037833100,\"{cell}\",5mm\n"),
            format!("CUSIP,Comment,Face\n037833100,\"{cell}\",5mm\n"),
        ] {
            refused(read(&text), Code::ListCell, &["line 2, column", "begins as a formula does"]);
        }
    }
    let list = understood("CUSIP,Security,Face,Talk,Note\n'037833100,'=Orchard,5mm,+125,-\n");
    assert_eq!(list.lines[0].name, "=Orchard");
    assert_eq!(list.quotes, [Quote::Spread]);
}

#[test]
fn a_list_beyond_the_bound_of_an_auction_is_counted_and_refused() {
    let lines: String = (0..5_000).map(|line| format!("Bond {line},5mm\n")).collect();
    refused(
        read(&format!("Security,Face\n{lines}")),
        Code::ListCell,
        &["list.csv line 1026", "5000 lines", "at most 1024 lots"],
    );
    let lines: String = (0..20_000).map(|line| format!("Bond {line},5mm\n")).collect();
    refused(read(&format!("Security,Face\n{lines}")), Code::ListCell, &["goes on after 16384"]);
}

#[test]
fn factors_and_current_faces_are_worked_out_and_compared() {
    let list = understood("CUSIP,Orig Face,Factor\n037833100,5mm,0.98765432\n");
    assert_eq!(list.lines[0].current_face.unwrap().to_string(), "4938271.6");
    assert_eq!(list.remarks, [""; 0]);
    let mut answers = Answers::default();
    answers.take(Asked::Face, "original").unwrap();
    let text = b"CUSIP,Orig Face,Factor,Current Face\n037833100,5mm,0.5,2mm\n";
    let list = understand("list.csv", text, &answers).map_err(Stop::failure).unwrap();
    assert_eq!(list.remarks.len(), 1);
    assert!(list.remarks[0].contains("is 2500000, and the current face is 2000000"));
}

/// A workbook of one sheet.
fn book(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet().set_name("BWIC").unwrap());
    book.save_to_buffer().unwrap()
}

fn heading(sheet: &mut rust_xlsxwriter::Worksheet, row: u32, names: &[&str]) {
    for (column, name) in (0u16..).zip(names) {
        sheet.write_string(row, column, *name).unwrap();
    }
}

fn of_book(bytes: &[u8]) -> Result<Understood, Stop> {
    understand("book.xlsx", bytes, &Answers::default())
}

#[test]
fn a_workbook_is_read_with_its_numbers_dates_and_per_cents() {
    let bytes = book(|sheet| {
        heading(sheet, 0, &["Bonds wanted"]);
        heading(sheet, 2, &["CUSIP", "Name", "Face", "Talk", "Settle", "Cpn"]);
        sheet.write_string(3, 0, "037833100").unwrap();
        sheet.write_string(3, 1, "Orchard").unwrap();
        sheet.write_number(3, 2, 5_000_000.0).unwrap();
        sheet
            .write_number_with_format(3, 3, 0.0435, &Format::new().set_num_format("0.00%"))
            .unwrap();
        let date = ExcelDateTime::from_ymd(2027, 3, 1).unwrap();
        sheet
            .write_datetime_with_format(3, 4, &date, &Format::new().set_num_format("yyyy-mm-dd"))
            .unwrap();
        sheet.write_number(3, 5, 4.125).unwrap();
    });
    let list = of_book(&bytes).map_err(Stop::failure).unwrap();
    assert_eq!(lots(&list), [lot("037833100", "Orchard", 5_000_000)]);
    let line = &list.lines[0];
    assert_eq!(line.settle.as_ref().unwrap().text(), "2027-03-01");
    assert_eq!(line.talk.as_ref().unwrap().value.as_deref(), Some("4.35"));
    assert_eq!(list.quotes, [Quote::Yield]);
    assert_eq!(line.coupon.as_deref(), Some("4.125"));
    assert!(line.at.contains("book.xlsx sheet \"BWIC\" row 4"), "{}", line.at);
    assert_eq!(list.not_read, ["Bonds wanted"]);
}

#[test]
fn numbers_of_a_workbook_say_nothing_of_how_its_texts_are_written() {
    let bytes = book(|sheet| {
        heading(sheet, 0, &["CUSIP", "Face", "Factor"]);
        heading(sheet, 1, &["037833100", "1.000.000,00"]);
        sheet.write_number(1, 2, 0.5).unwrap();
        sheet.write_string(2, 0, "912828XG0").unwrap();
        sheet.write_number(2, 1, 2_500.125).unwrap();
    });
    let failure = of_book(&bytes).map(drop).map_err(Stop::failure).unwrap_err();
    says(&failure, Code::ListCell, &["row 3, column B (Face)", "2500.125", "no whole number"]);
}

#[test]
fn a_workbook_is_refused_with_sheet_row_and_column() {
    type Fill = fn(&mut rust_xlsxwriter::Worksheet);
    let cases: [(Fill, &[&str]); 6] = [
        (
            |sheet| {
                sheet.write_string(1, 0, "037833100").unwrap();
                sheet.write_formula(1, 1, Formula::new("=2+3").set_result("5")).unwrap();
            },
            &["sheet \"BWIC\" row 2, column B", "formula", "paste it as values"],
        ),
        (
            |sheet| {
                sheet.write_number(1, 0, 37_833_100.0).unwrap();
                sheet.write_number(1, 1, 5e6).unwrap();
            },
            &["row 2, column A (CUSIP)", "takes the zeros"],
        ),
        (
            |sheet| {
                sheet.write_number(1, 0, 9.12828e50).unwrap();
                sheet.write_number(1, 1, 5e6).unwrap();
            },
            &["row 2, column A (CUSIP)", "which a spreadsheet made of a CUSIP"],
        ),
        (
            |sheet| {
                sheet.write_string(1, 0, "037833100").unwrap();
                sheet.write_number(1, 1, 5e6).unwrap();
                let date = ExcelDateTime::from_ymd(1999, 10, 1).unwrap();
                let format = Format::new().set_num_format("mmm-yy");
                sheet.write_datetime_with_format(1, 2, &date, &format).unwrap();
            },
            &["row 2, column C (Talk)", "the date 1999-10-01", "for a month"],
        ),
        (
            |sheet| {
                sheet.merge_range(1, 0, 2, 0, "037833100", &Format::new()).unwrap();
                sheet.write_number(1, 1, 5e6).unwrap();
            },
            &["row 2", "cells of the rows 2 to 3 are merged"],
        ),
        (
            |sheet| {
                sheet.write_string(1, 0, "037833100").unwrap();
                sheet.write_string(1, 1, "=1+1").unwrap();
            },
            &["row 2, column B (Face)", "begins as a formula does"],
        ),
    ];
    for (fill, words) in cases {
        let bytes = book(|sheet| {
            heading(sheet, 0, &["CUSIP", "Face", "Talk"]);
            fill(sheet);
        });
        refused(of_book(&bytes), Code::ListCell, words);
    }
}

#[test]
fn of_several_sheets_one_is_asked_for_and_empty_ones_do_not_count() {
    let mut book = Workbook::new();
    for (name, cusip) in [("Monday", "037833100"), ("Tuesday", "912828XG0")] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        heading(sheet, 0, &["CUSIP", "Face"]);
        heading(sheet, 1, &[cusip, "5mm"]);
    }
    book.add_worksheet();
    let bytes = book.save_to_buffer().unwrap();
    refused(of_book(&bytes), Code::ListQuestion, &["2 sheets", "--sheet Monday or Tuesday"]);
    let of = |sheet: &str| {
        let answers = Answers { sheet: Some(sheet.into()), ..Answers::default() };
        understand("book.xlsx", &bytes, &answers)
    };
    let list = of("Tuesday").map_err(Stop::failure).unwrap();
    assert_eq!(lots(&list), [lot("912828XG0", "912828XG0", 5_000_000)]);
    refused(of("Friday"), Code::ListFile, &["no sheet \"Friday\"", "\"Monday\", \"Tuesday\""]);
}

/// A ZIP file of these parts.
fn zipped(parts: &[(&str, &[u8], usize)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, block, times) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        for _ in 0..*times {
            archive.write_all(block).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read() {
    let blanks = [b' '; 1 << 16];
    let times = usize::try_from(MAX_UNPACKED >> 16).unwrap() + 1;
    let bomb = zipped(&[("xl/media/image1.bin", &blanks, times)]);
    assert!(bomb.len() < 1 << 16);
    refused(of_book(&bomb), Code::ListFile, &["more than 16 MiB", "image1.bin"]);
    // Many parts that are each small.
    let parts: Vec<String> = (0..32).map(|part| format!("part{part}.bin")).collect();
    let parts: Vec<(&str, &[u8], usize)> =
        parts.iter().map(|name| (name.as_str(), &blanks[..], times.div_ceil(16))).collect();
    refused(of_book(&zipped(&parts)), Code::ListFile, &["more than 16 MiB"]);
    // One of XML, of which a reader would keep every byte.
    let sheet = zipped(&[("xl/sharedStrings.xml", &blanks, times)]);
    refused(of_book(&sheet), Code::ListFile, &["more than 16 MiB", "sharedStrings.xml"]);
    let declared = b"<sst uniqueCount=\"999999999999999999\"><si><t>a</t></si></sst>";
    let declared = zipped(&[("xl/sharedStrings.xml", declared, 1)]);
    refused(
        of_book(&declared),
        Code::ListFile,
        &["damaged in xl/sharedStrings.xml", "beyond every sheet"],
    );
    let far = zipped(&[("xl/worksheets/sheet1.xml", b"<c r=\"AAAAAAAAAA99999999999\"/>", 1)]);
    refused(of_book(&far), Code::ListFile, &["beyond every sheet"]);
}

#[test]
fn a_workbook_that_is_damaged_or_locked_is_refused_in_a_sentence() {
    let bytes = book(|sheet| heading(sheet, 0, &["CUSIP", "Face"]));
    for end in [4, 30, bytes.len() / 2, bytes.len() - 1] {
        refused(of_book(&bytes[..end]), Code::ListFile, &["book.xlsx: the workbook is damaged"]);
    }
    refused(of_book(&zipped(&[("a.txt", b"hello", 1)])), Code::ListFile, &["damaged"]);
    let mut compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    refused(of_book(&compound), Code::ListFile, &["older spreadsheet", ".xlsx or as CSV"]);
    compound.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    refused(of_book(&compound), Code::ListFile, &["locked with a password"]);
}

fn of_bids(text: &str) -> Result<Offers, Stop> {
    offers("prices.csv", text.as_bytes(), &Answers::default())
}

#[test]
fn a_bidders_list_names_lots_in_any_way_and_passes_where_there_is_no_price() {
    for text in [
        "CUSIP,Bid,Comment\n037833100,99-16+,\n912828XG0,,later\n",
        "Lot;Price\n037833100;99-16+\n912828XG0;pass\n",
        "037833100 Orchard 4% 2035 5mm 99-16+\n912828XG0 pass\n",
        "037833100 @ 99-16+\n912828XG0 Larkspur\n",
        "037833100 Orchard 4% 2035 5mm 99-16+\n912828XG0 Larkspur 3.5% 2031 250k pass\n",
    ] {
        let offers =
            offers("prices", text.as_bytes(), &Answers::default()).map_err(Stop::failure).unwrap();
        let found: Vec<(&str, Option<&str>)> = offers
            .lines
            .iter()
            .map(|line| {
                (line.lot.0.as_str(), line.price.as_ref().map(|price| price.number.as_str()))
            })
            .collect();
        assert_eq!(found, [("037833100", Some("99-16+")), ("912828XG0", None)], "{text}");
    }
    let message = offers("m", b"037833100 Orchard 4% 2035 5mm 99.5", &Answers::default());
    let message = message.map_err(Stop::failure).unwrap();
    assert_eq!(message.lines[0].price.as_ref().unwrap().number, "99.5");
    let european = of_bids("CUSIP;Bid\n037833100;99,50\n").map_err(Stop::failure).unwrap();
    assert_eq!(european.lines[0].price.as_ref().unwrap().number, "99.5");
    for (text, words) in [
        (
            "CUSIP,Bid\n037833100,T+125\n",
            ["line 2, column Bid", "names a benchmark, and terms name none"],
        ),
        ("CUSIP,Bid\n037833101,99\n", ["line 2, column CUSIP", "check digit"]),
        ("CUSIP,Bid\n037833100,=1+1\n", ["line 2, column Bid", "begins as a formula"]),
        ("037833100 99 98\n", ["line 1", "could both be the price"]),
    ] {
        let failure = of_bids(text).map(drop).map_err(Stop::failure).unwrap_err();
        let failure = if text.contains(" 99 98") {
            offers("prices", text.as_bytes(), &Answers::default())
                .map(drop)
                .map_err(Stop::failure)
                .unwrap_err()
        } else {
            failure
        };
        says(&failure, Code::ListCell, &words);
    }
    let failure =
        of_bids("CUSIP,Face\n037833100,5\n").map(drop).map_err(Stop::failure).unwrap_err();
    says(&failure, Code::ListFile, &["no column says which price is bid"]);
}

const KINDS: [Quotation; 5] =
    [Quotation::Lot, Quotation::Unit, Quotation::Percent, Quotation::Yield, Quotation::Spread];

fn money(code: &[u8; 3], quotation: Quotation) -> Option<Money> {
    Some(Money { currency: Currency(*code), quotation })
}

#[test]
fn a_bidders_spread_or_yield_is_taken_where_the_terms_have_such_prices_and_nowhere_else() {
    let of = |text: &str| {
        let offers = of_bids(text).map_err(Stop::failure).unwrap();
        offers.lines[0].price.clone().unwrap()
    };
    for (cell, number, taken) in [
        ("+125", "125", &[Quotation::Spread][..]),
        ("125bp", "125", &[Quotation::Spread]),
        ("125.5 bps", "125.5", &[Quotation::Spread]),
        ("-5bp", "-5", &[Quotation::Spread]),
        ("4.35%", "4.35", &[Quotation::Yield]),
        ("99-16+", "99-16+", &KINDS),
        ("125", "125", &KINDS),
    ] {
        let price = of(&format!("CUSIP,Bid\n037833100,{cell}\n"));
        for kind in KINDS {
            let number_of = price.under(money(b"USD", kind));
            if taken.contains(&kind) {
                assert_eq!(number_of.unwrap(), number, "{cell} {kind:?}");
                continue;
            }
            let words = ["prices.csv line 2, column Bid", cell, "the terms say", "of prices"];
            says(&number_of.unwrap_err(), Code::ListCell, &words);
        }
        match price.under(None) {
            Ok(read) => assert_eq!((read, taken.len()), (number, KINDS.len()), "{cell}"),
            Err(failure) => says(&failure, Code::ListCell, &["the terms do not say what prices"]),
        }
    }
    // Of the list as a whole.
    for (text, words) in [
        (
            "CUSIP,Bid,Ccy\n037833100,99,EUR\n",
            "column Ccy: it is in EUR, and money.currency in the terms says USD",
        ),
        (
            "CUSIP,Bid,Quotation\n037833100,99,yield\n",
            "column Quotation: \"yield\" is yield, and money.price in",
        ),
    ] {
        let list = of_bids(text).map_err(Stop::failure).unwrap();
        let failure = list.said.agreed("the terms", money(b"USD", Quotation::Percent));
        says(&failure.unwrap_err(), Code::ListCell, &["prices.csv line 2", words]);
    }
    let two = of_bids("CUSIP,Price,Yield\n037833100,99,4.35\n").map(drop).map_err(Stop::failure);
    let words = ["line 1, column Yield", "\"Price\" and \"Yield\" may both be what is bid"];
    says(&two.unwrap_err(), Code::ListCell, &words);
    // A heading says it too.
    let price = of("CUSIP,Spread\n037833100,125\n");
    assert_eq!(price.under(None).unwrap(), "125");
    assert_eq!(price.under(money(b"USD", Quotation::Spread)).unwrap(), "125");
    let failure = price.under(money(b"USD", Quotation::Percent)).unwrap_err();
    says(&failure, Code::ListCell, &["column Spread", "is a spread, and the terms say percent"]);
    let bytes = book(|sheet| {
        heading(sheet, 0, &["CUSIP", "Bid"]);
        sheet.write_string(1, 0, "037833100").unwrap();
        let shown = Format::new().set_num_format("0.00%");
        sheet.write_number_with_format(1, 1, 0.0435, &shown).unwrap();
    });
    let list = offers("book.xlsx", &bytes, &Answers::default()).map_err(Stop::failure).unwrap();
    let price = list.lines[0].price.clone().unwrap();
    assert_eq!(price.under(money(b"EUR", Quotation::Yield)).unwrap(), "4.35");
    let failure = price.under(money(b"EUR", Quotation::Lot)).unwrap_err();
    says(&failure, Code::ListCell, &["sheet \"BWIC\" row 2", "is a yield"]);
}

#[test]
fn terms_say_of_money_what_the_list_says_where_their_file_says_nothing() {
    let agreed = |text: &str| understood(text).said.agreed("base.toml", None).unwrap();
    for (text, expected) in [
        ("CUSIP,Face ($mm),Ccy,Px Talk\n037833100,5,usd,99.5\n", money(b"USD", Quotation::Percent)),
        ("CUSIP,Face,Talk\n037833100,EUR 5mm,+125\n", money(b"EUR", Quotation::Spread)),
        ("CUSIP,Face (£),Yield\n037833100,5mm,4.35\n", money(b"GBP", Quotation::Yield)),
        ("CUSIP,Face,Ccy,Quotation\n037833100,5mm,KWD,Per lot\n", money(b"KWD", Quotation::Lot)),
        ("CUSIP,Face,Ccy,Quoted in\n037833100,5mm,CHF,bps\n", money(b"CHF", Quotation::Spread)),
        (
            "CUSIP,Face,Ccy,Quotation,Price\n037833100,5mm,CHF,per-unit,9.5\n",
            money(b"CHF", Quotation::Unit),
        ),
    ] {
        let agreed = agreed(text);
        assert_eq!(agreed.money, expected, "{text}");
        assert!(agreed.remark.unwrap().starts_with("the terms say of money what the list says"));
    }
    for (text, words) in [
        ("CUSIP,Face,Px Talk\n037833100,$5mm,99.5\n", "$ does not say whose currency it is"),
        ("CUSIP,Face,Talk\n037833100,USD 5mm,99.5\n", "does not say what its prices are"),
        ("CUSIP,Face,Bid\n037833100,USD 5mm,99.5\n", "does not say what its prices are"),
        ("CUSIP,Face,Talk\n037833100,5mm,99-16+\n", "percent of its prices, and names no currency"),
    ] {
        let agreed = agreed(text);
        assert_eq!(agreed.money, None, "{text}");
        let remark = agreed.remark.unwrap();
        assert!(remark.contains(words) && remark.contains("base.toml"), "{remark}");
    }
    let silent = agreed("CUSIP,Face,Talk\n037833100,5mm,99.5\n");
    assert_eq!((silent.money, silent.remark), (None, None));
}

#[test]
fn what_a_list_says_of_money_must_agree_with_the_terms_and_with_itself() {
    let usd = money(b"USD", Quotation::Percent);
    for (text, base) in [
        ("CUSIP,Face,Px Talk\n037833100,$5mm,99.5\n", usd),
        ("CUSIP,Face,Talk\n037833100,5mm,99.5\n", usd),
        ("CUSIP,Face,Talk\n037833100,5mm,99.5\n", money(b"JPY", Quotation::Spread)),
        ("CUSIP,Quantity,Price\n037833100,5mm,9.5\n", money(b"EUR", Quotation::Unit)),
    ] {
        let agreed = understood(text).said.agreed("base.toml", base).unwrap();
        assert_eq!((agreed.money, agreed.remark), (base, None), "{text}");
    }
    for (text, base, words) in [
        (
            "CUSIP,Face,Talk\n037833100,5mm,99.5\n912828XG0,5mm,+125\n",
            usd,
            [
                "list.csv line 3, column Talk: \"+125\" is a spread",
                "money.price in base.toml says percent",
            ],
        ),
        (
            "CUSIP,Face,Talk\n037833100,5mm,99-16+\n912828XG0,5mm,+125\n",
            None,
            [
                "list.csv line 3, column Talk: \"+125\" is a spread",
                "list.csv line 2, column Talk says a price",
            ],
        ),
        (
            "CUSIP,Face,Quotation\n037833100,5mm,spread\n912828XG0,5mm,yield\n",
            None,
            [
                "line 3, column Quotation: \"yield\" is yield",
                "line 2, column Quotation says spread",
            ],
        ),
        (
            "CUSIP,Face\n037833100,5mm\n912828XG0,€5mm\n",
            usd,
            ["list.csv line 3, column Face: it is in EUR", "money.currency in base.toml says USD"],
        ),
        (
            "CUSIP,Face ($)\n037833100,5mm\n",
            money(b"EUR", Quotation::Percent),
            ["list.csv line 1, column Face ($): it is in $", "says EUR"],
        ),
    ] {
        let failure = understood(text).said.agreed("base.toml", base).unwrap_err();
        says(&failure, Code::ListCell, &words);
    }
    refused(
        read("CUSIP,Face,Quotation\n037833100,5mm,dear\n"),
        Code::ListCell,
        &["line 2, column Quotation", "is no kind of price", "per-unit or per-lot"],
    );
    refused(
        read("CUSIP,Face,Ccy\n037833100,5mm,ZZZ\n"),
        Code::ListCell,
        &["line 2, column Ccy", "is no currency that is known"],
    );
}

#[test]
fn a_list_of_lots_is_what_a_file_of_terms_reads() {
    let list = understood(
        "FIGI,CUSIP,Security,Face,Side,Scale,Start,Tick,End\n\
         ,037833100,\"Orchard, 4%\",5mm,sale,256ths,'90-00,1/64,107-31\n\
         BBG000BLNNH6,,Larkspur,250k,sale,decimal 2,90.00,0.25,105\n",
    );
    let written = lots_list(&list);
    assert!(
        written.starts_with("cusip,identifier,name,quantity,side,scale,start,tick,end\n"),
        "{written}"
    );
    assert!(
        written.contains("'037833100,,\"Orchard, 4%\",5000000,sale,256ths,'90-00,'1/64,'107-31"),
        "{written}"
    );
    assert_eq!(read_lots_list("lots.csv", written.as_bytes()).unwrap().len(), 2);
}

fn scales() -> impl Strategy<Value = Scale> {
    prop_oneof![(0u8..=12).prop_map(Scale::Decimal), (5u8..=8).prop_map(Scale::Binary)]
}

fn identifiers() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("037833100".to_owned()),
        Just("US0378331005".to_owned()),
        Just("BBG000BLNNH6".to_owned()),
        Just("037833101".to_owned()),
        "[!-~][ -~é]{0,20}[!-~]",
    ]
}

prop_compose! {
    fn any_lot()(
        identifier in identifiers(),
        name in prop_oneof![
            4 => "[!-~é][ -~é]{0,30}[!-~]",
            1 => "(n/a|NA|-|Total|pass|M|1\\.000|2\\.5M|'x|=1|\\+125)",
        ],
        quantity in prop_oneof![1u64.., 1u64..10_000_000],
        scale in scales(),
        start in -1_000_000i64..1_000_000_000,
        tick in 1u64..1_000,
        levels in 2u32..5_000,
        sale in any::<bool>(),
    ) -> Lot {
        let side = if sale { Side::HighestWins } else { Side::LowestWins };
        let shape = Shape::new(&[8, 8]).unwrap();
        let grid = PriceGrid { side, start: Price(start), tick, levels, scale, shape };
        Lot {
            name: Text::new(&name).unwrap(),
            identifier: Text::new(&identifier).unwrap(),
            quantity,
            grid,
        }
    }
}

/// Lots with what a list says of them, but for the digits in which levels are written.
fn facts(list: &Understood) -> Vec<String> {
    let list = lots_list(list);
    let items = read_lots_list("lots.csv", list.as_bytes()).unwrap();
    let load = |levels| talea_text::suggest::Load { levels, bidders: 4, acts: 2, fan_out: 7 };
    let lots = (0..).zip(items).map(|(index, item)| {
        let grid = item.grid();
        let name = item.name();
        let identifier = item.identifier(index).unwrap();
        let at = |field: &str| field.to_owned();
        fact(&talea_text::lot::read_lot(&at, name, &identifier, &grid, load).unwrap())
    });
    lots.collect()
}

fn fact(lot: &Lot) -> String {
    let Lot { name, identifier, quantity, grid } = lot;
    let PriceGrid { side, start, tick, levels, scale, shape: _ } = grid;
    format!("{name:?} {identifier:?} {quantity} {side:?} {start:?} {tick} {levels} {scale:?}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_for_a_desk_is_read_back_as_the_same_lots(
        mut lots in proptest::collection::vec(any_lot(), 1..6),
        code in proptest::sample::select(vec![*b"USD", *b"JPY", *b"KWD", *b"CLF", *b"BGN"]),
        quotation in proptest::option::of(proptest::sample::select(KINDS.to_vec())),
    ) {
        let money = quotation.and_then(|quotation| money(&code, quotation));
        // An auction's lots are each known by another name.
        let mut seen = std::collections::BTreeSet::new();
        lots.retain(|lot| seen.insert(lot.identifier.as_str().replace("US0378331005", "037833100")));
        let expected: Vec<String> = lots.iter().map(fact).collect();
        let files = [
            ("list.csv", csv(&lots, money).into_bytes()),
            ("list.xlsx", workbook(&lots, money).unwrap()),
            ("list.txt", message(&lots, money).into_bytes()),
        ];
        for (name, bytes) in files {
            let list = understand(name, &bytes, &Answers::default()).map_err(Stop::failure);
            let list = list.map_err(|failure| TestCaseError::fail(failure.report()))?;
            prop_assert_eq!(facts(&list), expected.clone(), "{}", name);
            let agreed = list.said.agreed("base.toml", None);
            let agreed = agreed.map_err(|failure| TestCaseError::fail(failure.report()))?;
            prop_assert_eq!(agreed.money, money, "{}", name);
        }
    }

    #[test]
    fn no_file_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[ -~\t\n|;,=+]{0,200}") {
        let _ = of_book(&bytes);
        let _ = of_book(&[b"PK\x03\x04".as_slice(), &bytes].concat());
        let _ = understand("a", text.as_bytes(), &Answers::default());
        let _ = understand("a", format!("CUSIP,Face,Talk,Settle\n{text}").as_bytes(), &Answers::default());
        let _ = offers("a", format!("CUSIP,Bid\n{text}").as_bytes(), &Answers::default());
    }
}

#[test]
fn kinds_of_identifiers_go_to_columns_of_their_own() {
    let list = understood(
        "Identifier,Face\n037833100,5mm\nUS0004120779,1mm\n"
            .replace("US0004120779", "XS0004120779")
            .as_str(),
    );
    let kinds: Vec<Kind> =
        list.lines.iter().map(|line| line.identifier.as_ref().unwrap().0).collect();
    assert_eq!(kinds, [Kind::Cusip, Kind::Isin]);
}

#[test]
fn the_document_lists_headings_that_are_understood_as_it_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lists.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("| column | headings, among others |\n|---|---|\n").unwrap();
    let rows: Vec<Vec<&str>> = rest
        .lines()
        .map_while(|line| line.strip_prefix("| "))
        .map(|line| line.split(" | ").collect())
        .collect();
    let columns: Vec<Column> = Column::all().collect();
    assert_eq!(rows.len(), columns.len());
    for (row, column) in rows.into_iter().zip(columns) {
        let [name, headings] = row.as_slice() else { panic!("{row:?}") };
        assert_eq!(*name, column.name());
        for heading in headings.split('`').skip(1).step_by(2) {
            let cells = separated("f", &format!("{heading}|Comment|CUSIP|Name"), b'|').unwrap();
            let (_, columns) = headings::find(&cells).unwrap();
            assert_eq!(columns.known[0].column, column, "{heading}");
        }
    }
}
