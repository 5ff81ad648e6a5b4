//! An edit and the answer to what is asked right after it, as somebody who types feels it:
//! `cargo bench --bench editor`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a bench that cannot go on should panic"
)]

mod support;

use backstay::editor;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

struct Client {
    connection: Connection,
    requests: i32,
}

impl Client {
    fn notify(&self, method: &str, params: Json) {
        let notification = Notification::new(method.to_owned(), params);
        self.connection.sender.send(notification.into()).unwrap();
    }

    fn request(&mut self, method: &str, params: Json) -> Json {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        let request = Request::new(id.clone(), method.to_owned(), params);
        self.connection.sender.send(request.into()).unwrap();
        self.wait(|message| match message {
            Message::Response(answer) if answer.id == id => answer.response_result(),
            _ => None,
        })
    }

    fn wait(&self, wanted: impl Fn(Message) -> Option<Json>) -> Json {
        loop {
            if let Some(found) = wanted(self.connection.receiver.recv().unwrap()) {
                return found;
            }
        }
    }

    /// Waits for what is wrong with a version of the edited file.
    fn diagnostics(&self, version: i32) -> Json {
        self.wait(|message| match message {
            Message::Notification(said) if said.params["version"] == version => Some(said.params),
            _ => None,
        })
    }
}

trait Answered {
    fn response_result(self) -> Option<Json>;
}

impl Answered for lsp_server::Response {
    fn response_result(self) -> Option<Json> {
        serde_json::to_value(self)
            .ok()
            .map(|mut answer| answer["result"].take())
    }
}

/// 10,000 blocks, of which one file with `edited` of them is open.
fn edit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("edit a posture of 10,000 blocks");
    group.sample_size(20);
    for edited in [100, 10_000] {
        let folder = support::folder(&support::pairs((10_000 - edited) / 2));
        let text = support::pairs_only(edited / 2, "x");
        let path = folder.path().canonicalize().unwrap().join("edited.hcl");
        std::fs::write(&path, &text).unwrap();
        let (ours, theirs) = Connection::memory();
        let server = std::thread::spawn(move || editor::serve(&theirs, BTreeMap::new()).unwrap());
        let mut client = Client {
            connection: ours,
            requests: 0,
        };
        client.request("initialize", json!({"capabilities": {}}));
        client.notify("initialized", json!({}));
        let uri = format!("file://{}", path.display());
        let document = json!({"uri": uri, "languageId": "hcl", "version": 1, "text": text});
        client.notify("textDocument/didOpen", json!({"textDocument": document}));
        client.diagnostics(1);
        let mut version = 1;
        let change = |client: &Client, version: i32, letter: &str| {
            let range = json!({"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 1}});
            client.notify(
                "textDocument/didChange",
                json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"range": range, "text": letter}]}),
            );
        };
        let place = json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 2}});
        for (name, method) in [
            ("complete", "textDocument/completion"),
            ("hover", "textDocument/hover"),
            ("symbols", "textDocument/documentSymbol"),
        ] {
            group.bench_function(BenchmarkId::new(name, edited), |bencher| {
                bencher.iter(|| {
                    version += 1;
                    change(&client, version, "\n");
                    client.request(method, place.clone())
                });
            });
        }
        group.bench_function(BenchmarkId::new("syntax error shown", edited), |bencher| {
            bencher.iter(|| {
                version += 1;
                change(&client, version, if version % 2 == 0 { "]" } else { "[" });
                client.diagnostics(version)
            });
        });
        client.request("shutdown", Json::Null);
        client.notify("exit", Json::Null);
        drop(server.join());
    }
    group.finish();
}

criterion_group!(benches, edit);
criterion_main!(benches);
