//! The console on a terminal: history, completion, expressions over several lines.

use super::{Session, is_open};
use crate::terminal::Terminal;
use backstay::config::eval::functions;
use backstay::diag::{Diagnostic, Exit, code};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper};
use std::path::Path;

/// Reads, evaluates and prints until the user has enough.
pub(super) fn run(session: &Session, state: Option<&Path>, terminal: Terminal) -> Exit {
    let mut editor: Editor<Assistant, FileHistory> = match Editor::new() {
        Ok(editor) => editor,
        Err(why) => return broken(&why, terminal),
    };
    editor.set_helper(Some(Assistant {
        names: candidates(session),
    }));
    let history = state.map(|folder| folder.join("console_history"));
    if let Some(file) = &history {
        // There is none yet the first time.
        drop(editor.load_history(file));
    }
    loop {
        match editor.readline("> ") {
            Ok(text) if matches!(text.trim(), "exit" | "quit") => break,
            Ok(text) => {
                if !text.trim().is_empty() {
                    drop(editor.add_history_entry(text.as_str()));
                }
                session.tell(&text, terminal);
            }
            // Ctrl-C forgets the line, Ctrl-D ends.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(why) => return broken(&why, terminal),
        }
    }
    if let (Some(file), Some(folder)) = (&history, state) {
        // A console without memory is still a console.
        drop(std::fs::create_dir_all(folder));
        drop(editor.save_history(file));
    }
    Exit::Clean
}

fn broken(why: &ReadlineError, terminal: Terminal) -> Exit {
    super::failed(
        terminal,
        Diagnostic::error(code::FILE_UNREADABLE, format!("the terminal: {why}.")),
    )
}

/// Everything that can begin a word: functions, and names down to their first attributes.
fn candidates(session: &Session) -> Vec<String> {
    let mut all: Vec<String> = functions::names().into_iter().map(|f| format!("{f}(")).collect();
    for (root, value) in &session.names {
        for (name, inner) in value.entries() {
            all.push(format!("{root}.{name}"));
            for (attribute, _) in inner.entries() {
                all.push(format!("{root}.{name}.{attribute}"));
            }
        }
    }
    all.extend(["true", "false", "null", "for", "if", "exit"].map(str::to_owned));
    all.sort();
    all
}

struct Assistant {
    names: Vec<String>,
}

impl Assistant {
    fn complete(&self, line: &str, at: usize) -> (usize, Vec<String>) {
        let before = line.get(..at).unwrap_or(line);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_word(*c))
            .last()
            .map_or(before.len(), |(i, _)| i);
        let word = before.get(start..).unwrap_or("");
        let depth = word.matches('.').count();
        let fits = |name: &&String| name.starts_with(word) && name.matches('.').count() <= depth.max(1);
        (start, self.names.iter().filter(fits).cloned().collect())
    }
}

impl Completer for Assistant {
    type Candidate = String;
    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.complete(line, at))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_open(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}
impl Highlighter for Assistant {}
impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::Assistant;

    #[test]
    fn words_are_completed_by_what_there_is() {
        let names = ["cidrhost(", "var.env", "var.env.name", "local.x"];
        let assistant = Assistant {
            names: names.map(str::to_owned).to_vec(),
        };
        assert_eq!(assistant.complete("1 + va", 6), (4, vec!["var.env".to_owned()]));
        assert_eq!(
            assistant.complete("var.env.", 8),
            (0, vec!["var.env.name".to_owned()])
        );
        assert_eq!(assistant.complete("f(cid", 5), (2, vec!["cidrhost(".to_owned()]));
        assert_eq!(assistant.complete("é + lo", 7).0, 5);
    }
}
