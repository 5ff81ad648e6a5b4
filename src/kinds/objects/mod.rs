//! What lies in buckets, for proofs: a rule says what is done with what is written from then on, and only the objects
//! say what was done with what was there before.

mod arrival;
mod listing;
mod retention;
mod sealing;
#[cfg(test)]
mod tests;

use crate::aws::Reader;
use crate::model::fact::{Arrival, Retention, Sealed};
use crate::model::{AccountId, Observed, Region};
use jiff::{SignedDuration, Timestamp};
use listing::Bucket;

pub(super) use listing::ACTION as LIST;
pub(super) use retention::ACTION as RETENTION;

/// S3 promises 15 minutes where it promises anything, and most objects are copied within them where it does not. What is
/// younger may be on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(15);

/// A bucket with whoever may look into it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// A session in its account.
    pub reader: &'a Reader,
    /// Where it is.
    pub region: &'a Region,
    /// Its name.
    pub name: &'a str,
    /// Whose it is.
    pub owner: &'a AccountId,
}

impl<'a> Place<'a> {
    fn bucket(self) -> Bucket<'a> {
        Bucket {
            reader: self.reader,
            client: self.reader.clients().s3(self.region),
            name: self.name,
            owner: self.owner.as_str(),
        }
    }
}

/// What of the first thousand versions under a prefix has arrived in a replica: one page of each, and a few more of a
/// replica that holds other things too. Where there are more, the same of up to three folders that lie behind.
pub async fn arrived(from: Place<'_>, to: Place<'_>, prefix: &str) -> Observed<Arrival> {
    match arrival::read(
        &from.bucket(),
        &to.bucket(),
        prefix,
        Timestamp::now() - ON_ITS_WAY,
    )
    .await
    {
        Ok(arrival) => Observed::Present(arrival),
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

/// The retention of the oldest versions that a lock of so many days should still cover, of the first thousand and those of
/// folders behind: a few pages, and a call for each of at most five.
pub async fn retentions(of: Place<'_>, days: u32) -> Observed<Vec<Retention>> {
    let since = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(days));
    match retention::read(&of.bucket(), since).await {
        Ok(retentions) => Observed::Present(retentions),
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

/// What some of the first thousand versions under each of these prefixes, and of folders behind, are encrypted with: a few
/// pages, and a call for each of at most ten. What may not be read is unreadable one by one.
pub async fn sealed(of: Place<'_>, prefixes: &[&str]) -> Observed<Vec<Sealed>> {
    let bucket = of.bucket();
    let reads = prefixes
        .iter()
        .map(|prefix| sealing::read(&bucket, prefix, of.region, of.owner));
    match futures::future::try_join_all(reads).await {
        Ok(found) => {
            let mut all: Vec<Sealed> = found.into_iter().flatten().collect();
            all.sort_by(|a, b| (&a.written, &a.key).cmp(&(&b.written, &b.key)));
            all.dedup();
            Observed::Present(all)
        }
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}
