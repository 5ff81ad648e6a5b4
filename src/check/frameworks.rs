//! Which requirements of which framework a control is evidence for.
//!
//! A control says what it is about (its [`Aspect`]s), and one table says which
//! requirements ask for that. It maps; it never asserts compliance.

/// What of a backup posture a control is evidence for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Backups are made by themselves and are fresh.
    AutomatedBackup,
    /// One can go back far enough.
    Reach,
    /// A copy lies in another region.
    OffSite,
    /// A copy is out of reach of who destroys the original: another account, or immutable.
    Isolated,
    /// Copies are encrypted, and who holds the key is settled.
    Encrypted,
    /// Nobody may do more than the task needs.
    LeastPrivilege,
    /// Nobody deletes copies alone or unseen.
    DeletionGuarded,
    /// A standby takes over.
    Redundancy,
    /// The live posture is the reviewed one.
    ChangeControl,
}

use Aspect::{
    AutomatedBackup, ChangeControl, DeletionGuarded, Encrypted, Isolated, LeastPrivilege, OffSite, Reach,
    Redundancy,
};

/// Requirement to the aspects it asks for, in the order in which reports name them.
///
/// Requirements that are about deleting in time (SOC 2 C1.2, ISO 27001 8.10) are left out:
/// the built-in controls judge whether enough is kept, never whether too much is.
pub const REQUIREMENTS: &[(&str, &[Aspect])] = &[
    ("SOC 2 A1.1", &[Redundancy]),
    ("SOC 2 A1.2", &[AutomatedBackup, Reach, OffSite]),
    ("SOC 2 CC6.1", &[Encrypted, LeastPrivilege]),
    ("SOC 2 CC6.3", &[LeastPrivilege]),
    ("SOC 2 CC8.1", &[ChangeControl]),
    ("SOC 2 CC9.1", &[OffSite, Isolated]),
    ("ISO 27001:2022 5.15", &[LeastPrivilege]),
    ("ISO 27001:2022 5.23", &[Isolated]),
    ("ISO 27001:2022 5.33", &[Reach, DeletionGuarded]),
    ("ISO 27001:2022 8.2", &[LeastPrivilege, DeletionGuarded]),
    ("ISO 27001:2022 8.9", &[ChangeControl]),
    (
        "ISO 27001:2022 8.13",
        &[AutomatedBackup, Reach, OffSite, Encrypted],
    ),
    ("ISO 27001:2022 8.14", &[Redundancy]),
    ("ISO 27001:2022 8.24", &[Encrypted]),
    ("NIST 800-53 AC-6", &[LeastPrivilege]),
    ("NIST 800-53 AU-9", &[DeletionGuarded]),
    ("NIST 800-53 CM-3", &[ChangeControl]),
    ("NIST 800-53 CP-6(1)", &[OffSite, Isolated]),
    ("NIST 800-53 CP-7", &[Redundancy]),
    ("NIST 800-53 CP-9", &[AutomatedBackup]),
    ("NIST 800-53 CP-9(3)", &[Isolated]),
    ("NIST 800-53 CP-9(5)", &[OffSite]),
    ("NIST 800-53 CP-9(7)", &[DeletionGuarded]),
    ("NIST 800-53 CP-9(8)", &[Encrypted]),
    ("NIST 800-53 SC-28", &[Encrypted]),
    ("NIST 800-53 SI-12", &[Reach]),
    ("HIPAA 164.308(a)(7)(ii)(A)", &[AutomatedBackup, OffSite]),
    ("HIPAA 164.312(a)(2)(iv)", &[Encrypted]),
    ("PCI DSS 4.0.1 3.6", &[Encrypted]),
    ("PCI DSS 4.0.1 7.2", &[LeastPrivilege]),
    ("PCI DSS 4.0.1 9.4.1.1", &[OffSite]),
    ("PCI DSS 4.0.1 10.3.3", &[Reach]),
    ("CIS v8.1 11.2", &[AutomatedBackup]),
    ("CIS v8.1 11.3", &[Encrypted, LeastPrivilege]),
    ("CIS v8.1 11.4", &[Isolated]),
    ("DORA 12(1)", &[AutomatedBackup]),
    ("DORA 12(3)", &[Isolated]),
    ("NIST CSF 2.0 PR.DS-11", &[AutomatedBackup]),
    ("NIST CSF 2.0 PR.AA-05", &[LeastPrivilege]),
];

/// Every requirement that asks for at least one of `aspects`, in the table's order.
pub fn requirements(aspects: &[Aspect]) -> Vec<String> {
    REQUIREMENTS
        .iter()
        .filter(|(_, asked)| asked.iter().any(|aspect| aspects.contains(aspect)))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_framework_is_named() {
        for framework in [
            "SOC 2",
            "ISO 27001:2022",
            "NIST 800-53",
            "HIPAA",
            "PCI DSS",
            "CIS v8.1",
            "DORA",
            "NIST CSF",
        ] {
            assert!(
                REQUIREMENTS.iter().any(|(name, _)| name.starts_with(framework)),
                "{framework}"
            );
        }
    }

    #[test]
    fn a_requirement_is_listed_once_and_by_aspect() {
        let both = requirements(&[OffSite, Isolated]);
        assert_eq!(both.iter().filter(|c| *c == "SOC 2 CC9.1").count(), 1);
        assert!(both.contains(&"NIST 800-53 CP-9(3)".to_owned()));
        assert!(!requirements(&[OffSite]).contains(&"NIST 800-53 CP-9(3)".to_owned()));
    }
}
