//! Expressions and what `terraform console` (1.11) printed for them, as `jsonencode([…])`.

use backstay::config::console::{self, Mode};
use backstay::config::eval::Env;
use std::collections::HashMap;

#[derive(serde::Deserialize)]
struct Row {
    src: String,
    want: String,
}

#[test]
fn expressions_give_what_terraform_gives() {
    let env = Env::new(".", jiff::Timestamp::UNIX_EPOCH);
    let mut wrong = Vec::new();
    for line in include_str!("terraform.jsonl").lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        let src = format!("jsonencode([{}])", row.src);
        let got = match console::run(Mode::Expression, &src, &HashMap::new(), &env) {
            Ok(value) => value.as_str().unwrap_or("(unknown)").to_owned(),
            Err(said) => said
                .iter()
                .map(|d| d.detail.clone())
                .collect::<Vec<_>>()
                .join(" "),
        };
        if got != row.want {
            wrong.push(format!("{}\n    want {}\n    got  {got}", row.src, row.want));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
