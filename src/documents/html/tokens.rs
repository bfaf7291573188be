//! HTML cut into tags, text and the rest, by the states of the standard's tokenizer (WHATWG HTML, 13.2.5),
//! without a copy: every token is a range of the file, and all ranges together are the file.
//!
//! Crates with the same table of states either keep no places of text or bring code under the MPL.

use std::ops::Range;

/// What a range is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text with references.
    Text,
    /// Text of `script`, `style` and the like, or of a CDATA section: no references, not for readers.
    Raw,
    /// A start tag by its name as written, and whether it closes itself.
    Start(&'a str, bool),
    /// An end tag.
    End(&'a str),
    /// A comment, a doctype, an instruction, a tag that the file ends in.
    Other,
}

/// The state between tokens.
pub(super) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    /// The element whose text is no markup until its end tag, and whether references are read in it.
    raw: Option<(&'a str, bool)>,
    /// Inside of `svg` or `math`: CDATA sections are read, no element is raw.
    pub(super) foreign: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(html: &'a str, at: usize) -> Self {
        Self {
            html,
            at,
            raw: None,
            foreign: false,
        }
    }

    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    fn token(&mut self, token: Token<'a>, length: usize) -> (Token<'a>, Range<usize>) {
        let start = self.at;
        self.at += length;
        (token, start..self.at)
    }

    /// Text up to the next thing that is none.
    fn text(&mut self) -> (Token<'a>, Range<usize>) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut from = 0;
        while let Some(found) = rest.get(from..).and_then(|text| text.find('<')) {
            let at = from + found;
            let opens = match bytes.get(at + 1) {
                Some(b'!' | b'?') => true,
                Some(b'/') => at + 2 < bytes.len(),
                Some(b) => b.is_ascii_alphabetic(),
                None => false,
            };
            if opens && at > 0 {
                return self.token(Token::Text, at);
            }
            if opens {
                return self.markup();
            }
            from = at + 1;
        }
        self.token(Token::Text, rest.len())
    }

    /// What begins with `<` and is no text.
    fn markup(&mut self) -> (Token<'a>, Range<usize>) {
        let rest = self.rest();
        if let Some(comment) = rest.strip_prefix("<!--") {
            let length = end_of_comment(comment);
            return self.token(Token::Other, length.map_or(rest.len(), |end| end + 4));
        }
        if self.foreign && rest.starts_with("<![CDATA[") {
            let length = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            return self.token(Token::Raw, length);
        }
        let slash = usize::from(rest.starts_with("</"));
        let letter = rest.as_bytes().get(1 + slash);
        if !letter.is_some_and(u8::is_ascii_alphabetic) {
            let length = rest.find('>').map_or(rest.len(), |end| end + 1);
            return self.token(Token::Other, length);
        }
        let body = rest.get(1 + slash..).unwrap_or_default();
        let name_end = body
            .find(|c: char| is_space(c) || c == '/' || c == '>')
            .unwrap_or(body.len());
        let (name, attributes) = body.split_at(name_end);
        let Some((length, closes_itself)) = end_of_tag(attributes.as_bytes()) else {
            return self.token(Token::Other, rest.len());
        };
        let length = 1 + slash + name_end + length;
        if slash == 1 {
            return self.token(Token::End(name), length);
        }
        self.raw = raw_text(name)
            .filter(|_| !self.foreign)
            .map(|references| (name, references));
        self.token(Token::Start(name, closes_itself), length)
    }

    /// Text up to the end tag of a raw element.
    fn raw(&mut self, name: &str, references: bool) -> (Token<'a>, Range<usize>) {
        self.raw = None;
        let rest = self.rest();
        let end = if name.eq_ignore_ascii_case("plaintext") {
            rest.len()
        } else if name.eq_ignore_ascii_case("script") {
            end_of_script(rest)
        } else {
            end_of_raw(rest, name)
        };
        self.token(if references { Token::Text } else { Token::Raw }, end)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (Token<'a>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.html.len() {
            return None;
        }
        if let Some((name, references)) = self.raw {
            let token = self.raw(name, references);
            if !token.1.is_empty() {
                return Some(token);
            }
        }
        Some(self.text())
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{C}')
}

/// Whether the text of an element is no markup, and then whether references are read in it.
fn raw_text(name: &str) -> Option<bool> {
    let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is(&["title", "textarea"]) {
        Some(true)
    } else if is(&[
        "script",
        "style",
        "xmp",
        "iframe",
        "noembed",
        "noframes",
        "plaintext",
    ]) {
        Some(false)
    } else {
        None
    }
}

/// Behind `<!--`: where the comment ends, its `>` included.
fn end_of_comment(text: &str) -> Option<usize> {
    if text.starts_with('>') {
        return Some(1);
    }
    if text.starts_with("->") {
        return Some(2);
    }
    let ends = [("-->", 3), ("--!>", 4)];
    let mut from = 0;
    while let Some(dashes) = text.get(from..)?.find("--") {
        let at = from + dashes;
        let here = text.get(at..)?;
        if let Some((_, length)) = ends.iter().find(|(end, _)| here.starts_with(end)) {
            return Some(at + length);
        }
        from = at + 1;
    }
    None
}

/// Behind a tag's name: where the tag ends, its `>` included, and whether `/` stands before that.
fn end_of_tag(bytes: &[u8]) -> Option<(usize, bool)> {
    let space = |b: &u8| is_space(char::from(*b));
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(space) {
            at += 1;
        }
        match bytes.get(at)? {
            b'>' => return Some((at + 1, false)),
            b'/' => {
                at += 1;
                if bytes.get(at) == Some(&b'>') {
                    return Some((at + 1, true));
                }
                continue;
            }
            // Even `=` begins a name.
            _ => at += 1,
        }
        while bytes
            .get(at)
            .is_some_and(|b| !space(b) && !matches!(b, b'/' | b'>' | b'='))
        {
            at += 1;
        }
        let mut value = at;
        while bytes.get(value).is_some_and(space) {
            value += 1;
        }
        if bytes.get(value) == Some(&b'=') {
            at = end_of_value(bytes, value + 1)?;
        }
    }
}

fn end_of_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    let space = |b: &u8| is_space(char::from(*b));
    while bytes.get(at).is_some_and(space) {
        at += 1;
    }
    match bytes.get(at)? {
        quote @ (b'"' | b'\'') => {
            let value = bytes.get(at + 1..)?;
            let end = value.iter().position(|b| b == quote)?;
            Some(at + end + 2)
        }
        _ => {
            while bytes.get(at).is_some_and(|b| !space(b) && *b != b'>') {
                at += 1;
            }
            Some(at)
        }
    }
}

/// Whether a tag with this name begins here.
fn is_tag(here: &str, opening: &str, name: &str) -> bool {
    here.strip_prefix(opening).is_some_and(|tag| {
        tag.get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
            && tag
                .get(name.len()..)
                .and_then(|behind| behind.chars().next())
                .is_some_and(|c| is_space(c) || c == '/' || c == '>')
    })
}

/// Where the end tag of a raw element begins, or the end of the file.
fn end_of_raw(text: &str, name: &str) -> usize {
    text.match_indices("</")
        .map(|(at, _)| at)
        .find(|at| is_tag(text.get(*at..).unwrap_or_default(), "</", name))
        .unwrap_or(text.len())
}

/// Where the text of a `script` ends: not inside of `<!-- <script> … </script> -->`.
fn end_of_script(text: &str) -> usize {
    #[derive(PartialEq)]
    enum State {
        Plain,
        Escaped,
        Doubly,
    }
    let mut state = State::Plain;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['<', '-'])) {
        at += found;
        let here = text.get(at..).unwrap_or_default();
        let opens = is_tag(here, "<", "script");
        let closes = is_tag(here, "</", "script");
        at += match state {
            State::Escaped | State::Doubly if here.starts_with("-->") => {
                state = State::Plain;
                3
            }
            // The dashes that open may also close: `<!-->`.
            State::Plain if here.starts_with("<!--") => {
                state = State::Escaped;
                2
            }
            State::Plain | State::Escaped if closes => return at,
            State::Escaped if opens => {
                state = State::Doubly;
                1
            }
            State::Doubly if closes => {
                state = State::Escaped;
                1
            }
            _ => 1,
        };
    }
    text.len()
}
