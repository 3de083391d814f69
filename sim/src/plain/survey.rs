//! A survey in the clear.

use talea_protocol::{
    bytes::List,
    outcome::{Ending, Statistics},
    price::Level,
};

/// A lot of a survey whose answers anybody may see.
#[derive(Clone, Copy, Debug)]
pub struct PlainSurvey<'a> {
    /// Levels of its grid.
    pub levels: u32,
    /// Of fewer answers nothing is opened.
    pub min_answers: u32,
    /// Levels in a bin; 0 for no bins.
    pub bin_levels: u32,
    /// Whether the sum of the squares is opened.
    pub squares: bool,
    /// The valid answers.
    pub answers: &'a [Level],
}

impl PlainSurvey<'_> {
    /// How the lot ends; nothing if a number does not fit.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        if self.answers.is_empty() {
            return Some(Ending::Unsold);
        }
        if (self.answers.len() as u64) < u64::from(self.min_answers) {
            return Some(Ending::TooFewAnswers);
        }
        let answers = self.answers.iter().map(|level| u64::from(level.0));
        let sum_of_squares = || answers.clone().map(|answer| answer * answer).sum();
        let bins = match self.bin_levels {
            0 => None,
            width => Some(List::new(self.bins(width)).ok()?),
        };
        Some(Ending::Surveyed(Statistics {
            sum: answers.clone().sum(),
            bins,
            squares: self.squares.then(sum_of_squares),
        }))
    }

    /// Answers from each multiple of `width` to the next.
    fn bins(&self, width: u32) -> Vec<u32> {
        let starts = (0..self.levels).step_by(usize::try_from(width).unwrap_or(usize::MAX));
        let holds = |start: u32, level: &Level| level.0 >= start && level.0 - start < width;
        let count = |start| self.answers.iter().filter(|level| holds(start, level)).count() as u32;
        starts.map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn survey(answers: &[Level], bin_levels: u32) -> Ending {
        let survey = PlainSurvey { levels: 10, min_answers: 2, bin_levels, squares: true, answers };
        survey.ending().unwrap()
    }

    #[test]
    fn of_few_answers_nothing_is_told() {
        assert_eq!(survey(&[], 3), Ending::Unsold);
        assert_eq!(survey(&[Level(4)], 3), Ending::TooFewAnswers);
        let Ending::Surveyed(told) = survey(&[Level(4), Level(9), Level(4)], 3) else { panic!() };
        assert_eq!((told.sum, told.squares), (17, Some(16 + 81 + 16)));
        assert_eq!(told.bins.unwrap().to_vec(), [0, 2, 0, 1]);
    }

    proptest! {
        #[test]
        fn bins_of_one_level_tell_the_sum_and_the_squares(
            answers in prop::collection::vec((0..10u32).prop_map(Level), 2..20),
            width in 2..12u32,
        ) {
            let Ending::Surveyed(told) = survey(&answers, 1) else { panic!() };
            let bins = told.bins.unwrap().to_vec();
            let weighed = |weight: fn(u64) -> u64| -> u64 {
                (0u64..).zip(&bins).map(|(level, count)| weight(level) * u64::from(*count)).sum()
            };
            prop_assert_eq!(weighed(|_| 1), answers.len() as u64);
            prop_assert_eq!(weighed(|level| level), told.sum);
            prop_assert_eq!(Some(weighed(|level| level * level)), told.squares);
            let Ending::Surveyed(wide) = survey(&answers, width) else { panic!() };
            let wide = wide.bins.unwrap().to_vec();
            let joined: Vec<u32> =
                bins.chunks(width as usize).map(|chunk| chunk.iter().sum()).collect();
            prop_assert_eq!(wide, joined);
        }

        #[test]
        fn without_bins_and_squares_the_sum_alone_is_told(
            answers in prop::collection::vec((0..10u32).prop_map(Level), 2..20),
        ) {
            let survey =
                PlainSurvey { levels: 10, min_answers: 2, bin_levels: 0, squares: false, answers: &answers };
            let Some(Ending::Surveyed(Statistics { sum, bins, squares })) = survey.ending() else {
                panic!()
            };
            prop_assert_eq!(sum, answers.iter().map(|level| u64::from(level.0)).sum::<u64>());
            prop_assert_eq!((bins, squares), (None, None));
        }
    }
}
