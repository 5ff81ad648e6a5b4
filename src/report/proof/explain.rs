//! One cell, line by line, down to what was read and when.

use super::{letter, loss, loss_of, word};
use crate::model::Address;
use crate::prove::copy::Reach;
use crate::prove::{Proof, Survival};
use crate::report::escape;

/// The derivation of a cell; `None` when there is no such asset or disaster.
pub fn explain(proof: &Proof, address: &Address, scenario: &str) -> Option<String> {
    let asset = proof.assets.iter().find(|a| a.address == *address)?;
    let columns = proof.scenarios.iter();
    let what = columns.map(|c| &c.scenario).find(|s| s.name == scenario)?;
    let mut out = String::new();
    let mut line = |depth: usize, text: String| {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&escape::line(&text));
        out.push('\n');
    };
    line(0, format!("{address} in {scenario}"));
    line(1, what.summary.clone());
    line(
        1,
        format!(
            "destroys: {}; attacker: {}; noticed after {}",
            what.destroys.as_str(),
            match what.holds {
                Some(holds) => format!("holds the credentials of the {}", holds.as_str()),
                None if what.identities.is_empty() => "none".to_owned(),
                None => format!("holds {} identities", what.identities.len()),
            },
            what.noticed_after
        ),
    );
    if let Some(why) = &asset.unreadable {
        line(1, format!("? nothing is known of it: {}", why.why));
        return Some(out);
    }
    let cell = asset.cells.iter().find(|c| c.scenario == scenario)?;
    for copy in &asset.copies {
        let Some(state) = cell.copies.iter().find(|c| c.copy == copy.id) else {
            continue;
        };
        let why = match &state.survival {
            Survival::Survives => "nothing that the disaster does touches it".to_owned(),
            Survival::Conditional(why) => format!("only on condition: {why}"),
            Survival::Unknown(why) => format!("not known: {why}"),
            Survival::Lost(why) => why.clone(),
        };
        line(1, format!("{} {}: {why}", letter(&state.survival), copy.id));
        let place = match (&copy.domain.account, &copy.domain.region) {
            (Some(account), Some(region)) => format!("in account {account}, {region}"),
            (None, Some(region)) => format!("in {region}, account not known"),
            (Some(account), None) => format!("in account {account}, region not known"),
            (None, None) => "place not known".to_owned(),
        };
        line(
            3,
            format!("{} {place}; grade: {:?}", copy.mechanism.as_str(), copy.grade).to_lowercase(),
        );
        if !matches!(state.survival, Survival::Lost(_)) {
            let back = match state.reach {
                Some(Reach::For(time)) => format!(", and it goes back {time}"),
                Some(Reach::Unlimited) => ", and it goes back without end".to_owned(),
                None => String::new(),
            };
            line(
                3,
                format!("when it is what is left, {} is lost{back}", loss(state.loss)),
            );
        }
        for ground in &copy.grounds {
            line(
                3,
                format!("{} [{}, read {}]", ground.says, ground.source, ground.read_at),
            );
        }
    }
    line(1, format!("loses {}", loss_of(cell)));
    for point in &cell.curve {
        line(
            2,
            format!("noticed after {}: loses {}", point.age, loss(point.loss)),
        );
    }
    for (objective, judged) in &cell.judged {
        line(1, format!("objective {objective}"));
        for judged in judged {
            line(
                2,
                format!("{}: {}: {}", word(judged.verdict), judged.asks, judged.why),
            );
        }
    }
    if what.has_attacker() && !asset.destroying.path.is_empty() {
        line(
            1,
            "the fewest credentials that destroy every copy get there by".to_owned(),
        );
        for step in &asset.destroying.path {
            line(2, step.because.clone());
        }
    }
    Some(out)
}
