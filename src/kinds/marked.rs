//! What carries a project's mark, by the tagging service.

use super::s3_bucket::PROJECT_TAG;
use crate::aws::{AwsError, Reader, classify};
use crate::model::{Arn, Place};
use aws_sdk_resourcegroupstagging::types::TagFilter;

/// The ARNs of this project's resources of a type (`kms:key`) in a region.
///
/// # Errors
/// What the tagging service answered.
pub(super) async fn arns(reader: &Reader, place: &Place, of_type: &str) -> Result<Vec<Arn>, AwsError> {
    let service = of_type.split(':').next().unwrap_or(of_type);
    let filter = TagFilter::builder()
        .key(PROJECT_TAG)
        .values(&place.project)
        .build();
    let _permit = reader.permit().await;
    let mut pages = reader
        .clients()
        .tagging(&place.region)
        .get_resources()
        .resource_type_filters(of_type)
        .tag_filters(filter)
        .into_paginator()
        .send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify("tag:GetResources", e))?;
        let arns = page
            .resource_tag_mapping_list()
            .iter()
            .filter_map(|m| m.resource_arn());
        // An emulator may not know the type.
        all.extend(
            arns.filter_map(|a| a.parse::<Arn>().ok())
                .filter(|a| a.service() == service),
        );
    }
    Ok(all)
}
