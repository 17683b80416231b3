//! The command line, in the words of `hotquic perf`.

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Upload,
    Download,
    Handshake,
    Request,
    Latency,
}

#[derive(Clone)]
pub struct Options {
    pub scenario: Scenario,
    pub name: String,
    pub seconds: f64,
    pub connections: usize,
    pub outstanding: usize,
    pub request_size: usize,
    pub response_size: usize,
    pub udp_payload_limit: u16,
    /// Worker threads of the runtime; 0, which is the fastest on two processors: everything on the main thread.
    pub threads: usize,
}

impl Options {
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut scenario = None;
        let mut rest = Vec::new();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            if argument.starts_with("--") {
                let value = arguments.next().ok_or(format!("{argument}: a value is expected"))?;
                rest.push((argument, value));
            } else if scenario.replace(argument).is_some() {
                return Err("one scenario at a time".into());
            }
        }
        let mut options = Options::of(scenario.ok_or("a scenario is expected")?)?;
        for (name, value) in rest {
            options.set(&name, &value)?;
        }
        Ok(options)
    }

    /// What the server is told of these.
    pub fn for_server(&self) -> Vec<String> {
        [
            self.name.clone(),
            "--outstanding".into(),
            self.outstanding.to_string(),
            "--response-size".into(),
            self.response_size.to_string(),
            "--udp-payload-limit".into(),
            self.udp_payload_limit.to_string(),
            "--threads".into(),
            self.threads.to_string(),
        ]
        .into()
    }

    fn of(name: String) -> Result<Options, String> {
        let (scenario, connections, outstanding) = match name.as_str() {
            "upload" => (Scenario::Upload, 1, 1),
            "download" => (Scenario::Download, 1, 1),
            "handshake" => (Scenario::Handshake, 0, 8),
            "request" => (Scenario::Request, 1, 32),
            "latency" => (Scenario::Latency, 1, 1),
            _ => return Err(format!("'{name}' is no scenario")),
        };
        Ok(Options {
            scenario,
            name,
            seconds: 5.0,
            connections,
            outstanding,
            request_size: 64,
            response_size: 64,
            udp_payload_limit: 1452,
            threads: 0,
        })
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "--seconds" => self.seconds = number(name, value)?,
            "--connections" if matches!(self.scenario, Scenario::Handshake | Scenario::Latency) => {}
            "--connections" => self.connections = number(name, value)?,
            "--outstanding" if !matches!(self.scenario, Scenario::Handshake | Scenario::Request) => {}
            "--outstanding" => self.outstanding = number(name, value)?,
            "--request-size" => self.request_size = number(name, value)?,
            "--response-size" => self.response_size = number(name, value)?,
            "--udp-payload-limit" => self.udp_payload_limit = number(name, value)?,
            "--threads" => self.threads = number(name, value)?,
            "--json" if value == "-" => {}
            // Which of HotQuic's APIs is measured is no question here.
            "--api" => {}
            _ => return Err(format!("{name} {value}: not here")),
        }
        Ok(())
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name}: '{value}' is no number for it"))
}
