//! An order-statistic B+ tree: a long sequence of numbers that is cut, searched and counted in O(log n).
//!
//! The tree does not know what its numbers stand for. It keeps them at ranks; whoever owns it keeps them
//! sorted, by asking [`OrderTree::partition_point`] for the rank at which something belongs.

use std::ops::Range;

/// A leaf holding this many numbers splits before it takes another.
const LEAF_MAX: usize = 128;

/// An inner node with this many children splits before it takes another.
const INNER_MAX: usize = 64;

/// A sequence of numbers with access by rank.
#[derive(Clone, Debug)]
pub struct OrderTree {
    root: Node,
    nodes: Count,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf(Vec<u32>),
    Inner(Box<Inner>),
}

/// Children with, for each, what a search wants to know before it goes down.
#[derive(Clone, Debug, Default)]
struct Inner {
    /// How many numbers are below.
    lens: Vec<u32>,
    /// The first number below.
    firsts: Vec<u32>,
    nodes: Vec<Node>,
}

/// How many nodes there are, for the count of memory.
#[derive(Clone, Debug, Default)]
struct Count {
    leaves: usize,
    inners: usize,
}

impl Default for OrderTree {
    fn default() -> Self {
        Self { root: Node::Leaf(Vec::new()), nodes: Count { leaves: 1, inners: 0 } }
    }
}

impl OrderTree {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.root.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the tree has allocated, in bytes, with every node counted as if it had all its room.
    pub fn bytes(&self) -> usize {
        const INNER: usize = size_of::<Inner>() + INNER_MAX * (size_of::<Node>() + 2 * size_of::<u32>());
        self.nodes.leaves * LEAF_MAX * size_of::<u32>() + self.nodes.inners * INNER
    }

    /// The number at a rank.
    pub fn get(&self, rank: usize) -> Option<u32> {
        let (leaf, at) = self.leaf(rank);
        leaf.get(at).copied()
    }

    /// The first rank whose number is not `before` what is looked for; the length, if all are. The numbers
    /// must be sorted by `before`.
    pub fn partition_point(&self, before: impl Fn(u32) -> bool) -> usize {
        let (mut node, mut rank) = (&self.root, 0);
        loop {
            match node {
                Node::Leaf(numbers) => return rank + numbers.partition_point(|&number| before(number)),
                Node::Inner(inner) => {
                    let child = inner.firsts.partition_point(|&first| before(first)).saturating_sub(1);
                    rank += sum(&inner.lens[..child]);
                    node = &inner.nodes[child];
                }
            }
        }
    }

    /// Puts a number in at a rank no higher than the length; those from there on move up by one.
    pub fn insert(&mut self, rank: usize, number: u32) {
        let append = rank == self.len();
        if let Some(sibling) = self.root.insert(rank, number, append, &mut self.nodes) {
            let first_half = std::mem::replace(&mut self.root, Node::Leaf(Vec::new()));
            let mut inner = Inner::default();
            inner.insert_child(0, first_half);
            inner.insert_child(1, sibling);
            self.root = Node::Inner(Box::new(inner));
            self.nodes.inners += 1;
        }
    }

    /// Takes out the number at a rank below the length; those after it move down by one.
    pub fn remove(&mut self, rank: usize) -> u32 {
        let removed = self.root.remove(rank, &mut self.nodes);
        while let Node::Inner(inner) = &mut self.root
            && inner.nodes.len() == 1
            && let Some(only) = inner.nodes.pop()
        {
            self.root = only;
            self.nodes.inners -= 1;
        }
        removed
    }

    /// Puts another number at a rank below the length, in the place of the one there.
    pub fn replace(&mut self, rank: usize, number: u32) {
        self.root.replace(rank, number);
    }

    /// The numbers at these ranks, of which those beyond the length are left out; from either end.
    pub fn range(&self, ranks: Range<usize>) -> Numbers<'_> {
        let end = ranks.end.min(self.len());
        Numbers { tree: self, ranks: ranks.start.min(end)..end, front: &[], back: &[] }
    }

    /// The leaf that holds a rank, and the place of the rank in it; beyond the last one, for the length.
    fn leaf(&self, rank: usize) -> (&[u32], usize) {
        let (mut node, mut rank) = (&self.root, rank);
        loop {
            match node {
                Node::Leaf(numbers) => return (numbers, rank),
                Node::Inner(inner) => {
                    let child = inner.child_at(&mut rank);
                    node = &inner.nodes[child];
                }
            }
        }
    }
}

impl Node {
    fn len(&self) -> usize {
        match self {
            Self::Leaf(numbers) => numbers.len(),
            Self::Inner(inner) => sum(&inner.lens),
        }
    }

    fn first(&self) -> u32 {
        match self {
            Self::Leaf(numbers) => numbers[0],
            Self::Inner(inner) => inner.firsts[0],
        }
    }

    /// Its sibling to the right, if it had to split. With `append` the number is the last of the whole
    /// tree, as it is all the time in a log: then the full node stays full.
    fn insert(&mut self, rank: usize, number: u32, append: bool, nodes: &mut Count) -> Option<Node> {
        match self {
            Self::Leaf(numbers) => {
                let mut sibling = None;
                let mut rank = rank;
                let mut target = &mut *numbers;
                if target.len() == LEAF_MAX {
                    nodes.leaves += 1;
                    let half = if append { LEAF_MAX } else { LEAF_MAX / 2 };
                    let upper = sibling.insert(target.split_off(half));
                    target.shrink_to_fit();
                    if rank > half || append {
                        rank -= half;
                        target = upper;
                    }
                }
                if target.len() == target.capacity() {
                    let room = (2 * target.len()).clamp(4, LEAF_MAX);
                    target.reserve_exact(room - target.len());
                }
                target.insert(rank, number);
                sibling.map(Node::Leaf)
            }
            Self::Inner(inner) => {
                let mut rank = rank;
                let child = inner.child_at(&mut rank);
                let split = inner.nodes[child].insert(rank, number, append, nodes);
                inner.refresh(child);
                inner.insert_child(child + 1, split?);
                if inner.nodes.len() <= INNER_MAX {
                    return None;
                }
                nodes.inners += 1;
                let half = if append { INNER_MAX } else { INNER_MAX / 2 };
                Some(Node::Inner(Box::new(inner.split_off(half))))
            }
        }
    }

    fn remove(&mut self, rank: usize, nodes: &mut Count) -> u32 {
        match self {
            Self::Leaf(numbers) => {
                let removed = numbers.remove(rank);
                if numbers.capacity() > 4 * numbers.len() + 4 {
                    numbers.shrink_to(2 * numbers.len());
                }
                removed
            }
            Self::Inner(inner) => {
                let mut rank = rank;
                let child = inner.child_at(&mut rank);
                let removed = inner.nodes[child].remove(rank, nodes);
                inner.settle(child, nodes);
                removed
            }
        }
    }

    fn replace(&mut self, rank: usize, number: u32) {
        match self {
            Self::Leaf(numbers) => numbers[rank] = number,
            Self::Inner(inner) => {
                let mut rank = rank;
                let child = inner.child_at(&mut rank);
                inner.nodes[child].replace(rank, number);
                inner.refresh(child);
            }
        }
    }

    /// How full it is, in quarters of its room, rounded up.
    fn quarters(&self) -> usize {
        match self {
            Self::Leaf(numbers) => numbers.len().div_ceil(LEAF_MAX / 4),
            Self::Inner(inner) => inner.nodes.len().div_ceil(INNER_MAX / 4),
        }
    }

    /// Takes what a sibling on the same level and to the right holds.
    fn absorb(&mut self, sibling: Node) {
        match (self, sibling) {
            (Self::Leaf(numbers), Self::Leaf(more)) => {
                numbers.reserve_exact(more.len());
                numbers.extend(more);
            }
            (Self::Inner(inner), Self::Inner(more)) => {
                inner.lens.extend(more.lens);
                inner.firsts.extend(more.firsts);
                inner.nodes.extend(more.nodes);
            }
            _ => unreachable!("siblings are on one level"),
        }
    }
}

impl Inner {
    /// The child that holds a rank, which becomes the rank within it. The length of all belongs to the last.
    fn child_at(&self, rank: &mut usize) -> usize {
        let last = self.lens.len() - 1;
        for (child, &len) in self.lens[..last].iter().enumerate() {
            if *rank < len as usize {
                return child;
            }
            *rank -= len as usize;
        }
        last
    }

    fn insert_child(&mut self, at: usize, node: Node) {
        self.lens.insert(at, node.len() as u32);
        self.firsts.insert(at, node.first());
        self.nodes.insert(at, node);
    }

    fn remove_child(&mut self, at: usize) -> Node {
        self.lens.remove(at);
        self.firsts.remove(at);
        self.nodes.remove(at)
    }

    fn split_off(&mut self, at: usize) -> Inner {
        Inner {
            lens: self.lens.split_off(at),
            firsts: self.firsts.split_off(at),
            nodes: self.nodes.split_off(at),
        }
    }

    /// Reads anew what is known of a child.
    fn refresh(&mut self, child: usize) {
        self.lens[child] = self.nodes[child].len() as u32;
        self.firsts[child] = self.nodes[child].first();
    }

    /// After a removal from a child: forgets it if it is empty, merges it with a neighbour if both together
    /// leave a quarter of a node free.
    fn settle(&mut self, child: usize, nodes: &mut Count) {
        let fill = self.nodes[child].quarters();
        if fill == 0 {
            let emptied = self.remove_child(child);
            nodes.forget(&emptied);
            return;
        }
        self.refresh(child);
        if fill > 1 {
            return;
        }
        let fits = |at: usize| self.nodes.get(at).is_some_and(|neighbour| neighbour.quarters() <= 2);
        let left = match child {
            1.. if fits(child - 1) => child - 1,
            _ if fits(child + 1) => child,
            _ => return,
        };
        let right = self.remove_child(left + 1);
        nodes.forget(&right);
        self.nodes[left].absorb(right);
        self.refresh(left);
    }
}

impl Count {
    fn forget(&mut self, node: &Node) {
        match node {
            Node::Leaf(_) => self.leaves -= 1,
            Node::Inner(_) => self.inners -= 1,
        }
    }
}

/// The numbers at a range of ranks: see [`OrderTree::range`].
#[derive(Clone, Debug)]
pub struct Numbers<'t> {
    tree: &'t OrderTree,
    /// What is still to come.
    ranks: Range<usize>,
    /// The leaf at hand from `ranks.start` on; too long by what the other end has taken.
    front: &'t [u32],
    /// The leaf at hand up to `ranks.end`.
    back: &'t [u32],
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let rank = self.ranks.next()?;
        if self.front.is_empty() {
            let (leaf, at) = self.tree.leaf(rank);
            self.front = &leaf[at..];
        }
        let (&number, rest) = self.front.split_first()?;
        self.front = rest;
        Some(number)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ranks.size_hint()
    }
}

impl DoubleEndedIterator for Numbers<'_> {
    fn next_back(&mut self) -> Option<u32> {
        let rank = self.ranks.next_back()?;
        if self.back.is_empty() {
            let (leaf, at) = self.tree.leaf(rank);
            self.back = &leaf[..=at];
        }
        let (&number, rest) = self.back.split_last()?;
        self.back = rest;
        Some(number)
    }
}

impl ExactSizeIterator for Numbers<'_> {}

fn sum(lens: &[u32]) -> usize {
    lens.iter().map(|&len| len as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Dice;

    /// Checks a tree's nodes and gives its numbers in order and its height.
    fn check(tree: &OrderTree) -> Vec<u32> {
        fn walk(node: &Node, numbers: &mut Vec<u32>, count: &mut Count) -> usize {
            match node {
                Node::Leaf(leaf) => {
                    count.leaves += 1;
                    assert!(leaf.len() <= LEAF_MAX && leaf.capacity() <= LEAF_MAX);
                    numbers.extend(leaf);
                    0
                }
                Node::Inner(inner) => {
                    count.inners += 1;
                    assert!(!inner.nodes.is_empty() && inner.nodes.len() <= INNER_MAX);
                    let mut heights = Vec::new();
                    for (child, node) in inner.nodes.iter().enumerate() {
                        assert_eq!(inner.lens[child] as usize, node.len());
                        assert_eq!(inner.firsts[child], node.first());
                        heights.push(walk(node, numbers, count));
                    }
                    assert!(heights.iter().all(|&height| height == heights[0]));
                    heights[0] + 1
                }
            }
        }
        let (mut numbers, mut count) = (Vec::new(), Count::default());
        walk(&tree.root, &mut numbers, &mut count);
        assert_eq!((count.leaves, count.inners), (tree.nodes.leaves, tree.nodes.inners));
        assert_eq!(tree.len(), numbers.len());
        numbers
    }

    #[test]
    fn agrees_with_a_vector_through_growth_and_decline() {
        let mut dice = Dice::new(3);
        let (mut tree, mut model) = (OrderTree::default(), Vec::new());
        for (inserts, steps) in [(9, 15_000), (5, 5_000), (1, 20_000), (8, 3_000), (0, 20_000)] {
            for step in 0..steps {
                if dice.below(10) < inserts || model.is_empty() {
                    let rank = if dice.below(3) == 0 { model.len() } else { dice.below(model.len() + 1) };
                    let number = dice.below(1 << 30) as u32;
                    tree.insert(rank, number);
                    model.insert(rank, number);
                } else {
                    let rank = dice.below(model.len());
                    assert_eq!(tree.remove(rank), model.remove(rank));
                }
                if let Some(rank) = (!model.is_empty()).then(|| dice.below(model.len())) {
                    tree.replace(rank, step as u32);
                    model[rank] = step as u32;
                    assert_eq!(tree.get(rank), Some(step as u32));
                }
                if step % 1_000 == 0 {
                    assert_eq!(check(&tree), model);
                }
            }
            assert_eq!(check(&tree), model);
            let (a, b) = (dice.below(model.len()), dice.below(model.len()));
            let ranks = a.min(b)..a.max(b);
            assert!(tree.range(ranks.clone()).eq(model[ranks.clone()].iter().copied()));
            assert!(tree.range(ranks.clone()).rev().eq(model[ranks].iter().rev().copied()));
        }
    }

    #[test]
    fn searches_what_is_sorted() {
        let mut tree = OrderTree::default();
        assert_eq!(tree.partition_point(|_| true), 0);
        for number in (0..10_000).rev() {
            let rank = tree.partition_point(|other| other < 2 * number);
            tree.insert(rank, 2 * number);
        }
        for sought in 0..20_001 {
            assert_eq!(tree.partition_point(|other| other < sought), sought.div_ceil(2) as usize);
        }
        assert_eq!(check(&tree).len(), 10_000);
    }

    #[test]
    fn a_range_is_walked_from_both_ends_at_once() {
        let mut tree = OrderTree::default();
        (0..1_000).for_each(|number| tree.insert(number as usize, number));
        let mut range = tree.range(100..901);
        let mut taken = 0;
        while let Some(front) = range.next() {
            assert_eq!(front, 100 + taken);
            taken += 1;
            if let Some(back) = range.next_back() {
                assert_eq!(back, 901 - taken);
            }
        }
        assert_eq!(taken, 401);
        assert_eq!(tree.range(900..5_000).len(), 100);
        assert_eq!(tree.range(5_000..6_000).next(), None);
        assert_eq!(tree.get(1_000), None);
    }

    #[test]
    fn a_log_fills_its_leaves_and_an_emptied_tree_keeps_one() {
        let mut tree = OrderTree::default();
        (0..100_000).for_each(|number| tree.insert(number as usize, number));
        assert!(tree.bytes() < 100_000 * 5, "{}", tree.bytes());
        for number in 0..100_000 {
            assert_eq!(tree.remove(0), number);
        }
        assert!(check(&tree).is_empty());
        assert_eq!(tree.nodes.leaves, 1);
        assert_eq!(tree.nodes.inners, 0);
    }
}
