//! The cases of AWS's reference, one by one.

use super::assume::{Graph, Member};
use super::*;
use crate::model::policy::Document;
use proptest::prelude::*;

fn doc(statements: &str) -> Document {
    Document::parse(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#
    ))
    .unwrap()
}

fn policies(statements: &str) -> Policies {
    Policies::none().with("p", &doc(statements))
}

fn role(name: &str) -> Caller {
    Caller::Role {
        arn: format!("arn:aws:iam::111111111111:role/{name}").parse().unwrap(),
        session: None,
    }
}

struct Case {
    caller: Caller,
    identity: Policies,
    boundary: Option<Policies>,
    resource: Option<Policies>,
    owner: &'static str,
    context: Context,
}

impl Case {
    fn new(identity: &str) -> Self {
        Self {
            caller: role("w"),
            identity: policies(identity),
            boundary: None,
            resource: None,
            owner: "111111111111",
            context: Context::closed(),
        }
    }

    fn ask(&self, action: &str, target: Target<'_>) -> Decision {
        let request = Request {
            caller: &self.caller,
            action,
            target,
            owner: Some(self.owner.parse().unwrap()),
            context: &self.context,
        };
        let environment = Environment {
            boundary: self.boundary.as_ref(),
            resource: self.resource.as_ref(),
            ..Environment::of(&self.identity)
        };
        evaluate(&request, &environment)
    }

    fn get(&self) -> Verdict {
        self.ask("s3:GetObject", Target::One("arn:aws:s3:::b/k"))
            .verdict()
    }
}

const GET: &str = r#"{"Sid":"Get","Effect":"Allow","Action":"s3:get*","Resource":"arn:aws:s3:::b/*"}"#;

fn granting(principal: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#
    )
}

#[test]
fn a_denial_wins_and_the_default_is_no() {
    let case = Case::new(GET);
    assert_eq!(case.get(), Verdict::Allow);
    assert_eq!(
        case.ask("S3:GETOBJECT", Target::One("arn:aws:s3:::b/k"))
            .verdict(),
        Verdict::Allow
    );
    assert_eq!(
        case.ask("s3:GetObject", Target::One("arn:aws:s3:::B/k"))
            .verdict(),
        Verdict::Deny
    );
    let denied = Case::new(&format!(
        r#"{GET},{{"Sid":"No","Effect":"Deny","NotAction":"iam:*","Resource":"*"}}"#
    ));
    let decision = denied.ask("s3:GetObject", Target::One("arn:aws:s3:::b/k"));
    assert_eq!(decision.verdict(), Verdict::Deny);
    assert_eq!(decision.explain(), "p, statement 2 (No), denies");
    assert_eq!(
        Case::new("")
            .ask("s3:GetObject", Target::One("arn:aws:s3:::b/k"))
            .explain(),
        "not allowed by identity policies"
    );
}

/// "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon boundaries"
/// (IAM User Guide, "IAM JSON policy elements: Resource"). Nothing relies on that to forbid.
#[test]
fn a_star_that_ends_a_segment_of_a_resource_goes_on_behind_the_colon() {
    const OBJECT: &str = "arn:aws:s3:::b/k";
    const DATABASE: &str = "arn:aws:rds:us-east-1:111111111111:db:app";
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let one = |statements: &str, resource: &str| {
        let case = Case::new(statements);
        case.ask("x:Do", Target::One(resource)).verdict()
    };
    let both = |pattern: &str, resource: &str| {
        let statement = |effect: &str, element: &str| {
            format!(r#"{{"Effect":"{effect}","Action":"*","{element}":"{pattern}"}}"#)
        };
        (
            one(&statement("Allow", "Resource"), resource),
            one(&format!("{all},{}", statement("Deny", "Resource")), resource),
            one(&statement("Allow", "NotResource"), resource),
        )
    };
    use Verdict::{Allow, Deny, Depends};
    for (pattern, resource, expected) in [
        ("arn:aws:s3:*:b/*", OBJECT, (Allow, Depends, Depends)),
        ("arn:aws:s3*:b/*", OBJECT, (Allow, Depends, Depends)),
        ("arn:aws:rds:*:db:app", DATABASE, (Allow, Depends, Depends)),
        ("arn:*:db:app", DATABASE, (Allow, Depends, Depends)),
        ("arn:aws:rds:*:*:db:app", DATABASE, (Allow, Deny, Deny)),
        // Not at the end of a segment.
        ("arn:aws:rds:us*1:db:app", DATABASE, (Deny, Allow, Allow)),
        ("arn:aws:rds:*:cluster:app", DATABASE, (Deny, Allow, Allow)),
        ("arn:aws:s3:*:c/*", OBJECT, (Deny, Allow, Allow)),
    ] {
        assert_eq!(both(pattern, resource), expected, "{pattern} {resource}");
    }
    // Of a set of them.
    let case = Case::new(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:*:b/*"}"#);
    let within = |set| case.ask("x:Do", Target::Within(set)).verdict();
    assert_eq!(within("arn:aws:s3:::b/*"), Allow);
    assert_eq!(within("arn:aws:s3:::*"), Depends);
    assert_eq!(within("arn:aws:sns:::c/*"), Deny);
    // A key may hold a colon too.
    assert_eq!(within("arn:aws:s3:::c/*"), Depends);
    // Nor does a denial of what is named in full take away all that such a pattern grants.
    let but = Case::new(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/*"}"#,
    );
    assert_eq!(
        but.ask("x:Do", Target::Within("arn:aws:s3:*:b/*")).verdict(),
        Depends
    );
}

/// A condition on an ARN is compared segment by segment.
#[test]
fn conditions_on_arns_keep_to_their_segments() {
    let only = |pattern: &str| {
        let mut case = Case::new(&format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"ArnLike":{{"aws:SourceArn":"{pattern}"}}}}}}"#
        ));
        case.context = Context::closed().with("aws:SourceArn", Known::one("arn:aws:s3:::b"));
        case.get()
    };
    assert_eq!(only("arn:aws:s3:*:*:b"), Verdict::Allow);
    assert_eq!(only("arn:aws:s3:*:b"), Verdict::Deny);
}

#[test]
fn a_set_of_resources_is_answered_for_some_and_for_all() {
    let case = Case::new(GET);
    let within = |set| case.ask("s3:GetObject", Target::Within(set)).verdict();
    assert_eq!(within("arn:aws:s3:::b/pg/*"), Verdict::Allow);
    assert_eq!(within("arn:aws:s3:::*"), Verdict::Depends);
    assert_eq!(within("*"), Verdict::Depends);
    assert_eq!(within("arn:aws:s3:::c/*"), Verdict::Deny);
}

#[test]
fn within_an_account_either_side_suffices_and_the_boundary_caps_grants_to_roles() {
    let arn = r#"{"AWS":"arn:aws:iam::111111111111:role/w"}"#;
    let session = r#"{"AWS":"arn:aws:sts::111111111111:assumed-role/w/s"}"#;
    let account = r#"{"AWS":"111111111111"}"#;
    for (principal, bounded, verdict) in [
        (arn, false, Verdict::Allow),
        (arn, true, Verdict::Deny),
        (session, true, Verdict::Depends),
        (account, false, Verdict::Deny),
        (r#""*""#, true, Verdict::Allow),
        (r#"{"AWS":"AROAAAAAAAAAAAAAAAAAA"}"#, false, Verdict::Deny),
    ] {
        let mut case = Case::new("");
        case.resource = Some(policies(&granting(principal)));
        case.boundary = bounded.then(Policies::none);
        assert_eq!(case.get(), verdict, "{principal} {bounded}");
    }
    let mut known = Case::new("");
    known.caller = Caller::Role {
        arn: "arn:aws:iam::111111111111:role/x/w".parse().unwrap(),
        session: Some("s".into()),
    };
    known.resource = Some(policies(&granting(session)));
    known.boundary = Some(Policies::none());
    assert_eq!(known.get(), Verdict::Allow);
}

#[test]
fn across_accounts_both_sides_must_allow() {
    for (identity, principal, verdict) in [
        (GET, r#"{"AWS":"111111111111"}"#, Verdict::Allow),
        (GET, r#"{"AWS":"333333333333"}"#, Verdict::Deny),
        ("", r#"{"AWS":"arn:aws:iam::111111111111:role/w"}"#, Verdict::Deny),
        (GET, r#""*""#, Verdict::Allow),
    ] {
        let mut case = Case::new(identity);
        case.owner = "222222222222";
        case.resource = Some(policies(&granting(principal)));
        assert_eq!(case.get(), verdict, "{principal}");
    }
}

#[test]
fn keys_must_allow_by_themselves() {
    let key = "arn:aws:kms:us-east-1:111111111111:key/k";
    let own = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#;
    for (identity, principal, verdict) in [
        (own, r#"{"AWS":"arn:aws:iam::111111111111:root"}"#, Verdict::Allow),
        (
            own,
            r#"{"AWS":"arn:aws:iam::111111111111:role/other"}"#,
            Verdict::Deny,
        ),
        ("", r#"{"AWS":"arn:aws:iam::111111111111:root"}"#, Verdict::Deny),
        (
            "",
            r#"{"AWS":"arn:aws:iam::111111111111:role/w"}"#,
            Verdict::Allow,
        ),
    ] {
        let mut case = Case::new(identity);
        let grant =
            format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"kms:*","Resource":"*"}}"#);
        case.resource = Some(policies(&grant));
        assert_eq!(
            case.ask("kms:Decrypt", Target::One(key)).verdict(),
            verdict,
            "{principal}"
        );
    }
}

#[test]
fn root_can_always_replace_a_bucket_policy_of_its_own() {
    let mut case = Case::new("");
    case.caller = Caller::Root("111111111111".parse().unwrap());
    case.resource = Some(policies(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#,
    ));
    assert_eq!(case.get(), Verdict::Deny);
    let bucket = Target::One("arn:aws:s3:::b");
    assert_eq!(case.ask("s3:PutBucketPolicy", bucket).verdict(), Verdict::Allow);
}

/// (condition, what is known of the key `k`, verdict)
#[test]
fn operators() {
    use Verdict::{Allow, Deny, Depends};
    let known = |v: &[&str]| Known::Values(v.iter().map(|s| (*s).to_owned()).collect());
    let matching = |v: &str| Known::Matching(v.to_owned());
    for (condition, value, verdict) in [
        (r#""StringEquals":{"k":"a"}"#, known(&["a"]), Allow),
        (r#""StringEquals":{"K":["b","a"]}"#, known(&["a"]), Allow),
        (r#""StringEquals":{"k":"a*"}"#, known(&["ab"]), Deny),
        (r#""StringEquals":{"k":"a"}"#, Known::Absent, Deny),
        (r#""StringEquals":{"k":"a"}"#, Known::Unknown, Depends),
        (r#""StringEqualsIfExists":{"k":"a"}"#, Known::Absent, Allow),
        (r#""StringNotEquals":{"k":["a","b"]}"#, known(&["b"]), Deny),
        (r#""StringNotEquals":{"k":"a"}"#, Known::Absent, Allow),
        (r#""StringLike":{"k":"a?c*"}"#, known(&["abcd"]), Allow),
        (r#""StringLike":{"k":"a${*}"}"#, known(&["ab"]), Deny),
        (r#""StringLike":{"k":"a${*}"}"#, known(&["a*"]), Allow),
        (r#""StringEqualsIgnoreCase":{"k":"ABC"}"#, known(&["abc"]), Allow),
        (r#""NumericLessThan":{"k":"10"}"#, known(&["9"]), Allow),
        (r#""NumericLessThan":{"k":"10"}"#, known(&["10"]), Deny),
        (
            r#""NumericGreaterThanEquals":{"k":"10"}"#,
            known(&["10.0"]),
            Allow,
        ),
        (r#""NumericEquals":{"k":"ten"}"#, known(&["10"]), Depends),
        (
            r#""DateLessThan":{"k":"2026-01-01T00:00:00Z"}"#,
            known(&["2025-12-31T23:59:59Z"]),
            Allow,
        ),
        (
            r#""DateGreaterThan":{"k":"2026-01-01"}"#,
            known(&["1700000000"]),
            Deny,
        ),
        (r#""Bool":{"k":"true"}"#, known(&["True"]), Allow),
        (r#""Bool":{"k":true}"#, known(&["false"]), Deny),
        (r#""BinaryEquals":{"k":"QUJD"}"#, known(&["QUJD"]), Allow),
        (r#""IpAddress":{"k":"10.0.0.0/8"}"#, known(&["10.1.2.3"]), Allow),
        (r#""NotIpAddress":{"k":"10.0.0.0/8"}"#, known(&["10.1.2.3"]), Deny),
        (
            r#""IpAddress":{"k":"2001:db8::/32"}"#,
            known(&["2001:db8::1"]),
            Allow,
        ),
        (
            r#""ArnLike":{"k":"arn:aws:iam::*:role/*"}"#,
            known(&["arn:aws:iam::1:role/a/b"]),
            Allow,
        ),
        (
            r#""ArnEquals":{"k":"arn:aws:*:role/x"}"#,
            known(&["arn:aws:iam::1:role/x"]),
            Deny,
        ),
        (r#""Null":{"k":"true"}"#, Known::Absent, Allow),
        (r#""Null":{"k":"false"}"#, Known::Absent, Deny),
        (r#""Null":{"k":"true"}"#, Known::Unknown, Depends),
        (
            r#""ForAllValues:StringEquals":{"k":["a","b"]}"#,
            known(&["a", "b"]),
            Allow,
        ),
        (
            r#""ForAllValues:StringEquals":{"k":["a","b"]}"#,
            known(&["a", "c"]),
            Deny,
        ),
        (r#""ForAllValues:StringEquals":{"k":"a"}"#, Known::Absent, Allow),
        (
            r#""ForAnyValue:StringEquals":{"k":"a"}"#,
            known(&["a", "c"]),
            Allow,
        ),
        (r#""ForAnyValue:StringEquals":{"k":"a"}"#, Known::Absent, Deny),
        (r#""Surprise":{"k":"a"}"#, known(&["a"]), Depends),
        (
            r#""StringEquals":{"k":"${aws:x, 'dflt'}"}"#,
            known(&["dflt"]),
            Allow,
        ),
        (r#""StringEquals":{"k":"${aws:x}"}"#, known(&["${aws:x}"]), Deny),
        (r#""StringLike":{"k":"a/*"}"#, matching("a/b/*"), Allow),
        (r#""StringLike":{"k":"a/b/c/*"}"#, matching("a/b/*"), Depends),
        (r#""StringLike":{"k":["x","c/*"]}"#, matching("a/b/*"), Deny),
        (r#""StringNotLike":{"k":"a/*"}"#, matching("a/b/*"), Deny),
        (r#""StringNotLike":{"k":"c/*"}"#, matching("a/b/*"), Allow),
        (r#""StringEquals":{"k":"a/b/*"}"#, matching("a/b/*"), Depends),
        (r#""StringEquals":{"k":"a/c"}"#, matching("a/b/*"), Deny),
        (
            r#""ArnLike":{"k":"arn:aws:s3:::b/pg/*"}"#,
            matching("arn:aws:s3:::b/pg/*"),
            Allow,
        ),
        (r#""Null":{"k":"true"}"#, matching("a*"), Deny),
        (r#""Bool":{"k":"true"}"#, matching("*"), Depends),
        (r#""StringEquals":{"k":"${k}"}"#, matching("a*"), Depends),
    ] {
        let mut case = Case::new(&format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{{condition}}}}}"#
        ));
        case.context = Context::closed().with("k", value.clone());
        assert_eq!(case.get(), verdict, "{condition} {value:?}");
    }
}

#[test]
fn variables_work_only_in_the_newer_version() {
    let statement =
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}"}"#;
    let mut case = Case::new(statement);
    case.context = Context::closed().with("aws:principaltag/TEAM", Known::one("k"));
    assert_eq!(case.get(), Verdict::Allow);
    case.context = Context::open();
    assert_eq!(case.get(), Verdict::Depends);
    case.context = Context::closed();
    assert_eq!(case.get(), Verdict::Deny);
    case.context = Context::closed().with("aws:principaltag/team", Known::one("*"));
    assert_eq!(case.get(), Verdict::Deny);
    let old = format!(r#"{{"Version":"2008-10-17","Statement":[{statement}]}}"#);
    case.identity = Policies::none().with("old", &Document::parse(&old).unwrap());
    case.context = Context::open();
    assert_eq!(case.get(), Verdict::Deny);
}

#[test]
fn what_could_not_be_read_may_allow_and_may_deny() {
    let mut case = Case::new(GET);
    case.identity.add_parsed("broken", Document::parse("{}").as_ref());
    let decision = case.ask("s3:GetObject", Target::One("arn:aws:s3:::b/k"));
    assert_eq!(decision.verdict(), Verdict::Depends);
    assert!(
        decision
            .explain()
            .contains("broken (not a policy document: it has no Statement)")
    );
    assert!(decision.read::<Over>().holds() && !decision.read::<Under>().holds());
}

fn member(name: &str, identity: &str, trusted: &str) -> Member {
    let trust = format!(r#"{{"Effect":"Allow","Principal":{trusted},"Action":"sts:AssumeRole*"}}"#);
    Member {
        caller: role(name),
        identity: policies(identity),
        boundary: None,
        trust: Some(policies(&trust)),
        scps: Guardrails::None,
    }
}

#[test]
fn chains_of_roles_are_followed_through_cycles() {
    let may = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}"#;
    let members = [
        member("a", may, r#"{"AWS":"arn:aws:iam::111111111111:role/c"}"#),
        member("b", may, r#"{"AWS":"arn:aws:iam::111111111111:role/a"}"#),
        member("c", may, r#"{"AWS":"arn:aws:iam::111111111111:role/b"}"#),
        member("lone", "", r#"{"Service":"ec2.amazonaws.com"}"#),
        member(
            "ci",
            "",
            r#"{"Federated":"arn:aws:iam::111111111111:oidc-provider/gh"}"#,
        ),
        member("open", "", r#"{"AWS":"*"}"#),
        member("partner", "", r#"{"AWS":"999999999999"}"#),
    ];
    let graph = Graph::new(&members, &Context::open());
    let reach = graph.reach::<Under>(&role("a"));
    assert_eq!(
        reach.keys().copied().cloned().collect::<Vec<_>>(),
        [role("b"), role("c"), role("open")]
    );
    assert_eq!(reach[&role("c")].len(), 2);
    let into = |name| -> Vec<Caller> {
        graph
            .into_role::<Over>(&role(name))
            .iter()
            .map(|e| e.from.clone())
            .collect()
    };
    assert_eq!(into("lone"), [Caller::Service("ec2.amazonaws.com".into())]);
    assert_eq!(
        into("partner"),
        [Caller::Someone(Some("999999999999".parse().unwrap()))]
    );
    assert!(into("ci").contains(&Caller::Federated(
        "arn:aws:iam::111111111111:oidc-provider/gh".into()
    )));
    assert!(into("open").contains(&Caller::Someone(None)));
}

fn statement() -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec!["s3:GetObject", "s3:*", "*", "iam:*", "S3:Get*"]);
    let resource = prop::sample::select(vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/${k}",
        "arn:aws:s3:::c/*",
    ]);
    let condition = prop::sample::select(vec![
        "",
        r#","Condition":{"StringEquals":{"k":"k"}}"#,
        r#","Condition":{"StringNotLike":{"k":"a*"}}"#,
        r#","Condition":{"Null":{"k":"true"}}"#,
        r#","Condition":{"BoolIfExists":{"j":"true"}}"#,
        r#","Condition":{"ForAllValues:StringEquals":{"k":["k","a"]},"Bool":{"j":"false"}}"#,
    ]);
    (
        prop::bool::ANY,
        action,
        resource,
        condition,
        prop::bool::ANY,
        prop::bool::ANY,
    )
        .prop_map(|(allow, action, resource, condition, not_action, not_resource)| {
            format!(
                r#"{{"Effect":"{}","{}Action":"{action}","{}Resource":"{resource}"{condition}}}"#,
                if allow { "Allow" } else { "Deny" },
                if not_action { "Not" } else { "" },
                if not_resource { "Not" } else { "" },
            )
        })
}

fn value() -> impl Strategy<Value = Known> {
    prop::sample::select(vec![
        Known::Absent,
        Known::one("k"),
        Known::one("abc"),
        Known::one("true"),
        Known::one("false"),
    ])
}

proptest! {
    #[test]
    fn one_more_denial_never_allows(list in prop::collection::vec(statement(), 0..4), more in statement()) {
        let deny = more.replace("\"Effect\":\"Allow\"", "\"Effect\":\"Deny\"");
        let mut case = Case::new(&list.join(","));
        case.context = Context::open();
        let before = case.ask("s3:GetObject", Target::One("arn:aws:s3:::b/k")).allowed();
        case.identity.add("more", &doc(&deny));
        prop_assert!(case.ask("s3:GetObject", Target::One("arn:aws:s3:::b/k")).allowed() <= before);
    }

    #[test]
    fn the_unknown_covers_every_case(
        list in prop::collection::vec(statement(), 0..5), k in value(), j in value(), key in "[abk]{1,2}"
    ) {
        let mut case = Case::new(&list.join(","));
        case.context = Context::open();
        let open = case.ask("s3:GetObject", Target::Within("arn:aws:s3:::b/*")).allowed();
        case.context = Context::closed().with("k", k).with("j", j);
        let resource = format!("arn:aws:s3:::b/{key}");
        let exact = case.ask("s3:GetObject", Target::One(&resource)).allowed();
        prop_assert!(open == Truth::Maybe || open == exact, "{open:?} {exact:?}");
    }

    #[test]
    fn narrowing_changes_no_answer(list in prop::collection::vec(statement(), 0..5), k in value()) {
        let mut case = Case::new(&list.join(","));
        case.context = Context::closed().with("k", k);
        let whole = case.get();
        case.identity = case.identity.narrowed(&["S3:getobject"]);
        prop_assert_eq!(case.get(), whole);
    }
}

/// What the policies of an organization leave alone for certain, on everything and for everybody.
#[test]
fn guardrails_that_leave_an_action_alone() {
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let table: &[(&[&str], bool)] = &[
        (&[all], false),
        (
            &[r#"{"Effect":"Allow","Action":"S3:put*","Resource":"*"}"#],
            false,
        ),
        (
            &[r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#],
            false,
        ),
        (
            &[all, r#"{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}"#],
            false,
        ),
        (&[], true),
        (&[r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#], true),
        (
            &[r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a/*"}"#],
            true,
        ),
        (
            &[r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::a/*"}"#],
            true,
        ),
        (
            &[
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
            ],
            true,
        ),
        (
            &[
                all,
                r#"{"Effect":"Deny","Action":"s3:Put*","Resource":"arn:aws:s3:::a/*"}"#,
            ],
            true,
        ),
        (
            &[all, r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#],
            true,
        ),
        (
            &[
                all,
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/x":"y"}}}"#,
            ],
            true,
        ),
    ];
    let level = |statements: &[&str]| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        );
        Policies::none().with("scp", &Document::parse(&text).unwrap())
    };
    for (statements, limits) in table {
        let rails = Guardrails::Levels(vec![level(&[all]), level(statements)]);
        assert_eq!(rails.limit("s3:PutObject"), *limits, "{statements:?}");
    }
    assert!(!Guardrails::None.limit("s3:PutObject"));
    assert!(Guardrails::Unknown.limit("s3:PutObject"));
    let mut unread = level(&[all]);
    unread.add_unread("another one");
    assert!(Guardrails::Levels(vec![unread]).limit("s3:PutObject"));
}
