//! How much is asked of AWS: a plan costs a few calls for each resource, and a few in all.

use crate::support::Estate;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Protected buckets, each with a locked copy in another region and a derived role.
fn pairs(count: usize) -> Estate {
    let mut posture =
        "backstay {\n  project = \"calls\"\n}\n\naccount \"main\" {\n  id     = \"ACCOUNT\"\n  \
                       region = \"us-east-1\"\n}\n"
            .to_owned();
    for n in 0..count {
        write!(
            posture,
            "
s3_bucket \"data_{n}\" {{
  name          = \"data-{n}-ACCOUNT\"
  versioning    = true
  public_access = false

  replicate {{
    to = s3_bucket.copy_{n}
  }}
}}

s3_bucket \"copy_{n}\" {{
  region     = \"us-west-2\"
  name       = \"copy-{n}-ACCOUNT\"
  versioning = true

  object_lock {{
    mode      = \"governance\"
    retention = \"30d\"
  }}
}}
"
        )
        .unwrap();
    }
    Estate::new(&posture)
}

/// What a plan without changes asks, by operation.
fn asked_by_a_plan(count: usize) -> BTreeMap<String, usize> {
    let estate = pairs(count);
    let approvals: Vec<String> = (0..count)
        .map(|n| format!("--allow-irreversible=s3_bucket.copy_{n}"))
        .collect();
    let mut apply = vec!["apply", "--auto-approve"];
    apply.extend(approvals.iter().map(String::as_str));
    estate.run(&apply).exits(0);
    let mark = estate.mark();
    estate.plan().exits(0);
    let mut asked = BTreeMap::new();
    for request in estate.asked(mark) {
        assert!(!request.write, "{request:?}");
        let operation = format!("{}:{}", request.service, request.operation);
        *asked.entry(operation).or_default() += 1;
    }
    asked
}

/// What a proof asks of objects: a page of each side of every replication, and the retention of a few.
#[test]
fn a_proof_lists_each_bucket_once() {
    let estate = pairs(3);
    let approvals = (0..3).map(|n| format!("--allow-irreversible=s3_bucket.copy_{n}"));
    let apply: Vec<String> = ["apply", "--auto-approve"]
        .map(str::to_owned)
        .into_iter()
        .chain(approvals)
        .collect();
    let apply: Vec<&str> = apply.iter().map(String::as_str).collect();
    estate.run(&apply).exits(0);
    let mark = estate.mark();
    // Nothing was rehearsed, and no objective asks for that.
    estate.run(&["prove", "--json"]).exits(0);
    let asked = estate.asked(mark);
    let count = |operation: &str| asked.iter().filter(|r| r.operation == operation).count();
    assert_eq!(count("ListObjectVersions"), 6);
    assert_eq!(count("GetObjectRetention"), 0);
    assert!(asked.iter().all(|r| !r.write));
}

#[test]
fn a_plan_asks_at_most_eight_times_for_each_protected_bucket() {
    let (few, many) = (asked_by_a_plan(1), asked_by_a_plan(6));
    let total = |asked: &BTreeMap<String, usize>| asked.values().sum::<usize>();
    assert!(total(&many) - total(&few) <= 5 * 8, "{few:#?}\n{many:#?}");
    // Identity, buckets, roles and their settings; in each of two regions what carries the mark, and
    // backup plans.
    let each = (total(&many) - total(&few)) / 5;
    assert!(total(&few) - each <= 10, "{few:#?}");
    assert_eq!(few.get("tagging:GetResources"), Some(&2), "{few:#?}");
    // Roles are read together, however many there are.
    for (operation, count) in &many {
        if operation.starts_with("iam:") {
            assert_eq!(*count, 1, "{operation}");
        }
    }
}
