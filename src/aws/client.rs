//! The two halves of a client: one that reads, one that writes.

use super::attempts::{Counting, Tally};
use super::guard::ReadOnly;
use super::once::Unrepeated;
use super::pace::{Pace, Paced};
use super::{Objects, ObjectsWriter};
use crate::model::{AccountId, Region};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError};
use tokio::sync::{Mutex, OnceCell, Semaphore};

/// Requests in flight at once for each account; more only makes connections race.
const IN_FLIGHT: usize = 32;

/// What all clients of one account share.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    /// How fast each service is asked.
    pub(super) pace: Pace,
    /// What was sent.
    pub(super) tally: Tally,
}

/// The SDK clients of one account, by region. Making one builds its whole configuration again, which
/// costs as much as several calls, so each is made once; clones share them.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
    shared: Shared,
    read_only: bool,
    path_style: bool,
    s3: Made<aws_sdk_s3::Client>,
    rds: Made<aws_sdk_rds::Client>,
    tagging: Made<aws_sdk_resourcegroupstagging::Client>,
    kms: Made<aws_sdk_kms::Client>,
    backup: Made<aws_sdk_backup::Client>,
    iam: Arc<OnceLock<aws_sdk_iam::Client>>,
    organizations: Arc<OnceLock<aws_sdk_organizations::Client>>,
    sts: Arc<OnceLock<aws_sdk_sts::Client>>,
}

/// What every client has, whatever its service: `dressed!(self, builder, service, region)`, and after
/// that what it may do when it only reads.
macro_rules! dressed {
    ($clients:expr, $config:expr, $service:literal, $region:expr) => {
        dressed!($clients, $config, $service, $region, ReadOnly::SETTINGS)
    };
    ($clients:expr, $config:expr, $service:literal, $region:expr, $reads:expr) => {{
        let budget = $clients.shared.pace.of($service, $region);
        let mut config = $config
            .retry_partition(budget.again)
            .retry_classifier(Unrepeated)
            .interceptor(Counting {
                run: $clients.shared.tally.clone(),
                valve: budget.valve.clone(),
            });
        if let Some(http) = $clients.config.http_client() {
            config = config.http_client(Paced::new(http, budget.valve));
        }
        if $clients.read_only {
            config = config.interceptor($reads);
        }
        config.build()
    }};
}

impl Clients {
    pub(super) fn new(config: SdkConfig, read_only: bool, shared: Shared) -> Self {
        let path_style = config.endpoint_url().is_some_and(wants_path_style);
        Self {
            config,
            shared,
            read_only,
            path_style,
            s3: Made::default(),
            rds: Made::default(),
            tagging: Made::default(),
            kms: Made::default(),
            backup: Made::default(),
            iam: Arc::default(),
            organizations: Arc::default(),
            sts: Arc::default(),
        }
    }

    /// S3 in a region.
    pub fn s3(&self, region: &Region) -> aws_sdk_s3::Client {
        self.s3.get(region, || {
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                .region(aws_sdk_s3::config::Region::new(region.to_string()))
                .force_path_style(self.path_style);
            aws_sdk_s3::Client::from_conf(dressed!(self, config, "s3", region.as_str()))
        })
    }

    /// S3 in a region for what backstay itself keeps in a bucket: the one client that may read what
    /// is stored, and so one that only [`super::Objects`] gets.
    pub(super) fn objects(&self, region: &Region) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .region(aws_sdk_s3::config::Region::new(region.to_string()))
            .force_path_style(self.path_style);
        let reads = ReadOnly::WITH_OBJECTS;
        aws_sdk_s3::Client::from_conf(dressed!(self, config, "s3", region.as_str(), reads))
    }

    /// RDS in a region.
    pub fn rds(&self, region: &Region) -> aws_sdk_rds::Client {
        self.rds.get(region, || {
            let config = aws_sdk_rds::config::Builder::from(&self.config)
                .region(aws_sdk_rds::config::Region::new(region.to_string()));
            aws_sdk_rds::Client::from_conf(dressed!(self, config, "rds", region.as_str()))
        })
    }

    /// KMS in a region.
    pub fn kms(&self, region: &Region) -> aws_sdk_kms::Client {
        self.kms.get(region, || {
            let config = aws_sdk_kms::config::Builder::from(&self.config)
                .region(aws_sdk_kms::config::Region::new(region.to_string()));
            aws_sdk_kms::Client::from_conf(dressed!(self, config, "kms", region.as_str()))
        })
    }

    /// AWS Backup in a region.
    pub fn backup(&self, region: &Region) -> aws_sdk_backup::Client {
        self.backup.get(region, || {
            let config = aws_sdk_backup::config::Builder::from(&self.config)
                .region(aws_sdk_backup::config::Region::new(region.to_string()));
            aws_sdk_backup::Client::from_conf(dressed!(self, config, "backup", region.as_str()))
        })
    }

    /// IAM, which is global.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let make = || {
            let config = aws_sdk_iam::config::Builder::from(&self.config);
            aws_sdk_iam::Client::from_conf(dressed!(self, config, "iam", ""))
        };
        self.iam.get_or_init(make).clone()
    }

    /// Organizations, which is global.
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        let make = || {
            let config = aws_sdk_organizations::config::Builder::from(&self.config);
            aws_sdk_organizations::Client::from_conf(dressed!(self, config, "organizations", ""))
        };
        self.organizations.get_or_init(make).clone()
    }

    /// STS.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        let make = || {
            // The first call of every command: whoever has no network should not wait for that
            // answer as long as a long read waits for one that is worth it.
            let config = aws_sdk_sts::config::Builder::from(&self.config)
                .retry_config(RetryConfig::standard().with_max_attempts(3));
            aws_sdk_sts::Client::from_conf(dressed!(self, config, "sts", ""))
        };
        self.sts.get_or_init(make).clone()
    }

    /// The tagging service in a region: finds what is ours without asking each resource.
    pub fn tagging(&self, region: &Region) -> aws_sdk_resourcegroupstagging::Client {
        self.tagging.get(region, || {
            let config = aws_sdk_resourcegroupstagging::config::Builder::from(&self.config).region(
                aws_sdk_resourcegroupstagging::config::Region::new(region.to_string()),
            );
            let config = dressed!(self, config, "tagging", region.as_str());
            aws_sdk_resourcegroupstagging::Client::from_conf(config)
        })
    }
}

/// One service's clients that have been made so far.
#[derive(Debug, Clone)]
struct Made<C>(Arc<std::sync::Mutex<BTreeMap<Region, C>>>);

impl<C> Default for Made<C> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<C: Clone> Made<C> {
    fn get(&self, region: &Region, make: impl FnOnce() -> C) -> C {
        // Whoever panicked while holding it has left a whole map behind.
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(region) {
            return client.clone();
        }
        made.entry(region.clone()).or_insert(make()).clone()
    }
}

/// A bucket's name cannot be a label of an address or of `localhost`.
fn wants_path_style(endpoint: &str) -> bool {
    let host = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest)
        .split(['/', '?'])
        .next()
        .unwrap_or("");
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok()
}

type Memo = Mutex<HashMap<String, Arc<OnceCell<Arc<dyn Any + Send + Sync>>>>>;

/// Reads one account. Every client in it refuses to write.
#[derive(Debug, Clone)]
pub struct Reader {
    clients: Clients,
    permits: Arc<Semaphore>,
    memo: Arc<Memo>,
    others: Arc<OnceLock<BTreeMap<AccountId, Reader>>>,
}

impl Reader {
    pub(super) fn new(config: SdkConfig, shared: Shared) -> Self {
        Self {
            clients: Clients::new(config, true, shared),
            permits: Arc::new(Semaphore::new(IN_FLIGHT)),
            memo: Arc::default(),
            others: Arc::default(),
        }
    }

    /// The same reader, knowing no others.
    pub(super) fn alone(&self) -> Self {
        Self {
            others: Arc::default(),
            ..self.clone()
        }
    }

    /// The same reader, which has read nothing yet.
    pub(super) fn anew(&self) -> Self {
        Self {
            memo: Arc::default(),
            others: Arc::default(),
            ..self.clone()
        }
    }

    /// Lets it find the readers of the posture's other accounts; only the first call counts.
    pub(super) fn introduce(&self, others: BTreeMap<AccountId, Reader>) {
        // Set twice only by a defect, and then the first set is as good.
        let _ = self.others.set(others);
    }

    /// The half that reads another account of the posture: for what one resource says of another account's.
    pub fn other(&self, account: &AccountId) -> Option<&Reader> {
        self.others.get()?.get(account)
    }

    /// The read-only clients.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Objects of a bucket of `owner`'s in which backstay keeps something of its own.
    pub fn objects(&self, region: &Region, bucket: &str, owner: &AccountId) -> Objects {
        Objects::new(&self.clients, region, bucket, owner.as_str())
    }

    /// Waits for a place among the requests in flight; hold it while the call runs.
    pub async fn permit(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// Reads something that several kinds need once for all of them.
    ///
    /// # Errors
    /// What `read` answers; an error is kept too, so that a denied call isn't repeated.
    pub async fn once<T, F, Fut>(&self, key: &str, read: F) -> Arc<T>
    where
        T: Send + Sync + 'static,
        F: FnOnce() -> Fut + Clone,
        Fut: Future<Output = T>,
    {
        let cell = Arc::clone(self.memo.lock().await.entry(key.to_owned()).or_default());
        let again = read.clone();
        let any = cell
            .get_or_init(|| async { Arc::new(read().await) as Arc<dyn Any + Send + Sync> })
            .await;
        match Arc::clone(any).downcast::<T>() {
            Ok(value) => value,
            // Two callers chose one key for two types; each gets what it asked for.
            Err(_) => Arc::new(again().await),
        }
    }
}

/// Writes to one account.
#[derive(Debug, Clone)]
pub struct Writer {
    clients: Clients,
}

impl Writer {
    pub(super) fn new(config: SdkConfig, shared: Shared) -> Self {
        Self {
            clients: Clients::new(config, false, shared),
        }
    }

    /// The half that writes to the bucket that `known` reads, which is in `region`.
    pub fn objects(&self, region: &Region, known: &Objects) -> ObjectsWriter {
        ObjectsWriter::new(&self.clients, region, known)
    }

    /// Clients that may write.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }
}

#[cfg(test)]
mod tests {
    use super::wants_path_style;

    #[test]
    fn path_style_is_for_addresses_and_localhost() {
        for endpoint in [
            "http://127.0.0.1:4566",
            "http://localhost:9000/x",
            "http://[::1]:80",
        ] {
            assert!(wants_path_style(endpoint), "{endpoint}");
        }
        for endpoint in [
            "https://s3.us-east-1.amazonaws.com",
            "https://minio.example.com:9000",
        ] {
            assert!(!wants_path_style(endpoint), "{endpoint}");
        }
    }
}
