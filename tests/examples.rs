//! Every example is planned, applied, planned again and checked: the real program against one sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test that cannot go on should panic"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use backstay::sandbox::{DEFAULT_ACCOUNT, Options, ROOT_SECRET, Sandbox, Seed};
use serde_json::Value as Json;

/// The day on which the examples are checked: exemptions end some day, and the suite should not.
const TODAY: &str = "1796083200";

/// Each folder in `examples/`; most share no name in the cloud, and so share the sandbox.
const EXAMPLES: &[&str] = &[
    "dump-archive",
    "environments",
    "managed-stack",
    "saas",
    "single-database",
    "vaults",
];

fn sandbox() -> &'static Sandbox {
    static RUNNING: OnceLock<Sandbox> = OnceLock::new();
    RUNNING.get_or_init(|| Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap())
}

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(example)
}

/// Runs the program on an example, and expects it to end so.
fn run(sandbox: &Sandbox, command: &str, example: &str, options: &[&str], wanted: i32) -> String {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_backstay"))
        .arg(command)
        .arg(folder(example))
        .args(options)
        .envs(sandbox.environment())
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN")
        .env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .env("SOURCE_DATE_EPOCH", TODAY)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(wanted),
        "{command} {example} {options:?}\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

fn seed(sandbox: &Sandbox, example: &str) {
    seed_with(sandbox, example, "seed.hcl");
}

fn seed_with(sandbox: &Sandbox, example: &str, file: &str) {
    let seed = Seed::read(&folder(example).join("sandbox").join(file)).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(seed.apply(&sandbox.endpoint()))
        .unwrap();
}

/// The changes in the stream that `plan --json` prints.
fn changes(stream: &str) -> Vec<Json> {
    stream
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter(|line| line["type"] == "planned_change")
        .map(|line| line["change"].clone())
        .collect()
}

/// From what exists to a posture that holds.
fn journey(example: &str) {
    journey_in(sandbox(), example);
}

fn journey_in(sandbox: &Sandbox, example: &str) {
    seed(sandbox, example);
    settles(sandbox, example);
    holds(sandbox, example);
}

fn settles(sandbox: &Sandbox, example: &str) {
    run(sandbox, "validate", example, &[], 0);
    run(sandbox, "plan", example, &["--detailed-exitcode"], 2);
    let applied = run(sandbox, "apply", example, &["--auto-approve"], 0);
    assert!(applied.contains("Apply complete!"), "{applied}");
    let again = run(sandbox, "plan", example, &["--detailed-exitcode"], 0);
    assert!(again.starts_with("No changes."), "{again}");
    run(sandbox, "apply", example, &["--auto-approve"], 0);
}

fn holds(sandbox: &Sandbox, example: &str) {
    let checked = run(sandbox, "check", example, &["--format", "json"], 0);
    let checked: Json = serde_json::from_str(&checked).unwrap();
    assert_eq!(checked["summary"]["outcome"], "clean");
    assert_eq!(checked["summary"]["unknown"], 0);
    assert_eq!(checked["summary"]["drift"], 0);
    // Each was written because it is needed: the finding that an exemption is idle would fail.
    let idle = checked["findings"].as_array().unwrap();
    assert!(
        idle.iter()
            .all(|f| f["address"].as_str().is_none_or(|a| !a.starts_with("exempt.")))
    );
}

#[test]
fn every_example_is_here() {
    let there: BTreeSet<String> = std::fs::read_dir(folder(""))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let here: BTreeSet<String> = EXAMPLES.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(there, here);
    for example in EXAMPLES {
        assert!(
            folder(example).join("README.md").is_file(),
            "{example} has no README.md"
        );
    }
}

#[test]
fn dump_archive() {
    journey("dump-archive");
}

#[test]
fn environments() {
    journey("environments");
}

#[test]
fn managed_stack() {
    journey("managed-stack");
}

#[test]
fn single_database() {
    journey("single-database");
}

/// The show piece goes further: somebody changes one setting by hand, and exactly that is named. In a sandbox of its own:
/// roles of other examples in the account may hold a password of the database, and end its key.
#[test]
fn saas() {
    let sandbox = &Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap();
    seed(sandbox, "saas");
    settles(sandbox, "saas");
    // What was uploaded before there was a replication is not in the replica.
    let lacking = run(sandbox, "check", "saas", &[], 3);
    assert!(lacking.contains("S3 Batch Replication"), "{lacking}");
    seed_with(sandbox, "saas", "rewritten.hcl");
    holds(sandbox, "saas");
    // What one reads of a copy that is left, whenever it was read.
    let asked = ["--explain", "s3_bucket.uploads", "ransomware"];
    let derived = run(sandbox, "prove", "saas", &asked, 0);
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\dT[\d:.]+Z").unwrap();
    insta::assert_snapshot!("saas_ransomware", time.replace_all(&derived, "TIME"));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let config = aws_config::defaults(BehaviorVersion::latest())
                .endpoint_url(sandbox.endpoint())
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new(
                    DEFAULT_ACCOUNT,
                    ROOT_SECRET,
                    None,
                    None,
                    "by hand",
                ))
                .load()
                .await;
            aws_sdk_rds::Client::new(&config)
                .modify_db_instance()
                .db_instance_identifier("acme-app")
                .deletion_protection(false)
                .apply_immediately(true)
                .send()
                .await
                .unwrap();
        });
    let stream = run(sandbox, "plan", "saas", &["--detailed-exitcode", "--json"], 2);
    let changes = changes(&stream);
    assert_eq!(changes.len(), 1, "{stream}");
    assert_eq!(changes[0]["address"], "rds_instance.app");
    let attributes = changes[0]["attributes"].as_array().unwrap();
    assert_eq!(attributes.len(), 1, "{stream}");
    assert_eq!(attributes[0]["path"], "deletion_protection");
    assert_eq!(attributes[0]["before"], false);
    assert_eq!(attributes[0]["after"], true);
    assert_eq!(attributes[0]["direction"], "strengthens");

    // A check says so as well; the control that failed with it decides the code.
    let checked = run(sandbox, "check", "saas", &[], 3);
    assert!(checked.contains("BKS-RDS-010"), "{checked}");

    run(sandbox, "apply", "saas", &["--auto-approve"], 0);
    run(sandbox, "plan", "saas", &["--detailed-exitcode"], 0);
}

/// Empty vaults prove nothing; what the nights leave in them does. In a sandbox of its own: the other examples have a
/// way from production into the vault account, and a proof sees it.
#[test]
fn vaults() {
    let sandbox = &Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap();
    seed(sandbox, "vaults");
    let lost = |exit: i32, wanted: &[&str]| {
        let proof = run(sandbox, "prove", "vaults", &["--json"], exit);
        let proof: Json = serde_json::from_str(&proof).unwrap();
        let assets = proof["assets"].as_array().unwrap();
        let main = assets
            .iter()
            .find(|a| a["address"] == "rds_instance.main")
            .unwrap();
        let cells = main["cells"].as_array().unwrap();
        let asked = |cell: &&Json| cell["judged"].get("last_line").is_some();
        let lost = cells.iter().filter(asked);
        let lost = lost.filter(|cell| cell["loss"]["loss"] == "everything");
        let lost = lost.map(|cell| cell["scenario"].as_str().unwrap());
        assert_eq!(lost.collect::<Vec<_>>(), wanted);
        proof
    };
    let today = [
        "credential_compromise",
        "region_outage",
        "ransomware",
        "store_deletion",
    ];
    lost(3, &today);
    settles(sandbox, "vaults");
    // Two weeks of any second undo what one credential did a week ago, and no more than that.
    lost(3, &["credential_compromise", "region_outage", "store_deletion"]);
    seed_with(sandbox, "vaults", "nights.hcl");
    let proof = lost(0, &[]);
    assert!(proof.to_string().contains("vault_ledger-isolated"));
    holds(sandbox, "vaults");
    // The same nights again are the same nights.
    seed_with(sandbox, "vaults", "nights.hcl");
    let again = lost(0, &[]);
    assert!(again.to_string().contains("11 recovery points can be restored"));
}

/// A shorter reach weakens, so it is refused, and nothing is changed, until it is approved by name.
#[test]
fn what_weakens_is_refused_until_it_is_approved() {
    let sandbox = Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap();
    seed(&sandbox, "single-database");
    let apply = |options: &[&str], wanted| {
        let options: Vec<_> = ["--auto-approve"]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        run(&sandbox, "apply", "single-database", &options, wanted)
    };
    apply(&["--var", "retention=30d"], 0);
    let shorter = ["--var", "retention=14d"];
    apply(&shorter, 1);
    let unchanged = run(
        &sandbox,
        "plan",
        "single-database",
        &["--var", "retention=30d"],
        0,
    );
    assert!(unchanged.starts_with("No changes."), "{unchanged}");
    apply(
        &[&shorter[..], &["--allow-weaken", "rds_instance.main"]].concat(),
        0,
    );
    let done = run(&sandbox, "plan", "single-database", &shorter, 0);
    assert!(done.starts_with("No changes."), "{done}");
}
