//! The rival that most programs are: every segment compared with the query by characters, with normalized
//! Levenshtein of the crate `rapidfuzz`.

use hamzaban::text::fold;
use rapidfuzz::distance::levenshtein::{Args, BatchComparator};

/// Folded texts with their lengths in characters.
pub(crate) struct Characters(Vec<(usize, String)>);

impl Characters {
    pub(crate) fn of<T: AsRef<str>>(texts: impl Iterator<Item = T>) -> Self {
        let folded = texts.map(|text| fold::key(text.as_ref()).text);
        Self(folded.map(|text| (text.chars().count(), text)).collect())
    }

    /// The best so many at or above a percentage, with their places. Texts too long or too short are left out, and the
    /// cutoff rises with the last of the best.
    pub(crate) fn best(&self, query: &str, threshold: u8, top: usize) -> Vec<(f64, usize)> {
        let query = fold::key(query).text;
        let comparator = BatchComparator::new(query.chars());
        let length = query.chars().count();
        let mut best: Vec<(f64, usize)> = Vec::new();
        let mut cutoff = f64::from(threshold) / 100.0;
        for (place, (other, text)) in self.0.iter().enumerate() {
            let bound = length.min(*other) as f64 / length.max(*other).max(1) as f64;
            if bound < cutoff {
                continue;
            }
            let args = Args::default().score_cutoff(cutoff);
            let Some(alike) = comparator.normalized_similarity_with_args(text.chars(), &args)
            else {
                continue;
            };
            let rank = best.partition_point(|(other, _)| *other >= alike);
            best.insert(rank, (alike, place));
            best.truncate(top);
            if let [.., (least, _)] = best[..]
                && best.len() == top
            {
                cutoff = least;
            }
        }
        best
    }
}
