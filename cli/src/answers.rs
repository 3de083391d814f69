//! What an interview was answered, kept from answer to answer: whoever breaks off goes on later.

use crate::{
    failure::{Code, Failure},
    files::{self, Readers},
};
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

/// The largest file of answers, in bytes.
const MAX_FILE: u64 = 4 << 20;

const HEADING: &str =
    "# Answers to \"talea terms new --out FILE\". Run it again to continue after the last one.\n";

/// A question and what was answered.
type Answer = (String, String);

/// Answers to the questions of an interview, and the file in which they stand.
pub(crate) struct Answers {
    path: PathBuf,
    /// Those of an interview that broke off, as far as they were not asked for again.
    before: VecDeque<Answer>,
    given: Vec<Answer>,
}

impl Answers {
    /// Those that were kept in a file; none if there is no such file.
    ///
    /// # Errors
    /// `file.*`; `terms.field` if it holds something else.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let mut answers =
            Self { path: path.to_owned(), before: VecDeque::new(), given: Vec::new() };
        if path.symlink_metadata().is_err() {
            return Ok(answers);
        }
        let text = String::from_utf8_lossy(&files::read(path, MAX_FILE)?).into_owned();
        let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        while let Some(line) = lines.next() {
            let question = line.strip_prefix("? ");
            let answer = lines.next().and_then(|line| line.strip_prefix("= "));
            let (Some(question), Some(answer)) = (question, answer) else {
                let sentence = format!(
                    "{} is not a file of answers: found {line:?} where a question \
                     (\"? ...\") and its answer (\"= ...\") were expected",
                    path.display()
                );
                return Err(Failure::new(Code::TermsField, sentence)
                    .with_help("remove the file to start with the first question"));
            };
            answers.before.push_back((question.into(), answer.into()));
        }
        Ok(answers)
    }

    /// What the next question was answered before, if that was the question.
    pub(crate) fn again(&mut self, question: &str) -> Option<String> {
        if self.before.front().is_none_or(|(asked, _)| asked != question) {
            return None;
        }
        self.before.pop_front().map(|(_, answer)| answer)
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub(crate) fn keep(&mut self, question: &str, answer: &str) -> Result<(), Failure> {
        self.given.push((question.into(), answer.into()));
        let all = self.given.iter().chain(&self.before);
        let lines = all.map(|(question, answer)| format!("? {question}\n= {answer}\n"));
        let text = HEADING.to_owned() + &lines.collect::<String>();
        files::write(&self.path, text.as_bytes(), Readers::Everybody)
    }

    /// The questions ended in a file of terms: nothing is left to go on with.
    pub(crate) fn discard(self) {
        // Whoever begins anew is told that the terms are there.
        let _ = std::fs::remove_file(self.path);
    }

    /// Why an interview ends before its questions do.
    pub(crate) fn broken_off(&self) -> Failure {
        let count = self.given.len() + self.before.len();
        if count == 0 {
            let sentence = "no question was answered, so nothing was written";
            return Failure::new(Code::NotConfirmed, sentence);
        }
        let path = self.path.display();
        let sentence = format!(
            "the input ended before the last question; the {count} answers given are kept in {path}"
        );
        Failure::new(Code::NotConfirmed, sentence).with_help(
            "run the same command again to continue after the last answer, or remove the file to start \
             over",
        )
    }
}
