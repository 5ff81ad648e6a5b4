//! The writes, as data.

use super::lifecycle::Lifecycle;
use super::live::{Encryption, Tags};
use super::replication::Replication;
use super::spec::{Mode, Ownership};
use crate::model::policy::Document;
use serde::{Deserialize, Serialize};

/// One write; each can be repeated without doing more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Creates the bucket and tags it at once, so that it is found again.
    Create {
        /// Able to lock from the start.
        lock: bool,
        /// All its tags.
        tags: Tags,
    },
    /// Switches versioning on, or suspends it, and waits until that is so.
    PutVersioning {
        /// On or suspended.
        enabled: bool,
    },
    /// Sets default encryption.
    PutEncryption {
        /// All of it, what is not declared included.
        encryption: Encryption,
    },
    /// Sets all four public access blocks.
    PutPublicAccess {
        /// On or off.
        block: bool,
    },
    /// Sets object ownership.
    PutOwnership {
        /// To this.
        ownership: Ownership,
    },
    /// Replaces the tags.
    PutTags {
        /// All of them, those of others included; none removes the last.
        tags: Tags,
    },
    /// Makes the bucket able to lock, without locking anything.
    EnableLock,
    /// Sets the lock of new versions.
    PutRetention {
        /// Who can take it back.
        mode: Mode,
        /// Days from writing.
        days: u32,
    },
    /// Replaces the lifecycle rules.
    PutLifecycle {
        /// All of them, those of others included.
        lifecycle: Lifecycle,
    },
    /// Replaces the bucket policy; without statements, removes it.
    PutPolicy {
        /// All of it.
        document: Document,
    },
    /// Replaces the replication rules.
    PutReplication {
        /// All of them, those of others included.
        replication: Replication,
    },
}

impl Op {
    /// In a few words, for the progress display.
    pub fn describe(&self) -> String {
        match self {
            Op::Create { lock: true, .. } => "create the bucket, with object lock".into(),
            Op::Create { lock: false, .. } => "create the bucket".into(),
            Op::PutVersioning { enabled: true } => "enable versioning".into(),
            Op::PutVersioning { enabled: false } => "suspend versioning".into(),
            Op::PutEncryption { .. } => "set default encryption".into(),
            Op::PutPublicAccess { block: true } => "block public access".into(),
            Op::PutPublicAccess { block: false } => "stop blocking public access".into(),
            Op::PutOwnership { ownership } => format!("set object ownership to {}", ownership.as_str()),
            Op::PutTags { .. } => "set tags".into(),
            Op::EnableLock => "enable object lock".into(),
            Op::PutRetention { mode, days } => format!("lock new versions for {days}d ({})", mode.as_str()),
            Op::PutLifecycle { .. } => "set lifecycle rules".into(),
            Op::PutPolicy { document } if document.statements.is_empty() => "remove the bucket policy".into(),
            Op::PutPolicy { .. } => "set the bucket policy".into(),
            Op::PutReplication { .. } => "set replication rules".into(),
        }
    }
}
