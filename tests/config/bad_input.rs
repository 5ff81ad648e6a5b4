//! Input that is broken, hostile or huge: a diagnostic, never a panic, a hang or an overflow.

use crate::fixture::{HEAD, folder, inputs, load_text, run};

#[test]
fn folders_and_files_that_cannot_be_read() {
    run(&inputs(std::path::Path::new("/nowhere/at/all")))
        .says("BKS-E0001 The folder /nowhere/at/all cannot be read");
    let empty = folder(&[]);
    run(&inputs(empty.path())).says("BKS-E0002");
    for (bytes, text) in [
        (&b"a\n\0"[..], "line 2 holds a NUL byte"),
        (&b"\n\n\xff"[..], "line 3 holds an invalid byte"),
    ] {
        let dir = folder(&[("main.hcl", HEAD)]);
        std::fs::write(dir.path().join("x.hcl"), bytes).unwrap();
        run(&inputs(dir.path())).says(text);
    }
}

#[test]
fn a_byte_order_mark_is_not_counted() {
    let dir = folder(&[("main.hcl", &format!("\u{feff}{HEAD}locals {{\n  a = nope\n}}\n"))]);
    run(&inputs(dir.path())).says("5: BKS-E0305 There is nothing named \"nope\" here.");
    let dir = folder(&[("main.hcl", "\u{feff}nope {\n}\n")]);
    let loaded = run(&inputs(dir.path()));
    let span = loaded
        .diagnostics
        .iter()
        .find(|d| d.code.id() == "BKS-E0301")
        .and_then(|d| d.span)
        .unwrap();
    assert_eq!(
        (
            loaded.sources.location(span).line,
            loaded.sources.location(span).column
        ),
        (1, 1)
    );
}

#[test]
fn deep_nesting() {
    let deep = |open: &str, close: &str| {
        format!(
            "locals {{\n  a = {}1{}\n}}\n",
            open.repeat(10_000),
            close.repeat(10_000)
        )
    };
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", "}"),
        ("\"${", "}\""),
        ("!", ""),
        ("-", ""),
        ("f(", ")"),
    ] {
        let loaded = load_text(&deep(open, close));
        assert!(loaded.diagnostics.has_errors(), "{open}");
    }
    let blocks = format!("{}{}", "b {\n".repeat(10_000), "}\n".repeat(10_000));
    load_text(&blocks).says("BKS-E0102");
    let chain = format!("locals {{\n  a = {}1\n}}\n", "1 + ".repeat(10_000));
    load_text(&chain).says("BKS-E0102");
    let locals: String = (0..20_000)
        .map(|i| format!("  l{i} = [local.l{}]\n", i + 1))
        .collect();
    load_text(&format!("locals {{\n{locals}  l20000 = 1\n}}\n")).says("BKS-E0102");
}

#[test]
fn every_error_of_a_file_is_reported() {
    let loaded = load_text(
        "locals {\n  a = 1 +\n  b = 'x'\n  c = \"open\n  d = [1, 2\n}\nstore \"s\" {\n  name = }\n}\nlocals {\n  e = nope\n  f = 1 2\n}\n= 5\nlocals { x = 1, y = 2 }\n",
    );
    for text in [
        "5: ",
        "6: BKS-E0101 Single quotes",
        "7: BKS-E0101 The line ends inside quoted",
        "14: BKS-E0305",
        "15: BKS-E0101",
        "17: BKS-E0101",
        "18: BKS-E0101 A block on one line",
    ] {
        loaded.says(text);
    }
}

#[test]
fn what_never_ends() {
    for text in [
        "locals {\n  a = <<EOT\n  x\n",
        "locals {\n  a = \"${\n",
        "locals {\n  a = \"%{ if true }\"\n}\n",
        "locals {\n  a = \"%{ for x in [1] }\n",
        "/* x",
        "store \"a",
        "store \"a\" {",
        "locals {\n  a = (1\n}\n",
        "locals {\n  a = f(\n",
        "locals {\n  )\n}\n",
        "locals {\n  a = 1 ]\n}\n",
    ] {
        assert!(load_text(text).diagnostics.has_errors(), "{text:?}");
    }
}

#[test]
fn values_that_cannot_be() {
    let local = |expr: &str| load_text(&format!("locals {{\n  a = {expr}\n}}\n"));
    local("local.a").says("BKS-E0306 local.a -> local.a.");
    local("1e400").says("BKS-E01");
    local("1 / 0").says("BKS-E0201 The right side of / is zero.");
    local("5 % 0").says("BKS-E0201 The right side of % is zero.");
    local("upper()").says("BKS-E0203 upper() needs the argument \"str\"");
    local("upper(1, 2)").says("BKS-E0203 upper() takes 1 arguments, not 2");
    local("uper(1)").says("BKS-E0203 There is no function \"uper\".");
    local("max([1])").says("BKS-E0203");
    local("range(0, 1e9)").says("more than 1024");
    local("pow(10, 1e9)").says("BKS-E0203");
    local("format(\"%999999999d\", 1)").says("BKS-E0203");
    local("templatestring(local.b, {})\n  b = \"$${x\"").says("BKS-E0203");
    local("regex(\"(\", \"a\")").says("BKS-E0203");
    local("substr(\"a\", 1e30, 1)").says("BKS-E0203");
    local("1e15000 * 1e15000").says("BKS-E0");
    local("rsadecrypt(\"a\", \"b\")").says("is left out");
    local("{ for x in [1, 1] : x => x }").says("Two elements have the key \"1\"");
    local("[1][1]").says("is past the end");
    local("{}.x").says("has no attribute \"x\"");
    local("null.x").says("The value is null");
    local("\"a\" + 1").says("BKS-E0202 The operator + needs a number, but this is a string (\"a\").");
    local("true ? 1 : [1]").says("BKS-E0202 Both results of a conditional must have one type");
}

#[test]
fn a_template_that_renders_itself_ends() {
    let main = format!("{HEAD}locals {{\n  a = templatefile(\"t.tpl\", {{}})\n}}\n");
    let dir = folder(&[("main.hcl", &main), ("t.tpl", "${templatefile(\"t.tpl\", {})}")]);
    run(&inputs(dir.path())).says("16 deep");
}

#[test]
fn large_files() {
    let dir = folder(&[("main.hcl", HEAD)]);
    let line = "# a comment that says nothing, over and over again, to fill the file with text\n";
    std::fs::write(dir.path().join("large.hcl"), line.repeat((50 << 20) / line.len())).unwrap();
    assert!(!run(&inputs(dir.path())).diagnostics.has_errors());
    std::fs::write(dir.path().join("large.hcl"), vec![b'#'; (64 << 20) + 1]).unwrap();
    run(&inputs(dir.path())).says("is larger than 64 MiB");
}
