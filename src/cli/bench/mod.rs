//! `hamzaban bench`: figures on the user's own data. The data folder is only read: everything happens on a copy of its
//! store in the temporary folder, also beside a server that holds the folder.

mod told;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use serde::Serialize;

use super::target::Place;
use super::{Usage, missing, print, remark};
use crate::engine::{
    BatchLookup, Caller, Engine, Error, Filter, Format, ImportMode, Lookup, NewMemory, Progress,
    QuestionKind, Segment, questions,
};
use crate::model::Lang;

const THRESHOLDS: [u8; 4] = [50, 70, 85, 95];
/// Matches asked for.
const TOP: u8 = 5;
/// Segments of a batch.
const BATCH: usize = 100;
/// Units that are imported at the least, where there are so many.
const IMPORTED: u64 = 200_000;
/// Segments that questions are made of, for each question of a kind.
const SEGMENTS_A_QUESTION: usize = 4;

/// What `bench` takes.
#[derive(Debug, clap::Args)]
pub(super) struct BenchArguments {
    /// Ask this memory only; may be repeated
    #[arg(long = "memory", value_name = "NAME")]
    memories: Vec<String>,
    /// Language of the questions; else the most frequent one
    #[arg(long, value_name = "TAG", requires = "to")]
    from: Option<Lang>,
    /// The language wanted
    #[arg(long, value_name = "TAG", requires = "from")]
    to: Option<Lang>,
    /// How many questions of each kind
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    questions: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Everything measured.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    cores: usize,
    units: u64,
    database_bytes: u64,
    index: IndexFigures,
    from: String,
    to: String,
    lookups: Vec<Block>,
    batches: Rates,
    import: Import,
}

/// The index, made anew from the store.
#[derive(Debug, Serialize)]
struct IndexFigures {
    segments: usize,
    build_seconds: f64,
    /// By what they are for.
    bytes: BTreeMap<&'static str, usize>,
    snapshot: Option<Snapshot>,
}

#[derive(Debug, Serialize)]
struct Snapshot {
    bytes: u64,
    write_seconds: f64,
    load_seconds: f64,
}

/// Look-ups of one kind at one threshold, one after the other on one thread.
#[derive(Debug, Serialize)]
struct Block {
    threshold: u8,
    kind: &'static str,
    questions: usize,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// How many had a match.
    matched: usize,
    /// How many were cut short by the work budget.
    truncated: usize,
}

/// Segments a second.
#[derive(Debug, Serialize)]
struct Rates {
    one_by_one: f64,
    in_batches: f64,
}

/// Units of one memory, from a TMX into an empty store.
#[derive(Debug, Serialize)]
struct Import {
    units: u64,
    tmx_bytes: u64,
    seconds: f64,
}

pub(super) fn run(place: &Place, arguments: &BenchArguments) -> anyhow::Result<ExitCode> {
    if place.server.is_some() {
        let reason = "bench measures a data folder on the machine where it lies: run it there, without --server";
        return Err(Usage(reason.into()).into());
    }
    let data = &place.settings.data.value;
    if !Engine::is_there(data) {
        return Err(anyhow!(
            "{} has no store to measure; give the folder with --data DIR",
            data.display()
        ));
    }
    let report = Bench {
        arguments,
        caller: Caller::local(),
        stopped: stop_on_signals()?,
        scratch: Scratch::new()?,
    }
    .measure(data)?;
    match arguments.json {
        true => print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?,
        false => print(&report.told())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The first signal ends it after the step it is at, so that the copy is cleared away; the second at once.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, stopped.clone())?;
        signal_hook::flag::register(signal, stopped.clone())?;
    }
    Ok(stopped)
}

/// A folder of our own in the temporary folder, gone with all that is in it when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("hamzaban-bench-{}", std::process::id()));
        make_private(&path)?;
        Ok(Self(path))
    }

    fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.0.join(name);
        make_private(&path)?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            remark(&format!(
                "hamzaban: {} is left behind ({error}): delete it",
                self.0.display()
            ));
        }
    }
}

fn make_private(path: &Path) -> anyhow::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| {
        format!(
            "cannot make {}; TMPDIR may name another place",
            path.display()
        )
    })
}

struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _: u64, _: u64) {}
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

struct Bench<'a> {
    arguments: &'a BenchArguments,
    caller: Caller,
    stopped: Arc<AtomicBool>,
    // Dropped last: engines have let go of it by then.
    scratch: Scratch,
}

impl Bench<'_> {
    fn measure(&self, data: &Path) -> anyhow::Result<Report> {
        self.begin("copying the store into the temporary folder")?;
        let folder = self.scratch.folder("copy")?;
        let _copy = Engine::copy_of(data, &folder)?;
        self.begin("building the index")?;
        let engine = Engine::open(&folder, true)?;
        let (caught_up, build) = timed(|| engine.catch_up());
        caught_up?;
        let snapshot = engine.try_snapshot(&folder)?;
        let (segments, ..) = engine.index_size();
        let stats = engine.stats(&self.caller)?;
        let (from, to) = self.languages(&engine)?;

        self.begin("looking up")?;
        let count = self.arguments.questions as usize;
        let own = engine.some_segments(
            &self.caller,
            &self.arguments.memories,
            (&from, &to),
            count.saturating_mul(SEGMENTS_A_QUESTION),
        )?;
        if own.is_empty() {
            return Err(anyhow!(
                "there is no unit in {from} and {to} to make questions of; give other languages with --from and --to"
            ));
        }
        let ask = |text: &String, threshold| self.ask(text, threshold, (&from, &to));
        let mut lookups = Vec::new();
        for threshold in THRESHOLDS {
            for kind in QuestionKind::ALL {
                let asked = questions(&own, &[kind], count);
                let asked: Vec<Lookup> = asked.iter().map(|text| ask(text, threshold)).collect();
                lookups.push(self.block(&engine, threshold, kind, &asked)?);
            }
        }
        let mixed = questions(&own, &QuestionKind::ALL, count.saturating_mul(3));
        let mut mixed: Vec<Lookup> = mixed.iter().map(|text| ask(text, 70)).collect();
        mixed.retain(|lookup| engine.lookup(&self.caller, lookup).is_ok());
        let batches = self.batches(&engine, &mixed)?;

        self.begin("importing into an empty store")?;
        let import = self.import(&engine)?;
        Ok(Report {
            version: env!("CARGO_PKG_VERSION"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            units: stats.units,
            database_bytes: stats.database_bytes.unwrap_or_default(),
            index: IndexFigures {
                segments,
                build_seconds: build.as_secs_f64(),
                bytes: engine.index_parts().into(),
                snapshot: snapshot.map(|figures| Snapshot {
                    bytes: figures.bytes,
                    write_seconds: figures.written.as_secs_f64(),
                    load_seconds: figures.loaded.as_secs_f64(),
                }),
            },
            from: from.to_string(),
            to: to.to_string(),
            lookups,
            batches,
            import,
        })
    }

    /// Says what is done now, unless it was to end.
    fn begin(&self, what: &str) -> anyhow::Result<()> {
        self.go_on()?;
        remark(&format!("bench: {what}"));
        Ok(())
    }

    fn go_on(&self) -> anyhow::Result<()> {
        match self.stopped.load(Ordering::Relaxed) {
            true => Err(anyhow!("interrupted; the copy is cleared away")),
            false => Ok(()),
        }
    }

    /// Those given, or the two that most units have.
    fn languages(&self, engine: &Engine) -> anyhow::Result<(Lang, Lang)> {
        if let (Some(from), Some(to)) = (&self.arguments.from, &self.arguments.to) {
            return Ok((from.clone(), to.clone()));
        }
        let memories = &self.arguments.memories;
        let languages = match memories.as_slice() {
            [] => engine.stats(&self.caller)?.languages,
            [name, ..] => {
                let stats = engine.memory_stats(&self.caller, name);
                stats
                    .map_err(|error| missing(error.into(), memories))?
                    .languages
            }
        };
        match languages.as_slice() {
            [one, two, ..] => Ok((Lang::parse(&one.lang)?, Lang::parse(&two.lang)?)),
            _ => Err(anyhow!(
                "no memory has units in two languages; `hamzaban import` brings some"
            )),
        }
    }

    fn ask(&self, text: &str, threshold: u8, (from, to): (&Lang, &Lang)) -> Lookup {
        let memories = &self.arguments.memories;
        Lookup {
            source_lang: from.clone(),
            target_lang: to.clone(),
            text: text.to_owned(),
            text_tagged: None,
            memories: (!memories.is_empty()).then(|| memories.clone()),
            threshold,
            limit: TOP,
            context: None,
            filter: None,
            include: Vec::new(),
        }
    }

    fn block(
        &self,
        engine: &Engine,
        threshold: u8,
        kind: QuestionKind,
        asked: &[Lookup],
    ) -> anyhow::Result<Block> {
        let (mut times, mut matched, mut truncated) = (Vec::new(), 0, 0);
        for lookup in asked {
            self.go_on()?;
            let (reply, took) = timed(|| engine.lookup(&self.caller, lookup));
            let reply = match reply {
                // Put together of pieces, it may be no segment, such as one of spaces only.
                Err(Error::Invalid { .. }) => continue,
                other => other.map_err(|error| missing(error.into(), &self.arguments.memories))?,
            };
            times.push(took);
            matched += usize::from(!reply.matches.is_empty());
            truncated += usize::from(reply.truncated);
        }
        times.sort_unstable();
        let at = |part: usize| {
            let place = times.len().saturating_sub(1) * part / 100;
            times
                .get(place)
                .map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Ok(Block {
            threshold,
            kind: name_of(kind),
            questions: times.len(),
            p50_ms: at(50),
            p95_ms: at(95),
            p99_ms: at(99),
            max_ms: at(100),
            matched,
            truncated,
        })
    }

    /// The same questions one by one on one thread and in batches on all.
    fn batches(&self, engine: &Engine, asked: &[Lookup]) -> anyhow::Result<Rates> {
        let (singles, alone) = timed(|| {
            let mut singles = asked.iter();
            singles.try_for_each(|lookup| engine.lookup(&self.caller, lookup).map(drop))
        });
        singles?;
        let batches: Vec<BatchLookup> = asked.chunks(BATCH).filter_map(batch).collect();
        let (together, took) = timed(|| {
            let mut batches = batches.iter();
            batches
                .try_for_each(|batch| engine.lookup_batch(&self.caller, batch, &|| true).map(drop))
        });
        together?;
        Ok(Rates {
            one_by_one: asked.len() as f64 / alone.as_secs_f64(),
            in_batches: asked.len() as f64 / took.as_secs_f64(),
        })
    }

    /// The largest memory, or the first that is named: out of the copy and into a store of its own.
    fn import(&self, engine: &Engine) -> anyhow::Result<Import> {
        let memories = engine.memories(&self.caller)?;
        let named = self.arguments.memories.first();
        let largest = memories.iter().max_by_key(|memory| memory.units);
        let memory = named.or(largest.map(|memory| &memory.name));
        let memory = memory.context("there is no memory to export")?;
        let path = self.scratch.0.join("units.tmx");
        let mut out = BufWriter::new(File::create(&path)?);
        engine.export_some(
            &self.caller,
            memory,
            Format::Tmx,
            &Filter::default(),
            IMPORTED,
            &mut out,
        )?;
        out.flush()?;
        drop(out);
        let fresh = Engine::open(&self.scratch.folder("empty")?, true)?;
        fresh.catch_up()?;
        let new = NewMemory {
            name: memory.clone(),
            ..NewMemory::default()
        };
        fresh.create_memory(&self.caller, &new)?;
        let id = fresh.begin_import(
            &self.caller,
            memory,
            "units.tmx",
            Format::Tmx,
            ImportMode::Add,
        )?;
        let input = Box::new(File::open(&path)?);
        let (report, took) = timed(|| fresh.import(&self.caller, &id, input, None, &Quiet));
        Ok(Import {
            units: report.map_err(|error| anyhow!("{error:?}"))?.read,
            tmx_bytes: fs::metadata(&path)?.len(),
            seconds: took.as_secs_f64(),
        })
    }
}

fn name_of(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Exact => "exact",
        QuestionKind::Edited => "edited",
        QuestionKind::Unseen => "unseen",
    }
}

fn batch(asked: &[Lookup]) -> Option<BatchLookup> {
    let first = asked.first()?.clone();
    let segment = |lookup: &Lookup| Segment {
        text: lookup.text.clone(),
        ..Segment::default()
    };
    Some(BatchLookup {
        source_lang: first.source_lang,
        target_lang: first.target_lang,
        segments: asked.iter().map(segment).collect(),
        memories: first.memories,
        threshold: first.threshold,
        limit: first.limit,
        filter: None,
        include: Vec::new(),
    })
}
