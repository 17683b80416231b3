//! The server of one scenario. It prints its address; to each line on its input it answers with the application bytes that have arrived and
//! its own time; it ends with its input.

use crate::{
    endpoint,
    options::{Options, Scenario},
    Outcome,
};
use bytes::Bytes;
use quinn::{Connection, RecvStream, SendStream};
use std::{
    io::BufRead,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc,
    },
    time::Instant,
};

pub const CHUNK: usize = 256 * 1024;

#[derive(Clone)]
struct Work {
    scenario: Scenario,
    response: Bytes,
    received: Arc<AtomicU64>,
}

pub async fn serve(options: &Options) -> Outcome<()> {
    let endpoint = endpoint::server(options)?;
    let work = Work { scenario: options.scenario, response: Bytes::from(vec![0; options.response_size]), received: Arc::new(AtomicU64::new(0)) };
    println!("{}", endpoint.local_addr()?);
    let received = work.received.clone();
    std::thread::spawn(move || answer_until_input_ends(&received));
    while let Some(attempt) = endpoint.accept().await {
        let work = work.clone();
        tokio::spawn(async move {
            if let Ok(connection) = attempt.await {
                serve_connection(connection, work).await;
            }
        });
    }
    Ok(())
}

fn answer_until_input_ends(received: &AtomicU64) {
    let start = Instant::now();
    for line in std::io::stdin().lock().lines() {
        if line.is_err() {
            break;
        }
        println!("{} {}", received.load(Ordering::Relaxed), start.elapsed().as_secs_f64());
    }
    std::process::exit(0);
}

async fn serve_connection(connection: Connection, work: Work) {
    while let Ok((send, receive)) = connection.accept_bi().await {
        tokio::spawn(serve_stream(send, receive, work.clone()));
    }
}

/// A stream that fails ends with its connection, of which the client tells.
async fn serve_stream(mut send: SendStream, mut receive: RecvStream, work: Work) -> Outcome<()> {
    while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
        work.received.fetch_add(chunk.bytes.len() as u64, Ordering::Relaxed);
    }
    match work.scenario {
        Scenario::Download => {
            let content = Bytes::from(vec![0; CHUNK]);
            loop {
                send.write_chunk(content.clone()).await?;
            }
        }
        _ => send.write_chunk(work.response).await?,
    }
    // Dropping it ends the stream; finish() would wait for the peer's acknowledgement.
    Ok(())
}
