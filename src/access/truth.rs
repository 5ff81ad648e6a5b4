//! Three values: what is so, what is not, and what depends on something not known.

use std::marker::PhantomData;

/// A value of Kleene's logic. Ordered, so that *and* is the lesser and *or* the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// In no case.
    No,
    /// In some cases, or nobody knows.
    Maybe,
    /// In every case.
    Yes,
}

impl From<bool> for Truth {
    fn from(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The one value when both cases agree, else [`Truth::Maybe`].
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Maybe }
    }

    /// Every one; yes for none.
    pub fn all(items: impl IntoIterator<Item = Self>) -> Self {
        items.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Any one; no for none.
    pub fn any(items: impl IntoIterator<Item = Self>) -> Self {
        items.into_iter().max().unwrap_or(Self::No)
    }
}

/// A way to read three values as two. See [`Over`] and [`Under`].
pub trait Mode: Copy {
    /// The other one.
    type Dual: Mode;
    /// How the middle value is read.
    const MAYBE: bool;
}

/// What is possible: too wide rather than too narrow. Its *no* can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over;

/// What is certain: too narrow rather than too wide. Its *yes* can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Under;

impl Mode for Over {
    type Dual = Under;
    const MAYBE: bool = true;
}

impl Mode for Under {
    type Dual = Over;
    const MAYBE: bool = false;
}

/// Yes or no under one mode. Answers of different modes do not combine, and negating one changes its mode:
/// what is not possible is certainly not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<M: Mode> {
    yes: bool,
    mode: PhantomData<M>,
}

impl<M: Mode> Answer<M> {
    /// Reads three values as two.
    pub fn of(truth: Truth) -> Self {
        let yes = match truth {
            Truth::Yes => true,
            Truth::Maybe => M::MAYBE,
            Truth::No => false,
        };
        Self {
            yes,
            mode: PhantomData,
        }
    }

    /// The answer, out of the type that guards it.
    pub fn holds(self) -> bool {
        self.yes
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            yes: self.yes && other.yes,
            mode: PhantomData,
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            yes: self.yes || other.yes,
            mode: PhantomData,
        }
    }

    /// The contrary, in the other mode.
    pub fn negated(self) -> Answer<M::Dual> {
        Answer {
            yes: !self.yes,
            mode: PhantomData,
        }
    }
}
