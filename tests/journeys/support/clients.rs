//! The tests' own hands in the cloud.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// SDK clients of one identity in one region.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    config: SdkConfig,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) organizations: aws_sdk_organizations::Client,
    pub(crate) backup: aws_sdk_backup::Client,
}

impl Clients {
    pub(super) fn new(endpoint: &str, region: &str, credentials: Credentials) -> Self {
        Self::of(
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .endpoint_url(endpoint)
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .region(Region::new(region.to_owned()))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build(),
        )
    }

    fn of(config: SdkConfig) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            rds: aws_sdk_rds::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            organizations: aws_sdk_organizations::Client::new(&config),
            backup: aws_sdk_backup::Client::new(&config),
            config,
        }
    }

    /// The same identity elsewhere.
    pub(crate) fn region(&self, region: &str) -> Self {
        Self::of(
            self.config
                .to_builder()
                .region(Region::new(region.to_owned()))
                .build(),
        )
    }

    /// What assuming `role` gives.
    pub(crate) async fn assume(&self, role: &str) -> Result<Credentials, String> {
        let answer = self
            .sts
            .assume_role()
            .role_arn(role)
            .role_session_name("journey")
            .send()
            .await
            .map_err(|e| code(&e))?;
        let session = answer.credentials().expect("an assumed role has credentials");
        Ok(Credentials::new(
            session.access_key_id(),
            session.secret_access_key(),
            Some(session.session_token().to_owned()),
            None,
            "journey",
        ))
    }
}

/// The wire code of an error.
pub(crate) fn code<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    error: &SdkError<E, R>,
) -> String {
    let Some(service) = error.as_service_error() else {
        return format!("{error:?}");
    };
    let status = || "no code".to_owned();
    service.meta().code().map_or_else(status, str::to_owned)
}
