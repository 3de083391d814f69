//! Terms by questions. What is answered becomes a file of terms, which the seller keeps, can edit and
//! can have read again; every answer is judged at once, and asked again if it makes no sense.

use crate::{
    answers::Answers,
    board::clock::{self, BoardTerms},
    failure::{Code, Failure},
    names,
    terms::{self, Timetable, fail, is_cusip, is_isin},
};
use std::{
    fmt::Write as _,
    io::{BufRead, Read as _, Write},
    path::Path,
    time::UNIX_EPOCH,
};
use talea_protocol::{
    builder::FAN_OUT,
    limits::{MAX_BIDS_PER_LOT, MAX_QUANTITY_BITS, MAX_STEPS},
};
use talea_text::{
    currency,
    file::{GridFile, QuotationFile},
    lot::read_lot,
    suggest::Load,
};

/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 1 << 12;

/// The length of a slot in terms by questions, in milliseconds.
const SLOT: u64 = 1_000;

/// Whoever is asked.
struct Interview<'a, R, W> {
    input: R,
    output: W,
    answers: &'a mut Answers,
}

/// Asks for everything that terms need, but for what was answered before; the text of a file of terms, to
/// stand in `folder`.
///
/// # Errors
/// `not-confirmed` if the answers end before the questions; `file.unwritable` if they cannot be kept.
pub(crate) fn interview(
    input: impl BufRead,
    output: impl Write,
    answers: &mut Answers,
    folder: &Path,
) -> Result<String, Failure> {
    let mut seller = Interview { input, output, answers };
    let mut file = String::new();
    let parties = seller.parties(&mut file)?;
    let kind = seller.rules(&mut file, &parties)?;
    seller.lots(&mut file, folder, kind)?;
    Ok(file)
}

/// What kind of mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A bid is one price, of so many units; its own if nothing.
    OnePrice(Option<u16>),
    Curves,
    TwoSided,
    Survey,
}

/// What the rules must know of the parties.
struct Parties {
    board: BoardTerms,
    /// Without one nothing can be at stake.
    has_custodian: bool,
}

impl<R: BufRead, W: Write> Interview<'_, R, W> {
    fn say(&mut self, text: &str) {
        // Whoever cannot be told cannot answer either.
        let _ = self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush());
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        let read = self.input.by_ref().take(MAX_ANSWER).read_until(b'\n', &mut line);
        if !read.is_ok_and(|length| length > 0) {
            return Err(self.answers.broken_off());
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Asks until the answer makes sense. An empty one is the default, which is shown in brackets.
    fn ask<T>(
        &mut self,
        question: &str,
        usual: Option<&str>,
        judge: impl Fn(&str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let hint = usual
            .filter(|usual| !usual.is_empty())
            .map_or(String::new(), |usual| format!(" [{usual}]"));
        loop {
            self.say(&format!("{question}{hint}: "));
            let line = match self.answers.again(question) {
                Some(answer) => {
                    self.say(&format!("{answer}\n"));
                    answer
                }
                None => self.line()?,
            };
            let answer = if line.trim().is_empty() { usual.unwrap_or("") } else { line.trim() };
            if answer.is_empty() && usual.is_none() {
                self.say(
                    "  an answer is needed here; Ctrl-D stops, and keeps the answers so far\n",
                );
                continue;
            }
            match judge(answer) {
                Ok(judged) => {
                    self.answers.keep(question, answer)?;
                    return Ok(judged);
                }
                Err(failure) => self.say(&format!("  {}\n", with_help(&failure))),
            }
        }
    }

    fn text(&mut self, question: &str, usual: Option<&str>) -> Result<String, Failure> {
        self.ask(question, usual, |text| Ok(text.to_owned()))
    }

    fn yes(&mut self, question: &str) -> Result<bool, Failure> {
        self.ask(question, Some("no"), |text| match text {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            other => fail("yes or no", format!("{other:?} is neither yes nor no")),
        })
    }

    fn party(&mut self, whose: &str) -> Result<String, Failure> {
        self.ask(whose, None, |text| Ok(names::party(&names::read_party(text)?)))
    }

    /// Names, one after the other, until an empty answer.
    fn several(
        &mut self,
        question: &str,
        judge: impl Fn(&str) -> Result<String, Failure>,
    ) -> Result<Vec<String>, Failure> {
        let mut all = Vec::new();
        loop {
            let judge = |text: &str| if text.is_empty() { Ok(String::new()) } else { judge(text) };
            let next = self.ask(question, Some(""), judge)?;
            if next.is_empty() {
                return Ok(all);
            }
            all.push(next);
        }
    }

    fn number(&mut self, question: &str, usual: u64) -> Result<u64, Failure> {
        self.ask(question, Some(&usual.to_string()), |text| {
            text.parse().or_else(|_| fail("a number", format!("{text:?} is none")))
        })
    }

    fn duration(
        &mut self,
        timetable: &Timetable,
        question: &str,
        usual: &str,
    ) -> Result<String, Failure> {
        self.ask(question, Some(usual), |text| {
            timetable.slots("a duration", text).map(|_| quoted(text))
        })
    }

    /// The next deadline: so long after the one before, or a time.
    fn deadline(
        &mut self,
        timetable: &mut Timetable,
        (at, question, usual): (&'static str, &str, &str),
    ) -> Result<String, Failure> {
        let before = timetable.clone();
        let (text, after) = self.ask(question, Some(usual), |text| {
            let mut after = before.clone();
            after.next(at, text)?;
            Ok((quoted(text), after))
        })?;
        *timetable = after;
        Ok(text)
    }

    fn parties(&mut self, file: &mut String) -> Result<Parties, Failure> {
        self.say(
            "Keys are what `talea key show` prints. An empty answer takes the value in brackets.\n\n",
        );
        let seller = self.party("The seller's key")?;
        let _ = writeln!(file, "seller = {}", quoted(&seller));
        let custodian = self.name_or_nobody(
            "The custodian's key; the custodian reports deposits and bonds (empty: no custodian, and \
             nothing is at stake)",
            |_| Ok(()),
        )?;
        if let Some(name) = &custodian {
            let _ = writeln!(file, "custodian = {}", quoted(name));
        }
        let board = self.party("The key of the party that runs the board")?;
        let beneficiary = match custodian {
            None => None,
            Some(_) => self.name_or_nobody(
                "The key of the beneficiary, who receives forfeits and fees and takes no part (empty: \
                 nobody)",
                |name| match name == board {
                    false => Ok(()),
                    true => Err(Failure::new(
                        Code::TermsField,
                        "the board decides which posts it takes, so it must not receive forfeits",
                    )),
                },
            )?,
        };
        if let Some(name) = beneficiary {
            let _ = writeln!(file, "beneficiary = {}", quoted(&name));
        }
        let bidders = self.several(
            "The key of a bidder (empty: no more; none at all: anybody may bid)",
            |text| Ok(names::party(&names::read_party(text)?)),
        )?;
        if !bidders.is_empty() {
            let _ = writeln!(file, "bidders = {}", list(&bidders));
        }
        let _ = writeln!(file, "\n[board]\nkey = {}\nslot = \"1s\"", quoted(&board));
        let starts = self.ask(
            "When does slot 0 begin, as in 2026-12-01 09:00 America/New_York (empty: when these terms \
             are made)",
            Some(""),
            |text| match text {
                "" => Ok(None),
                time => terms::read_time("board.starts", time).map(|_| Some(time.to_owned())),
            },
        )?;
        if let Some(starts) = &starts {
            let _ = writeln!(file, "starts = {}", quoted(starts));
        }
        let members = loop {
            let members = self.several("The key of a keyholder (empty: no more)", |text| {
                Ok(names::keyholder(&names::read_keyholder(text)?))
            })?;
            if !members.is_empty() {
                break members;
            }
            self.say("  at least one keyholder is needed\n");
        };
        let most = u64::try_from(members.len()).unwrap_or(u64::MAX);
        let majority = most / 2 + 1;
        let threshold = self.among("How many of them must decrypt together", majority, most)?;
        // So many that any two sets of endorsers share an honest member, as far as there are.
        let _ = writeln!(
            file,
            "\n[[quorum]]\nname = \"keyholders\"\nthreshold = {threshold}\nendorsements = {}\n\
             members = {}",
            (most + threshold).div_ceil(2),
            list(&members)
        );
        let starts = match &starts {
            None => milliseconds_now(),
            Some(starts) => terms::read_time("board.starts", starts)?,
        };
        let board = BoardTerms { key: names::read_party(&board)?, starts, slot: SLOT };
        Ok(Parties { board, has_custodian: custodian.is_some() })
    }

    fn name_or_nobody(
        &mut self,
        question: &str,
        judge: impl Fn(&str) -> Result<(), Failure>,
    ) -> Result<Option<String>, Failure> {
        self.ask(question, Some(""), |text| match text {
            "" => Ok(None),
            text => {
                let name = names::party(&names::read_party(text)?);
                judge(&name)?;
                Ok(Some(name))
            }
        })
    }

    fn among(&mut self, question: &str, usual: u64, most: u64) -> Result<u64, Failure> {
        self.ask(question, Some(&usual.to_string()), |text| {
            let number = text.parse().ok().filter(|number| (1..=most).contains(number));
            number.map_or_else(|| fail("a number", format!("it must be 1 to {most}")), Ok)
        })
    }

    /// What is opened of bids of one price; whether there are rounds.
    fn disclosure(&mut self, file: &mut String, kind: Kind) -> Result<bool, Failure> {
        let rounds = self.yes("Can bids be improved in rounds?")?;
        let cover = self.yes("Is the best losing price published?")?;
        let depth =
            rounds || self.yes("Is the number of bids in each range of prices published?")?;
        let _ = writeln!(file, "\n[disclosure]\ncover = {cover}");
        if depth {
            let winners = match kind {
                Kind::OnePrice(units) => u64::from(units.unwrap_or(1)),
                Kind::Curves | Kind::TwoSided | Kind::Survey => 1,
            };
            let from = self.number("From how many bids on is it published", winners + 3)?;
            let _ = writeln!(file, "depth_from = {from}");
        }
        Ok(rounds)
    }

    /// What a bid that is a curve holds, as fields of the mechanism.
    fn curve(&mut self) -> Result<String, Failure> {
        let most = u64::try_from(MAX_STEPS).unwrap_or(u64::MAX);
        let steps = self.among("How many steps has a bid at most", 4.min(most), most)?;
        let quantities =
            if self.yes("Are the quantities of bids sealed? (no: everybody sees them)")? {
                let most = u64::from(MAX_QUANTITY_BITS);
                let bits = self.among(
                    "How many bits has a sealed quantity: with 10 a step is for 1023 units at most",
                    10.min(most),
                    most,
                )?;
                format!("{{ sealed = {{ bits = {bits} }} }}")
            } else {
                let units = self.among("For how many units is a bid at most", 1_000, 1 << 20)?;
                format!("{{ public = {{ most = {units} }} }}")
            };
        let comparisons = self.one_of(
            "How are sums of quantities compared: \"hidden\", for 63 units at most, or \"opened\", which shows what \
             is wanted at every price that is tested",
            "opened",
            &["hidden", "opened"],
        )?;
        Ok(format!("steps = {steps}, quantities = {quantities}, comparisons = {comparisons}"))
    }

    fn curves(&mut self) -> Result<String, Failure> {
        let curve = self.curve()?;
        let pays_own = self.yes("Do winners pay what they bid? (no: all pay one price)")?;
        let pricing = if pays_own { "pay-as-bid" } else { "uniform" };
        let least = self.among(
            "Below how many units is nobody given a part of what is left at the price",
            1,
            1 << 20,
        )?;
        Ok(format!("{{ curves = {{ {curve}, pricing = \"{pricing}\", least = {least} }} }}"))
    }

    fn two_sided(&mut self) -> Result<String, Failure> {
        let curve = self.curve()?;
        let price = self.one_of(
            "Which price, of those at which as much as possible is traded: \"lowest\", \"middle\" or \"highest\"; \
             or \"trade-reduction\", for bids of one unit",
            "middle",
            &["lowest", "middle", "highest", "trade-reduction"],
        )?;
        Ok(format!("{{ two-sided = {{ {curve}, clearing_price = {price} }} }}"))
    }

    fn survey(&mut self) -> Result<String, Failure> {
        let answers = self.ask("Of how many answers is anything opened", Some("10"), |text| {
            let number = text.parse().ok();
            let number = number.filter(|number| (2..=MAX_BIDS_PER_LOT).contains(number));
            number
                .map_or_else(|| fail("a number", format!("it must be 2 to {MAX_BIDS_PER_LOT}")), Ok)
        })?;
        let levels =
            self.number("How many prices are a bin of the histogram (0: no histogram)", 0)?;
        let squares = self.yes("Is the sum of squares opened, and with it the variance?")?;
        Ok(format!(
            "{{ survey = {{ min_answers = {answers}, bin_levels = {levels}, squares = {squares} }} }}"
        ))
    }

    /// One of these words, as TOML writes it.
    fn one_of(&mut self, question: &str, usual: &str, words: &[&str]) -> Result<String, Failure> {
        self.ask(question, Some(usual), |text| {
            if words.contains(&text) {
                Ok(quoted(text))
            } else {
                fail("the answer", format!("write {}", words.join(", ")))
            }
        })
    }

    /// Asks for the rules; of what kind the mechanism is.
    fn rules(&mut self, file: &mut String, parties: &Parties) -> Result<Kind, Failure> {
        let kind = self.ask(
            "What does a winner pay: \"first\" its own price, \"second\" the next best price; or a number of \
             units: that many bids win and pay the best losing price; or \"curves\", \"two-sided\" or \"survey\": \
             bids of quantities at several prices, of buyers and sellers, or answers of which statistics are opened",
            Some("first"),
            |text| match (text, text.parse::<u16>()) {
                ("first", _) => Ok(Kind::OnePrice(None)),
                ("second", _) => Ok(Kind::OnePrice(Some(1))),
                ("curves", _) => Ok(Kind::Curves),
                ("two-sided", _) => Ok(Kind::TwoSided),
                ("survey", _) => Ok(Kind::Survey),
                (_, Ok(units @ 1..=63)) => Ok(Kind::OnePrice(Some(units))),
                _ => fail("the price", "write first, second, 1 to 63, curves, two-sided or survey"),
            },
        )?;
        let mechanism = match kind {
            Kind::OnePrice(None) => "\"first-price\"".into(),
            Kind::OnePrice(Some(1)) => "\"second-price\"".into(),
            Kind::OnePrice(Some(units)) => format!("{{ uniform-price = {{ units = {units} }} }}"),
            Kind::Curves => self.curves()?,
            Kind::TwoSided => self.two_sided()?,
            Kind::Survey => self.survey()?,
        };
        let ties = if self.yes("Are ties broken by lottery? (no: the earliest commit wins)")? {
            "lottery"
        } else {
            "earliest-commit"
        };
        // Plain keys come before the first table.
        file.insert_str(0, &format!("mechanism = {mechanism}\nties = \"{ties}\"\n"));

        let is_plain = matches!(kind, Kind::OnePrice(_));
        let rounds = is_plain && self.disclosure(file, kind)?;
        let mut timetable = Timetable::new(parties.board.clock(), 0);
        // Of other mechanisms there is no reserve, and the seller cannot decline.
        let reserves = is_plain
            && self.yes("May the seller commit a reserve, below which a lot does not trade?")?;
        self.say(
            "Answer with a duration, counted from the deadline before, or a time as in 2026-12-01 \
             10:30 America/New_York.\n",
        );
        self.deadlines(file, &mut timetable, reserves)?;
        if rounds {
            let limit = self.number("Maximum number of rounds", 18)?;
            let commits =
                self.duration(&timetable, "How long are bids due in each later round", "10m")?;
            let reveals =
                self.duration(&timetable, "How long are reveals due in each later round", "10m")?;
            let _ = writeln!(
                file,
                "\n[rounds]\nlimit = {limit}\ncommits = {commits}\nreveals = {reveals}"
            );
        }
        if is_plain && self.yes("May the seller decline the result of a lot?")? {
            let decide =
                self.duration(&timetable, "How long may the seller take to decide", "30m")?;
            let _ = writeln!(file, "\n[acceptance]\ndecide = {decide}");
        }
        if parties.has_custodian {
            let deposit = self.number("Deposit for each bid, in the custodian's units", 0)?;
            let bond = self.number("Bond of each keyholder for each lot", 0)?;
            let _ = writeln!(file, "\n[stakes]\ndeposit = {deposit}\nbond = {bond}");
        }
        Ok(kind)
    }

    fn deadlines(
        &mut self,
        file: &mut String,
        timetable: &mut Timetable,
        has_reserves: bool,
    ) -> Result<(), Failure> {
        let deals = ("schedule.deals", "Until when do keyholders make their key", "10m");
        let complaints =
            ("schedule.complaints", "Until when may they complain about wrong shares", "5m");
        let deals = self.deadline(timetable, deals)?;
        let complaints = self.deadline(timetable, complaints)?;
        let mut reserve = String::new();
        if has_reserves {
            let reserves = ("reserve.reserves", "Until when can reserves be committed", "10m");
            let reserves = self.deadline(timetable, reserves)?;
            let opened = self.yes("Are the reserves published at the end?")?;
            reserve = format!("\n[reserve]\nreserves = {reserves}\nopened = {opened}\n");
        }
        let commits = ("schedule.commits", "Until when are bids due", "1h");
        let reveals = ("schedule.reveals", "Until when are bids revealed, still encrypted", "30m");
        let commits = self.deadline(timetable, commits)?;
        let reveals = self.deadline(timetable, reveals)?;
        let endorsing = "How long do keyholders have to endorse the set of bids";
        let endorsing = self.duration(timetable, endorsing, "10m")?;
        let step = self.duration(
            timetable,
            "How long do keyholders have for each step of the ranking",
            "10m",
        )?;
        let _ = writeln!(
            file,
            "\n[schedule]\ndeals = {deals}\ncomplaints = {complaints}\ncommits = {commits}\n\
             reveals = {reveals}\nendorsing = {endorsing}\nstep = {step}\n{reserve}"
        );
        Ok(())
    }

    fn lots(&mut self, file: &mut String, folder: &Path, kind: Kind) -> Result<(), Failure> {
        self.say(match kind {
            Kind::Survey => "\nLots are questions, and prices are what can be answered:\n",
            _ => "\nPrices, for every lot that does not set its own:\n",
        });
        let _ = write!(file, "\n[every_lot]\n{}", self.grid(kind)?);
        self.money(file)?;
        let listed = self.ask(
            "A CSV file of lots, with the columns name, quantity, and isin, cusip or identifier (empty: \
             type the lots in)",
            Some(""),
            |text| match text {
                "" => Ok(None),
                name => terms::read_lots_file(&folder.join(name)).map(|_| Some(name.to_owned())),
            },
        )?;
        if let Some(name) = listed {
            file.insert_str(0, &format!("lots_file = {}\n", quoted(&name)));
            return Ok(());
        }
        let mut count = 0;
        loop {
            let usual = if count == 0 { None } else { Some("") };
            let name = self.text("A lot's name (empty: no more lots)", usual)?;
            if name.is_empty() {
                return Ok(());
            }
            let identifier =
                self.ask("Its ISIN or CUSIP, or \"other\" and any identifier", None, |text| {
                    let quoted =
                        |field: &str, text: &str| Ok(format!("{field} = {}", quoted(text)));
                    match text.strip_prefix("other ").map(str::trim) {
                        Some(any) if !any.is_empty() => quoted("identifier", any),
                        _ if is_isin(text) => quoted("isin", text),
                        _ if is_cusip(text) => quoted("cusip", text),
                        _ => fail(
                            "an identifier",
                            format!(
                                "{text:?} is neither an ISIN nor a CUSIP: its check digit is wrong"
                            ),
                        ),
                    }
                })?;
            // Where nothing is for sale there is none.
            let quantity = match kind {
                Kind::OnePrice(_) | Kind::Curves => self.number("Its quantity", 1)?,
                Kind::TwoSided | Kind::Survey => 1,
            };
            let name = quoted(&name);
            let _ =
                write!(file, "\n[[lots]]\nname = {name}\n{identifier}\nquantity = {quantity}\n");
            count += 1;
        }
    }

    fn money(&mut self, file: &mut String) -> Result<(), Failure> {
        let code = self.ask(
            "The currency in which winners pay, as in USD (empty: the terms name none)",
            Some(""),
            |text| match text {
                "" => Ok(None),
                code => currency::read("the currency", code).map(Some),
            },
        )?;
        let Some(code) = code else { return Ok(()) };
        let price = self.ask(
            "What a price is: \"per-lot\", \"per-unit\", \"percent\" of the quantity, \"yield\" or \
             \"spread\"",
            None,
            |text| {
                let value = toml::Value::String(text.to_owned());
                let known = value.try_into::<QuotationFile>();
                known
                    .map(|_| quoted(text))
                    .or_else(|error| fail("what a price is", error.message()))
            },
        )?;
        let _ = write!(file, "\n[money]\ncurrency = \"{code}\"\nprice = {price}\n");
        Ok(())
    }

    /// Fields of a grid that can be.
    fn grid(&mut self, kind: Kind) -> Result<String, Failure> {
        loop {
            let has_side = matches!(kind, Kind::OnePrice(_) | Kind::Curves);
            let procures = has_side && self.yes("Do the lowest prices win (a procurement)?")?;
            let scale = self.text(
                "How prices are written: \"decimal 2\", \"32nds\", \"256ths\"",
                Some("decimal 2"),
            )?;
            let [first, last] =
                if procures { ["highest", "lowest"] } else { ["lowest", "highest"] };
            let start = self.text(&format!("The {first} price that can be bid"), None)?;
            let end = self.text(&format!("The {last} price that can be bid"), None)?;
            let tick = self.text("The tick between prices", None)?;
            let side = if procures { "procurement" } else { "sale" };
            let mut fields = String::new();
            for (field, text) in [
                ("side", side),
                ("scale", &scale),
                ("start", &start),
                ("end", &end),
                ("tick", &tick),
            ] {
                let _ = writeln!(fields, "{field} = {}", quoted(text));
            }
            let grid: Result<GridFile, _> = toml::from_str(&fields);
            let load = |levels| Load { levels, bidders: 10, acts: 2, fan_out: FAN_OUT };
            let place =
                |field: &str| format!("prices{}{field}", if field.is_empty() { "" } else { "." });
            let judged = grid.or_else(|error| fail("prices", error)).and_then(|grid| {
                read_lot(&place, "lot", "lot", &grid, load).map_err(terms::in_terms)
            });
            match judged {
                Ok(_) => return Ok(fields),
                Err(failure) => {
                    self.say(&format!("  {}; please answer again:\n", with_help(&failure)))
                }
            }
        }
    }
}

fn milliseconds_now() -> u64 {
    let since = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    u64::try_from(since).unwrap_or(u64::MAX)
}

/// What is wrong, and what to do.
fn with_help(Failure { sentence, help, .. }: &Failure) -> String {
    help.as_ref().map_or_else(|| sentence.clone(), |help| format!("{sentence}; {help}"))
}

/// Text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("    {},\n", quoted(item))).collect();
    format!("[\n{}]", items.concat())
}
