//! What an attempt is told from outside while it runs. Orders only ever get stricter.

use tokio::sync::watch;

/// What an attempt has to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Go on.
    #[default]
    Go,
    /// Stop what runs, clean up with the final steps, and report.
    Cancel(String),
    /// Stop at once, without final steps, and report.
    Terminate(String),
    /// Stop at once and report nothing: the attempt is somebody else's.
    Abandon,
}

impl Order {
    fn rank(&self) -> u8 {
        match self {
            Self::Go => 0,
            Self::Cancel(_) => 1,
            Self::Terminate(_) => 2,
            Self::Abandon => 3,
        }
    }

    /// Whether nothing more may be started.
    pub fn is_final(&self) -> bool {
        self.rank() >= 2
    }
}

/// Gives an order; one that is no stricter than the last changes nothing.
pub fn give(orders: &watch::Sender<Order>, order: Order) {
    orders.send_if_modified(|current| {
        let is_stricter = order.rank() > current.rank();
        if is_stricter {
            *current = order;
        }
        is_stricter
    });
}

/// Returns the order in force once it is stricter than `than`.
pub async fn stricter(orders: &mut watch::Receiver<Order>, than: &Order) -> Order {
    let rank = than.rank();
    let found = orders.wait_for(|order| order.rank() > rank).await.map(|order| order.clone());
    match found {
        Ok(order) => order,
        // Nobody can give orders any more.
        Err(_) => std::future::pending().await,
    }
}
