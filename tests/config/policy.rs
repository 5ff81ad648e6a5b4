//! The block `policy`.

use crate::fixture::{HEAD, folder, inputs, load_text, run};
use backstay::model::approval::ApprovalPolicy;

const ALICE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA8SdnRh6pKe4g5/THCoOX8ta7F3IJ61yyUM2VgECCrq alice";
const BOB: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsjPc65gzJMkGR5OANq6maXt+wfApQDayxzaFL85zjj bob";

/// `ALICE` and `BOB` stand for their keys.
fn filled(text: &str) -> String {
    text.replace("ALICE", ALICE).replace("BOB", BOB)
}

fn policy(text: &str) -> ApprovalPolicy {
    let loaded = load_text(&filled(text));
    assert!(loaded.diagnostics.is_empty(), "{}", loaded.said());
    loaded.posture().policy.unwrap().what
}

#[test]
fn a_policy_is_read_with_keys_and_windows_as_one_or_many() {
    let policy = policy(
        r#"
locals {
  team = ["ALICE", "BOB"]
}
policy {
  weaken {
    approvals = 2
    from      = local.team
  }
  irreversible {
    approvals = 1
    from      = ["ALICE"]
    window    = ["Mon-Fri 09:00-17:00 UTC", "Sun 22:00-02:00 UTC"]
  }
  disruptive {
    window = "Sun 03:00-05:00 UTC"
  }
}
"#,
    );
    assert_eq!((policy.weaken.approvals, policy.weaken.from.len()), (2, 2));
    assert_eq!(policy.weaken.from[0].comment(), "alice");
    assert_eq!(
        policy.irreversible.window.to_string(),
        "Mon-Fri 09:00-17:00 UTC or Sun 22:00-02:00 UTC"
    );
    assert_eq!(policy.disruptive.approvals, 0);
    assert_eq!(policy.disruptive.window.0.len(), 1);
}

#[test]
fn a_policy_may_be_empty_or_absent() {
    assert!(policy("policy {\n}\n").demands_nothing());
    assert!(policy("policy {\n  weaken {\n  }\n}\n").demands_nothing());
    assert!(load_text("").posture().policy.is_none());
}

#[test]
fn what_is_wrong_with_a_policy_is_said_where_it_is() {
    // The head takes three lines.
    for (inside, wanted) in [
        (
            "weaken {\n  approvals = 2\n  from = [\"ALICE\"]\n}",
            "6: BKS-E0401 weaken asks for 2 approvals, but only 1 could ever be given: from holds one key.",
        ),
        (
            "weaken {\n  approvals = 1\n}",
            "6: BKS-E0401 weaken asks for 1 approval, but only 0 could ever be given: from holds no key.",
        ),
        (
            "weaken {\n  approvals = 2\n  from = [\"ALICE\", \"ALICE twice\"]\n}",
            "7: BKS-E0304 weaken.from holds the same key twice, as elements 0 and 1: SHA256:",
        ),
        (
            "weaken {\n  from = [\"ALICE\"]\n}",
            "6: BKS-E0303 weaken.from says who may approve, but not how many have to.",
        ),
        (
            "weaken {\n  approvals = 0\n  from = [\"ALICE\"]\n}",
            "6: BKS-E0401 weaken.approvals is 0.",
        ),
        (
            "weaken {\n  approvals = -1\n  from = [\"ALICE\"]\n}",
            "6: BKS-E0401 approvals: it is not a whole number from 0.",
        ),
        (
            "weaken {\n  approvals = \"two\"\n  from = [\"ALICE\"]\n}",
            "6: BKS-E0202 The argument \"approvals\" has the wrong type",
        ),
        (
            "irreversible {\n  approvals = 1\n  from = [\"ssh-ed25519 AAAA x\"]\n}",
            "7: BKS-E0401 from: \"ssh-ed25519 AAAA x\" is not a public key as OpenSSH writes it",
        ),
        (
            "disruptive {\n  window = \"Sunday 3am\"\n}",
            "6: BKS-E0401 window: \"Sunday 3am\" is not a window",
        ),
        (
            "disruptive {\n  window = []\n}",
            "6: BKS-E0401 window: the list is empty.",
        ),
        (
            "weakens {\n}",
            "5: BKS-E0302 The block \"policy\" has no nested block \"weakens\".",
        ),
        (
            "weaken {\n  keys = []\n}",
            "6: BKS-E0302 The block \"weaken\" has no argument \"keys\".",
        ),
        (
            "weaken {\n}\nweaken {\n}",
            "7: BKS-E0304 The block \"weaken\" may stand only once here.",
        ),
    ] {
        load_text(&filled(&format!("policy {{\n{inside}\n}}\n"))).says(wanted);
    }
    load_text("policy {\n}\npolicy {\n}\n").says("6: BKS-E0304 The block \"policy\" may stand only once.");
    load_text("policy \"x\" {\n}\n").says("BKS-E0307");
}

#[test]
fn a_private_key_is_never_repeated() {
    let loaded = load_text(
        "policy {\n  weaken {\n    approvals = 1\n    from = [\"-----BEGIN OPENSSH PRIVATE KEY-----\\nc2VjcmV0\"]\n  }\n}\n",
    );
    loaded.says("this is a private key");
    assert!(!loaded.said().contains("c2VjcmV0"));
}

#[test]
fn a_module_has_no_policy() {
    let dir = folder(&[
        (
            "main.hcl",
            &format!("{HEAD}module \"m\" {{\n  source = \"./m\"\n}}\n"),
        ),
        ("m/main.hcl", "policy {\n}\n"),
    ]);
    run(&inputs(dir.path()))
        .says("1: BKS-E0301 A block \"policy\" stands in the root folder only, not in a module.");
}
