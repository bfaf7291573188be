//! Places where a test makes the program fail: killed between two steps, a disk that gives out, a panic. Named by
//! `HAMZABAN_FAILPOINT=place:what,…`. Only debug builds and builds with the feature `failpoints` look at it; in
//! others every place is passed without a word.

/// What a place is told to do, where it does not end the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk fails.
    Io,
    /// The disk is full.
    Full,
}

/// Passes a place. `abort` ends the process there as a crash would, `panic` panics; a fault is for the caller to act
/// out.
#[cfg(any(debug_assertions, feature = "failpoints"))]
pub fn hit(place: &str) -> Option<Fault> {
    match wanted(place)? {
        "abort" => std::process::abort(),
        "panic" => panic_here(place),
        "io" => Some(Fault::Io),
        "full" => Some(Fault::Full),
        _ => None,
    }
}

/// Passes a place.
#[cfg(not(any(debug_assertions, feature = "failpoints")))]
#[inline]
pub fn hit(_place: &str) -> Option<Fault> {
    None
}

#[cfg(any(debug_assertions, feature = "failpoints"))]
#[expect(clippy::panic, reason = "it is asked for, and never in a release")]
fn panic_here(place: &str) -> Option<Fault> {
    panic!("fail point {place}")
}

/// What the environment says of this place; read once.
#[cfg(any(debug_assertions, feature = "failpoints"))]
fn wanted(place: &str) -> Option<&'static str> {
    static WANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let all = WANTED.get_or_init(|| std::env::var("HAMZABAN_FAILPOINT").unwrap_or_default());
    all.split(',')
        .filter_map(|pair| pair.rsplit_once(':'))
        .find_map(|(name, what)| (name == place).then_some(what))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_place_that_nobody_names_is_passed() {
        assert_eq!(super::hit("nowhere"), None);
    }
}
