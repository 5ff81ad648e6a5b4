//! The table of diagnostic codes; `docs/errors.md` is generated from it.

/// The stable identity of a kind of diagnostic. Compared by id.
#[derive(Debug, Clone, Copy)]
pub struct Code(&'static Entry);

#[derive(Debug)]
struct Entry {
    id: &'static str,
    summary: &'static str,
    explanation: &'static str,
}

impl Code {
    /// `BKS-E0101`; never reused for another meaning.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// One sentence without user names.
    pub fn summary(self) -> &'static str {
        self.0.summary
    }

    /// What `docs/errors.md` says about it.
    pub fn explanation(self) -> &'static str {
        self.0.explanation
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Code {}

macro_rules! codes {
    ($($name:ident = $id:literal, $summary:literal, $explanation:literal;)*) => {
        $(
            #[doc = $summary]
            pub const $name: Code = Code(&Entry { id: $id, summary: $summary, explanation: $explanation });
        )*
        /// Every code, in the order of the table.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

// 00xx input and files, 01xx syntax, 02xx evaluation and types, 03xx blocks and references,
// 04xx values of a kind's attributes, 05xx the cloud, 06xx plan and apply, 07xx everything else.
codes! {
    FILE_UNREADABLE = "BKS-E0001", "A file cannot be read", "The file does not exist, is not UTF-8, is too large, or its permissions forbid reading it.";
    NO_FILES = "BKS-E0002", "No configuration files", "The folder holds no file that ends in .hcl or .hcl.json, so there is no posture to work on.";
    SYNTAX = "BKS-E0101", "The text is not valid HCL", "The parser could not read the text at this place. Blocks before and after it are still checked.";
    TOO_DEEP = "BKS-E0102", "The text is nested too deeply", "Expressions and blocks may nest only so far; the limit keeps hostile input from exhausting the stack.";
    EVALUATION = "BKS-E0201", "An expression cannot be evaluated", "An operation was applied to a value that does not support it.";
    WRONG_TYPE = "BKS-E0202", "A value has the wrong type", "The value cannot be converted to the type that is asked for here.";
    BAD_CALL = "BKS-E0203", "A function call failed", "The function does not exist, was given the wrong number or type of arguments, or refused their values.";
    UNKNOWN_VALUE = "BKS-E0204", "The value is not known yet", "A value that only an apply can decide stands where it has to be known when planning.";
    INVALID_FOR_EACH = "BKS-E0205", "for_each or count cannot be used so", "for_each takes a map or a set of strings, count a whole number from 0; both have to be known when planning and must not be sensitive.";
    CONDITION_FAILED = "BKS-E0206", "A condition is not met", "A validation, precondition, postcondition or assertion that the posture declares is false.";
    SENSITIVE = "BKS-E0207", "A sensitive value would show", "What blocks declare is compared with the cloud and shows in plans, in records of applies and in the cloud, so no argument takes a sensitive value.";
    UNKNOWN_BLOCK = "BKS-E0301", "There is no such block type", "The block's type is neither part of the language nor a resource kind.";
    UNKNOWN_ATTRIBUTE = "BKS-E0302", "There is no such argument", "The block does not have an argument or nested block of this name.";
    MISSING_ATTRIBUTE = "BKS-E0303", "A required argument is missing", "The block needs this argument or nested block.";
    DUPLICATE = "BKS-E0304", "The same thing is declared twice", "Names must be unique: two blocks of one type and name, or one argument set twice.";
    UNKNOWN_REFERENCE = "BKS-E0305", "A reference points to nothing", "No variable, local, account or resource of this name is declared.";
    CYCLE = "BKS-E0306", "References form a cycle", "Each of these needs the next one first, so none can be first. Break the circle at one of the places named.";
    BAD_LABELS = "BKS-E0307", "The block has the wrong labels", "The block type takes a fixed number of labels, and a label must be an identifier.";
    MISSING_VARIABLE = "BKS-E0308", "A variable has no value", "The variable has no default and none was given by -var, -var-file, a .auto.bsvars file or the environment.";
    UNDECLARED_VARIABLE = "BKS-E0309", "A value is given for a variable that is not declared", "Either the name is misspelt or the variable block is missing.";
    INVALID_VALUE = "BKS-E0401", "A value is not allowed here", "The value has the right type but lies outside what the service accepts.";
    CONFLICT = "BKS-E0402", "Two settings contradict each other", "The service refuses this combination, or it would not do what it says.";
    WRONG_ACCOUNT = "BKS-E0501", "The credentials belong to another account", "The account block names an id, and sts:GetCallerIdentity answered another one. Nothing was read or changed.";
    NO_CREDENTIALS = "BKS-E0502", "There are no usable credentials", "No credentials were found, or the role could not be assumed.";
    UNREACHABLE = "BKS-E0503", "The cloud cannot be reached", "The endpoint did not answer: no network, a wrong region or endpoint, or a dead proxy.";
    UNREADABLE = "BKS-E0504", "A resource cannot be read", "Reading was denied or failed, so whether the resource is as declared is unknown. An unknown is never counted as clean.";
    NOT_FOUND = "BKS-E0505", "A resource that must exist does not", "backstay manages how this resource is protected but never creates it.";
    NOT_OURS = "BKS-E0506", "The resource is not the one that is meant", "The name is taken: by another account, another project, or in another region.";
    API = "BKS-E0507", "A call to the cloud failed", "The service answered with an error that is not a lack of permission.";
    REFUSED = "BKS-E0601", "A change is refused until it is approved by name", "It weakens protection or can never be undone.";
    STALE_PLAN = "BKS-E0602", "The plan is out of date", "Something that the plan touches has changed since it was made. Nothing was changed; make a new plan.";
    BAD_PLAN = "BKS-E0603", "The file is not a usable plan", "It is truncated, altered, of another version or of another posture.";
    UNKNOWN_ADDRESS = "BKS-E0604", "No resource has this address", "The address was given on the command line and matches nothing in the posture.";
    STEP_FAILED = "BKS-E0605", "A step of the apply failed", "Steps that do not depend on it were still run; run the same command again to go on.";
    CANNOT_BE_SET = "BKS-E0606", "A setting cannot be changed on what exists", "The service decides this when the resource is created; it has to be changed by hand.";
    LOCKED = "BKS-E0607", "Another apply holds the lock", "The posture has a `lock` block, and its lease is held by somebody else. Wait with --lock-timeout; if that apply is known to be dead, wait until its lease expires or use `backstay unlock`.";
    LOCK_LOST = "BKS-E0608", "The lock was lost while applying", "The lease could not be renewed, or somebody took it by force, so nothing new was started. Run the same command again to go on.";
    PREFLIGHT = "BKS-E0609", "The credentials lack a permission that the plan needs", "By the identity's own policies, as IAM simulates them, a call of the plan would be denied. Nothing was changed.";
    NOT_KEPT = "BKS-E0610", "The record of the apply cannot be kept", "Every apply leaves a record of what it does: one before the first write, one at its end.";
    RELEASE_PREVENTED = "BKS-E0611", "A resource must not be released", "Its block said `lifecycle { prevent_release = true }`, which is marked on the resource itself, and the block is gone or names another resource now. Nothing is released until a block without prevent_release has been applied.";
    SPENT = "BKS-E0612", "The plan was applied already", "A saved plan is applied to its end once. After that the same signatures approve nothing any more, even if somebody has put back what it changed.";
    UNAPPROVED = "BKS-E0620", "The plan lacks approvals", "The posture's policy, or the one in force, asks for signatures of the saved plan by several keys. `backstay approve` makes them.";
    UNCOUNTED = "BKS-E0621", "An approval does not count", "Only a signature of this very plan counts, by a key that the policy lists, and once for each key. An approval by name counts where the plan does what it approves.";
    OUTSIDE_WINDOW = "BKS-E0622", "A change is made outside of its window", "The policy says when such changes may be made. Nothing was changed.";
    CANNOT_SIGN = "BKS-E0623", "The plan cannot be signed", "The key or the agent that holds it does not sign. Nothing was written.";
    POLICY_UNKNOWN = "BKS-E0624", "The policy in force is not known", "What was in force last is kept where the records of applies are, and it cannot be read there. Without it nobody knows which approvals a change needs.";
    USAGE = "BKS-E0701", "The command was used in a way that does not work", "See the command's --help.";
    SANDBOX = "BKS-E0702", "The sandbox does not work", "The local emulators could not be installed or started.";
    INTERNAL = "BKS-E0799", "backstay has a defect", "This should not happen; please report it with the command and the files that led to it.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        let ids: Vec<_> = ALL.iter().map(|c| c.id()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
