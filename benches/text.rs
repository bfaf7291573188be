//! How fast texts are folded and cut into tokens: `cargo bench --bench text`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hamzaban::text::fold::{convention, key, same};
use hamzaban::text::tokens::{Analysis, analyse_into};

const ENGLISH: &str = "The National Council of Resistance of Iran said on Tuesday that the regime's \
    security forces arrested at least 12 people in Mashhad, including two students (aged 19 and 21).";
const PERSIAN: &str = "شورای ملی مقاومت ایران روز سه‌شنبه ۴ مهر اعلام کرد که نیروهای امنیتی رژیم \
    دست‌کم ۱۲ نفر را در مشهد دستگیر کرده‌اند؛ از جمله دو دانشجو (۱۹ و ۲۱ ساله) که در خانهٔ خود بودند.";

fn folds(criterion: &mut Criterion) {
    for (language, text) in [("english", ENGLISH), ("persian", PERSIAN)] {
        let mut group = criterion.benchmark_group(language);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut analysis = Analysis::default();
        group.bench_function("analyse", |b| {
            b.iter(|| analyse_into(black_box(text), &mut analysis));
        });
        group.bench_function("key", |b| b.iter(|| key(black_box(text))));
        group.bench_function("same", |b| b.iter(|| same(black_box(text)).len()));
        group.bench_function("convention", |b| b.iter(|| convention(black_box(text))));
        group.finish();
    }
}

criterion_group!(benches, folds);
criterion_main!(benches);
