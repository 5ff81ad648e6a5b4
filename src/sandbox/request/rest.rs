//! Operation names of the REST services that are spoken to by method and path.

/// Method, path with `*` for each parameter, operation. From AWS's service model of AWS Backup.
const BACKUP: &[(&str, &str, &str)] = &[
    ("GET", "/backup-vaults", "ListBackupVaults"),
    ("PUT", "/backup-vaults/*", "CreateBackupVault"),
    ("GET", "/backup-vaults/*", "DescribeBackupVault"),
    ("DELETE", "/backup-vaults/*", "DeleteBackupVault"),
    (
        "PUT",
        "/backup-vaults/*/vault-lock",
        "PutBackupVaultLockConfiguration",
    ),
    (
        "DELETE",
        "/backup-vaults/*/vault-lock",
        "DeleteBackupVaultLockConfiguration",
    ),
    (
        "PUT",
        "/backup-vaults/*/access-policy",
        "PutBackupVaultAccessPolicy",
    ),
    (
        "GET",
        "/backup-vaults/*/access-policy",
        "GetBackupVaultAccessPolicy",
    ),
    (
        "DELETE",
        "/backup-vaults/*/access-policy",
        "DeleteBackupVaultAccessPolicy",
    ),
    (
        "GET",
        "/backup-vaults/*/recovery-points",
        "ListRecoveryPointsByBackupVault",
    ),
    (
        "GET",
        "/backup-vaults/*/recovery-points/*",
        "DescribeRecoveryPoint",
    ),
    (
        "DELETE",
        "/backup-vaults/*/recovery-points/*",
        "DeleteRecoveryPoint",
    ),
    (
        "PUT",
        "/logically-air-gapped-backup-vaults/*",
        "CreateLogicallyAirGappedBackupVault",
    ),
    ("PUT", "/backup-jobs", "StartBackupJob"),
    ("GET", "/backup-jobs", "ListBackupJobs"),
    ("GET", "/backup-jobs/*", "DescribeBackupJob"),
    ("PUT", "/copy-jobs", "StartCopyJob"),
    ("GET", "/copy-jobs", "ListCopyJobs"),
    ("GET", "/copy-jobs/*", "DescribeCopyJob"),
    ("GET", "/account-settings", "DescribeRegionSettings"),
    ("PUT", "/account-settings", "UpdateRegionSettings"),
    ("GET", "/backup/plans", "ListBackupPlans"),
    ("PUT", "/backup/plans", "CreateBackupPlan"),
    ("GET", "/backup/plans/*", "GetBackupPlan"),
    ("POST", "/backup/plans/*", "UpdateBackupPlan"),
    ("DELETE", "/backup/plans/*", "DeleteBackupPlan"),
    ("GET", "/backup/plans/*/selections", "ListBackupSelections"),
    ("PUT", "/backup/plans/*/selections", "CreateBackupSelection"),
    ("GET", "/backup/plans/*/selections/*", "GetBackupSelection"),
    ("DELETE", "/backup/plans/*/selections/*", "DeleteBackupSelection"),
    ("GET", "/resources", "ListProtectedResources"),
    (
        "GET",
        "/resources/*/recovery-points",
        "ListRecoveryPointsByResource",
    ),
    ("GET", "/tags/*", "ListTags"),
    ("POST", "/tags/*", "TagResource"),
    ("POST", "/untag/*", "UntagResource"),
];

/// The operation's name, else `METHOD /path`.
pub(super) fn operation(service: &str, method: &str, path: &str) -> String {
    let named = (service == "backup")
        .then(|| {
            BACKUP
                .iter()
                .find(|(m, template, _)| *m == method && matches(template, path))
        })
        .flatten();
    named.map_or_else(
        || format!("{method} {path}"),
        |(_, _, operation)| (*operation).to_owned(),
    )
}

fn matches(template: &str, path: &str) -> bool {
    let mut wanted = template.trim_matches('/').split('/');
    let mut given = path.trim_matches('/').split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backup_is_named_and_others_keep_their_path() {
        assert_eq!(
            operation("backup", "PUT", "/backup-vaults/v/vault-lock"),
            "PutBackupVaultLockConfiguration"
        );
        assert_eq!(operation("backup", "GET", "/backup-vaults/"), "ListBackupVaults");
        assert_eq!(
            operation("backup", "GET", "/backup/plans/p/selections/"),
            "ListBackupSelections"
        );
        assert_eq!(
            operation("elasticfilesystem", "GET", "/2015-02-01/file-systems"),
            "GET /2015-02-01/file-systems"
        );
    }
}
