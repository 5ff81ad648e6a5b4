//! Keys, and which policy is weaker.

use super::*;
use crate::model::window::any_windows;
use crate::model::{Direction, change::AttributeChange};
use proptest::prelude::*;

pub(crate) const ALICE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA8SdnRh6pKe4g5/THCoOX8ta7F3IJ61yyUM2VgECCrq alice";
pub(crate) const BOB: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsjPc65gzJMkGR5OANq6maXt+wfApQDayxzaFL85zjj bob";
pub(crate) const CAROL: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILCzjoPISLIzonmR7U297VRdvUChp/h+silLglrzy3Or carol";
pub(crate) const DAVE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP+R5rlYkoJDml5DTsJqs4MQUxw9GgUUuRMy7fZBotzl dave";

fn keys(texts: &[&str]) -> Vec<SshKey> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

fn rule(approvals: u32, from: &[&str], window: &[&str]) -> ApprovalRule {
    ApprovalRule {
        approvals,
        from: keys(from),
        window: Windows(window.iter().map(|w| w.parse().unwrap()).collect()),
    }
}

const TOKEN: &str = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIA8SdnRh6pKe4g5/THCoOX8ta7F3IJ61yyUM2VgECCrqAAAABHNzaDo= token";
const CERTIFICATE: &str = "ssh-ed25519-cert-v01@openssh.com AAAA ada";

#[test]
fn a_key_that_cannot_approve_says_why_and_what_can() {
    for (text, why) in [
        (
            TOKEN,
            "a key of the type sk-ssh-ed25519@openssh.com cannot approve; what security keys sign is not verified; use ssh-ed25519",
        ),
        (
            CERTIFICATE,
            "is a certificate, and whoever signs certificates could make another; write the public key itself",
        ),
    ] {
        let said = text.parse::<SshKey>().unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_key_is_the_same_whatever_its_comment_says() {
    let bare = ALICE.strip_suffix(" alice").unwrap();
    let (alice, other): (SshKey, SshKey) = (ALICE.parse().unwrap(), bare.parse().unwrap());
    assert_eq!(alice, other);
    assert_ne!(alice, BOB.parse().unwrap());
    assert_eq!(alice.to_string(), ALICE);
    assert_eq!(alice.shown(), format!("alice ({})", alice.fingerprint()));
    assert_eq!(other.shown(), other.fingerprint());
    assert_eq!(serde_json::to_value(&alice).unwrap(), ALICE);
}

#[test]
fn what_is_no_key_is_told_apart() {
    for (text, why) in [
        ("", "is not a public key"),
        ("alice", "is not a public key"),
        ("ssh-ed25519 AAAA alice", "is not a public key"),
        // The type in front and the one inside differ.
        (&ALICE.replace("ssh-ed25519", "ssh-rsa"), "is not a public key"),
        (&format!("{ALICE}\n{BOB}"), "several lines"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "private key"),
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC6f6dmvt4nbuPXGfDhRSfD5OPPvYUWtSJDBPcXUuYEIfmpABCJXwJJTqsiWjtlUeKJvcAxjRWqbjrRdJVfKwzjLgzXcjXZAcxjVpGqZQTtLoB3vcHhqxIGgXLsUmSPi2kdPqkDDnLZQjWFlnKTuSjJnMQMxTZf3SGSDpIKxwSe1w== x",
            "needs at least 2048 bits",
        ),
    ] {
        let said = text.parse::<SshKey>().unwrap_err();
        assert!(said.contains(why), "{text}: {said}");
        assert!(!said.contains("b3Bl"), "{said}");
    }
}

#[test]
fn a_key_counts_once_and_only_when_it_is_listed() {
    let rule = rule(2, &[ALICE, BOB], &[]);
    assert_eq!(rule.counted(&keys(&[ALICE, ALICE, CAROL])).len(), 1);
    assert_eq!(rule.counted(&keys(&[CAROL, BOB, ALICE])).len(), 2);
    assert!(rule.counted(&[]).is_empty());
}

/// From a rule to another one: which of its parts change, and whether that weakens.
#[test]
fn weaker_in_any_way_is_weaker() {
    use Direction::{Neutral, Strengthens, Weakens};
    let sunday = &["Sun 03:00-05:00 UTC"][..];
    let none = ApprovalRule::default();
    let two = rule(2, &[ALICE, BOB, CAROL], &[]);
    type Row = (
        &'static str,
        ApprovalRule,
        ApprovalRule,
        Vec<(&'static str, Direction)>,
    );
    let table: Vec<Row> = vec![
        ("the same", two.clone(), two.clone(), vec![]),
        (
            "only the order",
            two.clone(),
            rule(2, &[CAROL, ALICE, BOB], &[]),
            vec![],
        ),
        (
            "a first rule",
            none.clone(),
            two.clone(),
            vec![("approvals", Strengthens), ("from", Strengthens)],
        ),
        (
            "the rule goes",
            two.clone(),
            none.clone(),
            vec![("approvals", Weakens), ("from", Neutral)],
        ),
        (
            "fewer",
            two.clone(),
            rule(1, &[ALICE, BOB, CAROL], &[]),
            vec![("approvals", Weakens)],
        ),
        (
            "more",
            two.clone(),
            rule(3, &[ALICE, BOB, CAROL], &[]),
            vec![("approvals", Strengthens)],
        ),
        (
            "one key less",
            two.clone(),
            rule(2, &[ALICE, BOB], &[]),
            vec![("from", Strengthens)],
        ),
        (
            "one key more",
            two.clone(),
            rule(2, &[ALICE, BOB, CAROL, DAVE], &[]),
            vec![("from", Weakens)],
        ),
        (
            "a key swapped in",
            two.clone(),
            rule(2, &[ALICE, BOB, DAVE], &[]),
            vec![("from", Weakens)],
        ),
        (
            "more of more",
            two.clone(),
            rule(3, &[ALICE, BOB, CAROL, DAVE], &[]),
            vec![("approvals", Strengthens), ("from", Weakens)],
        ),
        (
            "a window comes",
            none.clone(),
            rule(0, &[], sunday),
            vec![("window", Strengthens)],
        ),
        (
            "a window goes",
            rule(0, &[], sunday),
            none.clone(),
            vec![("window", Weakens)],
        ),
        (
            "a window is widened",
            rule(0, &[], sunday),
            rule(0, &[], &["Sun 03:00-05:01 UTC"]),
            vec![("window", Weakens)],
        ),
        (
            "a window is narrowed",
            rule(0, &[], sunday),
            rule(0, &[], &["Sun 03:30-05:00 UTC"]),
            vec![("window", Strengthens)],
        ),
        (
            "a window moves",
            rule(0, &[], sunday),
            rule(0, &[], &["Mon 03:00-05:00 UTC"]),
            vec![("window", Weakens)],
        ),
        (
            "a window is written in halves",
            rule(0, &[], sunday),
            rule(0, &[], &["Sun 03:00-04:00 UTC", "Sun 04:00-05:00 UTC"]),
            vec![],
        ),
        (
            "approvals for a window",
            rule(0, &[], sunday),
            rule(1, &[ALICE], &[]),
            vec![
                ("approvals", Strengthens),
                ("from", Strengthens),
                ("window", Weakens),
            ],
        ),
    ];
    for (what, before, after, wanted) in table {
        for danger in Danger::ALL {
            let within = |rule: &ApprovalRule| {
                let mut policy = ApprovalPolicy::default();
                *policy.rule_mut(danger) = rule.clone();
                policy
            };
            let (before, after) = (within(&before), within(&after));
            let changes = after.changes(&before);
            let found: Vec<(String, Direction)> =
                changes.iter().map(|c| (c.path.clone(), c.direction)).collect();
            let wanted: Vec<(String, Direction)> = wanted
                .iter()
                .map(|(name, d)| (format!("{}.{name}", danger.as_str()), *d))
                .collect();
            assert_eq!(found, wanted, "{what}");
            let weaker = wanted.iter().any(|(_, d)| *d == Weakens);
            assert_eq!(after.is_as_strict_as(&before), !weaker, "{what}");
        }
    }
}

impl ApprovalPolicy {
    fn rule_mut(&mut self, danger: Danger) -> &mut ApprovalRule {
        match danger {
            Danger::Weaken => &mut self.weaken,
            Danger::Irreversible => &mut self.irreversible,
            Danger::Disruptive => &mut self.disruptive,
        }
    }
}

fn any_rule() -> impl Strategy<Value = ApprovalRule> {
    let some = proptest::sample::subsequence(vec![ALICE, BOB, CAROL, DAVE], 0..=4);
    (some, 0..=4usize, any_windows()).prop_map(|(from, approvals, window)| {
        let approvals = approvals.min(from.len());
        ApprovalRule {
            approvals: u32::try_from(approvals).unwrap(),
            from: if approvals == 0 { Vec::new() } else { keys(&from) },
            window,
        }
    })
}

pub(crate) fn any_policy() -> impl Strategy<Value = ApprovalPolicy> {
    (any_rule(), any_rule(), any_rule()).prop_map(|(weaken, irreversible, disruptive)| ApprovalPolicy {
        weaken,
        irreversible,
        disruptive,
    })
}

fn weakens(changes: &[AttributeChange]) -> bool {
    changes.iter().any(|c| c.direction == Direction::Weakens)
}

proptest! {
    #[test]
    fn it_is_an_order(a in any_policy(), b in any_policy(), c in any_policy()) {
        prop_assert!(a.is_as_strict_as(&a));
        prop_assert!(a.is_as_strict_as(&ApprovalPolicy::default()));
        if a.is_as_strict_as(&b) && b.is_as_strict_as(&c) {
            prop_assert!(a.is_as_strict_as(&c));
        }
        if a.is_as_strict_as(&b) && b.is_as_strict_as(&a) {
            prop_assert!(a.changes(&b).is_empty(), "{:?}", a.changes(&b));
        }
    }

    #[test]
    fn weakening_is_shown_whenever_it_happens(a in any_policy(), b in any_policy()) {
        prop_assert_eq!(weakens(&a.changes(&b)), !a.is_as_strict_as(&b));
        prop_assert!(a.changes(&a).is_empty());
    }

    /// What the order is for: whatever a policy that is as strict lets happen, the other one does too.
    #[test]
    fn who_satisfies_the_stricter_satisfies_the_other(
        a in any_policy(), b in any_policy(),
        signers in proptest::sample::subsequence(vec![ALICE, BOB, CAROL, DAVE], 0..=4),
        second in 0i64..2_000_000_000,
    ) {
        let now = jiff::Timestamp::from_second(second).unwrap();
        let signers = keys(&signers);
        let lets = |rule: &ApprovalRule| {
            rule.counted(&signers).len() >= rule.approvals as usize && rule.window.is_open(now)
        };
        if a.is_as_strict_as(&b) {
            for danger in Danger::ALL {
                prop_assert!(!lets(a.rule(danger)) || lets(b.rule(danger)));
            }
        }
    }

    #[test]
    fn a_policy_reads_back(policy in any_policy()) {
        let text = serde_json::to_string(&policy).unwrap();
        let back: ApprovalPolicy = serde_json::from_str(&text).unwrap();
        prop_assert!(back.changes(&policy).is_empty());
    }
}
