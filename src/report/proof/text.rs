//! The survival matrix for a terminal of a hundred columns.

use super::{letter, loss_of, word};
use crate::model::objective::Scenario;
use crate::prove::attack::graph::Node;
use crate::prove::attack::smallest::Smallest;
use crate::prove::copy::Reach;
use crate::prove::writer::Writer;
use crate::prove::{Asked, Asset, Cell, Proof, Survival, Verdict};
use crate::report::Style;
use crate::report::escape;
use crate::report::wrap::wrap;
use owo_colors::{OwoColorize, Style as Paint};

/// The whole report. `all` shows what nobody asked for too.
pub fn text(proof: &Proof, style: Style, all: bool) -> String {
    let page = Page { style };
    let mut out = String::new();
    let columns: Vec<&Scenario> = proof
        .scenarios
        .iter()
        .filter(|column| all || column.asked != Asked::No)
        .map(|column| &column.scenario)
        .collect();
    page.matrix(&mut out, proof, &columns);
    for asset in &proof.assets {
        page.asset(&mut out, asset, &columns);
    }
    for writer in &proof.writers {
        page.isolation(&mut out, writer);
    }
    page.footer(&mut out, proof);
    out
}

struct Page {
    style: Style,
}

impl Page {
    fn paint(&self, text: &str, paint: Paint) -> String {
        if self.style.color {
            text.style(paint).to_string()
        } else {
            text.to_owned()
        }
    }

    fn verdict(&self, text: &str, verdict: Option<Verdict>) -> String {
        let paint = match verdict {
            None => Paint::new().dimmed(),
            Some(Verdict::Holds) => Paint::new().green(),
            Some(Verdict::Unproven) => Paint::new().cyan(),
            Some(Verdict::Unknown | Verdict::CannotBeMet) => Paint::new().yellow(),
            Some(Verdict::Fails) => Paint::new().red().bold(),
        };
        self.paint(text, paint)
    }

    fn matrix(&self, out: &mut String, proof: &Proof, columns: &[&Scenario]) {
        if proof.assets.is_empty() {
            out.push_str("Nothing that holds data is declared.\n\n");
            return;
        }
        let widest = proof
            .assets
            .iter()
            .map(|a| escape::line(&a.address.to_string()).chars().count())
            .max()
            .unwrap_or(0);
        // Beside the names, whole as far as they leave two thirds of the line, a disaster takes as much as its number and a blank.
        let each = columns.len().to_string().len().max(2) + 1;
        let room = self.style.width.saturating_sub(columns.len() * each + 2);
        let names = widest.min(room.max(self.style.width / 3));
        let fit = self.style.width.saturating_sub(names + 2) / each;
        let numbered: Vec<(usize, &Scenario)> = (1..).zip(columns.iter().copied()).collect();
        for part in numbered.chunks(fit.max(1)) {
            self.rows(out, proof, part, names, each);
            out.push('\n');
        }
        for (n, scenario) in columns.iter().enumerate() {
            const INDENT: usize = 28;
            let width = self.style.width.saturating_sub(INDENT).max(20);
            let mut lines = wrap(&escape::line(&scenario.summary), width).into_iter();
            let first = lines.next().unwrap_or_default();
            let head = format!("{:>3}  {:<22} {first}\n", n + 1, escape::line(&scenario.name));
            out.push_str(&self.paint(&head, Paint::new().dimmed()));
            for more in lines {
                let line = format!("{}{more}\n", " ".repeat(INDENT));
                out.push_str(&self.paint(&line, Paint::new().dimmed()));
            }
        }
        let legend =
            "     Y a copy is left   c on a condition   ? not known   - none is left   ! an objective fails";
        match legend.len() < self.style.width {
            true => out.push_str(&self.paint(&format!("{legend}\n"), Paint::new().dimmed())),
            false => {
                for entry in legend
                    .split("   ")
                    .map(str::trim)
                    .filter(|entry| !entry.is_empty())
                {
                    out.push_str(&self.paint(&format!("     {entry}\n"), Paint::new().dimmed()));
                }
            }
        }
        out.push('\n');
    }

    /// Every asset against some of the disasters, by their numbers; as many characters for the names and for each disaster.
    fn rows(
        &self,
        out: &mut String,
        proof: &Proof,
        columns: &[(usize, &Scenario)],
        names: usize,
        each: usize,
    ) {
        out.push_str(&" ".repeat(names + 2));
        for (n, _) in columns {
            out.push_str(&format!("{n:>each$}"));
        }
        out.push('\n');
        for asset in &proof.assets {
            let name = escape::line(&asset.address.to_string());
            let cut: String = if name.chars().count() > names {
                name.chars().take(names.saturating_sub(1)).chain(['…']).collect()
            } else {
                name
            };
            out.push_str(&format!("{cut:<names$}  "));
            for (_, scenario) in columns {
                let cell = asset.cells.iter().find(|c| c.scenario == scenario.name);
                let (mark, verdict) = match cell {
                    Some(cell) => (best(cell), cell.unrehearsed()),
                    None => ("?", Some(Verdict::Unknown)),
                };
                let mark = match verdict {
                    Some(Verdict::Fails) => format!("{mark}!"),
                    _ => format!("{mark} "),
                };
                out.push_str(&" ".repeat(each.saturating_sub(2)));
                out.push_str(&self.verdict(&mark, verdict));
            }
            out.push('\n');
        }
    }

    fn asset(&self, out: &mut String, asset: &Asset, columns: &[&Scenario]) {
        let address = escape::line(&asset.address.to_string());
        out.push_str(&self.paint(&address, Paint::new().bold()));
        out.push('\n');
        if !asset.copies.is_empty() {
            self.lines(out, &format!("  {}", kept(asset)), None);
        }
        if let Some(why) = &asset.unreadable {
            out.push_str(&self.verdict(
                &format!("  unknown: {}\n\n", escape::line(&why.said())),
                Some(Verdict::Unknown),
            ));
            return;
        }
        for scenario in columns {
            if let Some(cell) = asset.cells.iter().find(|c| c.scenario == scenario.name) {
                self.cell(out, cell);
            }
        }
        for (objective, judged) in &asset.rules {
            for rule in judged.iter().filter(|j| j.verdict != Verdict::Holds) {
                let line = format!(
                    "  {:<13} {objective}: {}: {}",
                    word(rule.verdict),
                    rule.asks,
                    rule.why
                );
                self.lines(out, &line, Some(rule.verdict));
            }
        }
        self.destroying(out, asset);
        out.push('\n');
    }

    fn cell(&self, out: &mut String, cell: &Cell) {
        let reach = match cell.reach {
            Some(Reach::For(time)) => format!("back {time}"),
            Some(Reach::Unlimited) => "back without end".to_owned(),
            None => "newest state only".to_owned(),
        };
        let left = if cell.left() == 0 {
            String::new()
        } else {
            format!(", {reach}")
        };
        let verdict = cell.verdict();
        let head = format!(
            "  {:<13} {:<22} {} of {} left, loses {}{left}",
            verdict.map_or("", word),
            escape::line(&cell.scenario),
            cell.left(),
            cell.copies.len(),
            loss_of(cell),
        );
        let head = head + &depends(cell);
        self.lines(out, &head, verdict);
        let worst = |v: &Verdict| !matches!(v, Verdict::Holds | Verdict::Unproven);
        for (objective, judged) in &cell.judged {
            for judged in judged.iter().filter(|j| worst(&j.verdict)) {
                let line = format!("{:16}{objective}: {}: {}", "", judged.asks, judged.why);
                self.lines(out, &line, Some(judged.verdict));
            }
        }
    }

    fn destroying(&self, out: &mut String, asset: &Asset) {
        let found = &asset.destroying;
        match &found.set {
            Smallest::Set(members) => {
                let names: Vec<String> = members.iter().map(named).collect();
                let count = match members.len() {
                    1 => "One credential destroys".to_owned(),
                    n => format!("{n} credentials together destroy"),
                };
                let line = match members.is_empty() {
                    true => {
                        "  Anybody destroys every copy, without a credential of these accounts.".to_owned()
                    }
                    false => format!("  {count} every copy: {}", names.join(", ")),
                };
                self.lines(out, &line, Some(Verdict::Fails));
                if let Some(first) = found.raised_by.first() {
                    self.lines(out, &format!("  It would take more without: {first}"), None);
                }
            }
            Smallest::None => {
                let line = match found.out_of_reach.first() {
                    Some(copy) => {
                        format!("  No set of known identities destroys every copy; out of reach: {copy}")
                    }
                    None => "  No set of known identities destroys every copy".to_owned(),
                };
                self.lines(out, &line, None);
            }
            Smallest::MoreThan(n) => {
                let line = format!("  More than {n} credentials are needed to destroy every copy");
                self.lines(out, &line, None);
            }
        }
        if let Some(Smallest::Set(members)) = &found.maybe {
            let names: Vec<String> = members.iter().map(named).collect();
            let line = format!(
                "  It cannot be ruled out that fewer do: {} (something was not read, or depends on a condition)",
                names.join(", ")
            );
            self.lines(out, &line, Some(Verdict::Unknown));
        }
    }

    fn isolation(&self, out: &mut String, writer: &Writer) {
        let head = format!("{}, a backup writer", escape::line(&writer.address.to_string()));
        out.push_str(&self.paint(&head, Paint::new().bold()));
        out.push('\n');
        for line in &writer.lines {
            let head = format!("  {:<13} {}", word(line.verdict), line.claim);
            let whole = format!("{head}: {}", line.why);
            if escape::line(&whole).chars().count() <= self.style.width {
                self.lines(out, &whole, Some(line.verdict));
            } else {
                self.lines(out, &head, Some(line.verdict));
                self.lines(out, &format!("{:16}{}", "", line.why), None);
            }
        }
        out.push('\n');
    }

    fn lines(&self, out: &mut String, line: &str, verdict: Option<Verdict>) {
        let lead = line.chars().take_while(|c| *c == ' ').count();
        let width = self.style.width.saturating_sub(lead + 2).max(20);
        let text = escape::line(line);
        if text.chars().count() <= self.style.width {
            out.push_str(&self.verdict(&text, verdict));
            out.push('\n');
            return;
        }
        for (n, part) in wrap(&text, width).into_iter().enumerate() {
            let indent = if n == 0 { lead } else { lead + 2 };
            out.push_str(&" ".repeat(indent));
            out.push_str(&self.verdict(&part, verdict));
            out.push('\n');
        }
    }

    fn footer(&self, out: &mut String, proof: &Proof) {
        if !proof.unprotected.is_empty() {
            let names: Vec<String> = proof
                .unprotected
                .iter()
                .map(|a| escape::line(&a.to_string()))
                .collect();
            let line = format!("No objective protects {}.", names.join(", "));
            for part in wrap(&line, self.style.width) {
                out.push_str(&part);
                out.push('\n');
            }
        }
        let lines = proof.writers.iter().flat_map(|writer| &writer.lines);
        let verdicts = proof.judged().map(|(_, _, _, judged)| judged.verdict);
        let verdicts: Vec<Verdict> = verdicts.chain(lines.map(|line| line.verdict)).collect();
        let count = |verdict: Verdict| verdicts.iter().filter(|v| **v == verdict).count();
        let line = format!(
            "Proof: {} hold, {} unproven, {} unknown, {} cannot be met, {} fail. Read at {}.",
            count(Verdict::Holds),
            count(Verdict::Unproven),
            count(Verdict::Unknown),
            count(Verdict::CannotBeMet),
            count(Verdict::Fails),
            // To the second: nobody reads the rest, and the line would be too long.
            proof
                .read_at
                .split_once('.')
                .map_or(proof.read_at.clone(), |(second, _)| format!("{second}Z")),
        );
        self.lines(out, &line, proof.verdict());
    }
}

/// On what it depends whether a copy is left, where none is for certain and no objective says it below.
fn depends(cell: &Cell) -> String {
    let told = cell.judged.values().flatten().any(|j| j.asks == "survival");
    if told || cell.left() > 0 {
        return String::new();
    }
    let conditions = cell.copies.iter().filter_map(|copy| match &copy.survival {
        Survival::Conditional(why) => {
            let name = copy
                .copy
                .split_once('/')
                .map_or(copy.copy.as_str(), |(_, name)| name);
            Some(format!("{name}: {why}"))
        }
        Survival::Survives | Survival::Unknown(_) | Survival::Lost(_) => None,
    });
    let conditions: Vec<String> = conditions.collect();
    match conditions.is_empty() {
        true => String::new(),
        false => format!("; what is left depends: {}", conditions.join("; or ")),
    }
}

/// What the best copy comes to.
fn best(cell: &Cell) -> &'static str {
    let rank = |s: &Survival| match s {
        Survival::Survives => 0,
        Survival::Conditional(_) => 1,
        Survival::Unknown(_) => 2,
        Survival::Lost(_) => 3,
    };
    cell.copies
        .iter()
        .map(|c| &c.survival)
        .min_by_key(|s| rank(s))
        .map_or("-", letter)
}

fn named(node: &Node) -> String {
    escape::line(node.short())
}

fn kept(asset: &Asset) -> String {
    asset
        .copies
        .iter()
        .map(|c| {
            let region = c.domain.region.as_ref().map(ToString::to_string);
            match region {
                Some(region) => format!("{} ({region})", c.mechanism.as_str()),
                None => c.mechanism.as_str().to_owned(),
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::objective::{Origin, scenarios};
    use crate::prove::attack::Principals;
    use crate::prove::{Input, prove};

    fn nothing_of(address: &str) -> Asset {
        Asset {
            address: address.parse().unwrap(),
            unreadable: None,
            copies: Vec::new(),
            cells: Vec::new(),
            rules: std::collections::BTreeMap::new(),
            destroying: crate::prove::attack::Destroying {
                set: Smallest::None,
                path: Vec::new(),
                raised_by: Vec::new(),
                maybe: None,
                out_of_reach: Vec::new(),
            },
        }
    }

    /// However many disasters, names and characters: no line is wider than the terminal, and every disaster has its column.
    #[test]
    fn the_matrix_is_as_wide_as_the_terminal() {
        for (disasters, width) in [(7, 60), (7, 100), (30, 60), (30, 100), (120, 60), (120, 100)] {
            let declared: Vec<Scenario> = (0..disasters)
                .map(|n| Scenario {
                    name: format!("disaster_{n}"),
                    origin: Origin::Declared,
                    ..scenarios().remove(0)
                })
                .collect();
            let mut proof = prove(&Input {
                evidence: &[],
                principals: &Principals::new(),
                memberships: &Default::default(),
                objectives: &[],
                scenarios: &declared,
                read_at: "2026-03-01T12:00:00Z",
            });
            let long = "s3_bucket.a_name_that_is_longer_than_any_terminal_has_room_for_beside_its_columns";
            proof.assets.extend(["s3_bucket.up", long].map(nothing_of));
            let printed = text(&proof, Style { color: false, width }, true);
            let wide: Vec<&str> = printed
                .lines()
                .filter(|l| l.chars().count() > width && *l != long)
                .collect();
            assert!(wide.is_empty(), "{disasters} in {width}:\n{}", wide.join("\n"));
            let is_head = |l: &&str| l.split_whitespace().all(|word| word.parse::<usize>().is_ok());
            let heads = printed.lines().filter(|l| !l.is_empty()).filter(is_head);
            let numbers: Vec<usize> = heads
                .flat_map(str::split_whitespace)
                .map(|n| n.parse().unwrap())
                .collect();
            assert_eq!(numbers, (1..=disasters).collect::<Vec<_>>());
            let marks = printed
                .lines()
                .filter(|l| l.starts_with("s3_bucket.up "))
                .map(|l| l.matches('?').count());
            assert_eq!(marks.sum::<usize>(), disasters);
        }
    }

    /// Lines of writers are verdicts like any other, and decide on the exit code.
    #[test]
    fn the_last_line_counts_writers() {
        let mut proof = prove(&Input {
            evidence: &[],
            principals: &Principals::new(),
            memberships: &Default::default(),
            objectives: &[],
            scenarios: &scenarios(),
            read_at: "2026-03-01T12:00:00Z",
        });
        let line = |verdict: Verdict| crate::prove::writer::Line {
            asks: "read",
            claim: "cannot read".into(),
            verdict,
            why: "so".into(),
        };
        proof.writers.push(Writer {
            address: "writer_role.pgdump".parse().unwrap(),
            arn: None,
            lines: [Verdict::Holds, Verdict::Unknown, Verdict::Unknown, Verdict::Fails]
                .map(line)
                .into(),
        });
        let style = Style {
            color: false,
            width: 100,
        };
        let printed = text(&proof, style, true);
        let last =
            "Proof: 1 hold, 0 unproven, 2 unknown, 0 cannot be met, 1 fail. Read at 2026-03-01T12:00:00Z.";
        assert_eq!(printed.lines().last(), Some(last));
    }

    /// The columns are those that the prover marks, whatever they are called.
    #[test]
    fn the_columns_are_those_that_are_asked_for() {
        let mut disasters = scenarios();
        disasters.push(Scenario {
            name: "outage of nothing".into(),
            origin: Origin::Declared,
            ..disasters[0].clone()
        });
        let mut proof = prove(&Input {
            evidence: &[],
            principals: &Principals::new(),
            memberships: &Default::default(),
            objectives: &[],
            scenarios: &disasters,
            read_at: "2026-03-01T12:00:00Z",
        });
        proof.assets.push(nothing_of("s3_bucket.up"));
        let style = Style {
            color: false,
            width: 100,
        };
        let shown = |proof: &Proof, all: bool| -> Vec<String> {
            let printed = text(proof, style, all);
            let names = disasters.iter().map(|s| s.name.clone());
            names
                .filter(|name| printed.contains(&format!("  {name} ")))
                .collect()
        };
        assert_eq!(shown(&proof, false).len(), 8);
        assert_eq!(shown(&proof, true).len(), disasters.len());
        for column in &mut proof.scenarios {
            column.asked = match column.scenario.name.as_str() {
                "secret_compromise" => Asked::ByObjective,
                _ => Asked::No,
            };
        }
        assert_eq!(shown(&proof, false), ["secret_compromise"]);
    }

    /// What may be left is not called lost for certain.
    #[test]
    fn a_condition_is_said_where_everything_may_be_lost() {
        let cell = |survival: Survival| Cell {
            scenario: "ransomware".into(),
            copies: vec![crate::prove::CellCopy {
                copy: "s3_bucket.dumps/versions".into(),
                survival,
                loss: crate::prove::Loss::Everything,
                reach: None,
            }],
            loss: crate::prove::Loss::Everything,
            reach: None,
            curve: Vec::new(),
            judged: Default::default(),
        };
        let printed = |survival: Survival| {
            let style = Style {
                color: false,
                width: 100,
            };
            let mut out = String::new();
            Page { style }.cell(&mut out, &cell(survival));
            out.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let left = printed(Survival::Conditional(
            "the credential is not one of these: a".into(),
        ));
        assert!(
            left.ends_with(
                "loses everything at worst; what is left depends: versions: the credential is not one of these: a"
            ),
            "{left}"
        );
        assert!(printed(Survival::Unknown("it was not read".into())).ends_with("everything at worst"));
        assert!(printed(Survival::Lost("it is gone".into())).ends_with("loses everything"));
    }
}
