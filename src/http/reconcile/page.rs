//! Pages for people: a small one that other programs show in a frame, and one with everything.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};

use super::Asked;
use super::vocabulary::Class;
use crate::engine::{ConceptView, NameEntry};
use crate::http::problem::Problem;
use crate::http::{State, blocking};
use crate::model::{Lang, NameForm, Status};

/// The small page may be in anybody's frame; it has nothing to click on.
pub(in crate::http) const PREVIEW_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *; base-uri 'none'; form-action 'none'";
/// The large one may not.
pub(in crate::http) const VIEW_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Names of a language on the small page.
const FEW: usize = 4;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c2430;--soft:#667085;--line:#e3e7ee;--paper:#fff;--chip:#eef2f8;--good:#0a7a4b;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--line:#313845;--paper:#171b22;--chip:#242b36;--good:#5fd39b;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--paper);color:var(--ink);font:15px/1.55 Vazirmatn,'Noto Sans',system-ui,'Segoe UI',Tahoma,sans-serif}
main{max-width:46rem;margin:0 auto}
h1,h2,p{margin:0}
h1{font-size:1.5rem;line-height:1.3;font-weight:650}
h1[dir=rtl]{margin-top:.2rem;font-weight:550}
h2{font-size:.85rem;color:var(--soft);font-weight:600;margin:1.6rem 0 .3rem}
.facts{margin:.6rem 0 0;display:flex;gap:.5rem;flex-wrap:wrap;align-items:center;color:var(--soft);font-size:.85rem}
.chip{background:var(--chip);border-radius:1rem;padding:.05rem .65rem;color:var(--ink)}
code{font:.85rem ui-monospace,Menlo,Consolas,monospace}
.about{margin-top:.6rem}
ul{list-style:none;margin:0;padding:0}
li{display:flex;gap:.75rem;align-items:baseline;justify-content:space-between;padding:.35rem 0;border-top:1px solid var(--line)}
li small{color:var(--soft);white-space:nowrap;direction:ltr;unicode-bidi:isolate}
.preferred small b,.admitted small b{color:var(--good);font-weight:600}
.deprecated small b,.forbidden small b{color:var(--bad);font-weight:600}
.forbidden .name,.deprecated .name{color:var(--soft)}
.preferred .name{font-weight:600}
.note{display:block;color:var(--soft);font-size:.85rem}
.small{padding:.7rem .8rem;font-size:13px;line-height:1.45}
.small h1{font-size:1.05rem}
.small .facts{margin:.35rem 0 .4rem;font-size:.75rem}
.small p[dir]{color:var(--soft)}
";

/// Show a concept in a few lines, for a frame
#[utoipa::path(get, path = "/reconcile/preview", tag = "reconcile",
    params(("id" = String, Query, description = "The concept's id.")),
    responses(
        (status = 200, description = "A page of HTML."),
        (status = 404, description = "There is no such concept."),
    ))]
pub(in crate::http) async fn preview(
    asked: Asked,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let concept = concept(asked, &state).await?;
    Ok(html(&concept, "small", &card(&concept)))
}

/// Show a concept with all its names
#[utoipa::path(get, path = "/reconcile/view", tag = "reconcile",
    params(("id" = String, Query, description = "The concept's id.")),
    responses(
        (status = 200, description = "A page of HTML."),
        (status = 404, description = "There is no such concept."),
    ))]
pub(in crate::http) async fn view(
    asked: Asked,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let concept = concept(asked, &state).await?;
    let mut body = head(&concept);
    for (lang, text) in &concept.definitions {
        body.push_str(&in_language("p", lang, "about", text));
    }
    for (lang, names) in by_language(&concept) {
        let called = language(lang);
        let _ = write!(body, "<h2>{}</h2>", escape(&called));
        let _ = write!(
            body,
            "<ul lang=\"{}\" dir=\"{}\">",
            lang.as_str(),
            dir(lang)
        );
        names.iter().for_each(|name| body.push_str(&row(name)));
        body.push_str("</ul>");
    }
    Ok(html(&concept, "", &body))
}

async fn concept(asked: Asked, state: &State) -> Result<ConceptView, Problem> {
    let id = asked.fields.get("id").unwrap_or_default().trim().to_owned();
    let engine = state.engine.clone();
    blocking(move || engine.concept(&asked.caller, &id)).await
}

fn html(concept: &ConceptView, class: &str, body: &str) -> HttpResponse {
    let title = preferred(concept, "en").unwrap_or(concept.id.as_str());
    let title = escape(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body class=\"{class}\"><main>{body}</main></body></html>\n"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(page)
}

/// The concept in a few lines.
pub(super) fn card(concept: &ConceptView) -> String {
    let mut body = head(concept);
    for (lang, names) in by_language(concept) {
        let right = names.iter().filter(|name| {
            name.status.is_none_or(Status::is_right)
                && name.form != NameForm::Spelling
                && preferred(concept, lang.group().as_str()) != Some(&name.text)
        });
        let mut right: Vec<&&NameEntry> = right.collect();
        right.sort_by_key(|name| name.form != NameForm::Acronym);
        let few: Vec<&str> = right
            .iter()
            .take(FEW)
            .map(|name| name.text.as_str())
            .collect();
        if !few.is_empty() {
            let comma = if dir(lang) == "rtl" { "، " } else { ", " };
            body.push_str(&in_language("p", lang, "", &few.join(comma)));
        }
    }
    body
}

/// A few words on something else.
pub(super) fn note(name: &str, about: &str) -> String {
    format!("<p><b>{}</b></p><p>{}</p>", escape(name), escape(about))
}

/// What it is called, what it is, its id.
fn head(concept: &ConceptView) -> String {
    let mut head = String::new();
    for lang in ["en", "fa"]
        .iter()
        .filter_map(|lang| Lang::parse(lang).ok())
    {
        if let Some(name) = preferred(concept, lang.as_str()) {
            head.push_str(&in_language("h1", &lang, "", name));
        }
    }
    let kind = Class::of(concept.kind).name;
    let id = escape(concept.id.as_str());
    let subject = concept.subject.as_deref().map(escape).unwrap_or_default();
    let _ = write!(
        head,
        "<p class=\"facts\"><span class=\"chip\">{kind}</span><code>{id}</code><span>{subject}</span></p>"
    );
    head
}

fn preferred<'a>(concept: &'a ConceptView, lang: &str) -> Option<&'a str> {
    concept.preferred.get(lang).map(String::as_str)
}

/// The names of each language, English and Persian first, the best first.
fn by_language(concept: &ConceptView) -> Vec<(&Lang, Vec<&NameEntry>)> {
    let mut groups: Vec<(&Lang, Vec<&NameEntry>)> = Vec::new();
    for name in &concept.names {
        match groups.iter_mut().find(|(lang, _)| lang.meets(&name.lang)) {
            Some((_, names)) => names.push(name),
            None => groups.push((&name.lang, vec![name])),
        }
    }
    let place = |lang: &Lang| match lang.group().as_str() {
        "en" => 0,
        "fa" => 1,
        _ => 2,
    };
    groups.sort_by_key(|(lang, _)| place(lang));
    for (_, names) in &mut groups {
        names.sort_by_key(|name| name.status);
    }
    groups
}

fn row(name: &NameEntry) -> String {
    let status = name.status.map_or("", Status::as_str);
    let mut facts = name.form.as_str().to_owned();
    if let Some(style) = &name.style {
        let _ = write!(facts, ", {style}");
    }
    let note = name.note.as_deref().map(|note| {
        let note = escape(note);
        format!("<span class=\"note\" dir=\"auto\">{note}</span>")
    });
    format!(
        "<li class=\"{status}\"><span><span class=\"name\">{}</span>{}</span><small lang=\"en\"><b>{status}</b> {}</small></li>",
        escape(&name.text),
        note.unwrap_or_default(),
        escape(&facts),
    )
}

fn in_language(tag: &str, lang: &Lang, class: &str, text: &str) -> String {
    let (code, dir, text) = (lang.as_str(), dir(lang), escape(text));
    let class = match class {
        "" => String::new(),
        class => format!(" class=\"{class}\""),
    };
    format!("<{tag}{class} lang=\"{code}\" dir=\"{dir}\">{text}</{tag}>")
}

/// Which way a language is written.
fn dir(lang: &Lang) -> &'static str {
    let group = lang.group();
    let from_right = match group.as_str().split_once('-') {
        Some((_, script)) => matches!(script, "Arab" | "Hebr" | "Thaa" | "Syrc" | "Nkoo"),
        None => matches!(
            group.as_str(),
            "fa" | "prs"
                | "ar"
                | "he"
                | "ur"
                | "ps"
                | "ckb"
                | "sd"
                | "ug"
                | "yi"
                | "dv"
                | "azb"
                | "lrc"
                | "glk"
                | "mzn"
        ),
    };
    if from_right { "rtl" } else { "ltr" }
}

fn language(lang: &Lang) -> String {
    let name = match lang.group().as_str() {
        "en" => "English",
        "fa" => "Persian · فارسی",
        "prs" => "Dari · دری",
        "ar" => "Arabic · العربية",
        "de" => "German · Deutsch",
        "fr" => "French · Français",
        "es" => "Spanish · Español",
        "it" => "Italian · Italiano",
        "tr" => "Turkish · Türkçe",
        "ku" | "ckb" => "Kurdish · کوردی",
        _ => lang.as_str(),
    };
    name.to_owned()
}

/// Text as it may stand in a page, in an attribute, too.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_from_the_right_says_so() {
        for (tag, expected) in [
            ("fa", "rtl"),
            ("fa-IR", "rtl"),
            ("per", "rtl"),
            ("fa-AF", "rtl"),
            ("ku-Arab", "rtl"),
            ("fa-Latn", "ltr"),
            ("en", "ltr"),
            ("ku", "ltr"),
            ("x-other", "ltr"),
        ] {
            if let Ok(lang) = Lang::parse(tag) {
                assert_eq!(dir(&lang), expected, "{tag}");
            }
        }
    }

    #[test]
    fn names_cannot_act_on_a_page() {
        let hostile = "<img src=x onerror='a()'>\"&";
        let safe = escape(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'']), "{safe}");
        assert!(note(hostile, hostile).matches('<').count() == 6);
    }
}
