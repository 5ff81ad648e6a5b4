//! The first thread: the protocol's requests and notifications.

use super::complete::{self, complete};
use super::document::{Document, path_of};
use super::examine::{Examiner, Job, Known, Members, Names, Parser};
use super::position::Encoding;
use super::publish::Published;
use super::workspace::{Workspace, is_posture};
use super::{formatting, hover, navigate};
use lsp_server::{
    Connection, ErrorCode, ExtractError, Message, Notification, ProtocolError, Request, Response,
};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _,
};
use lsp_types::request::{
    Completion, DocumentSymbolRequest, Formatting, GotoDefinition, HoverRequest, References, Request as _,
};
use lsp_types::{
    CompletionOptions, CompletionResponse, DocumentSymbolResponse, GotoDefinitionResponse,
    HoverProviderCapability, InitializeParams, OneOf, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentPositionParams, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, PoisonError};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The editor said good-bye.
    Properly,
    /// The editor is gone without a word; the protocol wants exit code 1.
    Abruptly,
}

/// Serves one editor until it ends the session. `env` gives values to variables as for a run.
///
/// # Errors
/// What the editor does against the protocol.
pub fn serve(connection: &Connection, env: BTreeMap<String, String>) -> Result<Ended, ProtocolError> {
    let (id, parameters) = connection.initialize_start()?;
    let parameters: InitializeParams = match serde_json::from_value(parameters) {
        Ok(parameters) => parameters,
        Err(why) => {
            let answer = Response::new_err(id, ErrorCode::InvalidParams as i32, why.to_string());
            drop(connection.sender.send(answer.into()));
            return Ok(Ended::Abruptly);
        }
    };
    let general = parameters.capabilities.general.as_ref();
    let encoding = Encoding::agreed(general.and_then(|g| g.position_encodings.as_deref()));
    let answer = json!({
        "capabilities": capabilities(encoding),
        "serverInfo": ServerInfo {
            name: "backstay".into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
        },
    });
    connection.initialize_finish(id, answer)?;

    let known = Known::default();
    let members = Members::default();
    let sender = connection.sender.clone();
    // An editor that is gone needs no answers.
    let send = move |message| drop(sender.send(message));
    let published = Arc::new(Published::new(Box::new(send), encoding));
    let parser = Parser {
        published: Arc::clone(&published),
        members: Arc::clone(&members),
    };
    let examiner = Examiner {
        published,
        known: Arc::clone(&known),
        members,
        env,
        folders: folders(&parameters),
    };
    let (to_parser, of_parser) = channel();
    let (to_examiner, of_examiner) = channel();
    let mut server = Server {
        workspace: Workspace::default(),
        versions: BTreeMap::new(),
        encoding,
        snippets: takes_snippets(&parameters),
        known,
        jobs: [to_parser, to_examiner],
    };
    std::thread::scope(|scope| {
        scope.spawn(move || parser.run(&of_parser));
        scope.spawn(move || examiner.run(&of_examiner));
        let ended = server.listen(connection);
        // Without their senders the other threads end.
        drop(server);
        ended
    })
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions::default())),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".into(), "\"".into()]),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

fn takes_snippets(parameters: &InitializeParams) -> bool {
    let text_document = parameters.capabilities.text_document.as_ref();
    let item = text_document
        .and_then(|t| t.completion.as_ref())
        .and_then(|c| c.completion_item.as_ref());
    item.and_then(|i| i.snippet_support) == Some(true)
}

fn folders(parameters: &InitializeParams) -> Vec<PathBuf> {
    let named = parameters.workspace_folders.iter().flatten().map(|f| &f.uri);
    #[allow(deprecated, reason = "older editors know nothing else")]
    let root = parameters.root_uri.iter();
    let all: BTreeSet<PathBuf> = named.chain(root).filter_map(path_of).collect();
    all.into_iter().collect()
}

struct Server {
    workspace: Workspace,
    versions: BTreeMap<PathBuf, i32>,
    encoding: Encoding,
    snippets: bool,
    known: Known,
    jobs: [Sender<Job>; 2],
}

impl Server {
    fn listen(&mut self, connection: &Connection) -> Result<Ended, ProtocolError> {
        for message in &connection.receiver {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(Ended::Properly);
                    }
                    let answer = self.answer(request);
                    if connection.sender.send(answer.into()).is_err() {
                        break;
                    }
                }
                Message::Notification(notification) if notification.method == "exit" => break,
                Message::Notification(notification) => self.notice(notification),
                Message::Response(_) => {}
            }
        }
        Ok(Ended::Abruptly)
    }

    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        let method = request.method.clone();
        let answered = match method.as_str() {
            Completion::METHOD => with(request, |p: lsp_types::CompletionParams| self.completion(&p)),
            HoverRequest::METHOD => with(request, |p: lsp_types::HoverParams| self.hover(&p)),
            GotoDefinition::METHOD => with(request, |p: lsp_types::GotoDefinitionParams| self.definition(&p)),
            References::METHOD => with(request, |p: lsp_types::ReferenceParams| self.references(&p)),
            DocumentSymbolRequest::METHOD => {
                with(request, |p: lsp_types::DocumentSymbolParams| self.symbols(&p))
            }
            Formatting::METHOD => with(request, |p: lsp_types::DocumentFormattingParams| {
                self.formatting(&p)
            }),
            _ => Err((
                ErrorCode::MethodNotFound,
                format!("backstay does not know the request {method}"),
            )),
        };
        match answered {
            Ok(result) => Response::new_ok(id, result),
            Err((code, why)) => Response::new_err(id, code as i32, why),
        }
    }

    fn at(&self, params: &TextDocumentPositionParams) -> Option<(Arc<Document>, usize)> {
        let document = self.document(&params.text_document.uri)?;
        let at = document.offset(params.position, self.encoding);
        Some((document, at))
    }

    /// A text that is open and written in HCL; others are only evaluated.
    fn document(&self, uri: &Uri) -> Option<Arc<Document>> {
        let path = path_of(uri)?;
        self.workspace.opened(&path).filter(|_| is_posture(&path))
    }

    /// The values of the posture that a file belongs to, as of its last evaluation.
    fn names(&self, document: &Document) -> Option<Arc<Names>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(document.folder()).cloned()
    }

    fn completion(&mut self, params: &lsp_types::CompletionParams) -> Option<CompletionResponse> {
        let (document, at) = self.at(&params.text_document_position)?;
        let names = self.names(&document);
        let context = complete::Context {
            encoding: self.encoding,
            snippets: self.snippets,
            names: names.as_deref(),
        };
        let items = complete(&document, at, &mut self.workspace, &context);
        Some(CompletionResponse::Array(items))
    }

    fn hover(&mut self, params: &lsp_types::HoverParams) -> Option<lsp_types::Hover> {
        let (document, at) = self.at(&params.text_document_position_params)?;
        let names = self.names(&document);
        hover::hover(
            &document,
            at,
            &mut self.workspace,
            names.as_deref(),
            self.encoding,
        )
    }

    fn definition(&mut self, params: &lsp_types::GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        let (document, at) = self.at(&params.text_document_position_params)?;
        let found = navigate::definition(&document, at, &mut self.workspace, self.encoding);
        found.map(GotoDefinitionResponse::Scalar)
    }

    fn references(&mut self, params: &lsp_types::ReferenceParams) -> Option<Vec<lsp_types::Location>> {
        let (document, at) = self.at(&params.text_document_position)?;
        let with_declaration = params.context.include_declaration;
        Some(navigate::references(
            &document,
            at,
            with_declaration,
            &mut self.workspace,
            self.encoding,
        ))
    }

    fn symbols(&mut self, params: &lsp_types::DocumentSymbolParams) -> Option<DocumentSymbolResponse> {
        let document = self.document(&params.text_document.uri)?;
        let symbols = navigate::symbols(&document, self.encoding);
        Some(DocumentSymbolResponse::Nested(symbols))
    }

    fn formatting(
        &mut self,
        params: &lsp_types::DocumentFormattingParams,
    ) -> Option<Vec<lsp_types::TextEdit>> {
        let document = self.document(&params.text_document.uri)?;
        Some(formatting::edits(&document, self.encoding))
    }

    /// Takes note of a change. One that cannot be read is passed over: nobody waits for an answer.
    fn notice(&mut self, notification: Notification) {
        let touched = match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                said(notification).and_then(|p: lsp_types::DidOpenTextDocumentParams| {
                    let document = p.text_document;
                    self.open(&document.uri, document.version, document.text)
                })
            }
            DidChangeTextDocument::METHOD => {
                said(notification).and_then(|p: lsp_types::DidChangeTextDocumentParams| {
                    let old = self.workspace.opened(&path_of(&p.text_document.uri)?)?;
                    let text = old.changed(p.content_changes, self.encoding);
                    self.open(&p.text_document.uri, p.text_document.version, text)
                })
            }
            DidCloseTextDocument::METHOD => {
                said(notification).and_then(|p: lsp_types::DidCloseTextDocumentParams| {
                    let path = path_of(&p.text_document.uri)?;
                    self.workspace.close(&path);
                    self.versions.remove(&path);
                    Some(BTreeSet::from([path]))
                })
            }
            DidSaveTextDocument::METHOD => {
                said(notification).and_then(|p: lsp_types::DidSaveTextDocumentParams| {
                    Some(BTreeSet::from([path_of(&p.text_document.uri)?]))
                })
            }
            DidChangeWatchedFiles::METHOD => {
                said(notification).map(|p: lsp_types::DidChangeWatchedFilesParams| {
                    p.changes.iter().filter_map(|c| path_of(&c.uri)).collect()
                })
            }
            _ => None,
        };
        let Some(touched) = touched else { return };
        let job = Job {
            touched,
            unsaved: self.workspace.unsaved(),
            versions: self.versions.clone(),
        };
        for jobs in &self.jobs {
            drop(jobs.send(job.clone()));
        }
    }

    fn open(&mut self, uri: &Uri, version: i32, text: String) -> Option<BTreeSet<PathBuf>> {
        let path = path_of(uri)?;
        self.versions.insert(path.clone(), version);
        self.workspace.put(Document::new(path.clone(), text));
        Some(BTreeSet::from([path]))
    }
}

/// Reads a request's parameters and answers it.
fn with<P: DeserializeOwned, R: Serialize>(
    request: Request,
    answer: impl FnOnce(P) -> R,
) -> Result<Json, (ErrorCode, String)> {
    let method = request.method.clone();
    match request.extract::<P>(&method) {
        Ok((_, params)) => {
            serde_json::to_value(answer(params)).map_err(|e| (ErrorCode::InternalError, e.to_string()))
        }
        Err(ExtractError::JsonError { error, .. }) => Err((ErrorCode::InvalidParams, error.to_string())),
        Err(ExtractError::MethodMismatch(request)) => Err((ErrorCode::InternalError, request.method)),
    }
}

fn said<P: DeserializeOwned>(notification: Notification) -> Option<P> {
    serde_json::from_value(notification.params).ok()
}
