//! Desired and live state to a plan, without a cloud: `cargo bench --bench planning`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a bench that cannot go on should panic"
)]

mod support;

use backstay::graph::{DerivedEdge, Graph};
use backstay::kinds;
use backstay::live::Snapshot;
use backstay::model::Observed;
use backstay::pipeline::{self, Posture};
use backstay::plan::{self, Plan, Selection};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Pairs of buckets: 200 are the estate of `docs/performance.md`.
const PAIRS: [usize; 2] = [200, 2_000];

fn made(count: usize) -> Posture {
    support::posture(&support::folder(&support::pairs(count)))
}

fn plan_of(posture: &Posture, live: &Snapshot) -> Plan {
    let (plan, said) = pipeline::plan(posture, &Selection::default(), live, None).expect("a plan");
    assert!(!said.has_errors(), "{said:?}");
    plan
}

fn graph(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("graph");
    for pairs in PAIRS {
        let posture = made(pairs);
        let derived: Vec<DerivedEdge> = posture
            .desired
            .iter()
            .filter(|d| d.address.part.is_some())
            .map(|d| DerivedEdge {
                from: d.address.block(),
                to: d.address.clone(),
            })
            .collect();
        group.throughput(Throughput::Elements(posture.desired.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(posture.desired.len()), |bencher| {
            bencher.iter(|| Graph::build(&posture.desired, &derived).expect("no cycle"));
        });
    }
    group.finish();
}

fn diff(criterion: &mut Criterion) {
    let posture = made(1);
    let live = support::settled(1);
    let mut group = criterion.benchmark_group("diff");
    for desired in &posture.desired {
        let kind = kinds::find(&desired.kind).expect("a kind");
        let Some(Observed::Present(have)) = live.get(&desired.kind, &desired.place, &desired.ident) else {
            continue;
        };
        group.bench_function(BenchmarkId::from_parameter(&desired.address), |bencher| {
            bencher.iter(|| {
                kind.diff(&desired.spec, Some(have), &desired.place)
                    .expect("a diff")
            });
        });
    }
    group.finish();
}

fn plan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(20);
    for pairs in PAIRS {
        let posture = made(pairs);
        let (nothing, settled) = (support::nothing(&posture), support::settled(pairs));
        group.throughput(Throughput::Elements(posture.desired.len() as u64));
        let name = |what| BenchmarkId::new(what, posture.desired.len());
        group.bench_function(name("without changes"), |bencher| {
            bencher.iter(|| {
                let plan = plan_of(&posture, &settled);
                assert_eq!(plan.steps.len(), 0);
            });
        });
        group.bench_function(name("of everything"), |bencher| {
            bencher.iter(|| {
                let plan = plan_of(&posture, &nothing);
                assert!(plan.steps.len() > pairs * 5);
            });
        });
    }
    group.finish();
}

fn file(criterion: &mut Criterion) {
    let posture = made(200);
    let plan = plan_of(&posture, &support::nothing(&posture));
    let text = plan::store(&plan).expect("a file");
    let snapshot = support::settled(200).to_json().expect("a file");
    let mut group = criterion.benchmark_group("file");
    group.bench_function("store a plan", |bencher| {
        bencher.iter(|| plan::store(black_box(&plan)))
    });
    group.bench_function("load a plan", |bencher| {
        bencher.iter(|| plan::load(black_box(&text)))
    });
    group.bench_function("load a snapshot", |bencher| {
        bencher.iter(|| Snapshot::from_json(black_box(&snapshot)));
    });
    group.finish();
}

criterion_group!(benches, graph, diff, plan, file);
criterion_main!(benches);
