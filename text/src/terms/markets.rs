//! Files of terms with curves, two sides and surveys: what they mean, what is refused, and in which words.

use super::{Draft, TermsData, in_words, read::tests::with_head};
use crate::{
    book::Book,
    failure::{Code, Failure},
};
use serde_json::{Value, json};
use talea_protocol::{
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    terms::Terms,
};

const CURVES: &str =
    "curves = { steps = 4, quantities = { public = { most = 1000 } }, comparisons = \"opened\" }";
const TWO_SIDED: &str =
    "two-sided = { steps = 2, quantities = { sealed = { bits = 4 } }, comparisons = \"opened\" }";
const SURVEY: &str = "survey = { min_answers = 10, bin_levels = 3, squares = true }";

/// The example with this mechanism, more fields and more tables, and lots of these quantities.
fn read(mechanism: &str, fields: &str, rows: &[&str], tables: &str) -> Result<Draft, Failure> {
    let rows: Vec<String> =
        (0..).zip(rows).map(|(lot, row)| format!("Thule {lot},{row}\n")).collect();
    let rows = format!("name,quantity,levels\n{}", rows.concat());
    with_head(&format!("mechanism = {{ {mechanism} }}\n{fields}"), &rows, tables)
}

fn terms(mechanism: &str) -> Terms {
    read(mechanism, "", &["5,"], "").unwrap().terms
}

fn data(terms: &Terms) -> Value {
    serde_json::from_str(&TermsData::of(terms).json()).unwrap()
}

#[test]
fn a_file_says_every_number_of_a_mechanism_and_data_say_it_again() {
    let public = Curve { steps: 4, quantities: Quantities::Public { most: 1_000 } };
    let mut expected = Mechanism::Curves {
        curve: public,
        pricing: Pricing::Uniform,
        least: 1,
        comparisons: Comparisons::Opened,
    };
    let uniform = terms(CURVES);
    assert_eq!(uniform.mechanism, expected);
    let mut of_data = data(&uniform)["mechanism"].take();
    let discloses = of_data["discloses"].take();
    let opened = discloses["opened"].as_array().unwrap().len();
    assert_eq!((opened, discloses["kept"].as_array().unwrap().len()), (3, 1));
    assert_eq!(
        of_data,
        json!({
            "kind": "uniform-price-curves", "units": 1, "name": "uniform price, curves",
            "curve": { "steps": 4, "quantities": "public", "most": 1_000, "bits": null },
            "least": 1, "clearing_price": null, "comparisons": "opened", "survey": null, "discloses": null
        })
    );
    let said = "curves = { steps = 4, quantities = { public = { most = 1000 } }, pricing = \"pay-as-bid\", least = 2, \
                comparisons = \"hidden\" }";
    expected = Mechanism::Curves {
        curve: public,
        pricing: Pricing::PayAsBid,
        least: 2,
        comparisons: Comparisons::Hidden,
    };
    assert_eq!(terms(said).mechanism, expected);

    let sealed = Curve { steps: 2, quantities: Quantities::Sealed { bits: 4 } };
    for (clearing_price, rule, name) in [
        ("", ClearingRule::Middle, "middle"),
        (", clearing_price = \"lowest\"", ClearingRule::Lowest, "lowest"),
        (", clearing_price = \"highest\"", ClearingRule::Highest, "highest"),
    ] {
        let terms = terms(&TWO_SIDED.replacen(
            ", comparisons",
            &format!("{clearing_price}, comparisons"),
            1,
        ));
        let comparisons = Comparisons::Opened;
        assert_eq!(terms.mechanism, Mechanism::TwoSided { curve: sealed, rule, comparisons });
        let data = &data(&terms)["mechanism"];
        assert_eq!(data["clearing_price"], name);
        assert_eq!(
            data["curve"],
            json!({ "steps": 2, "quantities": "sealed", "most": 30, "bits": 4 })
        );
    }
    let survey = terms(SURVEY);
    let expected = Mechanism::Survey { min_answers: 10, bin_levels: 3, squares: true };
    assert_eq!(survey.mechanism, expected);
    let of_data = &data(&survey)["mechanism"]["survey"];
    assert_eq!(of_data, &json!({ "min_answers": 10, "bin_levels": 3, "squares": true }));
    let least = terms("survey = { min_answers = 2 }").mechanism;
    assert_eq!(least, Mechanism::Survey { min_answers: 2, bin_levels: 0, squares: false });
}

#[test]
fn a_mechanism_can_be_a_table() {
    let table = "[mechanism.survey]\nmin_answers = 5\nbin_levels = 2\n";
    let terms = with_head("", "name\nThule\n", table).unwrap().terms;
    let expected = Mechanism::Survey { min_answers: 5, bin_levels: 2, squares: false };
    assert_eq!(terms.mechanism, expected);
}

/// Where it is refused, and what its sentence says.
#[track_caller]
fn refused(read: Result<Draft, Failure>, said: &[&str]) {
    let failure = read.unwrap_err();
    assert_eq!(failure.code, Code::TermsField, "{failure}");
    for said in said {
        assert!(failure.sentence.contains(said), "{said:?} in {failure}");
    }
}

#[test]
fn each_number_of_a_mechanism_has_bounds_that_a_refusal_names() {
    let lot = &["5,"];
    let curves = |from: &str, to: &str| read(&CURVES.replacen(from, to, 1), "", lot, "");
    let two_sided = |from: &str, to: &str| read(&TWO_SIDED.replacen(from, to, 1), "", lot, "");
    let survey = |from: &str, to: &str| read(&SURVEY.replacen(from, to, 1), "", lot, "");
    for steps in ["0", "9"] {
        let said = format!("mechanism.curves.steps is {steps}, and must be 1 to 8");
        refused(curves("4", steps), &[&said]);
        refused(two_sided("2", steps), &[&said.replace("curves", "two-sided")]);
    }
    for most in ["0", "1048577"] {
        let said =
            format!("mechanism.curves.quantities.public.most is {most}, and must be 1 to 1048576");
        refused(curves("1000", most), &[&said]);
    }
    for bits in ["0", "17"] {
        let said =
            format!("mechanism.two-sided.quantities.sealed.bits is {bits}, and must be 1 to 16");
        refused(two_sided("bits = 4", &format!("bits = {bits}")), &[&said]);
    }
    for least in ["0", "1048577"] {
        let said = format!("mechanism.curves.least is {least}, and must be 1 to 1048576");
        refused(curves("steps", &format!("least = {least}, steps")), &[&said]);
    }
    for answers in ["0", "1", "65536"] {
        let said = format!("mechanism.survey.min_answers is {answers}, and must be 2 to 65535");
        refused(survey("10", answers), &[&said]);
    }
    refused(
        curves("public", "secret"),
        &["unknown variant `secret`, expected `public` or `sealed`"],
    );
    refused(curves("comparisons = \"opened\"", "least = 1"), &["missing field `comparisons`"]);
    refused(survey("squares", "square"), &["unexpected keys in table: square"]);
}

#[test]
fn what_goes_with_no_market_or_survey_is_named() {
    for (mechanism, name) in [
        (CURVES, "mechanism.curves"),
        (TWO_SIDED, "mechanism.two-sided"),
        (SURVEY, "mechanism.survey"),
    ] {
        for (tables, field) in [
            ("[reserve]\nreserves = \"5m\"\n", "reserve"),
            ("[acceptance]\ndecide = \"5m\"\n", "acceptance"),
            ("[disclosure]\ncover = true\n", "disclosure.cover"),
            ("[disclosure]\ndepth_from = 4\n", "disclosure.depth_from"),
            ("[disclosure]\neverything = true\n", "disclosure.everything"),
            (
                "[disclosure]\ndepth_from = 4\n[rounds]\nlimit = 3\ncommits = \"5m\"\nreveals = \"5m\"\n",
                "rounds",
            ),
        ] {
            let said = format!("{field} cannot be set together with {name}");
            refused(read(mechanism, "", &["5,"], tables), &[&said]);
        }
    }
}

#[test]
fn sums_that_could_not_be_read_are_refused_and_the_largest_are_taken() {
    // 1,000 bids are the usual room.
    let most = |most: u32| CURVES.replacen("1000", &most.to_string(), 1);
    let sum = (1 << 26) - 5;
    assert!(read(&most(sum / 1_000), "", &["5,"], "").is_ok());
    let said = [
        "lots[1] (Thule 1): max_bids_per_lot times the most units of a bid, and the quantity, is 67,108,869",
    ];
    let room = "max_bids_per_lot = 64\n";
    assert!(read(&most(1 << 20), room, &["1,"], "").is_err());
    assert!(read(&most((1 << 20) - 1), room, &["64,"], "").is_ok());
    refused(read(&most((1 << 20) - 1), room, &["64,", "69,"], ""), &said);

    let pays = CURVES.replacen("steps", "pricing = \"pay-as-bid\", steps", 1);
    assert!(read(&pays, "", &["1000,67109"], "").is_ok());
    refused(
        read(&pays, "", &["1000,67110"], ""),
        &["with pay-as-bid", "is 67,109,000, and must be 67,108,864"],
    );
    let room = "max_bids_per_lot = 2000\n";
    assert!(read(&pays, room, &["1024000,67109"], "").is_ok());
    refused(
        read(&pays, room, &["1100000,67109"], ""),
        &["the units that are sold", "is 73,818,800,000, and must be 68,719,476,736"],
    );

    let two_sided = |most: u32| {
        format!(
            "two-sided = {{ steps = 2, quantities = {{ public = {{ most = {most} }} }}, comparisons = \"opened\" }}"
        )
    };
    assert!(read(&two_sided(67_108), "", &["1,"], "").is_ok());
    let said =
        ["mechanism.two-sided: max_bids_per_lot times the most units of a bid is 67,109,000"];
    refused(read(&two_sided(67_109), "", &["1,"], ""), &said);

    assert!(
        read("survey = { min_answers = 2 }", "", &["1,4294968"], "").is_err(),
        "two digits are too few"
    );
    let answers = "max_bids_per_lot = 65535\n";
    assert!(read("survey = { min_answers = 2 }", answers, &["1,65537"], "").is_ok());
    refused(
        read("survey = { min_answers = 2 }", answers, &["1,65540"], ""),
        &[
            "lots[0] (Thule 0): max_bids_per_lot times the number of prices less one is 4,295,098,365",
        ],
    );
    let squares = "survey = { min_answers = 2, squares = true }";
    assert!(read(squares, "", &["1,2073"], "").is_ok());
    refused(read(squares, "", &["1,2074"], ""), &["with squares,", "is 4,297,329,000"]);
}

#[test]
fn hidden_comparisons_are_for_few_units() {
    let hidden = CURVES.replacen("opened", "hidden", 1);
    assert!(read(&hidden, "", &["63,"], "").is_ok());
    refused(
        read(&hidden, "", &["64,"], ""),
        &["with hidden comparisons, the quantity is 64, and must be 63 or less"],
    );
    let sealed = TWO_SIDED.replacen("opened", "hidden", 1);
    refused(
        read(&sealed, "", &["1,"], ""),
        &[
            "mechanism.two-sided.comparisons: hidden ones need public quantities in a two-sided market",
        ],
    );
    let public = sealed.replacen("sealed = { bits = 4 }", "public = { most = 7 }", 1);
    assert!(read(&public, "max_bids_per_lot = 9\n", &["1,"], "").is_ok());
    refused(
        read(&public, "max_bids_per_lot = 10\n", &["1,"], ""),
        &["with hidden comparisons", "is 70"],
    );
}

#[test]
fn trade_reduction_is_for_hidden_bids_of_one_unit() {
    let reduction = |steps: u8, most: u32, comparisons: &str| {
        let said = format!(
            "two-sided = {{ steps = {steps}, quantities = {{ public = {{ most = {most} }} }}, \
             clearing_price = \"trade-reduction\", comparisons = {comparisons:?} }}"
        );
        read(&said, "max_bids_per_lot = 20\n", &["1,"], "")
    };
    let terms = reduction(1, 1, "hidden").unwrap().terms;
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let (rule, comparisons) = (ClearingRule::TradeReduction, Comparisons::Hidden);
    assert_eq!(terms.mechanism, Mechanism::TwoSided { curve, rule, comparisons });
    assert_eq!(data(&terms)["mechanism"]["clearing_price"], "trade-reduction");
    assert_eq!(cautions(&terms), ["mechanism.surplus", "mechanism.both-sides"]);
    let words = in_words(&terms, &Book::default()).unwrap();
    assert!(words.contains("four bids at the margin"), "{words}");
    for (read, needed) in [
        (reduction(2, 1, "hidden"), "steps = 1"),
        (reduction(1, 2, "hidden"), "quantities = { public = { most = 1 } }"),
        (reduction(1, 1, "opened"), "comparisons = \"hidden\""),
    ] {
        let said =
            format!("mechanism.two-sided.clearing_price: \"trade-reduction\" needs {needed}");
        refused(read, &[&said]);
    }
}

#[test]
fn a_step_must_fit_in_a_proof_and_in_a_sealed_bid() {
    let sealed = |bits: u8, steps: u8| {
        format!(
            "curves = {{ steps = {steps}, quantities = {{ sealed = {{ bits = {bits} }} }}, comparisons = \"opened\" }}"
        )
    };
    let room = "max_bids_per_lot = 100\n";
    assert!(read(&sealed(16, 8), room, &["5,65535"], "").is_ok());
    refused(
        read(&sealed(16, 8), room, &["5,65537"], ""),
        &[
            "mechanism.curves.quantities.sealed.bits is 16",
            "lots[0] (Thule 0) has more than 32 digits or 32 bits",
        ],
    );
    refused(
        read(&sealed(16, 8), room, &["5,65536"], ""),
        &["the number of prices of lots[0] (Thule 0) times 2 to the power of 16 is 4,294,967,296"],
    );
    let shape = "shape = [1024]\n";
    let lot = |levels: u32| format!("[[lots]]\nname = \"Own\"\nlevels = {levels}\n{shape}");
    // 64 * (1023 + 10) + 180 + 224 bytes for a step.
    assert!(read(&CURVES.replacen('4', "3", 1), "", &["5,"], &lot(1_024)).is_ok());
    let said = [
        "mechanism.curves.steps: the length in bytes of a sealed bid on lots[0] (Own), whose shape is [1024], is",
    ];
    refused(read(CURVES, "", &["5,"], &lot(1_024)), &said);
}

#[test]
fn amounts_must_fit_in_64_bits() {
    let grid = |start: &str| {
        format!(
            "[[lots]]\nname = \"Own\"\nscale = \"decimal 12\"\nstart = {start:?}\ntick = \"0.01\"\nlevels = 8\n"
        )
    };
    assert!(read(CURVES, "", &["5,"], &grid("9000")).is_ok());
    refused(
        read(CURVES, "", &["5,"], &grid("9300")),
        &[
            "lots[0] (Own): the largest price, in units of its scale, times the most units of a bid is",
        ],
    );
}

#[test]
fn bids_over_all_lots_have_a_bound() {
    let lots = vec!["5,"; 263];
    let room = "max_bids_per_lot = 1000\n";
    assert!(read(CURVES, room, &lots[..262], "").is_ok());
    refused(
        read(CURVES, room, &lots, ""),
        &["max_bids_per_lot: the number of lots times it is 263,000, and must be 262,144 or less"],
    );
    let entries = "[[lots]]\nname = \"Own\"\nlevels = 1024\nshape = [1024]\n";
    let one_step = CURVES.replacen('4', "1", 1);
    let room = "max_bids_per_lot = 100\n";
    let lots = vec!["5,"; 512];
    assert!(read(&one_step, room, &lots[..511], entries).is_ok());
    refused(
        read(&one_step, room, &lots, entries),
        &["lots: the number of lots times twice the entries of the largest shape is 1,049,598"],
    );
}

#[test]
fn two_sides_bid_on_rising_prices() {
    let side = "[[lots]]\nname = \"Own\"\nside = \"procurement\"\nstart = \"90\"\nlevels = 8\n";
    refused(
        read(TWO_SIDED, "", &["5,"], side),
        &["lots[0] (Own).side must be \"sale\" in a two-sided market"],
    );
    assert!(read(CURVES, "", &["5,"], side).is_ok());
}

#[test]
fn a_survey_has_a_shape_of_one_digit_or_two_and_no_more_bins_than_can_be_shown() {
    let lot = |shape: &str| format!("[[lots]]\nname = \"Own\"\nlevels = 8\nshape = {shape}\n");
    refused(
        read(SURVEY, "", &["5,"], &lot("[2, 2, 2]")),
        &["lots[0] (Own): the shape [2 x 3] has 3 digits, and a survey takes one digit or two"],
    );
    assert!(read(SURVEY, "", &["5,"], &lot("[2, 4]")).is_ok());
    let one = "survey = { min_answers = 10, bin_levels = 1 }";
    assert!(read(one, "", &["5,1024"], "").is_ok());
    refused(
        read(one, "", &["5,1025"], ""),
        &[
            "mechanism.survey.bin_levels: the number of bins of lots[0] (Thule 0) is 1025, and must be 0 to 1024",
        ],
    );
    // Shapes that are suggested are short ones.
    for levels in ["2", "9", "100", "1025", "2000"] {
        let Draft { terms, .. } = read(SURVEY, "", &[&format!("5,{levels}")], "").unwrap();
        let digits = terms.lots[0].grid.shape.digits();
        assert!((1..=2).contains(&digits), "{levels}: {digits}");
    }
}

#[test]
fn words_say_what_is_opened_and_what_is_not() {
    let said = |mechanism: &str| in_words(&terms(mechanism), &Book::default()).unwrap();
    #[track_caller]
    fn has(words: &str, lines: &[&str]) {
        for line in lines {
            assert!(words.contains(&format!("{line}\n")), "{line:?} in {words}");
        }
    }
    let opened = said(CURVES);
    has(
        &opened,
        &[
            "              a bid has 1 to 4 steps, and 1,000 units at most; everybody sees quantities from the commit on",
            "              what is left at the price is shared out in proportion",
            "opened        the price, also where nothing is traded",
            "              of each bid that trades, or would at the price: its side, the units better than the price, \
             those at it, those traded, and the amount",
            "              at every price that the search tests, what is wanted there or better beyond what is for sale",
            "not opened    of all other bids more than that they are worse than the price",
        ],
    );
    let hidden = said(&CURVES.replacen("opened", "hidden", 1));
    has(&hidden, &["              what is wanted at any other price: comparisons are hidden"]);
    assert!(!hidden.contains("beyond what is for sale"), "{hidden}");
    let least = said(&CURVES.replacen("steps", "least = 2000, steps", 1));
    has(
        &least,
        &[
            "              what is left at the price is shared out in proportion, and nobody is given less than 2,000",
        ],
    );
    let middle = said(TWO_SIDED);
    has(
        &middle,
        &[
            "              a bid has 2 steps of 15 units at most, of which some may hold nothing; quantities are sealed",
            "              the lowest and the highest price at which as much is traded",
            "              the price may be that of a losing step; whose is not opened",
        ],
    );
    let lowest = said(&TWO_SIDED.replacen("steps", "clearing_price = \"lowest\", steps", 1));
    assert!(!lowest.contains("the lowest and the highest price"), "{lowest}");
    has(
        &said(SURVEY),
        &[
            "              a bid is an answer; 3 answers are a bin of the histogram",
            "opened        the sum of the answers, and so the mean, and how many there are",
            "              how many answers lie in each bin",
            "              the sum of their squares, and so the variance",
            "not opened    any single answer; of too few answers, anything",
        ],
    );
    let least = said("survey = { min_answers = 2 }");
    assert!(!least.contains("squares") && least.contains("there is no histogram"), "{least}");
}

/// The codes of what terms leave open about their mechanism.
fn cautions(terms: &Terms) -> Vec<&'static str> {
    let cautions = TermsData::of(terms).cautions.into_iter().map(|caution| caution.code);
    let of_markets = |code: &&str| {
        ["mechanism.", "survey.", "money.whole"].iter().any(|prefix| code.starts_with(prefix))
    };
    cautions.filter(of_markets).collect()
}

#[test]
fn what_a_mechanism_leaves_open_is_said() {
    let of = |mechanism: &str| cautions(&terms(mechanism));
    let shown = ["mechanism.public-quantities", "mechanism.opened-excess", "mechanism.shills"];
    assert_eq!(of(CURVES), shown);
    assert_eq!(of(&CURVES.replacen("steps", "pricing = \"pay-as-bid\", steps", 1)), shown[..2]);
    assert_eq!(
        of(&CURVES.replacen("opened", "hidden", 1)),
        ["mechanism.public-quantities", "mechanism.shills"]
    );
    assert_eq!(of(TWO_SIDED), ["mechanism.opened-excess", "mechanism.both-sides"]);
    assert_eq!(of(SURVEY), ["survey.many-answers"]);
    assert_eq!(
        of("survey = { min_answers = 9, bin_levels = 1 }"),
        ["survey.few-answers", "survey.single-bins", "survey.many-answers"]
    );
    let room = "max_bids_per_lot = 9\n";
    let never = read(SURVEY, room, &["5,"], "").unwrap().terms;
    assert_eq!(cautions(&never), ["survey.many-answers", "survey.never"]);
    let alone = read(TWO_SIDED, "max_bids_per_lot = 1\n", &["5,"], "").unwrap().terms;
    assert!(cautions(&alone).contains(&"mechanism.one-sided"));
    let money = "[money]\ncurrency = \"USD\"\nprice = \"per-lot\"\n";
    let whole = read(CURVES, "", &["5,"], money).unwrap().terms;
    assert!(cautions(&whole).contains(&"money.whole-lot"));
}
