//! What tests of kinds share: a place, blocks without a file, and a cloud at an address.

use super::{Kind, ReadContext};
use crate::aws::{Cloud, Reader};
use crate::diag::{Diagnostics, FileId, Span};
use crate::model::schema::{Attribute, Block, EvaluatedBlock};
use crate::model::value::Value;
use crate::model::{Observed, Place};
use std::collections::BTreeMap;

/// Account 111111111111, us-east-1, project acme.
pub(super) fn place() -> Place {
    Place {
        account: "main".into(),
        account_id: "111111111111".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        project: "acme".into(),
    }
}

/// A block written in code.
pub(super) struct Written(EvaluatedBlock);

impl Written {
    pub(super) fn new() -> Self {
        Self(EvaluatedBlock {
            labels: vec!["pgdump".into()],
            attributes: BTreeMap::new(),
            blocks: BTreeMap::new(),
            span: Span::new(FileId::NONE, 0..0),
        })
    }

    pub(super) fn set(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let attribute = Attribute {
            value: Value::from_json(&value.into()),
            span: self.0.span,
            name_span: self.0.span,
        };
        self.0.attributes.insert(name.to_owned(), attribute);
        self
    }

    pub(super) fn nest(mut self, name: &str, block: Written) -> Self {
        self.0.blocks.entry(name.to_owned()).or_default().push(block.0);
        self
    }

    /// The spec and everything that was said about the block, each with its detail.
    pub(super) fn decode<K: Kind>(&self) -> (Option<K::Spec>, Vec<String>) {
        let mut diagnostics = Diagnostics::new();
        let spec = K::Spec::decode(&self.0, &mut diagnostics);
        if let Some(spec) = &spec {
            K::validate(spec, &place(), &self.0, &mut diagnostics);
        }
        (spec, diagnostics.iter().map(|d| d.detail.clone()).collect())
    }

    /// The spec of a block that nothing is said about.
    pub(super) fn spec<K: Kind>(&self) -> K::Spec {
        let (spec, said) = self.decode::<K>();
        assert_eq!(said, Vec::<String>::new());
        spec.unwrap()
    }
}

/// The account of [`place`] behind an endpoint, without retries of the SDK's own.
pub(super) fn cloud(endpoint: &str) -> Cloud {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_config::Region::new("us-east-1"))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            aws_credential_types::Credentials::new("111111111111", "test", None, None, "test"),
        ))
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
                    aws_smithy_http_client::tls::rustls_provider::CryptoMode::AwsLc,
                ))
                .build_https(),
        )
        .build();
    Cloud::of([("main".to_owned(), place().account_id, config)])
}

/// Reads as a plan does.
pub(super) async fn read<K: Kind>(
    reader: &Reader,
    wanted: &[(String, Option<K::Spec>)],
    discover: bool,
) -> BTreeMap<String, Observed<K::Live>> {
    let place = place();
    let cx = ReadContext {
        reader,
        place: &place,
        depth: super::Depth::Declared,
        discover,
    };
    K::read(cx, wanted).await
}
