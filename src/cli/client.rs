//! The same commands through a server: a small HTTP client of the native API.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::{Agent, Body, RequestBuilder, SendBody};

use super::Usage;
use crate::engine::{
    KeyInfo, KeyRequest, Lookup, LookupReply, MadeKey, NewMemory, StyleView, Verification,
};
use crate::model::ImportReport;

/// A server and the key to it.
pub(super) struct Client {
    agent: Agent,
    base: String,
    authorization: Option<String>,
}

/// What the server said instead of doing it.
#[derive(Debug, Default, Deserialize, thiserror::Error)]
#[error("the server answered {status} {code}: {detail}")]
#[serde(default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) detail: String,
    pub(super) line: Option<u64>,
    pub(super) byte: Option<u64>,
    pub(super) report: Option<ImportReport>,
}

/// What a JSON reply may have at most, in bytes.
const MAX_REPLY: u64 = 64 << 20;

impl Client {
    pub(super) fn new(base: &str, key: Option<String>) -> anyhow::Result<Self> {
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Usage(format!(
                "--server {base}: give an address such as http://127.0.0.1:8640"
            ))
            .into());
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(10)))
            .build();
        Ok(Client {
            agent: config.new_agent(),
            base: base.trim_end_matches('/').to_owned(),
            authorization: key.map(|key| format!("Bearer {key}")),
        })
    }

    /// Whether a server is there that knows this key.
    pub(super) fn greet(&self) -> anyhow::Result<()> {
        match self.answer(
            self.dress(self.agent.get(self.address("/v1/memories")))
                .call(),
        ) {
            Err(error) => match error.downcast_ref::<Refusal>() {
                Some(refusal) if refusal.status == 503 => Ok(()), // still loading
                _ => Err(error),
            },
            Ok(_) => Ok(()),
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn dress<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(value) => request.header("Authorization", value),
            None => request,
        }
    }

    fn answer(&self, sent: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Response<Body>> {
        // Without its cause on purpose: a connection that broke is not our output being closed.
        let mut response =
            sent.map_err(|error| anyhow!("no answer from {}: {error}", self.base))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let text = response.body_mut().read_to_string().unwrap_or_default();
        let mut refusal: Refusal = serde_json::from_str(&text).unwrap_or_default();
        refusal.status = status.as_u16();
        if refusal.code.is_empty() {
            refusal.detail = format!("is {} a Hamzaban server?", self.base);
        }
        Err(refusal.into())
    }

    fn read<T: DeserializeOwned>(&self, mut response: Response<Body>) -> anyhow::Result<T> {
        let body = response.body_mut().with_config().limit(MAX_REPLY);
        let text = body
            .read_to_string()
            .map_err(|error| anyhow!("the answer from {} broke off: {error}", self.base))?;
        serde_json::from_str(&text)
            .with_context(|| format!("the answer from {} is not what was expected", self.base))
    }

    fn post_json(
        &self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> anyhow::Result<Response<Body>> {
        let request = self
            .agent
            .post(self.address(path))
            .content_type("application/json");
        self.answer(self.dress(request).send(serde_json::to_vec(body)?))
    }

    /// Makes the memory unless it is there; whether it was made.
    pub(super) fn make_memory(&self, name: &str) -> anyhow::Result<bool> {
        let request = self.agent.get(self.address("/v1/memories"));
        #[derive(Deserialize)]
        struct Name {
            name: String,
        }
        #[derive(Deserialize)]
        struct Memories {
            memories: Vec<Name>,
        }
        let there: Memories = self.read(self.answer(self.dress(request).call())?)?;
        if there.memories.iter().any(|memory| memory.name == name) {
            return Ok(false);
        }
        let memory = NewMemory {
            name: name.to_owned(),
            ..NewMemory::default()
        };
        match self.post_json("/v1/memories", &memory) {
            Ok(_) => Ok(true),
            Err(error) => match error.downcast_ref::<Refusal>() {
                Some(refusal) if refusal.status == 409 => Ok(false),
                _ => Err(error),
            },
        }
    }

    pub(super) fn create_key(&self, asked: &KeyRequest) -> anyhow::Result<MadeKey> {
        self.read(self.post_json("/v1/keys", asked)?)
    }

    pub(super) fn keys(&self) -> anyhow::Result<Vec<KeyInfo>> {
        #[derive(Deserialize)]
        struct Keys {
            keys: Vec<KeyInfo>,
        }
        let request = self.agent.get(self.address("/v1/keys"));
        let list: Keys = self.read(self.answer(self.dress(request).call())?)?;
        Ok(list.keys)
    }

    pub(super) fn revoke_key(&self, id: &str) -> anyhow::Result<()> {
        let request = self.agent.delete(self.address(&format!("/v1/keys/{id}")));
        self.answer(self.dress(request).call()).map(drop)
    }

    pub(super) fn lookup(&self, lookup: &Lookup) -> anyhow::Result<LookupReply> {
        self.read(self.post_json("/v1/lookup", lookup)?)
    }

    /// Streams `file` up; ends when the server has read it.
    pub(super) fn import(
        &self,
        memory: &str,
        query: &[(&str, &str)],
        file: &mut dyn Read,
    ) -> anyhow::Result<ImportReport> {
        let request = self
            .agent
            .post(self.address(&format!("/v1/memories/{memory}/import")))
            .content_type("application/octet-stream")
            .query_pairs(query.iter().copied());
        let sent = self.dress(request).send(SendBody::from_reader(file));
        self.read(self.answer(sent)?)
    }

    /// A copy of the server's store, to be read as it comes.
    pub(super) fn backup(&self) -> anyhow::Result<impl Read + use<>> {
        let request = self.agent.post(self.address("/v1/admin/backup"));
        let response = self.answer(self.dress(request).send_empty())?;
        Ok(response
            .into_body()
            .into_with_config()
            .limit(u64::MAX)
            .reader())
    }

    /// What the server finds when it looks at its store.
    pub(super) fn verify(&self) -> anyhow::Result<Verification> {
        let request = self.agent.post(self.address("/v1/admin/verify"));
        self.read(self.answer(self.dress(request).send_empty())?)
    }

    /// Streams a glossary file up.
    pub(super) fn import_glossary(
        &self,
        query: &[(&str, &str)],
        file: &mut dyn Read,
    ) -> anyhow::Result<ImportReport> {
        let request = self
            .agent
            .post(self.address("/v1/glossary/import"))
            .content_type("application/octet-stream")
            .query_pairs(query.iter().copied());
        let sent = self.dress(request).send(SendBody::from_reader(file));
        self.read(self.answer(sent)?)
    }

    /// The termbase as a file, to be read as it comes.
    pub(super) fn export_glossary(
        &self,
        query: &[(&str, &str)],
    ) -> anyhow::Result<impl Read + use<>> {
        let request = self
            .agent
            .get(self.address("/v1/glossary/export"))
            .query_pairs(query.iter().copied());
        let response = self.answer(self.dress(request).call())?;
        Ok(response
            .into_body()
            .into_with_config()
            .limit(u64::MAX)
            .reader())
    }

    /// A house style.
    pub(super) fn style(&self, name: &str) -> anyhow::Result<StyleView> {
        let request = self.agent.get(self.address(&format!("/v1/styles/{name}")));
        self.read(self.answer(self.dress(request).call())?)
    }

    /// The memory as a file, to be read as it comes.
    pub(super) fn export(
        &self,
        memory: &str,
        format: &str,
        filter: &[(String, String)],
    ) -> anyhow::Result<impl Read + use<>> {
        let request = self
            .agent
            .get(self.address(&format!("/v1/memories/{memory}/export")))
            .query("format", format)
            .query_pairs(
                filter
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            );
        let response = self.answer(self.dress(request).call())?;
        Ok(response
            .into_body()
            .into_with_config()
            .limit(u64::MAX)
            .reader())
    }
}
