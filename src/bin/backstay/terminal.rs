//! Standard output for results, standard error for diagnostics and progress.

use backstay::diag::{Diagnostics, Exit, Sources, escape, render};
use backstay::report::Style;
use clap::ValueEnum;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something could not be written to standard output, as on a full disk.
static LOST: AtomicBool = AtomicBool::new(false);

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Who reads standard output, and so where diagnostics belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A person: diagnostics go to standard error.
    Person,
    /// A program that reads one object a line: a diagnostic is a line like the others.
    Lines,
    /// A program that reads one object: when there is no result, the diagnostics take its place.
    Object,
}

/// How wide text is drawn when nobody says.
const WIDTH: usize = 100;

/// Columns of a terminal: `COLUMNS` (POSIX) where it is a number, as shells hold it and pipelines export it. What is too
/// narrow to be read is taken for a slip.
fn columns(said: Option<&str>) -> usize {
    const NARROWEST: usize = 40;
    said.and_then(|said| said.trim().parse().ok())
        .filter(|columns| *columns >= NARROWEST)
        .unwrap_or(WIDTH)
}

fn width() -> usize {
    columns(std::env::var("COLUMNS").ok().as_deref())
}

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    color: Color,
    reader: Reader,
}

impl Terminal {
    pub(crate) fn new(color: Color) -> Self {
        Self {
            color,
            reader: Reader::Person,
        }
    }

    /// For a command that prints JSON Lines when `asked`; its first line says the version.
    #[must_use]
    pub(crate) fn json_lines(self, asked: bool) -> Self {
        let reader = if asked { Reader::Lines } else { self.reader };
        Self { reader, ..self }
    }

    /// For a command that prints one JSON object when `asked`.
    #[must_use]
    pub(crate) fn json_object(self, asked: bool) -> Self {
        let reader = if asked { Reader::Object } else { self.reader };
        Self { reader, ..self }
    }

    fn colored(self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                terminal
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                    && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
            }
        }
    }

    /// How results are drawn.
    pub(crate) fn style(self) -> Style {
        Style {
            color: self.colored(io::stdout().is_terminal()),
            width: width(),
        }
    }

    /// Whether progress can be drawn over.
    pub(crate) fn is_live(self) -> bool {
        io::stderr().is_terminal() && self.color != Color::Never
    }

    /// Writes a result, and shows it at once: a question ends without a line end. A reader that has
    /// gone away has seen enough.
    pub(crate) fn print(self, text: &str) {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            Err(why) if why.kind() != io::ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) => {
                self.tell(&format!("What there is to say could not be written: {why}."));
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// How a command ends that only reports: a report that was lost is no good news.
    pub(crate) fn reported(self, exit: Exit) -> Exit {
        match LOST.load(Ordering::Relaxed) {
            true => Exit::Error,
            false => exit,
        }
    }

    /// Writes a line of progress.
    pub(crate) fn tell(self, line: &str) {
        drop(writeln!(io::stderr().lock(), "{line}"));
    }

    /// Writes diagnostics in place of a result.
    pub(crate) fn refuse(self, diagnostics: &Diagnostics, sources: &Sources) {
        if self.reader != Reader::Object {
            return self.diagnose(diagnostics, sources);
        }
        let failed = serde_json::json!(render::failed(diagnostics, sources));
        self.print(&format!("{}\n", escape::json(&failed.to_string())));
    }

    /// Writes diagnostics beside what else there is to say.
    pub(crate) fn diagnose(self, diagnostics: &Diagnostics, sources: &Sources) {
        if self.reader == Reader::Lines {
            for diagnostic in diagnostics.iter() {
                let diagnostic = render::json(diagnostic, sources);
                let line = serde_json::json!({ "type": "diagnostic", "diagnostic": diagnostic });
                self.print(&format!("{}\n", escape::json(&line.to_string())));
            }
            return;
        }
        let style = render::Style {
            color: self.colored(io::stderr().is_terminal()),
            width: width(),
        };
        drop(
            io::stderr()
                .lock()
                .write_all(render::text(diagnostics, sources, style).as_bytes()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, columns};

    #[test]
    fn text_is_as_wide_as_columns_says() {
        for (said, width) in [
            (Some("60"), 60),
            (Some(" 140 "), 140),
            (Some("0"), WIDTH),
            (Some("7"), WIDTH),
            (Some("wide"), WIDTH),
            (Some("-60"), WIDTH),
            (Some(""), WIDTH),
            (None, WIDTH),
        ] {
            assert_eq!(columns(said), width, "{said:?}");
        }
    }
}
