//! Sets that are joined until what belongs together is one.

/// Numbered nodes, each of which is in one set.
#[derive(Debug, Default, Clone)]
pub struct Union {
    parents: Vec<u32>,
}

impl Union {
    /// So many nodes, each alone.
    pub fn alone(count: usize) -> Union {
        Union { parents: (0..count as u32).collect() }
    }

    /// How many nodes there are.
    pub fn len(&self) -> u32 {
        self.parents.len() as u32
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Adds a node that is alone.
    pub fn push(&mut self) {
        self.parents.push(self.parents.len() as u32);
    }

    /// The node that stands for the set of `node`.
    pub fn find(&mut self, mut node: u32) -> u32 {
        loop {
            let parent = self.parents[node as usize];
            if parent == node {
                return node;
            }
            let above = self.parents[parent as usize];
            self.parents[node as usize] = above;
            node = above;
        }
    }

    /// Makes one set of two.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        // The smaller number stands for both; halving of paths keeps them short.
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high as usize] = low;
    }

    /// Gives each set a number, from 0 in the order of its first node, and says how many there are.
    pub fn numbered(mut self) -> (Vec<u32>, u32) {
        let mut numbers = vec![0; self.parents.len()];
        let mut next = 0;
        for node in 0..self.len() {
            let root = self.find(node);
            if root == node {
                numbers[node as usize] = next;
                next += 1;
            } else {
                // Roots are the smallest of their set, so this one has its number already.
                numbers[node as usize] = numbers[root as usize];
            }
        }
        (numbers, next)
    }
}
