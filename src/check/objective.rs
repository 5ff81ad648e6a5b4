//! What a proof says, as findings: so that a pipeline fails when an objective no longer holds.

use super::finding::Finding;
use super::rule::{Rule, Severity, Status};
use super::rules::objective::{CANNOT_BE_MET, FAILS, UNKNOWN, UNPROVEN, WRITER};
use crate::model::fact::Evidence;
use crate::prove::writer::{Line, Writer};
use crate::prove::{Asset, Judged, Proof, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The findings on every asset that an objective protects, and on every backup writer.
pub(super) fn findings(proof: &Proof, evidence: &[Evidence]) -> Vec<Finding> {
    let seen: BTreeMap<_, _> = evidence.iter().map(|e| (&e.subject, e)).collect();
    let assets = proof.assets.iter().flat_map(|asset| {
        let found = of_asset(asset);
        found.into_iter().map(move |f| (&asset.address, f))
    });
    let writers = proof.writers.iter().flat_map(|writer| {
        let found = of_writer(writer);
        found.into_iter().map(move |f| (&writer.address, f))
    });
    assets
        .chain(writers)
        .map(|(address, finding)| match seen.get(address) {
            Some(evidence) => {
                let facts = finding.evidence.facts.clone();
                finding.from(evidence, facts)
            }
            None => finding,
        })
        .collect()
}

/// Whether a finding is about this disaster.
pub(super) fn is_about(finding: &Finding, scenario: &str) -> bool {
    let about = finding.attribute.as_deref().and_then(|a| a.split_once('/'));
    about.is_some_and(|(_, of)| of == scenario)
}

/// One finding for each disaster in which something is wrong, one for all that wants a rehearsal, and one that
/// the rest holds. What does not exist or cannot be read has findings of its own already.
fn of_asset(asset: &Asset) -> Vec<Finding> {
    if asset.unreadable.is_some() {
        return Vec::new();
    }
    let mut by_objective: BTreeMap<&str, Vec<(&str, &[Judged])>> = BTreeMap::new();
    for (objective, judged) in &asset.rules {
        by_objective
            .entry(objective)
            .or_default()
            .push(("copies", judged));
    }
    for cell in &asset.cells {
        for (objective, judged) in &cell.judged {
            by_objective
                .entry(objective)
                .or_default()
                .push((&cell.scenario, judged));
        }
    }
    by_objective
        .into_iter()
        .flat_map(|(objective, parts)| of_objective(asset, objective, &parts))
        .collect()
}

fn of_objective(asset: &Asset, objective: &str, parts: &[(&str, &[Judged])]) -> Vec<Finding> {
    let finding = |rule: &Rule, status, about: Option<&str>, message: String, facts: Vec<String>| {
        let mut found = Finding::of(rule, asset.address.clone(), status, message);
        found.attribute = Some(match about {
            Some(about) => format!("{objective}/{about}"),
            None => objective.to_owned(),
        });
        found.evidence.facts = facts;
        found
    };
    let mut out = Vec::new();
    let of = |judged: &[Judged], verdict| -> Vec<String> {
        let wanted = judged.iter().filter(|j| j.verdict == verdict);
        wanted.map(|j| format!("{}: {}", j.asks, j.why)).collect()
    };
    for (about, judged) in parts {
        let place = match *about {
            "copies" => "in its rule on copies".to_owned(),
            scenario => format!("in {scenario}"),
        };
        for (verdict, rule, status, says) in [
            (Verdict::Fails, &FAILS, Status::Fail, "does not hold"),
            (
                Verdict::CannotBeMet,
                &CANNOT_BE_MET,
                Status::CannotBeMet,
                "cannot be met",
            ),
            (
                Verdict::Unknown,
                &UNKNOWN,
                Status::Unknown,
                "is not known to hold",
            ),
        ] {
            let facts = of(judged, verdict);
            if !facts.is_empty() {
                let message = format!("The objective \"{objective}\" {says} {place}.");
                out.push(finding(rule, status, Some(about), message, facts));
            }
        }
    }
    if out.is_empty() {
        let message = format!("The objective \"{objective}\" holds, as far as it can be read.");
        let names = parts
            .iter()
            .map(|(about, _)| *about)
            .collect::<Vec<_>>()
            .join(", ");
        out.push(finding(&FAILS, Status::Pass, None, message, vec![names]));
    }
    let unproven: BTreeSet<String> = parts
        .iter()
        .flat_map(|(_, judged)| of(judged, Verdict::Unproven))
        .collect();
    if !unproven.is_empty() {
        let message = format!("The objective \"{objective}\" is not proven.");
        let facts = unproven.into_iter().collect();
        out.push(finding(&UNPROVEN, Status::Fail, None, message, facts));
    }
    out
}

/// One finding for each line that does not hold, or one that all of them do.
fn of_writer(writer: &Writer) -> Vec<Finding> {
    let finding = |status, message: String, facts: Vec<String>| {
        let mut found = Finding::of(&WRITER, writer.address.clone(), status, message);
        found.evidence.facts = facts;
        found
    };
    let mut out = Vec::new();
    for line in &writer.lines {
        let (status, severity, message) = match line.verdict {
            Verdict::Holds => continue,
            Verdict::Unknown => (Status::Unknown, WRITER.severity, doubted(line)),
            Verdict::Unproven => (Status::Fail, Severity::Low, doubted(line)),
            Verdict::Fails | Verdict::CannotBeMet => (Status::Fail, WRITER.severity, contrary(line)),
        };
        let mut found = finding(status, message, vec![line.why.clone()]);
        found.severity = severity;
        found.attribute = Some(line.asks.to_owned());
        out.push(found);
    }
    if out.is_empty() {
        let facts = writer
            .lines
            .iter()
            .map(|l| format!("{}: {}", l.claim, l.why))
            .collect();
        out.push(finding(
            Status::Pass,
            "It can write to its place, and nothing else.".into(),
            facts,
        ));
    }
    out
}

/// What is so where a claim is not.
fn contrary(line: &Line) -> String {
    match (
        line.claim.strip_prefix("cannot "),
        line.claim.strip_prefix("can "),
    ) {
        (Some(rest), _) => format!("It can {rest}."),
        (_, Some(rest)) => format!("It cannot {rest}."),
        _ => format!("It is not so that {}.", line.claim),
    }
}

/// That nobody can tell whether a claim is so.
fn doubted(line: &Line) -> String {
    let ability = line.claim.strip_prefix("cannot ");
    match ability.or_else(|| line.claim.strip_prefix("can ")) {
        Some(rest) => format!("The documents do not decide whether it can {rest}."),
        None => format!("The documents do not decide whether {}.", line.claim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{READ_AT, copy, store};
    use crate::check::{Assessment, Exemption, Input, Outcome, assess};
    use crate::prove::attack::Destroying;
    use crate::prove::attack::smallest::Smallest;
    use crate::prove::{Cell, Loss};
    use jiff::civil::Date;

    fn judged(asks: &str, verdict: Verdict) -> Judged {
        Judged {
            asks: asks.into(),
            verdict,
            why: format!("{asks} says so"),
        }
    }

    fn proof(cells: &[(&str, &[Judged])], lines: Vec<Line>) -> Proof {
        let cell = |(scenario, judged): &(&str, &[Judged])| Cell {
            scenario: (*scenario).into(),
            copies: Vec::new(),
            loss: Loss::Everything,
            reach: None,
            curve: Vec::new(),
            judged: BTreeMap::from([("core".to_owned(), judged.to_vec())]),
        };
        Proof {
            version: crate::prove::VERSION,
            read_at: READ_AT.into(),
            scenarios: Vec::new(),
            assets: vec![Asset {
                address: "s3_bucket.uploads".parse().unwrap(),
                unreadable: None,
                copies: Vec::new(),
                cells: cells.iter().map(cell).collect(),
                rules: BTreeMap::new(),
                destroying: Destroying {
                    set: Smallest::None,
                    path: Vec::new(),
                    raised_by: Vec::new(),
                    maybe: None,
                    out_of_reach: Vec::new(),
                },
            }],
            writers: vec![Writer {
                address: "writer_role.pgdump".parse().unwrap(),
                arn: None,
                lines,
            }],
            unprotected: Vec::new(),
            derivation: None,
        }
    }

    fn assessed(proof: &Proof, exemptions: &[Exemption], fail_on: Severity) -> Assessment {
        let mut assessment = assess(&Input {
            evidence: &[store(|_| {}), copy(|_| {})],
            drift: &[],
            assertions: &[],
            proof: Some(proof),
            exemptions,
            today: Date::constant(2026, 3, 1),
            fail_on,
            framework: None,
        });
        let about = |id: &str| {
            ["BKS-OBJ", "BKS-WRT", "BKS-EXEMPT"]
                .iter()
                .any(|family| id.starts_with(family))
        };
        assessment.findings.retain(|f| about(&f.id));
        assessment
    }

    fn said(assessment: &Assessment) -> String {
        let one = |f: &Finding| {
            let (id, attribute) = (&f.id, f.attribute.as_deref().unwrap_or("-"));
            format!(
                "{id} {} {attribute} {} [{}]\n",
                f.status.as_str(),
                f.message,
                f.evidence.facts.join("; ")
            )
        };
        assessment.findings.iter().map(one).collect()
    }

    #[test]
    fn each_verdict_has_a_control_of_its_own() {
        let found = proof(
            &[
                (
                    "corruption",
                    &[
                        judged("survival", Verdict::Holds),
                        judged("drill", Verdict::Unproven),
                    ],
                ),
                (
                    "region_outage",
                    &[
                        judged("rpo", Verdict::CannotBeMet),
                        judged("drill", Verdict::Unproven),
                    ],
                ),
                ("ransomware", &[judged("survival", Verdict::Unknown)]),
                ("credential_compromise", &[judged("survival", Verdict::Fails)]),
            ],
            vec![
                Line {
                    asks: "put",
                    claim: "can put under b/p*".into(),
                    verdict: Verdict::Holds,
                    why: "a".into(),
                },
                Line {
                    asks: "read",
                    claim: "cannot read".into(),
                    verdict: Verdict::Fails,
                    why: "extra, statement 1".into(),
                },
                Line {
                    asks: "trust",
                    claim: "nobody else can assume it".into(),
                    verdict: Verdict::Unknown,
                    why: "denied".into(),
                },
            ],
        );
        let assessment = assessed(&found, &[], Severity::Medium);
        insta::assert_snapshot!(said(&assessment), @r#"
        BKS-OBJ-001 fail core/credential_compromise The objective "core" does not hold in credential_compromise. [survival: survival says so]
        BKS-OBJ-002 fail core The objective "core" is not proven. [drill: drill says so]
        BKS-OBJ-003 unknown core/ransomware The objective "core" is not known to hold in ransomware. [survival: survival says so]
        BKS-OBJ-004 cannot_be_met core/region_outage The objective "core" cannot be met in region_outage. [rpo: rpo says so]
        BKS-WRT-001 fail read It can read. [extra, statement 1]
        BKS-WRT-001 unknown trust The documents do not decide whether nobody else can assume it. [denied]
        "#);
        assert_eq!(assessment.summary.outcome, Outcome::Unknown);
    }

    #[test]
    fn a_young_posture_does_not_fail_for_want_of_a_drill() {
        let found = proof(
            &[(
                "corruption",
                &[
                    judged("survival", Verdict::Holds),
                    judged("drill", Verdict::Unproven),
                ],
            )],
            vec![],
        );
        let assessment = assessed(&found, &[], Severity::Medium);
        assert_eq!(
            assessment.summary.outcome,
            Outcome::Clean,
            "{}",
            said(&assessment)
        );
        assert_eq!(
            assessed(&found, &[], Severity::Low).summary.outcome,
            Outcome::Failed
        );
    }

    /// What is accepted in one disaster is not accepted in the next.
    #[test]
    fn an_exemption_can_be_for_one_disaster() {
        let failing: &[Judged] = &[judged("survival", Verdict::Fails)];
        let one = proof(&[("credential_compromise", failing)], vec![]);
        let two = proof(
            &[("credential_compromise", failing), ("ransomware", failing)],
            vec![],
        );
        let accepted = |scenario: Option<&str>| {
            [Exemption {
                name: "trial".into(),
                control: "BKS-OBJ-001".into(),
                resource: Some("s3_bucket.uploads".parse().unwrap()),
                scenario: scenario.map(str::to_owned),
                reason: "it is a test".into(),
                owner: "ops".into(),
                expires: Date::constant(2027, 1, 1),
                location: None,
            }]
        };
        let outcome = |proof, scenario| {
            assessed(proof, &accepted(scenario), Severity::High)
                .summary
                .outcome
        };
        assert_eq!(outcome(&one, Some("credential_compromise")), Outcome::Clean);
        assert_eq!(outcome(&two, Some("credential_compromise")), Outcome::Failed);
        assert_eq!(outcome(&two, None), Outcome::Clean);
        let idle = assessed(&one, &accepted(Some("flood")), Severity::High);
        assert!(said(&idle).contains("BKS-EXEMPT-001"), "{}", said(&idle));
    }
}
