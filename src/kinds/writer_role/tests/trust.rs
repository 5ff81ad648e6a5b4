//! Who may become a writer, and which blocks are refused because they isolate nothing.

use super::{CI, block, bucket, documents, github, parsed};
use crate::kinds::testing::{Written, place};
use crate::kinds::writer_role::WriterRole;
use serde_json::json;

#[test]
fn trust_is_exact() {
    let written = block()
        .nest("trust", Written::new().set("service", "ecs-tasks.amazonaws.com"))
        .nest(
            "trust",
            Written::new()
                .set("role_arn", "arn:aws:iam::222222222222:role/backup")
                .set("external_id", "x-1234"),
        )
        .nest(
            "trust",
            Written::new().nest(
                "oidc",
                Written::new()
                    .set(
                        "provider",
                        "arn:aws:iam::111111111111:oidc-provider/gitlab.com/acme",
                    )
                    .set("audience", "aws")
                    .set("subject", "project_path:acme/app:ref_type:branch:ref:main"),
            ),
        );
    let trust = documents::trust(&written.spec::<WriterRole>(), &place());
    let web = |provider: &str, issuer: &str, aud: &str, sub: &str| {
        json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
               "Principal": {"Federated": format!("arn:aws:iam::111111111111:oidc-provider/{provider}")},
               "Condition": {"StringEquals": {format!("{issuer}:aud"): aud, format!("{issuer}:sub"): sub}}})
    };
    let hub = "token.actions.githubusercontent.com";
    let expected = parsed(json!({"Version": "2012-10-17", "Statement": [
        web(hub, hub, "sts.amazonaws.com", "repo:acme/app:ref:refs/heads/main"),
        web("gitlab.com/acme", "gitlab.com/acme", "aws", "project_path:acme/app:ref_type:branch:ref:main"),
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}},
        {"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {"AWS": "arn:aws:iam::222222222222:role/backup"},
         "Condition": {"StringEquals": {"sts:ExternalId": "x-1234"}}},
    ]}));
    assert!(trust.same_meaning(&expected), "{}", trust.to_json());
}

#[test]
fn github_subjects_name_one_branch_tag_or_environment() {
    for (text, subject) in [
        (CI, "repo:acme/app:ref:refs/heads/main"),
        ("repo:acme/app:environment:prod", "repo:acme/app:environment:prod"),
        ("acme/app:ref:refs/tags/v1", "repo:acme/app:ref:refs/tags/v1"),
    ] {
        assert_eq!(documents::github_subject(text).unwrap(), subject);
    }
    for text in [
        "repo:*",
        "repo:acme/*",
        "acme/*:ref:refs/heads/main",
        "acme/app:*",
        "acme/app:ref:refs/heads/*",
        "acme/app",
        "acme:ref:refs/heads/main",
        "acme/app:ref:refs/heads/",
        "acme/app:environment:",
        "acme/app:pull_request",
        "",
    ] {
        assert!(documents::github_subject(text).is_err(), "{text}");
    }
}

#[test]
fn blocks_that_are_not_isolated_are_refused() {
    let trust = |inner: Written| {
        Written::new()
            .set("writes_to", json!([bucket("111111111111")]))
            .nest("trust", inner)
    };
    let role = |arn: &str| trust(Written::new().set("role_arn", arn));
    let oidc = |subject: &str| {
        let inner = Written::new()
            .set("provider", "arn:aws:iam::111111111111:oidc-provider/gitlab.com")
            .set("audience", "aws")
            .set("subject", subject);
        trust(Written::new().nest("oidc", inner))
    };
    for (written, says) in [
        (trust(github("repo:acme/*")), "wildcard"),
        (trust(Written::new()), "exactly one of"),
        (
            trust(github(CI).set("service", "ec2.amazonaws.com")),
            "exactly one of",
        ),
        (
            role("arn:aws:iam::222222222222:root"),
            "everybody in that account",
        ),
        (role("arn:aws:sts::222222222222:assumed-role/a/b"), "one session"),
        (role("ci"), "not the ARN"),
        (trust(github(CI).set("external_id", "ab")), "goes with role_arn"),
        (
            trust(
                Written::new()
                    .set("role_arn", "arn:aws:iam::222222222222:role/a")
                    .set("external_id", "x"),
            ),
            "2 to 1224",
        ),
        (trust(Written::new().set("service", "ecs-tasks")), "not a service"),
        (oidc("*"), "not exact"),
        (oidc(""), "not exact"),
        (
            Written::new().set("writes_to", json!([bucket("111111111111")])),
            "no trust",
        ),
        (block().set("writes_to", json!([])), "names no bucket"),
        (block().set("writes_to", json!(["dumps"])), "neither an s3_bucket"),
        (
            block().set("writes_to", json!(["arn:aws:s3:::dumps/pg/*"])),
            "neither an s3_bucket",
        ),
        (
            block().set("writes_to", json!(["arn:aws:s3:::elsewhere"])),
            "not declared in this posture",
        ),
        (block().set("prefix", "pg/*"), "not a prefix"),
        (block().set("prefix", "/pg"), "not a prefix"),
        (block().set("prefix", "pg"), "end it in a slash"),
        (
            block().set("kms_key", "alias/backup"),
            "neither a key nor the ARN",
        ),
        (block().set("multipart_decrypt", true), "no kms_key"),
        (block().set("max_session", "13h"), "outside 1h to 12h"),
        (block().set("name", "a/b"), "letters, digits"),
    ] {
        let (_, said) = written.decode::<WriterRole>();
        assert!(said.iter().any(|s| s.contains(says)), "{says}: {said:?}");
    }
}
