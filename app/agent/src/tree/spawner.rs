//! The thread that starts processes.
//!
//! A child asks the kernel to be killed when its parent dies, and to the kernel the parent is the thread that started it.
//! Threads of the runtime come and go; this one stays as long as the program.

use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Order = Box<dyn FnOnce() + Send>;

static ORDERS: OnceLock<Sender<Order>> = OnceLock::new();

/// Does something on the lasting thread, inside the caller's runtime.
pub async fn run<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> std::io::Result<T> {
    let (answer, answered) = oneshot::channel();
    let runtime = Handle::current();
    let order = move || {
        let _inside = runtime.enter();
        // The one who asked may have been dropped; then the child is, too, and killed if that was asked for.
        let _ = answer.send(what());
    };
    orders().send(Box::new(order)).map_err(|_| gone())?;
    answered.await.map_err(|_| gone())
}

fn orders() -> &'static Sender<Order> {
    ORDERS.get_or_init(|| {
        let (sender, orders) = channel::<Order>();
        let work = move || orders.into_iter().for_each(|order| order());
        if let Err(error) = std::thread::Builder::new().name("spawner".to_owned()).spawn(work) {
            tracing::error!("no thread can be started: {error}");
        }
        sender
    })
}

fn gone() -> std::io::Error {
    std::io::Error::other("the thread that starts processes is gone")
}
