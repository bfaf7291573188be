//! DOCX and ODT: what is seen, and what an edit changes in the parts.

use super::*;

/// The paragraphs of one paragraph's content.
fn seen_docx(runs: &str) -> Vec<String> {
    texts(Kind::Docx, docx(&format!("<w:p>{runs}</w:p>")))
}

fn edited_docx(runs: &str, pairs: &[(&str, &str)]) -> String {
    let input = docx(&format!("<w:p>{runs}</w:p>"));
    let (output, _) = replaced(Kind::Docx, input, pairs);
    let xml = part(&output, "word/document.xml");
    let (_, behind) = xml.split_once("<w:body><w:p>").unwrap();
    behind
        .strip_suffix("</w:p></w:body></w:document>")
        .unwrap()
        .to_owned()
}

fn edited_odt(paragraph: &str, pairs: &[(&str, &str)]) -> String {
    let input = odt(&format!("<text:p>{paragraph}</text:p>"));
    let (output, _) = replaced(Kind::Odt, input, pairs);
    let xml = part(&output, "content.xml");
    let (_, behind) = xml.split_once("<office:text><text:p>").unwrap();
    let (inside, _) = behind.rsplit_once("</text:p></office:text>").unwrap();
    inside.to_owned()
}

#[test]
fn of_docx_a_reader_sees() {
    let field = |kind: &str| format!(r#"<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>"#);
    let hyperlink = format!(
        "{}{}{}<w:r><w:instrText> HYPERLINK \"MeK\" </w:instrText></w:r>{}{}{}{}",
        run("a"),
        field("begin"),
        run("no"),
        field("separate"),
        run("b"),
        field("end"),
        run("c")
    );
    for (runs, expected) in [
        (run("a") + &run("b &amp; &#x63;<![CDATA[<d>]]>"), &["ab & c<d>"][..]),
        (run(" a ") + r#"<w:r><w:t xml:space="preserve"> b </w:t></w:r>"#, &["a b "]),
        (
            "<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>".into(),
            &["a\tb\nc\u{2011}d"],
        ),
        (format!("{}<w:del><w:r><w:t>x</w:t><w:delText>y</w:delText></w:r></w:del><w:ins>{}</w:ins><w:moveFrom>{}</w:moveFrom>", run("a"), run("b"), run("z")), &["ab"]),
        (hyperlink, &["abc"]),
        (
            format!("{}<w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r><w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:t>1</w:t></w:r><w:r><w:rPr><w:vanish w:val=\"0\"/><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>b</w:t></w:r>", run("a")),
            &["ab"],
        ),
        (format!("{}<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath><w:hyperlink w:anchor=\"q\">{}</w:hyperlink><w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", run("a"), run("b"), run("c")), &["a\u{FFFC}bc"]),
        (format!("{}<w:r><w:footnoteReference w:id=\"1\"/></w:r>{}", run("a"), run("b")), &["ab"]),
        (
            format!("{}<w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:anchor><w:p>{}</w:p></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><w:p>{}</w:p></w:pict></mc:Fallback></mc:AlternateContent></w:r>{}", run("a"), run("box"), run("box"), run("b")),
            &["box", "ab"],
        ),
    ] {
        assert_eq!(seen_docx(&runs), expected, "{runs}");
    }
}

#[test]
fn docx_is_edited_in_its_text_alone() {
    let name = &[("People's Mojahedin", "PMOI <&>")];
    for (runs, expected) in [
        (run("the People's Mojahedin of"), run("the PMOI &lt;&amp;&gt; of")),
        (
            "<w:r><w:rPr><w:b/></w:rPr><w:t>the People&apos;s</w:t></w:r><w:proofErr/><w:r><w:t xml:space=\"preserve\"> Moja</w:t></w:r><w:bookmarkStart/><w:r><w:t>hedin of</w:t></w:r>".to_owned(),
            "<w:r><w:rPr><w:b/></w:rPr><w:t>the PMOI &lt;&amp;&gt;</w:t></w:r><w:proofErr/><w:r><w:t xml:space=\"preserve\"></w:t></w:r><w:bookmarkStart/><w:r><w:t xml:space=\"preserve\"> of</w:t></w:r>".to_owned(),
        ),
        (
            "<w:r><w:t> the People's Mojahedin of</w:t></w:r>".to_owned(),
            "<w:r><w:t> the PMOI &lt;&amp;&gt; of</w:t></w:r>".to_owned(),
        ),
        (
            "<w:r><w:t>the <![CDATA[People's Mojahedin]]> of</w:t></w:r>".to_owned(),
            "<w:r><w:t>the <![CDATA[]]>PMOI &lt;&amp;&gt;<![CDATA[]]> of</w:t></w:r>".to_owned(),
        ),
        (
            "<w:r><w:t>People's</w:t><w:tab/><w:t>Mojahedin</w:t></w:r>".to_owned(),
            "<w:r><w:t>People's</w:t><w:tab/><w:t>Mojahedin</w:t></w:r>".to_owned(),
        ),
    ] {
        assert_eq!(edited_docx(&runs, name), expected);
    }
    let hyphen = "<w:r><w:t>Mujahedin</w:t><w:noBreakHyphen/><w:t>e Khalq</w:t></w:r>";
    assert_eq!(
        edited_docx(hyphen, &[("Mujahedin\u{2011}e", "PMOI")]),
        "<w:r><w:t>PMOI</w:t><w:t xml:space=\"preserve\"> Khalq</w:t></w:r>"
    );
    assert_eq!(edited_docx(hyphen, &[("\u{2011}", "-")]), hyphen);
}

#[test]
fn white_space_that_comes_to_an_edge_is_preserved() {
    for (before, after) in [
        (
            "<w:t>\n ABC def </w:t>",
            "<w:t xml:space=\"preserve\"> def</w:t>",
        ),
        (
            "<w:t xml:space='default' >ABC def</w:t>",
            "<w:t xml:space='preserve' > def</w:t>",
        ),
        (
            "<w:t>def ABC</w:t>",
            "<w:t xml:space=\"preserve\">def </w:t>",
        ),
        ("<w:t>ABC</w:t>", "<w:t></w:t>"),
        ("<w:t>d ABC e</w:t>", "<w:t>d  e</w:t>"),
    ] {
        let runs = |t: &str| format!("<w:r>{t}</w:r>{}", run("tail"));
        assert_eq!(edited_docx(&runs(before), &[("ABC", "")]), runs(after));
    }
}

#[test]
fn the_copy_of_a_text_box_for_old_readers_is_edited_but_not_counted() {
    let alternatives = |text: &str| {
        format!(
            "<w:r><mc:AlternateContent><mc:Choice><w:p>{0}</w:p></mc:Choice><mc:Fallback><w:p>{0}</w:p></mc:Fallback></mc:AlternateContent></w:r>",
            run(text)
        )
    };
    let input = docx(&format!("<w:p>{}</w:p>", alternatives("first MeK")));
    let mut asked = 0;
    let mut output = Vec::new();
    let summary = rewrite(Kind::Docx, &input, &mut output, &mut |p| {
        asked += 1;
        replacing(p, &[("MeK", "PMOI")])
    })
    .unwrap();
    assert_eq!((asked, summary.paragraphs, summary.edits), (1, 1, 1));
    assert!(part(&output, "word/document.xml").contains(&alternatives("first PMOI")));
}

#[test]
fn all_parts_with_paragraphs_are_read_and_only_edited_ones_differ() {
    let story = |text: &str| format!("<w:x xmlns:w=\"{WORD}\"><w:p>{}</w:p></w:x>", run(text));
    let parts = [
        ("word/header1.xml", "header", &*story("head MeK")),
        ("word/footer1.xml", "footer", &*story("foot")),
        ("word/footnotes.xml", "footnotes", &*story("note MeK")),
        ("word/endnotes.xml", "endnotes", &*story("end")),
        ("word/comments.xml", "comments", &*story("comment MeK")),
        ("word/styles.xml", "styles", &*story("MeK")),
    ];
    let input = docx_with(&format!("<w:p>{}</w:p>", run("body MeK")), &parts);
    assert_eq!(
        texts(Kind::Docx, &input),
        [
            "body MeK",
            "note MeK",
            "end",
            "head MeK",
            "foot",
            "comment MeK"
        ]
    );
    let (output, summary) = replaced(Kind::Docx, &input, &[("MeK", "PMOI")]);
    assert_eq!(summary.edits, 4);
    for (before, after) in unzipped(&input).into_iter().zip(unzipped(&output)) {
        let edited = ["document", "header1", "footnotes", "comments"];
        assert_eq!(before.0, after.0);
        if edited
            .iter()
            .any(|name| before.0 == format!("word/{name}.xml"))
        {
            let before = String::from_utf8(before.1).unwrap();
            assert_eq!(before.replace("MeK", "PMOI").into_bytes(), after.1);
        } else {
            assert_eq!(before.1, after.1);
        }
    }
}

#[test]
fn of_odt_a_reader_sees() {
    for (body, expected) in [
        (
            "<text:p>a <text:span>b</text:span>\n  c<text:s text:c=\"2\"/>d</text:p>",
            &["a b c  d"][..],
        ),
        (
            "<text:h>a<text:tab/>b<text:line-break/>c</text:h>",
            &["a\tb\nc"],
        ),
        (
            "<text:p> a<text:a xlink:href=\"x\">b</text:a><text:bookmark text:name=\"q\"/>c<text:soft-page-break/>d</text:p>",
            &["abcd"],
        ),
        (
            "<text:tracked-changes><text:changed-region><text:deletion><text:p>x</text:p></text:deletion></text:changed-region></text:tracked-changes><text:p>a<text:change text:change-id=\"1\"/>b</text:p>",
            &["ab"],
        ),
        (
            "<text:p>a<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>note</text:p></text:note-body></text:note>b</text:p>",
            &["note", "ab"],
        ),
        (
            "<text:p>a<office:annotation><dc:creator>x</dc:creator><text:p>c</text:p></office:annotation>b</text:p>",
            &["c", "ab"],
        ),
        (
            "<text:p>a<text:page-number>3</text:page-number>b<draw:frame text:anchor-type=\"as-char\"><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame>c</text:p>",
            &["box", "a\u{FFFC}b\u{FFFC}c"],
        ),
        ("<text:p>a &amp; <![CDATA[<b>]]></text:p>", &["a & <b>"]),
    ] {
        let mut expected: Vec<&str> = expected.to_vec();
        expected.push("Styles");
        assert_eq!(texts(Kind::Odt, odt(body)), expected, "{body}");
    }
}

#[test]
fn odt_is_edited_in_its_text_alone() {
    let name = &[("People's Mojahedin", "PMOI <&>"), ("X", " y  z ")];
    for (paragraph, expected) in [
        ("the People's Mojahedin of", "the PMOI &lt;&amp;&gt; of"),
        (
            "<text:span text:style-name=\"T1\">People's</text:span>\n <text:span> Moja</text:span>hedin of",
            "<text:span text:style-name=\"T1\">PMOI &lt;&amp;&gt;</text:span><text:span></text:span> of",
        ),
        ("aXb", "a<text:s/>y <text:s/>z<text:s/>b"),
        (
            "People's<text:line-break/>Mojahedin",
            "People's<text:line-break/>Mojahedin",
        ),
        (
            "People's <text:note><text:note-body><text:p>n</text:p></text:note-body></text:note>Mojahedin",
            "PMOI &lt;&amp;&gt;<text:note><text:note-body><text:p>n</text:p></text:note-body></text:note>",
        ),
    ] {
        assert_eq!(edited_odt(paragraph, name), expected);
    }
    assert_eq!(
        edited_odt("a<text:s text:c=\"3\"/>b", &[("a ", "A")]),
        "A<text:s/><text:s/>b"
    );
}

#[test]
fn the_media_type_of_an_odt_stays_first_and_stored() {
    let (output, _) = replaced(Kind::Odt, odt("<text:p>MeK</text:p>"), &[("MeK", "PMOI")]);
    assert!(output[30..].starts_with(b"mimetypeapplication/vnd.oasis.opendocument.text"));
    assert_eq!(Kind::sniff(&output), Some(Kind::Odt));
}
