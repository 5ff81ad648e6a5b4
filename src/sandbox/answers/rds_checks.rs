//! Input that RDS refuses and the emulator takes.

use super::super::reply::Refusal;
use super::super::request::Call;

/// The refusal that RDS would answer with before it does anything.
pub(super) fn refusal(call: &Call) -> Option<Refusal> {
    let clusters = call.operation.contains("DBCluster");
    let creates_or_modifies = call.operation.starts_with("Create") || call.operation.starts_with("Modify");
    if !creates_or_modifies {
        return None;
    }
    retention(call, clusters).or_else(|| window(call))
}

fn retention(call: &Call, cluster: bool) -> Option<Refusal> {
    let given = call.params.get("BackupRetentionPeriod")?;
    let least = i64::from(cluster);
    match given.parse::<i64>() {
        Ok(days) if (least..=35).contains(&days) => None,
        _ => Some(invalid(format!(
            "Invalid backup retention period: {given}. Must be between {least} and 35."
        ))),
    }
}

fn window(call: &Call) -> Option<Refusal> {
    let given = call.params.get("PreferredBackupWindow")?;
    let minutes = given.split_once('-').and_then(|(from, to)| {
        let (from, to) = (time(from)?, time(to)?);
        // A window may pass midnight.
        Some((to - from).rem_euclid(24 * 60))
    });
    match minutes {
        None => Some(invalid(format!(
            "Invalid backup window format: {given}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC). Example: 04:00-04:30"
        ))),
        Some(minutes) if minutes < 30 => Some(invalid(format!(
            "The backup window {given} must be at least 30 minutes."
        ))),
        Some(_) => None,
    }
}

/// Minutes since midnight of `hh:mi`.
fn time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| (part.len() == 2).then(|| part.parse::<i64>().ok()).flatten();
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidParameterValue", message)
}

#[cfg(test)]
mod tests {
    use super::super::super::request::{Params, Protocol};
    use super::*;

    fn refused(operation: &str, params: &str) -> bool {
        let call = Call {
            service: "rds".to_owned(),
            operation: operation.to_owned(),
            write: true,
            access_key: None,
            account: "111111111111".to_owned(),
            region: "us-east-1".to_owned(),
            resource: String::new(),
            protocol: Protocol::Query,
            params: Params::parse(params),
        };
        refusal(&call).is_some_and(|r| r.code == "InvalidParameterValue")
    }

    #[test]
    fn retention_of_instances_and_clusters() {
        for (operation, days, wrong) in [
            ("ModifyDBInstance", "0", false),
            ("ModifyDBInstance", "35", false),
            ("ModifyDBInstance", "36", true),
            ("CreateDBInstance", "-1", true),
            ("CreateDBInstance", "x", true),
            ("ModifyDBCluster", "0", true),
            ("ModifyDBCluster", "1", false),
            ("DescribeDBInstances", "36", false),
        ] {
            assert_eq!(
                refused(operation, &format!("BackupRetentionPeriod={days}")),
                wrong,
                "{operation} {days}"
            );
        }
    }

    #[test]
    fn the_window_is_a_range_of_half_an_hour_or_more() {
        for (window, wrong) in [
            ("03:00-03:30", false),
            ("23:45-00:15", false),
            ("03:00-03:29", true),
            ("3:00-04:00", true),
            ("24:00-01:00", true),
            ("03:00", true),
            ("sun:03:00-sun:04:00", true),
        ] {
            assert_eq!(
                refused("ModifyDBInstance", &format!("PreferredBackupWindow={window}")),
                wrong,
                "{window}"
            );
        }
    }
}
