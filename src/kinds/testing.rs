//! What tests of kinds share: a place, blocks without a file, and a cloud at an address.

use super::{Kind, ReadContext};
use crate::aws::{Cloud, Reader};
use crate::diag::{Diagnostics, FileId, Severity, Span};
use crate::model::convert::convert;
use crate::model::schema::{Attribute, Block, BlockSchema, EvaluatedBlock};
use crate::model::value::Value;
use crate::model::{Observed, Place};
use serde_json::Value as Json;
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

/// A block in JSON: nested blocks are arrays of objects, whose labels stand under `@`.
pub(super) fn evaluated(json: &Json, schema: &BlockSchema) -> EvaluatedBlock {
    let span = Span::new(FileId::NONE, 0..0);
    let mut block = EvaluatedBlock {
        labels: Vec::new(),
        attributes: BTreeMap::new(),
        blocks: BTreeMap::new(),
        span,
    };
    for (key, value) in json.as_object().unwrap() {
        if key == "@" {
            block.labels.push(value.as_str().unwrap().to_owned());
        } else if let Some(nested) = schema.block(key) {
            let all = value.as_array().unwrap();
            let all = all.iter().map(|b| evaluated(b, &nested.schema)).collect();
            block.blocks.insert(key.clone(), all);
        } else {
            let attribute = schema
                .attribute(key)
                .unwrap_or_else(|| panic!("no argument {key}"));
            let attribute = Attribute {
                value: convert(&Value::from_json(value), &attribute.ty).unwrap(),
                span,
                name_span: span,
            };
            block.attributes.insert(key.clone(), attribute);
        }
    }
    block
}

/// The block that is written in JSON, and what was said of it.
pub(super) fn decoded<K: Kind>(json: &Json, place: &Place) -> (Option<K::Spec>, Diagnostics) {
    let block = evaluated(json, super::find(K::NAME).unwrap().schema());
    let mut diagnostics = Diagnostics::new();
    let spec = K::Spec::decode(&block, &mut diagnostics);
    if let Some(spec) = &spec {
        K::validate(spec, place, &block, &mut diagnostics);
    }
    (spec, diagnostics)
}

/// The spec of a block in JSON that is accepted.
pub(super) fn accepted<K: Kind>(json: &Json) -> K::Spec {
    let (spec, diagnostics) = decoded::<K>(json, &place());
    let errors: Vec<_> = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| d.detail.clone())
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{json}");
    spec.unwrap()
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
