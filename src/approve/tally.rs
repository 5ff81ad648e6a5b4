//! Which keys have approved: every signature of the file verified, each key counted once.

use super::{Signature, blocks};
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::approval::SshKey;

/// So many signatures nobody looks at.
const MOST: usize = 1000;

/// What became of a file of signatures.
#[derive(Debug, Default)]
pub struct Tally {
    /// The keys that count, in the order of their signatures, with the comments of the list.
    pub signers: Vec<SshKey>,
    /// A warning for each signature that does not count.
    pub uncounted: Diagnostics,
}

/// Verifies every signature of `text` over the plan with this digest. A key counts when it is one of
/// `listed`, and once.
pub fn tally(text: &str, file: &str, digest: &str, listed: &[SshKey]) -> Tally {
    let mut tally = Tally::default();
    let blocks = blocks(text);
    for (at, block) in blocks.iter().take(MOST).enumerate() {
        let counted = Signature::read(block).and_then(|signature| {
            let key = signature.verify(digest)?;
            let Some(known) = listed.iter().find(|known| **known == key) else {
                return Err(format!(
                    "it is by a key that the policy does not list, {}",
                    key.fingerprint()
                ));
            };
            if tally.signers.contains(known) {
                return Err(format!("{} has approved already, and counts once", known.shown()));
            }
            Ok(known.clone())
        });
        match counted {
            Ok(key) => tally.signers.push(key),
            Err(why) => tally.uncounted.push(uncounted(file, at, &why)),
        }
    }
    if blocks.len() > MOST {
        let why = format!("{} more were not looked at", blocks.len() - MOST);
        tally.uncounted.push(uncounted(file, MOST, &why));
    }
    tally
}

fn uncounted(file: &str, at: usize, why: &str) -> Diagnostic {
    Diagnostic::warning(code::UNCOUNTED, format!("Signature {} of {file}: {why}.", at + 1))
}
