//! What a run is given besides the folder's own files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the configuration is, and the values given for its variables. Nothing here is read
/// from the process: the caller says what it wants to be seen.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The folder with the configuration's files.
    pub dir: PathBuf,
    /// `-var name=value`, in the order given; the last one of a name wins, over everything else.
    pub vars: Vec<(String, String)>,
    /// `-var-file`, in the order given; they win over `*.auto.bsvars`.
    pub var_files: Vec<PathBuf>,
    /// The environment: `BACKSTAY_VAR_name` gives a variable the weakest value, `HOME` is what
    /// `~` stands for. Other names are ignored.
    pub env: BTreeMap<String, String>,
    /// The account numbers that the credentials turned out to belong to, by account label.
    /// They make values known that depend on the number.
    pub account_ids: BTreeMap<String, crate::model::AccountId>,
    /// Texts that stand for what these files hold on disk, as an editor has them before they are
    /// saved. Paths as they are read: below `dir`, without `.` and `..`.
    pub unsaved: BTreeMap<PathBuf, Arc<str>>,
    /// Whether [`Posture::names`](super::Posture::names) is wanted.
    pub keep_names: bool,
}
