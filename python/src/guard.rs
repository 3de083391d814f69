//! A fault of this program is a failure like any other: nothing unwinds into Python.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};
use talea_text::failure::{Code, Failure};

/// Does what is asked, and turns a panic into `internal`. Whatever was being worked on is dropped with it.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(internal(panic.as_ref())))
}

fn internal(panic: &(dyn Any + Send)) -> Failure {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let sentence = format!("this program has a fault: {}", words.unwrap_or("it stopped"));
    Failure::new(Code::Internal, sentence).with_help("please report it, with what you asked for")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_this_program_is_a_failure_with_a_code() {
        let failure = guarded::<()>(|| panic!("level {} of 4", 7)).unwrap_err();
        assert_eq!(failure.code, Code::Internal);
        assert!(failure.sentence.contains("level 7 of 4"), "{failure}");
        let failure = guarded::<()>(|| std::panic::panic_any(7)).unwrap_err();
        assert!(failure.sentence.contains("it stopped"), "{failure}");
        assert_eq!(guarded(|| Ok(7)), Ok(7));
    }
}
