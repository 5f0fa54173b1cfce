//! What these tests share: requests, a folder of one's own, the simulated acquirer as a server.

use paygate_acquirer::{HttpAcquirer, HttpAcquirerConfig, SimulatedAcquirer, server};
use paygate_core::id::PaymentId;
use paygate_core::money::{Currency, Money};
use paygate_ports::{Authorization, RefundRequest};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, process};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub fn key(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number))
}

pub fn request(number: u128, minor: i64) -> Authorization {
    Authorization { key: key(number), amount: usd(minor) }
}

/// The refund `number` of the authorization `of`.
pub fn back(number: u128, of: u128, minor: i64) -> RefundRequest {
    RefundRequest { key: key(number), of: key(of), amount: usd(minor) }
}

fn usd(minor: i64) -> Money {
    Money { minor, currency: Currency::parse("USD").unwrap() }
}

/// A folder that is gone after the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("acquirer").join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A simulated acquirer that serves on a free port of the loopback until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub ended: JoinHandle<()>,
}

impl Server {
    pub async fn start(acquirer: SimulatedAcquirer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server::serve(listener, acquirer, async {
            let _ = stopped.await;
        }));
        Self { address, stop, ended }
    }
}

/// A client that gives up after `timeout`.
pub fn client(address: SocketAddr, timeout: Duration) -> HttpAcquirer {
    let config =
        HttpAcquirerConfig { timeout, ..HttpAcquirerConfig::new(format!("http://{address}")) };
    HttpAcquirer::new(&config).unwrap()
}
