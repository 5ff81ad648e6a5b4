//! A running sandbox: both emulators and the gateway in front.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::backends::Backends;
use super::control::Remote;
use super::emulator::{Emulator, Name};
use super::{DEFAULT_ACCOUNT, DEFAULT_REGION, ROOT_SECRET, Result, failure, gateway, install};

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Enforce signatures and IAM policies; without it every request is allowed. What ministack
    /// answers is checked in full: identity and bucket policies, boundaries, session policies,
    /// trust, signatures of sessions and access keys. For what moto and the gateway answer only
    /// the key's identity policies and boundary decide. The root key of an account is always let in.
    pub auth: bool,
}

/// Both emulators and the gateway. Dropping it ends them.
#[derive(Debug)]
pub struct Sandbox {
    remote: Remote,
    stop: watch::Sender<bool>,
    gateway: Option<JoinHandle<()>>,
    // Dropped after the gateway has ended.
    _emulators: [Emulator; 2],
}

impl Sandbox {
    /// Starts one and waits until it answers: about a second, the first time on a machine
    /// some ten seconds for [`install::install`], which tells `progress`. The gateway runs
    /// in a thread of its own, so this can be called with or without an async runtime.
    ///
    /// # Errors
    /// The emulators cannot be installed or started.
    pub fn start(options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Self> {
        let environment = install::install(progress)?;
        let ministack = Emulator::start(Name::Ministack, &environment, options.auth)?;
        let moto = Emulator::start(Name::Moto, &environment, options.auth)?;
        let emulators = [ministack.ready(&environment)?, moto.ready(&environment)?];
        let [ministack, moto] = &emulators;
        let backends = (ministack.port, moto.port);

        let no_port = |error: std::io::Error| {
            failure(
                format!("No port on 127.0.0.1 can be opened: {error}."),
                "Check the system's limits.",
            )
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(no_port)?;
        listener.set_nonblocking(true).map_err(no_port)?;
        let port = listener.local_addr().map_err(no_port)?.port();
        let (stop, _) = watch::channel(false);
        let (said, outcome) = mpsc::channel();
        let (stopping, auth) = (stop.clone(), options.auth);
        let gateway = std::thread::Builder::new()
            .name("sandbox-gateway".to_owned())
            .spawn(move || {
                let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(said.send(error)),
                };
                let (ministack, moto) = backends;
                if let Err(error) = runtime.block_on(gateway::serve(
                    listener,
                    Backends::new(ministack, moto),
                    auth,
                    stopping,
                )) {
                    drop(said.send(error));
                }
            })
            .map_err(no_port)?;
        let sandbox = Self {
            remote: Remote::new(port),
            stop,
            gateway: Some(gateway),
            _emulators: emulators,
        };
        // The listener is open already, so this waits for the first answer, not for a time.
        if sandbox.remote.is_up() {
            return Ok(sandbox);
        }
        let why = outcome
            .try_recv()
            .map_or_else(|_| "it does not answer".to_owned(), |error| error.to_string());
        Err(failure(
            format!("The sandbox's gateway did not start: {why}."),
            "Run the command again.",
        ))
    }

    /// To ask it and steer it.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// The address for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        self.remote.endpoint()
    }

    /// What a command needs in its environment to work on this sandbox and on nothing else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        environment(&self.endpoint())
    }

    /// Waits until somebody asks it to stop (`POST /_backstay/stop`).
    pub fn wait(mut self) {
        if let Some(gateway) = self.gateway.take() {
            // A gateway that panicked has ended as well.
            drop(gateway.join());
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(gateway) = self.gateway.take() {
            drop(gateway.join());
        }
    }
}

/// The variables that lead an AWS client to `endpoint`, as the root of the default account. The
/// last four keep it from reading the user's own settings.
pub fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", DEFAULT_ACCOUNT),
        ("AWS_SECRET_ACCESS_KEY", ROOT_SECRET),
        ("AWS_REGION", DEFAULT_REGION),
        ("AWS_DEFAULT_REGION", DEFAULT_REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("NO_PROXY", "127.0.0.1,localhost"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_leads_to_the_endpoint_only() {
        let all = environment("http://127.0.0.1:1");
        assert!(all.contains(&("AWS_ENDPOINT_URL", "http://127.0.0.1:1".to_owned())));
        assert!(all.iter().any(|(name, _)| *name == "AWS_SHARED_CREDENTIALS_FILE"));
    }
}
