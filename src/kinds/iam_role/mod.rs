//! `iam_role`: a role that a posture needs besides its backup writers.

pub mod spec;
