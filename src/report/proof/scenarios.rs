//! The disasters themselves: what each takes for granted.

use crate::model::objective::Scenario;
use crate::report::Style;
use crate::report::escape;
use crate::report::wrap::wrap;

/// A table of disasters: what each destroys, whose credentials its attacker holds, and after what time it is noticed.
pub fn scenarios(all: &[Scenario], style: Style) -> String {
    let mut out = row(["SCENARIO", "DESTROYS", "HOLDS", "NOTICED"], "", style);
    for scenario in all {
        let holds = scenario.holds.map_or("-", |holds| holds.as_str());
        let noticed = scenario.noticed_after.to_string();
        let cells = [
            scenario.name.as_str(),
            scenario.destroys.as_str(),
            holds,
            noticed.as_str(),
        ];
        out.push_str(&row(cells, &scenario.summary, style));
    }
    out
}

fn row([name, destroys, holds, noticed]: [&str; 4], summary: &str, style: Style) -> String {
    const INDENT: usize = 50;
    let head = format!(
        "{:<22} {destroys:<8}  {holds:<7}  {noticed:<7}",
        escape::line(name)
    );
    let summary = escape::line(summary);
    let beside = style.width.saturating_sub(INDENT);
    // Where there is no room beside the columns, it stands below them.
    let (indent, width) = match beside < 30 {
        true => (4, style.width.saturating_sub(4)),
        false => (INDENT, beside),
    };
    let mut out = head.clone();
    for (n, part) in wrap(&summary, width).into_iter().enumerate() {
        match n == 0 && indent == INDENT {
            true => out = format!("{head:<INDENT$}{part}"),
            false => out.push_str(&format!("\n{}{part}", " ".repeat(indent))),
        }
    }
    format!("{}\n", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::objective;

    #[test]
    fn every_disaster_says_what_it_takes_for_granted() {
        for width in [60, 100] {
            let all = objective::scenarios();
            let printed = scenarios(&all, Style { color: false, width });
            for line in printed.lines() {
                assert!(line.chars().count() <= width, "{line}");
            }
            for scenario in &all {
                let line = printed
                    .lines()
                    .find(|l| l.split_whitespace().next() == Some(&scenario.name))
                    .unwrap();
                let words: Vec<&str> = line.split_whitespace().skip(1).take(3).collect();
                let holds = scenario.holds.map_or("-", |h| h.as_str());
                let noticed = scenario.noticed_after.to_string();
                assert_eq!(words, [scenario.destroys.as_str(), holds, noticed.as_str()]);
            }
        }
    }
}
