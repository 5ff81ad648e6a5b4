//! What is said about a block, and how differences of a role are judged.

mod properties;
mod world;

use super::{IamRole, Op};
use crate::kinds::Kind;
use crate::kinds::iam::live::{LivePolicy, LiveRole, Settings};
use crate::kinds::marked::CREATING_TAG;
use crate::kinds::statement::StatementBlock;
use crate::kinds::testing::{Written, place};
use crate::kinds::tests::world::{after, applied};
use crate::model::change::{Action, Diff, Direction};
use crate::model::policy::Document;
use crate::model::{Observed, Unreadable};
use serde_json::json;
use std::collections::BTreeMap;

const ONCALL: &str = "arn:aws:iam::111111111111:role/oncall";

fn trust(principal: &str) -> Written {
    Written::new().nest(
        "principals",
        Written::new()
            .set("type", "AWS")
            .set("identifiers", json!([principal])),
    )
}

fn reading(resource: &str) -> Written {
    Written::new()
        .set("actions", json!(["s3:GetObject"]))
        .set("resources", json!([resource]))
}

fn block() -> Written {
    Written::new()
        .set("name", "restore")
        .nest("trust", trust(ONCALL))
        .nest("statement", reading("arn:aws:s3:::dumps/*"))
}

/// The same without what it may do.
fn silent() -> Written {
    Written::new().set("name", "restore").nest("trust", trust(ONCALL))
}

/// The role as `block` made it.
fn made() -> LiveRole {
    let document = |text: serde_json::Value| Observed::Present(Document::from_json(&text).unwrap());
    LiveRole {
        name: "restore".into(),
        path: "/backstay/acme/".into(),
        arn: "arn:aws:iam::111111111111:role/backstay/acme/restore".into(),
        trust: document(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ONCALL}}})),
        inline: BTreeMap::from([(
            "backstay".to_owned(),
            document(json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": ["s3:getobject"], "Resource": ["arn:aws:s3:::dumps/*"]}]})),
        )]),
        attached: Vec::new(),
        boundary: None,
        tags: BTreeMap::from([("backstay:project".to_owned(), "acme".to_owned())]),
        settings: Some(Observed::Present(Settings {
            description: String::new(),
            max_session: 3600,
        })),
    }
}

fn diff(block: &Written, have: Option<&LiveRole>) -> Diff<Op> {
    IamRole::diff(&block.spec::<IamRole>(), have, &place())
}

/// Paths with their directions.
fn judged(diff: &Diff<Op>) -> Vec<(&str, Direction)> {
    let attributes = diff.changes.iter().flat_map(|c| &c.attributes);
    attributes.map(|a| (a.path.as_str(), a.direction)).collect()
}

#[test]
fn a_missing_role_is_created_within_its_boundary() {
    let boundary = "arn:aws:iam::111111111111:policy/limit";
    let diff = diff(&block().set("boundary", boundary), None);
    assert_eq!(diff.action, Action::Create);
    let Op::Create(role) = &diff.changes[0].op else {
        panic!("{diff:?}")
    };
    assert_eq!(role.boundary.as_deref(), Some(boundary));
    assert_eq!(role.path, "/backstay/acme/");
    assert!(matches!(diff.changes[1].op, Op::PutPolicy(_)));
    assert!(judged(&diff).iter().all(|(_, d)| *d == Direction::Neutral));
}

#[test]
fn a_missing_role_without_trust_cannot_be_created() {
    let diff = diff(&Written::new().set("name", "restore"), None);
    assert!(diff.missing.unwrap().contains("add a trust block"));
    assert!(diff.changes.is_empty());
}

#[test]
fn what_means_the_same_is_no_difference() {
    let diff = diff(&block(), Some(&made()));
    assert_eq!(diff, Diff::new());
}

#[test]
fn each_change_is_judged() {
    use Direction::{Neutral, Strengthens, Weakens};
    let limit = "arn:aws:iam::111111111111:policy/limit";
    let bounded = |arn: &str| LiveRole {
        boundary: Some(LivePolicy {
            arn: arn.into(),
            document: None,
        }),
        ..made()
    };
    let attached = |document| LiveRole {
        attached: vec![LivePolicy {
            arn: limit.into(),
            document,
        }],
        ..made()
    };
    let text = |effect: &str| {
        let json = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Action": "s3:*", "Resource": "*"}]});
        Some(Observed::Present(Document::from_json(&json).unwrap()))
    };
    let plain = || Written::new().set("name", "restore");
    for (why, block, have, path, direction) in [
        (
            "one more who may assume it",
            block().nest("trust", trust("arn:aws:iam::222222222222:root")),
            made(),
            "trust",
            Weakens,
        ),
        (
            "one more permission",
            block().nest("statement", reading("arn:aws:s3:::other/*")),
            made(),
            "policy",
            Weakens,
        ),
        (
            "less permission",
            plain()
                .nest("trust", trust(ONCALL))
                .nest("statement", reading("arn:aws:s3:::dumps/pg/*")),
            made(),
            "policy",
            Strengthens,
        ),
        (
            "a first boundary",
            block().set("boundary", limit),
            made(),
            "boundary",
            Strengthens,
        ),
        (
            "another boundary",
            block().set("boundary", limit),
            bounded("arn:aws:iam::111111111111:policy/old"),
            "boundary",
            Weakens,
        ),
        (
            "a longer session",
            block().set("max_session", "2h"),
            made(),
            "max_session",
            Weakens,
        ),
        (
            "a tag",
            block().set("tags", json!({"team": "db"})),
            made(),
            "tags[\"team\"]",
            Neutral,
        ),
        (
            "a policy more",
            block().set("managed_policies", json!([limit])),
            made(),
            "managed_policies[\"arn:aws:iam::111111111111:policy/limit\"]",
            Weakens,
        ),
        (
            "a policy of grants less",
            block().set("managed_policies", json!([])),
            attached(text("Allow")),
            "managed_policies[\"arn:aws:iam::111111111111:policy/limit\"]",
            Strengthens,
        ),
        (
            "a policy that denies less",
            block().set("managed_policies", json!([])),
            attached(text("Deny")),
            "managed_policies[\"arn:aws:iam::111111111111:policy/limit\"]",
            Weakens,
        ),
        (
            "a policy less that nobody could read",
            block().set("managed_policies", json!([])),
            attached(None),
            "managed_policies[\"arn:aws:iam::111111111111:policy/limit\"]",
            Weakens,
        ),
    ] {
        let diff = diff(&block, Some(&have));
        assert_eq!(judged(&diff), [(path, direction)], "{why}");
        assert_eq!(diff.action, Action::Update, "{why}");
        let reason = &diff.changes[0].attributes[0].reason;
        assert_eq!(reason.is_some(), direction == Weakens, "{why}: {reason:?}");
    }
}

#[test]
fn what_a_role_is_used_for_stops_with_what_it_may_do() {
    let mut spec = silent().spec::<IamRole>();
    let said = |spec: &_| IamRole::diff(spec, Some(&made()), &place()).changes[0].attributes[0].clone();
    assert_eq!(said(&spec).direction, Direction::Strengthens);
    assert!(IamRole::referred_to(&mut spec));
    let stops = said(&spec);
    assert_eq!((stops.direction, stops.incomparable), (Direction::Weakens, true));
    assert!(
        stops.reason.as_ref().unwrap().contains("s3:getobject"),
        "{stops:?}"
    );
}

/// A derived role follows the block that asks for it; what goes beyond that is judged.
#[test]
fn what_a_derived_role_gets_is_judged_where_it_is_asked_for() {
    let wider = reading("arn:aws:s3:::dumps/pg/*").set("actions", json!(["s3:GetObjectVersion"]));
    let mut spec = block().nest("statement", wider).spec::<IamRole>();
    let said = |spec: &_| IamRole::diff(spec, Some(&made()), &place()).changes[0].attributes[0].clone();
    assert_eq!(said(&spec).direction, Direction::Weakens);
    spec.implied.0 = spec.statement.iter().map(StatementBlock::statement).collect();
    let follows = said(&spec);
    assert_eq!(follows.direction, Direction::Neutral);
    assert!(
        follows.reason.as_ref().unwrap().contains("derived from"),
        "{follows:?}"
    );
    spec.implied.0.pop();
    assert_eq!(said(&spec).direction, Direction::Weakens);
}

/// A role without an inline policy is an ordinary one, and no creation that was cut off.
#[test]
fn what_a_finished_role_gets_is_judged() {
    use Direction::Weakens;
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let plain = silent;
    let anything = || {
        Written::new()
            .set("actions", json!(["*"]))
            .set("resources", json!(["*"]))
    };
    for before in [json!([read_only]), json!([])] {
        let mut after: Vec<_> = before.as_array().unwrap().clone();
        after.push(admin.into());
        let have = applied::<IamRole>(
            &plain().set("managed_policies", before.clone()).spec::<IamRole>(),
            None,
        );
        let more = plain()
            .set("managed_policies", json!(after))
            .nest("statement", anything());
        let diff = diff(&more, Some(&have));
        let attached = format!("managed_policies[\"{admin}\"]");
        assert_eq!(
            judged(&diff),
            [(attached.as_str(), Weakens), ("policy", Weakens)],
            "{before}"
        );
    }
    let only_trust = applied::<IamRole>(&plain().spec::<IamRole>(), None);
    let more = diff(&plain().nest("statement", anything()), Some(&only_trust));
    assert_eq!(judged(&more), [("policy", Weakens)]);
    assert!(
        !only_trust.tags.contains_key(CREATING_TAG),
        "nothing more is written to it: {only_trust:?}"
    );
}

#[test]
fn a_role_that_says_it_is_unfinished_is_finished_without_approval() {
    use Direction::{Neutral, Weakens};
    let limit = "arn:aws:iam::111111111111:policy/limit";
    let block = || block().set("managed_policies", json!([limit]));
    let created = IamRole::diff(&block().spec::<IamRole>(), None, &place());
    let cut_off = after::<IamRole>(None, created.changes.iter().take(1)).unwrap();
    let attached = format!("managed_policies[\"{limit}\"]");
    let mark = "tags[\"backstay:creating\"]";
    let rest = diff(&block(), Some(&cut_off));
    assert_eq!(
        judged(&rest),
        [(attached.as_str(), Neutral), ("policy", Neutral), (mark, Neutral)]
    );
    assert_eq!(rest.changes.last().map(|c| &c.op), Some(&Op::Finish));
    // A tag can be set by whoever may tag: what already does something has something to lose.
    let other = LivePolicy {
        arn: "arn:aws:iam::aws:policy/ReadOnlyAccess".into(),
        document: None,
    };
    let used = LiveRole {
        attached: vec![other],
        ..cut_off
    };
    let rest = diff(&block(), Some(&used));
    assert!(judged(&rest).contains(&(attached.as_str(), Weakens)), "{rest:#?}");
    assert!(judged(&rest).contains(&("policy", Weakens)), "{rest:#?}");
}

#[test]
fn a_trust_that_names_a_deleted_role_is_written_again() {
    let dangling = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "AROAEXAMPLE"}}});
    let have = LiveRole {
        trust: Observed::Present(Document::from_json(&dangling).unwrap()),
        ..made()
    };
    let diff = diff(&block(), Some(&have));
    assert!(matches!(&diff.changes[0].op, Op::PutTrust(_)));
}

#[test]
fn what_could_not_be_read_is_said_and_not_written() {
    let denied = Unreadable {
        action: "iam:GetRole".into(),
        why: "denied".into(),
        denied: true,
    };
    let have = LiveRole {
        settings: Some(Observed::Unreadable(denied.clone())),
        ..made()
    };
    let diff = diff(&block().set("description", "x"), Some(&have));
    assert_eq!(diff.unreadable, [denied]);
    assert!(diff.changes.is_empty());
}

#[test]
fn only_what_backstay_made_is_removed() {
    let elsewhere = |tag: &str| LiveRole {
        path: "/".into(),
        tags: BTreeMap::from([("backstay:project".to_owned(), tag.to_owned())]),
        ..made()
    };
    for (have, action) in [
        (made(), Action::Remove),
        (elsewhere("acme"), Action::Remove),
        (elsewhere("other"), Action::Release),
    ] {
        assert_eq!(IamRole::release("restore", &have, &place()).action, action);
    }
}

#[test]
fn a_role_elsewhere_is_managed_only_where_its_path_is_written() {
    let have = LiveRole {
        path: "/service/".into(),
        ..made()
    };
    let unsaid = diff(&block(), Some(&have));
    assert_eq!(unsaid.findings.len(), 1);
    let spec = block().set("path", "/service/");
    assert_eq!(diff(&spec, Some(&have)), Diff::new());
    assert_eq!(
        IamRole::ident(&spec.spec::<IamRole>(), &place()),
        "/service/restore"
    );
    let arn = IamRole::arn("/service/restore", &place()).unwrap();
    assert_eq!(arn.as_str(), "arn:aws:iam::111111111111:role/service/restore");
}

#[test]
fn blocks_that_cannot_work_are_refused() {
    let long = "x".repeat(65);
    let everybody = Written::new().nest(
        "principals",
        Written::new().set("type", "*").set("identifiers", json!(["*"])),
    );
    let huge: Vec<String> = (0..400)
        .map(|n| format!("arn:aws:s3:::bucket-{n:020}/*"))
        .collect();
    for (written, says) in [
        (block().set("name", long.as_str()), "1 to 64"),
        (block().set("name", "a b"), "letters, digits"),
        (block().set("path", "service"), "not a path"),
        (block().set("path", "/backstay/acme/writer/"), "backup writers"),
        (block().set("max_session", "30m"), "outside 1h to 12h"),
        (block().set("boundary", "limit"), "not the ARN"),
        (block().set("tags", json!({"backstay:project": "x"})), "reserved"),
        (
            block().set("managed_policies", json!(["AdministratorAccess"])),
            "not the ARN",
        ),
        (block().nest("trust", Written::new()), "names no principals"),
        (block().nest("trust", everybody), "Anybody"),
        (
            block().nest(
                "statement",
                Written::new().set("actions", json!(["s3:GetObject"])),
            ),
            "names no resources",
        ),
        (
            block().nest(
                "statement",
                Written::new()
                    .set("actions", json!(["s3:GetObject"]))
                    .set("resources", json!(huge)),
            ),
            "characters together",
        ),
    ] {
        let (_, said) = written.decode::<IamRole>();
        assert!(said.iter().any(|s| s.contains(says)), "{says}: {said:?}");
    }
}
