//! An address behind which everything is passed on, until nobody listens there any more.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Passes connections on to another address.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<State>,
    listening: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    cut: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// To an endpoint such as `http://127.0.0.1:4566`.
    pub(crate) fn to(endpoint: &str) -> Self {
        let target = endpoint.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(State::default());
        let state = Arc::clone(&shared);
        let listening = std::thread::spawn(move || {
            for here in listener.incoming().flatten() {
                if state.cut.load(Ordering::SeqCst) {
                    return;
                }
                let there = TcpStream::connect(&target).unwrap();
                let both = [(&here, &there), (&there, &here)];
                for (from, to) in both {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || {
                        // Ends with an error when it is cut, and with the end of the connection.
                        let _ended = std::io::copy(&mut from, &mut to);
                        let _closed = to.shutdown(Shutdown::Both);
                    });
                }
                state.open.lock().unwrap().extend([here, there]);
            }
        });
        Self {
            address,
            shared,
            listening,
        }
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on nobody listens there, and all connections are closed.
    pub(crate) fn cut(self) {
        self.shared.cut.store(true, Ordering::SeqCst);
        // One more to wake whoever waits for the next.
        drop(TcpStream::connect(self.address));
        self.listening.join().unwrap();
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _closed_already = stream.shutdown(Shutdown::Both);
        }
    }
}
