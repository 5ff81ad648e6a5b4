//! Locks in their time of grace: when they close, and that no write takes one back.

use super::world::{NOW, at};
use super::{vault, written};
use crate::kinds::Kind;
use crate::kinds::WriteContext;
use crate::kinds::backup_vault::BackupVault;
use crate::kinds::backup_vault::closing::Locking;
use crate::kinds::backup_vault::live::{LiveLock, LiveVault};
use crate::kinds::backup_vault::spec::Spec;
use crate::kinds::backup_vault::write::Op;
use crate::kinds::testing::{Written, cloud, place};
use crate::model::change::{Change, Diff, Direction};
use serde_json::json;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn compliance(min: Option<&str>, grace: Option<&str>) -> Spec {
    let mut lock = Written::new().set("mode", "compliance").set("max", "400d");
    for (name, value) in [("min", min), ("grace", grace)] {
        if let Some(value) = value {
            lock = lock.set(name, value);
        }
    }
    written().nest("lock", lock).spec::<BackupVault>()
}

fn closing(closes: &str) -> LiveVault {
    vault(|v| {
        v.lock = Some(LiveLock {
            closes: Some(at(closes)),
            closed: false,
            seen: Some(at(NOW)),
            min: Some(14),
            max: Some(400),
        });
    })
}

fn diff(want: &Spec, have: &LiveVault) -> Diff<Op> {
    BackupVault::diff(want, Some(have), &place())
}

fn shown(diff: &Diff<Op>) -> Vec<(&str, &str, &str, Direction, bool)> {
    let all = diff.changes.iter().flat_map(|c: &Change<Op>| &c.attributes);
    all.map(|a| {
        (
            a.path.as_str(),
            a.before.as_str().unwrap_or("-"),
            a.after.as_str().unwrap_or("-"),
            a.direction,
            a.irreversible.is_some(),
        )
    })
    .collect()
}

#[test]
fn a_lock_is_left_alone_where_the_vault_is_not_the_air_gapped_one_that_is_meant() {
    let lock = Written::new()
        .set("mode", "compliance")
        .set("min", "15d")
        .set("max", "400d");
    let want = written()
        .set("air_gapped", true)
        .nest("lock", lock)
        .spec::<BackupVault>();
    for have in [closing("2026-12-21T12:00:00Z"), vault(|v| v.lock = None)] {
        let diff = diff(&want, &have);
        assert!(diff.changes.is_empty(), "{:#?}", diff.changes);
        let paths: Vec<_> = diff.findings.iter().map(|f| f.path.as_str()).collect();
        assert!(
            paths.contains(&"air_gapped") && paths.contains(&"lock.min"),
            "{paths:?}"
        );
    }
}

/// A plan shows from when on a lock is final, whatever moves that day.
#[test]
fn a_change_of_a_lock_says_when_it_closes() {
    use Direction::{Strengthens, Weakens};
    let min = ("lock.min", "14d", "15d", Strengthens, true);
    let table = [
        // The day stays, as far as whole days go.
        ("2027-09-17T12:00:00Z", Some("15d"), "300d", vec![min]),
        ("2026-12-01T18:00:00Z", Some("15d"), "300d", vec![min]),
        (
            "2026-12-01T06:00:00Z",
            Some("15d"),
            "300d",
            vec![
                min,
                ("lock.closes", "2026-12-01", "2026-11-30", Strengthens, true),
            ],
        ),
        // A shorter time of grace brings it forward, with or without another change.
        (
            "2027-09-17T12:00:00Z",
            Some("15d"),
            "3d",
            vec![
                min,
                ("lock.closes", "2027-09-17", "2026-11-24", Strengthens, true),
            ],
        ),
        (
            "2027-09-17T12:00:00Z",
            Some("14d"),
            "3d",
            vec![("lock.closes", "2027-09-17", "2026-11-24", Strengthens, true)],
        ),
        // A longer one puts nothing off, and neither do the days that pass.
        ("2026-12-01T12:00:00Z", Some("14d"), "300d", vec![]),
        ("2026-12-01T12:00:00Z", Some("14d"), "10d", vec![]),
        // Fewer days than three cannot be asked for.
        (
            "2026-11-23T12:00:00Z",
            Some("15d"),
            "3d",
            vec![min, ("lock.closes", "2026-11-23", "2026-11-24", Weakens, true)],
        ),
        ("2026-11-23T12:00:00Z", Some("14d"), "3d", vec![]),
    ];
    for (closes, min, grace, expected) in table {
        let diff = diff(&compliance(min, Some(grace)), &closing(closes));
        assert_eq!(shown(&diff), expected, "{closes}, {min:?}, {grace}");
        assert!(diff.findings.is_empty());
    }
}

#[test]
fn what_is_final_names_the_new_day() {
    let want = compliance(Some("15d"), Some("3d"));
    let diff = diff(&want, &closing("2027-09-17T12:00:00Z"));
    for attribute in diff.changes.iter().flat_map(|c| &c.attributes) {
        let why = attribute.irreversible.as_ref().unwrap();
        assert!(why.contains("from 2026-11-24 on"), "{}: {why}", attribute.path);
    }
}

/// The first date on which it could ever be removed stands in every plan of a compliance lock.
#[test]
fn a_compliance_lock_without_a_minimum_says_until_when_it_is_final() {
    for (min, days) in [(None, 30), (Some("14d"), 30), (Some("90d"), 90)] {
        let diff = diff(&compliance(min, Some("30d")), &vault(|v| v.lock = None));
        let mode = &diff.changes[0].attributes[0];
        assert_eq!((mode.path.as_str(), mode.final_for), ("lock.mode", Some(days)));
    }
    let lock = Written::new()
        .set("mode", "compliance")
        .set("min", "9d")
        .set("max", "30d");
    let gap = Written::new().set("name", "acme").set("air_gapped", true);
    let gap = gap.nest("lock", lock).spec::<BackupVault>();
    let diff = BackupVault::diff(&gap, None, &place());
    let birth = diff.changes[0].attributes.iter().find(|a| a.path == "air_gapped");
    assert_eq!(birth.unwrap().final_for, Some(9));
}

#[test]
fn only_time_passing_does_not_make_a_saved_plan_stale() {
    let (first, mut second) = (closing("2027-09-17T12:00:00Z"), closing("2027-09-17T12:00:00Z"));
    let later = |lock: LiveLock| LiveLock {
        seen: Some(at("2026-11-22T12:00:00Z")),
        ..lock
    };
    second.lock = second.lock.map(later);
    assert_eq!(BackupVault::settled(&first), BackupVault::settled(&second));
    second.lock = second.lock.map(|lock| LiveLock { closed: true, ..lock });
    assert_ne!(BackupVault::settled(&first), BackupVault::settled(&second));
}

/// A vault whose lock closes then, seconds since 1970; whatever else is asked for is refused.
async fn service(closes: f64) -> MockServer {
    let server = MockServer::start().await;
    let vault = json!({
        "BackupVaultName": "acme",
        "BackupVaultArn": "arn:aws:backup:us-east-1:111111111111:backup-vault:acme",
        "Locked": true, "LockDate": closes, "MinRetentionDays": 14, "MaxRetentionDays": 400,
    });
    Mock::given(method("GET"))
        .and(path_regex("^/backup-vaults/?$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"BackupVaultList": [vault]})))
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    server
}

/// What is sent for a lock, or why nothing is.
async fn sent(closes: f64, min: u32, locking: Locking) -> Result<Vec<serde_json::Value>, String> {
    let server = service(closes).await;
    let writer = cloud(&server.uri()).writer(&place().scope()).unwrap();
    let cx = WriteContext {
        writer: &writer,
        place: &place(),
    };
    let op = Op::Lock {
        min: Some(min),
        max: Some(400),
        locking,
    };
    let done = BackupVault::apply(cx, "acme", &op).await;
    let requests = server.received_requests().await.unwrap();
    let puts = requests.iter().filter(|r| r.method.as_str() == "PUT");
    let puts: Vec<_> = puts.map(|r| r.body_json().unwrap()).collect();
    match done {
        Ok(()) => Ok(puts),
        Err(error) => {
            assert!(puts.is_empty(), "{puts:?}");
            Err(error.message)
        }
    }
}

/// Neither emulator keeps a lock's date as AWS does, so what is sent is looked at.
#[tokio::test]
async fn a_write_never_takes_a_compliance_lock_back_nor_puts_it_off() {
    let now = jiff::Timestamp::now();
    let in_hours = |hours: i64| now + jiff::SignedDuration::from_hours(hours);
    #[allow(clippy::cast_precision_loss, reason = "seconds of this century")]
    let seconds = |at: jiff::Timestamp| at.as_second() as f64;
    let closes = in_hours(24 * 100 + 5);
    let keep = |grace| Locking::Compliance {
        grace,
        by: Some(closes),
    };
    let why = sent(seconds(closes), 14, Locking::Governance).await.unwrap_err();
    assert!(why.contains("compliance lock that closes on"), "{why}");
    for (min, grace, days) in [
        (15, 300, Some(100)),
        (15, 7, Some(7)),
        (14, 7, Some(7)),
        (14, 300, None),
    ] {
        let puts = sent(seconds(closes), min, keep(grace)).await.unwrap();
        let asked: Vec<_> = puts.iter().map(|p| p["ChangeableForDays"].as_u64()).collect();
        let expected: Vec<_> = days.map(Some).into_iter().collect();
        assert_eq!(asked, expected, "{min}, {grace}");
    }
    // A saved plan that was left lying until too few days were left.
    let soon = in_hours(60);
    let late = Locking::Compliance {
        grace: 7,
        by: Some(soon),
    };
    let why = sent(seconds(soon), 15, late).await.unwrap_err();
    assert!(why.contains("plan again"), "{why}");
}
