//! What the program and the page exchange: bytes in one memory, and what only a browser can do.
//!
//! A call goes like this: the page asks for memory ([`talea_allocate`]), writes its request into it, and hands it
//! over ([`talea_call`]). The answer is memory that begins with its own length, and the page gives it back
//! ([`talea_release`]). Nothing else crosses; the program keeps no address of the page's.

#![allow(unsafe_code, reason = "two programs that share a memory; no other file does so")]

use std::io::{self, Read};

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Fills memory with random bytes.
    #[link_name = "random"]
    fn host_random(to: *mut u8, length: usize);
    /// Reads on in the file at hand; how many bytes that were, or -1 if it cannot be read.
    #[link_name = "read"]
    fn host_read(to: *mut u8, length: usize) -> i32;
    /// Is told how far a verification has come.
    #[link_name = "progress"]
    fn host_progress(bytes: f64, entries: f64);
}

/// The length of an answer, before it.
const LENGTH_BYTES: usize = 4;

/// Memory for a request of this length.
#[unsafe(no_mangle)]
pub extern "C" fn talea_allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0u8; length].into_boxed_slice()).as_mut_ptr()
}

/// Gives memory back, which [`talea_allocate`] or [`talea_call`] gave out with this length.
///
/// # Safety
/// `memory` is such memory, and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn talea_release(memory: *mut u8, length: usize) {
    // SAFETY: by the promise above this was a boxed slice of this length, and nobody else has it.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(memory, length)) });
}

/// Answers a request, and takes its memory back. The answer begins with the number of bytes after it, in four
/// bytes, the least significant first.
///
/// # Safety
/// As [`talea_release`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn talea_call(request: *mut u8, length: usize) -> *mut u8 {
    // SAFETY: as in `talea_release`.
    let request = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(request, length)) };
    let answer = crate::call::answer(&request);
    let mut framed = Vec::with_capacity(LENGTH_BYTES.saturating_add(answer.len()));
    framed.extend_from_slice(&u32::try_from(answer.len()).unwrap_or(0).to_le_bytes());
    framed.extend_from_slice(&answer);
    Box::leak(framed.into_boxed_slice()).as_mut_ptr()
}

/// The file that the page has at hand, from where it was read last.
pub struct PageFile;

impl Read for PageFile {
    #[cfg(target_arch = "wasm32")]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the page writes within this buffer, and is done when it returns.
        let read = unsafe { host_read(buffer.as_mut_ptr(), buffer.len()) };
        let read = usize::try_from(read).ok().filter(|read| *read <= buffer.len());
        read.ok_or_else(|| io::Error::other("the browser cannot read the file"))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Tells the page how far a verification has come.
pub fn report_progress(bytes: u64, entries: u64) {
    #[cfg(target_arch = "wasm32")]
    // SAFETY: it takes two numbers.
    unsafe {
        host_progress(bytes as f64, entries as f64);
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (bytes, entries);
}

#[cfg(target_arch = "wasm32")]
fn browser_random(buffer: &mut [u8]) -> Result<(), getrandom::Error> {
    // SAFETY: the page fills this buffer, or stops the whole call by an exception.
    unsafe { host_random(buffer.as_mut_ptr(), buffer.len()) };
    Ok(())
}

#[cfg(target_arch = "wasm32")]
getrandom::register_custom_getrandom!(browser_random);
