//! `--target` and `--exclude`.

use crate::support::Estate;

const POSTURE: &str = r#"
backstay {
  project = "parts"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "source" {
  name = "source-ACCOUNT"
  replicate {
    to = s3_bucket.copy
  }
}

s3_bucket "copy" {
  name       = "copy-ACCOUNT"
  region     = "eu-west-1"
  versioning = true
}

s3_bucket "each" {
  for_each   = toset(["a", "b"])
  name       = "${each.key}-ACCOUNT"
  versioning = true
}
"#;

fn addresses(estate: &Estate, arguments: &[&str]) -> Vec<String> {
    let all = [&["plan", "--json"][..], arguments].concat();
    let changes = estate.run(&all).exits(0).changes();
    changes
        .iter()
        .map(|c| c.split_once(": ").unwrap().0.to_owned())
        .collect()
}

#[tokio::test]
async fn a_target_brings_what_it_needs_and_an_exclusion_takes_what_needs_it() {
    let estate = Estate::new(POSTURE);
    let pair = [
        "s3_bucket.copy",
        "s3_bucket.source",
        "s3_bucket.source.replication_role",
    ];
    let each = ["s3_bucket.each[\"a\"]", "s3_bucket.each[\"b\"]"];
    assert_eq!(addresses(&estate, &["--target", "s3_bucket.source"]), pair);
    assert_eq!(addresses(&estate, &["--target", "s3_bucket.copy"]), pair[..1]);
    assert_eq!(addresses(&estate, &["--target", "s3_bucket.each"]), each);
    assert_eq!(addresses(&estate, &["-target=s3_bucket.each[\"b\"]"]), each[1..]);
    let without_copy = addresses(&estate, &["--exclude", "s3_bucket.copy"]);
    assert!(
        !without_copy.contains(&"s3_bucket.source".to_owned()),
        "{without_copy:?}"
    );
    assert!(without_copy.contains(&each[0].to_owned()), "{without_copy:?}");

    estate
        .run(&["apply", "--auto-approve", "--exclude", "s3_bucket.each"])
        .exits(0);
    assert_eq!(addresses(&estate, &[]), each);
    estate
        .run(&["apply", "--auto-approve", "--target=s3_bucket.each[\"a\"]"])
        .exits(0);
    assert_eq!(addresses(&estate, &[]), each[1..]);
    // A part of the posture is no reason to release the rest.
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve", "--target=s3_bucket.each[\"a\"]"])
        .exits(0);
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_matches_nothing_is_an_error() {
    let estate = Estate::new(POSTURE);
    for option in ["--target", "--exclude"] {
        let mark = estate.mark();
        for command in ["plan", "apply", "check"] {
            estate
                .run(&[command, option, "s3_bucket.sorce"])
                .exits(1)
                .tells("Did you mean s3_bucket.source?");
        }
        estate
            .run(&["plan", option, "s3 bucket"])
            .exits(1)
            .tells("BKS-E0701");
        assert_eq!(estate.written(mark), Vec::<String>::new());
    }
}
