//! A network between adapter and broker that fails on demand.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// `connection.blocked` with the reason `test`: method frame, channel 0, class 10, method 60.
const BLOCKED: &[u8] = b"\x01\0\0\0\0\0\x09\0\x0a\0\x3c\x04test\xce";
/// `connection.unblocked`.
const UNBLOCKED: &[u8] = b"\x01\0\0\0\0\0\x04\0\x0a\0\x3d\xce";

/// What happens to open connections.
#[derive(Clone, Copy, Debug)]
enum Event {
    Cut,
    Say(&'static [u8]),
}

/// Forwards connections to a broker until it is dropped.
pub struct Proxy {
    port: u16,
    events: broadcast::Sender<Event>,
    frozen: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Forwards to the broker of that URL.
    pub async fn start(upstream: &str) -> Self {
        Self::listen(upstream, None).await
    }

    /// Forwards to the broker of that URL what arrives encrypted, under a certificate made for the
    /// occasion; answers that, too, as PEM to be trusted.
    pub async fn start_with_tls(upstream: &str) -> (Self, String) {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let proxy = Self::listen(upstream, Some(TlsAcceptor::from(Arc::new(config)))).await;
        (proxy, made.cert.pem())
    }

    async fn listen(upstream: &str, tls: Option<TlsAcceptor>) -> Self {
        let authority = upstream.split_once("://").unwrap().1.split('/').next().unwrap();
        let address = authority.rsplit('@').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (events, frozen) = (broadcast::Sender::new(16), watch::Sender::new(false));
        let mut tasks = JoinSet::new();
        let (rings, freezes) = (events.clone(), frozen.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (events, frozen) = (rings.subscribe(), freezes.subscribe());
                let (address, tls) = (address.clone(), tls.clone());
                connections.spawn(async move {
                    let Ok(server) = TcpStream::connect(address).await else { return };
                    match tls {
                        Some(tls) => {
                            let Ok(client) = tls.accept(client).await else { return };
                            forward(client, server, events, frozen).await;
                        }
                        None => forward(client, server, events, frozen).await,
                    }
                });
            }
        });
        Self { port, events, frozen, _tasks: tasks }
    }

    /// A broker's URL by way of this proxy.
    pub fn url(&self, upstream: &str) -> String {
        let (credentials, rest) = upstream.split_once('@').unwrap();
        let vhost = rest.split_once('/').map_or("", |(_, vhost)| vhost);
        format!("{credentials}@127.0.0.1:{}/{vhost}", self.port)
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.events.send(Event::Cut).unwrap();
    }

    /// Has the broker say that it blocks publishers, or that it does no more.
    pub fn block(&self, blocked: bool) {
        self.events.send(Event::Say(if blocked { BLOCKED } else { UNBLOCKED })).unwrap();
    }

    /// Holds everything the broker says, or lets it go on.
    pub fn freeze(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }
}

async fn forward<C>(
    client: C,
    server: TcpStream,
    mut events: broadcast::Receiver<Event>,
    mut frozen: watch::Receiver<bool>,
) where
    C: tokio::io::AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.into_split();
    let up = tokio::io::copy(&mut from_client, &mut to_server);
    let (frames, mut waiting) = tokio::sync::mpsc::channel(64);
    // Frames are read whole, so that something can be said between them.
    let read = async {
        loop {
            let mut head = [0u8; 7];
            if from_server.read_exact(&mut head).await.is_err() {
                return;
            }
            let size = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
            let mut frame = head.to_vec();
            frame.resize(head.len() + size as usize + 1, 0);
            if from_server.read_exact(&mut frame[head.len()..]).await.is_err()
                || frames.send(frame).await.is_err()
            {
                return;
            }
        }
    };
    let down = async {
        loop {
            let said = tokio::select! {
                biased;
                event = events.recv() => match event {
                    Ok(Event::Say(said)) => said.to_vec(),
                    _ => return,
                },
                frame = waiting.recv() => match frame {
                    Some(frame) => frame,
                    None => return,
                },
            };
            let _ = frozen.wait_for(|frozen| !frozen).await;
            if to_client.write_all(&said).await.is_err() || to_client.flush().await.is_err() {
                return;
            }
        }
    };
    // The first end is the end of the connection.
    tokio::select! {
        _ = up => {}
        () = read => {}
        () = down => {}
    }
}
