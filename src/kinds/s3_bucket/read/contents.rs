//! What was written under a prefix, and when: the evidence that dumps are made.

use crate::aws::{AwsError, Class, classify};
use crate::kinds::objects::LIST as ACTION;
use crate::model::Duration;
use crate::model::fact::Contents;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Pages that are read at most, of a thousand versions each: years of nightly dumps. A list that goes on
/// is said to do so.
const PAGES: usize = 2;

/// Lists the versions under a prefix, sooner or later not all of them.
pub(super) async fn read(
    client: &Client,
    bucket: &str,
    owner: &str,
    prefix: &str,
) -> Result<Contents, AwsError> {
    let mut seen = Seen::default();
    let mut markers: (Option<String>, Option<String>) = (None, None);
    for _ in 0..PAGES {
        let call = client
            .list_object_versions()
            .bucket(bucket)
            .expected_bucket_owner(owner)
            .prefix(prefix)
            .set_key_marker(markers.0.clone())
            .set_version_id_marker(markers.1.clone());
        let page = call.send().await.map_err(|e| classify(ACTION, e))?;
        seen.take(&page)?;
        if page.is_truncated() != Some(true) {
            return Ok(seen.contents(true));
        }
        let next = (
            page.next_key_marker().map(str::to_owned),
            page.next_version_id_marker().map(str::to_owned),
        );
        // A server that hands out the same page for ever has nothing more to say.
        if next.0.is_none() || next == markers {
            break;
        }
        markers = next;
    }
    Ok(seen.contents(false))
}

/// Whether a bucket holds neither an object nor a version nor a mark of a deletion.
pub(super) async fn is_empty(client: &Client, bucket: &str, owner: &str) -> Result<bool, AwsError> {
    let call = client
        .list_object_versions()
        .bucket(bucket)
        .expected_bucket_owner(owner)
        .max_keys(1);
    let page = call.send().await.map_err(|e| classify(ACTION, e))?;
    Ok(page.versions().is_empty() && page.delete_markers().is_empty())
}

#[derive(Default)]
struct Seen {
    keys: BTreeSet<String>,
    overwritten: bool,
    times: Vec<Timestamp>,
}

impl Seen {
    /// Objects without contents are marks of folders, or dumps that failed.
    fn take(&mut self, page: &ListObjectVersionsOutput) -> Result<(), AwsError> {
        for version in page.versions() {
            let time = version.last_modified();
            let time = time.and_then(|t| Timestamp::new(t.secs(), 0).ok());
            let (Some(key), Some(time)) = (version.key(), time) else {
                let why = "the answer names a version without its key or time";
                return Err(AwsError::new(ACTION, Class::Server, "EmptyAnswer", why));
            };
            if version.size().unwrap_or(0) == 0 {
                continue;
            }
            self.overwritten |= !self.keys.insert(key.to_owned());
            self.times.push(time);
        }
        Ok(())
    }

    fn contents(mut self, whole: bool) -> Contents {
        self.times.sort_unstable();
        let gaps = self.times.windows(2).filter_map(|pair| match pair {
            [earlier, later] => u64::try_from(later.duration_since(*earlier).as_secs()).ok(),
            _ => None,
        });
        Contents {
            points: u32::try_from(self.times.len()).unwrap_or(u32::MAX),
            newest: self.times.last().map(ToString::to_string),
            oldest: self.times.first().map(ToString::to_string),
            longest_gap: gaps.max().map(Duration::from_secs),
            overwritten: self.overwritten,
            whole,
        }
    }
}
