//! A policy of approvals: what it refuses, whose signatures count, and that it is not edited away.

use crate::support::{Estate, Signatory, validate};
use backstay::sandbox::{Fault, Outcome};
use sha2::{Digest, Sha256};

/// `KEYS` stands for the keys that may approve.
const TEAM: &str = r#"
backstay {
  project = "team"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
}

policy {
  weaken {
    approvals = 2
    from      = [KEYS]
  }
}
"#;

const POLICY: &str = "\npolicy {";

/// Alice, Bob, Carol and somebody else.
fn people() -> [Signatory; 4] {
    ["alice", "bob", "carol", "mallory"].map(Signatory::new)
}

fn keys(people: &[Signatory]) -> String {
    let keys: Vec<String> = people.iter().map(|p| format!("\"{}\"", p.public)).collect();
    keys.join(", ")
}

/// An estate in which the policy of the first three is in force, and then a bucket is to lose its versions.
fn weakened() -> (Estate, [Signatory; 4]) {
    let people = people();
    let estate = Estate::new(&TEAM.replace("KEYS", &keys(&people[..3])));
    for person in &people {
        estate.write(person.file, &person.private);
    }
    estate.settle();
    estate.edit("versioning = true", "versioning = false");
    (estate, people)
}

fn plan(estate: &Estate) -> String {
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0).stdout
}

const APPLY: [&str; 3] = ["apply", "--auto-approve", "tonight.plan"];

fn approve(estate: &Estate, file: &str) {
    estate
        .run(&["approve", "tonight.plan", "--key", file])
        .exits(0)
        .prints("Approved by");
}

#[tokio::test]
async fn weakening_takes_as_many_keys_as_the_policy_says() {
    let (estate, _) = weakened();
    let mark = estate.mark();
    // A flag does not do, and what was not saved cannot be approved.
    let flagged = ["apply", "--auto-approve", "--allow-weaken=s3_bucket.data"];
    let refused = estate.run(&flagged).exits(1);
    insta::assert_snapshot!("policy_not_saved", refused.stderr);
    let planned = plan(&estate);
    insta::assert_snapshot!("policy_planned", planned);
    let refused = estate
        .run(&[
            "apply",
            "--auto-approve",
            "--allow-weaken=s3_bucket.data",
            "tonight.plan",
        ])
        .exits(1);
    insta::assert_snapshot!("policy_none_of_two", refused.stderr);

    let first = estate
        .run(&["approve", "tonight.plan", "--key", "alice"])
        .exits(0);
    let digest = regex::Regex::new("sha256:[0-9a-f]{64}").unwrap();
    let shown = digest.replace_all(&first.stdout, "sha256:DIGEST");
    insta::assert_snapshot!("policy_approved", shown);
    let one = estate.run(&APPLY).exits(1).tells("1 of 2 is there, by alice");
    assert!(!one.stderr.contains("does not count"), "{}", one.stderr);

    // The same key again is said, and not written down.
    let before = estate.read("tonight.plan.approvals");
    estate
        .run(&["approve", "tonight.plan", "--key", "alice"])
        .exits(0)
        .prints("has approved this plan already")
        .prints("1 of 2 approvals for what weakens protection: alice");
    assert_eq!(estate.read("tonight.plan.approvals"), before);
    // Nor does it count when somebody writes it down twice.
    estate.write("tonight.plan.approvals", &format!("{before}{before}"));
    estate
        .run(&APPLY)
        .exits(1)
        .tells("Signature 2 of tonight.plan.approvals: alice")
        .tells("1 of 2 is there");
    estate.write("tonight.plan.approvals", &before);

    // Whoever is not listed approves nothing, and is told who does.
    estate
        .run(&["approve", "tonight.plan", "--key", "mallory"])
        .exits(1)
        .tells("The key mallory (SHA256:")
        .tells("no rule of the policy lists it; those that count are alice (SHA256:")
        .tells("Nothing was signed.");
    assert_eq!(estate.read("tonight.plan.approvals"), before);
    estate
        .run(&["approve", "tonight.plan", "--key", "mallory", "--unlisted"])
        .exits(0)
        .tells("no rule of the policy lists it")
        .prints("Signed, without counting, by mallory");
    estate
        .run(&APPLY)
        .exits(1)
        .tells("it is by a key that the policy does not list")
        .tells("1 of 2 is there");
    assert_eq!(estate.written(mark), Vec::<String>::new());

    estate
        .run(&["approve", "tonight.plan", "--key", "bob"])
        .exits(0)
        .prints("2 of 2 approvals")
        .prints("To run it: backstay apply tonight.plan");
    estate
        .run(&["approve", "tonight.plan", "--list"])
        .exits(0)
        .prints("2 of 2 approvals for what weakens protection: alice");
    estate.run(&APPLY).exits(0);
    estate.plan().exits(0);

    let lines = estate.run(&["history", "--json"]).exits(0).lines();
    let schema = serde_json::from_str(include_str!("../../schemas/audit.schema.json")).unwrap();
    for line in &lines {
        let wrong = validate(&schema, line);
        assert!(wrong.is_empty(), "{line}: {wrong:#?}");
    }
    // Newest first.
    let intent = lines.iter().find(|l| l["type"] == "intent").unwrap();
    let signed: Vec<&str> = intent["approvals"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["how"] == "signature" && a["what"] == "weaken")
        .map(|a| a["by"].as_str().unwrap())
        .collect();
    assert!(
        signed.len() == 2 && signed.iter().any(|by| by.starts_with("alice (SHA256:")),
        "{intent:#}"
    );
    assert_eq!(intent["policies"]["in_force"]["policy"]["weaken"]["approvals"], 2);
    // The first apply put it in force.
    let enacted: Vec<_> = lines.iter().filter(|l| l["type"] == "policy").collect();
    assert_eq!(enacted.len(), 1);
    assert_eq!(enacted[0]["digest"], intent["policies"]["in_force"]["digest"]);
    estate
        .run(&["history", "--id", intent["id"].as_str().unwrap()])
        .exits(0)
        .prints("signature weaken by alice (SHA256:");
}

#[tokio::test]
async fn an_approval_is_of_every_byte_of_the_plan() {
    let (estate, _) = weakened();
    plan(&estate);
    approve(&estate, "alice");
    approve(&estate, "bob");
    let mark = estate.mark();
    let whole = estate.read("tonight.plan");
    // Anywhere in what the plan does, a byte is enough.
    let (head, body) = whole.split_once('\n').unwrap();
    for at in (0..body.len() - 1).step_by(body.len() / 12) {
        let mut bytes = body.as_bytes().to_vec();
        bytes[at] ^= 1;
        let altered = [head.as_bytes(), b"\n", &bytes].concat();
        std::fs::write(estate.path("tonight.plan"), altered).unwrap();
        estate.run(&APPLY).exits(1);
    }
    // Whoever makes the digest fit has another plan, which nobody approved.
    let body = body.replace("\"unchanged\":0", "\"unchanged\":1");
    let digest = hex::encode(Sha256::digest(body.trim_end()));
    let before = regex::Regex::new("[0-9a-f]{64}").unwrap();
    let head = before.replace(head, digest.as_str());
    std::fs::write(estate.path("tonight.plan"), format!("{head}\n{body}")).unwrap();
    estate
        .run(&APPLY)
        .exits(1)
        .tells("Signature 1 of tonight.plan.approvals: it does not fit the plan")
        .tells("0 of 2 are there");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    std::fs::write(estate.path("tonight.plan"), whole).unwrap();
    estate.run(&APPLY).exits(0);
}

#[tokio::test]
async fn a_policy_is_not_edited_away_by_the_change_that_it_forbids() {
    let (estate, people) = weakened();
    let mark = estate.mark();
    let team = keys(&people[..3]);
    let posture = estate.read("main.hcl");
    let gone = posture.split(POLICY).next().unwrap().to_owned();
    let rule = |approvals: u32, from: &str| {
        format!("{gone}{POLICY}\n  weaken {{\n    approvals = {approvals}\n    from = [{from}]\n  }}\n}}\n")
    };
    for (what, text) in [
        ("weaken.approvals", gone.clone()),
        ("weaken.approvals", format!("{gone}{POLICY}\n}}\n")),
        ("weaken.approvals", rule(1, &team)),
        ("weaken.from", rule(2, &keys(&people))),
        ("weaken.from", rule(2, &keys(&people[1..]))),
        // A stranger's two keys in place of the team's.
        ("weaken.from", rule(2, &keys(&people[2..]))),
    ] {
        estate.write("main.hcl", &text);
        let flagged = [
            "apply",
            "--auto-approve",
            "--allow-weaken=s3_bucket.data",
            "--allow-weaken=backstay.policy",
        ];
        estate
            .run(&flagged)
            .exits(1)
            .tells("The policy in force (weaken) asks for 2 approvals");
        let planned = plan(&estate);
        assert!(
            planned.contains(what) && planned.contains("# weakens"),
            "{planned}"
        );
        // Nobody but those of before has a say.
        std::fs::remove_file(estate.path("tonight.plan.approvals")).unwrap_or_default();
        approve(&estate, "alice");
        // Where the new policy lists her, she may sign, and counts for nothing yet.
        estate
            .run(&["approve", "tonight.plan", "--key", "mallory", "--unlisted"])
            .exits(0);
        estate.run(&APPLY).exits(1).tells("1 of 2 is there, by alice");
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());

    // To lower it is a change of its own, by those who are there.
    estate.write(
        "main.hcl",
        &rule(1, &keys(&people[..3])).replace("versioning = false", "versioning = true"),
    );
    insta::assert_snapshot!("policy_lowered", plan(&estate));
    let json = estate.run(&["show", "--json", "tonight.plan"]).exits(0).lines();
    let line = json.iter().find(|l| l["type"] == "policy_change").unwrap();
    assert_eq!(line["attributes"][0]["path"], "weaken.approvals");
    assert_eq!(json.last().unwrap()["changes"]["weakens"], 1);
    estate.plan().exits(2);
    std::fs::remove_file(estate.path("tonight.plan.approvals")).unwrap();
    approve(&estate, "alice");
    estate.run(&APPLY).exits(1).tells("1 of 2 is there");
    approve(&estate, "carol");
    estate.run(&APPLY).exits(0);
    estate.plan().exits(0);

    // From then on one is enough.
    estate.edit("versioning = true", "versioning = false");
    plan(&estate);
    std::fs::remove_file(estate.path("tonight.plan.approvals")).unwrap();
    estate.run(&APPLY).exits(1).tells("0 of 1 are there");
    approve(&estate, "bob");
    estate.run(&APPLY).exits(0);
    assert_eq!(estate.written(mark), ["s3:PutBucketVersioning data-ACCOUNT"]);
}

#[tokio::test]
async fn a_plan_is_under_the_policy_that_it_was_made_under() {
    let (estate, people) = weakened();
    plan(&estate);
    approve(&estate, "alice");
    approve(&estate, "bob");
    // Somebody else asks for more meanwhile, which takes no approval.
    let stricter = estate
        .read("main.hcl")
        .replace("approvals = 2", "approvals = 3")
        .replace("versioning = false", "versioning = true");
    let posture = estate.read("main.hcl");
    estate.write("main.hcl", &stricter);
    estate.settle();
    let mark = estate.mark();
    // The posture that asks for more is another one.
    estate
        .run(&APPLY)
        .exits(1)
        .tells("BKS-E0603")
        .tells("the policy block");
    // So is what is in force, whatever the posture says.
    estate.write("main.hcl", &posture);
    estate
        .run(&APPLY)
        .exits(1)
        .tells("BKS-E0602")
        .tells("is not the one that the plan was made under");
    // Made anew, it takes all three: the one in force is stricter than the declared one.
    plan(&estate);
    std::fs::remove_file(estate.path("tonight.plan.approvals")).unwrap();
    for person in &people[..2] {
        approve(&estate, person.file);
    }
    estate.run(&APPLY).exits(1).tells("2 of 3 are there");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    approve(&estate, "carol");
    estate.run(&APPLY).exits(0);
}

#[tokio::test]
async fn without_approvals_a_weaker_policy_is_approved_by_name() {
    let estate = Estate::new(TEAM.split(POLICY).next().unwrap());
    let closed = format!("{POLICY}\n  disruptive {{\n    window = \"Sun 03:00-05:00 UTC\"\n  }}\n}}\n");
    let posture = estate.read("main.hcl");
    estate.write("main.hcl", &format!("{posture}{closed}"));
    estate.settle();
    estate.write("main.hcl", &posture);
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("backstay.policy: disruptive.window weakens protection: at any time instead of Sun 03:00-05:00 UTC")
        .tells("--allow-weaken='backstay.policy'");
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken=backstay.policy"])
        .exits(0);
    estate.plan().exits(0);
}

const DATABASE: &str = r#"
backstay {
  project = "hours"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

rds_instance "app" {
  identifier = "app"
  pitr {
    retention = "7d"
  }
}

policy {
  disruptive {
    window = WINDOW
  }
}
"#;

#[tokio::test]
async fn what_interrupts_waits_for_its_window() {
    // Three days from now on, so that it is closed however long this takes.
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let then = now.checked_add(jiff::Span::new().days(3)).unwrap();
    let closed = then.strftime("\"%a 03:00-04:00 UTC\"").to_string();
    let estate = Estate::new(&DATABASE.replace("WINDOW", &closed));
    estate
        .seed("rds_instance \"app\" {\n  account = \"ACCOUNT\"\n  retention = 0\n}\n")
        .await;
    let mark = estate.mark();
    let planned = estate.run(&["plan"]).exits(0);
    assert!(
        planned
            .stdout
            .contains("needs, by the declared policy, the window"),
        "{}",
        planned.stdout
    );
    // Times are redacted; unit tests say which one it is.
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0622")
        .tells("The window opens next at 2000-01-01T00:00:00Z.");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    estate.edit(
        &closed,
        "[\"Mon-Sun 00:00-12:00 UTC\", \"Mon-Sun 12:00-24:00 UTC\"]",
    );
    estate.settle();
}

/// The same with a bucket for records, where the policy in force is kept, too.
fn kept() -> String {
    TEAM.replace(
        "project = \"team\"",
        "project = \"team\"\n  evidence {\n    bucket = \"keep-ACCOUNT\"\n    prefix = \"e/\"\n  }",
    )
}

#[tokio::test]
async fn a_policy_in_force_that_cannot_be_read_stops_everything() {
    let people = people();
    let estate = Estate::new(&kept().replace("KEYS", &keys(&people[..3])));
    let s3 = estate.root().s3;
    estate.bucket("keep-ACCOUNT").await;
    estate.write("alice", &people[0].private);
    let mark = estate.mark();
    estate.settle();
    let written = estate.written(mark);
    assert!(
        written.contains(&"s3:PutObject keep-ACCOUNT/e/policy/team/current.json".to_owned()),
        "{written:#?}"
    );

    estate.edit("versioning = true", "versioning = false");
    plan(&estate);
    let mark = estate.mark();
    estate.fault(Fault {
        service: Some("s3".to_owned()),
        operation: Some("GetObject".to_owned()),
        resource: Some("policy/team".to_owned()),
        outcome: Outcome::Error {
            status: 403,
            code: "AccessDenied".to_owned(),
        },
        ..Fault::default()
    });
    estate.run(&["plan"]).exits(1).tells("BKS-E0624");
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0624");
    estate.run(&APPLY).exits(1).tells("BKS-E0624");
    // Without a policy in the posture it may still be looked at, and nothing more.
    let posture = estate.read("main.hcl");
    estate.write("main.hcl", posture.split(POLICY).next().unwrap());
    estate.run(&["plan"]).exits(0).tells("BKS-E0624");
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0624");
    estate.heal();

    // Nor is something else taken for none.
    s3.put_object()
        .bucket(estate.fill("keep-ACCOUNT"))
        .key("e/policy/team/current.json")
        .body(aws_sdk_s3::primitives::ByteStream::from_static(b"{}"))
        .send()
        .await
        .unwrap();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("is not a policy that this version reads");
    let own: Vec<String> = estate
        .written(mark)
        .into_iter()
        .filter(|w| !w.contains("policy/team/current.json"))
        .collect();
    assert_eq!(own, Vec::<String>::new());
}

#[tokio::test]
async fn a_policy_that_was_deleted_is_no_policy_that_never_was() {
    let people = people();
    let estate = Estate::new(&kept().replace("KEYS", &keys(&people[..3])));
    let s3 = estate.root().s3;
    let bucket = estate.bucket("keep-ACCOUNT").await;
    let versions = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
        .build();
    s3.put_bucket_versioning()
        .bucket(&bucket)
        .versioning_configuration(versions)
        .send()
        .await
        .unwrap();
    estate.settle();
    estate.edit("versioning = true", "versioning = false");
    plan(&estate);
    let key = "e/policy/team/current.json";
    let deleted = s3.delete_object().bucket(&bucket).key(key).send().await.unwrap();
    let marker = deleted.version_id().unwrap().to_owned();
    let mark = estate.mark();
    let refused = |command: &[&str]| {
        estate
            .run(command)
            .exits(1)
            .tells("BKS-E0624")
            .tells("was deleted, and the bucket keeps earlier versions of it")
            .tells("aws s3api delete-object");
    };
    refused(&["plan"]);
    refused(&["apply", "--auto-approve", "--allow-weaken=s3_bucket.data"]);
    refused(&APPLY);
    // Nor is it known when nobody may look.
    estate.fault(Fault::error("s3", "ListObjectVersions", 403, "AccessDenied"));
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0624")
        .tells("s3:ListBucketVersions");
    estate.heal();
    assert_eq!(estate.written(mark), Vec::<String>::new());
    // As it is told, it comes back.
    let restored = s3.delete_object().bucket(&bucket).key(key).version_id(marker);
    restored.send().await.unwrap();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("The policy in force (weaken) asks for 2 approvals");
}

/// A bucket that keeps no versions forgets what was deleted from it. What stands under a policy says so itself, and an apply
/// lays the policy down before anything says so: a mark that leads nowhere is no trace of an apply that was cut off.
#[tokio::test]
async fn a_policy_that_is_gone_without_a_trace_is_missed() {
    let people = people();
    let estate = Estate::new(&kept().replace("KEYS", &keys(&people[..3])));
    let bucket = estate.bucket("keep-ACCOUNT").await;
    let key = "e/policy/team/current.json";
    // Cut off behind every write: what is left is taken up again.
    for writes in 1.. {
        estate.fault(Fault {
            write: Some(true),
            after_writes: writes,
            outcome: Outcome::Error {
                status: 403,
                code: "AccessDenied".to_owned(),
            },
            account: Some(estate.fill("ACCOUNT")),
            ..Fault::default()
        });
        let run = estate.run(&["apply", "--auto-approve"]);
        estate.heal();
        if run.code == Some(0) {
            break;
        }
        let met = estate.run(&["plan", "--detailed-exitcode"]);
        assert!(matches!(met.code, Some(0 | 2)), "{writes} {run:#?} {met:#?}");
    }
    estate.plan().exits(0);

    let s3 = estate.root().s3;
    s3.delete_object().bucket(&bucket).key(key).send().await.unwrap();
    estate.edit("versioning = true", "versioning = false");
    let unruled = estate.read("main.hcl");
    let unruled = unruled.split(POLICY).next().unwrap();
    estate.write("main.hcl", unruled);
    let mark = estate.mark();
    estate.run(&["plan"]).tells("BKS-E0624");
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken=s3_bucket.data"])
        .exits(1)
        .tells("BKS-E0624")
        .tells("and none is there");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

/// A bucket with versions, for records and the policy.
async fn keeps(estate: &Estate, names: &[&str]) {
    for name in names {
        estate.bucket(name).await;
    }
}

/// What a resource stands under is written on it, so that the posture cannot leave it behind.
#[tokio::test]
async fn a_posture_that_keeps_its_policy_elsewhere_meets_the_one_in_force() {
    let people = people();
    let estate = Estate::new(&kept().replace("KEYS", &keys(&people[..3])));
    // What was there before carries no other mark of the project.
    keeps(&estate, &["keep-ACCOUNT", "other-ACCOUNT", "data-ACCOUNT"]).await;
    estate.settle();
    let posture = estate
        .read("main.hcl")
        .replace("versioning = true", "versioning = false");
    let without = |from: &str, text: &str| {
        let start = text.find(from).unwrap();
        let end = start + text[start..].find("\n  }").unwrap() + "\n  }".len();
        format!("{}{}", &text[..start], &text[end..])
    };
    let policy_gone = |text: &str| text.split(POLICY).next().unwrap().to_owned();
    let mark = estate.mark();
    for (what, text) in [
        ("another prefix", posture.replace("\"e/\"", "\"f/\"")),
        ("another bucket", posture.replace("keep-", "other-")),
        ("no bucket", without("  evidence {", &posture)),
        (
            "neither bucket nor policy",
            policy_gone(&without("  evidence {", &posture)),
        ),
        (
            "another prefix, no policy",
            policy_gone(&posture.replace("\"e/\"", "\"f/\"")),
        ),
        (
            "another bucket, one key",
            posture
                .replace("keep-", "other-")
                .replace("approvals = 2", "approvals = 1"),
        ),
        ("another project", posture.replace("\"team\"", "\"fresh\"")),
    ] {
        estate.write("main.hcl", &text);
        let flagged = [
            "apply",
            "--auto-approve",
            "--allow-weaken=s3_bucket.data",
            "--allow-weaken=backstay.policy",
        ];
        let refused = estate.run(&flagged);
        assert_eq!(refused.code, Some(1), "{what}: {refused:#?}");
        refused.tells("The policy in force (weaken) asks for 2 approvals");
    }
    let foreign = |w: &String| w.contains("other-") || w.contains("data-") || w.contains("policy/");
    let written: Vec<String> = estate.written(mark).into_iter().filter(foreign).collect();
    assert_eq!(written, Vec::<String>::new());
}

/// What may stand under a policy is not changed while nobody can read whether it does.
#[tokio::test]
async fn a_mark_that_cannot_be_read_is_no_mark_that_is_not_there() {
    let people = people();
    let estate = Estate::new(&kept().replace("KEYS", &keys(&people[..3])));
    keeps(&estate, &["keep-ACCOUNT", "data-ACCOUNT"]).await;
    estate.settle();
    let posture = estate
        .read("main.hcl")
        .replace("versioning = true", "versioning = false");
    let start = posture.find("  evidence {").unwrap();
    let end = start + posture[start..].find("\n  }").unwrap() + "\n  }".len();
    let bare = format!(
        "{}{}",
        &posture[..start],
        posture[end..].split(POLICY).next().unwrap()
    );
    estate.write("main.hcl", &bare);
    for (status, code) in [(403, "AccessDenied"), (500, "InternalError")] {
        let mark = estate.mark();
        estate.fault(Fault::error("s3", "GetBucketTagging", status, code));
        estate.run(&["plan"]).exits(1).tells("BKS-E0504");
        let flagged = ["apply", "--auto-approve", "--allow-weaken=s3_bucket.data"];
        estate
            .run(&flagged)
            .exits(1)
            .tells("under which policy of approvals it stands");
        assert_eq!(estate.written(mark), Vec::<String>::new(), "{code}");
        estate.heal();
    }
}

#[tokio::test]
async fn a_policy_moves_with_the_approvals_of_the_one_in_force() {
    let people = people();
    let estate = Estate::new(&kept().replace("KEYS", &keys(&people[..3])));
    keeps(&estate, &["keep-ACCOUNT", "other-ACCOUNT"]).await;
    for person in &people {
        estate.write(person.file, &person.private);
    }
    estate.settle();
    let before = estate.read("main.hcl");
    estate.write("main.hcl", &before.replace("keep-", "other-"));
    let planned = plan(&estate);
    assert!(
        planned.contains("evidence") && planned.contains("# weakens"),
        "{planned}"
    );
    estate.run(&APPLY).exits(1).tells("0 of 2 are there");
    approve(&estate, "alice");
    approve(&estate, "bob");
    // Cut off when every mark says the new place and the old one does not know of it: the policy is there already.
    estate.fault(Fault {
        resource: Some(estate.fill("keep-ACCOUNT")),
        write: Some(true),
        ..Fault::error("s3", "PutObject", 403, "AccessDenied")
    });
    estate.run(&APPLY).exits(4);
    estate.heal();
    estate.write(
        "main.hcl",
        &before
            .replace("keep-", "other-")
            .replace("approvals = 2", "approvals = 1"),
    );
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken=backstay.policy"])
        .exits(1)
        .tells("The policy in force (weaken) asks for 2 approvals");
    estate.write("main.hcl", &before.replace("keep-", "other-"));
    estate.settle();
    estate.plan().exits(0);
    // The old place says where it has gone: whoever goes back to it meets the same one.
    estate.write("main.hcl", &before.replace("approvals = 2", "approvals = 1"));
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken=backstay.policy"])
        .exits(1)
        .tells("The policy in force (weaken) asks for 2 approvals");
    estate.write("main.hcl", &before);
    plan(&estate);
    std::fs::remove_file(estate.path("tonight.plan.approvals")).unwrap();
    approve(&estate, "alice");
    approve(&estate, "carol");
    estate.run(&APPLY).exits(0);
    estate.plan().exits(0);
}

/// A role that a replication derives stands under the policy of its block, and says so itself: alone, nothing else does.
#[tokio::test]
async fn what_a_block_derives_is_marked_like_the_block() {
    let people = people();
    let replicated = kept().replace(
        "  versioning = true\n}",
        "  versioning = true\n  replicate { to = s3_bucket.copy }\n}\n\ns3_bucket \"copy\" {\n  region     = \"us-west-2\"\n  \
         name       = \"copy-ACCOUNT\"\n  versioning = true\n}",
    );
    let estate = Estate::new(&replicated.replace("KEYS", &keys(&people[..3])));
    keeps(&estate, &["keep-ACCOUNT"]).await;
    estate.settle();
    let iam = estate.root().iam;
    let roles = iam.list_roles().path_prefix("/backstay/").send().await.unwrap();
    let role = roles.roles()[0].role_name().to_owned();
    let tags = iam.list_role_tags().role_name(&role).send().await.unwrap();
    let mark = tags
        .tags()
        .iter()
        .find(|tag| tag.key() == "backstay:policy")
        .unwrap();
    assert_eq!(mark.value(), estate.fill("ACCOUNT/keep-ACCOUNT/team/e/"));

    // Another posture, with a policy of its own elsewhere, meets it on the role alone.
    estate.edit("\"e/\"", "\"f/\"");
    estate.edit("approvals = 2", "approvals = 1");
    let mark = estate.mark();
    estate
        .run(&[
            "apply",
            "--auto-approve",
            "--allow-weaken=backstay.policy",
            "--target=s3_bucket.data.replication_role",
        ])
        .exits(1)
        .tells("The policy in force (weaken) asks for 2 approvals");
    let written = estate.written(mark);
    assert_eq!(written, Vec::<String>::new());
}
