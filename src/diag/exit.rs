//! Exit codes: one value decides the code and the summary line.

/// How a command ended. The numbers are a contract with scripts (`docs/ci.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to do, or done.
    Clean,
    /// Bad input, an unreadable resource, a refused change.
    Error,
    /// Changes are pending (`plan --detailed-exitcode`, drift in `check`).
    Pending,
    /// A control failed, or text is not formatted (`fmt --check`).
    CheckFailed,
    /// Some steps of an apply are done and some are not.
    Partial,
    /// Stopped by the user.
    Interrupted,
}

impl Exit {
    /// The graver of two when a command goes on after the first.
    #[must_use]
    pub fn max_with(self, other: Self) -> Self {
        if self == Exit::Error {
            self
        } else {
            self.max(other)
        }
    }

    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Error => 1,
            Exit::Pending => 2,
            Exit::CheckFailed => 3,
            Exit::Partial => 4,
            Exit::Interrupted => 130,
        }
    }
}
