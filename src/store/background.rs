//! Work that yields: threads that take files in, write, index and tidy up share the cores with those who look
//! something up, and who looks up should hardly notice.

/// How much a thread yields: at 5 it gets a quarter of a core that somebody else wants, and all of one that nobody
/// wants. Measured: `docs/benchmarks.md`, look-ups during an import.
#[cfg(target_os = "linux")]
const YIELDING: i32 = 5;

/// Lets this thread, for good, give way to others of the process. Only Linux knows priorities of threads; elsewhere,
/// or where it is refused, all go on alike.
pub fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, YIELDING) {
        tracing::debug!(%error, "a thread could not be made to give way");
    }
}

/// Lets whoever waits for this thread's core have it now. A thread that yields keeps a core for the rest of its slice,
/// some milliseconds, though somebody wakes up meanwhile; so it asks between two pieces of its work. It costs a
/// fraction of a microsecond where nobody waits.
pub fn give_way() {
    std::thread::yield_now();
}
