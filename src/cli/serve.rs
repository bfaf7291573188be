//! `hamzaban serve`: opens the folder, listens, says what to try, and ends in good order.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

use super::print;
use crate::config::{Origin, RunFile, Settings};
use crate::engine::{Caller, Engine, EngineOptions, Error, Sample};
use crate::http;

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let data = &settings.data.value;
    let fresh = is_empty(data);
    raise_file_limit();
    let options = EngineOptions {
        allow_network_fs: settings.allow_network_fs.value,
        ballast: settings.ballast.value << 20,
    };
    let engine = Engine::open_with(data, options)?;
    let served = serve(settings, &engine, fresh);
    engine.close();
    served
}

/// Each client holds a file of the system's, and so do the store's connections. What is allowed at most is asked for.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    if now.current == now.maximum {
        return;
    }
    let most = Rlimit {
        current: now.maximum,
        maximum: now.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

#[cfg(not(unix))]
fn raise_file_limit() {}

fn is_empty(folder: &Path) -> bool {
    folder
        .read_dir()
        .map_or(true, |mut files| files.next().is_none())
}

fn serve(settings: &Settings, engine: &Arc<Engine>, fresh: bool) -> anyhow::Result<()> {
    let token = random_token()?;
    let options = http::Options {
        listen: settings.listen.value.clone(),
        token: token.clone(),
    };
    let mut server = http::bind(Arc::clone(engine), options)?;
    if let Some(metrics) = &settings.metrics_listen {
        server = server.with_metrics(&metrics.value)?;
    }
    let address = reachable(server.address()).to_string();
    let run_file = RunFile {
        address: address.clone(),
        token,
        pid: std::process::id(),
    };
    let data = &settings.data.value;
    let _removed_at_the_end = match run_file.write(data) {
        Ok(guard) => Some(guard),
        // Then commands on this machine open the folder beside the server, to read as well.
        Err(error) if engine.degraded().is_some() => {
            tracing::warn!(%error, "server.json could not be written: commands will not find this server by its folder");
            None
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot write into {}", data.display()));
        }
    };
    if fresh {
        print(&format!("Made the data folder {}\n", data.display()))?;
    }
    print(&format!("Listening on http://{}\n", server.address()))?;
    if let Some(metrics) = server.metrics_address() {
        print(&format!("Figures at http://{metrics}/metrics\n"))?;
    }

    let (failed, failure) = oneshot::channel();
    let (loaded, settings) = (Arc::clone(engine), settings.clone());
    thread::Builder::new()
        .name("catch-up".into())
        .spawn(move || {
            let told = loaded.start().map(|sample| {
                let text = told(&loaded, &settings, &address, sample.as_ref());
                // Whoever closed our output still wants to be served.
                let _ = print(&text);
            });
            if let Err(error) = told {
                let _ = failed.send(error);
            }
        })
        .context("cannot start a thread")?;
    listen(server, failure)
}

/// Where this machine reaches a server that listens at `address`: every address of it is not one to ask.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = match address {
            SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
        };
        address.set_ip(loopback);
    }
    address
}

fn listen(server: http::Server, failure: oneshot::Receiver<Error>) -> anyhow::Result<()> {
    let (broken, why) = std::sync::mpsc::channel();
    let stop_signal = StopSignal::install().context("cannot listen for signals")?;
    let stop = async move {
        let fails = async {
            match failure.await {
                Ok(error) => error,
                // It is dropped when all is loaded; then only a signal ends us.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop_signal.wait() => tracing::info!("ending: requests in flight may finish"),
            error = fails => { let _ = broken.send(error); }
        }
    };
    actix_web::rt::System::new()
        .block_on(server.run(stop))
        .context("the server failed")?;
    match why.try_recv() {
        Ok(error) => Err(anyhow!(error).context("the index could not be loaded")),
        Err(_) => Ok(()),
    }
}

/// SIGTERM, SIGINT or SIGQUIT asks to end in good order; the second one ends at once.
#[cfg(unix)]
struct StopSignal;

#[cfg(unix)]
impl StopSignal {
    fn install() -> io::Result<Self> {
        use signal_hook::{consts::TERM_SIGNALS, flag};
        let asked: Arc<std::sync::atomic::AtomicBool> = Arc::default();
        for signal in TERM_SIGNALS {
            // In this order: the first signal finds the flag down and raises it.
            flag::register_conditional_shutdown(*signal, 1, Arc::clone(&asked))?;
            flag::register(*signal, Arc::clone(&asked))?;
        }
        // There is nothing to read again, and a terminal that is closed is no reason to end.
        flag::register(signal_hook::consts::SIGHUP, Arc::default())?;
        Ok(StopSignal)
    }

    async fn wait(self) {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::quit(),
        ];
        let mut signals: Vec<_> = kinds
            .into_iter()
            .filter_map(|kind| signal(kind).ok())
            .collect();
        std::future::poll_fn(|context| {
            let came = signals
                .iter_mut()
                .any(|signal| signal.poll_recv(context).is_ready());
            if came {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}

#[cfg(not(unix))]
struct StopSignal;

#[cfg(not(unix))]
impl StopSignal {
    fn install() -> io::Result<Self> {
        Ok(StopSignal)
    }

    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// 256 random bits in hex.
fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("no randomness from the system: {error}"))?;
    let mut token = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
}

/// What stands ready, and what to try next with it.
fn told(engine: &Engine, settings: &Settings, address: &str, sample: Option<&Sample>) -> String {
    let Some(sample) = sample else {
        return "Ready.\n".into();
    };
    let segment = a_segment(engine, &sample.memory)
        .unwrap_or_else(|| "The meeting will take place on Monday.".into());
    let key = match engine.is_open() {
        true => "",
        false => " -H \"Authorization: Bearer $HAMZABAN_KEY\"",
    };
    let folder = match settings.data.origin {
        Origin::Flag(_) => format!(" --data {}", settings.data.value.display()),
        _ => String::new(),
    };
    format!(
        "Ready. Loaded the sample memory `{name}` with {count} units and a glossary of {concepts} concepts.\n\
         Try next:\n  \
         hamzaban{folder} lookup \"{segment}\" --from en --to fa\n  \
         curl -s http://{address}/v1/lookup{key} -H 'Content-Type: application/json' \\\n    \
         -d '{{\"source_lang\":\"en\",\"target_lang\":\"fa\",\"text\":\"{segment}\"}}'\n  \
         hamzaban{folder} import FILE.tmx --memory NAME\n  \
         http://{address}/docs in a browser\n",
        name = sample.memory,
        count = sample.units,
        concepts = sample.concepts,
    )
}

/// An English segment of the sample that needs no quoting in a shell or in JSON.
fn a_segment(engine: &Engine, memory: &str) -> Option<String> {
    let page = engine
        .units(&Caller::local(), memory, &Default::default(), None, 20)
        .ok()?;
    let mut english = page
        .units
        .into_iter()
        .filter_map(|mut unit| unit.variants.remove("en"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | ',' | '-');
    english.find(|text| text.len() < 80 && text.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
