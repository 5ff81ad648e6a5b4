//! Text made of fragments of the language: whatever it is, it is answered.

use backstay::config::console::{self, Mode};
use backstay::config::eval::Env;
use backstay::diag::FileId;
use backstay::syntax::{format, lexer};
use proptest::prelude::*;
use std::collections::HashMap;

const FRAGMENTS: &[&str] = &[
    "a",
    "b.c",
    "1",
    "-",
    "2.5e3",
    "\"",
    "${",
    "%{",
    "}",
    "~}",
    "{",
    "(",
    ")",
    "[",
    "]",
    "=",
    "==",
    "=>",
    ":",
    "?",
    ",",
    "...",
    ".",
    "*",
    "[*]",
    ".*",
    "\n",
    " ",
    "<<EOT\n",
    "<<-E\n",
    "\nEOT\n",
    "\n  E\n",
    "for x in ",
    "if ",
    "else",
    "endif",
    "endfor",
    "in",
    "null",
    "true",
    "upper(",
    "try(",
    "format(\"%d\", ",
    "#c\n",
    "/*",
    "*/",
    "//",
    "'",
    "\\",
    "é",
    "\u{0}",
    "\r\n",
    "$${",
    "&&",
    "||",
    "!",
    "%",
    "b \"l\" {",
    "locals {\n",
];

fn text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        9 => proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn is_evaluated_or_refused(text in text()) {
        let env = Env::new("/nowhere", jiff::Timestamp::UNIX_EPOCH);
        for mode in [Mode::Expression, Mode::Template, Mode::Body] {
            let answer = console::run(mode, &text, &HashMap::new(), &env);
            if let Err(said) = answer {
                prop_assert!(said.has_errors());
                prop_assert!(said.iter().all(|d| d.code.id() != "BKS-E0799"), "{:?}", said);
            }
        }
    }

    #[test]
    fn tokens_cover_the_text(text in text()) {
        let mut last = 0;
        for token in lexer::lex(&text) {
            let between = text.get(last as usize..token.start as usize);
            prop_assert!(between.is_some_and(|b| b.chars().all(|c| matches!(c, ' ' | '\t'))), "{:?}", token);
            prop_assert!(text.get(token.start as usize..token.end as usize).is_some());
            last = token.end;
        }
    }

    #[test]
    fn formatting_twice_changes_nothing(text in text()) {
        if let Ok(once) = format::format(FileId::NONE, &text) {
            let twice = format::format(FileId::NONE, &once);
            prop_assert!(twice.is_ok_and(|twice| twice == once), "{:?}", once);
        }
    }
}
