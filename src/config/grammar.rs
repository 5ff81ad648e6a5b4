//! What may stand in the blocks that the language itself has, as data: for editors and schemas.
//! How they are read is written where they are read; a test holds the two against each other.

use super::posture::CheckSeverity;
use crate::model::schema::{Attr as _, AttributeSchema, BlockSchema, NestedSchema};
use crate::model::types::Type;
use std::sync::LazyLock;

fn argument(name: &'static str, ty: Type, accepts: &str, doc: &'static str) -> AttributeSchema {
    AttributeSchema {
        name,
        doc,
        ty,
        accepts: accepts.to_owned(),
        words: &[],
        required: false,
    }
}

fn required(argument: AttributeSchema) -> AttributeSchema {
    AttributeSchema {
        required: true,
        ..argument
    }
}

fn block(name: &'static str, doc: &'static str, attributes: Vec<AttributeSchema>) -> BlockSchema {
    BlockSchema {
        attributes,
        ..BlockSchema::new(name, doc, &[])
    }
}

fn repeated(schema: BlockSchema) -> NestedSchema {
    NestedSchema {
        required: false,
        repeated: true,
        schema,
    }
}

/// `condition` and `error_message`, under one of four names.
fn rule(name: &'static str, doc: &'static str) -> NestedSchema {
    let condition = argument(
        "condition",
        Type::Bool,
        "an expression that gives true or false",
        "What has to hold.",
    );
    let message = argument(
        "error_message",
        Type::String,
        "a text",
        "What is said when it does not, in whole sentences.",
    );
    repeated(block(name, doc, vec![required(condition), required(message)]))
}

fn any(name: &'static str, accepts: &str, doc: &'static str) -> AttributeSchema {
    argument(name, Type::Any, accepts, doc)
}

fn flag(name: &'static str, doc: &'static str) -> AttributeSchema {
    argument(name, Type::Bool, "true or false", doc)
}

fn text(name: &'static str, doc: &'static str) -> AttributeSchema {
    argument(name, Type::String, "a text", doc)
}

fn for_each() -> AttributeSchema {
    any(
        "for_each",
        "a map, or a set of texts",
        "One instance for each element; `each.key` and `each.value` are the element's.",
    )
}

fn count() -> AttributeSchema {
    argument(
        "count",
        Type::Number,
        "a whole number from 0",
        "That many instances; `count.index` counts them from 0.",
    )
}

fn depends_on() -> AttributeSchema {
    any(
        "depends_on",
        "a list of references such as [s3_bucket.a, module.b]",
        "What has to be done first. References say it by themselves.",
    )
}

static VARIABLE: LazyLock<BlockSchema> = LazyLock::new(|| BlockSchema {
    labels: &["name"],
    blocks: vec![rule("validation", "A rule for the variable's value.")],
    ..block(
        "variable",
        "A value that is given from outside: with -var, in a .auto.bsvars file, or by BACKSTAY_VAR_name.",
        vec![
            any(
                "type",
                "a type such as string, number, bool, duration, size, list(string), map(number) or object({…})",
                "What values are converted to.",
            ),
            any(
                "default",
                "a value of the type",
                "The value when none is given; without it, one has to be.",
            ),
            text("description", "What it is for."),
            flag("sensitive", "Whether its value is kept out of every output."),
            flag("nullable", "Whether null is a value of it; true unless written."),
            flag(
                "ephemeral",
                "Accepted as in Terraform; nothing is stored in any case.",
            ),
        ],
    )
});

static LOCALS: LazyLock<BlockSchema> = LazyLock::new(|| {
    block(
        "locals",
        "Names for values, as `local.NAME`. Any argument may stand here.",
        vec![],
    )
});

static OUTPUT: LazyLock<BlockSchema> = LazyLock::new(|| BlockSchema {
    labels: &["name"],
    blocks: vec![rule("precondition", "What has to hold for the output.")],
    ..block(
        "output",
        "A value that a module gives to its caller, and a posture to whoever runs it.",
        vec![
            required(any("value", "a value", "The value.")),
            text("description", "What it is."),
            flag("sensitive", "Whether it is kept out of every output."),
            depends_on(),
            flag(
                "ephemeral",
                "Accepted as in Terraform; nothing is stored in any case.",
            ),
        ],
    )
});

static MODULE: LazyLock<BlockSchema> = LazyLock::new(|| BlockSchema {
    labels: &["name"],
    ..block(
        "module",
        "The blocks of another folder, with values for its variables. Its outputs are `module.NAME.OUTPUT`.",
        vec![
            required(text(
                "source",
                "The folder, as a path from this one such as `./modules/bucket`.",
            )),
            for_each(),
            count(),
            depends_on(),
        ],
    )
});

static MOVED: LazyLock<BlockSchema> = LazyLock::new(|| {
    let address = "an address such as s3_bucket.a";
    block(
        "moved",
        "A block's new address, so that a renamed block is not taken for another one.",
        vec![
            required(any("from", address, "The address it had.")),
            required(any("to", address, "The address it has.")),
        ],
    )
});

static CHECK: LazyLock<BlockSchema> = LazyLock::new(|| BlockSchema {
    labels: &["name"],
    blocks: vec![rule("assert", "What has to hold.")],
    ..block(
        "check",
        "Assertions of your own. One that does not hold warns in a plan and is a finding in `backstay check`.",
        vec![AttributeSchema {
            words: CheckSeverity::words(),
            ..argument(
                "severity",
                Type::String,
                &CheckSeverity::accepts(),
                "How bad it is when one does not hold; medium unless written.",
            )
        }],
    )
});

static LIFECYCLE: LazyLock<NestedSchema> = LazyLock::new(|| NestedSchema {
    required: false,
    repeated: false,
    schema: BlockSchema {
        blocks: vec![
            rule("precondition", "What has to hold before anything is planned."),
            rule(
                "postcondition",
                "What has to hold of the result; `self` is the resource.",
            ),
        ],
        ..block(
            "lifecycle",
            "How changes of this resource are dealt with.",
            vec![
                any(
                    "ignore_changes",
                    "a list of arguments' names, or all",
                    "What is neither compared nor changed.",
                ),
                flag(
                    "prevent_release",
                    "Whether releasing the resource is an error, even when its block is gone; a mark on the resource remembers it.",
                ),
            ],
        )
    },
});

static DYNAMIC: LazyLock<BlockSchema> = LazyLock::new(|| BlockSchema {
    labels: &["block"],
    ..block(
        "dynamic",
        "Nested blocks that are made from a collection; the label is their type.",
        vec![
            required(any(
                "for_each",
                "a collection",
                "One block for each element of it.",
            )),
            any(
                "iterator",
                "a name",
                "What the element is called in `content`; the block's type unless written.",
            ),
            any("labels", "a list of texts", "The labels of each block."),
        ],
    )
});

static COMMON: LazyLock<Vec<AttributeSchema>> = LazyLock::new(|| {
    vec![
        any(
            "account",
            "an account such as account.vault, or its label",
            "Where the resource lives; else in the account that is marked default, or the only one.",
        ),
        argument(
            "region",
            Type::String,
            "a region such as \"us-east-1\"",
            "Where it lives; else in its account's region.",
        ),
        for_each(),
        count(),
        depends_on(),
    ]
});

/// The blocks that [`schemas`](super::schemas) does not have because they are not decoded by their schema.
pub fn unschematic() -> [&'static BlockSchema; 6] {
    [&VARIABLE, &LOCALS, &OUTPUT, &MODULE, &MOVED, &CHECK]
}

/// The schema of a block of the language.
pub fn of_language(kind: &str) -> Option<&'static BlockSchema> {
    let decoded = super::schemas().into_iter();
    decoded.chain(unschematic()).find(|schema| schema.name == kind)
}

/// The arguments that every resource takes.
pub fn common() -> &'static [AttributeSchema] {
    &COMMON
}

/// The `lifecycle` block of every resource.
pub fn lifecycle() -> &'static NestedSchema {
    &LIFECYCLE
}

/// The `dynamic` block without its `content`.
pub fn dynamic() -> &'static BlockSchema {
    &DYNAMIC
}

#[cfg(test)]
mod tests {
    use super::super::declarations::{LANGUAGE, labels_of};
    use super::*;

    #[test]
    fn every_block_of_the_language_is_described_once() {
        let decoded = super::super::schemas();
        let all: Vec<&BlockSchema> = decoded.into_iter().chain(unschematic()).collect();
        for name in LANGUAGE {
            let found: Vec<_> = all.iter().filter(|s| s.name == *name).collect();
            assert_eq!(found.len(), 1, "{name}");
            assert_eq!(labels_of(name), Some(found[0].labels.len()), "{name}");
        }
        assert_eq!(all.len(), LANGUAGE.len());
    }
}
