//! What the machine says: who runs the command, and where it keeps things.

use backstay::evidence::lease::Holder;
use std::path::PathBuf;

/// Who runs this command.
pub(crate) fn holder(caller: Option<&str>) -> Holder {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let unknown = || "unknown".to_owned();
    Holder {
        user: variable("USER")
            .or_else(|| variable("LOGNAME"))
            .or_else(|| variable("USERNAME"))
            .unwrap_or_else(unknown),
        host: host().unwrap_or_else(unknown),
        pid: std::process::id(),
        caller: caller.map(str::to_owned),
        command: command(std::env::args()),
    }
}

fn host() -> Option<String> {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    told.or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
}

/// The command as it was given, without the values of variables: they may be secrets.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let mut words = vec!["backstay".to_owned()];
    let mut value = false;
    for argument in arguments.skip(1) {
        let name = argument.trim_start_matches('-');
        let is_option = argument.starts_with('-');
        words.push(if value {
            hidden(&argument)
        } else if let Some(set) = name.strip_prefix("var=").filter(|_| is_option) {
            format!("-var={}", hidden(set))
        } else {
            argument.clone()
        });
        value = is_option && name == "var";
    }
    words.join(" ")
}

fn hidden(set: &str) -> String {
    let name = set.split_once('=').map_or("", |(name, _)| name);
    format!("{name}=...")
}

/// Where records of applies are kept whose posture declares no bucket for them.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    folder("XDG_STATE_HOME")
        .or_else(|| Some(folder("HOME")?.join(".local").join("state")))
        .map(|state| state.join("backstay"))
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn values_of_variables_are_not_kept() {
        let given = [
            "/usr/bin/backstay",
            "apply",
            "-var",
            "password=x",
            "--var=token=y",
            "-auto-approve",
            "dir",
        ];
        let kept = command(given.iter().map(|&a| a.to_owned()));
        assert_eq!(
            kept,
            "backstay apply -var password=... -var=token=... -auto-approve dir"
        );
    }
}
