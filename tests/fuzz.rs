//! The bodies of the fuzz targets, on a corpus of hostile texts and on bytes drawn at random.

#[path = "fuzz/bodies.rs"]
mod bodies;

use proptest::prelude::*;
use std::path::Path;

#[test]
fn the_corpus_is_survived() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        bodies::evaluate(&data);
        bodies::format(&data);
        count += 1;
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn deep_nesting_is_survived() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", "}"),
        ("\"${", "}\""),
        ("b {\n", "}\n"),
        ("!", ""),
    ] {
        let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        bodies::evaluate(text.as_bytes());
        bodies::format(format!("a = {text}").as_bytes());
        bodies::format(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_survived(data in prop::collection::vec(any::<u8>(), 0..200)) {
        bodies::evaluate(&data);
        bodies::format(&data);
    }

    /// Text that looks like the language gets further than bytes do.
    #[test]
    fn lines_of_the_language_keep_their_values(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "a=1", "bb =  [1,2 ]", "c={x=1,y:2}", "d {", "}", "e = \"x${1+ 1}\"", "", "# note", "f=<<EOT\n x\nEOT",
                "g = (1\n+2)", "h = true?1:2 // end", "i=[for x in [1]:x]", "\"j\" = 1", "k=-1", "l = \"%{if true}y%{endif}\"",
            ]),
            0..12,
        )
    ) {
        bodies::format(lines.join("\n").as_bytes());
    }
}
