//! The thread that starts processes.
//!
//! A child asks the kernel to be killed when its parent dies, and to the kernel the parent is the thread that started it.
//! Threads of the runtime come and go; this one stays as long as the program.

use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Order {
    command: Command,
    runtime: Handle,
    answer: oneshot::Sender<std::io::Result<Child>>,
}

static ORDERS: OnceLock<Sender<Order>> = OnceLock::new();

/// Starts `command` from the lasting thread.
pub async fn spawn(command: Command) -> std::io::Result<Child> {
    let (answer, answered) = oneshot::channel();
    let order = Order { command, runtime: Handle::current(), answer };
    orders().send(order).map_err(|_| gone())?;
    answered.await.unwrap_or_else(|_| Err(gone()))
}

fn orders() -> &'static Sender<Order> {
    ORDERS.get_or_init(|| {
        let (sender, orders) = channel::<Order>();
        let work = move || {
            for mut order in orders {
                let _inside = order.runtime.enter();
                // The one who asked may have been dropped; then the child is, too, and killed if that was asked for.
                let _ = order.answer.send(order.command.spawn());
            }
        };
        if let Err(error) = std::thread::Builder::new().name("spawner".to_owned()).spawn(work) {
            tracing::error!("no thread can be started: {error}");
        }
        sender
    })
}

fn gone() -> std::io::Error {
    std::io::Error::other("the thread that starts processes is gone")
}
