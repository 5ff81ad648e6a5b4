//! The one table of who answers what; `backstay sandbox operations` prints it.

use super::request::Call;

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answerer {
    /// The ministack emulator.
    Ministack,
    /// The moto emulator.
    Moto,
    /// The gateway itself, from the documented shapes, with what the emulators know.
    Gateway,
}

impl Answerer {
    /// As the table and the record print it.
    pub fn as_str(self) -> &'static str {
        match self {
            Answerer::Ministack => "ministack",
            Answerer::Moto => "moto",
            Answerer::Gateway => "gateway",
        }
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The signing name; `*` for every other service.
    pub service: &'static str,
    /// The operation; `*` for every other of the service.
    pub operation: &'static str,
    /// Who answers.
    pub answerer: Answerer,
    /// What the gateway adds or changes, or why this emulator; empty when there is nothing to say.
    pub note: &'static str,
}

macro_rules! table {
    ($($service:literal $operation:literal $answerer:ident $note:literal;)*) => {
        &[$(Route { service: $service, operation: $operation, answerer: Answerer::$answerer, note: $note }),*]
    };
}

/// First match wins, so a service's `*` comes last.
pub const ROUTES: &[Route] = table! {
    "s3" "CreateBucket" Ministack "the gateway blocks public access, as S3 does, and remembers the region";
    "s3" "PutBucketVersioning" Ministack "the gateway refuses to suspend it while the bucket is locked or replicates";
    "s3" "*" Ministack "the gateway redirects to the bucket's region and heeds the expected owner; ministack replicates objects (which keep their version ids and retention), keeps locks, knows whose a bucket is";
    "sts" "AssumeRole" Ministack "the gateway remembers the account of the session";
    "sts" "*" Ministack "";
    "iam" "CreateAccessKey" Ministack "the gateway remembers the account of the key";
    "iam" "CreateRole" Ministack "the gateway remembers the permissions boundary";
    "iam" "CreateUser" Ministack "the gateway remembers the permissions boundary";
    "iam" "DeleteRole" Ministack "the gateway forgets the permissions boundary";
    "iam" "DeleteRolePermissionsBoundary" Ministack "the gateway forgets the permissions boundary";
    "iam" "DeleteUser" Ministack "the gateway forgets the permissions boundary";
    "iam" "DeleteUserPermissionsBoundary" Ministack "the gateway forgets the permissions boundary";
    "iam" "GetAccountAuthorizationDetails" Ministack "the gateway adds the permissions boundaries, which ministack leaves out";
    "iam" "PutRolePermissionsBoundary" Ministack "the gateway remembers the permissions boundary";
    "iam" "PutUserPermissionsBoundary" Ministack "the gateway remembers the permissions boundary";
    "iam" "SimulatePrincipalPolicy" Ministack "moto has no simulation";
    "iam" "*" Ministack "";
    "kms" "*" Ministack "";
    "dynamodb" "*" Ministack "";
    "tagging" "GetResources" Gateway "ministack's list of S3, moto's of RDS, the gateway's of vaults, in one";
    "tagging" "*" Ministack "";
    "rds" "CreateDBInstance" Moto "the gateway refuses a retention over 35 days and a malformed window";
    "rds" "CreateDBCluster" Moto "the gateway refuses a retention outside 1 to 35 days and a malformed window";
    "rds" "DeleteDBInstance" Moto "the gateway turns backups replicated elsewhere into retained ones";
    "rds" "DeleteDBInstanceAutomatedBackup" Gateway "neither emulator has it";
    "rds" "DescribeDBInstanceAutomatedBackups" Gateway "from moto's instances, with the copies in other regions; moto gives only name and status";
    "rds" "DescribeDBInstances" Moto "the gateway adds replications and unique resource ids and removes LatestRestorableTime at retention 0";
    "rds" "DescribeSourceRegions" Gateway "neither emulator has it";
    "rds" "ModifyDBCluster" Moto "the gateway refuses a retention outside 1 to 35 days and a malformed window";
    "rds" "ModifyDBInstance" Moto "the gateway refuses a retention over 35 days and a malformed window";
    "rds" "StartDBInstanceAutomatedBackupsReplication" Gateway "neither emulator has it";
    "rds" "StopDBInstanceAutomatedBackupsReplication" Gateway "neither emulator has it";
    "rds" "*" Moto "has snapshots, copies and restores, which ministack lacks";
    "backup" "CreateBackupPlan" Ministack "moto has only reading; the same CreatorRequestId again is answered by the gateway";
    "backup" "UpdateBackupPlan" Ministack "moto has only reading";
    "backup" "GetBackupPlan" Ministack "";
    "backup" "DeleteBackupPlan" Ministack "";
    "backup" "ListBackupPlans" Ministack "";
    "backup" "CreateBackupSelection" Ministack "moto lacks selections; the same CreatorRequestId again is answered by the gateway";
    "backup" "GetBackupSelection" Ministack "";
    "backup" "DeleteBackupSelection" Ministack "";
    "backup" "ListBackupSelections" Ministack "";
    "backup" "CreateBackupVault" Gateway "neither emulator has the access policies and recovery points that go with it";
    "backup" "CreateLogicallyAirGappedBackupVault" Gateway "neither emulator has it";
    "backup" "DeleteBackupVault" Gateway "refused while it holds a recovery point";
    "backup" "DeleteBackupVaultAccessPolicy" Gateway "neither emulator has it";
    "backup" "DeleteBackupVaultLockConfiguration" Gateway "refused from the lock date on";
    "backup" "DeleteRecoveryPoint" Gateway "neither emulator has it; refused while the lock keeps it";
    "backup" "DescribeBackupJob" Gateway "";
    "backup" "DescribeBackupVault" Gateway "denied for one that does not exist, as by AWS";
    "backup" "DescribeCopyJob" Gateway "";
    "backup" "DescribeRecoveryPoint" Gateway "neither emulator has it";
    "backup" "DescribeRegionSettings" Gateway "neither emulator has it";
    "backup" "GetBackupVaultAccessPolicy" Gateway "neither emulator has it";
    "backup" "ListBackupJobs" Gateway "";
    "backup" "ListBackupVaults" Gateway "";
    "backup" "ListCopyJobs" Gateway "";
    "backup" "ListProtectedResources" Gateway "";
    "backup" "ListRecoveryPointsByBackupVault" Gateway "neither emulator has it";
    "backup" "ListRecoveryPointsByResource" Gateway "neither emulator has it";
    "backup" "ListTags" Gateway "of vaults; of plans from ministack";
    "backup" "PutBackupVaultAccessPolicy" Gateway "neither emulator has it";
    "backup" "PutBackupVaultLockConfiguration" Gateway "refused from the lock date on, and where least is more than most";
    "backup" "StartBackupJob" Gateway "done at once, or failed where the lock does not allow the retention; no schedule runs";
    "backup" "StartCopyJob" Gateway "done at once, or failed for the lock, the access policy or a key of the service; no schedule runs";
    "backup" "TagResource" Gateway "of vaults; of plans by ministack";
    "backup" "UntagResource" Gateway "of vaults; of plans by ministack";
    "backup" "UpdateRegionSettings" Gateway "neither emulator has it";
    "backup" "*" Moto "";
    "organizations" "DescribeResourcePolicy" Gateway "neither emulator has it; no organization has one";
    "organizations" "*" Moto "";
    "secretsmanager" "*" Moto "removes replica regions, which ministack does not";
    "*" "*" Ministack "";
};

/// The row that decides about `call`.
pub fn route(call: &Call) -> &'static Route {
    static ELSEWHERE: Route = Route {
        service: "*",
        operation: "*",
        answerer: Answerer::Ministack,
        note: "",
    };
    ROUTES
        .iter()
        .find(|r| {
            (r.service == call.service || r.service == "*")
                && (r.operation == call.operation || r.operation == "*")
        })
        .unwrap_or(&ELSEWHERE)
}

/// The table as aligned text.
pub fn table() -> String {
    let width = |cell: fn(&Route) -> &str| ROUTES.iter().map(|r| cell(r).len()).max().unwrap_or(0);
    let (service, operation) = (width(|r| r.service), width(|r| r.operation));
    let mut text = format!(
        "{:service$}  {:operation$}  {:9}  NOTE\n",
        "SERVICE", "OPERATION", "ANSWERS"
    );
    for r in ROUTES {
        let line = format!(
            "{:service$}  {:operation$}  {:9}  {}",
            r.service,
            r.operation,
            r.answerer.as_str(),
            r.note
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_reached() {
        for (index, row) in ROUTES.iter().enumerate() {
            let hidden = ROUTES.iter().take(index).any(|earlier| {
                (earlier.service == row.service || earlier.service == "*")
                    && (earlier.operation == row.operation || earlier.operation == "*")
            });
            assert!(
                !hidden,
                "{} {} stands behind a row that takes it",
                row.service, row.operation
            );
        }
    }
}
