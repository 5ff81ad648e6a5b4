//! Values as `console` shows them: what `terraform console` prints, which can be pasted back.

use crate::diag::escape;
use crate::model::value::{Value, View};

/// The value over one or more lines, without a line break at the end.
pub fn display(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    if value.is_sensitive() {
        out.push_str("(sensitive value)");
        return;
    }
    match value.view() {
        View::Null(ty) => match ty.to_string().as_str() {
            "string" => out.push_str("tostring(null)"),
            "number" => out.push_str("tonumber(null)"),
            "bool" => out.push_str("tobool(null)"),
            _ => out.push_str("null"),
        },
        View::Unknown(_) => out.push_str("(known after apply)"),
        View::Bool(is) => out.push_str(if is { "true" } else { "false" }),
        View::Number(number) => out.push_str(&number.to_string()),
        View::String(text) => string(out, text, depth),
        View::List(_, items) => called(out, "tolist", |out| sequence(out, items, depth)),
        View::Set(_, items) => called(out, "toset", |out| sequence(out, items, depth)),
        View::Tuple(items) => sequence(out, items, depth),
        View::Map(_, entries) => called(out, "tomap", |out| {
            members(out, entries.iter().map(|(k, v)| (k.as_str(), v)), depth);
        }),
        View::Object(entries) => members(out, entries.iter().map(|(k, v)| (k.as_str(), v)), depth),
    }
}

fn called(out: &mut String, function: &str, inside: impl FnOnce(&mut String)) {
    out.push_str(function);
    out.push('(');
    inside(out);
    out.push(')');
}

fn indent(out: &mut String, depth: usize) {
    out.push_str(&"  ".repeat(depth));
}

fn sequence(out: &mut String, items: &[Value], depth: usize) {
    if items.is_empty() {
        out.push_str("[]");
        return;
    }
    out.push_str("[\n");
    for item in items {
        indent(out, depth + 1);
        write_value(out, item, depth + 1);
        out.push_str(",\n");
    }
    indent(out, depth);
    out.push(']');
}

fn members<'a>(out: &mut String, entries: impl Iterator<Item = (&'a str, &'a Value)>, depth: usize) {
    let mut any = false;
    for (key, value) in entries {
        if !any {
            out.push_str("{\n");
        }
        any = true;
        indent(out, depth + 1);
        out.push_str(&quoted(key));
        out.push_str(" = ");
        write_value(out, value, depth + 1);
        out.push('\n');
    }
    if any {
        indent(out, depth);
        out.push('}');
    } else {
        out.push_str("{}");
    }
}

/// Text of several lines as a heredoc, unless something in it would act on a terminal.
fn string(out: &mut String, text: &str, depth: usize) {
    let harmless = text.lines().all(|line| escape::line(line) == line);
    if !text.contains('\n') || !harmless || text.lines().any(|line| line.trim() == "EOT") {
        out.push_str(&quoted(text));
        return;
    }
    out.push_str(if depth == 0 { "<<EOT\n" } else { "<<-EOT\n" });
    for line in text.split('\n') {
        if !line.is_empty() {
            indent(out, depth);
        }
        out.push_str(line);
        out.push('\n');
    }
    indent(out, depth);
    out.push_str("EOT");
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                let mut buffer = [0u8; 4];
                let one = c.encode_utf8(&mut buffer);
                if escape::line(one).as_str() == &*one {
                    out.push(c);
                } else {
                    out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::display;
    use crate::config::console::{Mode, run};
    use crate::config::eval::Env;
    use std::collections::HashMap;

    /// Left an expression, right what `terraform console` (1.11) printed for it.
    const PRINTED: &[(&str, &str)] = &[
        (
            r#"[1,"a\nb",{a=null,b=[]}]"#,
            "[\n  1,\n  <<-EOT\n  a\n  b\n  EOT,\n  {\n    \"a\" = null\n    \"b\" = []\n  },\n]",
        ),
        (r#"tolist(["x"])"#, "tolist([\n  \"x\",\n])"),
        ("toset([])", "toset([])"),
        ("{}", "{}"),
        (r#""a$${b}""#, r#""a${b}""#),
        (r#""line1\nline2\n""#, "<<EOT\nline1\nline2\n\nEOT"),
        (r#"sensitive("x")"#, "(sensitive value)"),
        ("tomap({a=1})", "tomap({\n  \"a\" = 1\n})"),
        ("null", "null"),
        ("tostring(null)", "tostring(null)"),
        ("1e3", "1000"),
        (r#""q\"uo\tte""#, r#""q\"uo\tte""#),
        (r#"{"a-b"=1,c=2}"#, "{\n  \"a-b\" = 1\n  \"c\" = 2\n}"),
        (r#"[sensitive("a")]"#, "[\n  (sensitive value),\n]"),
        ("true", "true"),
        (r#"toset(["a"])"#, "toset([\n  \"a\",\n])"),
    ];

    #[test]
    fn values_look_as_in_terraform() {
        let env = Env::new(".", jiff::Timestamp::UNIX_EPOCH);
        for (src, want) in PRINTED {
            let value = run(Mode::Expression, src, &HashMap::new(), &env).unwrap();
            assert_eq!(display(&value), *want, "{src}");
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_escaped() {
        let value = crate::model::value::Value::string("a\u{1b}[31m\nb");
        assert_eq!(display(&value), "\"a\\u001b[31m\\nb\"");
    }
}
