//! Tests of the kind on data alone.
