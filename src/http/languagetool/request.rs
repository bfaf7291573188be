//! What clients send: a form in the address or the body, whatever Content-Type says, also where it is not encoded, as
//! `LibreOffice` before 7.6 does it. Languages and parameters that nobody knows make no client fail.

use actix_web::{HttpRequest, http::header, web};

use super::MAX_TEXT;
use super::text::Document;
use crate::engine::CheckPair;
use crate::http::body;
use crate::http::problem::Problem;
use crate::model::Lang;
use actix_web::http::StatusCode;

/// The languages that clients are told of: those of the glossary that ships, in the regions that editors name.
pub(super) const LANGUAGES: [(&str, &str); 11] = [
    ("English", "en"),
    ("English (US)", "en-US"),
    ("English (GB)", "en-GB"),
    ("English (Australian)", "en-AU"),
    ("English (Canadian)", "en-CA"),
    ("English (New Zealand)", "en-NZ"),
    ("English (South African)", "en-ZA"),
    ("English (Ireland)", "en-IE"),
    ("Persian", "fa"),
    ("Persian (Iran)", "fa-IR"),
    ("Persian (Afghanistan)", "fa-AF"),
];

/// The language without its region.
pub(super) fn short(code: &str) -> &str {
    code.split('-').next().unwrap_or(code)
}

/// The parameters of the protocol. Others in a request without a User-Agent are pieces of a text with `&` in it.
const KNOWN: [&str; 36] = [
    "abtest",
    "allowIncompleteResults",
    "apiKey",
    "c",
    "callback",
    "data",
    "dict",
    "dicts",
    "disabledCategories",
    "disabledRules",
    "enableHiddenRules",
    "enableTempOffRules",
    "enabledCategories",
    "enabledOnly",
    "enabledRules",
    "filterDictionaryMatches",
    "instanceId",
    "language",
    "level",
    "mode",
    "motherTongue",
    "multilingual",
    "noopLanguages",
    "password",
    "preferredLanguages",
    "preferredVariants",
    "ruleValues",
    "sourceLanguage",
    "sourceText",
    "srctext",
    "text",
    "textSessionId",
    "tokenV2",
    "useragent",
    "username",
    "word",
];

/// The parameters of a request; of one that is given twice the first counts.
pub(super) struct Form {
    fields: Vec<(String, String)>,
    key: Option<String>,
}

impl Form {
    /// Reads the body and the address.
    pub(super) async fn read(
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, Problem> {
        let body = body::any(request, payload.into_inner(), body::MAX_BODY).await?;
        let body = std::str::from_utf8(&body).map_err(|error| {
            let place = error.valid_up_to();
            let detail = format!("the body is not UTF-8 at byte {place}: send it as UTF-8");
            Problem::bad_request("invalid_encoding", detail)
        })?;
        let names_itself = request.headers().contains_key(header::USER_AGENT);
        let mut form = Self::of(fields(body.trim_ascii_end(), names_itself)?);
        form.fields.extend(decoded(request.query_string())?);
        Ok(form)
    }

    /// A body's parameters. A key stands there as `apiKey`, or as `username` where a client has no other place; what
    /// stands in an address is none, since logs keep it.
    fn of(fields: Vec<(String, String)>) -> Self {
        let mut form = Self { fields, key: None };
        let named = form.get("username").filter(|name| name.starts_with("hz_"));
        form.key = form.get("apiKey").or(named).map(str::to_owned);
        form
    }

    /// The key that came along.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A parameter, if it says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.fields.iter();
        let (_, value) = all.find(|(own, value)| own == name && !value.is_empty())?;
        Some(value)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.fields.iter().position(|(own, _)| own == name)?;
        Some(self.fields.swap_remove(place).1)
    }

    /// The words of a parameter with commas between.
    fn list(&self, name: &str) -> Vec<String> {
        let words = self.get(name).unwrap_or_default().split(',');
        let words = words.map(str::trim).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    }
}

/// The parameters of a body.
fn fields(body: &str, names_itself: bool) -> Result<Vec<(String, String)>, Problem> {
    match body.strip_prefix("text=") {
        Some(rest) if is_raw(body, names_itself) => Ok(raw(rest)),
        _ => decoded(body),
    }
}

fn decoded(form: &str) -> Result<Vec<(String, String)>, Problem> {
    let fields = web::Query::<Vec<(String, String)>>::from_query(form);
    let fields = fields.map_err(|_| {
        Problem::bad_request("invalid_form", "the form cannot be read: percent-encode it")
    })?;
    Ok(fields.into_inner())
}

/// Whether a body is a form that nobody encoded: it has what no encoded form can have, or, from a client that does
/// not say its name, parameters that are none.
fn is_raw(body: &str, names_itself: bool) -> bool {
    let plain = |byte: u8| (0x21..0x7F).contains(&byte);
    let is_escape = |rest: &str| {
        let mut digits = rest.bytes();
        let mut digit = || digits.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        digit() && digit()
    };
    let is_unknown = |field: &str| !KNOWN.contains(&field.split('=').next().unwrap_or_default());
    !body.bytes().all(plain)
        || !body.split('%').skip(1).all(is_escape)
        || (!names_itself && body.split('&').any(is_unknown))
}

/// The text goes up to the last `&language=`; nothing is decoded.
fn raw(rest: &str) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let Some((text, tail)) = rest.rsplit_once("&language=") else {
        return vec![pair("text", rest)];
    };
    let mut tail = tail.split('&');
    let mut fields = vec![
        pair("text", text),
        pair("language", tail.next().unwrap_or_default()),
    ];
    fields.extend(
        tail.filter_map(|field| field.split_once('='))
            .map(|(n, v)| pair(n, v)),
    );
    fields
}

/// What a check is about.
pub(super) struct Asked {
    /// The text.
    pub(super) document: Document,
    /// Its language as the reply says it.
    pub(super) code: String,
    /// Its language, if that was said and is one.
    pub(super) lang: Option<Lang>,
    /// What its language is by the look of it.
    pub(super) detected: &'static str,
    /// It and the source that it is a translation of, if that came along.
    pub(super) pair: Option<CheckPair>,
    /// Which findings are wanted.
    pub(super) wanted: Wanted,
}

impl Asked {
    /// Reads the parameters of a check.
    pub(super) fn of(mut form: Form) -> Result<Self, Problem> {
        let document = document(form.take("text"), form.take("data"))?;
        let detected = by_look(&document.plain);
        let said = form.get("language").filter(|said| *said != "auto");
        let code = match said {
            Some(said) => said.chars().take(35).collect(),
            None => variant(detected, &form.list("preferredVariants")),
        };
        let lang = said.and_then(|said| Lang::parse(said).ok());
        let pair = pair(&form, &document.plain, lang.as_ref(), detected);
        Ok(Self {
            wanted: Wanted::of(&form),
            document,
            code,
            lang,
            detected,
            pair,
        })
    }
}

/// A translation with its source. The language of either is what was said, else what it looks like.
fn pair(form: &Form, text: &str, lang: Option<&Lang>, detected: &str) -> Option<CheckPair> {
    let source = form.get("srctext").filter(|_| !text.trim().is_empty())?;
    let mother_tongue = form.get("motherTongue");
    let mother_tongue = mother_tongue.and_then(|code| Lang::parse(code).ok());
    Some(CheckPair {
        source: source.to_owned(),
        target: text.to_owned(),
        source_lang: mother_tongue.or_else(|| Lang::parse(by_look(source)).ok())?,
        target_lang: lang.cloned().or_else(|| Lang::parse(detected).ok())?,
        style: None,
    })
}

fn document(text: Option<String>, data: Option<String>) -> Result<Document, Problem> {
    let document = match (text, data) {
        (Some(text), None) => Document::of_text(text),
        (None, Some(data)) => Document::of_data(&data)?,
        (Some(_), Some(_)) => {
            let detail = "both `text` and `data` are given: send one of them";
            return Err(Problem::bad_request("two_texts", detail));
        }
        (None, None) => {
            let detail =
                "the parameter `text` is missing: send it, or `data` with a JSON annotation";
            return Err(Problem::bad_request("missing_field", detail));
        }
    };
    let length = document
        .full
        .len()
        .max(document.plain.encode_utf16().count());
    if length > MAX_TEXT {
        let detail = format!(
            "the text has {length} characters, and {MAX_TEXT} may be sent at once (/v2/maxtextlength): send it in parts"
        );
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            detail,
        ));
    }
    Ok(document)
}

/// `fa` where most letters are of the Arabic script, else `en-US`.
pub(super) fn by_look(text: &str) -> &'static str {
    let (mut arabic, mut others) = (0usize, 0usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        match c {
            '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{FB50}'..='\u{FEFC}' => arabic += 1,
            _ => others += 1,
        }
    }
    if arabic > others { "fa" } else { "en-US" }
}

/// A detected language in the region that the client prefers.
fn variant(detected: &str, preferred: &[String]) -> String {
    let of_it = |code: &&String| short(code) == short(detected);
    preferred
        .iter()
        .find(of_it)
        .map_or(detected, String::as_str)
        .to_owned()
}

/// Which findings a client wants: rules and categories by their ids.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    enabled_rules: Vec<String>,
    disabled_rules: Vec<String>,
    enabled_categories: Vec<String>,
    disabled_categories: Vec<String>,
    only: bool,
}

impl Wanted {
    fn of(form: &Form) -> Self {
        Self {
            enabled_rules: form.list("enabledRules"),
            disabled_rules: form.list("disabledRules"),
            enabled_categories: form.list("enabledCategories"),
            disabled_categories: form.list("disabledCategories"),
            only: matches!(form.get("enabledOnly"), Some("true" | "yes")),
        }
    }

    /// Whether findings of a rule are wanted: `kind` is the rule for all concepts, `id` that for one. What is said of a
    /// rule counts before what is said of its category.
    pub(super) fn takes(&self, kind: &str, id: &str, category: &str) -> bool {
        let rule_in = |list: &[String]| list.iter().any(|own| own == kind || own == id);
        let category_in = |list: &[String]| list.iter().any(|own| own == category);
        if rule_in(&self.disabled_rules) {
            return false;
        }
        if rule_in(&self.enabled_rules) {
            return true;
        }
        if self.only {
            return category_in(&self.enabled_categories);
        }
        !category_in(&self.disabled_categories)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_of(body: &str, names_itself: bool) -> String {
        let mut form = Form::of(fields(body, names_itself).unwrap());
        assert_eq!(form.get("language"), Some("en-US"), "{body}");
        form.take("text").unwrap()
    }

    #[test]
    fn what_nobody_encoded_is_taken_as_it_stands() {
        for text in [
            "😀 R&D 50% a+b; MEK © “q”\nline2",
            "100%25 of AT&T = 2 & 3",
            "سازمان MEK&language=fa-IR بیانیه",
            "a b",
            "50%",
        ] {
            let body = format!("text={text}&language=en-US&username=u@x&apiKey=k");
            assert_eq!(text_of(&body, false), text);
            assert_eq!(text_of(&body, true), text, "also with a name");
            let form = Form::of(fields(&body, false).unwrap());
            assert_eq!(form.key(), Some("k"));
        }
        assert_eq!(text_of("text=R&D&language=en-US", false), "R&D");
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let body = "language=en-US&text=The+MEK+%26+R%2BD+50%25+%F0%9F%98%80.";
        assert_eq!(text_of(body, true), "The MEK & R+D 50% 😀.");
        assert_eq!(text_of(body, false), "The MEK & R+D 50% 😀.");
        let body = "text=100%25+of+it&language=en-US&new=1";
        assert_eq!(text_of(body, true), "100% of it");
    }

    #[test]
    fn a_username_is_a_key_only_if_it_looks_like_one() {
        let form = |text: &str| Form::of(decoded(text).unwrap());
        assert_eq!(form("username=ann&apiKey=").key(), None);
        assert_eq!(form("username=hz_a_b").key(), Some("hz_a_b"));
        assert_eq!(form("username=hz_a_b&apiKey=k").key(), Some("k"));
    }

    #[test]
    fn rules_count_before_categories() {
        let takes = |query: &str, id: &str| {
            let form = Form::of(decoded(query).unwrap());
            Wanted::of(&form).takes("NAME_STYLE", id, "STYLE")
        };
        for (query, expected) in [
            ("", true),
            ("disabledCategories=FOO", true),
            ("disabledCategories=FOO,STYLE", false),
            ("disabledCategories=STYLE&enabledRules=NAME_STYLE", true),
            ("disabledRules=NAME_STYLE", false),
            ("disabledRules=NAME_STYLE_ORG_X", false),
            ("disabledRules=NAME_STYLE_ORG_Y", true),
            ("enabledOnly=true", false),
            ("enabledOnly=true&enabledRules=NAME_STYLE_ORG_X", true),
            ("enabledOnly=true&enabledCategories=TYPOS", false),
            ("enabledOnly=true&enabledCategories=TYPOS,%20STYLE", true),
        ] {
            assert_eq!(takes(query, "NAME_STYLE_ORG_X"), expected, "{query}");
        }
    }

    #[test]
    fn a_language_is_what_was_said_or_what_it_looks_like() {
        let code = |query: &str| Asked::of(Form::of(decoded(query).unwrap())).unwrap().code;
        assert_eq!(code("text=a&language=de-DE"), "de-DE");
        assert_eq!(code("text=a&language=xx!"), "xx!");
        assert_eq!(code("text=a"), "en-US");
        assert_eq!(
            code("text=a&language=auto&preferredVariants=de-AT,en-GB"),
            "en-GB"
        );
        assert_eq!(code("text=سلام&language=auto"), "fa");
    }

    proptest! {
        #[test]
        fn every_text_with_a_space_comes_through_raw(text in ".{0,30} .{0,30}") {
            let body = format!("text={text}&language=en-US");
            prop_assert_eq!(text_of(&body, false), text);
        }

        #[test]
        fn no_body_panics(body in ".{0,60}", names_itself: bool) {
            let _ = fields(&body, names_itself);
            let _ = fields(&format!("text={body}"), names_itself);
        }
    }
}
