//! The report, in the names of `hotquic perf --json`, as far as there is something to tell.

use crate::options::{Options, Scenario};

pub struct Report {
    /// The client's window.
    pub seconds: f64,
    pub bytes: u64,
    /// The window in which the bytes were counted: the receiver's.
    pub bytes_seconds: f64,
    pub client_cpu_seconds: f64,
    pub server_cpu_seconds: f64,
    pub nanoseconds: Vec<u64>,
}

impl Report {
    pub fn to_json(mut self, options: &Options) -> String {
        self.nanoseconds.sort_unstable();
        let operations = self.nanoseconds.len();
        let sizes = match options.scenario {
            Scenario::Request | Scenario::Latency => {
                format!(r#","requestSize":{},"responseSize":{}"#, options.request_size, options.response_size)
            }
            _ => String::new(),
        };
        format!(
            concat!(
                r#"{{"version":"quinn 0.9","scenarios":[{{"scenario":"{}","measuredSeconds":{},"interrupted":false,"gbitPerSecond":{},"#,
                r#""operationsPerSecond":{},"latencyMicroseconds":{{"p50":{},"p90":{},"p99":{},"p999":{}}},"#,
                r#""clientCpuSeconds":{},"serverCpuSeconds":{},"bytes":{},"operations":{},"#,
                r#""settings":{{"seconds":{},"connections":{},"outstanding":{},"udpPayloadLimit":{},"threads":{}{}}}}}]}}"#
            ),
            options.name,
            self.seconds,
            self.bytes as f64 * 8.0 / self.bytes_seconds / 1e9,
            operations as f64 / self.seconds,
            self.microseconds(0.5),
            self.microseconds(0.9),
            self.microseconds(0.99),
            self.microseconds(0.999),
            self.client_cpu_seconds,
            self.server_cpu_seconds,
            self.bytes,
            operations,
            options.seconds,
            options.connections,
            options.outstanding,
            options.udp_payload_limit,
            options.threads,
            sizes,
        )
    }

    fn microseconds(&self, quantile: f64) -> f64 {
        let rank = (quantile * self.nanoseconds.len() as f64).ceil() as usize;
        self.nanoseconds.get(rank.max(1) - 1).map_or(0.0, |value| *value as f64 / 1000.0)
    }
}
