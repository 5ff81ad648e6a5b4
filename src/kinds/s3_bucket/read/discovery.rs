//! Buckets that carry the project's tag and that no block declares.

use crate::aws::{AwsError, Reader};
use crate::kinds::marked;
use crate::kinds::s3_bucket::live::Tags;
use crate::model::Place;
use std::collections::BTreeMap;

/// The project's buckets in a region, by the tagging service; gives their tags by name.
pub(super) async fn discover(reader: &Reader, place: &Place) -> Result<BTreeMap<String, Tags>, AwsError> {
    let found = marked::all(reader, place).await;
    let found = found.as_ref().as_ref().map_err(Clone::clone)?;
    Ok(found
        .iter()
        .filter(|m| m.arn.service() == "s3")
        .map(|m| (m.arn.resource().to_owned(), m.tags.clone()))
        .collect())
}
