//! Real texts for tests, where they are at hand.

/// A file of the shared data folder (`HAMZABAN_SHARED`, else `../shared`), unpacked; `None`, with the
/// reason printed, where it is absent.
pub(super) fn read_xz(name: &str) -> Option<String> {
    let shared = std::env::var("HAMZABAN_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let path = std::path::Path::new(&shared).join("data").join(name);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    let mut content = Vec::new();
    lzma_rs::xz_decompress(&mut std::io::BufReader::new(file), &mut content).unwrap();
    Some(String::from_utf8(content).unwrap())
}
