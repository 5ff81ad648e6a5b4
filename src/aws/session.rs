//! Sessions: from `account` blocks to clients whose account is known.

use super::attempts::{Attempts, Tally};
use super::client::Shared;
use super::pace;
use super::{AwsError, Class, Reader, Writer, classify};
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::{Account, AccountId, Region, Scope};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::collections::BTreeMap;
use std::time::Duration;

/// How to reach the cloud.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for one attempt.
    pub attempt_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            attempts: pace::ATTEMPTS,
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(60),
        }
    }
}

#[derive(Debug, Clone)]
struct Session {
    reader: Reader,
    writer: Writer,
    id: AccountId,
    caller: Option<String>,
    region: Option<Region>,
}

/// All accounts of a posture, entered and identified.
#[derive(Debug)]
pub struct Cloud {
    sessions: BTreeMap<String, Session>,
    tally: Tally,
}

impl Cloud {
    /// Enters every account concurrently and asks each who we are.
    ///
    /// # Errors
    /// Everything that keeps an account from being entered: no credentials, no answer, or an
    /// account number that is not the declared one.
    pub async fn connect(accounts: &[Account], settings: &Settings) -> Result<Self, Diagnostics> {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(settings.connect_timeout)
            .operation_attempt_timeout(settings.attempt_timeout)
            .build();
        let tally = Tally::default();
        let entered = accounts.iter().map(|account| {
            let (http, timeouts) = (http.clone(), timeouts.clone());
            let shared = Shared {
                tally: tally.clone(),
                ..Shared::default()
            };
            async move {
                let mut loader = aws_config::defaults(BehaviorVersion::latest())
                    .http_client(http)
                    .timeout_config(timeouts)
                    .retry_config(RetryConfig::standard().with_max_attempts(settings.attempts));
                if let Some(region) = &account.region {
                    loader = loader.region(aws_config::Region::new(region.to_string()));
                }
                if let Some(profile) = &account.profile {
                    loader = loader.profile_name(profile);
                }
                enter(account, loader.load().await, shared).await
            }
        });
        let mut sessions = BTreeMap::new();
        let mut diagnostics = Diagnostics::new();
        for (account, entered) in accounts.iter().zip(futures::future::join_all(entered).await) {
            match entered {
                Ok(session) => {
                    sessions.insert(account.label.clone(), session);
                }
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        let cloud = Self::together(sessions, tally);
        diagnostics.into_result(cloud).map(|(cloud, _)| cloud)
    }

    /// Sessions that the caller has opened and whose accounts it vouches for, by label; nobody is
    /// asked anything.
    pub fn of(sessions: impl IntoIterator<Item = (String, AccountId, SdkConfig)>) -> Self {
        let tally = Tally::default();
        let session = |(label, id, config): (String, AccountId, SdkConfig)| {
            let shared = Shared {
                tally: tally.clone(),
                ..Shared::default()
            };
            let session = Session {
                region: config.region().and_then(|r| r.as_ref().parse().ok()),
                reader: Reader::new(config.clone(), shared.clone()),
                writer: Writer::new(config, shared),
                caller: None,
                id,
            };
            (label, session)
        };
        Self::together(sessions.into_iter().map(session).collect(), tally)
    }

    /// Sessions whose readers know of each other.
    fn together(sessions: BTreeMap<String, Session>, tally: Tally) -> Self {
        let readers: BTreeMap<_, _> = sessions
            .values()
            .map(|session| (session.id.clone(), session.reader.alone()))
            .collect();
        for session in sessions.values() {
            session.reader.introduce(readers.clone());
        }
        Self { sessions, tally }
    }

    /// The same accounts, of which nothing has been read yet: what was read once for several is read again.
    #[must_use]
    pub fn anew(&self) -> Self {
        let session = |(label, session): (&String, &Session)| {
            let session = Session {
                reader: session.reader.anew(),
                ..session.clone()
            };
            (label.clone(), session)
        };
        Self::together(self.sessions.iter().map(session).collect(), self.tally.clone())
    }

    /// How often each operation was sent so far, in all accounts.
    pub fn attempts(&self) -> Attempts {
        self.tally.trace().attempts
    }

    /// The number of each account.
    pub fn ids(&self) -> BTreeMap<String, AccountId> {
        self.sessions
            .iter()
            .map(|(label, s)| (label.clone(), s.id.clone()))
            .collect()
    }

    /// The ARN that we act as in an account, as STS says it; `None` where nobody was asked.
    pub fn caller(&self, account: &str) -> Option<&str> {
        self.sessions.get(account).and_then(|s| s.caller.as_deref())
    }

    /// The region that an account's block or its profile names.
    pub fn region(&self, account: &str) -> Option<Region> {
        self.sessions.get(account).and_then(|s| s.region.clone())
    }

    /// The half that reads an account.
    pub fn reader(&self, scope: &Scope) -> Option<Reader> {
        self.sessions.get(&scope.account).map(|s| s.reader.clone())
    }

    /// The half that writes to an account. Only `apply` may call this.
    pub fn writer(&self, scope: &Scope) -> Option<Writer> {
        self.sessions.get(&scope.account).map(|s| s.writer.clone())
    }
}

async fn enter(account: &Account, base: SdkConfig, shared: Shared) -> Result<Session, Box<Diagnostic>> {
    let config = match &account.assume_role {
        None => base,
        Some(assume) => {
            let mut role = aws_config::sts::AssumeRoleProvider::builder(assume.role.as_str())
                .session_name("backstay")
                .configure(&base);
            if let Some(id) = &assume.external_id {
                role = role.external_id(id);
            }
            let provider = aws_credential_types::provider::SharedCredentialsProvider::new(role.build().await);
            base.to_builder().credentials_provider(provider).build()
        }
    };
    let about = format!("account \"{}\"", account.label);
    let reader = Reader::new(config.clone(), shared.clone());
    let (id, caller) = whoami(&reader)
        .await
        .map_err(|e| Box::new(e.diagnostic(&about)))?;
    if let Some(declared) = &account.id
        && *declared != id
    {
        return Err(Box::new(
            Diagnostic::error(
                code::WRONG_ACCOUNT,
                format!("{about} is declared as {declared}, but the credentials in use belong to {id}."),
            )
            .remedy("Use the credentials of the declared account (AWS_PROFILE, or `profile`/`assume_role` in the account block), or correct its `id`."),
        ));
    }
    let region = account
        .region
        .clone()
        .or_else(|| config.region().and_then(|r| r.as_ref().parse().ok()));
    Ok(Session {
        reader,
        writer: Writer::new(config, shared),
        id,
        caller,
        region,
    })
}

async fn whoami(reader: &Reader) -> Result<(AccountId, Option<String>), AwsError> {
    const ACTION: &str = "sts:GetCallerIdentity";
    let identity = reader
        .clients()
        .sts()
        .get_caller_identity()
        .send()
        .await
        .map_err(|e| classify(ACTION, e))?;
    let id: Option<AccountId> = identity.account().and_then(|a| a.parse().ok());
    id.map(|id| (id, identity.arn().map(str::to_owned)))
        .ok_or_else(|| AwsError::new(ACTION, Class::Server, "NoAccount", "the answer names no account"))
}
