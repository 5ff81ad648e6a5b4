//! Whether the evaluator of policies agrees with an independent simulator's recorded answers.
//!
//! `scripts/compare-iam` records them. Where the two differ, `tests/access/known.md` says which is right and
//! why, and the test asks for exactly those.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use backstay::access::{
    Caller, Context, Environment, Guardrails, Known, Policies, Request, Target, Verdict, evaluate,
};
use backstay::model::Arn;
use backstay::model::policy::Document;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

/// One recorded question and its answer.
#[derive(Deserialize)]
struct Recorded {
    n: usize,
    p: String,
    a: String,
    r: String,
    o: String,
    c: BTreeMap<String, serde_json::Value>,
    id: Vec<Document>,
    scp: Vec<Vec<Document>>,
    res: Option<Document>,
    pb: Option<Vec<Document>>,
    ses: Option<Document>,
    is: String,
}

fn recorded() -> Vec<Recorded> {
    let file = std::fs::File::open(folder().join("recorded.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access")
}

fn all(name: &str, documents: &[Document]) -> Policies {
    documents
        .iter()
        .fold(Policies::none(), |so_far, d| so_far.with(name, d))
}

fn caller(principal: &str) -> Caller {
    let arn: Arn = principal.parse().unwrap();
    let account = arn.account().unwrap();
    if arn.resource() == "root" {
        Caller::Root(account)
    } else if arn.service() == "sts" {
        let mut parts = arn.resource().split('/').skip(1);
        let name = parts.next().unwrap();
        Caller::Role {
            arn: format!("arn:aws:iam::{account}:role/{name}").parse().unwrap(),
            session: parts.next().map(str::to_owned),
        }
    } else {
        Caller::User(arn)
    }
}

fn answer(question: &Recorded) -> (&'static str, String) {
    let caller = caller(&question.p);
    let context = question
        .c
        .iter()
        .fold(Context::closed(), |context, (key, value)| {
            let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
            let values = value
                .as_array()
                .map_or_else(|| vec![text(value)], |list| list.iter().map(text).collect());
            context.with(key, Known::Values(values))
        });
    let identity = all("identity", &question.id);
    let boundary = question.pb.as_ref().map(|d| all("boundary", d));
    let session = question.ses.as_ref().map(|d| Policies::none().with("session", d));
    let resource = question
        .res
        .as_ref()
        .map(|d| Policies::none().with("resource", d));
    let scps = if question.scp.is_empty() {
        Guardrails::None
    } else {
        Guardrails::Levels(question.scp.iter().map(|level| all("scp", level)).collect())
    };
    let request = Request {
        caller: &caller,
        action: &question.a,
        target: Target::One(&question.r),
        owner: Some(question.o.parse().unwrap()),
        context: &context,
    };
    let decision = evaluate(
        &request,
        &Environment {
            boundary: boundary.as_ref(),
            session: session.as_ref(),
            resource: resource.as_ref(),
            scps: &scps,
            ..Environment::of(&identity)
        },
    );
    let said = match decision.verdict() {
        Verdict::Allow => "allow",
        Verdict::Depends => "depends",
        Verdict::Deny if decision.denied == backstay::access::Truth::Yes => "denied",
        Verdict::Deny => "no",
    };
    (said, decision.explain())
}

/// Numbers of the questions that the table of `known.md` lists.
fn known() -> BTreeSet<usize> {
    let text = std::fs::read_to_string(folder().join("known.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" |").next()?.parse().ok())
        .collect()
}

#[test]
fn agrees_with_the_recorded_answers() {
    let questions = recorded();
    assert_eq!(questions.len(), 10_000);
    let differing: Vec<(usize, String)> = questions
        .iter()
        .filter_map(|q| {
            let (said, why) = answer(q);
            (said != q.is).then(|| {
                (
                    q.n,
                    format!(
                        "{}: {} {} {}: {said}, recorded {}: {why}",
                        q.n, q.p, q.a, q.r, q.is
                    ),
                )
            })
        })
        .collect();
    let numbers: BTreeSet<usize> = differing.iter().map(|(n, _)| *n).collect();
    let known = known();
    let new: Vec<_> = differing
        .iter()
        .filter(|(n, _)| !known.contains(n))
        .map(|(_, line)| line.as_str())
        .collect();
    assert!(
        new.is_empty(),
        "{} differ and are not argued:\n{}",
        new.len(),
        new.join("\n")
    );
    assert_eq!(numbers, known, "argued, but they agree");
}

#[test]
fn the_questions_reach_every_part() {
    let questions = recorded();
    let share = |what: &str, is: &dyn Fn(&Recorded) -> bool| {
        let n = questions.iter().filter(|q| is(q)).count();
        assert!(n > 200, "{what}: {n}");
    };
    share("allowed", &|q| q.is == "allow");
    share("denied", &|q| q.is == "denied");
    share("not allowed", &|q| q.is == "no");
    share("boundaries", &|q| q.pb.is_some());
    share("control policies", &|q| !q.scp.is_empty());
    share("session policies", &|q| q.ses.is_some());
    share("resource policies", &|q| q.res.is_some());
    share("two accounts", &|q| !q.p.contains(&q.o));
    share("keys", &|q| q.a.starts_with("kms:"));
    share("roles", &|q| q.a == "sts:AssumeRole");
    share("root", &|q| q.p.ends_with(":root"));
    share("variables", &|q| {
        q.id.iter().any(|d| d.to_json().to_string().contains("${"))
    });
}
