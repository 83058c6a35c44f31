//! Sockets on which clients are answered.

use std::{io, net::SocketAddr};

use rustix::net::sockopt::set_tcp_nodelay;
use tokio::net::TcpListener;

/// Listens on an address. Whoever connects is sent each part of an answer when it is written. By default the system holds
/// a small part back until the one before is confirmed, which clients delay as well: 40 ms for the shortest stream
/// (RFC 896; RFC 1122, section 4.2.3.2).
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // Every connection has it from the socket that accepts it.
    set_tcp_nodelay(&listener, true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn connections_hold_nothing_back() {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, client) = tokio::join!(listener.accept(), client);
        assert!(accepted.unwrap().0.nodelay().unwrap());
        drop(client);
    }
}
