//! The server's process as the client's process sees it, and what a process has used.

use crate::{options::Options, Outcome};
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Kernel ticks of a second in /proc, on every Linux (USER_HZ).
const TICKS: f64 = 100.0;

/// It ends when its input does, which it does however this process ends.
pub struct ServerProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub address: SocketAddr,
}

/// One reading of the server: its application bytes so far, at its own time in seconds, and its processor time.
pub struct ServerReading {
    pub bytes: u64,
    pub at: f64,
    pub cpu: f64,
}

impl ServerProcess {
    pub fn start(options: &Options) -> Outcome<ServerProcess> {
        let mut child =
            Command::new(std::env::current_exe()?).arg("serve").args(options.for_server()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("the server has no input")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the server has no output")?);
        let address = line(&mut output)?.parse()?;
        Ok(ServerProcess { child, input, output, address })
    }

    pub fn read(&mut self) -> Outcome<ServerReading> {
        self.input.write_all(b"\n")?;
        let answer = line(&mut self.output)?;
        let (bytes, at) = answer.split_once(' ').ok_or("the server's answer has no two numbers")?;
        Ok(ServerReading { bytes: bytes.parse()?, at: at.parse()?, cpu: cpu_seconds(&self.child.id().to_string())? })
    }
}

/// Processor time of a process, user and kernel, all threads: of a number, or of "self".
pub fn cpu_seconds(process: &str) -> Outcome<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, may have spaces of its own; after it, user and system time are the 12th and 13th field.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| -> Outcome<f64> { Ok(fields.get(index).ok_or("/proc: too few fields")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

fn line(output: &mut BufReader<ChildStdout>) -> Outcome<String> {
    let mut text = String::new();
    match output.read_line(&mut text)? {
        0 => Err("the server's process has ended".into()),
        _ => Ok(text.trim().to_string()),
    }
}
