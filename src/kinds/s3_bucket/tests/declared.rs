//! What a block may say.

use super::block::{decoded, said};
use crate::diag::Severity;
use crate::diag::code;
use serde_json::{Value as Json, json};

/// The block of the design document, and the replica beside it.
#[test]
fn the_design_examples_are_clean() {
    let uploads = json!({
        "name": "acme-uploads",
        "versioning": true,
        "public_access": false,
        "ownership": "bucket_owner_enforced",
        "noncurrent": [{"archive_after": "30d", "to": "glacier_ir", "expire_after": "1y"}],
        "expire": [{"@": "dumps", "prefix": "pg/", "after": "90d"}],
        "abort_multipart_after": "7d",
        "policy": [{"statement": [{"effect": "Deny", "actions": ["s3:DeleteBucket"],
            "principals": [{"type": "*", "identifiers": ["*"]}]}]}],
        "replicate": [{"to": {"address": "s3_bucket.uploads_dr", "name": "acme-uploads-dr"}, "within": "15m",
            "delete_markers": false}],
        "tags": {"team": "storage"},
    });
    let (spec, diagnostics) = decoded(&uploads);
    let spec = spec.unwrap();
    assert!(diagnostics.is_empty(), "{:?}", said(&uploads));
    assert_eq!(spec.expire[0].name, "dumps");
    assert_eq!(spec.noncurrent.as_ref().unwrap().expire_after.unwrap().get(), 366);
    assert_eq!(spec.tags.as_ref().unwrap()["team"], "storage");
    let replica = json!({"name": "acme-uploads-dr", "versioning": true,
        "object_lock": [{"mode": "compliance", "retention": "30d"}]});
    assert!(decoded(&replica).1.is_empty());
}

/// Each is wrong in one way, and said to be.
#[test]
fn contradictions_are_told_when_planning() {
    let dr = json!({"address": "s3_bucket.dr", "name": "acme-dr", "region": "us-west-2"});
    let with = |extra: Json| {
        let mut block = json!({"name": "acme-uploads"});
        block
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        block
    };
    let key = |region: &str| format!("arn:aws:kms:{region}:111111111111:key/k");
    for (extra, severity, code, text) in [
        (
            json!({"name": "Acme"}),
            Severity::Error,
            code::INVALID_VALUE,
            "no bucket name",
        ),
        (
            json!({"versioning": false, "object_lock": [{"mode": "governance", "retention": "1d"}]}),
            Severity::Error,
            code::CONFLICT,
            "object_lock works only",
        ),
        (
            json!({"versioning": false, "replicate": [{"to": dr}]}),
            Severity::Error,
            code::CONFLICT,
            "replicate works only",
        ),
        (
            json!({"object_lock": [{}]}),
            Severity::Warning,
            code::CONFLICT,
            "locks nothing",
        ),
        (
            json!({"object_lock": [{"mode": "governance"}]}),
            Severity::Error,
            code::MISSING_ATTRIBUTE,
            "belong together",
        ),
        (
            json!({"object_lock": [{"mode": "governance", "retention": "30d"}], "noncurrent": [{"expire_after": "29d"}]}),
            Severity::Error,
            code::CONFLICT,
            "locked for 30d",
        ),
        (
            json!({"noncurrent": [{}]}),
            Severity::Error,
            code::MISSING_ATTRIBUTE,
            "does nothing",
        ),
        (
            json!({"noncurrent": [{"archive_after": "30d"}]}),
            Severity::Error,
            code::MISSING_ATTRIBUTE,
            "nothing says where to",
        ),
        (
            json!({"noncurrent": [{"to": "glacier", "expire_after": "9d"}]}),
            Severity::Error,
            code::MISSING_ATTRIBUTE,
            "nothing says when",
        ),
        (
            json!({"noncurrent": [{"archive_after": "29d", "to": "standard_ia"}]}),
            Severity::Error,
            code::INVALID_VALUE,
            "only 30 days after",
        ),
        (
            json!({"noncurrent": [{"archive_after": "30d", "to": "glacier", "expire_after": "30d"}]}),
            Severity::Error,
            code::CONFLICT,
            "before they are moved",
        ),
        (
            json!({"noncurrent": [{"archive_after": "30d", "to": "glacier", "expire_after": "60d"}]}),
            Severity::Warning,
            code::INVALID_VALUE,
            "90 days are billed",
        ),
        (
            json!({"noncurrent": [{"keep": 3, "archive_after": "1d", "to": "glacier"}]}),
            Severity::Error,
            code::MISSING_ATTRIBUTE,
            "without expire_after",
        ),
        (
            json!({"noncurrent": [{"keep": 101, "expire_after": "1d"}]}),
            Severity::Error,
            code::INVALID_VALUE,
            "1 to 100",
        ),
        (
            json!({"expire": [{"@": "a", "after": "9d"}, {"@": "a", "after": "8d"}]}),
            Severity::Error,
            code::DUPLICATE,
            "named \"a\"",
        ),
        (
            json!({"expire": [{"@": "a", "after": "9d", "archive_after": "9d", "to": "glacier"}]}),
            Severity::Error,
            code::CONFLICT,
            "before they are moved",
        ),
        (
            json!({"replicate": [{"to": dr, "within": "30m"}]}),
            Severity::Error,
            code::INVALID_VALUE,
            "15m or nothing",
        ),
        (
            json!({"replicate": [{"to": "acme-uploads"}]}),
            Severity::Error,
            code::CONFLICT,
            "copied to itself",
        ),
        (
            json!({"replicate": [{"to": {"address": "rds_instance.db", "name": "db"}}]}),
            Severity::Error,
            code::INVALID_VALUE,
            "not a bucket",
        ),
        (
            json!({"replicate": [{"to": dr}, {"to": dr}]}),
            Severity::Error,
            code::DUPLICATE,
            "the same keys",
        ),
        (
            json!({"replicate": [{"to": dr}, {"to": "other", "role": "arn:aws:iam::111111111111:role/r"}]}),
            Severity::Error,
            code::CONFLICT,
            "different ones",
        ),
        (
            json!({"replicate": [{"to": dr, "role": "r"}]}),
            Severity::Error,
            code::INVALID_VALUE,
            "nor a role's ARN",
        ),
        (
            json!({"encryption": [{"kms_key": key("us-east-1")}], "replicate": [{"to": dr}]}),
            Severity::Warning,
            code::CONFLICT,
            "no new object would be copied",
        ),
        (
            json!({"encryption": [{"kms_key": key("us-east-1")}],
                "replicate": [{"to": dr, "kms_key": key("eu-west-1")}]}),
            Severity::Error,
            code::CONFLICT,
            "the key is in eu-west-1",
        ),
        (
            json!({"replicate": [{"to": dr, "kms_key": key("us-west-2")}]}),
            Severity::Warning,
            code::CONFLICT,
            "not declared",
        ),
        (
            json!({"object_lock": [{"mode": "governance", "retention": "1d"}],
                "replicate": [{"to": dr, "delete_markers": true}]}),
            Severity::Warning,
            code::CONFLICT,
            "hides the locked copy",
        ),
        (
            json!({"policy": [{"statement": [{"actions": ["s3:GetObject"]}]}]}),
            Severity::Error,
            code::MISSING_ATTRIBUTE,
            "whom it is about",
        ),
        (
            json!({"tags": {"backstay:project": "x"}}),
            Severity::Error,
            code::INVALID_VALUE,
            "not for declaring",
        ),
    ] {
        let said = said(&with(extra.clone()));
        assert_eq!(said.len(), 1, "{extra}: {said:?}");
        let (got, id, detail) = &said[0];
        assert_eq!((*got, *id), (severity, code.id()), "{extra}");
        assert!(detail.contains(text), "{extra}: {detail}");
    }
}

/// What is wrong in one argument by itself is said by its type.
#[test]
fn values_out_of_range_are_refused() {
    for block in [
        json!({"name": "acme-uploads", "object_lock": [{"mode": "governance", "retention": "36501d"}]}),
        json!({"name": "acme-uploads", "abort_multipart_after": "12h"}),
        json!({"name": "acme-uploads", "ownership": "BucketOwnerEnforced"}),
    ] {
        let (spec, diagnostics) = decoded(&block);
        assert!(spec.is_none() && diagnostics.has_errors(), "{block}");
    }
}

/// Statements of other resources are no argument.
#[test]
fn contributions_do_not_stand_in_the_schema() {
    use crate::model::schema::Block;
    let schema = crate::kinds::s3_bucket::Spec::schema("s3_bucket");
    assert!(schema.attribute("contributed").is_none() && schema.block("contributed").is_none());
    assert!(schema.attribute("looked_into").is_none() && schema.block("looked_into").is_none());
    let expire = schema.block("expire").unwrap();
    assert!(expire.repeated && expire.schema.labels == ["name"]);
}
