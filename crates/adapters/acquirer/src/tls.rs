//! TLS for the client: rustls with ring, and the certificates that the system trusts.
//!
//! Given to reqwest ready-made, because otherwise it takes the crypto provider of the whole process
//! and panics where none is installed; which one that is, is not an adapter's to decide.

use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// What `https` URLs need. Fails where the system has no certificates to trust.
pub(crate) fn trusting_the_system() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // One unreadable certificate among the system's many is no reason not to use the others.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("the system has no certificates to trust".to_owned());
    }
    trusting(roots)
}

/// What `http` URLs need: nothing, so that they work where there are no certificates.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, String> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, String> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
