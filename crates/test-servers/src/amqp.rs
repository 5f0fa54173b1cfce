//! Just enough of AMQP 0-9-1 to ask a broker whether it is there: send the protocol header, and
//! see `connection.start` come back. A listening port alone says little.
//!
//! Source: AMQP 0-9-1 specification, 2.3.5 (frames) and 4.2.2 (protocol header).

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const HEADER: [u8; 8] = *b"AMQP\x00\x00\x09\x01";

/// Whether the broker on `port` takes connections; the error says what it did instead.
pub(crate) fn greet(port: u16) -> Result<(), String> {
    exchange(port).map_err(|error| error.to_string()).and_then(|start| {
        if is_connection_start(&start) { Ok(()) } else { Err("that is not AMQP 0-9-1".to_owned()) }
    })
}

fn exchange(port: u16) -> std::io::Result<[u8; 11]> {
    let patience = Duration::from_secs(5);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(&HEADER)?;
    let mut start = [0; 11];
    stream.read_exact(&mut start)?;
    Ok(start)
}

/// A method frame (type 1) on channel 0, any length, class 10 (connection), method 10 (start).
fn is_connection_start(frame: &[u8; 11]) -> bool {
    let [kind, channel_high, channel_low, _, _, _, _, method @ ..] = *frame;
    [kind, channel_high, channel_low] == [1, 0, 0] && method == [0, 10, 0, 10]
}

#[cfg(test)]
mod tests {
    use super::is_connection_start;

    #[test]
    fn only_connection_start_counts() {
        assert!(is_connection_start(&[1, 0, 0, 0, 0, 1, 244, 0, 10, 0, 10]));
        // What a broker of another version answers: its own protocol header.
        assert!(!is_connection_start(b"AMQP\x00\x00\x09\x01\0\0\0"));
        assert!(!is_connection_start(&[1, 0, 0, 0, 0, 1, 244, 0, 10, 0, 50]));
    }
}
