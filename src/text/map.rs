//! Where each piece of a folded text came from.

use std::ops::Range;

/// A piece of folded text and the original text it stands for. Pieces are contiguous in the folded
/// text and ascending, without overlap, in the original; what lies between two was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    /// Where it begins in the folded text.
    folded: u32,
    /// Where it begins in the original.
    start: u32,
    /// Where it ends in the original, with the marks dropped after its last character.
    end: u32,
    /// Byte for byte the same widths; otherwise the piece is one indivisible whole.
    linear: bool,
}

/// Maps byte ranges of a folded text to byte ranges of the original.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    spans: Vec<Span>,
    /// Length of the folded text.
    length: u32,
}

/// A folded text that knows where its bytes came from.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    pub(super) map: Map,
}

impl Folded {
    /// The byte range of the original text that a byte range of the folded text stands for.
    ///
    /// Always on character boundaries of the original, in order for ranges in order, and with the
    /// combining marks, tatweels and the like that the fold dropped after the last character. A
    /// range that cuts a character, or something that became several characters, gets the whole;
    /// an empty one gets an empty one; what lies beyond the text is cut off.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let length = self.text.len();
        let mut start = range.start.min(length);
        let mut end = range.end.clamp(start, length);
        let empty = start == end;
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        if empty {
            end = start;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let found = self.map.walk().original(clip(start)..clip(end));
        found.start as usize..found.end as usize
    }
}

impl Map {
    /// A walker that maps ascending ranges, in time linear in all of them together.
    pub(super) fn walk(&self) -> Walk<'_> {
        Walk { map: self, at: 0 }
    }

    fn end_of(&self, at: usize) -> u32 {
        self.spans.get(at + 1).map_or(self.length, |s| s.folded)
    }
}

/// See [`Map::walk`].
pub(super) struct Walk<'m> {
    map: &'m Map,
    at: usize,
}

impl Walk<'_> {
    /// The original range of a folded range that begins at or after the one asked for before; both
    /// ends on character boundaries.
    pub(super) fn original(&mut self, range: Range<u32>) -> Range<u32> {
        let spans = &self.map.spans;
        if self.at == 0 && spans.len() > 8 {
            // A lone question about a long text; later ones step on from here.
            self.at = spans
                .partition_point(|s| s.folded <= range.start)
                .saturating_sub(1);
        }
        while spans
            .get(self.at + 1)
            .is_some_and(|s| s.folded <= range.start)
        {
            self.at += 1;
        }
        let Some(first) = spans.get(self.at) else {
            return 0..0;
        };
        if range.start >= self.map.length {
            let end = spans.last().map_or(0, |s| s.end);
            return end..end;
        }
        let start = if first.linear {
            first.start + (range.start - first.folded)
        } else {
            first.start
        };
        if range.is_empty() {
            return start..start;
        }
        let mut last = self.at;
        while spans.get(last + 1).is_some_and(|s| s.folded < range.end) {
            last += 1;
        }
        let span = spans.get(last).unwrap_or(first);
        let end = if span.linear && range.end < self.map.end_of(last) {
            span.start + (range.end - span.folded)
        } else {
            span.end
        };
        start..end
    }
}

/// Writes a [`Map`] while a text is folded. Keeps one *run* open: a piece that is copied width for
/// width; it is closed when something changes width or is dropped.
pub(super) struct Recorder<'m> {
    map: &'m mut Map,
    run_folded: usize,
    run_start: usize,
    /// End of the marks dropped after the run's last character; 0 for none.
    tail: usize,
}

impl<'m> Recorder<'m> {
    pub(super) fn new(map: &'m mut Map) -> Self {
        map.spans.clear();
        map.length = 0;
        Self {
            map,
            run_folded: 0,
            run_start: 0,
            tail: 0,
        }
    }

    /// Makes the byte at `folded` stand for the byte at `start`, if the open run does not already.
    pub(super) fn continue_at(&mut self, folded: usize, start: usize) {
        if self.tail != 0 || self.run_start + (folded - self.run_folded) != start {
            self.close(folded);
            self.run_start = start;
        }
    }

    /// Records an indivisible piece; the text before it ends at `from`.
    pub(super) fn whole(&mut self, from: usize, to: usize, original: Range<usize>) {
        self.close(from);
        self.push(from, original.start, original.end, false);
        self.run_folded = to;
        self.run_start = original.end;
    }

    /// Adds what was dropped up to `end` to the character before it.
    pub(super) fn attach(&mut self, folded: usize, end: usize) {
        if folded > self.run_folded {
            self.tail = self.tail.max(end);
        } else if let Some(last) = self.map.spans.last_mut() {
            last.end = last.end.max(clip(end));
        }
    }

    /// Where the original of the text so far ends.
    pub(super) fn end(&self, folded: usize) -> usize {
        if folded > self.run_folded {
            self.tail.max(self.run_start + (folded - self.run_folded))
        } else {
            self.map.spans.last().map_or(0, |s| s.end as usize)
        }
    }

    /// Forgets everything from `folded` on; the next piece comes from `start`.
    pub(super) fn roll_back(&mut self, folded: usize, start: usize) {
        self.tail = 0;
        if self.run_folded < folded {
            return;
        }
        let mut bound = self.run_folded;
        while let Some(last) = self
            .map
            .spans
            .last()
            .filter(|s| s.folded as usize >= folded)
        {
            bound = last.folded as usize;
            self.map.spans.pop();
        }
        if let Some(last) = self.map.spans.last_mut()
            && last.linear
            && bound > folded
        {
            last.end = last.start + (clip(folded) - last.folded);
        }
        self.run_folded = folded;
        self.run_start = start;
    }

    /// Ends the map; `folded` is the length of the folded text.
    pub(super) fn finish(mut self, folded: usize) {
        self.close(folded);
        self.map.length = clip(folded);
    }

    fn close(&mut self, folded: usize) {
        if folded > self.run_folded {
            let end = self.end(folded);
            self.push(self.run_folded, self.run_start, end, true);
        }
        self.run_folded = folded;
        self.tail = 0;
    }

    fn push(&mut self, folded: usize, start: usize, end: usize, linear: bool) {
        self.map.spans.push(Span {
            folded: clip(folded),
            start: clip(start),
            end: clip(end),
            linear,
        });
    }
}

/// Offsets fit, because no more than [`LONGEST`] bytes of a text are folded.
fn clip(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The most bytes of a text that a fold looks at. NFKC makes at most 18 characters of one (33 bytes
/// of 3), so that folded offsets fit 32 bits too.
pub(super) const LONGEST: usize = u32::MAX as usize / 12;
