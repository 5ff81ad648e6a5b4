//! The progress of an apply: lines that move on a terminal, plain lines elsewhere.

use crate::terminal::Terminal;
use backstay::apply::Event;
use backstay::plan::{Plan, StepId};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// A sink of the engine's events.
pub(crate) struct Progress<'a> {
    plan: &'a Plan,
    terminal: Terminal,
    bars: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<StepId, ProgressBar>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(plan: &'a Plan, terminal: Terminal) -> Self {
        let bars = MultiProgress::new();
        let length = u64::try_from(plan.steps.len()).unwrap_or(u64::MAX);
        let total = if terminal.is_live() {
            let bar = bars.add(ProgressBar::new(length));
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}") {
                bar.set_style(style);
            }
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            plan,
            terminal,
            bars,
            total,
            running: BTreeMap::new(),
        }
    }

    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Started(id) => {
                let text = self.text(*id);
                if self.terminal.is_live() {
                    let bar = self.bars.insert_before(&self.total, ProgressBar::new_spinner());
                    bar.set_message(format!("{text} ..."));
                    bar.enable_steady_tick(Duration::from_millis(120));
                    self.running.insert(*id, bar);
                } else {
                    self.say(&format!("{text} ..."));
                }
            }
            Event::Done(id, took) => {
                self.ended(*id);
                self.say(&format!(
                    "{}: done after {:.1}s",
                    self.text(*id),
                    took.as_secs_f32()
                ));
            }
            Event::Failed(id, error) => {
                self.ended(*id);
                self.say(&format!("{}: failed: {}", self.text(*id), error.code));
            }
            Event::Skipped(id, because) => {
                self.ended(*id);
                self.say(&format!(
                    "{}: not run, as it needs \"{}\"",
                    self.text(*id),
                    self.text(*because)
                ));
            }
        }
    }

    pub(crate) fn finish(&self) {
        self.total.finish_and_clear();
    }

    fn ended(&mut self, id: StepId) {
        if let Some(bar) = self.running.remove(&id) {
            bar.finish_and_clear();
        }
        self.total.inc(1);
    }

    fn say(&self, line: &str) {
        let line = backstay::report::escape::line(line);
        if self.terminal.is_live() {
            drop(self.bars.println(line));
        } else {
            self.terminal.tell(&line);
        }
    }

    fn text(&self, id: StepId) -> String {
        self.plan
            .steps
            .get(id)
            .map(|s| format!("{}: {}", s.address, s.what))
            .unwrap_or_default()
    }
}
