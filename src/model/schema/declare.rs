//! The macros that declare blocks and enums of words once for struct, schema and decoder.

/// Declares a block: a struct, its schema and its decoder.
///
/// Members are arguments (types that are [`Attr`](crate::model::schema::Attr)) or nested blocks
/// (other structs declared so), required unless wrapped in `Option` or `Vec`. The doc comments
/// become the reference page. A member `labels: [name]` takes the block's labels as text.
#[macro_export]
macro_rules! block {
    (
        $(#[doc = $doc:literal])*
        $(#[labels($($label:ident),*)])?
        $vis:vis struct $name:ident {
            $( $(#[doc = $fdoc:literal])* $fvis:vis $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        $vis struct $name {
            $($(
                /// The block's label.
                pub $label: String,
            )*)?
            $( $(#[doc = $fdoc])* $fvis $field: $ty, )*
        }

        impl $crate::model::schema::Block for $name {
            fn schema(name: &'static str) -> $crate::model::schema::BlockSchema {
                let mut schema = $crate::model::schema::BlockSchema::new(
                    name,
                    concat!($($doc, "\n"),*),
                    &[$($(stringify!($label)),*)?],
                );
                $(
                    <$ty as $crate::model::schema::Field>::describe(
                        stringify!($field).trim_start_matches("r#"),
                        concat!($($fdoc, "\n"),*),
                        &mut schema,
                    );
                )*
                schema
            }

            #[allow(unused_mut, unused_variables, unused_assignments)]
            fn decode(
                from: &$crate::model::schema::EvaluatedBlock,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> Option<Self> {
                let mut labels = from.labels.iter().cloned();
                $($( let $label = labels.next(); )*)?
                $(
                    let $field = <$ty as $crate::model::schema::Field>::take(
                        stringify!($field).trim_start_matches("r#"),
                        from,
                        diagnostics,
                    );
                )*
                Some(Self {
                    $($( $label: $label?, )*)?
                    $( $field: $field.got()?, )*
                })
            }
        }

        impl $crate::model::schema::Field for $name {
            fn describe(
                name: &'static str,
                doc: &'static str,
                into: &mut $crate::model::schema::BlockSchema,
            ) {
                $crate::model::schema::describe_block::<Self>(name, doc, false, into);
            }

            fn take(
                name: &str,
                from: &$crate::model::schema::EvaluatedBlock,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> $crate::model::schema::Taken<Self> {
                use $crate::model::schema::Taken;
                match $crate::model::schema::take_blocks::<Self>(name, from, diagnostics) {
                    Taken::Absent => Taken::Absent,
                    Taken::Bad => Taken::Bad,
                    Taken::Got(all) => all.into_iter().next().map_or(Taken::Absent, Taken::Got),
                }
            }

            fn describe_many(
                name: &'static str,
                doc: &'static str,
                into: &mut $crate::model::schema::BlockSchema,
            ) {
                $crate::model::schema::describe_block::<Self>(name, doc, true, into);
            }

            fn take_many(
                name: &str,
                from: &$crate::model::schema::EvaluatedBlock,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> $crate::model::schema::Taken<Vec<Self>> {
                $crate::model::schema::take_blocks::<Self>(name, from, diagnostics)
            }
        }
    };
}

/// Declares an enum of words as an argument type: `word! { enum Mode { Governance = "governance", … } }`.
#[macro_export]
macro_rules! word {
    (
        $(#[doc = $doc:literal])*
        $vis:vis enum $name:ident { $( $(#[doc = $vdoc:literal])* $variant:ident = $text:literal ),* $(,)? }
    ) => {
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            schemars::JsonSchema,
        )]
        $vis enum $name { $( $(#[doc = $vdoc])* #[serde(rename = $text)] $variant ),* }

        impl $name {
            /// As in HCL.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text ),* }
            }
        }

        impl $crate::model::schema::Attr for $name {
            fn ty() -> $crate::model::types::Type {
                $crate::model::types::Type::String
            }
            fn accepts() -> String {
                [$( concat!("\"", $text, "\"") ),*].join(" or ")
            }
            fn words() -> &'static [&'static str] {
                &[$( $text ),*]
            }
            fn parse(value: &$crate::model::value::Value) -> Result<Self, String> {
                match value.as_str() {
                    $( Some($text) => Ok(Self::$variant), )*
                    Some(other) => Err(format!("\"{other}\" is not one of the words it knows")),
                    None => Err("it is not a text".into()),
                }
            }
        }
    };
}
