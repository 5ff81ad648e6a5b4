//! The guard that makes a client read-only: it looks at the operation's name before
//! the request is even built.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Refuses whatever is not named like a read.
#[derive(Debug)]
pub(super) struct ReadOnly {
    objects: bool,
}

impl ReadOnly {
    /// For clients that read how things are set up.
    pub(super) const SETTINGS: Self = Self { objects: false };

    /// For the client that reads what backstay itself keeps in a bucket.
    pub(super) const WITH_OBJECTS: Self = Self { objects: true };

    fn allows(&self, operation: &str) -> bool {
        is_read(operation) || (self.objects && operation == "GetObject")
    }
}

/// Verbs that never change anything, by AWS's naming of operations. Reads of what is
/// stored (`GetObject`) are not among what backstay needs of an estate, and are refused too, so that
/// an auditor's credentials are never used to look at data.
pub(super) fn is_read(operation: &str) -> bool {
    const VERBS: &[&str] = &["Get", "List", "Describe", "Head", "Simulate"];
    const DATA: &[&str] = &["GetObject", "GetSecretValue"];
    VERBS.iter().any(|verb| operation.starts_with(verb)) && !DATA.contains(&operation)
}

impl Intercept for ReadOnly {
    fn name(&self) -> &'static str {
        "ReadOnly"
    }

    // Not `read_before_execution`: the client's interceptors run there before the operation's
    // own configuration, which holds its name, has been added.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map(Metadata::name);
        match operation {
            Some(name) if self.allows(name) => Ok(()),
            Some(name) => Err(format!("a read-only client was asked to run {name}").into()),
            None => Err("a read-only client was asked to run something without a name".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ReadOnly, is_read};

    #[test]
    fn only_reads_pass() {
        for name in [
            "GetBucketVersioning",
            "ListBuckets",
            "DescribeDBInstances",
            "HeadBucket",
            "GetCallerIdentity",
        ] {
            assert!(is_read(name), "{name}");
        }
        for name in [
            "PutBucketVersioning",
            "DeleteBucket",
            "ModifyDBInstance",
            "AssumeRole",
            "GetObject",
            "TagRole",
        ] {
            assert!(!is_read(name), "{name}");
        }
    }

    #[test]
    fn the_client_for_our_own_objects_reads_them_and_writes_nothing() {
        assert!(ReadOnly::WITH_OBJECTS.allows("GetObject"));
        assert!(!ReadOnly::SETTINGS.allows("GetObject"));
        for name in ["PutObject", "DeleteObject", "GetSecretValue"] {
            assert!(!ReadOnly::WITH_OBJECTS.allows(name), "{name}");
        }
    }
}
