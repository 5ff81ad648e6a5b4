//! One cell, line by line, down to what was read and when.

use super::derivation::attacked;
use super::{letter, loss, loss_of, word};
use crate::model::Address;
use crate::model::objective::Scenario;
use crate::prove::copy::{Copy, Reach};
use crate::prove::derivation::Derived;
use crate::prove::{Asset, Cell, CellCopy, Proof, Survival};
use crate::report::escape;

/// Lines that are indented by how far they lie below the first.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
}

impl Lines {
    pub(super) fn line(&mut self, depth: usize, text: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(&escape::line(text));
        self.text.push('\n');
    }
}

/// The derivation of a cell; `None` when there is no such asset or disaster.
pub fn explain(proof: &Proof, address: &Address, scenario: &str) -> Option<String> {
    let asset = proof.assets.iter().find(|a| a.address == *address)?;
    let columns = proof.scenarios.iter();
    let what = columns.map(|c| &c.scenario).find(|s| s.name == scenario)?;
    let mut out = Lines::default();
    head(address, what, &mut out);
    if let Some(why) = &asset.unreadable {
        out.line(1, &format!("? nothing is known of it: {}", why.why));
        return Some(out.text);
    }
    let cell = asset.cells.iter().find(|c| c.scenario == scenario)?;
    let told = |id: &str| {
        let derivation = proof.derivation.as_ref();
        let derivation = derivation.filter(|d| d.address == *address && d.scenario == scenario);
        derivation?.copies.iter().find(|derived| derived.copy == id)
    };
    for copy in &asset.copies {
        if let Some(state) = cell.copies.iter().find(|c| c.copy == copy.id) {
            one(copy, state, told(&copy.id), &mut out);
        }
    }
    judged(cell, &mut out);
    if what.has_attacker() {
        fewest(asset, &mut out);
    }
    Some(out.text)
}

fn head(address: &Address, what: &Scenario, out: &mut Lines) {
    out.line(0, &format!("{address} in {}", what.name));
    out.line(1, &what.summary);
    out.line(
        1,
        &format!(
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
}

/// A copy: what becomes of it and why, where it lies, and what its settings are.
fn one(copy: &Copy, state: &CellCopy, derived: Option<&Derived>, out: &mut Lines) {
    let why = match &state.survival {
        Survival::Survives => derived
            .and_then(|derived| derived.outlives.clone())
            .unwrap_or_else(|| "nothing that the disaster does touches it".to_owned()),
        Survival::Conditional(why) => format!("only on condition: {why}"),
        Survival::Unknown(why) => format!("not known: {why}"),
        Survival::Lost(why) => why.clone(),
    };
    out.line(1, &format!("{} {}: {why}", letter(&state.survival), copy.id));
    let place = match (&copy.domain.account, &copy.domain.region) {
        (Some(account), Some(region)) => format!("in account {account}, {region}"),
        (None, Some(region)) => format!("in {region}, account not known"),
        (Some(account), None) => format!("in account {account}, region not known"),
        (None, None) => "place not known".to_owned(),
    };
    let place = format!("{} {place}; grade: {:?}", copy.mechanism.as_str(), copy.grade);
    out.line(3, &place.to_lowercase());
    if !matches!(state.survival, Survival::Lost(_)) {
        let back = match state.reach {
            Some(Reach::For(time)) => format!(", and it goes back {time}"),
            Some(Reach::Unlimited) => ", and it goes back without end".to_owned(),
            None => String::new(),
        };
        let left = format!("when it is what is left, {} is lost{back}", loss(state.loss));
        out.line(3, &left);
    }
    for ground in &copy.grounds {
        let text = format!("{} [{}, read {}]", ground.says, ground.source, ground.read_at);
        out.line(3, &text);
    }
    for met in derived.into_iter().flat_map(|derived| &derived.attacked) {
        attacked(met, met.state == copy.id, 3, out);
    }
}

fn judged(cell: &Cell, out: &mut Lines) {
    out.line(1, &format!("loses {}", loss_of(cell)));
    for point in &cell.curve {
        out.line(
            2,
            &format!("noticed after {}: loses {}", point.age, loss(point.loss)),
        );
    }
    for (objective, judged) in &cell.judged {
        out.line(1, &format!("objective {objective}"));
        for judged in judged {
            out.line(
                2,
                &format!("{}: {}: {}", word(judged.verdict), judged.asks, judged.why),
            );
        }
    }
}

fn fewest(asset: &Asset, out: &mut Lines) {
    if asset.destroying.path.is_empty() {
        return;
    }
    out.line(1, "the fewest credentials that destroy every copy get there by");
    for step in &asset.destroying.path {
        out.line(2, &step.because);
    }
}
