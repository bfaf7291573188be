//! A made-up glossary, the same in every run: persons, organizations, offices, places and terms with names in both
//! scripts, put together from common words and from syllables, so that they begin as real names do.

use hamzaban::model::{Concept, ConceptId, Lang, Name, NameForm, Status};

/// A sequence of numbers that is the same in every run (xorshift64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// A piece in English and in Persian.
type Both = (&'static str, &'static str);

fn pairs(table: &'static str) -> Vec<Both> {
    let pair = |pair: &'static str| pair.split_once('=').unwrap();
    table.split("; ").map(pair).collect()
}

struct Pieces {
    given: Vec<Both>,
    syllables: Vec<Both>,
    family: Vec<Both>,
    place: Vec<Both>,
    head: Vec<Both>,
    topic: Vec<Both>,
    kind: Vec<Both>,
    office: Vec<Both>,
}

const GIVEN: &str = "Ali=علی; Mohammad=محمد; Hossein=حسین; Hassan=حسن; Reza=رضا; Mehdi=مهدی; Ahmad=احمد; Mahmoud=محمود; \
    Abbas=عباس; Saeed=سعید; Majid=مجید; Hamid=حمید; Amir=امیر; Behrouz=بهروز; Kourosh=کوروش; Farhad=فرهاد; \
    Nader=نادر; Mansour=منصور; Iraj=ایرج; Jamshid=جمشید; Maryam=مریم; Fatemeh=فاطمه; Zahra=زهرا; \
    Leila=لیلا; Shirin=شیرین; Nasrin=نسرین; Parvin=پروین; Narges=نرگس; Sima=سیما; Mina=مینا; Azar=آذر; \
    Soraya=ثریا";
const SYLLABLES: &str = "ba=با; ta=تا; mo=مو; khe=خه; ra=را; shi=شی; ne=نه; gho=قو; sa=سا; li=لی; va=وا; dar=دار; far=فر; zo=زو; \
    pe=په; ni=نی; ka=کا; gol=گل; mar=مر; ash=اش; bor=بر; chan=چن; doo=دو; fen=فن; ha=ها; jan=جان; kesh=کش; \
    lor=لر; mir=میر; nav=نو; ro=رو; san=سن; tor=تر; yar=یار; zar=زر; sher=شر; bah=به; dez=دز; qam=قم; \
    vel=ول";
const FAMILY: &str = "i=ی; zadeh=زاده; pour=پور; nia=نیا; far=فر; ian=یان; nejad=نژاد; vand=وند";
const PLACE: &str = "abad=آباد; an=ان; estan=ستان; shahr=شهر; kuh=کوه; rud=رود; deh=ده";
const HEAD: &str = "Council=شورای; Committee=کمیته; Organization=سازمان; Ministry=وزارت; Union=اتحادیه; Association=انجمن; \
    Institute=موسسه; Foundation=بنیاد; Party=حزب; Front=جبهه; Society=جامعه; Center=مرکز; \
    Commission=کمیسیون; Agency=آژانس; Department=اداره; Federation=فدراسیون; University=دانشگاه; \
    Company=شرکت; Bank=بانک; Headquarters=قرارگاه";
const TOPIC: &str = "Human Rights=حقوق بشر; Foreign Policy=سیاست خارجی; Public Health=بهداشت عمومی; Education=آموزش و پرورش; \
    Islamic Culture=فرهنگ اسلامی; National Security=امنیت ملی; Water and Power=آب و برق; \
    Agriculture=کشاورزی; Science and Technology=علم و فناوری; Women=زنان; Workers=کارگران; \
    Students=دانشجویان; Teachers=معلمان; Political Prisoners=زندانیان سیاسی; Trade=بازرگانی; \
    Oil and Gas=نفت و گاز; Nuclear Energy=انرژی هسته‌ای; Strategic Studies=مطالعات راهبردی; \
    Journalists=روزنامه‌نگاران; Environment=محیط زیست; Justice=دادگستری; Social Welfare=رفاه اجتماعی; \
    Sports=ورزش; Economic Affairs=امور اقتصادی";
const KIND: &str = "National=ملی; Supreme=عالی; Central=مرکزی; Free=آزاد; United=متحد; New=نوین";
const OFFICE: &str = "Governor=استاندار; Mayor=شهردار; Representative=نماینده; Prosecutor=دادستان; Commander=فرمانده; \
    Spokesperson=سخنگوی";

/// Makes concepts of about four names each, `names` names in all.
pub(crate) fn concepts(names: usize) -> Vec<Concept> {
    let mut maker = Maker {
        numbers: Numbers(0x9E37_79B9_7F4A_7C15),
        en: Lang::parse("en").unwrap(),
        fa: Lang::parse("fa").unwrap(),
        pieces: Pieces {
            given: pairs(GIVEN),
            syllables: pairs(SYLLABLES),
            family: pairs(FAMILY),
            place: pairs(PLACE),
            head: pairs(HEAD),
            topic: pairs(TOPIC),
            kind: pairs(KIND),
            office: pairs(OFFICE),
        },
    };
    let (mut made, mut concepts) = (0, Vec::new());
    while made < names {
        let concept = maker.concept(concepts.len());
        made += concept.names.len();
        concepts.push(concept);
    }
    concepts
}

struct Maker {
    numbers: Numbers,
    en: Lang,
    fa: Lang,
    pieces: Pieces,
}

impl Maker {
    /// A word of two or three syllables and this ending.
    fn word(&mut self, ending: Both) -> (String, String) {
        let (mut en, mut fa) = (String::new(), String::new());
        for _ in 0..2 + self.numbers.below(2) {
            let (latin, persian) = self.numbers.one(&self.pieces.syllables);
            en.push_str(latin);
            fa.push_str(persian);
        }
        let (latin, persian) = ending;
        en.push_str(latin);
        fa.push_str(persian);
        let capital = en[..1].to_uppercase();
        en.replace_range(..1, &capital);
        (en, fa)
    }

    fn family(&mut self) -> (String, String) {
        let ending = self.numbers.one(&self.pieces.family);
        self.word(ending)
    }

    fn place_word(&mut self) -> (String, String) {
        let ending = self.numbers.one(&self.pieces.place);
        self.word(ending)
    }

    fn concept(&mut self, number: usize) -> Concept {
        let (kind, names) = match self.numbers.below(20) {
            0..8 => ("person", self.person()),
            8..15 => ("org", self.org()),
            15..17 => ("place", self.place()),
            17..19 => ("office", self.office()),
            _ => ("term", self.term()),
        };
        let mut concept = Concept::new(ConceptId::parse(&format!("{kind}:made-{number}")).unwrap());
        let mut seen = (false, false);
        for (is_english, text, form) in names {
            let lang = if is_english { &self.en } else { &self.fa };
            let first = if is_english { &mut seen.0 } else { &mut seen.1 };
            concept.names.push(Name {
                status: if *first {
                    Status::Admitted
                } else {
                    Status::Preferred
                },
                form,
                ..Name::new(lang.clone(), text)
            });
            *first = true;
        }
        concept
    }

    fn person(&mut self) -> Vec<(bool, String, NameForm)> {
        let (given, family) = (self.numbers.one(&self.pieces.given), self.family());
        let second = self.numbers.one(&self.pieces.given);
        let twice = self.numbers.below(4) == 0 && second.0 != given.0;
        let (en, fa) = if twice {
            (
                format!("{} {}", given.0, second.0),
                format!("{} {}", given.1, second.1),
            )
        } else {
            (given.0.to_owned(), given.1.to_owned())
        };
        vec![
            (true, format!("{en} {}", family.0), NameForm::Full),
            (false, format!("{fa} {}", family.1), NameForm::Full),
            (true, family.0, NameForm::Short),
            (false, family.1, NameForm::Short),
        ]
    }

    fn org(&mut self) -> Vec<(bool, String, NameForm)> {
        let (head, topic, kind) = (
            self.numbers.one(&self.pieces.head),
            self.numbers.one(&self.pieces.topic),
            self.numbers.one(&self.pieces.kind),
        );
        let place = self.place_word();
        let full = match self.numbers.below(3) {
            0 => format!("{} {} of {} of {}", kind.0, head.0, topic.0, place.0),
            1 => format!("{} of {} of {}", head.0, topic.0, place.0),
            _ => format!("{} {} {}", place.0, topic.0, head.0),
        };
        let mut names = vec![
            (true, full.clone(), NameForm::Full),
            (
                false,
                format!("{} {} {}", head.1, topic.1, place.1),
                NameForm::Full,
            ),
            (true, format!("{} {}", place.0, head.0), NameForm::Short),
        ];
        if self.numbers.below(2) == 0 {
            let initials = full
                .split(' ')
                .filter(|word| word.starts_with(char::is_uppercase));
            let mut acronym: String = initials.filter_map(|word| word.chars().next()).collect();
            acronym.push_str(&place.0[1..2].to_uppercase());
            names.push((true, acronym, NameForm::Acronym));
        } else {
            names.push((
                false,
                format!("{} {} {}", head.1, kind.1, place.1),
                NameForm::Short,
            ));
        }
        names
    }

    fn place(&mut self) -> Vec<(bool, String, NameForm)> {
        let (en, fa) = self.place_word();
        vec![
            (true, format!("{en} Province"), NameForm::Full),
            (false, format!("استان {fa}"), NameForm::Full),
            (true, en, NameForm::Short),
            (false, fa, NameForm::Short),
        ]
    }

    fn office(&mut self) -> Vec<(bool, String, NameForm)> {
        let (office, place) = (self.numbers.one(&self.pieces.office), self.place_word());
        vec![
            (true, format!("{} of {}", office.0, place.0), NameForm::Full),
            (false, format!("{} {}", office.1, place.1), NameForm::Full),
        ]
    }

    fn term(&mut self) -> Vec<(bool, String, NameForm)> {
        let (topic, head, word) = (
            self.numbers.one(&self.pieces.topic),
            self.numbers.one(&self.pieces.head),
            self.place_word(),
        );
        let en = format!("{} {} {}", word.0, topic.0, head.0).to_lowercase();
        let fa = format!("{} {} {}", head.1, topic.1, word.1);
        vec![(true, en, NameForm::Full), (false, fa, NameForm::Full)]
    }
}
