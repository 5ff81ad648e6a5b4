//! The lease: one JSON object that says who is applying, until when. All times are the store's own,
//! so that machines whose clocks disagree do not disagree on who holds it.

use super::{Put, Store, StoreWriter, Version};
use crate::diag::{Diagnostic, code, escape};
use crate::model::Duration;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The version of the lease's format.
const FORMAT: u32 = 1;

/// How often a race for the same lease is run again before it is called a defect.
const RACES: usize = 16;

/// Who runs a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Holder {
    /// The user's name on the machine, when it is known.
    pub user: String,
    /// The machine's name, when it is known.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The ARN that it acts as in the account of the store, as STS says it.
    pub caller: Option<String>,
    /// The command, without values of variables.
    pub command: String,
}

/// What the lease's object says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The version of the format; also tells our objects from others.
    pub backstay_lock: u32,
    /// Whose applies it keeps apart.
    pub project: String,
    /// Of this very lease.
    pub id: String,
    /// Who holds it.
    pub holder: Holder,
    /// When it was taken.
    pub since: Timestamp,
    /// When it ends unless it is renewed.
    pub expires: Timestamp,
}

impl Lease {
    /// Who holds it since when, for a person.
    pub fn told(&self) -> String {
        let Holder {
            user,
            host,
            pid,
            caller,
            command,
        } = &self.holder;
        let caller = caller.as_ref().map_or_else(String::new, |c| format!(" as {c}"));
        escape::line(&format!(
            "{user}@{host} (process {pid}{caller}) holds the lock since {} with `{command}`, until {} unless it is \
             renewed (lease {})",
            whole(self.since),
            whole(self.expires),
            self.id
        ))
    }
}

fn whole(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Which lease, and for whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The key of its object.
    pub key: String,
    /// The project.
    pub project: String,
    /// Who asks.
    pub holder: Holder,
    /// How long it is valid when nobody renews it.
    pub ttl: Duration,
}

/// How an attempt to take the lease ended.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours; with the expired lease that was taken over, if there was one.
    Held(Box<Held>, Option<Lease>),
    /// Somebody else has it.
    Busy(Box<Lease>),
}

/// A lease that is ours.
#[derive(Debug)]
pub struct Held {
    writer: StoreWriter,
    key: String,
    lease: Lease,
    ttl: SignedDuration,
    version: Version,
}

/// How a renewal ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It is valid anew.
    Renewed,
    /// It is somebody else's, or nobody's, by now: who has it, if anybody.
    Lost(Option<Box<Lease>>),
}

/// Reads the lease; `None` when nobody has left one.
///
/// # Errors
/// When it cannot be read, or when what is there is not a lease of this project.
pub async fn read(store: &Store, key: &str, project: &str) -> Result<Option<(Lease, Version)>, Diagnostic> {
    let Some(object) = store.get(key).await? else {
        return Ok(None);
    };
    let foreign = |why: &str| {
        Diagnostic::error(
            code::NOT_OURS,
            format!("{}{key} is not the lease of project \"{project}\": {why}.", store.shown()),
        )
        .remedy("It is left as it is. Look at it, and give the lock block another `key` or `prefix` if it belongs to something else.")
    };
    let lease: Lease = serde_json::from_slice(&object.bytes).map_err(|_| foreign("it is something else"))?;
    if lease.backstay_lock != FORMAT {
        return Err(foreign("it is of another version of backstay"));
    }
    if lease.project != project {
        let theirs = format!("it belongs to project {}", escape::quoted(&lease.project));
        return Err(foreign(&theirs));
    }
    Ok(Some((lease, object.version)))
}

/// Takes the lease if it is free or has expired.
///
/// # Errors
/// When the store refuses, or holds something else under the lease's key.
pub async fn take(writer: &StoreWriter, request: &Request) -> Result<Attempt, Diagnostic> {
    let id = uuid::Uuid::new_v4().to_string();
    let store = writer.store();
    let ttl = SignedDuration::from_secs(i64::try_from(request.ttl.as_secs()).unwrap_or(3600));
    let mut expired: Option<(Lease, Version)> = None;
    for _ in 0..RACES {
        let now = store.now();
        let lease = Lease {
            backstay_lock: FORMAT,
            project: request.project.clone(),
            id: id.clone(),
            holder: request.holder.clone(),
            since: now,
            expires: later(now, ttl),
        };
        let bytes = text(&lease)?;
        let put = match &expired {
            None => writer.put_new(&request.key, &bytes).await?,
            Some((_, version)) => writer.put_if_match(&request.key, &bytes, version).await?,
        };
        let held = |version| {
            Box::new(Held {
                writer: writer.clone(),
                key: request.key.clone(),
                lease,
                ttl,
                version,
            })
        };
        if let Put::Done(version) = put {
            return Ok(Attempt::Held(held(version), expired.map(|(lease, _)| lease)));
        }
        match read(store, &request.key, &request.project).await? {
            // It was released meanwhile.
            None => expired = None,
            // The answer to our own write was lost, and it was repeated.
            Some((there, version)) if there.id == id => {
                return Ok(Attempt::Held(held(version), expired.map(|(lease, _)| lease)));
            }
            Some((there, version)) if there.expires <= store.now() => expired = Some((there, version)),
            Some((there, _)) => return Ok(Attempt::Busy(Box::new(there))),
        }
    }
    Err(Diagnostic::error(
        code::LOCKED,
        format!(
            "the lease {}{} changes hands too fast to be taken.",
            store.shown(),
            request.key
        ),
    ))
}

/// Deletes a lease that is not ours, if it is still the one that `version` stands for.
///
/// # Errors
/// When the store refuses.
pub async fn break_open(writer: &StoreWriter, key: &str, version: &Version) -> Result<bool, Diagnostic> {
    Ok(matches!(
        writer.delete_if_match(key, version).await?,
        Put::Done(_)
    ))
}

impl Held {
    /// What the lease says.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// How long it is still valid.
    pub fn left(&self) -> std::time::Duration {
        let left = self.lease.expires.duration_since(self.writer.store().now());
        left.try_into().unwrap_or(std::time::Duration::ZERO)
    }

    /// How long it is valid after it was renewed.
    pub fn ttl(&self) -> std::time::Duration {
        self.ttl.unsigned_abs()
    }

    /// Makes it valid for its whole time again.
    ///
    /// # Errors
    /// When the store did not answer or refused; it is ours until it expires.
    pub async fn renew(&mut self) -> Result<Renewal, Diagnostic> {
        let store = self.writer.store().clone();
        let lease = Lease {
            expires: later(store.now(), self.ttl),
            ..self.lease.clone()
        };
        let bytes = text(&lease)?;
        for _ in 0..RACES {
            if let Put::Done(version) = self.writer.put_if_match(&self.key, &bytes, &self.version).await? {
                self.lease = lease;
                self.version = version;
                return Ok(Renewal::Renewed);
            }
            match read(&store, &self.key, &self.lease.project).await? {
                // The answer to our own write was lost, and it was repeated.
                Some((there, version)) if there.id == self.lease.id => {
                    self.version = version;
                    self.lease = there;
                    if self.lease.expires == lease.expires {
                        return Ok(Renewal::Renewed);
                    }
                }
                other => return Ok(Renewal::Lost(other.map(|(lease, _)| Box::new(lease)))),
            }
        }
        Err(Diagnostic::error(
            code::LOCK_LOST,
            "the lease is ours and cannot be renewed all the same.",
        ))
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the store refuses; the lease then ends by itself.
    pub async fn release(self) -> Result<(), Diagnostic> {
        // When it is somebody else's by now, there is nothing to give back.
        self.writer
            .delete_if_match(&self.key, &self.version)
            .await
            .map(drop)
    }
}

fn later(now: Timestamp, ttl: SignedDuration) -> Timestamp {
    now.saturating_add(ttl).unwrap_or(Timestamp::MAX)
}

fn text(lease: &Lease) -> Result<Vec<u8>, Diagnostic> {
    serde_json::to_vec(lease)
        .map_err(|e| Diagnostic::error(code::INTERNAL, format!("the lease cannot be written: {e}.")))
}
