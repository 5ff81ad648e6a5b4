//! Under which other names, and as whom else, an attacker acts: as somebody whom it makes, as a renamed user, in a session of
//! another kind, by the token of a provider.

use super::policies::{doc, versions};
use super::*;

const DESTROYS: &str =
    r#"["s3:Delete*","s3:Put*","s3:UpdateObjectEncryption","s3:BypassGovernanceRetention"]"#;

fn when(tests: &str) -> String {
    format!(r#","Condition":{{{tests}}}"#)
}

/// What becomes of a replica in another account where a role there trusts the whole attacked account, when this holds.
fn trusted(tests: &str) -> char {
    let trust = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111111111111:root"}},"Action":"sts:AssumeRole"{}}}"#,
        when(tests)
    );
    entered(&trust)
}

/// The same where this is the role's trust.
fn entered(trust: &str) -> char {
    let mut keeper = role(VAULT, "keeper", &["s3:*"], &[]);
    keeper.trust = Observed::Present(doc(trust));
    let mut all = everybody();
    all.insert(account(VAULT), Observed::Present(vec![keeper]));
    compromised(&replicated(bucket("dr", VAULT)), &all)
}

/// The same where the bucket lets the attacked account do anything, and denies destroying when this holds.
fn denied(tests: &str) -> char {
    let mut dr = bucket("dr", VAULT);
    let grant = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"s3:*","Resource":["arn:aws:s3:::dr","arn:aws:s3:::dr/*"]}"#;
    let denial = format!(
        r#"{{"Effect":"Deny","Principal":"*","Action":{DESTROYS},"Resource":["arn:aws:s3:::dr","arn:aws:s3:::dr/*"]{}}}"#,
        when(tests)
    );
    if let Observed::Present(policy) = &mut dr.policy {
        policy
            .statements
            .extend(doc(&format!("{grant},{denial}")).statements);
    }
    let mut all = everybody();
    all.insert(account(VAULT), Observed::Present(Vec::new()));
    compromised(&replicated(dr), &all)
}

#[test]
fn whoever_makes_somebody_chooses_the_name() {
    for (tests, fate) in [
        (r#""StringLike":{"aws:PrincipalArn":"*:role/deploy-*"}"#, '-'),
        (
            r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:*deploy*"}"#,
            '-',
        ),
        (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*/deploy"}"#, '-'),
        (r#""StringEquals":{"aws:username":"breakglass"}"#, '-'),
        (r#""StringEquals":{"aws:PrincipalType":"User"}"#, '-'),
        // One name that two conditions mean.
        (
            r#""StringLike":{"aws:PrincipalArn":"*:user/ops/*","aws:username":"break*"}"#,
            '-',
        ),
        // No name is both.
        (
            r#""StringLike":{"aws:PrincipalArn":"*:role/*","aws:username":"break*"}"#,
            'Y',
        ),
        (
            r#""StringEquals":{"aws:PrincipalType":"User"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}"#,
            'Y',
        ),
        (
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/*"}"#,
            'Y',
        ),
    ] {
        assert_eq!(trusted(tests), fate, "{tests}");
    }
}

#[test]
fn an_exception_is_open_to_whoever_makes_its_bearer() {
    for (tests, fate) in [
        (r#""StringNotLike":{"aws:PrincipalArn":"*:role/breakglass"}"#, '-'),
        (
            r#""StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:*breakglass*"}"#,
            '-',
        ),
        (r#""StringNotEquals":{"aws:username":"breakglass"}"#, '-'),
        (r#""StringNotEquals":{"aws:PrincipalType":"User"}"#, '-'),
        (
            r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:*/admin"}"#,
            '-',
        ),
        (
            r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role*/admin"}"#,
            '-',
        ),
        (
            r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/admin"}"#,
            '-',
        ),
        // A user is neither.
        (
            r#""ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:root","arn:aws:iam::*:role/*"]}"#,
            '-',
        ),
        (
            r#""StringEquals":{"aws:PrincipalType":["AssumedRole","Account"]}"#,
            '-',
        ),
        (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:*::*:*"}"#, 'Y'),
        (
            r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/*"}"#,
            'Y',
        ),
    ] {
        assert_eq!(denied(tests), fate, "{tests}");
    }
}

/// A user of the attacked account, whose credentials are all that the attacker has.
fn bob(actions: &[&str]) -> Vec<Principal> {
    vec![Principal {
        arn: "arn:aws:iam::111111111111:user/bob".parse().unwrap(),
        kind: PrincipalKind::User,
        id: "AIDABOB".into(),
        trust: Observed::Absent,
        ..role(PROD, "bob", actions, &[])
    }]
}

/// That the bucket lets everybody do everything for whom this holds.
fn grants(tests: &str) -> Observed<Document> {
    Observed::Present(doc(&format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*"]{}}}"#,
        when(tests)
    )))
}

/// That it denies destroying to everybody for whom this holds.
fn denies(tests: &str) -> Observed<Document> {
    Observed::Present(doc(&format!(
        r#"{{"Effect":"Deny","Principal":"*","Action":{DESTROYS},"Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*"]{}}}"#,
        when(tests)
    )))
}

#[test]
fn who_may_only_make_somebody_acts_as_that_one() {
    let role = || grants(r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/backup-*"}"#);
    let user = || grants(r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/backup-*"}"#);
    assert_eq!(versions(bob(&["iam:CreateRole"]), role()), '-');
    assert_eq!(versions(bob(&["iam:CreateRole"]), user()), 'Y');
    let makes = ["iam:CreateUser", "iam:CreateAccessKey"];
    assert_eq!(versions(bob(&makes), user()), '-');
    assert_eq!(versions(bob(&makes), role()), 'Y');
    assert_eq!(versions(bob(&makes[..1]), user()), 'Y');
    // What it makes has no permission of its own.
    let spares = || denies(r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/backup-*"}"#);
    assert_eq!(versions(bob(&["iam:CreateRole", "s3:*"]), spares()), 'Y');
}

#[test]
fn a_user_can_be_renamed() {
    let spares = || denies(r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/admins/*"}"#);
    assert_eq!(versions(bob(&["s3:*"]), spares()), 'Y');
    assert_eq!(versions(bob(&["s3:*", "iam:UpdateUser"]), spares()), '-');
    // The permission is asked of the new name too.
    let mut own = bob(&["s3:*"]);
    let only = doc(
        r#"{"Effect":"Allow","Action":"iam:UpdateUser","Resource":"arn:aws:iam::111111111111:user/bob"}"#,
    );
    own[0].policies.push(("renames".into(), Observed::Present(only)));
    assert_eq!(versions(own, spares()), 'Y');
}

#[test]
fn a_session_of_a_user_is_another_kind_of_caller() {
    const OPENS: [&str; 2] = ["s3:*", "sts:GetFederationToken"];
    for tests in [
        r#""StringEquals":{"aws:username":"bob"}"#,
        r#""StringLike":{"aws:username":"*"}"#,
        r#""StringEquals":{"aws:PrincipalType":"User"}"#,
        r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/*"}"#,
        r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:sts::111111111111:federated-user/ops"}"#,
    ] {
        assert_eq!(versions(bob(&["s3:*"]), denies(tests)), 'Y', "{tests}");
        assert_eq!(versions(bob(&OPENS), denies(tests)), '-', "{tests}");
        // The same said by the user's own policies.
        let mut own = bob(&OPENS);
        let denial = doc(&format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*"{}}}"#,
            when(tests)
        ));
        own[0].policies.push(("denies".into(), Observed::Present(denial)));
        assert_eq!(versions(own, Observed::Absent), '-', "{tests}");
    }
    let everybody = r#""StringLike":{"aws:PrincipalAccount":"*"}"#;
    assert_eq!(versions(bob(&OPENS), denies(everybody)), 'Y');
}

#[test]
fn a_session_of_a_user_is_let_in_by_its_name_and_takes_on_no_role() {
    const OPS: &str = "arn:aws:sts::111111111111:federated-user/ops";
    let named = || {
        Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{OPS}"}},"Action":"s3:*","Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*"]}}"#
        )))
    };
    assert_eq!(versions(bob(&["sts:GetFederationToken"]), named()), '-');
    assert_eq!(versions(bob(&["s3:ListBucket"]), named()), 'Y');
    let mut estate = bob(&["sts:GetFederationToken"]);
    estate.push(role(PROD, "admin", &["*"], &[OPS]));
    assert_eq!(versions(estate, Observed::Absent), 'Y');
    // Whoever holds the whole account opens it, in person or as a user of its making.
    let grant = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{OPS}"}},"Action":"s3:*","Resource":"arn:aws:s3:::dr/*"}}"#
    );
    let mut dr = bucket("dr", VAULT);
    if let Observed::Present(policy) = &mut dr.policy {
        policy.statements.extend(doc(&grant).statements);
    }
    assert_eq!(compromised(&replicated(dr), &everybody()), '-');
}

#[test]
fn whoever_makes_a_provider_anew_vouches_for_anybody() {
    const OKTA: &str = "arn:aws:iam::111111111111:saml-provider/okta";
    let with = |actions: &[&str]| {
        let mut estate = bob(actions);
        let mut admin = role(PROD, "admin", &["*"], &[]);
        admin.trust = Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{{"Federated":"{OKTA}"}}}}"#
        )));
        estate.push(admin);
        versions(estate, Observed::Absent)
    };
    assert_eq!(with(&["iam:DeleteSAMLProvider"]), 'Y');
    assert_eq!(with(&["iam:CreateSAMLProvider"]), 'Y');
    assert_eq!(with(&["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"]), '-');
}

#[test]
fn a_trust_that_takes_anybodys_token_lets_anybody_in() {
    const GITHUB: &str = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com";
    const CLUSTER: &str = "arn:aws:iam::222222222222:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC";
    let by = |principal: &str, tests: &str| {
        let tests = match tests {
            "" => String::new(),
            tests => when(tests),
        };
        entered(&format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{principal}{tests}}}"#
        ))
    };
    let provider = |name: &str| format!(r#"{{"Federated":"{name}"}}"#);
    let aud = r#""StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}"#;
    let sub = r#""StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/app:*"}"#;
    let everybodys = r#""StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}"#;
    let unauthenticated =
        r#""ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}"#;
    let client = r#""StringEquals":{"accounts.google.com:aud":"app.example"}"#;
    for (principal, tests, fate) in [
        (provider("accounts.google.com"), "", '-'),
        (provider("accounts.google.com"), client, 'c'),
        (provider("cognito-identity.amazonaws.com"), unauthenticated, '-'),
        (provider(GITHUB), aud, '-'),
        (provider(GITHUB), everybodys, '-'),
        (provider(GITHUB), sub, 'Y'),
        // Whether all includes who has a token AWS does not say.
        (provider("*"), "", 'c'),
        (r#""*""#.to_owned(), "", 'c'),
        // A cluster runs in some account.
        (provider(CLUSTER), "", 'c'),
    ] {
        assert_eq!(by(&principal, tests), fate, "{principal} {tests}");
    }
}
