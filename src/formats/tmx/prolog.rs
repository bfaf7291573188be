//! The DOCTYPE: common in TMX, useful for nothing, and the way in for entity bombs and foreign files.
//! It is passed over when all it does is to name the DTD of TMX, refused when it does anything else,
//! and never followed.

use crate::formats::error::{code, shown};

/// Judges what stands between `<!DOCTYPE` and `>`.
///
/// # Errors
/// Code and reason.
pub(super) fn judge(doctype: &str) -> Result<(), (&'static str, String)> {
    let doctype = doctype.trim();
    let name_end = doctype
        .find(|c: char| c.is_whitespace() || matches!(c, '[' | '"' | '\''))
        .unwrap_or(doctype.len());
    let (name, rest) = doctype.split_at(name_end);
    if !name.eq_ignore_ascii_case("tmx") {
        return Err((
            code::NOT_TMX,
            format!("the document type is `{}`, not `tmx`", shown(name)),
        ));
    }
    let refused = |reason: String| Err((code::DOCTYPE_NOT_ALLOWED, reason));
    let Some((keyword, literals)) = literals(rest.trim()) else {
        return refused("the DOCTYPE declares entities or something else".into());
    };
    let points_to_tmx = match (keyword, literals.as_slice()) {
        ("", []) => true,
        ("SYSTEM", [system]) | ("PUBLIC", [_, system]) => is_tmx_dtd(system),
        ("PUBLIC", [public]) => public
            .to_ascii_lowercase()
            .contains("translation memory exchange"),
        _ => false,
    };
    if points_to_tmx {
        Ok(())
    } else {
        refused("the DOCTYPE points to something other than a TMX DTD".into())
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
fn is_tmx_dtd(system: &str) -> bool {
    let path = system.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let file = file.trim().to_ascii_lowercase();
    file.starts_with("tmx") && file.ends_with(".dtd")
}

#[cfg(test)]
mod tests {
    use super::*;

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
                judge(doctype).err().map(|(code, _)| code),
                expected,
                "{doctype}"
            );
        }
    }
}
