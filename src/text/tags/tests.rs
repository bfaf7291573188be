//! Inline markup: laws and tables of cases.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::prop_assert_eq;

use super::super::corpus::read_xz;
use super::{
    DEEPEST, Element, MOST_ATTRIBUTES, Tag, TagFault, escape, map_text, plain, signature, validate,
};

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "<hi>",
            "</hi>",
            "<ph/>",
            "<bpt i=\"1\">",
            "</bpt>",
            "<ept i='1'>",
            "</ept>",
            "<sub>",
            "</sub>",
            "&lt;",
            "&#1;",
            "&#x41;",
            "&x;",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?",
            "<",
            ">",
            "&",
            "\"",
            "=",
            "متن",
            " type=\"b\"",
            "</",
            "/>",
        ])
        .prop_map(String::from),
        any::<char>().prop_map(String::from),
        Just("text ".to_owned()),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn escaped_text_comes_back(text in "[^\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\u{FFFE}\u{FFFF}]*") {
        prop_assert_eq!(plain(&escape(&text)), Ok(text));
    }

    #[test]
    fn no_input_harms_and_all_readers_agree(tagged in soup()) {
        prop_assert_eq!(plain(&tagged).is_ok(), validate(&tagged).is_ok());
        signature(&tagged);
        if let Err(error) = plain(&tagged) {
            assert!(tagged.is_char_boundary(error.at), "{error}");
        }
    }

    #[test]
    fn codes_around_text_leave_the_text(before in "[a-z ]{0,9}", inside in "[آ-ی ]{0,9}") {
        let tagged = format!("{before}<bpt i=\"1\">&lt;b&gt;</bpt>{inside}<ept i=\"1\">x</ept>");
        prop_assert_eq!(plain(&tagged), Ok(before + &inside));
    }
}

#[test]
fn native_code_is_no_text_and_marked_text_is() {
    for (tagged, expected) in [
        ("", ""),
        (
            "plain &amp; &lt;simple&gt; &quot;&apos;",
            "plain & <simple> \"'",
        ),
        ("&#1740;&#x6CC;&#0065;", "ییA"),
        ("a<ph x=\"1\"/>b", "ab"),
        (
            "a<bpt i=\"1\">&lt;b></bpt>b<ept i=\"1\">&lt;/b></ept>",
            "ab",
        ),
        ("<it pos='begin'>x</it><ut>y</ut>z", "z"),
        (
            "Click <hi type=\"bold\">the <hi>red</hi> key</hi>",
            "Click the red key",
        ),
        (
            "a<ph>&lt;fn><sub>See <bpt>x</bpt>page 3</sub></ph> now",
            "a now",
        ),
        ("a<ph><sub><hi>b</hi></sub></ph>c", "ac"),
        (
            "<![CDATA[5 < 6 & \"x\" ]]>]]&gt;<![CDATA[ end]]>",
            "5 < 6 & \"x\" ]]> end",
        ),
        ("a<!-- no < & text -->b", "ab"),
        ("<ph\n  x = '1'\ttype=\"a>b\" />x", "x"),
        ("<hi >a</hi >", "a"),
        ("  spaces\nkept\t ", "  spaces\nkept\t "),
    ] {
        assert_eq!(plain(tagged).as_deref(), Ok(expected), "{tagged}");
    }
}

#[test]
fn each_fault_is_told_with_its_place() {
    use TagFault as F;
    for (tagged, at, fault) in [
        ("a<b>x</b>", 1, F::UnknownElement("b".into())),
        ("<hi>x", 0, F::Unclosed(Element::Hi)),
        ("x</hi>", 1, F::WrongEnd),
        ("<hi><ph></hi></ph>", 8, F::WrongEnd),
        ("a < b", 2, F::Broken),
        ("a & b", 2, F::Broken),
        ("<ph x=1/>", 6, F::Broken),
        ("<ph x/>", 4, F::Broken),
        ("<ph x=\"a<b\"/>", 8, F::Broken),
        ("<ph x=\"1\"y=\"2\"/>", 9, F::Broken),
        ("<ph x=\"1", 4, F::Broken),
        ("<ph", 3, F::Broken),
        ("<![CDATA[a", 0, F::Broken),
        ("<!-- a", 0, F::Broken),
        ("<hi></hi", 4, F::Broken),
        ("<ph x='1' x='2'/>", 10, F::DuplicateAttribute("x".into())),
        ("&nbsp;", 0, F::UnknownEntity("nbsp".into())),
        ("ی&#0;", 2, F::UnknownEntity("#0".into())),
        ("&#xD800;", 0, F::UnknownEntity("#xD800".into())),
        ("&#+65;", 0, F::UnknownEntity("#+65".into())),
        ("<ph x='&y;'/>", 7, F::UnknownEntity("y".into())),
        ("a\u{1}", 1, F::InvalidCharacter('\u{1}')),
        ("<?php ?>", 0, F::NotAllowed),
        ("<!DOCTYPE x>", 0, F::NotAllowed),
    ] {
        let error = plain(tagged).unwrap_err();
        assert_eq!((error.at, error.fault), (at, fault), "{tagged}");
    }
    let message = plain("a<b>").unwrap_err().to_string();
    assert!(
        message.starts_with("byte 1 of the tagged segment: `b`"),
        "{message}"
    );
    assert!(message.contains("&lt;"), "{message}");
}

#[test]
fn depth_and_attributes_are_limited_without_recursion() {
    let nested = |depth| "<hi>".repeat(depth) + "x" + &"</hi>".repeat(depth);
    assert_eq!(plain(&nested(DEEPEST)).as_deref(), Ok("x"));
    assert_eq!(
        plain(&nested(DEEPEST + 1)).unwrap_err().fault,
        TagFault::TooDeep
    );
    assert_eq!(
        plain(&"<sub>".repeat(1_000_000)).unwrap_err().fault,
        TagFault::TooDeep
    );
    let attributes = |count| {
        let all: Vec<String> = (0..count).map(|n| format!(" a{n}=''")).collect();
        format!("<ph{}/>", all.concat())
    };
    assert_eq!(plain(&attributes(MOST_ATTRIBUTES)).as_deref(), Ok(""));
    let many = plain(&attributes(300_000)).unwrap_err();
    assert_eq!(many.fault, TagFault::TooManyAttributes);
}

#[test]
fn signatures_name_tags_and_not_their_numbers() {
    let tag = |element, label: &str| Tag {
        element,
        label: label.into(),
    };
    assert_eq!(
        signature("a<ph x=\"7\" type=\"x-var\">$1</ph> <bpt i='2'> {\\b </bpt>b<ept i='2'>}</ept>"),
        [
            tag(Element::Ph, "x-var"),
            tag(Element::Bpt, "{\\b"),
            tag(Element::Ept, "}")
        ]
    );
    assert_eq!(
        signature("<hi type='bold'>a<it pos='end'>&lt;/i&gt;</it></hi>"),
        [
            tag(Element::Hi, "bold"),
            tag(Element::It, "end </i>"),
            tag(Element::Hi, "/")
        ]
    );
    assert_eq!(
        signature("<ph>&lt;fn><sub>a<ph>no</ph></sub>&lt;/fn></ph><ut/>"),
        [tag(Element::Ph, "<fn></fn>"), tag(Element::Ut, "")]
    );
    assert_eq!(
        signature("<bpt i='1' x='1'>&lt;b></bpt>one<ept i='1'>&lt;/b></ept>"),
        signature("<bpt i='5' x='9'>&lt;b></bpt>two<ept i='5'>&lt;/b></ept>"),
    );
    assert_eq!(signature("plain"), []);
    assert_eq!(signature("<ph/><b>"), [tag(Element::Ph, "")]);
}

#[test]
fn only_what_xml_needs_is_escaped() {
    assert_eq!(escape("a < b & c > d \r"), "a &lt; b &amp; c &gt; d &#13;");
    assert!(matches!(
        escape("«متن» \"x\"\n"),
        std::borrow::Cow::Borrowed(_)
    ));
}

#[test]
fn segments_of_a_real_memory_are_read() {
    let Some(tmx) = read_xz("sample-en-fa.tmx.xz") else {
        return;
    };
    let segments = tmx.split("<seg>").skip(1);
    let (mut read, mut tags) = (0, 0);
    for segment in segments.filter_map(|rest| rest.split("</seg>").next()) {
        let text = plain(segment);
        assert!(text.is_ok(), "{text:?} in {segment}");
        read += 1;
        tags += signature(segment).len();
    }
    println!("{read} segments, {tags} tags");
    assert!(read > 0 && tags > 0);
}

#[test]
fn text_changes_between_tags_and_nowhere_else() {
    let shout = |text: &str| text.contains('a').then(|| text.replace('a', "<A>"));
    for (tagged, expected) in [
        ("a", "&lt;A&gt;"),
        ("b &amp; c", "b &amp; c"),
        ("b<!-- a -->&#97;", "b&lt;A&gt;"),
        (
            r#"<bpt i="1" type="a">a</bpt>a<ept i="1">a</ept> x<ph/>"#,
            r#"<bpt i="1" type="a">a</bpt>&lt;A&gt;<ept i="1">a</ept> x<ph/>"#,
        ),
        (
            "<hi>a</hi>b<![CDATA[<]]>",
            "<hi>&lt;A&gt;</hi>b<![CDATA[<]]>",
        ),
        ("<ph>a<sub>a</sub></ph>a", "<ph>a<sub>a</sub></ph>&lt;A&gt;"),
    ] {
        assert_eq!(map_text(tagged, shout).unwrap(), expected, "{tagged}");
        assert_eq!(map_text(tagged, |_| None).unwrap(), tagged);
    }
    assert!(map_text("<ph>", |_| None).is_err());
}
