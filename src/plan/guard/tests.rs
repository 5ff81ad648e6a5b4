//! What is refused, under which policies, with which approvals, when.

use super::*;
use crate::model::approval::tests::{ALICE, BOB, CAROL, DAVE, any_policy};
use crate::model::approval::{ApprovalPolicy, ApprovalRule};
use crate::plan::InForce;
use proptest::prelude::*;
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn keys(texts: &[&str]) -> Vec<SshKey> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

/// A plan with one attribute for each kind of change.
fn plan(dangers: &[Danger], in_force: Option<&ApprovalPolicy>, declared: Option<&ApprovalPolicy>) -> Plan {
    let attributes: Vec<_> = dangers
        .iter()
        .map(|danger| {
            json!({
                "path": danger.as_str(), "before": 1, "after": 2,
                "direction": if *danger == Danger::Weaken { "weakens" } else { "neutral" },
                "irreversible": (*danger == Danger::Irreversible).then_some("so it is"),
                "disruptive": (*danger == Danger::Disruptive).then_some("so it is"),
            })
        })
        .collect();
    let address = serde_json::to_value(Address::new("s3_bucket", "a")).unwrap();
    let mut plan: Plan = serde_json::from_value(json!({
        "project": "p", "read_at": "2026-03-01T12:00:00Z", "accounts": {}, "entrances": [],
        "changes": [{
            "address": address, "kind": "s3_bucket", "ident": "a", "action": "update", "desired": null,
            "place": { "account": "x", "account_id": "111111111111", "region": "us-east-1", "project": "p" },
            "saw": "absent", "findings": [], "unreadable": [], "missing": null
        }],
        "steps": [{
            "address": address, "what": "write", "stage": "protect", "op": null, "after": [],
            "attributes": attributes
        }],
        "unchanged": 0, "outputs": {}
    }))
    .unwrap();
    plan.policies = Policies {
        in_force: in_force.map(|policy| InForce {
            digest: "0".into(),
            policy: policy.clone(),
            place: None,
        }),
        declared: declared.cloned(),
        place: None,
    };
    plan
}

fn rule(approvals: u32, from: &[&str], windows: &[&str]) -> ApprovalRule {
    ApprovalRule {
        approvals,
        from: keys(from),
        window: Windows(windows.iter().map(|w| w.parse().unwrap()).collect()),
    }
}

fn weaken(rule: ApprovalRule) -> ApprovalPolicy {
    ApprovalPolicy {
        weaken: rule,
        ..ApprovalPolicy::default()
    }
}

fn by_flags() -> Approvals {
    Approvals {
        weaken: vec![Address::new("s3_bucket", "a"), Policies::address()],
        irreversible: vec![Address::new("s3_bucket", "a")],
        ..Approvals::default()
    }
}

fn signed(signers: &[&str]) -> Approvals {
    Approvals {
        signers: keys(signers),
        file: Some("a.plan".into()),
        ..Approvals::default()
    }
}

const NOON: &str = "2026-03-01T12:00:00Z";

fn refused(plan: &Plan, approvals: &Approvals, now: &str) -> Vec<String> {
    let said = refusals(plan, approvals, at(now));
    said.iter()
        .map(|d| {
            format!(
                "{} {} {}",
                d.code.id(),
                d.detail,
                d.remedy.as_deref().unwrap_or("")
            )
        })
        .collect()
}

#[test]
fn without_a_policy_a_name_is_enough_and_needed() {
    let plan = plan(&Danger::ALL, None, None);
    assert_eq!(refused(&plan, &signed(&[ALICE, BOB]), NOON).len(), 2);
    assert!(refused(&plan, &by_flags(), NOON).is_empty());
}

#[test]
fn with_a_policy_a_name_is_neither() {
    let two = weaken(rule(2, &[ALICE, BOB, CAROL], &[]));
    for (in_force, declared) in [(Some(&two), None), (None, Some(&two)), (Some(&two), Some(&two))] {
        let plan = plan(&[Danger::Weaken], in_force, declared);
        let said = refused(&plan, &by_flags(), NOON);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].starts_with("BKS-E0620") && said[0].contains("plan -out"),
            "{said:?}"
        );
        assert!(refused(&plan, &signed(&[ALICE, CAROL]), NOON).is_empty());
    }
}

#[test]
fn an_approval_that_nothing_makes_use_of_is_told() {
    use Danger::{Disruptive, Irreversible, Weaken};
    let told = |dangers: &[Danger], policy: Option<&ApprovalPolicy>, approvals: &Approvals| -> Vec<String> {
        let diagnostics = needless(&plan(dangers, policy, policy), approvals);
        assert!(!diagnostics.has_errors());
        diagnostics.iter().map(|d| d.detail.clone()).collect()
    };
    let (weaken, irreversible) = (
        Approvals {
            weaken: vec![Address::new("s3_bucket", "a")],
            ..Approvals::default()
        },
        Approvals {
            irreversible: vec![Address::new("s3_bucket", "a")],
            ..Approvals::default()
        },
    );
    let nothing_weaker = ["--allow-weaken='s3_bucket.a' approves nothing: the plan weakens nothing of it."];
    let nothing_lasting = [
        "--allow-irreversible='s3_bucket.a' approves nothing: the plan does nothing to it that can never be undone.",
    ];
    let other_flag =
        ["--allow-weaken='s3_bucket.a' approves nothing: what the plan does to it needs the other flag."];
    for (dangers, approvals, says) in [
        (&[Weaken][..], &weaken, &[][..]),
        (&[Irreversible], &irreversible, &[]),
        (&[Weaken, Irreversible], &weaken, &[]),
        (&[Disruptive], &weaken, &nothing_weaker),
        (&[Disruptive], &irreversible, &nothing_lasting),
        (&[Irreversible], &weaken, &other_flag),
        (&[Weaken], &Approvals::default(), &[]),
    ] {
        assert_eq!(told(dangers, None, approvals), says, "{dangers:?}");
    }
    // Where keys are asked for, a name says nothing.
    let policy = self::weaken(rule(1, &[ALICE], &[]));
    let [only] = told(&[Weaken], Some(&policy), &weaken).try_into().unwrap();
    assert!(only.contains("asks for signatures"), "{only}");
    // The same command again, when all is done.
    let mut done = plan(&[], None, None);
    done.steps.clear();
    assert!(needless(&done, &by_flags()).is_empty());
}

#[test]
fn the_error_counts_and_names_who_is_left() {
    let two = weaken(rule(2, &[ALICE, BOB, CAROL], &[]));
    let plan = plan(&[Danger::Weaken], Some(&two), Some(&two));
    let said = refused(&plan, &signed(&[BOB, DAVE]), NOON);
    assert_eq!(said.len(), 1);
    let said = &said[0];
    for part in [
        "The policy in force (weaken) asks for 2 approvals of 3 keys; 1 of 2 is there, by bob",
        "Any 1 of these can give it: alice",
        "carol",
        "`backstay approve a.plan --key KEY`",
        "`backstay apply a.plan`",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn only_the_policy_in_force_has_a_say_in_its_own_end() {
    let team = weaken(rule(2, &[ALICE, BOB], &[]));
    let other = weaken(rule(1, &[CAROL], &[]));
    let only_policy = plan(&[], Some(&team), Some(&other));
    assert!(refused(&only_policy, &signed(&[ALICE, BOB]), NOON).is_empty());
    assert_eq!(refused(&only_policy, &signed(&[CAROL]), NOON).len(), 1);
    assert_eq!(refused(&only_policy, &by_flags(), NOON).len(), 1);
    // What else weakens takes both.
    let both = plan(&[Danger::Weaken], Some(&team), Some(&other));
    assert_eq!(refused(&both, &signed(&[ALICE, BOB]), NOON).len(), 1);
    assert_eq!(refused(&both, &signed(&[CAROL]), NOON).len(), 1);
    assert!(refused(&both, &signed(&[ALICE, BOB, CAROL]), NOON).is_empty());
    // To ask for more is up to nobody.
    assert!(refused(&plan(&[], None, Some(&team)), &Approvals::default(), NOON).is_empty());
    assert!(
        refused(
            &plan(&[], Some(&ApprovalPolicy::default()), Some(&team)),
            &Approvals::default(),
            NOON
        )
        .is_empty()
    );
}

#[test]
fn a_window_is_kept_and_the_next_one_told() {
    let mut sunday = ApprovalPolicy {
        disruptive: rule(0, &[], &["Sun 03:00-05:00 UTC"]),
        ..ApprovalPolicy::default()
    };
    let nights = plan(&[Danger::Disruptive], None, Some(&sunday));
    assert!(refused(&nights, &Approvals::default(), "2026-03-01T03:00:00Z").is_empty());
    assert!(refused(&nights, &Approvals::default(), "2026-03-01T04:59:59Z").is_empty());
    let said = refused(&nights, &by_flags(), "2026-03-01T05:00:00Z");
    assert_eq!(said.len(), 1);
    assert!(
        said[0].contains("only Sun 03:00-05:00 UTC, and it is 2026-03-01T05:00:00Z")
            && said[0].contains("opens next at 2026-03-08T03:00:00Z"),
        "{said:?}"
    );
    // What is not disruptive does not wait.
    assert!(refused(&plan(&[], None, Some(&sunday)), &by_flags(), NOON).is_empty());
    // Two windows that never meet.
    sunday.weaken = rule(0, &[], &["Mon 03:00-05:00 UTC"]);
    let never = plan(&[Danger::Disruptive, Danger::Weaken], None, Some(&sunday));
    let said = refused(&never, &by_flags(), "2026-03-01T04:00:00Z");
    assert!(
        said.len() == 1 && said[0].contains("a part of it with -target"),
        "{said:?}"
    );
    // Of one and the same change no part can be left out.
    let monday = ApprovalPolicy {
        disruptive: rule(0, &[], &["Mon 03:00-05:00 UTC"]),
        ..ApprovalPolicy::default()
    };
    let never = plan(&[Danger::Disruptive], Some(&monday), Some(&sunday));
    let said = refused(&never, &by_flags(), "2026-03-01T04:00:00Z").concat();
    assert!(
        said.contains("declare the one in force again") && !said.contains("-target"),
        "{said}"
    );
}

fn some_keys() -> impl Strategy<Value = Vec<SshKey>> {
    proptest::sample::subsequence(vec![ALICE, BOB, CAROL, DAVE], 0..=4).prop_map(|some| keys(&some))
}

proptest! {
    /// The whole rule: every rule of both policies is satisfied, and what they leave to names is named.
    #[test]
    fn nothing_runs_that_either_policy_forbids(
        a in proptest::option::of(any_policy()), b in proptest::option::of(any_policy()),
        signers in some_keys(), named in any::<bool>(), second in 0i64..2_000_000_000,
    ) {
        let plan = plan(&Danger::ALL, a.as_ref(), b.as_ref());
        let approvals = Approvals { signers, ..if named { by_flags() } else { Approvals::default() } };
        let now = Timestamp::from_second(second).unwrap();
        let lets = |policy: &Option<ApprovalPolicy>| policy.as_ref().is_none_or(|policy| {
            Danger::ALL.iter().all(|danger| {
                let rule = policy.rule(*danger);
                rule.counted(&approvals.signers).len() >= rule.approvals as usize && rule.window.is_open(now)
            })
        });
        let asks = |policy: &Option<ApprovalPolicy>, danger| {
            policy.as_ref().is_some_and(|p| p.rule(danger).approvals > 0)
        };
        let left_to_names = |danger| !asks(&a, danger) && !asks(&b, danger);
        let nothing = ApprovalPolicy::default();
        let weaker = !b.as_ref().unwrap_or(&nothing).is_as_strict_as(a.as_ref().unwrap_or(&nothing));
        let wanted = lets(&a) && lets(&b) && (named || !(
            left_to_names(Danger::Weaken) || left_to_names(Danger::Irreversible)
                || (weaker && !asks(&a, Danger::Weaken))
        ));
        prop_assert_eq!(refusals(&plan, &approvals, now).is_empty(), wanted);
    }

    /// Whatever the posture declares, what the policy in force refuses stays refused.
    #[test]
    fn no_declaration_takes_a_refusal_away(
        in_force in any_policy(), declared in proptest::option::of(any_policy()),
        signers in some_keys(), second in 0i64..2_000_000_000,
    ) {
        let now = Timestamp::from_second(second).unwrap();
        let approvals = Approvals { signers, ..by_flags() };
        let before = plan(&Danger::ALL, Some(&in_force), Some(&in_force));
        let after = plan(&Danger::ALL, Some(&in_force), declared.as_ref());
        if refusals(&before, &approvals, now).has_errors() {
            prop_assert!(refusals(&after, &approvals, now).has_errors());
        }
    }
}
