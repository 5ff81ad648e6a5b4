//! The way to the emulators.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::answers::xml::Element;
use super::reply::{Body, BodyError, Refusal, full};
use super::request::Params;
use super::routes::Answerer;

/// Both emulators' addresses and one client for them.
#[derive(Debug, Clone)]
pub(super) struct Backends {
    client: Client<HttpConnector, Body>,
    pub(super) ministack: u16,
    moto: u16,
}

/// A complete answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: hyper::http::response::Parts,
    pub(super) body: Bytes,
}

impl Answer {
    /// The body as XML.
    pub(super) fn xml(&self) -> Option<Element> {
        Element::parse(std::str::from_utf8(&self.body).ok()?)
    }

    /// As it came.
    pub(super) fn response(self) -> Response<Body> {
        Response::from_parts(self.head, full(self.body))
    }

    /// The same answer with another body.
    pub(super) fn with_body(mut self, body: String) -> Response<Body> {
        self.head.headers.remove("content-length");
        Response::from_parts(self.head, full(body))
    }
}

impl Backends {
    pub(super) fn new(ministack: u16, moto: u16) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(std::time::Duration::from_secs(30))
            .build(connector);
        Self {
            client,
            ministack,
            moto,
        }
    }

    fn port(&self, to: Answerer) -> u16 {
        match to {
            Answerer::Moto => self.moto,
            Answerer::Ministack | Answerer::Gateway => self.ministack,
        }
    }

    /// Passes a request on as it came, but for who it is for.
    pub(super) async fn forward(
        &self,
        to: Answerer,
        mut head: Parts,
        account: &str,
        body: Body,
    ) -> Result<Response<Body>, BodyError> {
        let path = head.uri.path_and_query().map_or("/", |p| p.as_str());
        head.uri = Uri::try_from(format!("http://127.0.0.1:{}{path}", self.port(to)))?;
        head.headers.remove("connection");
        head.version = hyper::Version::HTTP_11;
        if to == Answerer::Moto {
            head.headers.insert("x-moto-account-id", account.parse()?);
        }
        let response = self.client.request(Request::from_parts(head, body)).await?;
        let (mut head, body) = response.into_parts();
        // The gateway keeps its own connections.
        head.headers.remove("connection");
        head.headers.remove("transfer-encoding");
        Ok(Response::from_parts(
            head,
            body.map_err(BodyError::from).boxed_unsync(),
        ))
    }

    /// The same, with the whole answer.
    pub(super) async fn ask(
        &self,
        to: Answerer,
        head: Parts,
        account: &str,
        body: Bytes,
    ) -> Result<Answer, BodyError> {
        let (head, body) = self.forward(to, head, account, full(body)).await?.into_parts();
        Ok(Answer {
            head,
            body: body.collect().await?.to_bytes(),
        })
    }

    /// A query request of the gateway's own to moto, which checks no signatures.
    ///
    /// # Errors
    /// What moto refused with; `InternalFailure` when it cannot be understood.
    pub(super) async fn moto(
        &self,
        service: &str,
        account: &str,
        region: &str,
        params: &Params,
    ) -> Result<Element, Refusal> {
        let broken =
            |error: &dyn std::fmt::Display| Refusal::new(500, "InternalFailure", format!("moto: {error}"));
        let scope = format!("AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request");
        let (head, ()) = Request::post("/")
            .header("host", "127.0.0.1")
            .header("authorization", scope)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(())
            .map_err(|error| broken(&error))?
            .into_parts();
        let answer = self
            .ask(Answerer::Moto, head, account, params.encode().into())
            .await
            .map_err(|error| broken(&error))?;
        let Some(document) = answer.xml() else {
            return Err(broken(&answer.head.status));
        };
        if answer.head.status == StatusCode::OK {
            return Ok(document);
        }
        let error = document.find("Error").cloned().unwrap_or_default();
        Err(Refusal::new(
            answer.head.status.as_u16(),
            &error.value("Code"),
            error.value("Message"),
        ))
    }

    /// Empties both emulators.
    pub(super) async fn reset(&self) -> Result<(), BodyError> {
        for (port, path) in [
            (self.ministack, "/_ministack/reset"),
            (self.moto, "/moto-api/reset"),
        ] {
            let request = Request::post(format!("http://127.0.0.1:{port}{path}")).body(full(Bytes::new()))?;
            let response = self.client.request(request).await?;
            let status = response.status();
            response.into_body().collect().await?;
            if !status.is_success() {
                return Err(format!("{path} answered {status}").into());
            }
        }
        Ok(())
    }
}
