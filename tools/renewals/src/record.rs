//! A line of the transaction export as the rules need it: 64 bytes, whatever the export wrote.

/// A transaction line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Hash of the key of the line; 0 where the export gives none.
    pub key: u64,
    /// Hash of the transaction's id.
    pub transaction: u64,
    /// Hash of the id of the transaction that this one corrects; 0 if none.
    pub original: u64,
    /// Where it was read: the file in the upper 16 bits, the place of its first byte below.
    pub at: u64,
    /// What the customer paid, in cents.
    pub price: i32,
    /// What the vendor got, in cents.
    pub vendor: i32,
    /// The licence: while reading a node of the book, afterwards its number in the ledger.
    pub licence: u32,
    /// Who sold it.
    pub partner: u32,
    /// When it was last changed; this and the following are days since 1970, 0 where the export gives none.
    pub updated: u16,
    /// First day of the term.
    pub start: u16,
    /// Due day of the term.
    pub end: u16,
    /// When it was sold.
    pub sale: u16,
    /// As a name of the book.
    pub tier: u16,
    /// As a name of the book.
    pub app: u16,
    /// Country and region, as a name of the book.
    pub place: u16,
    /// As a name of the book.
    pub hosting: u8,
    pub(crate) marks: u8,
}

/// What kind of sale a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sale {
    /// The first term of a licence.
    New,
    /// The next term.
    Renewal,
    /// More users, or another edition.
    Upgrade,
    /// Fewer users.
    Downgrade,
    /// Money back.
    Refund,
    /// A manual invoice, which says nothing.
    Manual,
    /// Something that is not documented.
    Unknown,
}

/// Which licences count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Commercial or academic.
    Paid,
    /// Community: counts when asked for.
    Community,
    /// A trial: never a term.
    Trial,
    /// Any other, known or not.
    Other,
}

/// The marks of a line, before they are packed.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// What kind of sale.
    pub sale: Sale,
    /// Which licence type.
    pub class: Class,
    /// Billed monthly.
    pub is_monthly: bool,
    /// Billed annually.
    pub is_annual: bool,
    /// Never paid.
    pub is_uncollectible: bool,
}

impl Marks {
    /// All in one byte.
    pub fn packed(self) -> u8 {
        self.sale as u8
            | (self.class as u8) << 3
            | u8::from(self.is_monthly) << 5
            | u8::from(self.is_uncollectible) << 6
            | u8::from(self.is_annual) << 7
    }
}

impl Line {
    /// A line without anything in it but marks.
    pub fn new(marks: Marks) -> Line {
        Line {
            key: 0,
            transaction: 0,
            original: 0,
            at: 0,
            price: 0,
            vendor: 0,
            licence: 0,
            partner: 0,
            updated: 0,
            start: 0,
            end: 0,
            sale: 0,
            tier: 0,
            app: 0,
            place: 0,
            hosting: 0,
            marks: marks.packed(),
        }
    }

    /// What kind of sale it is.
    pub fn kind(&self) -> Sale {
        match self.marks & 7 {
            0 => Sale::New,
            1 => Sale::Renewal,
            2 => Sale::Upgrade,
            3 => Sale::Downgrade,
            4 => Sale::Refund,
            5 => Sale::Manual,
            _ => Sale::Unknown,
        }
    }

    /// Which licence type it is of.
    pub fn class(&self) -> Class {
        match self.marks >> 3 & 3 {
            0 => Class::Paid,
            1 => Class::Community,
            2 => Class::Trial,
            _ => Class::Other,
        }
    }

    /// Whether it is billed monthly.
    pub fn is_monthly(&self) -> bool {
        self.marks >> 5 & 1 == 1
    }

    /// Whether it is billed annually.
    pub fn is_annual(&self) -> bool {
        self.marks >> 7 == 1
    }

    /// Whether it will never be paid.
    pub fn is_uncollectible(&self) -> bool {
        self.marks >> 6 & 1 == 1
    }

    /// What the line says, without where it was read: orders lines the same however the input is shuffled.
    pub fn content(&self) -> impl Ord + use<> {
        let Line { key, transaction, original, price, vendor, updated, start, end, sale, .. } = *self;
        (start, end, sale, self.marks, price, vendor, updated, transaction, original, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fills_one_line_of_a_cache_and_keeps_its_marks() {
        assert_eq!(size_of::<Line>(), 64);
        for sale in [
            Sale::New,
            Sale::Renewal,
            Sale::Upgrade,
            Sale::Downgrade,
            Sale::Refund,
            Sale::Manual,
            Sale::Unknown,
        ] {
            for class in [Class::Paid, Class::Community, Class::Trial, Class::Other] {
                for is_monthly in [false, true] {
                    let line = Line::new(Marks {
                        sale,
                        class,
                        is_monthly,
                        is_annual: !is_monthly,
                        is_uncollectible: !is_monthly,
                    });
                    assert_eq!((line.kind(), line.class()), (sale, class));
                    assert_eq!((line.is_monthly(), line.is_uncollectible()), (is_monthly, !is_monthly));
                    assert_eq!(line.is_annual(), !is_monthly);
                }
            }
        }
    }
}
