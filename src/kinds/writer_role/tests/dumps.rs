//! What a writer is declared to dump: what is refused, and who is told.

use super::{Written, block, bucket, diff, made};
use crate::kinds::testing::place;
use crate::kinds::writer_role::WriterRole;
use crate::kinds::{Kind, Purpose};
use crate::model::change::Diff;
use crate::model::desired::Contribution;
use crate::model::fact::{Dump, Facts};
use serde_json::{Value as Json, json};

fn database() -> Json {
    json!({
        "address": "rds_instance.app", "identifier": "app", "region": "us-east-1",
        "arn": "arn:aws:rds:us-east-1:111111111111:db:app", "account_id": "111111111111",
    })
}

fn dumping() -> Written {
    block().set("dumps", database()).set("every", "1d")
}

#[test]
fn what_is_dumped_is_a_database_of_the_posture_and_has_its_time() {
    assert_eq!(dumping().decode::<WriterRole>().1, Vec::<String>::new());
    for (block, said) in [
        (block().set("dumps", database()), "every does not say how often"),
        (block().set("every", "1d"), "dumps does not say what"),
        (
            dumping().set("every", "0"),
            "no dump follows another after no time",
        ),
        (
            dumping().set("dumps", "arn:aws:rds:us-east-1:111111111111:db:app"),
            "it is no database of this posture",
        ),
        (
            dumping().set("dumps", bucket("111111111111")),
            "it is no database of this posture",
        ),
    ] {
        let found = block.decode::<WriterRole>().1;
        assert!(found.len() == 1 && found[0].contains(said), "{said}: {found:?}");
    }
}

/// Each bucket of the posture is asked what lies there; nothing in the cloud is different.
#[test]
fn buckets_are_asked_for_dumps_and_nothing_changes() {
    let outside = "arn:aws:s3:::somewhere";
    let dumping = || dumping().set("writes_to", json!([bucket("111111111111"), outside]));
    let asked = |written: &Written| -> Vec<(String, String)> {
        let (spec, _) = written.decode::<WriterRole>();
        let all = WriterRole::contributions(&spec.unwrap(), "pgdump", &place());
        let contents = all.into_iter().filter_map(|c| match c {
            Contribution::Contents { of, prefix } => Some((of.to_string(), prefix)),
            Contribution::Statement { .. } | Contribution::Resource { .. } => None,
        });
        contents.collect()
    };
    assert_eq!(asked(&block()), []);
    assert_eq!(
        asked(&dumping()),
        [("s3_bucket.dumps".to_owned(), "pg/".to_owned())]
    );
    assert_eq!(diff(&self::dumping(), Some(&made())), Diff::new());
    let least =
        |written: &Written| WriterRole::permissions(&written.spec::<WriterRole>(), &place(), Purpose::Check);
    assert_eq!(least(&self::dumping()), least(&block()));
}

#[test]
fn facts_say_what_is_dumped() {
    let dumps = |written: &Written| {
        let spec = written.spec::<WriterRole>();
        match WriterRole::facts(Some(&spec), &made(), &place()) {
            Facts::Identity(identity) => identity.dumps,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(dumps(&block()), None);
    let declared = Dump {
        of: "rds_instance.app".parse().unwrap(),
        every: "1d".parse().unwrap(),
    };
    assert_eq!(dumps(&dumping()), Some(declared));
}
