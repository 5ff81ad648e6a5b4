//! Tables of what survives what.
