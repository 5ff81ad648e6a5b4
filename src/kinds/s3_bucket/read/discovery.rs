//! Buckets that carry the project's tag and that no block declares.

use crate::aws::{AwsError, Reader, classify};
use crate::kinds::s3_bucket::PROJECT_TAG;
use crate::kinds::s3_bucket::live::Tags;
use crate::model::Place;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use std::collections::BTreeMap;

/// Asks the tagging service of a region for the project's buckets; gives their tags by name.
pub(super) async fn discover(reader: &Reader, place: &Place) -> Result<BTreeMap<String, Tags>, AwsError> {
    const ACTION: &str = "tag:GetResources";
    let client = reader.clients().tagging(&place.region);
    let mut found = BTreeMap::new();
    let mut token: Option<String> = None;
    loop {
        let answer = {
            let _permit = reader.permit().await;
            client
                .get_resources()
                .resource_type_filters("s3")
                .tag_filters(
                    TagFilter::builder()
                        .key(PROJECT_TAG)
                        .values(&place.project)
                        .build(),
                )
                .set_pagination_token(token.clone())
                .send()
                .await
                .map_err(|e| classify(ACTION, e))?
        };
        for mapping in answer.resource_tag_mapping_list() {
            let Some(name) = mapping.resource_arn().and_then(|arn| arn.rsplit(':').next()) else {
                continue;
            };
            let tags: Tags = mapping
                .tags()
                .iter()
                .map(|t| (t.key().to_owned(), t.value().to_owned()))
                .collect();
            if tags.get(PROJECT_TAG) == Some(&place.project) {
                found.insert(name.to_owned(), tags);
            }
        }
        let next = answer
            .pagination_token()
            .filter(|t| !t.is_empty())
            .map(str::to_owned);
        if next.is_none() || next == token {
            return Ok(found);
        }
        token = next;
    }
}
