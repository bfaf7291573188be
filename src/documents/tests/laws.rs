//! What holds for all documents.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::documents::html::tests::decoded_tokens;

/// Text with what needs care in any kind.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "MeK",
        "b ",
        " ",
        "&",
        "<",
        ">",
        "\"",
        "'",
        "é",
        "ایران",
        "\u{200C}",
        "]]>",
        "😀",
        "x;",
        "#",
    ]);
    vec(piece, 1..20).prop_map(|pieces| pieces.concat())
}

/// Bytes at which to cut, and edits, both as shares of the length.
type Shares = (Vec<f64>, Vec<(f64, f64, String)>);

fn shares() -> impl Strategy<Value = Shares> {
    let replacement = prop::sample::select(vec!["", "PMOI", "a b", "<&>", "سازمان"]);
    let edit = (0.0..1.0, 0.0..1.0, replacement.prop_map(str::to_owned));
    (vec(0.0..1.0, 0..5), vec(edit, 0..4))
}

fn place(text: &str, share: f64) -> usize {
    let mut at = (text.len() as f64 * share) as usize;
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

fn pieces<'t>(text: &'t str, shares: &[f64]) -> Vec<&'t str> {
    let mut cuts: Vec<usize> = shares.iter().map(|share| place(text, *share)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

/// Edits of a text that do not overlap.
fn edits(text: &str, shares: &[(f64, f64, String)]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = shares
        .iter()
        .map(|(from, to, new)| {
            let (from, to) = (place(text, from.min(*to)), place(text, from.max(*to)));
            Edit {
                range: from..to,
                replacement: new.clone(),
            }
        })
        .collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut end = 0;
    // Two that meet at one place could go in either order.
    edits.retain(|edit| {
        let keep = edit.range.start >= end && (end == 0 || edit.range.start > end);
        if keep {
            end = edit.range.end;
        }
        keep
    });
    edits
}

fn model(text: &str, edits: &[Edit]) -> String {
    let mut result = text.to_owned();
    for edit in edits.iter().rev() {
        result.replace_range(edit.range.clone(), &edit.replacement);
    }
    result
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace("]]>", "]]&gt;")
}

/// Rewrites one paragraph and reads it again: its text before, what it should be, what it is.
fn one(kind: Kind, input: &[u8], shares: &[(f64, f64, String)]) -> Option<(String, String)> {
    let mut expected = None;
    let mut output = Vec::new();
    let summary = rewrite(kind, input, &mut output, &mut |p| {
        if p.number > 0 {
            return Vec::new();
        }
        let edits = edits(p.text, shares);
        expected = Some(model(p.text, &edits));
        edits
    })
    .unwrap();
    assert_eq!(summary.skipped, []);
    let expected = expected?;
    let seen = texts(kind, &output).into_iter().next().unwrap_or_default();
    Some((expected, seen))
}

/// White space as HTML and ODT show it, and nothing of what is no text.
fn folded(text: &str) -> String {
    text.split([' ', '\n', '\t'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

proptest! {
    #[test]
    fn docx_is_the_model_however_it_is_cut_into_runs(text in text(), (cuts, changes) in shares()) {
        let runs: String = pieces(&text, &cuts)
            .into_iter()
            .map(|piece| format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(piece)))
            .collect();
        if let Some((expected, seen)) = one(Kind::Docx, &docx(&format!("<w:p>{runs}</w:p>")), &changes) {
            prop_assert!(expected == seen || blank(&expected), "{expected:?} {seen:?}");
        }
    }

    #[test]
    fn docx_without_preserved_space_shows_what_it_should(text in text(), (cuts, changes) in shares()) {
        let runs: String = pieces(&text, &cuts)
            .into_iter()
            .map(|piece| format!("<w:r><w:t>{}</w:t></w:r>", escaped(piece)))
            .collect();
        if let Some((expected, seen)) = one(Kind::Docx, &docx(&format!("<w:p>{runs}</w:p>")), &changes) {
            prop_assert!(expected == seen || blank(&expected), "{expected:?} {seen:?}");
        }
    }

    #[test]
    fn odt_is_the_model_however_it_is_cut_into_spans(text in text(), (cuts, changes) in shares()) {
        let spans: String = pieces(&text, &cuts)
            .into_iter()
            .map(|piece| format!("<text:span>{}</text:span>", escaped(piece)))
            .collect();
        if let Some((expected, seen)) = one(Kind::Odt, &odt(&format!("<text:p>{spans}</text:p>")), &changes) {
            prop_assert!(folded(&expected) == folded(&seen) || blank(&expected), "{expected:?} {seen:?}");
        }
    }

    #[test]
    fn html_is_the_model_however_it_is_cut_into_elements(text in text(), (cuts, changes) in shares()) {
        let spans: String = pieces(&text, &cuts)
            .into_iter()
            .map(|piece| format!("<i>{}</i>", escaped(piece)))
            .collect();
        if let Some((expected, seen)) = one(Kind::Html, format!("<p>{spans}").as_bytes(), &changes) {
            prop_assert!(folded(&expected) == folded(&seen) || blank(&expected), "{expected:?} {seen:?}");
        }
    }

    #[test]
    fn markdown_is_the_model_or_says_what_it_left(text in "[a-c*_\\\\`\\[\\]()<>&;!~|#. \n-]{0,40}", (_, changes) in shares()) {
        let mut expected = Vec::new();
        let mut output = Vec::new();
        let summary = rewrite(Kind::Markdown, text.as_bytes(), &mut output, &mut |p| {
            let edits = edits(p.text, &changes);
            expected.push((p.text.to_owned(), edits.clone()));
            edits
        }).unwrap();
        let seen = texts(Kind::Markdown, &output);
        let expected: Vec<String> = expected
            .iter()
            .enumerate()
            .map(|(number, (text, edits))| {
                let kept: Vec<Edit> = edits
                    .iter()
                    .filter(|edit| !summary.skipped.iter().any(|s| s.paragraph == number && s.range == edit.range))
                    .cloned()
                    .collect();
                model(text, &kept)
            })
            .collect();
        prop_assert_eq!(expected, seen);
    }

    #[test]
    fn without_edits_the_output_is_the_input(text in text(), kind in prop::sample::select(Kind::ALL.to_vec())) {
        let input = match kind {
            Kind::Docx => docx(&format!("<w:p>{}</w:p>", run(&escaped(&text)))),
            Kind::Odt => odt(&format!("<text:p>{}</text:p>", escaped(&text))),
            _ => text.into_bytes(),
        };
        let (output, summary) = replaced(kind, &input, &[("MeK", "MeK")]);
        prop_assert!(output == input);
        prop_assert_eq!(summary.edits, 0);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200), kind in prop::sample::select(Kind::ALL.to_vec())) {
        let _ = try_texts(kind, bytes);
    }

    #[test]
    fn no_damage_of_an_archive_makes_it_panic(at in 0.0..1.0, new in any::<u8>(), odt_too in any::<bool>()) {
        let (kind, mut bytes) = match odt_too {
            true => (Kind::Odt, odt("<text:p>MeK</text:p>")),
            false => (Kind::Docx, docx(&run("MeK"))),
        };
        let at = (bytes.len() as f64 * at) as usize;
        bytes[at] = new;
        let _ = rewrite(kind, &bytes, &mut Vec::new(), &mut |p| replacing(p, &[("MeK", "PMOI")]));
    }

    #[test]
    fn tokens_are_those_of_html5gum(pieces in vec(prop::sample::select(vec![
        "<", ">", "/", "!", "-", "--", "<!--", "-->", "--!>", "<p>", "</p>", "<b a='", "'", "\"", "=", " ", "a", "b>",
        "<script>", "</script>", "<SCRIPT ", "</script ", "<title>", "</title>", "<style>", "</style", "&amp;", "&lt",
        "&#x41;", "&#128;", "&notin;", "&notit", "&", ";", "<?", "</", "<!doctype ", "é", "]]>", "<![CDATA[", "<br/>",
        "<textarea>", "</textarea>", "<plaintext>", "<xmp>", "</xmp>", "\n",
    ]), 0..25)) {
        let html = pieces.concat();
        let mut emitter = html5gum::emitters::default::DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut expected: Vec<String> = Vec::new();
        for Ok(token) in html5gum::Tokenizer::new_with_emitter(&html, emitter) {
            let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            match token {
                html5gum::Token::StartTag(tag) => expected.push(format!("<{}", utf8(&tag.name))),
                html5gum::Token::EndTag(tag) => expected.push(format!("</{}", utf8(&tag.name))),
                html5gum::Token::String(text) => match expected.last_mut() {
                    Some(last) if last.starts_with('=') => last.push_str(&utf8(&text)),
                    _ => expected.push(format!("={}", utf8(&text))),
                },
                _ => {}
            }
        }
        prop_assert_eq!(decoded_tokens(&html), expected);
    }
}
