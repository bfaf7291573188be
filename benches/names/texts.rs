//! The texts that names are found in.

use std::io::BufReader;
use std::path::PathBuf;

/// The most of a text, in bytes; a shorter one is repeated.
const LENGTH: usize = 8 << 20;

/// A text with its title.
pub(crate) struct Text {
    pub(crate) title: &'static str,
    pub(crate) text: String,
}

/// The measuring data; without them, made-up sentences.
pub(crate) fn load() -> Vec<Text> {
    let data = std::env::var_os("HAMZABAN_SHARED")
        .map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")),
            PathBuf::from,
        )
        .join("data");
    if !data.is_dir() {
        println!("(no measuring data: made-up sentences)");
        let english =
            "The council of the city met in Tehran on Tuesday and said that talks go on.\n";
        let persian = "شورای شهر روز سه‌شنبه در تهران جلسه داشت و گفت‌وگوها ادامه دارد.\n";
        return vec![
            text("made-up English", english.to_owned()),
            text("made-up Persian", persian.to_owned()),
        ];
    }
    let xz = |name: &str| {
        let mut content = Vec::new();
        let mut file = BufReader::new(std::fs::File::open(data.join(name)).unwrap());
        lzma_rs::xz_decompress(&mut file, &mut content).unwrap();
        String::from_utf8(content).unwrap()
    };
    let pairs = xz("en_fa.tsv.xz");
    let persian: Vec<&str> = pairs
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    let tico = std::fs::read_to_string(data.join("tico19.en-fa.tmx")).unwrap();
    vec![
        text("English news (annotated articles)", articles(&data)),
        text("English sentences (TICO-19)", side(&tico, "en")),
        text("English segments", xz("en_segments.txt.xz")),
        text("Persian sentences (TICO-19)", side(&tico, "fa")),
        text("Persian segments", persian.join("\n")),
    ]
}

fn articles(data: &std::path::Path) -> String {
    let entries = std::fs::read_dir(data.join("articles")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    paths.iter().map(read).collect::<Vec<_>>().join("\n\n")
}

/// The sentences of one language of a simple TMX.
fn side(tmx: &str, lang: &str) -> String {
    let opening = format!("<tuv xml:lang=\"{lang}\">");
    let sentence = |part: &str| {
        Some(
            part.split_once("<seg>")?
                .1
                .split_once("</seg>")?
                .0
                .to_owned(),
        )
    };
    let sentences: Vec<String> = tmx.split(&opening).skip(1).filter_map(sentence).collect();
    sentences.join("\n")
}

fn text(title: &'static str, mut text: String) -> Text {
    text.push('\n');
    let once = text.len();
    while text.len() < LENGTH {
        text.extend_from_within(..once);
    }
    let mut end = LENGTH;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    Text { title, text }
}
