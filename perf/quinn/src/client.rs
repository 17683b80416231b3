//! The client of one scenario: copies at work, a second of warm-up, the window with both processes read at its ends, the report.

use crate::{
    endpoint,
    options::{Options, Scenario},
    process::{cpu_seconds, ServerProcess},
    report::Report,
    server::CHUNK,
    Outcome,
};
use bytes::Bytes;
use quinn::{Connection, Endpoint, VarInt};
use std::{
    net::SocketAddr,
    sync::{
        atomic::{AtomicU8, Ordering},
        Arc, Mutex,
    },
    time::{Duration, Instant},
};

const WARM_UP: Duration = Duration::from_secs(1);
const WARMING_UP: u8 = 0;
const OPEN: u8 = 1;

/// What a copy has counted while the window was open.
#[derive(Default)]
pub struct Tally {
    pub bytes: u64,
    pub nanoseconds: Vec<u64>,
}

/// One of the copies that each do one operation after the other, until the process ends.
struct Copy {
    options: Options,
    window: Arc<AtomicU8>,
    tally: Arc<Mutex<Tally>>,
}

pub async fn measure(options: &Options) -> Outcome<()> {
    let mut server = ServerProcess::start(options)?;
    let endpoint = endpoint::client(options)?;
    let window = Arc::new(AtomicU8::new(WARMING_UP));
    let (failed, mut failures) = tokio::sync::mpsc::unbounded_channel();
    let mut tallies = Vec::new();
    for _ in 0..options.connections.max(1) {
        let connection = match options.connections {
            0 => None,
            _ => Some(endpoint.connect(server.address, endpoint::SERVER_NAME)?.await?),
        };
        for _ in 0..options.outstanding {
            let tally = Arc::new(Mutex::new(Tally::default()));
            tallies.push(tally.clone());
            let copy = Copy { options: options.clone(), window: window.clone(), tally };
            let (endpoint, connection, address, failed) = (endpoint.clone(), connection.clone(), server.address, failed.clone());
            tokio::spawn(async move {
                let end = copy.work(endpoint, connection, address).await;
                let _ = failed.send(end.err());
            });
        }
    }

    wait(WARM_UP, &mut failures).await?;
    let (before, own_cpu, start) = (server.read()?, cpu_seconds("self")?, Instant::now());
    window.store(OPEN, Ordering::Relaxed);
    wait(Duration::from_secs_f64(options.seconds), &mut failures).await?;
    let after = server.read()?;
    let client_cpu_seconds = cpu_seconds("self")? - own_cpu;
    let seconds = start.elapsed().as_secs_f64();
    window.store(WARMING_UP, Ordering::Relaxed);
    let mut whole = Tally::default();
    for tally in tallies {
        let counted = std::mem::take(&mut *tally.lock().map_err(|_| "a copy has failed")?);
        whole.bytes += counted.bytes;
        whole.nanoseconds.extend(counted.nanoseconds);
    }
    let (bytes, bytes_seconds) = match options.scenario {
        Scenario::Upload => (after.bytes - before.bytes, after.at - before.at),
        _ => (whole.bytes, seconds),
    };
    let server_cpu_seconds = after.cpu - before.cpu;
    let report = Report { seconds, bytes, bytes_seconds, client_cpu_seconds, server_cpu_seconds, nanoseconds: whole.nanoseconds };
    println!("{}", report.to_json(options));
    Ok(())
}

/// Lets the copies work; what ends one of them before its time is the measurement's failure.
async fn wait(time: Duration, failures: &mut tokio::sync::mpsc::UnboundedReceiver<Option<Box<dyn std::error::Error + Send + Sync>>>) -> Outcome<()> {
    match tokio::time::timeout(time, failures.recv()).await {
        Ok(Some(Some(failure))) => Err(failure),
        Ok(_) => Err("the server ended a stream".into()),
        Err(_) => Ok(()),
    }
}

impl Copy {
    async fn work(&self, endpoint: Endpoint, connection: Option<Connection>, server: SocketAddr) -> Outcome<()> {
        match (self.options.scenario, connection) {
            (Scenario::Upload, Some(connection)) => self.upload(connection).await,
            (Scenario::Download, Some(connection)) => self.download(connection).await,
            (_, Some(connection)) => self.request(connection).await,
            (_, None) => self.connect(endpoint, server).await,
        }
    }

    async fn upload(&self, connection: Connection) -> Outcome<()> {
        let (mut send, _receive) = connection.open_bi().await?;
        let content = Bytes::from(vec![0; CHUNK]);
        loop {
            let start = Instant::now();
            send.write_chunk(content.clone()).await?;
            self.count(start, CHUNK);
        }
    }

    async fn download(&self, connection: Connection) -> Outcome<()> {
        let (send, mut receive) = connection.open_bi().await?;
        drop(send);
        loop {
            let start = Instant::now();
            match receive.read_chunk(usize::MAX, true).await? {
                Some(chunk) => self.count(start, chunk.bytes.len()),
                None => return Ok(()),
            }
        }
    }

    async fn request(&self, connection: Connection) -> Outcome<()> {
        let content = Bytes::from(vec![0; self.options.request_size]);
        loop {
            let start = Instant::now();
            let (mut send, mut receive) = connection.open_bi().await?;
            send.write_chunk(content.clone()).await?;
            // Dropping it ends the stream; finish() would wait for the peer's acknowledgement.
            drop(send);
            let mut received = 0;
            while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
                received += chunk.bytes.len();
            }
            if received != self.options.response_size {
                return Err(format!("a response has {received} bytes").into());
            }
            self.count(start, content.len() + received);
        }
    }

    async fn connect(&self, endpoint: Endpoint, server: SocketAddr) -> Outcome<()> {
        loop {
            let start = Instant::now();
            let connection = endpoint.connect(server, endpoint::SERVER_NAME)?.await?;
            connection.close(VarInt::from_u32(0), b"");
            self.count(start, 0);
        }
    }

    fn count(&self, start: Instant, bytes: usize) {
        if self.window.load(Ordering::Relaxed) == OPEN {
            if let Ok(mut tally) = self.tally.lock() {
                tally.bytes += bytes as u64;
                tally.nanoseconds.push(start.elapsed().as_nanos() as u64);
            }
        }
    }
}
