//! What runs on an instance of the lab: a server, and clients of others.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::cli::Place;
use crate::exit_status::{Failure, Status};
use crate::serve::stopped;

/// How long an answer may take: longer than any here, shorter than a second try of TCP.
pub(super) const PATIENCE: Duration = Duration::from_millis(900);
/// What every server answers.
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n";

/// What somebody does again and again.
struct Habit {
    to: Place,
    port: u16,
    ipv6: bool,
    every: Duration,
}

/// Runs until it is told to stop.
pub(super) fn run(place: Place) -> Result<Status, Failure> {
    super::enter(place)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    runtime.block_on(async {
        let stop = stopped().map_err(Failure::failed)?;
        if let Some(port) = served_by(place) {
            let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await;
            tokio::spawn(serve(listener.map_err(Failure::failed)?));
        }
        for habit in habits_of(place) {
            tokio::spawn(follow(place, habit));
        }
        stop.await;
        Ok(Status::Done)
    })
}

const fn served_by(place: Place) -> Option<u16> {
    match place {
        Place::Web => Some(80),
        Place::App => Some(8080),
        Place::Client | Place::Customer => None,
    }
}

fn habits_of(place: Place) -> Vec<Habit> {
    let habit =
        |to, port, ipv6, seconds| Habit { to, port, ipv6, every: Duration::from_secs(seconds) };
    match place {
        // The application is for the web server; its port for administrators is for nobody.
        Place::Web => vec![habit(Place::App, 8080, false, 2), habit(Place::App, 22, false, 6)],
        Place::App => Vec::new(),
        Place::Client => vec![
            habit(Place::Web, 80, false, 2),
            habit(Place::Web, 22, false, 6),
            habit(Place::App, 8080, false, 6),
        ],
        Place::Customer => vec![habit(Place::Web, 80, false, 3), habit(Place::Web, 80, true, 6)],
    }
}

async fn serve(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream))),
            // Too many at a time: they wait.
            Err(_) => tokio::time::sleep(PATIENCE).await,
        }
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; 1024];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut request)).await;
    if matches!(read, Ok(Ok(1..))) {
        stream.write_all(ANSWER.as_bytes()).await?;
    }
    stream.shutdown().await
}

async fn follow(from: Place, habit: Habit) {
    let mut ticks = tokio::time::interval(habit.every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Whether it is let through is what the lab is about.
        let _ = tokio::time::timeout(PATIENCE, ask(from, &habit)).await;
    }
}

async fn ask(from: Place, habit: &Habit) -> io::Result<()> {
    let to = SocketAddr::new(habit.to.address(habit.ipv6), habit.port);
    let mut stream = connect(from, to).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: lab\r\nconnection: close\r\n\r\n").await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

/// Connects from a place's own address. This thread has to be there.
pub(super) async fn connect(from: Place, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(from.address(to.is_ipv6()), 0))?;
    socket.connect(to).await
}
