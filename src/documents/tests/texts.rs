//! Plain text, Markdown and HTML: what is seen, and what an edit changes.

use super::*;
use crate::documents::code;

const NAME: &[(&str, &str)] = &[("People's Mojahedin", "PMOI"), ("MeK", "MEK <&>")];

#[test]
fn plain_text_is_whole_and_is_edited_in_place() {
    let text = "\u{FEFF}The MeK\r\n\r\nand the MeK.\n";
    assert_eq!(texts(Kind::Text, text), ["The MeK\r\n\r\nand the MeK.\n"]);
    assert_eq!(
        replaced_text(Kind::Text, text, &[("MeK", "PMOI")]),
        "\u{FEFF}The PMOI\r\n\r\nand the PMOI.\n"
    );
    assert_eq!(texts(Kind::Text, " \n\n"), Vec::<String>::new());
}

#[test]
fn a_long_text_comes_in_chunks_that_end_at_lines() {
    let line = "The MeK and «سازمان مجاهدین خلق ایران» once more.\n";
    let mut text = line.repeat(20_000);
    text.push_str(&"x".repeat(600_000));
    let chunks = texts(Kind::Text, &text);
    assert!(chunks.len() > 4 && chunks.iter().all(|chunk| chunk.len() <= 256 << 10));
    assert_eq!(chunks.concat(), text);
    assert!(chunks[0].ends_with('\n'));
    let (output, summary) = replaced(Kind::Text, &text, &[("MeK", "PMOI")]);
    assert_eq!(summary.edits, 20_000);
    assert_eq!(output, text.replace("MeK", "PMOI").into_bytes());
}

#[test]
fn paragraphs_know_their_line_and_byte() {
    let mut places = Vec::new();
    read(
        Kind::Html,
        b"<p>one\n<p>two <b>2</b></p>\n\n<h1> three</h1>",
        &mut |p| {
            places.push((p.number, p.line, p.byte, p.text.to_owned()));
        },
    )
    .unwrap();
    assert_eq!(
        places,
        [
            (0, 1, 3, "one ".to_owned()),
            (1, 2, 10, "two 2".to_owned()),
            (2, 4, 33, "three".to_owned())
        ]
    );
}

#[test]
fn of_html_a_reader_sees() {
    for (html, expected) in [
        ("<p>a <b>b</b>c</p><p>d", &["a bc", "d"][..]),
        ("<p>  a \n\t b <i> c</i> </p>", &["a b c "]),
        (
            "a&amp;b&nbsp;c&#x6F;&rsquo;&notit;&unknown;&",
            &["a&b\u{A0}co’¬it;&unknown;&"],
        ),
        ("a<br>b", &["a\nb"]),
        (
            "a<!-- x --><!doctype x>b<!-->c<!--->d<!-- -- --!>e<?php x?>f",
            &["abcdef"],
        ),
        (
            "<title>T &amp; <b></title><textarea>no</textarea>",
            &["T & <b>"],
        ),
        (
            "<script>var a='<p>no';<!-- <script> </script> --></script>yes",
            &["yes"],
        ),
        (
            "<style>p>a{}</style><p title='a>b' class=\"c>d\" e=f>x</p>",
            &["x"],
        ),
        (
            "PMOI<sup>1</sup>, <code>x</code> <pre>no <b>n</b></pre>y",
            &["PMOI, \u{FFFC} ", "y"],
        ),
        (
            "<svg><title>n</title><style><p></style></svg> a <del>b</del>",
            &["\u{FFFC} a \u{FFFC}"],
        ),
        ("<p>a<sup>1<p>b", &["a", "b"]),
        ("1 < 2 <3 </ x>a</>b", &["1 < 2 <3 ab"]),
        (
            "a<img alt='b'>c<wbr>d <template><p>n</p></template>",
            &["a\u{FFFC}cd "],
        ),
        (
            "<td>a<td>b<li>c<div>d<span>e</div>f",
            &["a", "b", "c", "de", "f"],
        ),
        ("<p>a <unclosed", &["a "]),
        ("<pre><code>x</pre>y", &["y"]),
    ] {
        assert_eq!(texts(Kind::Html, html), expected, "{html}");
    }
}

#[test]
fn html_is_edited_in_its_text_alone() {
    for (html, expected) in [
        (
            "<p class='MeK'>The <b>People&rsquo;s</b> MeK<!-- MeK -->",
            "<p class='MeK'>The <b>People&rsquo;s</b> MEK &lt;&amp;&gt;<!-- MeK -->",
        ),
        (
            "<p>the <b>People's</b>\n  Mojahedin of",
            "<p>the <b>PMOI</b> of",
        ),
        (
            "<p>the <b>People's </b> <i>Moja</i>hedin of",
            "<p>the <b>PMOI</b><i></i> of",
        ),
        ("the Pe&#111;ple&apos;s Mojahedin", "the PMOI"),
        (
            "the People's<br>Mojahedin <code>MeK</code>",
            "the People's<br>Mojahedin <code>MeK</code>",
        ),
        (
            "<a href='MeK'>MeK</a>",
            "<a href='MeK'>MEK &lt;&amp;&gt;</a>",
        ),
    ] {
        let html = format!("<meta charset=utf-8>{html}");
        let expected = format!("<meta charset=utf-8>{expected}");
        assert_eq!(replaced_text(Kind::Html, &html, NAME), expected);
    }
}

#[test]
fn html_that_says_no_encoding_gets_references() {
    let pairs = &[("NAME", "ایران")];
    let references = "&#x627;&#x6CC;&#x631;&#x627;&#x646;";
    assert_eq!(
        replaced_text(Kind::Html, "<p>NAME", pairs),
        format!("<p>{references}")
    );
    assert_eq!(
        replaced_text(Kind::Html, "<meta charset=windows-1256>NAME", pairs),
        format!("<meta charset=windows-1256>{references}")
    );
    assert_eq!(replaced_text(Kind::Html, "é NAME", pairs), "é ایران");
    assert_eq!(
        replaced_text(Kind::Html, "<meta charset=\"UTF-8\">NAME", pairs),
        "<meta charset=\"UTF-8\">ایران"
    );
    let error = try_texts(Kind::Html, "<meta charset='windows-1256'>é").unwrap_err();
    assert_eq!(error.code, code::ENCODING_ERROR);
}

#[test]
fn of_markdown_a_reader_sees() {
    for (markdown, expected) in [
        ("# A *b*\n\nc **d**e\nf\n", &["A b", "c de f"][..]),
        (
            "a `code` b\n\n    code\n\n```\ncode\n```\n",
            &["a \u{FFFC} b"],
        ),
        (
            "[text](target \"title\") <http://x.y> ![alt *a* [b](c)](i) z",
            &["text \u{FFFC} \u{FFFC} z"],
        ),
        ("a\\*b&amp;c&#x64;", &["a*b&cd"]),
        (
            "---\ntitle: MeK\n---\n\n<div>MeK</div>\n\na<b>c</b><br>d",
            &["ac\nd"],
        ),
        (
            "| a | b\\|c |\n|---|---|\n| d | e |\n",
            &["a", "b|c", "d", "e"],
        ),
        ("- a\n- b\n  - c\n\n1. d\n", &["a", "b", "c", "d"]),
        ("> a \n> b\n\na[^1]\n\n[^1]: note\n", &["a b", "a", "note"]),
        ("a  \nb", &["a\nb"]),
        ("[x]: http://y\n\n[x]\n", &["x"]),
    ] {
        assert_eq!(texts(Kind::Markdown, markdown), expected, "{markdown}");
    }
}

#[test]
fn markdown_is_edited_in_its_text_alone() {
    for (markdown, expected) in [
        ("the **People's** Mojahedin of", "the **PMOI** of"),
        ("the People's **Mojahedin** of", "the PMOI of"),
        ("the People's ***Mojahedin*** of", "the PMOI of"),
        ("> the People's\n> Mojahedin, of\n", "> the PMOI, of\n"),
        (
            "People's\\\nMojahedin `MeK` [a](MeK)",
            "People's\\\nMojahedin `MeK` [a](MeK)",
        ),
        (
            "[MeK](MeK \"MeK\") **MeK**",
            "[MEK \\<\\&\\>](MeK \"MeK\") **MEK \\<\\&\\>**",
        ),
        // The marks would not hold any more: taken back.
        ("People's *Mojahedin Khalq*", "People's *Mojahedin Khalq*"),
        ("[MeK]\n\n[MeK]: x\n", "[MeK]\n\n[MeK]: x\n"),
        ("[MeK]: x\n\nMeK\n", "[MeK]: x\n\nMEK \\<\\&\\>\n"),
    ] {
        assert_eq!(replaced_text(Kind::Markdown, markdown, NAME), expected);
    }
}

#[test]
fn a_replacement_never_becomes_markup() {
    for to in [
        "# a", "- a", "1. a", "*a*", "<b>", "&amp;", "[a](b)", "~~a~~", "`a`", "a | b", "_a_", "\\",
    ] {
        let input = "NAME\n\nx NAME y *NAME*\n\n| NAME |\n|---|\n";
        let markdown = replaced_text(Kind::Markdown, input, &[("NAME", to)]);
        let seen = texts(Kind::Markdown, &markdown);
        assert_eq!(
            seen,
            [to.to_owned(), format!("x {to} y {to}"), to.to_owned()],
            "{markdown}"
        );
        let html = replaced_text(Kind::Html, "<p>NAME<p>x <b>NAME</b>", &[("NAME", to)]);
        assert_eq!(texts(Kind::Html, &html), [to.to_owned(), format!("x {to}")]);
    }
}

#[test]
fn edits_that_are_none_of_the_paragraph_are_refused() {
    let backwards = std::ops::Range { start: 5, end: 4 };
    for range in [0..99, backwards, 1..2, 0..0] {
        let mut output = Vec::new();
        let result = rewrite(Kind::Html, "<p>é MeK".as_bytes(), &mut output, &mut |_| {
            let edit = Edit {
                range: range.clone(),
                replacement: "x".to_owned(),
            };
            vec![
                edit.clone(),
                Edit {
                    range: 0..2,
                    ..edit
                },
            ]
        });
        if range == (0..0) {
            // An insertion beside a replacement is none of those.
            assert_eq!(output, "<p>xx MeK".as_bytes());
            continue;
        }
        assert_eq!(result.unwrap_err().code, code::BAD_EDIT, "{range:?}");
        assert!(output.is_empty());
    }
}

#[test]
fn edits_that_need_more_than_text_are_counted() {
    let (output, summary) = replaced(Kind::Html, "<p>a<br>b c", &[("a\nb", "x"), ("c", "\n")]);
    assert_eq!(output, b"<p>a<br>b c");
    assert_eq!((summary.edits, summary.skipped.len()), (0, 2));
    assert_eq!(summary.skipped[0].range, 0..3);
}

#[test]
fn a_kind_is_told_by_name_type_and_content() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(Kind::of_media_type(kind.media_type()), Some(kind));
    }
    assert_eq!(Kind::of_path("a/b.DOCX".as_ref()), Some(Kind::Docx));
    assert_eq!(Kind::of_path("a.md".as_ref()), Some(Kind::Markdown));
    assert_eq!(Kind::of_path("docx".as_ref()), None);
    assert_eq!(Kind::sniff(&docx("")), Some(Kind::Docx));
    assert_eq!(Kind::sniff(&odt("")), Some(Kind::Odt));
    assert_eq!(Kind::sniff(b" <!DOCTYPE HTML>"), Some(Kind::Html));
    assert_eq!(Kind::sniff(b"text"), None);
    assert_eq!(Kind::sniff(&zipped(&[("a", b"b")])), None);
}
