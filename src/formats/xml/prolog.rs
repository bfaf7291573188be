//! The DOCTYPE: common in exchange files, useful for nothing, and the way in for entity bombs and foreign files.
//! It is passed over when all it does is to name the format's own DTD, refused when it does anything else,
//! and never followed.

use crate::formats::error::{code, shown};

/// The DOCTYPE that a format may have.
pub(in crate::formats) struct Expected {
    /// The names of its root elements; the first is said in messages.
    pub(in crate::formats) roots: &'static [&'static str],
    /// What the file name of its DTD begins with, in lower case.
    pub(in crate::formats) dtd: &'static str,
    /// A part of its public identifier, in lower case.
    pub(in crate::formats) public: &'static str,
    /// The code of a document that is something else.
    pub(in crate::formats) not_this: &'static str,
}

/// Judges what stands between `<!DOCTYPE` and `>`.
///
/// # Errors
/// Code and reason.
pub(in crate::formats) fn judge(
    doctype: &str,
    expected: &Expected,
) -> Result<(), (&'static str, String)> {
    let doctype = doctype.trim();
    let name_end = doctype
        .find(|c: char| c.is_whitespace() || matches!(c, '[' | '"' | '\''))
        .unwrap_or(doctype.len());
    let (name, rest) = doctype.split_at(name_end);
    let known = |root: &&str| name.eq_ignore_ascii_case(root);
    if !expected.roots.iter().any(known) {
        let root = expected.roots.first().copied().unwrap_or_default();
        let reason = format!("the document type is `{}`, not `{root}`", shown(name));
        return Err((expected.not_this, reason));
    }
    let refused = |reason: String| Err((code::DOCTYPE_NOT_ALLOWED, reason));
    let Some((keyword, literals)) = literals(rest.trim()) else {
        return refused("the DOCTYPE declares entities or something else".into());
    };
    let is_own = match (keyword, literals.as_slice()) {
        ("", []) => true,
        ("SYSTEM", [system]) | ("PUBLIC", [_, system]) => is_dtd(system, expected.dtd),
        ("PUBLIC", [public]) => public.to_ascii_lowercase().contains(expected.public),
        _ => false,
    };
    if is_own {
        Ok(())
    } else {
        refused("the DOCTYPE points to something other than the format's DTD".into())
    }
}

/// The keyword and the quoted literals behind it; `None` if there is anything else.
fn literals(text: &str) -> Option<(&str, Vec<&str>)> {
    let end = text.find(['"', '\'', '[']).unwrap_or(text.len());
    let (keyword, mut rest) = text.split_at(end);
    let mut found = Vec::new();
    while let Some(quote) = rest.chars().next() {
        if !matches!(quote, '"' | '\'') || found.len() == 2 {
            return None;
        }
        let (literal, behind) = rest.get(1..)?.split_once(quote)?;
        found.push(literal);
        rest = behind.trim_start();
    }
    Some((keyword.trim(), found))
}

/// Whether the last part of a system id is a name like `tmx14.dtd`.
fn is_dtd(system: &str, begins: &str) -> bool {
    let path = system.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let file = file.trim().to_ascii_lowercase();
    file.starts_with(begins) && file.ends_with(".dtd")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TMX: Expected = Expected {
        roots: &["tmx"],
        dtd: "tmx",
        public: "translation memory exchange",
        not_this: code::NOT_TMX,
    };

    #[test]
    fn a_doctype_may_name_the_dtd_of_tmx_and_do_nothing_else() {
        for (doctype, expected) in [
            ("tmx", None),
            ("tmx SYSTEM \"tmx14.dtd\"", None),
            ("tmx SYSTEM 'TMX11.DTD' ", None),
            ("tmx SYSTEM \"http://127.0.0.1:9/tmx14.dtd\"", None),
            ("tmx SYSTEM \"C:\\dtd\\tmx14.dtd\"", None),
            ("tmx SYSTEM \"file:///usr/share/tmx14a.dtd?x#y\"", None),
            (
                "tmx PUBLIC \"-//LISA OSCAR:1998//DTD for Translation Memory eXchange//EN\" \"tmx14.dtd\"",
                None,
            ),
            (
                "tmx PUBLIC \"-//LISA OSCAR:1998//DTD for Translation Memory eXchange//EN\"",
                None,
            ),
            (
                "tmx SYSTEM \"file:///etc/passwd\"",
                Some(code::DOCTYPE_NOT_ALLOWED),
            ),
            (
                "tmx SYSTEM \"/etc/tmx14.dtd/../passwd\"",
                Some(code::DOCTYPE_NOT_ALLOWED),
            ),
            ("tmx SYSTEM \"\"", Some(code::DOCTYPE_NOT_ALLOWED)),
            ("tmx SYSTEM", Some(code::DOCTYPE_NOT_ALLOWED)),
            ("tmx SYSTEM \"tmx14.dtd", Some(code::DOCTYPE_NOT_ALLOWED)),
            ("tmx [<!ENTITY a \"b\">]", Some(code::DOCTYPE_NOT_ALLOWED)),
            ("tmx[]", Some(code::DOCTYPE_NOT_ALLOWED)),
            (
                "tmx SYSTEM \"tmx14.dtd\" [<!ENTITY % a SYSTEM \"b\">]",
                Some(code::DOCTYPE_NOT_ALLOWED),
            ),
            ("tmx PUBLIC \"x\"", Some(code::DOCTYPE_NOT_ALLOWED)),
            ("html", Some(code::NOT_TMX)),
            ("", Some(code::NOT_TMX)),
        ] {
            assert_eq!(
                judge(doctype, &TMX).err().map(|(code, _)| code),
                expected,
                "{doctype}"
            );
        }
    }
}
