//! JSON Schemas of names that are texts.

use super::objective::Bound;
use super::{AccountId, Arn, Duration, Region};

macro_rules! text {
    ($($ty:ty, $name:literal, $says:literal;)*) => {$(
        impl schemars::JsonSchema for $ty {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $says })
            }
        }
    )*};
}

text! {
    AccountId, "AccountId", "Twelve digits.";
    Arn, "Arn", "An Amazon resource name.";
    Bound, "Bound", "A duration, `< ` and a duration, `point_in_time`, `n/a` or `provider`.";
    Duration, "Duration", "Whole numbers with units: `1d12h`; `0` for none.";
    Region, "Region", "A region, such as `us-east-1`.";
}
