//! `backstay console`: expressions in the posture's context.

mod line_editor;

use super::{failed, machine, opening};
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::config::console::{self, Mode};
use backstay::config::display;
use backstay::config::eval::Env;
use backstay::diag::{Diagnostic, Exit, code};
use backstay::model::value::Value;
use clap::Args;
use std::collections::HashMap;
use std::io::{self, BufRead, IsTerminal, Write};

/// Evaluate expressions in the posture's context
///
/// Variables, locals, modules and what is known of resources before an apply are at hand; the
/// cloud is not asked. On a terminal it has history and completes names with Tab.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay console\n  \
    echo 'cidrsubnet(\"10.0.0.0/16\", 8, 2)' | backstay console\n  \
    backstay console -var env=prod examples/saas\n\n\
    `exit` or Ctrl-D ends it. Exit code 1 when an expression read from a pipe is wrong.")]
pub(crate) struct ConsoleArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// Answer JSON lines {id, mode, src, vars} with {id, type, value} or {id, error}
    #[arg(long)]
    batch: bool,
}

pub(crate) fn run(args: &ConsoleArgs, terminal: Terminal) -> Exit {
    let mut env = Env::new(&args.posture.dir, jiff::Timestamp::now());
    env.home = std::env::var_os("HOME").map(Into::into);
    if args.batch {
        return batch(&env, terminal);
    }
    let (names, diagnostics, sources) = opening::names(&args.posture);
    // A folder without a posture is a place to calculate in.
    let about: backstay::diag::Diagnostics = diagnostics
        .into_iter()
        .filter(|d| d.code != code::NO_FILES)
        .collect();
    terminal.diagnose(&about, &sources);
    let session = Session { names, env };
    if io::stdin().is_terminal() {
        line_editor::run(&session, machine::state_folder().as_deref(), terminal)
    } else {
        piped(&session, terminal)
    }
}

fn batch(env: &Env, terminal: Terminal) -> Exit {
    for line in io::stdin().lock().split(b'\n') {
        let line = match line {
            Ok(line) => String::from_utf8_lossy(&line).into_owned(),
            Err(why) => return unreadable(&why, terminal),
        };
        if line.trim().is_empty() {
            continue;
        }
        terminal.print(&format!("{}\n", console::answer(&line, env)));
        drop(io::stdout().flush());
    }
    Exit::Clean
}

fn unreadable(why: &io::Error, terminal: Terminal) -> Exit {
    failed(
        terminal,
        Diagnostic::error(code::FILE_UNREADABLE, format!("standard input: {why}.")),
    )
}

fn piped(session: &Session, terminal: Terminal) -> Exit {
    let mut exit = Exit::Clean;
    let mut text = String::new();
    for line in io::stdin().lock().lines() {
        let line = match line {
            Ok(line) => line,
            Err(why) => return unreadable(&why, terminal),
        };
        text.push_str(&line);
        text.push('\n');
        if is_open(&text) {
            continue;
        }
        exit = exit.max_with(session.tell(&std::mem::take(&mut text), terminal));
    }
    exit.max_with(session.tell(&text, terminal))
}

/// What expressions see.
struct Session {
    names: HashMap<String, Value>,
    env: Env,
}

impl Session {
    /// Evaluates and prints.
    fn tell(&self, text: &str, terminal: Terminal) -> Exit {
        if text.trim().is_empty() {
            return Exit::Clean;
        }
        match console::run(Mode::Expression, text.trim(), &self.names, &self.env) {
            Ok(value) => {
                terminal.print(&format!("{}\n", display(&value)));
                Exit::Clean
            }
            Err(diagnostics) => {
                terminal.diagnose(&diagnostics, &backstay::diag::Sources::new());
                Exit::Error
            }
        }
    }
}

/// Whether a text is the beginning of an expression: a bracket, a template or a heredoc is open.
fn is_open(text: &str) -> bool {
    let mut depth: usize = 0;
    let mut rest = text.char_indices().peekable();
    let mut in_text = false;
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' if in_text => drop(rest.next()),
            '"' => in_text = !in_text,
            _ if in_text => {}
            '#' => while rest.next_if(|(_, c)| *c != '\n').is_some() {},
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '<' => {
                if let Some(marker) = text.get(at..).and_then(heredoc) {
                    let ended = text
                        .get(at..)
                        .is_some_and(|t| t.lines().skip(1).any(|line| line.trim() == marker));
                    return !ended;
                }
            }
            _ => {}
        }
    }
    depth > 0
}

fn heredoc(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("<<-").or_else(|| text.strip_prefix("<<"))?;
    let marker = rest.lines().next()?.trim();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    (!marker.is_empty() && marker.chars().all(is_name)).then_some(marker)
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn an_expression_goes_on_while_something_is_open() {
        for text in ["[1,", "{\n a = 1", "f(", "<<EOT\nx\n", "{ a = \"}\""] {
            assert!(is_open(text), "{text}");
        }
        for text in ["1 + 2", "[1]", "\"(\"", "<<EOT\nx\nEOT\n", "1 < 2", ")", "a # ("] {
            assert!(!is_open(text), "{text}");
        }
    }
}
