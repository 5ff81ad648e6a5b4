//! What has arrived in a replica: a rule copies what is written from then on, and nothing that was there before.

use super::copies::lag;
use super::copy::Reach;
use crate::diag::escape;
use crate::model::fact::{Arrival, Replica};
use crate::model::{Observed, Unreadable};

/// What the objects say of a replica.
pub(super) struct Arrived {
    /// What was seen.
    pub(super) says: String,
    /// Why nobody can say whether it is whole.
    pub(super) unknown: Option<String>,
    /// Why it is not.
    pub(super) partial: Option<String>,
    /// How far back old versions are all there; absent when nothing shows an end.
    pub(super) back: Option<Reach>,
}

/// What has arrived of a bucket by one rule.
pub(super) fn of(replica: &Replica, read_at: &str) -> Arrived {
    let name = replica.bucket.resource();
    match &replica.arrived {
        Some(Observed::Present(arrival)) => seen(arrival, name, read_at),
        Some(Observed::Absent) | None => unknown(format!(
            "nobody looked whether {name} has what was there before its replication"
        )),
        Some(Observed::Unreadable(why)) => unknown(unread(name, why)),
    }
}

fn unread(name: &str, why: &Unreadable) -> String {
    format!(
        "whether {name} has what was there before its replication could not be read: {}",
        why.why
    )
}

fn unknown(why: String) -> Arrived {
    Arrived {
        says: why.clone(),
        unknown: Some(why),
        partial: None,
        back: None,
    }
}

fn seen(arrival: &Arrival, name: &str, read_at: &str) -> Arrived {
    let compared = arrival.compared;
    if compared == 0 && !arrival.whole {
        return unknown(format!(
            "nothing that is old enough to have arrived in {name} was listed"
        ));
    }
    let among = match arrival.whole {
        true => format!("all {compared} versions that are old enough to have arrived"),
        false if arrival.folders.is_empty() => format!("the first {compared} versions by key, of more,"),
        false => {
            let folders: Vec<String> = arrival
                .folders
                .iter()
                .map(|f| escape::shortened(f).into_owned())
                .collect();
            format!(
                "{compared} versions, of more, the first by key and the first under {},",
                folders.join(", ")
            )
        }
    };
    let partial = arrival.first.as_ref().map(|first| {
        format!(
            "only a part: of {compared} versions that were looked for, {} current ones are not in {name}, the oldest {} of {}; \
             what was there before a rule is copied by S3 Batch Replication (aws s3control create-job)",
            arrival.missing,
            escape::quoted(&escape::shortened(&first.key)),
            first.written
        )
    });
    let back = arrival.history_from.as_deref();
    let mut says = format!("{among} were looked for in {name}");
    says.push_str(&match (&arrival.first, back) {
        (Some(_), _) => format!(", and {} current ones are not there", arrival.missing),
        (None, Some(from)) => format!(", and replaced ones from before {from} are not there"),
        (None, None) => " and are there".to_owned(),
    });
    Arrived {
        says,
        unknown: None,
        partial,
        back: back.map(|from| Reach::For(lag(read_at, Some(from)).unwrap_or(super::copies::ZERO))),
    }
}
