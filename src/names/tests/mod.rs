//! Names: laws on any text, and tables of cases on a small glossary.

mod edits;
mod laws;
mod rules;
mod services;

use super::{Finder, Mention, Scope};
use crate::model::{Concept, ConceptId, Lang, Marks, Name, NameForm, NameUse, Status};

/// One name a line: concept, language, name, status and type, marks or style or use.
const GLOSSARY: &str = "\
org:pmoi|en|People's Mojahedin Organization of Iran|preferred full|
org:pmoi|en|MEK|admitted acronym|
org:pmoi|en|PMOI|admitted acronym|
org:pmoi|en|Mojahedin-e Khalq|admitted short|
org:pmoi|en|People's Mojahedin Organization of Iran (PMOI/MEK)|admitted full|use=first
org:pmoi|en|MKO|deprecated acronym|
org:pmoi|en|People's Mojahedin Organisation of Iran|deprecated spelling|
org:pmoi|en|Hypocrites grouplet|forbidden short|pejorative
org:pmoi|fa|سازمان مجاهدین خلق ایران|preferred full|
org:pmoi|fa|مجاهدین خلق|admitted short|
org:pmoi|fa|منافقین|forbidden short|default pejorative
org:units|en|Resistance Units|preferred full|case=exact
org:mek-units|en|MEK Resistance Units|preferred full|
gov:iri|en|Islamic Republic of Iran|preferred full|
gov:iri|en|Islamic Republic|admitted short|
org:mfa|en|Ministry of Foreign Affairs of Iran|preferred full|
org:mfa|en|Ministry of Foreign Affairs|admitted short|default
org:mfa|fa|وزارت امور خارجه|preferred full|default
place:iran|en|Iran|preferred full|
place:iran|fa|ایران|preferred full|
place:iraq|en|Iraq|preferred full|
place:iraq|fa|عراق|preferred full|
place:tehran|en|Tehran|preferred full|
place:tehran|fa|تهران|preferred full|
place:europe|fa|اروپا|preferred full|
place:shahriar|en|Shahriar|preferred full|
place:shahriar|fa|شهریار|preferred full|
media:times|en|Tehran Times|preferred full|blocker
person:ali|en|Ali Khamenei|preferred full|
person:ali|en|Khamenei|admitted short|default
person:ali|fa|علی خامنه‌ای|preferred full|
person:ali|fa|خامنه‌ای|admitted short|default
person:ruhollah|en|Ruhollah Khomeini|preferred full|
person:ruhollah|en|Khomeini|admitted short|default
person:fayaz|en|Ebrahim Fayaz|preferred full|
person:montazeri|en|Hossein-Ali Montazeri|preferred full|
person:montazeri|en|Montazeri|admitted short|default
person:maryam|en|Maryam Rajavi|preferred full|
person:maryam|en|Rajavi|admitted short|
person:maryam|fa|مریم رجوی|preferred full|
person:massoud|en|Massoud Rajavi|preferred full|
person:massoud|en|Rajavi|admitted short|
person:askar|en|Seyyed Ali Ghazi Askar|preferred full|
person:lincoln|en|Lincoln P. Bloomfield Jr.|preferred full|
person:kia|en|Shahin Kia|preferred full|
person:qasem|fa|قاسم سلیمانی|preferred full|
person:qasem|fa|حاج قاسم|admitted short|
org:quds|en|Quds Force|preferred full|
org:quds|en|IRGC Quds Force|admitted full|
org:irgc|en|IRGC|preferred acronym|
term:ceasefire|en|ceasefire|preferred full|
term:ceasefire|fa|آتش‌بس|preferred full|
term:power|en|nuclear power plant|preferred full|
term:book|fa|کتاب|preferred full|
";

fn concepts() -> Vec<Concept> {
    let mut concepts: Vec<Concept> = Vec::new();
    for line in GLOSSARY.lines() {
        let cells: Vec<&str> = line.split('|').collect();
        let [id, lang, text, kind, extra] = cells[..] else {
            panic!("{line}");
        };
        let (status, form) = kind.split_once(' ').unwrap();
        let first = extra == "use=first";
        let name = Name {
            status: Status::parse(status).unwrap(),
            form: NameForm::parse(form).unwrap(),
            usage: if first { NameUse::First } else { NameUse::Any },
            marks: Marks::parse(if first { "" } else { extra }).unwrap(),
            ..Name::new(Lang::parse(lang).unwrap(), text)
        };
        let id = ConceptId::parse(id).unwrap();
        match concepts.iter_mut().find(|concept| concept.id == id) {
            Some(concept) => concept.names.push(name),
            None => {
                let mut concept = Concept::new(id);
                concept.names.push(name);
                concepts.push(concept);
            }
        }
    }
    concepts
}

fn finder() -> &'static Finder {
    static FINDER: std::sync::OnceLock<Finder> = std::sync::OnceLock::new();
    FINDER.get_or_init(|| Finder::new(&concepts()))
}

fn find(text: &str) -> Vec<Mention> {
    finder().find(text, Scope::default())
}

/// Mentions as `text=concept`.
fn told(text: &str) -> Vec<String> {
    find(text)
        .iter()
        .map(|mention| tell(text, mention))
        .collect()
}

fn tell(text: &str, mention: &Mention) -> String {
    let id = finder().concept(mention).unwrap().id.as_str();
    format!("{}={id}", &text[mention.range.clone()])
}
