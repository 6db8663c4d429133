//! What nobody waits for.

/// Frees large memory on a thread of its own: to unmap the lines of a large export takes as long as a report.
pub fn free<T: Send + 'static>(what: T) {
    // Where there can be no other thread, what it should have done is done here, for the closure is dropped.
    let _ = std::thread::Builder::new().spawn(move || drop(what));
}
