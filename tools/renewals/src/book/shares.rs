//! The lines of each customer: work that is shared among threads.

use super::PART_LINES;
use crate::record::Line;

/// Does the same with every part, on several threads.
pub fn over<T: Send>(parts: &mut [T], threads: usize, work: impl Fn(&mut T) + Sync) {
    let share = parts.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let mut shares = parts.chunks_mut(share);
        let own = shares.next();
        shares.for_each(|share| drop(scope.spawn(|| share.iter_mut().for_each(&work))));
        own.into_iter().flatten().for_each(&work);
    });
}

/// The number of a line by its part and its place in there.
pub fn number(part: usize, at: usize) -> u32 {
    (part * PART_LINES + at) as u32
}

/// The numbers of lines by customer, and where each customer begins.
///
/// Each thread does a share of the customers, so that none waits for the places that another writes.
pub fn by_customer(
    parts: &[Vec<Line>],
    customers: &[u32],
    count: u32,
    repeated: &[u32],
    threads: usize,
) -> (Vec<u32>, Vec<u32>) {
    let mut of_lines: Vec<(usize, Vec<u32>)> = (0..parts.len()).map(|n| (n, Vec::new())).collect();
    over(&mut of_lines, threads, |(n, of_lines)| {
        *of_lines = parts[*n].iter().map(|line| customers[line.licence as usize]).collect();
    });
    for number in repeated {
        of_lines[*number as usize / PART_LINES].1[*number as usize % PART_LINES] = NOBODY;
    }
    let share = count.div_ceil(threads.max(1) as u32).max(1);
    let mut shares: Vec<Share> = (0..count)
        .step_by(share as usize)
        .map(|from| Share { customers: from..count.min(from + share), ..Share::default() })
        .collect();
    over(&mut shares, threads, |share| share.fill(&of_lines));
    let (mut order, mut starts) = (Vec::new(), Vec::with_capacity(count as usize + 1));
    for share in &shares {
        let before = order.len() as u32;
        starts.extend(share.starts[..share.customers.len()].iter().map(|start| before + start));
        order.extend_from_slice(&share.order);
    }
    starts.push(order.len() as u32);
    (order, starts)
}

/// In the place of a customer: the line is there more than once.
const NOBODY: u32 = u32::MAX;

/// Some of the customers, with their lines.
#[derive(Debug, Default)]
struct Share {
    customers: std::ops::Range<u32>,
    order: Vec<u32>,
    /// Where in `order` each begins, and the end.
    starts: Vec<u32>,
}

impl Share {
    fn fill(&mut self, of_lines: &[(usize, Vec<u32>)]) {
        let (from, count) = (self.customers.start, self.customers.len() as u32);
        self.starts = vec![0; count as usize + 1];
        for customer in of_lines.iter().flat_map(|(_, customers)| customers) {
            let own = customer.wrapping_sub(from);
            if own < count {
                self.starts[own as usize + 1] += 1;
            }
        }
        for n in 1..self.starts.len() {
            self.starts[n] += self.starts[n - 1];
        }
        let mut next = self.starts.clone();
        self.order = vec![0; self.starts[count as usize] as usize];
        for (n, customers) in of_lines {
            for (at, customer) in customers.iter().enumerate() {
                let own = customer.wrapping_sub(from);
                if own < count {
                    let place = &mut next[own as usize];
                    self.order[*place as usize] = number(*n, at);
                    *place += 1;
                }
            }
        }
    }
}
