//! What was asked of the sandbox, in order, for tests that count and look.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// How many requests are kept; the oldest go first.
const KEPT: usize = 100_000;

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Counts from 1 since the start or the last clearing.
    pub number: u64,
    /// The signing name: `s3`, `rds` …
    pub service: String,
    /// The operation's name.
    pub operation: String,
    /// Whether the operation can change anything, done or refused.
    pub write: bool,
    /// The account of the credentials.
    pub account: String,
    /// The region it was signed for.
    pub region: String,
    /// What it was about: bucket, `bucket/key`, name or ARN; may be empty.
    pub resource: String,
    /// HTTP status; 0 when the connection was reset on purpose.
    pub status: u16,
    /// `ministack`, `moto` or `gateway`.
    pub answered_by: String,
    /// True when a fault answered.
    pub fault: bool,
}

/// The requests so far.
#[derive(Debug, Default)]
pub(super) struct Journal {
    records: VecDeque<Record>,
    count: u64,
}

impl Journal {
    /// Adds one and numbers it.
    pub(super) fn push(&mut self, mut record: Record) {
        self.count += 1;
        record.number = self.count;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// All that are kept, oldest first.
    pub(super) fn list(&self) -> Vec<Record> {
        self.records.iter().cloned().collect()
    }

    /// Forgets them and counts from 1 again.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
