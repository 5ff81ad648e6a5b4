//! What the program found, for people and for other programs. Data in, text out: nothing here
//! prints, reads a file or asks the cloud.
//!
//! - [`findings`]: an assessment as text, JSON, SARIF, JUnit and markdown
//! - [`escape`]: everything that the cloud or the user says goes through it

pub mod escape;
pub mod findings;
mod wrap;
