//! Lists that people hand in: how they are found, and how what they leave open is asked.

use crate::{
    arguments::{ImportAnswers, ListAnswers},
    failure::{Code, Failure},
    files,
};
use std::{
    io::{BufRead, IsTerminal as _, Read as _, Write},
    path::Path,
};
use talea_exchange::list::{
    cells::MAX_LIST,
    questions::{Answers, Asked, Question, Stop, unanswered},
};
use talea_text::shown::fit_for_terminals;

/// The bytes of a list.
///
/// # Errors
/// `file.*`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, MAX_LIST)
}

/// A list that somebody hands in, by name: a file, or stdin as `-`.
pub(crate) struct Handed {
    /// What complaints call it.
    pub(crate) name: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
    /// Whether somebody sits there who can be asked.
    can_be_asked: bool,
}

impl Handed {
    /// Reads it.
    ///
    /// # Errors
    /// `file.*`.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        if path != Path::new("-") {
            let can_be_asked = std::io::stdin().is_terminal();
            return Ok(Self {
                name: path.display().to_string(),
                bytes: bytes(path)?,
                can_be_asked,
            });
        }
        let (name, mut bytes) = ("stdin".to_owned(), Vec::new());
        let most = MAX_LIST.saturating_add(1);
        let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
        read.map_err(|error| Failure::unreadable(Path::new(&name), error))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length < most) {
            return Ok(Self { name, bytes, can_be_asked: false });
        }
        let sentence = format!("{name} is larger than {MAX_LIST} bytes");
        Err(Failure::new(Code::FileTooLarge, sentence))
    }

    /// Reads it as something, and asks on a terminal until nothing is open.
    ///
    /// # Errors
    /// What is wrong with it; `list.question` if something is open and nobody can be asked.
    pub(crate) fn understood<T>(
        &self,
        mut answers: Answers,
        read: impl Fn(&str, &[u8], &Answers) -> Result<T, Stop>,
    ) -> Result<T, Failure> {
        loop {
            let questions = match read(&self.name, &self.bytes, &answers) {
                Ok(list) => return Ok(list),
                Err(Stop::Failure(failure)) => return Err(failure),
                Err(Stop::Questions(questions)) => questions,
            };
            if !self.can_be_asked {
                return Err(unanswered(&questions));
            }
            for question in &questions {
                ask(question, &mut answers, std::io::stdin().lock(), std::io::stderr())?;
            }
        }
    }
}

/// Asks until the answer is one.
fn ask(
    question: &Question,
    answers: &mut Answers,
    mut input: impl BufRead,
    mut output: impl Write,
) -> Result<(), Failure> {
    let text = format!("{}.\n  {}: ", question.sentence, question.choices.join(" or "));
    loop {
        // Whoever cannot be told cannot answer either.
        let _ = write!(output, "{}", fit_for_terminals(&text)).and_then(|()| output.flush());
        let mut answer = String::new();
        let read = input.by_ref().take(MAX_ANSWER).read_line(&mut answer);
        if !read.is_ok_and(|length| length > 0) {
            return Err(unanswered(std::slice::from_ref(question)));
        }
        if question.answer(answers, answer.trim()).is_ok() {
            return Ok(());
        }
    }
}

/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 1 << 10;

impl ListAnswers {
    /// What was answered beforehand.
    ///
    /// # Errors
    /// `list.question`.
    pub(crate) fn answers(&self) -> Result<Answers, Failure> {
        let Self { sheet, decimal, identifier } = self;
        let said =
            [(Asked::Sheet, sheet), (Asked::Decimal, decimal), (Asked::Identifier, identifier)];
        take_all(Answers::default(), &said)
    }
}

impl ImportAnswers {
    /// What was answered beforehand, besides what every list asks.
    ///
    /// # Errors
    /// `list.question`.
    pub(crate) fn add_to(&self, answers: Answers) -> Result<Answers, Failure> {
        let Self { unit, letter_m, face, date } = self;
        let said = [
            (Asked::Unit, unit),
            (Asked::LetterM, letter_m),
            (Asked::Face, face),
            (Asked::Date, date),
        ];
        take_all(answers, &said)
    }
}

fn take_all(mut answers: Answers, said: &[(Asked, &Option<String>)]) -> Result<Answers, Failure> {
    for (asked, answer) in said {
        if let Some(answer) = answer {
            answers.take(*asked, answer)?;
        }
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_exchange::list::{headings::Unit, understood::understand};

    const OPEN: &[u8] = b"CUSIP,Face,Settle\n037833100,2.5M,03/04/27\n";

    fn questions() -> Vec<Question> {
        match understand("list.csv", OPEN, &Answers::default()) {
            Err(Stop::Questions(questions)) => questions,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_question_is_asked_until_its_answer_is_one() {
        let (questions, mut answers, mut said) = (questions(), Answers::default(), Vec::new());
        let mut input = &b"perhaps\n\nmm\nday-first\n"[..];
        for question in &questions {
            ask(question, &mut answers, &mut input, &mut said).unwrap();
        }
        assert_eq!(answers.letter_m, Some(Unit::Million));
        let list = understand("list.csv", OPEN, &answers).map_err(Stop::failure).unwrap();
        assert_eq!(list.lines[0].quantity, 2_500_000);
        let said = String::from_utf8(said).unwrap();
        assert_eq!(said.matches("thousand or million: ").count(), 3, "{said}");
        assert_eq!(said.matches("day-first or month-first: ").count(), 1, "{said}");
    }

    #[test]
    fn an_input_that_ends_answers_nothing() {
        let mut answers = Answers::default();
        let failure = ask(&questions()[0], &mut answers, &b""[..], Vec::new()).unwrap_err();
        assert_eq!(failure.code, Code::ListQuestion);
        assert!(failure.help.unwrap().contains("--letter-m"));
        assert_eq!(answers, Answers::default());
    }
}
