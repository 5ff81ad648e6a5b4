//! What a service lets nobody do from outside of the account that owns the resource, whatever its policy says.

/// Actions that a resource's policy may grant to another account without effect. Their sources:
///
/// - AWS Backup, "Vault access policies": cross-account access for any action other than `backup:CopyIntoBackupVault` is rejected.
/// - AWS KMS, "Allowing users in other accounts to use a KMS key": permission for operations that are not listed there, such as
///   `kms:ScheduleKeyDeletion`, has no effect; and in the KMS API Reference, "Cross-account use: No" of each of these.
/// - Amazon S3 API Reference, `PutBucketPolicy` and `DeleteBucketPolicy`: 405 for an identity that does not belong to the
///   account of the bucket's owner.
const OWNERS_ALONE: &[&str] = &[
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:DeleteBackupVaultLockConfiguration",
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:PutBackupVaultAccessPolicy",
    "backup:UpdateRecoveryPointLifecycle",
    "kms:DeleteImportedKeyMaterial",
    "kms:DisableKey",
    "kms:ImportKeyMaterial",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
];

/// Whether only somebody of the owning account can do it.
pub(super) fn is_for_owners_alone(action: &str) -> bool {
    OWNERS_ALONE.contains(&action)
}
