//! Text to an evaluated posture: `cargo bench --bench language`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a bench that cannot go on should panic"
)]

mod support;

use backstay::config;
use backstay::diag::Sources;
use backstay::kinds::Kinds;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn evaluate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluate");
    group.sample_size(10);
    for blocks in [1_000, 10_000] {
        group.throughput(Throughput::Elements(blocks as u64));
        for (form, text) in [
            ("written", support::pairs(blocks / 2)),
            ("for_each", support::repeated(blocks)),
        ] {
            let folder = support::folder(&text);
            let inputs = support::inputs(&folder);
            group.bench_function(BenchmarkId::new(form, blocks), |bencher| {
                bencher.iter(|| {
                    let mut sources = Sources::new();
                    let (posture, said) = config::load(&inputs, &mut sources, &Kinds);
                    assert_eq!(posture.map(|p| p.resources.len()), Some(blocks), "{said:?}");
                });
            });
        }
    }
    group.finish();
}

fn open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluate, decode and order");
    group.sample_size(10);
    for blocks in [400, 4_000] {
        let folder = support::folder(&support::pairs(blocks / 2));
        group.throughput(Throughput::Elements(blocks as u64));
        group.bench_function(BenchmarkId::from_parameter(blocks), |bencher| {
            bencher.iter(|| black_box(support::posture(&folder)));
        });
    }
    group.finish();
}

criterion_group!(benches, evaluate, open);
criterion_main!(benches);
