//! What survives which disaster, before and after an apply, and when something cannot be read.

use crate::laptop::{SHOP, SHOP_SEED, shop};
use crate::support::{Estate, validate};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{MetadataDirective, ServerSideEncryption};
use backstay::sandbox::Fault;
use serde_json::Value as Json;

const OBJECTIVE: &str = "
objective \"core\" {
  protects = [s3_bucket.uploads]
  survives = [\"corruption\", \"region_outage\"]
  rpo      = \"15m\"
  reach    = \"30d\"
  tested_every = null
}
";

async fn proving() -> Estate {
    let estate = shop().await;
    estate.write("main.hcl", &format!("{SHOP}{OBJECTIVE}"));
    estate
}

/// What becomes of the best copy of the uploads.
fn left(proof: &Json, scenario: &str) -> usize {
    let assets = proof["assets"].as_array().unwrap();
    let uploads = assets
        .iter()
        .find(|a| a["address"] == "s3_bucket.uploads")
        .unwrap();
    let cells = uploads["cells"].as_array().unwrap();
    let cell = cells.iter().find(|c| c["scenario"] == scenario).unwrap();
    let copies = cell["copies"].as_array().unwrap();
    copies.iter().filter(|c| c["survival"] == "survives").count()
}

#[tokio::test]
async fn an_apply_is_what_makes_copies_survive() {
    let estate = proving().await;
    estate.settle();
    let mark = estate.mark();
    let after = estate.run(&["prove", "--json"]).exits(0).json();
    assert!(estate.written(mark).is_empty());
    assert_eq!(left(&after, "region_outage"), 1);
    assert!(left(&after, "corruption") >= 1);
    assert_eq!(left(&after, "credential_compromise"), 0);
    let schema: Json = serde_json::from_str(include_str!("../../schemas/prove.schema.json")).unwrap();
    assert_eq!(validate(&schema, &after), Vec::<String>::new());
    estate
        .run(&["prove", "--explain", "s3_bucket.uploads", "region_outage"])
        .exits(0)
        .prints("it lies in the region that is lost (us-east-1)")
        .prints("us-east-1 is lost, and it lies in us-west-2")
        .prints("replicated to");
    // One credential of a writer destroys nothing that versions keep, and why is derived to who could.
    let ransomware = ["prove", "--explain", "s3_bucket.uploads", "ransomware"];
    estate
        .run(&ransomware)
        .exits(0)
        .prints("out of reach of whoever holds")
        .prints("may s3:DeleteObjectVersion on uploads-")
        .prints("[iam:GetAccountAuthorizationDetails of ");
    let derived = estate
        .run(&[&ransomware[..], &["--json"]].concat())
        .exits(0)
        .json();
    assert_eq!(validate(&schema, &derived), Vec::<String>::new());
    assert_eq!(derived["derivation"]["scenario"], "ransomware");
    let copies = derived["derivation"]["copies"].as_array().unwrap();
    let versions = copies
        .iter()
        .find(|c| c["copy"] == "s3_bucket.uploads/versions")
        .unwrap();
    assert!(versions["attacked"][0]["refuted"].is_array(), "{versions:#}");
    estate
        .run(&["prove", "--explain", "s3_bucket.uploads", "flood"])
        .exits(1)
        .tells("There is no proof of s3_bucket.uploads in flood.");
    // The other database and the dumps are nobody's.
    estate.run(&["prove"]).exits(0).prints("No objective protects");
}

/// The shop, whose uploads were there for a year when replication began.
async fn grown() -> Estate {
    let estate = Estate::new(SHOP);
    estate.write("main.hcl", &format!("{SHOP}{OBJECTIVE}"));
    let old = SHOP_SEED.replace("  objects  ", "  age                 = 365\n  objects  ");
    assert_ne!(old, SHOP_SEED);
    estate.seed(&old).await;
    estate.settle();
    estate
}

/// Copies every object of the uploads onto itself, which replication takes for a new one.
async fn rewrite(estate: &Estate) {
    let bucket = estate.fill("uploads-ACCOUNT");
    let s3 = &estate.root().s3;
    for key in ["2024/a", "2024/b"] {
        s3.copy_object()
            .bucket(&bucket)
            .key(key)
            .copy_source(format!("{bucket}/{key}"))
            .metadata_directive(MetadataDirective::Replace)
            // So that it is old enough to have arrived.
            .metadata("backstay-sandbox-age", "1")
            .send()
            .await
            .unwrap();
    }
}

/// Replication copies nothing that was there before it, and a proof does not take it for copied. What was listed may not be
/// an excuse either.
#[tokio::test]
async fn objects_from_before_replication_are_missed_in_the_replica() {
    let estate = grown().await;
    estate
        .run(&["prove", "--explain", "s3_bucket.uploads", "region_outage"])
        .exits(0)
        .prints("2 current ones are not in copy-")
        .prints("S3 Batch Replication");
    let before = estate.run(&["prove", "--json"]).exits(3).json();
    assert_eq!(left(&before, "region_outage"), 0);

    // Neither list may be missing.
    for bucket in ["uploads-", "copy-"] {
        estate.fault(Fault::error("s3", "ListObjectVersions", 403, "AccessDenied").on(bucket));
        let blind = estate.run(&["prove", "--json"]).exits(1).json();
        assert_eq!(left(&blind, "region_outage"), 0);
        estate.heal();
    }

    rewrite(&estate).await;
    let after = estate.run(&["prove", "--json"]).exits(0).json();
    assert_eq!(left(&after, "region_outage"), 1);
}

/// What was uploaded under a key of its own is lost with that one, whatever the bucket encrypts with.
#[tokio::test]
async fn objects_are_under_their_own_keys() {
    let estate = proving().await;
    estate.settle();
    let root = estate.root();
    let key = root.kms.create_key().send().await.unwrap().key_metadata.unwrap();
    root.s3
        .put_object()
        .bucket(estate.fill("uploads-ACCOUNT"))
        .key("2024/sealed")
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .ssekms_key_id(&key.key_id)
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    let versions = || {
        let proof = estate.run(&["prove", "--json"]).json();
        let all = proof["assets"].as_array().unwrap();
        let uploads = all.iter().find(|a| a["address"] == "s3_bucket.uploads").unwrap();
        let copies = uploads["copies"].as_array().unwrap();
        let copy = copies.iter().find(|c| c["mechanism"] == "versions").unwrap();
        (copy["partial"].clone(), copy["grounds"].to_string())
    };
    let (partial, grounds) = versions();
    assert!(
        partial.is_null() && grounds.contains("1 are under key/"),
        "{grounds}"
    );

    let ending = root.kms.schedule_key_deletion().key_id(&key.key_id);
    ending.pending_window_in_days(7).send().await.unwrap();
    let (partial, _) = versions();
    let why = partial.as_str().unwrap();
    assert!(
        why.contains("2024/sealed") && why.ends_with("being deleted"),
        "{why}"
    );

    // Whoever may not look says so.
    estate.fault(Fault::error("s3", "HeadObject", 403, "AccessDenied").on("uploads-"));
    let (partial, grounds) = versions();
    assert!(partial.is_null(), "{partial}");
    assert!(
        grounds.contains("the keys of single objects were not read"),
        "{grounds}"
    );
}

/// The default retention of a bucket covers nothing that was there before it.
#[tokio::test]
async fn objects_from_before_a_lock_are_not_locked() {
    let estate = proving().await;
    estate.settle();
    rewrite(&estate).await;
    let locked = |proof: &Json| {
        let assets = proof["assets"].as_array().unwrap();
        let uploads = assets
            .iter()
            .find(|a| a["address"] == "s3_bucket.uploads")
            .unwrap();
        let copies = uploads["copies"].as_array().unwrap();
        let copy = copies
            .iter()
            .find(|c| c["mechanism"] == "object_replica")
            .unwrap();
        copy["lock"].clone()
    };
    let found = estate.run(&["prove", "--json"]).json();
    assert!(locked(&found)["present"].is_object(), "{:#}", locked(&found));

    estate.fault(Fault::error("s3", "GetObjectRetention", 404, "NoSuchObjectLockConfiguration").on("copy-"));
    let bare = estate.run(&["prove", "--json"]).json();
    assert_eq!(locked(&bare), "absent");
    estate.heal();
    estate.fault(Fault::error("s3", "GetObjectRetention", 403, "AccessDenied").on("copy-"));
    let blind = estate.run(&["prove", "--json"]).json();
    assert!(locked(&blind)["unreadable"].is_object(), "{:#}", locked(&blind));
    estate.heal();
}

#[test]
fn what_does_not_exist_is_never_passed() {
    let estate = Estate::new(
        "
backstay {
  project = \"young\"
}

account \"prod\" {
  id     = \"ACCOUNT\"
  region = \"us-east-1\"
}

s3_bucket \"uploads\" {
  name = \"young-ACCOUNT\"
}

objective \"core\" {
  preset   = \"stage_a\"
  protects = [s3_bucket.uploads]
}
",
    );
    estate.run(&["prove"]).exits(1).prints("it does not exist");
}

#[tokio::test]
async fn what_is_denied_is_unknown_and_never_holds() {
    let estate = proving().await;
    estate.settle();
    estate.fault(Fault::error("s3", "GetBucketVersioning", 403, "AccessDenied").on("copy-"));
    estate.fault(Fault::error("s3", "GetBucketVersioning", 403, "AccessDenied").on("uploads-"));
    let blind = estate.run(&["prove", "--json"]).exits(1).json();
    assert_eq!(left(&blind, "corruption"), 0, "{blind:#}");
    estate.heal();
}

#[tokio::test]
async fn a_snapshot_proves_the_same_without_the_cloud() {
    let estate = proving().await;
    estate.settle();
    let file = estate.path("live.json").display().to_string();
    let live = estate
        .run(&["prove", "--json", "--save-snapshot", &file])
        .exits(0)
        .json();
    let mark = estate.mark();
    let again = estate
        .run(&["prove", "--json", "--snapshot", &file])
        .exits(0)
        .json();
    assert!(estate.asked(mark).is_empty());
    assert_eq!(live["assets"], again["assets"]);
}

#[tokio::test]
async fn what_a_plan_has_kept_is_enough_to_prove_and_check() {
    let estate = proving().await;
    estate.settle();
    let live = estate.run(&["prove", "--json"]).exits(0).json();
    let file = estate.path("live.json").display().to_string();
    estate.run(&["plan", "--save-snapshot", &file]).exits(0);
    let mark = estate.mark();
    let again = estate
        .run(&["prove", "--json", "--snapshot", &file])
        .exits(0)
        .json();
    let uploads = |proof: &Json| {
        let assets = proof["assets"].as_array().unwrap();
        assets
            .iter()
            .find(|a| a["address"] == "s3_bucket.uploads")
            .unwrap()["cells"]
            .clone()
    };
    assert_eq!(uploads(&live), uploads(&again));
    let checked = estate
        .run(&["check", "--format", "json", "--snapshot", &file])
        .json();
    let unknown = checked["findings"].as_array().unwrap().iter();
    let unknown: Vec<&Json> = unknown.filter(|f| f["id"] == "BKS-OBJ-003").collect();
    assert!(unknown.iter().all(|f| f["status"] == "pass"), "{unknown:#?}");
    assert_eq!(checked["summary"]["unknown"], 0);
    estate
        .run(&["plan", "--detailed-exitcode", "--snapshot", &file])
        .exits(0);
    assert!(estate.asked(mark).is_empty());
}

#[tokio::test]
async fn wrong_objectives_are_said_at_once() {
    let estate = shop().await;
    let wrong = "
objective \"a\" {
  protects = [s3_bucket.uploads]
  survives = [\"region_outrage\"]
  rpo      = \"1h\"
  publish {
    rpo = \"15m\"
  }
}

objective \"b\" {
  protects = []
  rpo      = \"soon\"
}

scenario \"ransomware\" {
  summary  = \"again\"
  destroys = \"data\"
}
";
    estate.write("main.hcl", &format!("{SHOP}{wrong}"));
    estate
        .run(&["validate"])
        .exits(1)
        .tells("Did you mean \"region_outage\"?")
        .tells("publishes rpo = \"15m\", but is built for \"1h\"")
        .tells("soon")
        .tells("Every posture knows a scenario \"ransomware\" already");
}

/// The same posture, held against a check: what prove says decides it.
#[tokio::test]
async fn a_check_fails_when_an_objective_no_longer_holds() {
    let estate = proving().await;
    estate.settle();
    let found = |code: i32| -> Vec<(String, String)> {
        let json = estate
            .run(&["check", "--fail-on", "high", "--format", "json"])
            .exits(code)
            .json();
        let all = json["findings"].as_array().unwrap().clone();
        all.iter()
            .filter(|f| f["id"].as_str().unwrap().starts_with("BKS-OBJ"))
            .map(|f| {
                let (id, status) = (f["id"].as_str().unwrap(), f["status"].as_str().unwrap());
                (id.to_owned(), status.to_owned())
            })
            .collect()
    };
    let says = |id: &str, status: &str| (id.to_owned(), status.to_owned());
    // Other controls fail on this shop, whatever is proved.
    let before = found(3);
    assert!(before.contains(&says("BKS-OBJ-001", "pass")), "{before:?}");

    // Who is in the account decides; nobody may tell, so nothing holds.
    estate.fault(Fault::error(
        "iam",
        "GetAccountAuthorizationDetails",
        403,
        "AccessDenied",
    ));
    estate.write(
        "main.hcl",
        &format!("{SHOP}{}", OBJECTIVE.replace("\"corruption\"", "\"ransomware\"")),
    );
    let blind = found(1);
    assert!(blind.contains(&says("BKS-OBJ-003", "unknown")), "{blind:?}");
    estate.heal();

    // A disaster that the posture is not built for.
    estate.write(
        "main.hcl",
        &format!(
            "{SHOP}{}",
            OBJECTIVE.replace("\"corruption\"", "\"credential_compromise\"")
        ),
    );
    let failed = found(3);
    assert!(failed.contains(&says("BKS-OBJ-001", "fail")), "{failed:?}");
    // Of a part nothing is proved.
    let part = estate.run(&["check", "--target", "s3_bucket.uploads"]).stdout;
    assert!(!part.contains("BKS-OBJ"), "{part}");
}

/// The shop's database, dumped each night, with the dumps copied to another region.
const DUMPED: &str = "
objective \"core\" {
  protects = [rds_instance.app]
  survives = [\"region_outage\"]
  rpo      = \"2d\"
  tested_every = null
}

s3_bucket \"dumps_copy\" {
  region        = \"us-west-2\"
  name          = \"dumps-copy-ACCOUNT\"
  versioning    = true
  public_access = false
}
";

async fn dumping() -> Estate {
    let estate = shop().await;
    let dumped = SHOP
        .replace(
            "  prefix      = \"pg/\"\n",
            "  prefix      = \"pg/\"\n  dumps       = rds_instance.app\n  every       = \"1d\"\n",
        )
        .replace(
            "  name          = \"dumps-ACCOUNT\"\n",
            "  name          = \"dumps-ACCOUNT\"\n  replicate {\n    to     = s3_bucket.dumps_copy\n    within = \"15m\"\n  }\n",
        );
    estate.write("main.hcl", &format!("{dumped}{DUMPED}"));
    estate.settle();
    estate
}

/// The dumps of the database with what becomes of them in a loss of the region.
fn dumps(proof: &Json) -> Vec<(Json, String)> {
    let assets = proof["assets"].as_array().unwrap();
    let app = assets
        .iter()
        .find(|a| a["address"] == "rds_instance.app")
        .unwrap();
    let cells = app["cells"].as_array().unwrap();
    let cell = cells.iter().find(|c| c["scenario"] == "region_outage").unwrap();
    let fate = |copy: &Json| {
        let all = cell["copies"].as_array().unwrap();
        let found = all.iter().find(|c| c["copy"] == copy["id"]).unwrap();
        found["survival"].as_str().unwrap().to_owned()
    };
    let copies = app["copies"].as_array().unwrap();
    let dumps = copies.iter().filter(|c| c["mechanism"] == "logical_dump");
    dumps.map(|c| (c.clone(), fate(c))).collect()
}

#[tokio::test]
async fn dumps_are_copies_of_the_database_once_there_are_any() {
    let estate = dumping().await;
    // The writer waits for the database that it dumps.
    let graph = estate.run(&["graph"]).exits(0).stdout;
    assert!(
        graph.contains("\"writer_role.dump\" -> \"rds_instance.app\""),
        "{graph}"
    );

    // That it is declared proves nothing.
    let found = estate.run(&["prove", "--json"]).json();
    let fates: Vec<String> = dumps(&found).into_iter().map(|(_, fate)| fate).collect();
    assert_eq!(fates, ["lost", "lost"]);
    estate
        .run(&["prove", "--explain", "rds_instance.app", "region_outage"])
        .exits(0)
        .prints("no dump lies under dumps-");

    let (near, far) = (estate.fill("dumps-ACCOUNT"), estate.fill("dumps-copy-ACCOUNT"));
    let s3 = estate.root().s3;
    let dump = aws_sdk_s3::primitives::ByteStream::from_static(b"a dump");
    let put = s3.put_object().bucket(near).key("pg/1").body(dump);
    put.send().await.unwrap();
    until_there(&estate, &far).await;

    let file = estate.path("dumped.json").display().to_string();
    let found = estate
        .run(&["prove", "--json", "--save-snapshot", &file])
        .exits(0)
        .json();
    let [(dump, lost), (copy, left)]: [(Json, String); 2] = dumps(&found).try_into().unwrap();
    assert_eq!((lost.as_str(), left.as_str()), ("lost", "survives"));
    assert_eq!(
        (&dump["grade"], &copy["grade"]),
        (&"evidenced".into(), &"evidenced".into())
    );
    assert_eq!(copy["domain"]["region"], "us-west-2");
    let schema: Json = serde_json::from_str(include_str!("../../schemas/prove.schema.json")).unwrap();
    assert_eq!(validate(&schema, &found), Vec::<String>::new());
    estate.run(&["prove"]).prints("logical dump (us-west-2)");

    // The same ten days later, with nothing new: what is left is as old as it is.
    let mut later: Json = serde_json::from_str(&estate.read("dumped.json")).unwrap();
    let read: jiff::Timestamp = later["taken_at"].as_str().unwrap().parse().unwrap();
    let then = read + jiff::SignedDuration::from_hours(240);
    later["taken_at"] = then.to_string().into();
    estate.write("dumped.json", &later.to_string());
    let found = estate.run(&["prove", "--json", "--snapshot", &file]).json();
    for (dump, _) in dumps(&found) {
        assert_eq!(dump["staleness"]["promised"], Json::Null);
        assert!(
            dump["staleness"]["measured"].as_str().unwrap().starts_with("10d"),
            "{dump}"
        );
        assert_eq!(dump["grade"], "configured");
    }
}

/// Replication runs beside whoever writes.
async fn until_there(estate: &Estate, bucket: &str) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let s3 = estate.root().region("us-west-2").s3;
    while std::time::Instant::now() < end {
        let list = s3.list_object_versions().bucket(bucket).prefix("pg/");
        if !list.send().await.unwrap().versions().is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nothing was copied to {bucket}");
}

#[tokio::test]
async fn dumps_that_may_not_be_listed_are_unknown() {
    let estate = dumping().await;
    estate.fault(Fault::error("s3", "ListObjectVersions", 403, "AccessDenied"));
    let blind = estate.run(&["prove", "--json"]).json();
    let fates: Vec<String> = dumps(&blind).into_iter().map(|(_, fate)| fate).collect();
    // One would lie in the region that is lost, whatever it is.
    assert_eq!(fates, ["lost", "unknown"]);
    estate.heal();
    estate
        .run(&["permissions", "--for", "check"])
        .exits(0)
        .prints("s3:ListBucketVersions");
}

/// A scenario that was forgotten leaves the folder in its place.
#[test]
fn explaining_without_a_scenario_says_what_is_missing() {
    let estate = Estate::new(SHOP);
    let elsewhere = estate.path("empty");
    std::fs::create_dir_all(elsewhere.join("ex/saas")).unwrap();
    let mut command = estate.command(&["prove", "-explain", "s3_bucket.uploads", "ex/saas"]);
    let output = command.current_dir(&elsewhere).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for part in [
        "-explain takes an address and a scenario, and ex/saas is a folder.",
        "-explain s3_bucket.uploads SCENARIO ex/saas",
        "credential_compromise",
    ] {
        // However the message is broken into lines.
        let words = |text: &str| {
            text.replace('│', " ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(words(&told).contains(part), "{part}: {told}");
    }
}

/// In a folder with a posture, too; there a scenario may have the name of a folder.
#[tokio::test]
async fn a_folder_is_no_scenario_wherever_it_stands() {
    let estate = shop().await;
    let flat = |text: &str| {
        let text = text.replace('│', " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let asked = |scenario: &'static str| ["prove", "-explain", "s3_bucket.uploads", scenario];
    std::fs::create_dir_all(estate.path("ex/saas")).unwrap();
    std::fs::create_dir_all(estate.path("flood")).unwrap();
    for folder in ["ex/saas", "flood", "."] {
        let told = flat(&estate.run(&asked(folder)).exits(1).stderr);
        let why = format!("-explain takes an address and a scenario, and {folder} is a folder.");
        assert!(told.contains(&why), "{told}");
        assert!(
            told.contains(&format!("-explain s3_bucket.uploads SCENARIO {folder}")),
            "{told}"
        );
    }
    estate.write(
        "main.hcl",
        &format!("{SHOP}\nscenario \"flood\" {{\n  summary  = \"water\"\n  destroys = \"zone\"\n}}\n"),
    );
    estate
        .run(&asked("flood"))
        .exits(0)
        .prints("s3_bucket.uploads in flood");
}

#[test]
fn text_is_as_wide_as_the_terminal_says() {
    let estate = Estate::new(SHOP).with("COLUMNS", "60");
    let narrow = estate.run(&["prove", "-scenarios"]).exits(0).stdout;
    assert!(narrow.lines().all(|l| l.chars().count() <= 60), "{narrow}");
    let usual = estate.plain().run(&["prove", "-scenarios"]).exits(0).stdout;
    let widest = usual.lines().map(|l| l.chars().count()).max().unwrap();
    assert!((61..=100).contains(&widest), "{usual}");
}
