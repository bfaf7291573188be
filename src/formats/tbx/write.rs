//! Writing TBX, one concept at a time. No DOCTYPE: some readers would go and look for the DTD.

use super::{OWN_NOTE, admin_status, ids, term_type};
use crate::formats::segment::named;
use crate::formats::xml::attributes::{is_xml_char, push_text, push_value};
use crate::model::{Concept, Lang, Marks, Name, NameUse};

/// Which TBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// ISO 30042:2008, `martif`.
    V2,
    /// ISO 30042:2019, `tbx`.
    V3,
}

/// The names of elements that differ between the versions.
struct Words {
    entry: &'static str,
    lang: &'static str,
    term: &'static str,
}

impl Version {
    fn words(self) -> Words {
        match self {
            Self::V2 => Words {
                entry: "termEntry",
                lang: "langSet",
                term: "tig",
            },
            Self::V3 => Words {
                entry: "conceptEntry",
                lang: "langSec",
                term: "termSec",
            },
        }
    }
}

/// Writes concepts between a head and an end. TBX has no empty file: at least one concept must be written.
pub struct TbxWriter {
    version: Version,
}

impl TbxWriter {
    /// Writes everything before the first concept.
    pub fn begin(out: &mut String, version: Version) -> Self {
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let (root, header) = match version {
            Version::V2 => (
                "<martif type=\"TBX-Basic\" xml:lang=\"en\">",
                "martifHeader",
            ),
            Version::V3 => (
                "<tbx type=\"TBX-Basic\" style=\"dca\" xml:lang=\"en\" xmlns=\"urn:iso:std:iso:30042:ed-2\">",
                "tbxHeader",
            ),
        };
        out.push_str(root);
        out.push_str(&format!(
            "\n<{header}><fileDesc><titleStmt><title>Glossary</title></titleStmt>\
             <sourceDesc><p>Exported from Hamzaban</p></sourceDesc></fileDesc>"
        ));
        if version == Version::V2 {
            out.push_str("<encodingDesc><p type=\"XCSURI\">TBXXCS.xcs</p></encodingDesc>");
        }
        out.push_str(&format!("</{header}>\n<text><body>\n"));
        Self { version }
    }

    /// Writes everything behind the last concept.
    pub fn end(&self, out: &mut String) {
        out.push_str("</body></text>\n");
        out.push_str(match self.version {
            Version::V2 => "</martif>\n",
            Version::V3 => "</tbx>\n",
        });
    }

    /// Writes a concept; on an error `out` is as it was.
    ///
    /// # Errors
    /// Why TBX cannot hold it: it has no name, or a character that XML forbids.
    pub fn concept(&self, out: &mut String, concept: &Concept) -> Result<(), String> {
        let before = out.len();
        let written = self.entry(out, concept);
        if written.is_err() {
            out.truncate(before);
        }
        written
    }

    fn entry(&self, out: &mut String, concept: &Concept) -> Result<(), String> {
        if concept.names.is_empty() {
            return Err("it has no name".into());
        }
        let words = self.version.words();
        out.push_str(&format!(
            "<{} id=\"{}\">\n",
            words.entry,
            ids::to_xml(&concept.id)
        ));
        if let Some(subject) = &concept.subject {
            element(out, "descrip", Some("subjectField"), None, subject)?;
        }
        let mut defined: Vec<&Lang> = Vec::new();
        for (lang, definition) in &concept.definitions {
            if !concept.names.iter().any(|name| name.lang == *lang) {
                element(out, "descrip", Some("definition"), Some(lang), definition)?;
                defined.push(lang);
            }
        }
        for names in concept.names.chunk_by(|a, b| a.lang == b.lang) {
            let Some(Name { lang, .. }) = names.first() else {
                continue;
            };
            out.push_str(&format!("<{} xml:lang=\"{}\">\n", words.lang, lang));
            if !defined.contains(&lang)
                && let Some(definition) = concept.definitions.get(lang)
            {
                element(out, "descrip", Some("definition"), None, definition)?;
                defined.push(lang);
            }
            for name in names {
                out.push_str(&format!("<{}>", words.term));
                term(out, name)?;
                out.push_str(&format!("</{}>\n", words.term));
            }
            out.push_str(&format!("</{}>\n", words.lang));
        }
        out.push_str(&format!("</{}>\n", words.entry));
        Ok(())
    }
}

fn term(out: &mut String, name: &Name) -> Result<(), String> {
    let (status, more_status) = admin_status(name.status);
    let (form, more_form) = term_type(name.form);
    element(out, "term", None, None, &name.text)?;
    element(out, "termNote", Some("administrativeStatus"), None, status)?;
    element(out, "termNote", Some("termType"), None, form)?;
    let mut own = Vec::new();
    if more_status {
        own.push(name.status.as_str().to_owned());
    }
    if more_form {
        own.push(name.form.as_str().to_owned());
    }
    if name.usage != NameUse::Any {
        own.push(format!("use={}", name.usage));
    }
    if name.marks != Marks::default() {
        own.push(name.marks.to_string());
    }
    let could_be_taken_for_ours = |note: &String| note.starts_with(OWN_NOTE);
    if !own.is_empty() || name.note.as_ref().is_some_and(could_be_taken_for_ours) {
        let own = format!("{OWN_NOTE} {}", own.join(" "));
        element(out, "note", None, None, own.trim_end())?;
    }
    if let Some(note) = &name.note {
        element(out, "note", None, None, note)?;
    }
    if let Some(style) = &name.style {
        element(out, "admin", Some("customerSubset"), None, style)?;
    }
    if let Some(source) = &name.source {
        element(out, "admin", Some("source"), None, source)?;
    }
    Ok(())
}

fn element(
    out: &mut String,
    name: &str,
    kind: Option<&str>,
    lang: Option<&Lang>,
    text: &str,
) -> Result<(), String> {
    if let Some(c) = text.chars().find(|c| !is_xml_char(*c)) {
        return Err(format!("{} in XML", named(c)));
    }
    out.push('<');
    out.push_str(name);
    if let Some(lang) = lang {
        out.push_str(&format!(" xml:lang=\"{lang}\""));
    }
    if let Some(kind) = kind {
        out.push_str(" type=\"");
        push_value(out, kind);
        out.push('"');
    }
    out.push('>');
    push_text(out, text);
    out.push_str(&format!("</{name}>"));
    Ok(())
}
