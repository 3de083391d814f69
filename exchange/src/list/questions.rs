//! What a list can leave open, and how it is answered: on a terminal, or by a flag beforehand. There are seven
//! questions and no others; what they do not cover is refused.

use super::{
    headings::Unit,
    identifier::Kind,
    values::{DateOrder, Mark},
};
use talea_text::failure::{Code, Failure};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Which sheet of a workbook.
    Sheet,
    /// Which mark stands before the decimals.
    Decimal,
    /// In what amounts without a unit are counted.
    Unit,
    /// What `M` means.
    LetterM,
    /// Which of several faces is offered.
    Face,
    /// Which of several identifiers names the lot.
    Identifier,
    /// In which order a date of digits stands.
    Date,
}

/// Which column holds how much is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// That with the plain heading.
    Plain,
    /// The original face.
    Original,
    /// The current face.
    Current,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub asked: Asked,
    /// Where it is open, and why.
    pub sentence: String,
    /// What can be answered.
    pub choices: Vec<String>,
}

impl Question {
    /// A question with the usual answers.
    #[must_use]
    pub fn new(asked: Asked, sentence: String) -> Self {
        let choices = asked.choices().iter().map(|choice| (*choice).to_owned()).collect();
        Self { asked, sentence, choices }
    }

    /// Takes an answer to this question: one of its choices, or another name of one.
    ///
    /// # Errors
    /// `list.question` if it is none.
    pub fn answer(&self, answers: &mut Answers, answer: &str) -> Result<(), Failure> {
        let is_unit = matches!(self.asked, Asked::Unit | Asked::LetterM);
        if is_unit || self.choices.iter().any(|choice| choice == answer) {
            return answers.take(self.asked, answer);
        }
        let sentence = format!("{answer:?} does not answer {}", self.asked.flag());
        let choices = self.choices.join(" or ");
        Err(Failure::new(Code::ListQuestion, sentence).with_help(format!("answer {choices}")))
    }

    /// What to write on the command line.
    #[must_use]
    pub fn answer_by(&self) -> String {
        let choices: Vec<String> = self
            .choices
            .iter()
            .map(|choice| {
                if choice.contains(char::is_whitespace) {
                    format!("{choice:?}")
                } else {
                    choice.clone()
                }
            })
            .collect();
        format!("{} {}", self.asked.flag(), choices.join(" or "))
    }
}

/// The questions as a failure, where nobody is there to be asked: a sentence and a flag each.
#[must_use]
pub fn unanswered(questions: &[Question]) -> Failure {
    let sentences: Vec<&str> =
        questions.iter().map(|question| question.sentence.as_str()).collect();
    let flags: Vec<String> = questions.iter().map(Question::answer_by).collect();
    Failure::new(Code::ListQuestion, sentences.join("; "))
        .with_help(format!("answer with {}", flags.join(", and with ")))
}

impl Asked {
    /// The flag that answers it.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Sheet => "--sheet",
            Self::Decimal => "--decimal",
            Self::Unit => "--unit",
            Self::LetterM => "--letter-m",
            Self::Face => "--face",
            Self::Identifier => "--identifier",
            Self::Date => "--date",
        }
    }

    fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Sheet => &[],
            Self::Decimal => &["point", "comma"],
            Self::Unit => &["one", "thousand", "million"],
            Self::LetterM => &["thousand", "million"],
            Self::Face => &["face", "original", "current"],
            Self::Identifier => &["cusip", "isin", "figi", "other"],
            Self::Date => &["day-first", "month-first"],
        }
    }
}

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The sheet's name.
    pub sheet: Option<String>,
    /// The mark before the decimals.
    pub decimal: Option<Mark>,
    /// The unit of amounts without one.
    pub unit: Option<Unit>,
    /// What `M` means.
    pub letter_m: Option<Unit>,
    /// The face that is offered.
    pub face: Option<Face>,
    /// The identifier that names a lot.
    pub identifier: Option<Kind>,
    /// The order of dates.
    pub date: Option<DateOrder>,
}

impl Answers {
    /// Takes an answer.
    ///
    /// # Errors
    /// `list.question` if it is none of the choices.
    pub fn take(&mut self, asked: Asked, answer: &str) -> Result<(), Failure> {
        let none = || {
            let sentence = format!("{answer:?} does not answer {}", asked.flag());
            let choices = asked.choices().join(" or ");
            Failure::new(Code::ListQuestion, sentence).with_help(format!("answer {choices}"))
        };
        let unit = || match answer {
            "one" | "1" => Ok(Unit::One),
            "thousand" | "k" => Ok(Unit::Thousand),
            "million" | "mm" => Ok(Unit::Million),
            _ => Err(none()),
        };
        match asked {
            Asked::Sheet => self.sheet = Some(answer.to_owned()),
            Asked::Decimal => {
                self.decimal = Some(match answer {
                    "point" => Mark::Point,
                    "comma" => Mark::Comma,
                    _ => return Err(none()),
                });
            }
            Asked::Unit => self.unit = Some(unit()?),
            Asked::LetterM => {
                self.letter_m = Some(unit()?).filter(|unit| *unit != Unit::One);
                if self.letter_m.is_none() {
                    return Err(none());
                }
            }
            Asked::Face => {
                self.face = Some(match answer {
                    "face" => Face::Plain,
                    "original" => Face::Original,
                    "current" => Face::Current,
                    _ => return Err(none()),
                });
            }
            Asked::Identifier => {
                self.identifier = Some(match answer {
                    "cusip" => Kind::Cusip,
                    "isin" => Kind::Isin,
                    "figi" => Kind::Figi,
                    "other" => Kind::Other,
                    _ => return Err(none()),
                });
            }
            Asked::Date => {
                self.date = Some(match answer {
                    "day-first" => DateOrder::DayFirst,
                    "month-first" => DateOrder::MonthFirst,
                    _ => return Err(none()),
                });
            }
        }
        Ok(())
    }
}

/// Why a list is not understood yet.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It is wrong.
    Failure(Failure),
    /// It leaves something open.
    Questions(Vec<Question>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Stop {
    /// As a failure, where nobody is there to be asked.
    #[must_use]
    pub fn failure(self) -> Failure {
        match self {
            Self::Failure(failure) => failure,
            Self::Questions(questions) => unanswered(&questions),
        }
    }
}
