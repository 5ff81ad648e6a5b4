//! Standard output for results, standard error for diagnostics and progress.

use backstay::diag::{Diagnostics, Sources, render};
use backstay::report::Style;
use clap::ValueEnum;
use std::io::{self, IsTerminal, Write};

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

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    color: Color,
}

impl Terminal {
    pub(crate) fn new(color: Color) -> Self {
        Self { color }
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
            width: 100,
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
        drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    }

    /// Writes a line of progress.
    pub(crate) fn tell(self, line: &str) {
        drop(writeln!(io::stderr().lock(), "{line}"));
    }

    /// Writes diagnostics.
    pub(crate) fn diagnose(self, diagnostics: &Diagnostics, sources: &Sources) {
        let style = render::Style {
            color: self.colored(io::stderr().is_terminal()),
            width: 100,
        };
        drop(
            io::stderr()
                .lock()
                .write_all(render::text(diagnostics, sources, style).as_bytes()),
        );
    }
}
