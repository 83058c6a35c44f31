//! HTTPS with a certificate from files, and with one of a real ACME authority (Debian's `pebble`).

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, KeyPair, KeyUsagePurpose};
use reqwest::{Client, StatusCode, Version, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

use crate::server::Server;

/// Longest that a new certificate may take to be noticed or made on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// An authority that only these tests trust.
struct Authority {
    certificate: Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, key }
    }

    /// Writes a certificate for this machine and its key.
    fn issue(&self, certificate: &Path, key: &Path) {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = KeyPair::generate().unwrap();
        let issued = CertificateParams::new(names)
            .unwrap()
            .signed_by(&made, &self.certificate, &self.key)
            .unwrap();
        std::fs::write(key, made.serialize_pem()).unwrap();
        std::fs::write(certificate, issued.pem()).unwrap();
    }

    /// A client that trusts it, and keeps cookies.
    fn client(&self) -> Client {
        let root = reqwest::Certificate::from_pem(self.certificate.pem().as_bytes()).unwrap();
        builder(root).build().unwrap()
    }
}

fn builder(root: reqwest::Certificate) -> reqwest::ClientBuilder {
    Client::builder()
        .cookie_store(true)
        .tls_certs_only([root])
        .pool_max_idle_per_host(0)
}

/// A folder with the files of a certificate.
fn files(authority: &Authority) -> (Arc<TempDir>, PathBuf, PathBuf) {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let (certificate, key) = (data.path().join("tls.pem"), data.path().join("tls.key"));
    authority.issue(&certificate, &key);
    (data, certificate, key)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn everything_works_over_https_and_a_new_certificate_is_noticed() {
    let authority = Authority::new();
    let (data, certificate, key) = files(&authority);
    let environment = [
        ("HEIRLOOM__TLS__CERTIFICATE", text(&certificate)),
        ("HEIRLOOM__TLS__KEY", text(&key)),
    ];
    let mut server = Server::start_on(data, None, &environment);
    assert!(server.address.starts_with("https://"), "{}", server.address);
    assert!(
        Client::new().get(&server.address).send().await.is_err(),
        "nobody else trusts it"
    );
    server.client = authority.client();
    server.sign_up().await;
    let id = server.upload("a.jpg", crate::media::jpeg(40, 30, 1)).await;
    let (status, bytes) = server.bytes(&format!("/assets/{id}/original")).await;
    assert_eq!(
        (status, bytes),
        (StatusCode::OK, crate::media::jpeg(40, 30, 1))
    );

    let ping = format!("{}/api/server/ping", server.address);
    let answer = server.client.get(&ping).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
    let root = reqwest::Certificate::from_pem(authority.certificate.pem().as_bytes()).unwrap();
    let old = builder(root).http1_only().build().unwrap();
    assert_eq!(
        old.get(&ping).send().await.unwrap().version(),
        Version::HTTP_11
    );
    let person = json!({"email": "ada@example.org", "password": "correct horse"});
    let login = format!("{}/api/auth/login", server.address);
    let session = old.post(login).json(&person).send().await.unwrap();
    for cookie in session.headers().get_all(header::SET_COOKIE) {
        assert!(cookie.to_str().unwrap().ends_with("; Secure"), "{cookie:?}");
    }
    assert_eq!(first_word(&old, &server).await["pingInterval"], 25_000);

    // Files that do not belong together change nothing; a whole pair does, without a restart.
    std::fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    server.get("/server/ping").await;
    let next = Authority::new();
    next.issue(&certificate, &key);
    let start = Instant::now();
    while next.client().get(&ping).send().await.is_err() {
        assert!(
            start.elapsed() < PATIENCE,
            "the new certificate is not used"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(
        authority.client().get(&ping).send().await.is_err(),
        "the old one is gone"
    );
}

/// Opens the websocket with the session of the client's cookies; gives what the server says first.
async fn first_word(client: &Client, server: &Server) -> Value {
    let address = format!(
        "{}/api/socket.io/?EIO=4&transport=websocket",
        server.address
    );
    let asked = client
        .get(address)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, "AAAAAAAAAAAAAAAAAAAAAA==");
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut stream = answer.upgrade().await.unwrap();
    // A frame of text (RFC 6455, 5.2): its kind, its length, then an open packet of Engine.IO: 0 and JSON.
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.unwrap();
    let length = match head[1] {
        126 => usize::from(stream.read_u16().await.unwrap()),
        short => usize::from(short),
    };
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet).await.unwrap();
    assert_eq!((head[0], packet[0]), (0x81, b'0'));
    serde_json::from_slice(&packet[1..]).unwrap()
}

#[test]
fn files_that_do_not_do_are_told_at_the_start() {
    let (data, certificate, key) = files(&Authority::new());
    let (other, missing) = (
        data.path().join("other.key"),
        data.path().join("missing.pem"),
    );
    std::fs::write(&other, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let words = data.path().join("words.pem");
    std::fs::write(&words, "no certificate").unwrap();
    for (certificate, key, parts) in [
        (&missing, &key, ["tls.certificate", "missing.pem"]),
        (&words, &key, ["tls.certificate", "words.pem"]),
        (&certificate, &words, ["tls.key", "words.pem"]),
        (&certificate, &missing, ["tls.key", "missing.pem"]),
        (&certificate, &other, ["other.key", "not the one"]),
        (&certificate, &PathBuf::new(), ["tls.key", "private key"]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .env("HEIRLOOM__TLS__CERTIFICATE", certificate);
        if key.as_os_str().is_empty() {
            command.env_remove("HEIRLOOM__TLS__KEY");
        } else {
            command.env("HEIRLOOM__TLS__KEY", key);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(
            parts.iter().all(|part| said.contains(part)),
            "{parts:?}: {said}"
        );
    }
}

/// A program that ends with the test.
struct Helper(Child);

impl Helper {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Checks of a test authority wait for no reason, and some of its answers are refusals on purpose.
        command
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0");
        Self(command.spawn().unwrap())
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "each test is one story")]
async fn a_certificate_is_got_from_a_real_acme_authority() {
    if Command::new("pebble").arg("-version").output().is_err() {
        println!("skipped: pebble is not installed (cargo xtask test installs it)");
        return;
    }
    let own = Authority::new();
    let (data, certificate, key) = files(&own);
    let root = data.path().join("root.pem");
    std::fs::write(&root, own.certificate.pem()).unwrap();
    let [directory, management, names, fake, listen] = [(); 5].map(|()| free_port());
    let settings = json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{directory}"), "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": certificate, "privateKey": key, "httpPort": 1, "tlsPort": listen, "ocspResponderURL": "",
    }});
    let config = data.path().join("pebble.json");
    std::fs::write(&config, settings.to_string()).unwrap();
    let [resolver, manager] = [names, fake].map(|port| format!("127.0.0.1:{port}"));
    let _names = Helper::start(
        "pebble-challtestsrv",
        &[
            "-dns01",
            &resolver,
            "-management",
            &manager,
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
            "-defaultIPv4",
            "127.0.0.1",
            "-defaultIPv6",
            "",
        ],
    );
    let _authority = Helper::start(
        "pebble",
        &["-config", text(&config), "-dnsserver", &resolver],
    );
    let client = own.client();
    let roots = format!("https://127.0.0.1:{management}/roots/0");
    let start = Instant::now();
    let trusted = loop {
        if let Ok(answer) = client.get(&roots).send().await {
            break answer.bytes().await.unwrap();
        }
        assert!(start.elapsed() < PATIENCE, "pebble does not start");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let listen = format!("127.0.0.1:{listen}");
    let server = Server::start_on(
        data.clone(),
        None,
        &[
            ("HEIRLOOM__LISTEN", &listen),
            ("HEIRLOOM__TLS__ACME__DOMAINS", "photos.example.org"),
            ("HEIRLOOM__TLS__ACME__CONTACT", "ada@example.org"),
            (
                "HEIRLOOM__TLS__ACME__DIRECTORY",
                &format!("https://127.0.0.1:{directory}/dir"),
            ),
            ("HEIRLOOM__TLS__ACME__AUTHORITY", text(&root)),
        ],
    );
    let trusted = reqwest::Certificate::from_pem(&trusted).unwrap();
    let client = builder(trusted)
        .resolve("photos.example.org", listen.parse().unwrap())
        .build()
        .unwrap();
    let port = listen.rsplit(':').next().unwrap();
    let ping = format!("https://photos.example.org:{port}/api/server/ping");
    let start = Instant::now();
    let answer = loop {
        match client.get(&ping).send().await {
            Ok(answer) => break answer,
            Err(error) => assert!(start.elapsed() < PATIENCE, "no certificate: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"res": "pong"})
    );
    assert!(
        !server.files("acme").is_empty(),
        "it is kept for the next start"
    );
}
