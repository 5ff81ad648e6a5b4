//! An editor, as far as the protocol can tell.

use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than any answer takes on a slow machine: only a server that hangs is met by it.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Editor {
    child: Child,
    input: ChildStdin,
    output: Receiver<Json>,
    /// Messages that came while something else was awaited.
    early: Vec<Json>,
    requests: u64,
    pub(crate) capabilities: Json,
    pub(crate) folder: tempfile::TempDir,
}

/// Reads one frame; `None` at the end.
fn frame(reader: &mut impl BufRead) -> Option<Json> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse::<usize>().ok();
                }
            }
        }
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

impl Editor {
    /// Starts a server in a new folder with these files.
    pub(crate) fn start(files: &[(&str, &str)], capabilities: Json) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_backstay"))
            .args(["lsp", "--stdio"])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some(message) = frame(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut editor = Self {
            child,
            input,
            output,
            early: Vec::new(),
            requests: 0,
            capabilities: Json::Null,
            folder,
        };
        let root = editor.uri("");
        let answer = editor.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "posture"}],
                "capabilities": capabilities,
            }),
        );
        editor.capabilities = answer["capabilities"].clone();
        editor.notify("initialized", json!({}));
        editor
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().canonicalize().unwrap();
        if name.is_empty() {
            folder
        } else {
            folder.join(name)
        }
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    fn send(&mut self, message: &Json) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    pub(crate) fn notify(&mut self, method: &str, params: Json) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The next message that `wanted` takes; others are kept for later.
    fn wait(&mut self, what: &str, wanted: impl Fn(&Json) -> bool) -> Json {
        if let Some(at) = self.early.iter().position(&wanted) {
            return self.early.remove(at);
        }
        loop {
            let message = self
                .output
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|why| panic!("no {what}: {why}; so far: {:#?}", self.early));
            if wanted(&message) {
                return message;
            }
            self.early.push(message);
        }
    }

    /// Asks, and waits for the whole answer.
    pub(crate) fn ask(&mut self, method: &str, params: Json) -> Json {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(method, |m| m["id"] == id && m.get("method").is_none())
    }

    /// Asks, and waits for the result.
    pub(crate) fn request(&mut self, method: &str, params: Json) -> Json {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer:#}");
        answer["result"].clone()
    }

    /// Opens a file of the folder as it is on disk.
    pub(crate) fn open(&mut self, name: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        let uri = self.uri(name);
        let document = json!({"uri": uri, "languageId": "backstay", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Replaces a range (start line, start column, end line, end column) of an open file.
    pub(crate) fn change(&mut self, name: &str, version: i32, range: [u32; 4], text: &str) {
        let [a, b, c, d] = range;
        let change = json!({
            "range": {"start": {"line": a, "character": b}, "end": {"line": c, "character": d}},
            "text": text,
        });
        let document = json!({"uri": self.uri(name), "version": version});
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [change]}),
        );
    }

    /// The next list of diagnostics for a file's version.
    pub(crate) fn diagnostics(&mut self, name: &str, version: i32) -> Vec<Json> {
        let uri = self.uri(name);
        let said = self.wait("diagnostics", |m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri
                && m["params"]["version"] == version
        });
        said["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Whether diagnostics for a file's version have come already.
    pub(crate) fn has_diagnostics(&self, name: &str, version: i32) -> bool {
        let uri = self.uri(name);
        self.early
            .iter()
            .any(|m| m["params"]["uri"] == uri && m["params"]["version"] == version)
    }

    /// A request about a place of a file.
    pub(crate) fn at(&mut self, method: &str, name: &str, line: u32, character: u32) -> Json {
        let document = json!({"uri": self.uri(name)});
        let position = json!({"line": line, "character": character});
        let context = json!({"includeDeclaration": true, "triggerKind": 1});
        self.request(
            method,
            json!({"textDocument": document, "position": position, "context": context}),
        )
    }

    /// The labels that are proposed at a place.
    pub(crate) fn proposed(&mut self, name: &str, line: u32, character: u32) -> Vec<String> {
        let items = self.at("textDocument/completion", name, line, character);
        let items = items.as_array().unwrap();
        items
            .iter()
            .map(|i| i["label"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Ends the session as an editor does.
    pub(crate) fn quit(mut self) -> ExitStatus {
        self.request("shutdown", Json::Null);
        self.notify("exit", Json::Null);
        self.child.wait().unwrap()
    }

    /// Goes away without a word; gives the exit status and what was said on standard error.
    pub(crate) fn vanish(mut self, last: &[u8]) -> (ExitStatus, String) {
        self.input.write_all(last).unwrap();
        drop(self.input);
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        (status, said)
    }
}

/// `name:line:column` of a location's start, from 0.
pub(crate) fn place(location: &Json, folder: &Path) -> String {
    let uri = location["uri"].as_str().unwrap();
    let prefix = format!("file://{}/", folder.display());
    let start = &location["range"]["start"];
    format!(
        "{}:{}:{}",
        uri.strip_prefix(&prefix).unwrap_or(uri),
        start["line"],
        start["character"]
    )
}
