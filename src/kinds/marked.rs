//! What carries a project's mark, by the tagging service: asked once in a region for all kinds. And the marks.

use crate::aws::{AwsError, Reader, classify};
use crate::model::{Arn, Place};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tag by which backstay finds again what it created or manages; its value is the project.
pub(super) const PROJECT_TAG: &str = "backstay:project";

/// The tag of what an apply is creating; its value is the project. An apply that comes to its end removes it, and until then
/// what is declared can take nothing away, as nobody was told yet that it protects.
pub(super) const CREATING_TAG: &str = "backstay:creating";

/// What asking takes.
pub(super) const ACTION: &str = "tag:GetResources";

/// Something that carries the mark.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Marked {
    pub arn: Arn,
    pub tags: BTreeMap<String, String>,
}

/// Everything of the project in a region, whatever its type. A failure is kept too.
pub(super) async fn all(reader: &Reader, place: &Place) -> Arc<Result<Vec<Marked>, AwsError>> {
    let key = format!("tagging:{}:{}", place.region, place.project);
    reader.once(&key, || fetch(reader, place)).await
}

async fn fetch(reader: &Reader, place: &Place) -> Result<Vec<Marked>, AwsError> {
    let filter = TagFilter::builder()
        .key(PROJECT_TAG)
        .values(&place.project)
        .build();
    let client = reader.clients().tagging(&place.region);
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = {
            let _permit = reader.permit().await;
            client
                .get_resources()
                .tag_filters(filter.clone())
                .set_pagination_token(token.clone())
                .send()
                .await
                .map_err(|e| classify(ACTION, e))?
        };
        for mapping in answer.resource_tag_mapping_list() {
            let Some(arn) = mapping.resource_arn().and_then(|a| a.parse::<Arn>().ok()) else {
                continue;
            };
            let tags: BTreeMap<String, String> = mapping
                .tags()
                .iter()
                .map(|t| (t.key().to_owned(), t.value().to_owned()))
                .collect();
            // An emulator may not know the filter.
            if tags.get(PROJECT_TAG) == Some(&place.project) {
                found.push(Marked { arn, tags });
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

/// The ARNs of this project's resources of a type (`kms:key`) in a region.
///
/// # Errors
/// What the tagging service answered.
pub(super) async fn arns(reader: &Reader, place: &Place, of_type: &str) -> Result<Vec<Arn>, AwsError> {
    let (service, kind) = of_type.split_once(':').unwrap_or((of_type, ""));
    let found = all(reader, place).await;
    let found = found.as_ref().as_ref().map_err(Clone::clone)?;
    Ok(found
        .iter()
        .map(|m| &m.arn)
        .filter(|arn| arn.service() == service && arn.resource().starts_with(kind))
        .cloned()
        .collect())
}
