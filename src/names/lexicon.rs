//! Words that say what a name is when they stand beside it. Written for this project from general knowledge;
//! lists of kinds of words, not of cases: titles, heads of organizations' names, given names, and English
//! words that begin headlines and sentences.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::letters::Page;
use super::sound::{Sound, persian};

/// A set of words, compared by their letters.
pub(super) struct Words(FxHashSet<Box<[u8]>>);

impl Words {
    fn read(list: &str) -> Self {
        let mut page = Page::default();
        page.read(&list.replace(char::is_whitespace, " ; "));
        let mut joined = FxHashSet::default();
        // Half-spaced words count as one.
        let mut at = 0;
        while at < page.words.len() {
            let mut end = at + 1;
            while page.words.get(end).is_some_and(|word| word.is_glued()) {
                end += 1;
            }
            let from = page.words.get(at).map_or(0, |word| word.letters as usize);
            let letters = page.letters.get(from..page.letters_end(end - 1));
            joined.insert(letters.unwrap_or_default().into());
            at = end;
        }
        Self(joined)
    }

    pub(super) fn has(&self, letters: &[u8]) -> bool {
        self.0.contains(letters)
    }
}

/// All lists.
pub(super) struct Lexicon {
    /// Titles and roles before a person's name, of both scripts.
    pub(super) titles: Words,
    /// Titles of women, of men.
    pub(super) mrs: Words,
    pub(super) mr: Words,
    /// Spellings of Seyyed.
    pub(super) seyyed: Words,
    /// Words that are no given name although they have a capital: they begin sentences and headlines.
    pub(super) common: Words,
    /// Heads of longer names that take in a name before them: Tehran *University*.
    pub(super) heads: Words,
    /// What ends a company's name.
    pub(super) companies: Words,
    /// Streets and buildings, which are named after anything.
    pub(super) grounds: Words,
    /// Heads that take in a name behind "of": *University* of Tehran.
    pub(super) heads_of: Words,
    /// English words that look like a name, or are one with a small letter.
    pub(super) ordinary: Words,
    /// Persian words behind a half-space that do not change the name before them.
    pub(super) suffixes: Words,
    /// Persian words that make a name an ordinary word: a cleric, not Rouhani.
    pub(super) determiners: Words,
    /// Persian words before a place.
    pub(super) before_place: Words,
    given: FxHashSet<Box<[u8]>>,
    latin_given: Words,
    given_sounds: FxHashSet<Vec<u8>>,
    female_sounds: FxHashSet<Vec<u8>>,
    female: FxHashSet<Box<[u8]>>,
}

impl Lexicon {
    /// The lists, read once.
    pub(super) fn get() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(Self::read)
    }

    fn read() -> Self {
        let (female, male) = (Words::read(FEMALE), Words::read(MALE));
        let sounds = |words: &Words| {
            let text = |letters: &[u8]| persian(std::str::from_utf8(letters).unwrap_or_default());
            words.0.iter().map(|letters| text(letters)).collect()
        };
        let female_sounds: FxHashSet<Vec<u8>> = sounds(&female);
        let mut given_sounds: FxHashSet<Vec<u8>> = sounds(&male);
        given_sounds.extend(female_sounds.iter().cloned());
        Self {
            titles: Words::read(TITLES),
            mrs: Words::read("mrs ms miss madam madame lady خانم بانو"),
            mr: Words::read("mr sir آقای آقا"),
            seyyed: Words::read(SEYYED),
            common: Words::read(COMMON),
            heads: Words::read(HEADS),
            companies: Words::read("ltd inc corp co company group holding holdings llc gmbh plc"),
            grounds: Words::read(GROUNDS),
            heads_of: Words::read(HEADS_OF),
            ordinary: Words::read(ORDINARY),
            suffixes: Words::read(SUFFIXES),
            determiners: Words::read("یک هر چند این آن هیچ همین همان چندین فلان"),
            before_place: Words::read(BEFORE_PLACE),
            given: female.0.iter().chain(&male.0).cloned().collect(),
            latin_given: Words::read(LATIN_GIVEN),
            given_sounds,
            female_sounds,
            female: female.0,
        }
    }

    /// Whether Persian letters are a given name, or two written together.
    pub(super) fn is_given(&self, letters: &[u8]) -> bool {
        if self.given.contains(letters) {
            return true;
        }
        // Letters have two bytes; the shortest given names three letters.
        (6..letters.len().saturating_sub(5)).step_by(2).any(|cut| {
            let (first, second) = letters.split_at(cut);
            self.given.contains(first) && self.given.contains(second)
        })
    }

    /// Whether a Latin word sounds like a given name.
    pub(super) fn sounds_given(&self, letters: &[u8]) -> bool {
        self.latin_given.has(letters) || {
            let sound = Sound::of(letters).cross();
            sound.len() >= 2 && self.given_sounds.contains(&sound)
        }
    }

    /// Whether a word of either script is a woman's given name.
    pub(super) fn is_female(&self, letters: &[u8]) -> bool {
        self.female.contains(letters)
            || self.female_sounds.contains(&Sound::of(letters).cross())
                && letters.first().is_some_and(u8::is_ascii)
    }
}

/// Short given names whose skeleton says too little, and common Western ones.
const LATIN_GIVEN: &str = "ali reza aria elahe zahra sara leila john michael james robert david mary \
    richard thomas charles joseph daniel george paul mark steven andrew edward henry peter walter louis \
    frank martin anthony william alexander anna maria elizabeth susan barbara laura linda";

const SEYYED: &str = "seyyed seyed sayyed sayyid sayed syed seyd seyid sayid sayyad seied saeyed \
    seyyid sayeed سید السید سیّد";

const TITLES: &str = "ayatollah ayatullah ayatolah grand hojjatoleslam hojatoleslam hojjat hujjat hojjat-ol-eslam \
    hojat hojatolislam hujjatoleslam hujjatulislam eslam islam ol mr mrs ms miss madam madame dr prof professor \
    president vice-president presidential elect former late imam haj hajj haji mullah mulla sheikh shaykh judge \
    general gen brigadier brig major maj colonel col commander captain lieutenant admiral sardar minister prime \
    deputy secretary ambassador leader supreme founder engineer chief speaker mayor governor cleric king queen \
    prince shah senator congressman representative sir lord lady spokesman spokesperson spokeswoman candidate \
    lawmaker hardliner reformist conservative author analyst journalist editor opponent rival activist \
    آقای آقا خانم بانو دکتر مهندس آیت‌الله حجت‌الاسلام والمسلمین امام سردار سرلشکر سرتیپ سرهنگ ژنرال شیخ حاج \
    حاجی استاد پروفسور رئیس‌جمهور وزیر رهبر شهید مرحوم جناب حضرت قاضی سرکار امیر";

const COMMON: &str = "a an the this that these those and or but nor so yet if when while as because since after before \
    although though until unless once where whereas in on at by for from with without within into onto upon over \
    under of to off out up down about above across against along amid among around behind below beneath beside \
    between beyond despite during except inside like near per than through throughout toward towards via versus vs \
    he she it they we you i his her its their our your my him them us who whom whose which what why how is are was \
    were be been being am do does did has have had will would shall should can could may might must not no yes \
    also even just only still then thus too very now today yesterday tomorrow here there however meanwhile moreover \
    instead indeed perhaps maybe again ever never always often once later earlier both all any some many most more \
    less few several each every other another such same own first second third last next new old \
    says said say tells told tell asks asked warns warned vows vowed calls called urges urged claims claimed denies \
    denied blames blamed slams slammed meets met visits visited wins won loses lost leads led makes made takes took \
    gives gave gets got seeks sought wants wanted fears feared faces faced hits hit kills killed attacks attacked \
    backs backed accuses accused admits admitted condemns condemned praises praised rejects rejected threatens \
    threatened announces announced appoints appointed replaces replaced defends defended supports supported opposes \
    opposed quotes quoted citing cites grips haunts shows showed exposes reveals marks puts sets sends keeps lets \
    remembering recalling following according including regarding speaking addressing meeting facing referring \
    recognizing calling under inside why how monday tuesday wednesday thursday friday saturday sunday january \
    february march april june july august september october november december regime government state official \
    iran iranian iranians tehran islamic muslim muslims shiite sunni persian western american israeli arab european \
    british french german russian turkish iraqi kurdish clerical opposition resistance people nation country council \
    parliament army guard guards force forces ministry office news media agency press report reports statement \
    interview speech video photo read watch live breaking exclusive analysis opinion editorial commentary headline \
    anti pro ex non pre post self then-president dictator dictatorship tyrant butcher mullahs mullah ally allies aide \
    adviser advisor son daughter brother sister wife husband father mother family mausoleum comrade martyr \
    mojahed mujahed dear great hail long down death viva jailed";

const HEADS: &str = "times post herald tribune journal gazette daily weekly magazine newspaper television tv radio \
    broadcasting university college school institute academy hospital clinic museum library theatre theater cinema \
    orchestra stadium square street avenue boulevard highway airport airlines airways air railway railways metro \
    station port bridge tower hotel bank exchange bazaar mosque church cathedral shrine mausoleum cemetery park zoo \
    company corporation corp inc ltd group holding industries khodro federation confederation league club fc football \
    cup olympics marathon festival prize award foundation fund society association union party front movement \
    army brigade brigades congress conference summit forum council committee commission chamber court tribunal \
    authority organization organisation initiative international accord accords agreement protocol peace treaty \
    declaration review hilton hills heights beach saint-germain match symphony insurance petrochemical automotive \
    guards court revisited contra";

const GROUNDS: &str = "street square avenue boulevard highway airport station mosque hospital university school hotel \
    park stadium bridge district neighborhood neighbourhood village";

const HEADS_OF: &str = "university college school institute academy hospital museum library orchestra bank exchange party \
    front union federation association society organization organisation company corporation league chamber \
    council committee communist voice radio friends fedaian fadaian conference treaty";

const ORDINARY: &str = "may bush carter brown rice twitter politico muscat jack mark bill pope press sudden mashed meshed turkey china chad jordan guinea cologne java polish mali georgia niger cuba oman \
    basic basis bassist basics besieged caramel paris marine marines german germane carmen common komen sharing sharer \
    majority migrate mashing tyrant tehrani iranian reason rising raising raison rash rush radish raja rajah \
    karman kernel kerman kirmani mirage merge merger moral mural marshal martial samurai shaman shawl \
    salmon solomon solemn salami slam islam mosaic music muslim massage message masseur mossad mustard mission \
    liberty resistance europe european hashish husky hassle hustle hussar hazard ravine raven ravage revenge \
    montage mountain quads quiz kiss curds crude turban trojan taurine mahogany mohair";

const SUFFIXES: &str = "ها های هایی هایش هایشان هایم هایت ی ای یی ئی ام ات اش مان تان شان را و اند است ایم اید یم \
    ند که هم هاست ست";

const BEFORE_PLACE: &str = "در از به تا شهر شهرستان استان سمت سوی نزدیکی حومه اهل مردم اهالی فرماندار شهردار جاده و بخش \
    منطقه بیمارستان دانشگاه خیابان میدان";

const FEMALE: &str = "مریم زهرا فاطمه زینب لیلا سارا نرگس نسرین شیرین شادی مینا مهسا ژینا سمیرا سمیه صدیقه طاهره اعظم اکرم \
    اشرف پروین پروانه فرح فرزانه فریبا فریده فرشته مهناز مهین شهناز شهلا شهین معصومه مرضیه منیژه ناهید نازنین نگار \
    نیلوفر نیکی الهام الهه آزاده آرزو بهاره بیتا ترانه حمیده خدیجه رؤیا رقیه رویا ریحانه زهره ژاله ستاره سپیده سهیلا \
    سیمین شبنم شقایق شکوفه شهربانو صبا عاطفه عصمت فائزه فروغ کبری کتایون گلناز گیتی لاله محبوبه مژگان ملیحه منصوره مهری \
    میترا نفیسه هانیه هدی هما یاسمن جمیله بدری زهره نرجس مرجان سودابه ثریا آناهیتا الناز پرنیان \
    حنانه دلارام روشنک سمانه شهرزاد طناز غزاله فهیمه فرناز گلشیفته ملیکا مهدیه مهرانگیز مهرنوش نوشین";

const MALE: &str = "علی محمد احمد حسن حسین رضا مهدی مجتبی مصطفی مسعود محمود حمید حامد سعید وحید مجید رشید جواد کاظم ناصر \
    ناظم قاسم هاشم جعفر صادق باقر تقی نقی ابراهیم اسماعیل اسحاق یعقوب یوسف موسی عیسی داوود سلیمان یحیی زکریا عباس اکبر \
    اصغر امیر کریم رحیم رحمان رحمت عزیز عبدالله عبدالکریم عبدالرضا عبدالحسین غلامحسین غلامرضا غلامعلی غلام قربان قنبر \
    حیدر صفدر مرتضی هادی طاهر میثم مقداد سلمان ابوذر بهرام بهمن بهروز بهزاد پرویز پیمان پویا تورج تیمور جمشید جهانگیر \
    خسرو داریوش رامین رستم روزبه سامان سیاوش سیامک سهراب شاهین شاپور شاهرخ شهرام شهریار شهروز فرامرز فرزاد فرهاد فریدون \
    فرید فیروز کامران کاوه کوروش کیوان کیانوش کیومرث ماشاالله منوچهر مهران مهرداد میلاد نادر نوید هوشنگ هومن یاشار آرش \
    آرمان اردشیر اسفندیار افشین امید ایرج بابک بیژن پدرام حبیب حجت خلیل جلال کمال جمال روح‌الله نصرالله فضل‌الله \
    فتح‌الله عطاالله لطف‌الله نعمت‌الله اسدالله حبیب‌الله ذبیح‌الله سیف‌الله شکرالله عزت‌الله محسن محمدرضا محمدعلی \
    محمدحسین محمدحسن محمدجواد محمدباقر محمدتقی محمدصادق علیرضا علی‌اکبر علی‌اصغر امیرحسین امیرعلی حسینعلی حسنعلی حسام \
    حکیم خالد صالح صدام طارق عادل عارف عماد عمار عمر عثمان فاروق فؤاد فیصل قیس لقمان مالک مأمون منصور مهدی ناجی نبی نجیب \
    نعیم وهاب هشام یاسر یونس یزید رسول رمضان رجب شعبان صمد صفا ضیا سجاد سروش سپهر شفیع شمس علاء فاضل فائز کیان کیارش \
    بهداد بهنام بهرنگ بهنود پوریا پژمان جلیل حشمت دانیال رامبد سیروس شهباز عبدالعلی عبدالمجید عبدالناصر عبدالوهاب \
    علیمحمد علی‌محمد علی‌رضا فرزین فرشاد فرشید فرنام کاوس کمیل کورش محمدامین محمدمهدی محمدکاظم مهبد مهیار \
    میرحسین نادعلی هاتف همایون ولی‌الله یدالله اشکان آیدین ارسلان اتابک اکبر مازیار مسیح مختار مراد مرداویج \
    مظفر معین مقصود";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_are_known_in_both_scripts_and_together() {
        let lexicon = Lexicon::get();
        for name in ["مجتبی", "حسینعلی", "محمدمهدی"] {
            let mut page = Page::default();
            page.read(name);
            assert!(lexicon.is_given(page.letters_of(0)), "{name}");
        }
        for name in ["mojtaba", "mujtaba", "zahra", "fatemeh"] {
            assert!(lexicon.sounds_given(name.as_bytes()), "{name}");
        }
        assert!(lexicon.is_female(b"maryam") && !lexicon.is_female(b"massoud"));
    }
}
