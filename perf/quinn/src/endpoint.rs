//! What both sides are made of: the limits that `hotquic perf` has, quinn's own defaults otherwise (CUBIC, pacing, AES-128-GCM first).

use crate::{options::Options, Outcome};
use quinn::{ClientConfig, Endpoint, ServerConfig, TransportConfig, VarInt};
use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

pub const SERVER_NAME: &str = "localhost";
const PROTOCOL: &[u8] = b"quinn-perf";
const STREAM_WINDOW: u32 = 16 << 20;
const CONNECTION_WINDOW: u32 = 32 << 20;
const FEWEST_STREAMS: u32 = 100;

pub fn server(options: &Options) -> Outcome<Endpoint> {
    let chain = rustls_pemfile::certs(&mut pem("leaf.pem")?.as_slice())?.into_iter().map(rustls::Certificate).collect();
    let key = rustls_pemfile::pkcs8_private_keys(&mut pem("leaf.key")?.as_slice())?.into_iter().next().ok_or("leaf.key has no key")?;
    let mut tls = rustls::ServerConfig::builder()
        .with_cipher_suites(&[rustls::cipher_suite::TLS13_AES_128_GCM_SHA256])
        .with_kx_groups(&[&rustls::kx_group::X25519])
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, rustls::PrivateKey(key))?;
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    let mut config = ServerConfig::with_crypto(Arc::new(tls));
    config.transport_config(transport(options)?);
    Ok(Endpoint::server(config, loopback())?)
}

/// Every connection of this one makes a full handshake, and verifies the server's certificate.
pub fn client(options: &Options) -> Outcome<Endpoint> {
    let mut roots = rustls::RootCertStore::empty();
    for authority in rustls_pemfile::certs(&mut pem("ca.pem")?.as_slice())? {
        roots.add(&rustls::Certificate(authority))?;
    }
    let mut tls = rustls::ClientConfig::builder()
        .with_cipher_suites(&[rustls::cipher_suite::TLS13_AES_128_GCM_SHA256])
        .with_kx_groups(&[&rustls::kx_group::X25519])
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    tls.session_storage = Arc::new(rustls::client::NoClientSessionStorage {});
    let mut config = ClientConfig::new(Arc::new(tls));
    config.transport_config(transport(options)?);
    let mut endpoint = Endpoint::client(loopback())?;
    endpoint.set_default_client_config(config);
    Ok(endpoint)
}

fn transport(options: &Options) -> Outcome<Arc<TransportConfig>> {
    // Each stream that a peer may open costs quinn memory and time as soon as there is a connection: no more than are used.
    let streams = u32::try_from(options.outstanding)?.max(FEWEST_STREAMS);
    let mut transport = TransportConfig::default();
    transport
        .initial_max_udp_payload_size(options.udp_payload_limit)
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(CONNECTION_WINDOW.into())
        .max_concurrent_bidi_streams(VarInt::from_u32(streams))
        .max_idle_timeout(Some(Duration::from_secs(30).try_into()?));
    Ok(Arc::new(transport))
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn pem(name: &str) -> Outcome<Vec<u8>> {
    let mut path: PathBuf = std::env::current_exe()?;
    path.set_file_name("quinn-perf.certs");
    path.push(name);
    Ok(fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?)
}
