//! Recovery points of a seed: made by jobs as AWS Backup makes them, then dated back.

use aws_sdk_backup::types::Lifecycle;

use super::super::control::Remote;
use super::super::{Result, failure};
use super::RecoveryPoint;
use super::apply::{Clients, failed};

impl Clients {
    /// Makes one and its copies. The label makes it the same one each time.
    pub(super) async fn recovery_point(&self, label: &str, point: &RecoveryPoint) -> Result<()> {
        let backup = aws_sdk_backup::Client::new(&self.config(&point.account, &point.region));
        let life = |days: Option<i64>| Lifecycle::builder().set_delete_after_days(days).build();
        let call = backup
            .start_backup_job()
            .backup_vault_name(&point.vault)
            .resource_arn(&point.of)
            .iam_role_arn(&point.role)
            .lifecycle(life(point.delete_after))
            .idempotency_token(label);
        let job = call
            .send()
            .await
            .map_err(|e| failed("recovery_point", label, &e))?;
        let said = backup
            .describe_backup_job()
            .backup_job_id(job.backup_job_id().unwrap_or_default());
        let said = said
            .send()
            .await
            .map_err(|e| failed("recovery_point", label, &e))?;
        let Some(made) = job.recovery_point_arn() else {
            return Err(not_made(label, said.status_message()));
        };
        self.date_back(made, point.age)?;
        for (vault, days) in &point.copies {
            let call = backup
                .start_copy_job()
                .recovery_point_arn(made)
                .source_backup_vault_name(&point.vault)
                .destination_backup_vault_arn(vault)
                .iam_role_arn(&point.role)
                .lifecycle(life(Some(*days)))
                .idempotency_token(format!("{label} {vault}"));
            let job = call
                .send()
                .await
                .map_err(|e| failed("recovery_point", label, &e))?;
            let id = job.copy_job_id().unwrap_or_default();
            let said = backup.describe_copy_job().copy_job_id(id).send().await;
            let said = said.map_err(|e| failed("recovery_point", label, &e))?;
            let job = said.copy_job();
            let Some(copied) = job.and_then(|job| job.destination_recovery_point_arn()) else {
                return Err(not_made(label, job.and_then(|job| job.status_message())));
            };
            self.date_back(copied, point.age)?;
        }
        Ok(())
    }

    /// No call of AWS Backup makes a recovery point older than it is.
    fn date_back(&self, point: &str, days: u32) -> Result<()> {
        let port = self
            .endpoint
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| {
            failure(
                format!("{} has no port.", self.endpoint),
                "Name the address of a sandbox.",
            )
        })?;
        Remote::new(port).date_back(point, days)
    }
}

fn not_made(label: &str, why: Option<&str>) -> Box<crate::diag::Diagnostic> {
    failure(
        format!(
            "The seed's recovery_point \"{label}\" could not be made: {}.",
            why.unwrap_or("the job failed")
        ),
        "Correct the seed, or apply the posture that makes the vaults first.",
    )
}
