//! The HTTP server: binding, the order of what a request passes, and the way to blocking work.
//! Binding and running are two steps, so that the port is known before the first request, and so
//! that tests run servers in their own process on port 0.

mod apertium;
mod api;
mod arriving;
mod auth;
mod body;
mod door;
mod idempotency;
mod json;
mod languagetool;
mod loose;
mod metrics;
mod news;
pub mod openapi;
mod path_key;
mod problem;
mod reconcile;
mod stream;
mod tmserver;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::{App, HttpServer, middleware, web};
use tokio::sync::watch;

use crate::engine::{self, Engine};
use crate::telemetry::metrics::Metrics;
use door::Door;
use idempotency::Locks;
use news::News;
use problem::Problem;

/// How long the head of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may idle between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long requests in flight may take to finish when the server ends.
const DRAIN_SECONDS: u64 = 10;

/// What a server needs to know besides its engine.
#[derive(Clone)]
pub struct Options {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// The token of this run, see [`crate::config::RunFile`].
    pub token: String,
}

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Everybody on the network could read and write.
    #[error(
        "refusing to listen on {address}: without keys the server is open to whoever reaches it, so it listens on loopback only, such as 127.0.0.1:8640; make a key first with `hamzaban key create --role admin`"
    )]
    NotLoopback {
        /// What was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {reason}; give another with --listen ADDRESS:PORT")]
    Bind {
        /// What was asked for.
        listen: String,
        /// What the system says.
        reason: io::Error,
    },
}

/// What handlers share.
pub(crate) struct State {
    engine: Arc<Engine>,
    token: String,
    locks: Locks,
    news: News,
    metrics: Arc<Metrics>,
    /// Becomes true when the server is to end.
    ending: watch::Sender<bool>,
}

/// A server that has its port and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: web::Data<State>,
    /// For figures.
    metrics: Option<TcpListener>,
}

/// Takes a port, on loopback only while anybody may come in.
fn listen_on(engine: &Engine, listen: &str) -> Result<TcpListener, ServeError> {
    let failed = |reason| ServeError::Bind {
        listen: listen.to_owned(),
        reason,
    };
    let addresses: Vec<SocketAddr> = listen.to_socket_addrs().map_err(failed)?.collect();
    let outside = addresses.iter().find(|address| !address.ip().is_loopback());
    if let (Some(address), true) = (outside, engine.is_open()) {
        return Err(ServeError::NotLoopback { address: *address });
    }
    TcpListener::bind(addresses.as_slice()).map_err(failed)
}

/// Takes the port. Connections queue from here on and are answered once [`Server::run`] is awaited.
pub fn bind(engine: Arc<Engine>, options: Options) -> Result<Server, ServeError> {
    let listener = listen_on(&engine, &options.listen)?;
    let failed = |reason| ServeError::Bind {
        listen: options.listen.clone(),
        reason,
    };
    let address = listener.local_addr().map_err(failed)?;
    Ok(Server {
        listener,
        address,
        state: web::Data::new(State {
            news: News::of(&engine),
            metrics: Arc::new(Metrics::new(engine.sqlite_version())),
            ending: watch::Sender::new(false),
            engine,
            token: options.token,
            locks: Locks::default(),
        }),
        metrics: None,
    })
}

impl Server {
    /// Tells figures for Prometheus at another address, under `/metrics`. The same rule holds for it.
    pub fn with_metrics(mut self, listen: &str) -> Result<Self, ServeError> {
        self.metrics = Some(listen_on(&self.state.engine, listen)?);
        Ok(self)
    }

    /// Where it tells its figures.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.local_addr().ok()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is done; then takes no more connections and gives requests in flight
    /// 10 s to finish.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let cores = available_parallelism().map_or(1, usize::from);
        let door = web::Data::new(Door::new((16 * cores).max(64)));
        let document: web::Data<openapi::Document> = web::Data::new(openapi::Document::new());
        let state = self.state;
        let waiting = state.clone();
        let stop = async move {
            stop.await;
            waiting.news.end();
            waiting.engine.end_imports();
            waiting.ending.send_replace(true);
        };
        let figures = match self.metrics {
            Some(listener) => Some(metrics::server(listener, state.clone(), door.clone())?),
            None => None,
        };
        let figures_end = figures.as_ref().map(actix_web::dev::Server::handle);
        if let Some(figures) = figures {
            actix_web::rt::spawn(figures);
        }
        let served = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .app_data(door.clone())
                .app_data(document.clone())
                .wrap(middleware::from_fn(door::pass))
                .configure(api::routes)
                .configure(tmserver::routes)
                .configure(apertium::routes)
                .configure(languagetool::routes)
                .configure(reconcile::routes)
                // Here is the place of `mymemory::routes` and `t5memory::routes`.
                .default_service(web::to(api::nothing_here))
        })
        .workers(cores)
        .client_request_timeout(HEAD_TIME)
        .keep_alive(KEEP_ALIVE)
        // Whoever closes does not wait for an answer; else nobody would notice before it is written.
        .h1_allow_half_closed(false)
        .tcp_nodelay(true)
        .disable_signals()
        .shutdown_signal(stop)
        .shutdown_timeout(DRAIN_SECONDS)
        .listen(self.listener)?
        .run()
        .await;
        if let Some(figures) = figures_end {
            figures.stop(false).await;
        }
        served
    }
}

/// The one way from a handler to the engine, whose calls block: runs `work` on a thread made for
/// that, inside the request's span. A panic there is a 500 for this request and for no other.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, engine::Error> + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    match web::block(move || span.in_scope(work)).await {
        Ok(result) => Ok(result?),
        Err(_) => {
            tracing::error!("a request panicked; the panic's message stands above");
            Err(Problem::internal())
        }
    }
}
