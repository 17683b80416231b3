//! The scenarios of `hotquic perf` over quinn: the part of that command's line and of its JSON that `hotquic perf --compare` needs, so that
//! one program measures and judges both. `perf SCENARIO` starts `serve SCENARIO` in a second process, and ends it by closing its input.
//! The server's certificate is in `quinn-perf.certs` beside the program.

mod client;
mod endpoint;
mod options;
mod process;
mod report;
mod server;

use options::Options;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let options = match Options::parse(arguments) {
        Ok(options) if command == "perf" || command == "serve" => options,
        Ok(_) => stop(2, "usage: quinn-perf perf upload|download|handshake|request|latency [OPTION...]"),
        Err(message) => stop(2, &message),
    };
    let runtime = match options.threads {
        0 => tokio::runtime::Builder::new_current_thread().enable_all().build(),
        threads => tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build(),
    };
    let done = runtime.map_err(Into::into).and_then(|runtime| {
        runtime.block_on(async {
            match command.as_str() {
                "perf" => client::measure(&options).await,
                _ => server::serve(&options).await,
            }
        })
    });
    if let Err(error) = done {
        stop(1, &error.to_string());
    }

    // Connections that are still open need no farewell: the other process ends as well.
    std::process::exit(0);
}

fn stop(code: i32, message: &str) -> ! {
    eprintln!("quinn-perf: {message}");
    std::process::exit(code)
}
